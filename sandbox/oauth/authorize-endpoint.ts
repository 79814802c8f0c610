import { createHmac, randomBytes } from "node:crypto";
import { html, type Markup, page } from "../http/html";
import type { SandboxRequest, SandboxResponse } from "../http/server";
import { type GrantBook, type OAuthClient, sameSecret } from "./grants";

/** Someone who can say yes, in one workspace of theirs. */
export interface Subject {
  readonly userId: string;
  readonly workspaceId: string;
  readonly name: string;
  readonly email: string;
  readonly workspaceName: string;
  readonly admin: boolean;
}

/** How one vendor's authorize endpoint differs from the next one's. */
export interface AuthorizeDialect {
  readonly toolName: string;
  readonly path: string;
  readonly stylesheet: string;
  readonly scopeSeparator: "," | " ";
  /** Scope → what the consent page says it allows. */
  readonly scopes: Readonly<Record<string, string>>;
  /** Always granted, asked for or not. */
  readonly alwaysScopes: readonly string[];
  /** The vendor's mark on the page. */
  readonly mark: Markup;
}

export interface ConsentSettings {
  readonly coopOnConsent: boolean;
  readonly denyConsent: boolean;
}

export interface AuthorizeOptions {
  readonly book: GrantBook;
  readonly clients: readonly OAuthClient[];
  readonly dialect: AuthorizeDialect;
  readonly clock: () => number;
  readonly settings: () => ConsentSettings;
  readonly subjects: () => readonly Subject[];
  /** The account that acts when an app is installed as itself; null where the vendor has none. */
  appAccount(client: OAuthClient, workspaceId: string): string;
}

interface Pending {
  readonly client: OAuthClient;
  readonly redirectUri: string;
  readonly scopes: readonly string[];
  readonly state: string | null;
  readonly challenge: string | null;
  readonly actor: "user" | "app";
  readonly expiresAtMs: number;
}

class Refusal extends Error {
  override readonly name = "Refusal";
  readonly error: string;
  constructor(error: string, description: string) {
    super(description);
    this.error = error;
  }
}

function single(query: URLSearchParams, name: string): string | null {
  const values = query.getAll(name);
  if (values.length > 1) throw new Refusal("invalid_request", `The parameter ${name} is repeated.`);
  return values[0] ?? null;
}

function cookie(request: SandboxRequest, name: string): string | null {
  for (const part of (request.headers.get("cookie") ?? "").split(";")) {
    const [key, ...rest] = part.trim().split("=");
    if (key === name) return rest.join("=");
  }
  return null;
}

