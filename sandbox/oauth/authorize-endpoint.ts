import { createHmac, randomBytes } from "node:crypto";
import type { SandboxRequest, SandboxResponse } from "../http/server";
import { consentPage, refusalPage } from "../pages/consent";
import {
  type AskedFor,
  AuthorizationRefusal,
  type AuthorizationRefusalKind,
  type ConsentSettings,
  type OAuthDialect,
  type Subject,
} from "./dialect";
import { formPostPage } from "./form-post";
import { findClient } from "./grant-book";
import { type GrantBook, type OAuthClient, sameSecret } from "./grants";

export interface AuthorizeOptions {
  readonly book: GrantBook;
  readonly clients: readonly OAuthClient[];
  readonly dialect: OAuthDialect;
  readonly clock: () => number;
  readonly settings: () => ConsentSettings;
  readonly subjects: () => readonly Subject[];
  /** The account that acts when an app is installed as itself. */
  readonly appAccount?: (client: OAuthClient, workspaceId: string) => string;
}

interface Pending extends AskedFor {
  readonly redirectUri: string;
  /** Whether the request named it: the exchange must then name it too. */
  readonly redirectNamed: boolean;
  readonly state: string | null;
  readonly challenge: string | null;
  readonly actor: "user" | "app";
  readonly prompt: string | null;
  readonly responseMode: "query" | "form_post";
  readonly expiresAtMs: number;
}

/** RFC 6749 section 4.1.2.1, and OpenID Connect Core section 3.1.2.6. */
const standardErrors: Readonly<Record<AuthorizationRefusalKind, string>> = {
  unsupported_response_type: "unsupported_response_type",
  invalid_request: "invalid_request",
  invalid_scope: "invalid_scope",
  missing_scope: "invalid_scope",
  missing_state: "invalid_request",
  pkce_required: "invalid_request",
  pkce_not_allowed: "invalid_request",
  invalid_challenge: "invalid_request",
  interaction_required: "interaction_required",
  cancelled: "access_denied",
  denied: "access_denied",
  admin_required: "access_denied",
};

