import { createHash, randomBytes } from "node:crypto";
import { type ControlClient, createControlClient } from "./control/client";
import type { OAuthClient } from "./oauth/grants";
import { type Sandbox, type SandboxOptions, startSandbox } from "./start";
import type { SandboxTool } from "./tool";
import { sandboxTools } from "./tools";

/** What tests start: one tool of the sandbox, and a browser and an app that talk to it over HTTP as a person's and the hub's would. */

export const testHubOrigin = "http://localhost:3000";
export const testVerifier = randomBytes(32).toString("base64url");
export const challengeOf = (text: string): string => createHash("sha256").update(text).digest("base64url");

/** The app that tests connect with. */
export function testClientOf(toolId: string, changes: Partial<OAuthClient> = {}): OAuthClient & { readonly clientSecret: string } {
  return {
    clientId: "test-client",
    name: "Test app",
    redirectUris: [`${testHubOrigin}/oauth/callback/${toolId}`],
    pkce: "required",
    ...changes,
    clientSecret: changes.clientSecret ?? "test-secret",
  };
}

export interface ConsentAnswer {
  /** Part of the name or address of who says yes; Ann of Acme without it. */
  readonly person?: string;
  readonly decision?: "authorize" | "cancel";
  /** Where the page lets a person untick scopes, those that stay; all without it. */
  readonly scopes?: readonly string[];
}

