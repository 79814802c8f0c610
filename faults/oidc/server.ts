import { createHash, generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout } from "node:timers/promises";
import Provider from "oidc-provider";
import type { IntegrationSettings } from "@/server/integrations/contract";

/**
 * `oidc-provider`, an authorization server that nobody here wrote, over real HTTP: PKCE required, codes single-use, refresh tokens
 * rotated at every use, and a refresh token used twice ends its grant. Its own pages ask for login and consent.
 */

/** One answered request of the token, revocation or userinfo endpoint. */
export interface OidcRequest {
  readonly route: string;
  readonly grantType: string | null;
  readonly status: number;
  /** The refresh token that was sent, as a hash. */
  readonly refreshTokenHash: string | null;
}

export interface OidcServer {
  readonly origin: string;
  /** The registered app at this hub. */
  settings(hubOrigin: string): IntegrationSettings;
  /** Logs in and consents as a browser does, with a session of its own; answers the URL that the browser is sent back to. */
  consent(authorizeUrl: string, person?: { login?: string; decline?: boolean }): Promise<string>;
  /** What the token endpoint was asked, and the others, in order. */
  readonly requests: readonly OidcRequest[];
  /** Exchanges a code as the client does; the token endpoint's answer. */
  exchange(code: string, verifier: string): Promise<unknown>;
  /** A refresh with a token that somebody stole, by the client that the server knows. */
  replay(refreshToken: string): Promise<{ status: number; body: Readonly<Record<string, unknown>> }>;
  /** Ends an access token before its time; its grant and refresh token live on. */
  expire(accessToken: string): Promise<void>;
  /** Ends the grant of a refresh token, as a person does at the vendor. */
  endGrant(refreshToken: string): Promise<void>;
  /** Whether the server takes the token, by introspection (RFC 7662). */
  isActive(token: string): Promise<boolean>;
  /** The status of userinfo for an access token. */
  userinfoStatus(accessToken: string): Promise<number>;
  /** How long the access tokens live that are given from now on; an hour at first. */
  setLifetime(seconds: number): void;
  /** Answers of the token endpoint that are made are kept back as long as this holds. */
  holdTokensWhile(condition: () => boolean): void;
  /** The next answer of the token endpoint is made, and its connection is cut instead of sending it. */
  loseToken(): void;
  close(): Promise<void>;
}

export interface OidcServerOptions {
  readonly integration: string;
  /** Where the hub is, for the registered redirect address. */
  readonly hubOrigin: string;
}

/** Both need the form encoding of Basic credentials (RFC 6749 §2.3.1). */
const clientId = "the hub/at this:address";
const clientSecret = "a+secret/with: %25 every & kind = of character";

/** How a refresh token is named in the record of requests. */
export const hashOf = (token: string): string => createHash("sha256").update(token).digest("hex");

