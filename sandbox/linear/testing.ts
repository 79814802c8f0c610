import { createHash, randomBytes } from "node:crypto";
import { createControlClient } from "../control/client";
import type { OAuthClient } from "../oauth/grants";
import { type SandboxOptions, startSandbox } from "../start";

/** The app that tests connect with. */
export const testClient: OAuthClient = {
  clientId: "test-client",
  clientSecret: "test-secret",
  name: "Test app",
  redirectUris: ["http://localhost:3000/oauth/callback/linear"],
  pkce: "required",
};

export interface GraphqlAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: {
    readonly data?: unknown;
    readonly errors?: readonly { readonly message: string; readonly extensions: Readonly<Record<string, unknown>> }[];
  };
}

export interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly expires_in: number;
  readonly scope: string;
  readonly token_type: string;
}

/** A sandbox, and a browser and an app that talk to it over HTTP as a person's and the hub's would. */
export async function startTestSandbox(options: Partial<SandboxOptions> = {}) {
  const sandbox = await startSandbox({ clients: [testClient], ...options });
  const control = createControlClient(sandbox.controlOrigin);

  /** The authorize URL of a well-formed request, with what the test changes in it; null removes a parameter. */
  function authorizeUrl(changes: Readonly<Record<string, string | null>> = {}): string {
    const url = new URL("/oauth/authorize", sandbox.origin);
    const parameters: Record<string, string | null> = {
      client_id: testClient.clientId,
      redirect_uri: testClient.redirectUris[0] ?? "",
      response_type: "code",
      scope: "read,write",
      state: "st",
      code_challenge: challengeOf(verifier),
      code_challenge_method: "S256",
      ...changes,
    };
    for (const [name, value] of Object.entries(parameters)) if (value !== null) url.searchParams.set(name, value);
    return url.href;
  }

  /** Opens the consent page and answers it; the redirect's parameters come back. */
  async function consent(
    changes: Readonly<Record<string, string | null>> = {},
    answer: { person?: string; decision?: "authorize" | "cancel" } = {},
  ): Promise<URLSearchParams> {
    const shown = await fetch(authorizeUrl(changes), { redirect: "manual" });
    if (shown.status === 303) return new URL(shown.headers.get("location") ?? "").searchParams;
    const markup = await shown.text();
    if (shown.status !== 200) throw new Error(`The consent page answered ${shown.status}.`);
    const field = (name: string) => new RegExp(`name="${name}" value="([^"]*)"`).exec(markup)?.[1] ?? "";
    const people = [...markup.matchAll(/<option value="([^"]*)"[^>]*>([^<]*)</g)].map(([, id, label]) => ({ id, label }));
    const person = people.find(({ label }) => label?.includes(answer.person ?? "ann@acme.example") === true)?.id ?? "";
    const decided = await fetch(`${sandbox.origin}/oauth/authorize`, {
      method: "POST",
      redirect: "manual",
      headers: {
        "content-type": "application/x-www-form-urlencoded",
        cookie: shown.headers
          .getSetCookie()
          .map((line) => line.split(";")[0])
          .join("; "),
      },
      body: new URLSearchParams({ request: field("request"), csrf: field("csrf"), person, decision: answer.decision ?? "authorize" }),
    });
    return new URL(decided.headers.get("location") ?? "http://none.invalid").searchParams;
  }

  const form = (path: string, fields: Readonly<Record<string, string>>, headers: Readonly<Record<string, string>> = {}) =>
    fetch(`${sandbox.origin}${path}`, { method: "POST", headers, body: new URLSearchParams(fields) });

  const app = { client_id: testClient.clientId, client_secret: testClient.clientSecret ?? "" };

  const exchange = (code: string, changes: Readonly<Record<string, string>> = {}) =>
    form("/oauth/token", {
      grant_type: "authorization_code",
      code,
      redirect_uri: testClient.redirectUris[0] ?? "",
      code_verifier: verifier,
      ...app,
      ...changes,
    });

  const refresh = (token: string) => form("/oauth/token", { grant_type: "refresh_token", refresh_token: token, ...app });

  /** The whole road to a token. */
  async function connect(scope = "read,write", person = "ann@acme.example"): Promise<Tokens> {
    const code = (await consent({ scope }, { person })).get("code") ?? "";
    const answer = await exchange(code);
    return (await answer.json()) as Tokens;
  }

  async function graphql(token: string | null, query: string, variables: Readonly<Record<string, unknown>> = {}): Promise<GraphqlAnswer> {
    const response = await fetch(`${sandbox.origin}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", ...(token === null ? {} : { authorization: `Bearer ${token}` }) },
      body: JSON.stringify({ query, variables }),
    });
    return { status: response.status, headers: response.headers, body: (await response.json()) as GraphqlAnswer["body"] };
  }

  return { ...sandbox, control, authorizeUrl, consent, form, exchange, refresh, connect, graphql };
}

export const verifier = randomBytes(32).toString("base64url");
export const challengeOf = (text: string): string => createHash("sha256").update(text).digest("base64url");