const attribute = (tag: string, name: string): string | null => {
  const value = new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1];
  return value === undefined
    ? null
    : value.replace(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => ({ amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" })[name] ?? "");
};

/**
 * Opens a consent page and answers it as a person's browser does. The redirect's parameters come back, none when the answer was refused;
 * throws when no page was shown.
 */
export async function answerConsent(url: string, answer: ConsentAnswer = {}): Promise<URLSearchParams> {
  const shown = await fetch(url, { redirect: "manual" });
  const redirected = shown.headers.get("location");
  if (redirected !== null) return new URL(redirected).searchParams;
  const markup = await shown.text();
  if (shown.status !== 200) throw new Error(`The consent page answered ${shown.status}.`);
  const form = new URLSearchParams();
  for (const [tag] of markup.matchAll(/<input\b[^>]*>/g)) {
    const [name, value] = [attribute(tag, "name"), attribute(tag, "value") ?? ""];
    if (name === null) continue;
    if (attribute(tag, "type") === "checkbox" && answer.scopes !== undefined && !answer.scopes.includes(value)) continue;
    form.append(name, value);
  }
  const people = [...markup.matchAll(/<option value="([^"]*)"[^>]*>([^<]*)</g)];
  form.set("person", people.find(([, , label]) => label?.includes(answer.person ?? "ann@acme.example") === true)?.[1] ?? "");
  form.set("decision", answer.decision ?? "authorize");
  const action = attribute(/<form\b[^>]*>/.exec(markup)?.[0] ?? "", "action") ?? "";
  const cookie = shown.headers.getSetCookie().map((line) => line.split(";")[0]);
  const decided = await fetch(new URL(action, url), {
    method: "POST",
    redirect: "manual",
    headers: { "content-type": "application/x-www-form-urlencoded", cookie: cookie.join("; ") },
    body: form,
  });
  const location = decided.headers.get("location");
  return location === null ? new URLSearchParams() : new URL(location).searchParams;
}

/** What a connector's folder says of itself (its manifest), as far as pointing it at the sandbox needs. */
export interface OriginRoles {
  readonly origins: Readonly<Record<string, string>>;
}

export interface TestToolOptions extends Omit<SandboxOptions, "clients" | "tools" | "settings" | "ports"> {
  /** Changes to the app that is registered: another PKCE rule, more redirect URIs. */
  readonly client?: Partial<OAuthClient>;
  /** Apps that are registered beside it. */
  readonly otherClients?: readonly OAuthClient[];
  readonly settings?: Readonly<Record<string, unknown>>;
}

export interface TestTool<Tokens, Inspected> {
  readonly sandbox: Sandbox;
  readonly origin: string;
  readonly control: ControlClient<Tokens, Inspected>;
  readonly client: OAuthClient & { readonly clientSecret: string };
  /** The authorize URL of a well-formed request, with what the test changes in it; null removes a parameter. */
  authorizeUrl(scopes: readonly string[], changes?: Readonly<Record<string, string | null>>): string;
  /** Opens the consent page and answers it; the redirect's parameters come back. */
  consent(scopes: readonly string[], changes?: Readonly<Record<string, string | null>>, answer?: ConsentAnswer): Promise<URLSearchParams>;
  /** POSTs a form. */
  form(path: string, fields: Readonly<Record<string, string>>, headers?: Readonly<Record<string, string>>): Promise<Response>;
  /** The code exchange of a well-formed request, with what the test changes in it. */
  exchange(code: string, changes?: Readonly<Record<string, string>>): Promise<Response>;
  refresh(refreshToken: string, changes?: Readonly<Record<string, string>>): Promise<Response>;
  /** The whole road through consent page and code exchange; the token endpoint's answer. */
  connect(scopes: readonly string[], person?: string): Promise<Tokens>;
  /** What points a connector at this sandbox (its `IntegrationSettings`). */
  settingsFor(manifest: OriginRoles): {
    readonly clientId: string;
    readonly clientSecret: string;
    readonly origins: Readonly<Record<string, string>>;
    readonly redirectUri: string;
  };
  close(): Promise<void>;
}

function findTool(id: string): SandboxTool {
  const found = sandboxTools.find((tool) => tool.id === id);
  if (found === undefined) throw new Error(`The sandbox has no tool ${id}.`);
  return found;
}

/** Starts one tool on a free port. `Tokens` is its token answer, `Inspected` what its `inspect` tells. */
export async function startTestTool<Tokens = Readonly<Record<string, unknown>>, Inspected = Readonly<Record<string, unknown>>>(
  id: string,
  options: TestToolOptions = {},
): Promise<TestTool<Tokens, Inspected>> {
  const { road } = findTool(id);
  const { client: clientChanges, otherClients = [], settings, ...rest } = options;
  const client = testClientOf(id, clientChanges);
  const sandbox = await startSandbox({
    ...rest,
    clients: [client, ...otherClients],
    tools: [id],
    ...(settings === undefined ? {} : { settings: { [id]: settings } }),
  });
  const origin = sandbox.origins[id] ?? "";
  const redirectUri = client.redirectUris[0] ?? "";
  const control = createControlClient<Tokens, Inspected>(sandbox.controlOrigin, id);
  const usesPkce = client.pkce !== "off";
  const app = { client_id: client.clientId, client_secret: client.clientSecret };

  function authorizeUrl(scopes: readonly string[], changes: Readonly<Record<string, string | null>> = {}): string {
    const url = new URL(road.authorizePath, origin);
    const parameters: Record<string, string | null> = {
      client_id: client.clientId,
      redirect_uri: redirectUri,
      response_type: "code",
      [road.scopeParameter]: scopes.join(road.scopeSeparator),
      state: "st",
      ...(usesPkce ? { code_challenge: challengeOf(testVerifier), code_challenge_method: "S256" } : {}),
      ...road.parameters,
      ...changes,
    };
    for (const [name, value] of Object.entries(parameters)) if (value !== null) url.searchParams.set(name, value);
    return url.href;
  }

  const consent: TestTool<Tokens, Inspected>["consent"] = (scopes, changes, answer) => answerConsent(authorizeUrl(scopes, changes), answer);
  const form: TestTool<Tokens, Inspected>["form"] = (path, fields, headers = {}) =>
    fetch(`${origin}${path}`, { method: "POST", headers, body: new URLSearchParams(fields) });
  const exchange: TestTool<Tokens, Inspected>["exchange"] = (code, changes = {}) =>
    form(road.tokenPath, {
      grant_type: "authorization_code",
      code,
      redirect_uri: redirectUri,
      ...(usesPkce ? { code_verifier: testVerifier } : {}),
      ...app,
      ...changes,
    });

  return {
    sandbox,
    origin,
    control,
    client,
    authorizeUrl,
    consent,
    form,
    exchange,
    refresh: (refreshToken, changes = {}) =>
      form(road.tokenPath, { grant_type: "refresh_token", refresh_token: refreshToken, ...app, ...changes }),
    async connect(scopes, person) {
      const back = await consent(scopes, {}, person === undefined ? {} : { person });
      const answer = await exchange(back.get("code") ?? "");
      const tokens: unknown = await answer.json();
      if (answer.status !== 200) throw new Error(`The code exchange was refused with ${answer.status}: ${JSON.stringify(tokens)}`);
      return tokens as Tokens;
    },
    settingsFor: ({ origins }) => ({
      clientId: client.clientId,
      clientSecret: client.clientSecret,
      origins: Object.fromEntries(Object.keys(origins).map((role) => [role, origin])),
      redirectUri,
    }),
    close: sandbox.close,
  };
}
