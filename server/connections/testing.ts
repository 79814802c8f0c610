import { createHash, randomUUID } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { HubError } from "@/server/errors";
import type { Integration, IntegrationSettings, TokenAnswer } from "@/server/integrations/contract";
import { toToolResponse } from "@/server/transport/response";
import type { Send, ToolRequest } from "@/server/transport/send";
import type { ToolMount } from "@/server/vfs/tool-mount";
import type { OAuthSends } from "./auth";

/**
 * A tool for tests of connecting: an authorization server over real HTTP that checks PKCE, client and redirect URI, keeps codes
 * single-use and rotates refresh tokens, and the integration that belongs to it. Not one of the catalogue's.
 */

export interface FakeTool {
  readonly origin: string;
  /** The connector; `id` and `name` may be given to stand in for a second tool. */
  integration(id?: string): Integration;
  settings(hubOrigin: string, id?: string): IntegrationSettings;
  /** Consents as a person would: the URL that the tool sends the browser back to. */
  consent(authorizeUrl: string, choice?: { deny?: boolean }): Promise<string>;
  /** Who the next token belongs to. */
  account: { accountId: string; orgId: string; accountName: string };
  /** The scopes the next token answer names; of the ones that its consent was asked for, where it is a function. `null`: none are named. */
  granted: string | null | ((asked: string) => string);
  /** What the token endpoint answers instead of tokens, once. */
  failNext: { status: number; body: unknown } | null;
  /** Every access and refresh token ever given: what must never be seen outside the vault. */
  readonly given: string[];
  readonly revoked: string[];
  /** Awaited before the token endpoint answers, once. */
  beforeToken: (() => Promise<void>) | null;
  /** What the revocation endpoint answers. */
  revokeStatus: number;
  /** Awaited before the revocation endpoint does anything, once. */
  beforeRevoke: (() => Promise<void>) | null;
  /** The tool confirms revocations and goes on knowing the token, as if a renewal had been a moment quicker. */
  keepRevoked: boolean;
  /** How far a revocation reaches, as the contract has it; null: the tool offers none. */
  revocationEnds: "token" | "account" | null;
  /** Paths asked for, in order. */
  readonly asked: string[];
  /** From now on the access tokens given so far are refused. */
  expireAccessTokens(): void;
  close(): Promise<void>;
}

const clientId = "fake-client";
const clientSecret = "fake-client-secret-canary";

const readText = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks).toString("utf8");
};

interface Code {
  readonly challenge: string;
  readonly redirectUri: string;
  readonly scope: string;
}

const noFiles = (): never => {
  throw new HubError("ENOTSUP", "The fake tool has no files.", { details: { operation: "list" } });
};
const emptyMount: ToolMount = {
  description: { actsAs: "person", guard: "checked", kinds: [] },
  list: noFiles,
  stat: noFiles,
  read: noFiles,
  plan: noFiles,
  perform: noFiles,
};