/** The authorize endpoint: `GET` shows who asks for what, `POST` takes the answer. */
export function createAuthorizeEndpoint(options: AuthorizeOptions): (request: SandboxRequest) => SandboxResponse {
  const { book, clients, dialect, clock, settings, subjects } = options;
  const pending = new Map<string, Pending>();
  const key = randomBytes(32);
  const browserCookie = `sandbox_${dialect.toolName.toLowerCase()}_browser`;
  const personCookie = `sandbox_${dialect.toolName.toLowerCase()}_person`;
  const cookieRules = `Path=${dialect.path}; HttpOnly; SameSite=Lax`;
  const csrfOf = (browser: string, id: string) => createHmac("sha256", key).update(`${browser}\n${id}`).digest("base64url");

  function errorPage(message: string, status = 400): SandboxResponse {
    return page({
      status,
      title: `${dialect.toolName} sandbox: request refused`,
      stylesheet: dialect.stylesheet,
      headers: coop(),
      main: html`<main class="card"><h1>This request was refused</h1><p>${message}</p>
<p class="quiet">Nothing was sent back to the app, because it is not certain that the address is the app's.</p></main>`,
    });
  }

  const coop = (): Record<string, string> => (settings().coopOnConsent ? { "cross-origin-opener-policy": "same-origin" } : {});

  function redirect(target: string, answer: Readonly<Record<string, string | null>>, cookies: readonly string[] = []): SandboxResponse {
    const url = new URL(target);
    for (const [name, value] of Object.entries(answer)) if (value !== null) url.searchParams.set(name, value);
    const headers = { location: url.href, "cache-control": "no-store", "referrer-policy": "no-referrer", ...coop() };
    return { status: 303, headers: cookies.length === 0 ? headers : { ...headers, "set-cookie": cookies } };
  }

  function readScopes(text: string | null): readonly string[] {
    const asked = (text ?? "").split(dialect.scopeSeparator).filter((scope) => scope !== "");
    for (const scope of asked) {
      if (!Object.hasOwn(dialect.scopes, scope)) throw new Refusal("invalid_scope", `The scope "${scope.slice(0, 100)}" does not exist.`);
    }
    return [...new Set([...dialect.alwaysScopes, ...asked])];
  }

  function readRequest(query: URLSearchParams, client: OAuthClient, redirectUri: string): Pending {
    if (single(query, "response_type") !== "code") throw new Refusal("unsupported_response_type", "response_type must be code.");
    const scopes = readScopes(single(query, "scope"));
    const actor = single(query, "actor") ?? "user";
    if (actor !== "user" && actor !== "app") throw new Refusal("invalid_request", "actor must be user or app.");
    if (actor === "app" && scopes.includes("admin")) throw new Refusal("invalid_scope", "The scope admin cannot be given to an app actor.");
    const prompt = single(query, "prompt");
    if (prompt !== null && prompt !== "consent") throw new Refusal("invalid_request", "prompt must be consent.");
    const challenge = single(query, "code_challenge");
    if (challenge === null) {
      if (client.pkce === "required" || client.clientSecret === null) throw new Refusal("invalid_request", "code_challenge is required.");
      if (query.has("code_challenge_method")) throw new Refusal("invalid_request", "code_challenge is missing.");
    } else {
      // RFC 7636 section 4.3: without a method it would be plain, which the server's metadata does not list.
      if (single(query, "code_challenge_method") !== "S256") throw new Refusal("invalid_request", "code_challenge_method must be S256.");
      if (!/^[A-Za-z0-9_-]{43}$/.test(challenge)) throw new Refusal("invalid_request", "code_challenge is not a SHA-256 in base64url.");
    }
    return { client, redirectUri, scopes, state: single(query, "state"), challenge, actor, expiresAtMs: clock() + 3_600_000 };
  }

  function allow(asked: Pending, subject: Subject, cookies: readonly string[]): SandboxResponse {
    const code = book.issueCode({
      grant: {
        clientId: asked.client.clientId,
        userId: asked.actor === "app" ? options.appAccount(asked.client, subject.workspaceId) : subject.userId,
        workspaceId: subject.workspaceId,
        actor: asked.actor,
        scopes: asked.scopes,
        usedPkce: asked.challenge !== null,
      },
      redirectUri: asked.redirectUri,
      challenge: asked.challenge,
    });
    return redirect(asked.redirectUri, { code, state: asked.state }, cookies);
  }

  /** Without `prompt=consent` a person who allowed the same before is not asked again. */
  function allowedBefore(request: SandboxRequest, asked: Pending): Subject | null {
    if (request.url.searchParams.get("prompt") === "consent" || asked.actor === "app") return null;
    const remembered = cookie(request, personCookie);
    const subject = subjects().find(({ userId }) => userId === remembered);
    if (subject === undefined) return null;
    const { clientId } = asked.client;
    return book.findLiveGrant({
      clientId,
      userId: subject.userId,
      workspaceId: subject.workspaceId,
      actor: "user",
      scopes: asked.scopes,
    }) === null
      ? null
      : subject;
  }

  function ask(request: SandboxRequest, asked: Pending): SandboxResponse {
    const id = randomBytes(16).toString("hex");
    for (const [old, { expiresAtMs }] of pending) if (expiresAtMs <= clock()) pending.delete(old);
    pending.set(id, asked);
    const browser = cookie(request, browserCookie) ?? randomBytes(16).toString("hex");
    const people = subjects().filter(({ admin }) => admin || (asked.actor === "user" && !asked.scopes.includes("admin")));
    const remembered = cookie(request, personCookie) ?? people[0]?.userId;
    const workspaces = [...new Set(people.map(({ workspaceName }) => workspaceName))];
    const main = html`<main class="card consent">
<div class="mark">${dialect.mark}</div>
<h1>${asked.client.name} wants to use your ${dialect.toolName}</h1>
<p class="quiet">A sandbox: a simulated ${dialect.toolName} on this computer. No real account is touched.</p>
<form method="post" action="${dialect.path}">
<input type="hidden" name="request" value="${id}">
<input type="hidden" name="csrf" value="${csrfOf(browser, id)}">
<h2>${asked.actor === "app" ? "The app will act as itself, and may" : "It will act as you, and may"}</h2>
<ul class="scopes">${asked.scopes.map((scope) => html`<li><span>${dialect.scopes[scope]}</span> <code>${scope}</code></li>`)}</ul>
<label for="person">Continue as</label>
<select id="person" name="person">${workspaces.map(
      (workspace) =>
        html`<optgroup label="${workspace}">${people
          .filter(({ workspaceName }) => workspaceName === workspace)
          .map(
            ({ userId, name, email, admin }) =>
              html`<option value="${userId}"${userId === remembered ? html` selected` : ""}>${name} (${email})${admin ? ", admin" : ""}</option>`,
          )}</optgroup>`,
    )}</select>
<p class="quiet">You will be sent back to <strong>${new URL(asked.redirectUri).origin}</strong>.</p>
<div class="actions"><button name="decision" value="cancel" type="submit">Cancel</button><button class="primary" name="decision" value="authorize" type="submit">Authorize</button></div>
</form></main>`;
    return page({
      title: `Authorize ${asked.client.name}: ${dialect.toolName} sandbox`,
      stylesheet: dialect.stylesheet,
      main,
      formTargets: [new URL(asked.redirectUri).origin],
      headers: { ...coop(), "set-cookie": [`${browserCookie}=${browser}; ${cookieRules}`] },
    });
  }

  function show(request: SandboxRequest): SandboxResponse {
    const query = request.url.searchParams;
    // RFC 6749 section 4.1.2.1: with a wrong client or address nobody is redirected.
    const client = clients.find(({ clientId }) => clientId === query.get("client_id"));
    if (client === undefined || query.getAll("client_id").length > 1) return errorPage("No app is registered here under this client_id.");
    const redirectUri = query.get("redirect_uri");
    if (redirectUri === null || query.getAll("redirect_uri").length > 1 || !client.redirectUris.includes(redirectUri)) {
      return errorPage(`This redirect_uri is not one that ${client.name} registered.`);
    }
    try {
      const asked = readRequest(query, client, redirectUri);
      if (settings().denyConsent) throw new Refusal("access_denied", "The workspace does not allow this app.");
      const before = allowedBefore(request, asked);
      return before === null ? ask(request, asked) : allow(asked, before, []);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const state = query.getAll("state").length === 1 ? query.get("state") : null;
      return redirect(redirectUri, { error: error.error, error_description: error.message, state });
    }
  }

  function decide(request: SandboxRequest): SandboxResponse {
    const form = new URLSearchParams(request.body);
    const id = form.get("request") ?? "";
    const browser = cookie(request, browserCookie);
    const origin = request.headers.get("origin");
    const site = request.headers.get("sec-fetch-site");
    const foreign = (origin !== null && origin !== `http://${request.headers.get("host")}`) || (site !== null && site !== "same-origin");
    if (foreign || browser === null || !sameSecret(form.get("csrf") ?? "", csrfOf(browser, id))) {
      return errorPage("This answer did not come from the consent page of this browser.", 403);
    }
    const asked = pending.get(id);
    if (asked === undefined || asked.expiresAtMs <= clock())
      return errorPage("This consent page was answered before, or is too old. Start again in the app.");
    const subject = subjects().find(({ userId }) => userId === form.get("person"));
    const decision = form.get("decision");
    if (subject === undefined || (decision !== "authorize" && decision !== "cancel"))
      return errorPage("The consent form was not complete.");
    pending.delete(id);
    if (decision === "cancel") {
      return redirect(asked.redirectUri, { error: "access_denied", error_description: "The person cancelled.", state: asked.state });
    }
    if ((asked.actor === "app" || asked.scopes.includes("admin")) && !subject.admin) {
      return redirect(asked.redirectUri, {
        error: "access_denied",
        error_description: "Only an admin can allow this.",
        state: asked.state,
      });
    }
    return allow(asked, subject, [`${personCookie}=${subject.userId}; ${cookieRules}`]);
  }

  return (request) => {
    if (request.method === "GET") return show(request);
    if (request.method === "POST") return decide(request);
    return { status: 405, headers: { allow: "GET, POST" } };
  };
}