function single(query: URLSearchParams, name: string): string | null {
  const values = query.getAll(name);
  if (values.length > 1) throw new AuthorizationRefusal("invalid_request", `The parameter ${name} is repeated.`);
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
  const { book, clients, clock, settings, subjects } = options;
  const { look } = options.dialect;
  const dialect = options.dialect.authorize;
  const pending = new Map<string, Pending>();
  const key = randomBytes(32);
  const slug = look.name.toLowerCase().replace(/[^a-z0-9]+/g, "-");
  const browserCookie = `sandbox_${slug}_browser`;
  const personCookie = `sandbox_${slug}_person`;
  const cookieRules = "Path=/; HttpOnly; SameSite=Lax";
  const csrfOf = (browser: string, id: string) => createHmac("sha256", key).update(`${browser}\n${id}`).digest("base64url");
  const coop = (): Record<string, string> => (settings().coopOnConsent ? { "cross-origin-opener-policy": "same-origin" } : {});

  const refuseHere = (message: string, status = 400): SandboxResponse =>
    dialect.refusedHere?.(message, status) ?? refusalPage(look, message, status, coop());

  type Target = Pick<Pending, "redirectUri" | "responseMode" | "state">;

  function goBack(target: Target, answer: Readonly<Record<string, string>>, cookies: readonly string[] = []): SandboxResponse {
    const parameters = { ...answer, ...(target.state === null ? {} : { state: target.state }) };
    const extra = cookies.length === 0 ? coop() : { ...coop(), "set-cookie": cookies };
    if (target.responseMode === "form_post") return formPostPage(target.redirectUri, parameters, extra);
    const url = new URL(target.redirectUri);
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    return { status: 303, headers: { location: url.href, "cache-control": "no-store", "referrer-policy": "no-referrer", ...extra } };
  }

  function goBackRefused(target: Target, refusal: AuthorizationRefusal): SandboxResponse {
    const said = dialect.refused?.(refusal) ?? { error: standardErrors[refusal.kind], error_description: refusal.message };
    return goBack(target, said);
  }

  function readScopes(text: string | null): readonly string[] {
    const asked = (text ?? "")
      .split(dialect.scopeSeparator)
      .filter((scope) => scope !== "")
      .map((scope) => dialect.scopeName?.(scope) ?? scope);
    if (asked.length === 0 && dialect.scopeRequired === true) throw new AuthorizationRefusal("missing_scope", "No scope is asked for.");
    for (const scope of asked) {
      if (!Object.hasOwn(dialect.scopes, scope)) {
        throw new AuthorizationRefusal("invalid_scope", `The scope "${scope.slice(0, 100)}" does not exist.`);
      }
    }
    return [...new Set([...dialect.alwaysScopes, ...asked])];
  }

  function readChallenge(query: URLSearchParams, client: OAuthClient): string | null {
    const challenge = single(query, "code_challenge");
    if (challenge === null) {
      if (client.pkce === "required" || client.clientSecret === null) {
        throw new AuthorizationRefusal("pkce_required", "code_challenge is required.");
      }
      if (query.has("code_challenge_method")) throw new AuthorizationRefusal("invalid_challenge", "code_challenge is missing.");
      return null;
    }
    if (client.pkce === "off") throw new AuthorizationRefusal("pkce_not_allowed", "PKCE is not enabled for this app.");
    // RFC 7636 section 4.3: without a method it would be plain, which no vendor takes.
    if (single(query, "code_challenge_method") !== "S256") {
      throw new AuthorizationRefusal("invalid_challenge", "code_challenge_method must be S256.");
    }
    if (!/^[A-Za-z0-9_-]{43}$/.test(challenge)) {
      throw new AuthorizationRefusal("invalid_challenge", "code_challenge is not a SHA-256 in base64url.");
    }
    return challenge;
  }

  function readRequest(query: URLSearchParams, client: OAuthClient, target: Target & { readonly redirectNamed: boolean }): Pending {
    const responseType = single(query, "response_type") ?? (dialect.responseTypeOptional === true ? "code" : null);
    if (responseType !== "code") {
      throw new AuthorizationRefusal("unsupported_response_type", "response_type must be code.");
    }
    if ((target.state ?? "") === "" && dialect.stateRequired === true)
      throw new AuthorizationRefusal("missing_state", "state is required.");
    const scopes = readScopes(single(query, dialect.scopeParameter));
    const actor = dialect.appActor === true ? (single(query, "actor") ?? "user") : "user";
    if (actor !== "user" && actor !== "app") throw new AuthorizationRefusal("invalid_request", "actor must be user or app.");
    if (actor === "app" && scopes.includes("admin")) {
      throw new AuthorizationRefusal("invalid_scope", "The scope admin cannot be given to an app actor.");
    }
    const prompt = dialect.prompts === undefined ? null : single(query, "prompt");
    const prompts = dialect.prompts ?? [];
    // OpenID Connect Core section 3.1.2.1: a list with spaces.
    if (prompt !== null && !prompt.split(" ").every((word) => prompts.includes(word))) {
      throw new AuthorizationRefusal("invalid_request", `prompt must be ${prompts.join(", ")}.`);
    }
    const challenge = readChallenge(query, client);
    return { client, query, scopes, challenge, actor, prompt, ...target, expiresAtMs: clock() + 3_600_000 };
  }

  function allow(asked: Pending, subject: Subject, ticked: readonly string[], cookies: readonly string[]): SandboxResponse {
    const { client, query } = asked;
    const userId = asked.actor === "app" ? options.appAccount?.(client, subject.workspaceId) : subject.userId;
    if (userId === undefined) throw new Error("The sandbox has no account for an app that acts as itself.");
    const account = { clientId: client.clientId, userId, workspaceId: subject.workspaceId, actor: asked.actor };
    const before = book.listLive(account);
    const earlier = dialect.keepsEarlierScopes?.(query) === true ? before.flatMap(({ scopes }) => scopes) : [];
    const scopes = [...new Set([...ticked, ...earlier])];
    const code = book.issueCode({
      grant: {
        ...account,
        scopes,
        usedPkce: asked.challenge !== null,
        offline: dialect.isOffline?.({ client, query, scopes }, before) ?? true,
        nonce: query.get("nonce"),
      },
      redirectUri: asked.redirectNamed ? asked.redirectUri : null,
      challenge: asked.challenge,
    });
    return goBack(asked, { code, ...dialect.alsoAnswers?.(asked, scopes) }, cookies);
  }

  const mayAllow = (subject: Subject, asked: Pending) =>
    subject.admin || (asked.actor === "user" && dialect.needsAdmin?.(asked.scopes) !== true);

  /** Without a `prompt` a person who allowed the same before is not asked again. */
  function allowedBefore(request: SandboxRequest, asked: Pending): Subject | null {
    if ((asked.prompt !== null && asked.prompt !== "none") || asked.actor === "app") return null;
    const remembered = cookie(request, personCookie);
    const subject = subjects().find(({ userId }) => userId === remembered);
    if (subject === undefined) return null;
    const { userId, workspaceId } = subject;
    const live = book.listLive({ clientId: asked.client.clientId, userId, workspaceId, actor: "user" });
    return live.some(({ scopes }) => asked.scopes.every((scope) => scopes.includes(scope))) ? subject : null;
  }

  function ask(request: SandboxRequest, asked: Pending): SandboxResponse {
    const id = randomBytes(16).toString("hex");
    for (const [old, { expiresAtMs }] of pending) if (expiresAtMs <= clock()) pending.delete(old);
    pending.set(id, asked);
    const browser = cookie(request, browserCookie) ?? randomBytes(16).toString("hex");
    const people = subjects().filter((subject) => mayAllow(subject, asked));
    const hint = asked.query.get("login_hint");
    const hinted = people.find(({ email, userId }) => email === hint || userId === hint)?.userId;
    return consentPage({
      look,
      appName: asked.client.name,
      actsAs: asked.actor === "app" ? "app" : (dialect.actsAs ?? "user"),
      scopes: asked.scopes.map((scope) => ({
        scope,
        allows: dialect.scopes[scope] ?? scope,
        fixed: dialect.alwaysScopes.includes(scope),
      })),
      granular: dialect.granular === true,
      people,
      chosen: hinted ?? cookie(request, personCookie) ?? people[0]?.userId ?? null,
      redirectOrigin: new URL(asked.redirectUri).origin,
      action: request.url.pathname,
      hidden: { request: id, csrf: csrfOf(browser, id) },
      headers: { ...coop(), "set-cookie": [`${browserCookie}=${browser}; ${cookieRules}`] },
    });
  }

  function show(request: SandboxRequest): SandboxResponse {
    const query = request.url.searchParams;
    // RFC 6749 section 4.1.2.1: with a wrong client or address nobody is redirected.
    const client = findClient(clients, query.get("client_id"));
    if (client === null || query.getAll("client_id").length > 1) return refuseHere("No app is registered here under this client_id.");
    const named = query.get("redirect_uri");
    const redirectUri = named ?? (dialect.redirectOptional === true ? (client.redirectUris[0] ?? null) : null);
    const matches = dialect.matchesRedirect ?? ((registered, given) => registered === given);
    const isRegistered = redirectUri !== null && client.redirectUris.some((registered) => matches(registered, redirectUri));
    if (!isRegistered || query.getAll("redirect_uri").length > 1) {
      return refuseHere(`This redirect_uri is not one that ${client.name} registered.`);
    }
    const mode = query.get("response_mode");
    const target = {
      redirectUri,
      redirectNamed: named !== null,
      responseMode: dialect.formPost === true && mode === "form_post" ? ("form_post" as const) : ("query" as const),
      state: query.getAll("state").length === 1 ? query.get("state") : null,
    };
    try {
      single(query, "state");
      const asked = readRequest(query, client, target);
      if (settings().denyConsent) throw new AuthorizationRefusal("denied", "The workspace does not allow this app.");
      const before = allowedBefore(request, asked);
      if (before !== null) return allow(asked, before, asked.scopes, []);
      if (asked.prompt === "none") throw new AuthorizationRefusal("interaction_required", "Nobody is signed in who allowed this before.");
      return ask(request, asked);
    } catch (error) {
      if (!(error instanceof AuthorizationRefusal)) throw error;
      return goBackRefused(target, error);
    }
  }

  /** What the person left ticked, in the order asked. */
  function tickedOf(form: URLSearchParams, asked: Pending): readonly string[] {
    if (dialect.granular !== true) return asked.scopes;
    const ticked = new Set([...dialect.alwaysScopes, ...form.getAll("scope")]);
    return asked.scopes.filter((scope) => ticked.has(scope));
  }

  function decide(request: SandboxRequest): SandboxResponse {
    const form = new URLSearchParams(request.body);
    const id = form.get("request") ?? "";
    const browser = cookie(request, browserCookie);
    const origin = request.headers.get("origin");
    const site = request.headers.get("sec-fetch-site");
    const foreign = (origin !== null && origin !== `http://${request.headers.get("host")}`) || (site !== null && site !== "same-origin");
    if (foreign || browser === null || !sameSecret(form.get("csrf") ?? "", csrfOf(browser, id))) {
      return refusalPage(look, "This answer did not come from the consent page of this browser.", 403, coop());
    }
    const refuse = (message: string) => refusalPage(look, message, 400, coop());
    const asked = pending.get(id);
    if (asked === undefined || asked.expiresAtMs <= clock())
      return refuse("This consent page was answered before, or is too old. Start again in the app.");
    const subject = subjects().find(({ userId }) => userId === form.get("person"));
    const decision = form.get("decision");
    if (subject === undefined || (decision !== "authorize" && decision !== "cancel")) return refuse("The consent form was not complete.");
    pending.delete(id);
    if (decision === "cancel") return goBackRefused(asked, new AuthorizationRefusal("cancelled", "The person cancelled."));
    if (!mayAllow(subject, asked)) return goBackRefused(asked, new AuthorizationRefusal("admin_required", "Only an admin can allow this."));
    return allow(asked, subject, tickedOf(form, asked), [`${personCookie}=${subject.userId}; ${cookieRules}`]);
  }

  return (request) => {
    if (request.method === "GET") return show(request);
    if (request.method === "POST") return decide(request);
    return { status: 405, headers: { allow: "GET, POST" } };
  };
}