/** Starts the tool on a free port of loopback. */
export async function startFakeTool(): Promise<FakeTool> {
  const codes = new Map<string, Code>();
  const live = new Map<string, { kind: "access" | "refresh"; account: FakeTool["account"] }>();
  const given: string[] = [];
  const revoked: string[] = [];
  const asked: string[] = [];

  const make = (kind: "access" | "refresh", account: FakeTool["account"]): string => {
    const token = `fake_${kind}_${randomUUID()}`;
    live.set(token, { kind, account });
    given.push(token);
    return token;
  };

  const token = (form: URLSearchParams): { status: number; body: unknown } => {
    const refuse = (error: string) => ({ status: 400, body: { error } });
    if (tool.failNext !== null) {
      const answer = tool.failNext;
      tool.failNext = null;
      return answer;
    }
    if (form.get("client_id") !== clientId || form.get("client_secret") !== clientSecret) return refuse("invalid_client");
    let account = tool.account;
    let asked = "";
    if (form.get("grant_type") === "authorization_code") {
      const code = codes.get(form.get("code") ?? "");
      codes.delete(form.get("code") ?? "");
      const challenge = createHash("sha256")
        .update(form.get("code_verifier") ?? "")
        .digest("base64url");
      if (code === undefined || code.challenge !== challenge || code.redirectUri !== form.get("redirect_uri"))
        return refuse("invalid_grant");
      asked = code.scope;
    } else {
      const held = live.get(form.get("refresh_token") ?? "");
      if (held?.kind !== "refresh") return refuse("invalid_grant");
      live.delete(form.get("refresh_token") ?? "");
      account = held.account;
    }
    const granted = typeof tool.granted === "function" ? tool.granted(asked) : tool.granted;
    const scope = granted === null ? {} : { scope: granted };
    const access_token = make("access", account);
    const refresh_token = make("refresh", account);
    return { status: 200, body: { access_token, refresh_token, token_type: "Bearer", expires_in: 3600, ...scope } };
  };

  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? "/", "http://tool");
    asked.push(url.pathname);
    const answer = (status: number, body: unknown) => {
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    };
    if (url.pathname === "/token") {
      const before = tool.beforeToken;
      tool.beforeToken = null;
      await before?.();
      const { status, body } = token(new URLSearchParams(await readText(request)));
      return answer(status, body);
    }
    if (url.pathname === "/revoke") {
      const form = new URLSearchParams(await readText(request));
      const before = tool.beforeRevoke;
      tool.beforeRevoke = null;
      await before?.();
      const ended = live.get(form.get("token") ?? "");
      revoked.push(form.get("token") ?? "");
      if (!tool.keepRevoked) live.delete(form.get("token") ?? "");
      if (tool.revocationEnds === "account" && ended !== undefined) {
        for (const [other, { account }] of live) if (account.accountId === ended.account.accountId) live.delete(other);
      }
      response.setHeader("x-request-id", `revocation-${revoked.length}`);
      return answer(tool.revokeStatus, {});
    }
    if (url.pathname === "/me") {
      const held = live.get((request.headers.authorization ?? "").replace("Bearer ", ""));
      return held?.kind === "access" ? answer(200, held.account) : answer(401, {});
    }
    if (url.pathname === "/authorize") {
      const code = randomUUID();
      const redirectUri = url.searchParams.get("redirect_uri") ?? "";
      const back = new URL(redirectUri);
      back.searchParams.set("state", url.searchParams.get("state") ?? "");
      if (url.searchParams.get("code_challenge_method") !== "S256") return answer(400, { error: "invalid_request" });
      if (url.searchParams.has("deny")) back.searchParams.set("error", "access_denied");
      else {
        codes.set(code, {
          challenge: url.searchParams.get("code_challenge") ?? "",
          redirectUri,
          scope: url.searchParams.get("scope") ?? "",
        });
        back.searchParams.set("code", code);
      }
      response.writeHead(302, { location: back.toString() }).end();
      return;
    }
    answer(404, {});
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const origin = `http://127.0.0.1:${port}`;

  const readTokens = (answer: unknown): TokenAnswer => {
    const read = answer as { access_token: string; refresh_token?: string; expires_in?: number; scope?: string };
    return {
      accessToken: read.access_token,
      refreshToken: read.refresh_token ?? null,
      expiresInSeconds: read.expires_in ?? null,
      scopes: read.scope?.split(" ") ?? null,
    };
  };
  const post = (path: string, fields: Record<string, string>, settings: IntegrationSettings): ToolRequest => ({
    method: "POST",
    url: `${settings.origins.auth}${path}`,
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ ...fields, client_id: settings.clientId, client_secret: settings.clientSecret }).toString(),
    repeatability: "unsafe",
    operation: `POST ${path}`,
    authorization: "none",
  });

  const tool: FakeTool = {
    origin,
    account: { accountId: "acc-1", orgId: "org-1", accountName: "Ann Smith" },
    granted: "read write",
    failNext: null,
    beforeToken: null,
    given,
    revoked,
    revokeStatus: 200,
    beforeRevoke: null,
    keepRevoked: false,
    revocationEnds: "token",
    asked,
    integration: (id = "fake") => ({
      manifest: {
        id,
        name: id === "fake" ? "Fake" : "Other",
        description: "A tool for tests",
        category: "Development",
        icon: "circle-dot",
        gradient: "",
        vfsPath: `/context/tools/${id}`,
        mountName: id,
        oauth: {
          authUrl: `${origin}/authorize`,
          tokenUrl: `${origin}/token`,
          scopes: ["read"],
          supportScopes: ["offline"],
          scopeSeparator: " ",
          furtherConsent: id === "fake" ? { scopes: "replaces" } : { scopes: "adds", answer: "new" },
        },
        capabilities: { read: ["things"], write: ["things"], webhooks: false },
        capabilityScopes: { "read:things": ["read"], "write:things": ["write"] },
        origins: { auth: origin, api: origin },
        actsAs: "person",
        available: true,
      },
      oauth: {
        provider: (settings, scopes) => ({
          id,
          name: "Fake",
          type: "oauth",
          clientId: settings.clientId,
          clientSecret: settings.clientSecret,
          client: { token_endpoint_auth_method: "client_secret_post" },
          authorization: { url: `${settings.origins.auth}/authorize`, params: { scope: scopes.join(" ") } },
          token: `${settings.origins.auth}/token`,
        }),
        issuer: null,
        readTokens,
        async identify(accessToken, settings, send, context) {
          const response = await send(
            {
              method: "GET",
              url: `${settings.origins.api}/me`,
              headers: { authorization: `Bearer ${accessToken}` },
              repeatability: "safe",
              operation: "me",
              authorization: "none",
            },
            context,
          );
          const me = response.json() as FakeTool["account"];
          return { ...me, accountEmail: "ann@acme.test", orgName: "Acme", timeZone: "Europe/Berlin" };
        },
        refresh: async (refreshToken, settings, send, context) =>
          readTokens((await send(post("/token", { grant_type: "refresh_token", refresh_token: refreshToken }, settings), context)).json()),
        get revoke(): Integration["oauth"]["revoke"] {
          if (tool.revocationEnds === null) return null;
          return async (tokens, settings, send, context) => {
            await send(post("/revoke", { token: tokens.refreshToken ?? tokens.accessToken }, settings), context);
            return { outcome: "revoked", proof: "The tool answered 200." };
          };
        },
        get revocationEnds() {
          return tool.revocationEnds;
        },
        byHand: { steps: "Open Fake's settings and remove the hub.", url: "https://fake.example/settings" },
        refreshReplay: "never",
      },
      reading: {
        classify: (response) =>
          response.status < 400
            ? null
            : new HubError(response.status === 401 ? "ENOTCONN" : "EIO", `Fake answered ${response.status}.`, {
                details: { vendorStatus: response.status },
              }),
        limits: () => [],
        requestId: (response) => response.headers.get("x-request-id"),
        loggedQuery: new Set(),
      },
      rateGroups: [{ group: "default", capacity: 1000, refillPerSecond: 1000 }],
      mount: () => emptyMount,
    }),
    settings: (hubOrigin, id = "fake") => ({
      clientId,
      clientSecret,
      origins: { auth: origin, api: origin },
      redirectUri: `${hubOrigin}/oauth/callback/${id}`,
    }),
    async consent(authorizeUrl, choice = {}) {
      const url = new URL(authorizeUrl);
      if (choice.deny === true) url.searchParams.set("deny", "1");
      const response = await fetch(url, { redirect: "manual" });
      return response.headers.get("location") ?? `no redirect: ${response.status}`;
    },
    expireAccessTokens() {
      for (const [token, { kind }] of live) if (kind === "access") live.delete(token);
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
  return tool;
}

/** Bare sends over fetch, for tests of what stands above transport. `sent` keeps what was asked. */
export function bareSends(integration: Integration, sent: ToolRequest[] = []): OAuthSends {
  const ask: Send = async (request) => {
    sent.push(request);
    const answer = await fetch(request.url, {
      method: request.method,
      headers: request.headers ?? {},
      redirect: "manual",
      ...(typeof request.body === "string" ? { body: request.body } : {}),
    });
    return toToolResponse(answer, new Uint8Array(await answer.arrayBuffer()));
  };
  return {
    exchange: ask,
    async call(request, context) {
      const response = await ask(request, context);
      const failure = integration.reading.classify(response, request);
      if (failure !== null) throw failure;
      return response;
    },
  };
}