/** Starts the server on a free port of loopback. */
export async function startOidcServer(options: OidcServerOptions): Promise<OidcServer> {
  const requests: OidcRequest[] = [];
  const faults: { lose: boolean; hold: () => boolean; lifetimeSeconds: number } = { lose: false, hold: () => false, lifetimeSeconds: 3600 };

  const held: { handle: ReturnType<Provider["callback"]> | null } = { handle: null };
  const server = createServer((request, response) => void held.handle?.(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const dayOf = (days: number) => () => days * 86_400;
  const provider = new Provider(origin, {
    clients: [
      {
        client_id: clientId,
        client_secret: clientSecret,
        grant_types: ["authorization_code", "refresh_token"],
        response_types: ["code"],
        redirect_uris: [`${options.hubOrigin}/oauth/callback/${options.integration}`],
        token_endpoint_auth_method: "client_secret_basic",
      },
    ],
    jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), use: "sig", alg: "RS256" }] },
    cookies: { keys: ["a-key-of-this-test-only"] },
    claims: { openid: ["sub"], profile: ["name"], email: ["email"] },
    pkce: { required: () => true },
    rotateRefreshToken: () => true,
    issueRefreshToken: async (_context, client, source) => client.grantTypeAllowed("refresh_token") && source.scopes.has("offline_access"),
    features: {
      devInteractions: { enabled: true },
      introspection: { enabled: true, allowedPolicy: async () => true },
      revocation: { enabled: true, allowedPolicy: async () => true },
    },
    findAccount: async (_context, id) => ({
      accountId: id,
      claims: () => ({ sub: id, name: `The person ${id}`, email: `${id}@oidc.test` }),
    }),
    ttl: {
      AccessToken: () => faults.lifetimeSeconds,
      AuthorizationCode: 60,
      Grant: dayOf(14),
      IdToken: 3600,
      Interaction: 3600,
      RefreshToken: dayOf(14),
      Session: dayOf(14),
    },
  });
  provider.use(async (context, next) => {
    await next();
    const { route, params } = context.oidc ?? {};
    if (route === undefined || !["token", "revocation", "userinfo"].includes(route)) return;
    const sent = typeof params?.refresh_token === "string" ? params.refresh_token : null;
    requests.push({
      route,
      grantType: typeof params?.grant_type === "string" ? params.grant_type : null,
      status: context.status,
      refreshTokenHash: sent === null ? null : hashOf(sent),
    });
    if (route !== "token") return;
    const { lose } = faults;
    faults.lose = false;
    while (faults.hold()) await setTimeout(20);
    if (lose) context.req.socket.destroy();
  });
  held.handle = provider.callback();

  const basic = `Basic ${Buffer.from([clientId, clientSecret].map((half) => new URLSearchParams({ "": half }).toString().slice(1)).join(":")).toString("base64")}`;
  const asClient = (path: string, form: Readonly<Record<string, string>>) =>
    fetch(`${origin}${path}`, { method: "POST", headers: { authorization: basic }, body: new URLSearchParams(form) });

  return {
    origin,
    requests,
    settings: (hubOrigin) => ({
      clientId,
      clientSecret,
      origins: { id: origin },
      redirectUri: `${hubOrigin}/oauth/callback/${options.integration}`,
    }),
    async consent(authorizeUrl, { login = "ann", decline = false } = {}) {
      const cookies = new Map<string, string>();
      let at = authorizeUrl;
      let form: URLSearchParams | null = null;
      for (let steps = 0; steps < 12; steps++) {
        const response: Response = await fetch(at, {
          method: form === null ? "GET" : "POST",
          redirect: "manual",
          headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join("; ") },
          ...(form === null ? {} : { body: form }),
        });
        form = null;
        for (const line of response.headers.getSetCookie()) {
          const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
          cookies.set(name, value);
        }
        const page = await response.text();
        const location = response.headers.get("location");
        if (location !== null) {
          at = new URL(location, at).href;
          if (!at.startsWith(`${origin}/`)) return at;
          continue;
        }
        const link = (pattern: RegExp) => pattern.exec(page)?.[1]?.replaceAll("&amp;", "&");
        const prompt = link(/name="prompt" value="(\w+)"/);
        const next = decline ? link(/<a href="([^"]+)">\[ Cancel \]/) : link(/<form autocomplete="off" action="([^"]+)"/);
        if (prompt === undefined || next === undefined) throw new Error(`The server answered ${response.status}: ${page.slice(0, 300)}`);
        at = new URL(next, at).href;
        if (!decline) form = new URLSearchParams({ prompt, login, password: "any" });
      }
      throw new Error("The server goes on asking.");
    },
    async exchange(code, verifier) {
      const redirect_uri = `${options.hubOrigin}/oauth/callback/${options.integration}`;
      return (await asClient("/token", { grant_type: "authorization_code", code, redirect_uri, code_verifier: verifier })).json();
    },
    async replay(refreshToken) {
      const answer = await asClient("/token", { grant_type: "refresh_token", refresh_token: refreshToken });
      return { status: answer.status, body: (await answer.json()) as Readonly<Record<string, unknown>> };
    },
    async expire(accessToken) {
      await (await provider.AccessToken.find(accessToken))?.destroy();
    },
    async endGrant(refreshToken) {
      await asClient("/token/revocation", { token: refreshToken });
    },
    async isActive(token) {
      const answer = (await (await asClient("/token/introspection", { token })).json()) as { active: boolean };
      return answer.active;
    },
    async userinfoStatus(accessToken) {
      return (await fetch(`${origin}/me`, { headers: { authorization: `Bearer ${accessToken}` } })).status;
    },
    setLifetime(seconds) {
      faults.lifetimeSeconds = seconds;
    },
    holdTokensWhile(condition) {
      faults.hold = condition;
    },
    loseToken() {
      faults.lose = true;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
