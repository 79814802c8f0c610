import { createPublicKey, verify } from "node:crypto";
import { describe, expect, test } from "vitest";
import { html } from "../http/html";
import type { SandboxRequest, SandboxResponse } from "../http/server";
import type { ToolLook } from "../pages/look";
import { challengeOf, testVerifier } from "../testing";
import type { OAuthDialect, Subject } from "./dialect";
import { randomToken } from "./grant-book";
import type { OAuthClient, RotationRule } from "./grants";
import { createOAuth, type OAuth } from "./oauth";

/** What a dialect can say, each rule by itself; the tools' own tests prove that they say what their vendor does. */

const colours = {
  background: "#fff",
  panel: "#fff",
  text: "#000",
  quiet: "#555",
  line: "#ddd",
  accent: "#225",
  onAccent: "#fff",
  bar: "#eee",
  onBar: "#000",
};
const look: ToolLook = { name: "Test tool", mark: html``, light: colours, dark: colours, font: "sans-serif", cornerPx: 4, consent: "card" };
const ann: Subject = { userId: "u1", workspaceId: "w1", name: "Ann", email: "ann@acme.example", workspaceName: "Acme", admin: false };
const gita: Subject = { ...ann, userId: "u2", name: "Gita", email: "gita@acme.example", admin: true };
const redirectUri = "http://localhost:3000/callback";
const client: OAuthClient = { clientId: "app", clientSecret: "secret", name: "App", redirectUris: [redirectUri], pkce: "optional" };

type Changes = {
  readonly rotation?: RotationRule;
  readonly refreshTokenSeconds?: number;
  readonly maxRefreshTokens?: number;
  readonly authorize?: Partial<OAuthDialect["authorize"]>;
  readonly token?: Partial<OAuthDialect["token"]>;
  readonly revocation?: OAuthDialect["revocation"];
  readonly idToken?: OAuthDialect["idToken"];
  readonly client?: Partial<OAuthClient>;
};

function start(changes: Changes = {}) {
  let nowMs = Date.parse("2026-11-23T09:00:00Z");
  const dialect: OAuthDialect = {
    look,
    authorize: {
      scopeParameter: "scope",
      scopeSeparator: " ",
      scopes: { openid: "Know you", read: "Read", write: "Write", admin: "Administer" },
      alwaysScopes: [],
      ...changes.authorize,
    },
    token: {
      policy: () => ({
        codeSeconds: 600,
        accessTokenSeconds: 3600,
        refreshTokenSeconds: changes.refreshTokenSeconds ?? null,
        rotation: changes.rotation ?? { kind: "none" },
        ...(changes.maxRefreshTokens === undefined ? {} : { maxRefreshTokens: changes.maxRefreshTokens }),
      }),
      newToken: (kind) => randomToken(`${kind}_`),
      clientAuth: { basic: true, body: true, pkceReplacesSecret: false },
      answer: ({ accessToken, refreshToken, expiresInSeconds, scopes, idToken }) => ({
        accessToken,
        refreshToken,
        expiresInSeconds,
        scopes,
        idToken,
      }),
      ...changes.token,
    },
    ...(changes.revocation === undefined ? {} : { revocation: changes.revocation }),
    ...(changes.idToken === undefined ? {} : { idToken: changes.idToken }),
  };
  const oauth = createOAuth({
    tool: { clients: [{ ...client, ...changes.client }], clock: () => nowMs },
    dialect,
    settings: () => ({ coopOnConsent: false, denyConsent: false }),
    subjects: () => [ann, gita],
  });
  const passSeconds = (seconds: number): void => {
    nowMs += seconds * 1000;
  };
  return { oauth, passSeconds };
}

function request(method: string, target: string, body = "", headers: Record<string, string> = {}): SandboxRequest {
  const url = new URL(target, "http://sandbox.invalid");
  return { method, url, headers: new Headers(headers), body, bytes: Buffer.from(body), remoteAddress: "127.0.0.1" };
}

const post = (path: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
  request("POST", path, new URLSearchParams(fields).toString(), { "content-type": "application/x-www-form-urlencoded", ...headers });

interface Answer {
  readonly accessToken: string;
  readonly refreshToken: string | null;
  readonly scopes: readonly string[];
  readonly idToken: string | null;
  readonly error?: string;
}
const read = ({ body }: SandboxResponse): Answer => JSON.parse(String(body));

/** Opens the page and answers it; the parameters that come back. */
function consent(
  oauth: OAuth,
  query: Record<string, string>,
  { person = ann.userId, decision = "authorize", scopes }: { person?: string; decision?: string; scopes?: readonly string[] } = {},
): URLSearchParams {
  const asked = { client_id: "app", redirect_uri: redirectUri, response_type: "code", state: "s", ...query };
  const shown = oauth.authorize(request("GET", `/authorize?${new URLSearchParams(asked)}`));
  const location = shown.headers?.location;
  if (location !== undefined) return new URL(String(location)).searchParams;
  const hidden = (name: string) => new RegExp(`name="${name}" value="([^"]*)"`).exec(String(shown.body))?.[1] ?? "";
  const form = new URLSearchParams({ request: hidden("request"), csrf: hidden("csrf"), person, decision });
  for (const scope of scopes ?? []) form.append("scope", scope);
  const cookie = String(shown.headers?.["set-cookie"]).split(";")[0] ?? "";
  const decided = oauth.authorize(request("POST", "/authorize", form.toString(), { cookie }));
  return new URL(String(decided.headers?.location)).searchParams;
}

function exchange(oauth: OAuth, code: string | null, fields: Record<string, string> = {}): SandboxResponse {
  return oauth.token(
    post("/token", {
      grant_type: "authorization_code",
      code: code ?? "",
      redirect_uri: redirectUri,
      client_id: "app",
      client_secret: "secret",
      ...fields,
    }),
  );
}
const connect = (oauth: OAuth, query: Record<string, string> = { scope: "read write" }) =>
  read(exchange(oauth, consent(oauth, query).get("code")));
const refresh = (oauth: OAuth, token: string | null, fields: Record<string, string> = {}) =>
  oauth.token(
    post("/token", { grant_type: "refresh_token", refresh_token: token ?? "", client_id: "app", client_secret: "secret", ...fields }),
  );
const isLive = (oauth: OAuth, token: string) => oauth.book.look(token)?.state === "live";

describe("refresh tokens", () => {
  test("that do not rotate stay, and are not said again", () => {
    const { oauth } = start({ rotation: { kind: "none" } });
    const { refreshToken } = connect(oauth);
    for (let turn = 0; turn < 3; turn++) expect(read(refresh(oauth, refreshToken))).toMatchObject({ refreshToken: null });
  });

  test("with a grace answer the same successor until it is over, and reuse may end the grant", () => {
    const { oauth, passSeconds } = start({ rotation: { kind: "grace", graceMs: 60_000, reuseEndsGrant: true } });
    const { refreshToken } = connect(oauth);
    const first = read(refresh(oauth, refreshToken));
    passSeconds(59);
    expect(read(refresh(oauth, refreshToken)).refreshToken).toBe(first.refreshToken);
    passSeconds(1);
    expect(refresh(oauth, refreshToken).status).toBe(400);
    expect(isLive(oauth, first.accessToken)).toBe(false);
  });

  test("of single use end shortly after it, and only the newest access tokens live", () => {
    const { oauth, passSeconds } = start({ rotation: { kind: "single_use", graceMs: 5_000, maxActiveAccess: 2 } });
    const first = connect(oauth);
    const second = read(refresh(oauth, first.refreshToken));
    expect([first, second].map(({ accessToken }) => isLive(oauth, accessToken))).toEqual([true, true]);
    const third = read(refresh(oauth, second.refreshToken));
    expect([first, second, third].map(({ accessToken }) => isLive(oauth, accessToken))).toEqual([false, true, true]);
    expect(read(refresh(oauth, first.refreshToken)).refreshToken).not.toBe(second.refreshToken);
    passSeconds(5);
    expect(read(refresh(oauth, first.refreshToken)).error).toBe("invalid_grant");
  });

  test("of which a new one comes each time leave the old one alive", () => {
    const { oauth, passSeconds } = start({ rotation: { kind: "keeps_old" } });
    const first = connect(oauth);
    const second = read(refresh(oauth, first.refreshToken));
    passSeconds(86_400);
    expect(second.refreshToken).not.toBe(first.refreshToken);
    for (const token of [first.refreshToken, second.refreshToken]) expect(refresh(oauth, token).status).toBe(200);
  });

  test("end when they are not used for their time, and each use begins it again", () => {
    const { oauth, passSeconds } = start({ rotation: { kind: "none" }, refreshTokenSeconds: 100 });
    const { refreshToken } = connect(oauth);
    passSeconds(99);
    expect(refresh(oauth, refreshToken).status).toBe(200);
    passSeconds(99);
    expect(refresh(oauth, refreshToken).status).toBe(200);
    passSeconds(100);
    expect(refresh(oauth, refreshToken).status).toBe(400);
  });

  test("beyond the most that one person may have of an app end, the oldest first", () => {
    const { oauth } = start({ maxRefreshTokens: 2 });
    const tokens = [connect(oauth), connect(oauth), connect(oauth)].map(({ refreshToken }) => refreshToken);
    expect(tokens.map((token) => refresh(oauth, token).status)).toEqual([400, 200, 200]);
  });

  test("come only with offline access, and can ask for fewer scopes where that is allowed", () => {
    const offline = start({
      authorize: { isOffline: ({ query }, before) => query.get("access_type") === "offline" && before.length === 0 },
    }).oauth;
    expect(connect(offline).refreshToken).toBeNull();
    const { oauth } = start({
      authorize: { isOffline: ({ query }, before) => query.get("access_type") === "offline" && before.length === 0 },
      token: { refreshNarrows: true },
    });
    const first = connect(oauth, { scope: "read write", access_type: "offline" });
    expect(connect(oauth, { scope: "read write", access_type: "offline" }).refreshToken).toBeNull();
    const narrow = read(refresh(oauth, first.refreshToken, { scope: "read" }));
    expect(narrow.scopes).toEqual(["read"]);
    expect(oauth.book.look(narrow.accessToken)?.scopes).toEqual(["read"]);
    expect(read(refresh(oauth, first.refreshToken, { scope: "admin" })).error).toBe("invalid_scope");
  });
});

describe("consent", () => {
  test("with ticks gives what was left ticked, and never more than was asked", () => {
    const { oauth } = start({ authorize: { granular: true, alwaysScopes: ["openid"] } });
    const back = consent(oauth, { scope: "read write" }, { scopes: ["write", "admin"] });
    expect(read(exchange(oauth, back.get("code"))).scopes).toEqual(["openid", "write"]);
  });

  test("adds to the earlier ones where the request says so", () => {
    const { oauth } = start({ authorize: { keepsEarlierScopes: (query) => query.get("include") === "true" } });
    connect(oauth, { scope: "read" });
    expect(connect(oauth, { scope: "write" }).scopes).toEqual(["write"]);
    expect(connect(oauth, { scope: "admin", include: "true" }).scopes).toEqual(["admin", "read", "write"]);
  });

  test("of an administrator's scopes is an administrator's to give", () => {
    const { oauth } = start({ authorize: { needsAdmin: (scopes) => scopes.includes("admin") } });
    expect(consent(oauth, { scope: "admin" }, { person: ann.userId }).get("error")).toBe("access_denied");
    expect(consent(oauth, { scope: "admin" }, { person: gita.userId }).get("code")).toMatch(/^code_/);
  });

  test.each([
    ["no response_type", { scope: "read", response_type: "" }, {}, "unsupported_response_type"],
    [
      "a token that is asked for at once",
      { scope: "read", response_type: "token" },
      { authorize: { responseTypeOptional: true } },
      "unsupported_response_type",
    ],
    ["a scope that does not exist", { scope: "nonsense" }, {}, "invalid_scope"],
    ["no scope where one is required", {}, { authorize: { scopeRequired: true } }, "invalid_scope"],
    ["no state where it is required", { scope: "read", state: "" }, { authorize: { stateRequired: true } }, "invalid_request"],
    [
      "prompt=none without anybody signed in",
      { scope: "read", prompt: "none" },
      { authorize: { prompts: ["none", "consent"] } },
      "interaction_required",
    ],
    [
      "a prompt that the vendor does not know",
      { scope: "read", prompt: "sometimes" },
      { authorize: { prompts: ["none"] } },
      "invalid_request",
    ],
    ["no challenge of an app that must send one", { scope: "read" }, { client: { pkce: "required" } }, "invalid_request"],
    [
      "a challenge of an app that has not opted in",
      { scope: "read", code_challenge: challengeOf(testVerifier), code_challenge_method: "S256" },
      { client: { pkce: "off" } },
      "invalid_request",
    ],
    ["a plain challenge", { scope: "read", code_challenge: challengeOf(testVerifier) }, {}, "invalid_request"],
    ["a person who cancels", { scope: "read" }, { decision: "cancel" }, "access_denied"],
  ] as const)("says %s in the words of the RFC", (_, query, changes, error) => {
    const { decision, ...rest } = { decision: "authorize", ...changes };
    expect(consent(start(rest as Changes).oauth, query, { decision }).get("error")).toBe(error);
  });

  test("goes to a registered address only, by the vendor's rule", () => {
    const below = { authorize: { matchesRedirect: (registered: string, given: string) => given.startsWith(registered) } };
    expect(consent(start(below).oauth, { scope: "read", redirect_uri: `${redirectUri}/deep` }).get("code")).not.toBeNull();
    const { oauth } = start();
    const asked = new URLSearchParams({ client_id: "app", redirect_uri: `${redirectUri}/deep`, response_type: "code", scope: "read" });
    expect(oauth.authorize(request("GET", `/authorize?${asked}`))).toMatchObject({ status: 400 });
  });

  test("comes back as a form where that is asked", () => {
    const { oauth } = start({ authorize: { formPost: true } });
    const asked = new URLSearchParams({
      client_id: "app",
      redirect_uri: redirectUri,
      response_type: "code",
      scope: "nonsense",
      response_mode: "form_post",
      state: "s",
    });
    const answer = oauth.authorize(request("GET", `/authorize?${asked}`));
    expect(answer.status).toBe(200);
    expect(answer.body).toContain(`<form method="post" action="${redirectUri}">`);
    expect(answer.body).toContain('name="error" value="invalid_scope"');
  });
});

describe("the client", () => {
  test("names itself where the vendor takes it, and nowhere else", () => {
    const { oauth } = start({ token: { clientAuth: { basic: false, body: true, pkceReplacesSecret: false } } });
    const basic = { authorization: `Basic ${Buffer.from("app:secret").toString("base64")}` };
    const fields = {
      grant_type: "authorization_code",
      code: consent(oauth, { scope: "read" }).get("code") ?? "",
      redirect_uri: redirectUri,
    };
    expect(read(oauth.token(post("/token", fields, basic))).error).toBe("invalid_client");
    expect(oauth.token(post("/token", { ...fields, client_id: "app", client_secret: "secret" })).status).toBe(200);
  });

  test("needs its secret also with PKCE, unless PKCE stands in for it", () => {
    for (const pkceReplacesSecret of [true, false]) {
      const { oauth } = start({ token: { clientAuth: { basic: true, body: true, pkceReplacesSecret } } });
      const code =
        consent(oauth, { scope: "read", code_challenge: challengeOf(testVerifier), code_challenge_method: "S256" }).get("code") ?? "";
      const fields = { grant_type: "authorization_code", code, redirect_uri: redirectUri, client_id: "app", code_verifier: testVerifier };
      expect(oauth.token(post("/token", fields)).status).toBe(pkceReplacesSecret ? 200 : 401);
    }
  });

  test("may send JSON and leave the grant type out where the vendor takes that", () => {
    const { oauth } = start({ token: { jsonBodies: true, grantTypeOptional: true } });
    const code = consent(oauth, { scope: "read" }).get("code");
    const body = JSON.stringify({ code, redirect_uri: redirectUri, client_id: "app", client_secret: "secret" });
    expect(oauth.token(request("POST", "/token", body, { "content-type": "application/json" })).status).toBe(200);
    const { oauth: strict } = start();
    expect(strict.token(request("POST", "/token", body, { "content-type": "application/json" })).status).toBe(400);
  });

  test("hears refusals in the vendor's own words", () => {
    const { oauth } = start({ token: { refused: ({ kind }) => ({ status: 200, body: JSON.stringify({ ok: false, error: kind }) }) } });
    expect(read(refresh(oauth, "nonsense"))).toEqual({ ok: false, error: "unknown_refresh_token" });
  });

  test("gets a code once: the second time ends what the first one gave", () => {
    const { oauth } = start();
    const code = consent(oauth, { scope: "read" }).get("code");
    const { accessToken } = read(exchange(oauth, code));
    expect(exchange(oauth, code).status).toBe(400);
    expect(oauth.book.look(accessToken)?.state).toBe("revoked");
  });
});

describe("revocation", () => {
  const fields = (token: string | null) => ({ token: token ?? "", client_id: "app", client_secret: "secret" });

  test.each([
    ["token", [false, true, true]],
    ["grant", [false, false, true]],
    ["account", [false, false, false]],
  ] as const)("that reaches the %s ends no more", (reach, live) => {
    const { oauth } = start({ revocation: { reach, client: "required", takes: "any", refusesUnknown: false } });
    const [first, other] = [connect(oauth), connect(oauth)];
    const second = read(refresh(oauth, first.refreshToken));
    expect(oauth.revoke(post("/revoke", fields(first.accessToken))).status).toBe(200);
    expect([first, second, other].map(({ accessToken }) => isLive(oauth, accessToken))).toEqual(live);
  });

  test("takes what the vendor takes, from whom it takes it", () => {
    const { oauth } = start({ revocation: { reach: "grant", client: "required", takes: "refresh", refusesUnknown: true } });
    const { accessToken, refreshToken } = connect(oauth);
    expect(oauth.revoke(post("/revoke", fields(accessToken))).status).toBe(400);
    expect(oauth.revoke(post("/revoke", { token: refreshToken ?? "" })).status).toBe(401);
    expect(oauth.revoke(post("/revoke", { token: refreshToken ?? "", client_id: "app" })).status).toBe(401);
    expect(oauth.revoke(post("/revoke", fields(refreshToken))).status).toBe(200);
    expect(oauth.revoke(post("/revoke", fields(refreshToken))).status).toBe(400);
  });
});

test("an id_token is signed by a key of the JWKS, for the app, with its nonce", () => {
  const { oauth } = start({ idToken: { issuer: () => "https://issuer.example", claims: ({ email }) => ({ sub: "u1", email }) } });
  expect(connect(oauth, { scope: "read" }).idToken).toBeNull();
  const [header = "", payload = "", signature = ""] = connect(oauth, { scope: "openid", nonce: "n" }).idToken?.split(".") ?? [];
  const decode = (part: string) => JSON.parse(Buffer.from(part, "base64url").toString());
  expect(decode(payload)).toMatchObject({ iss: "https://issuer.example", aud: "app", sub: "u1", email: ann.email, nonce: "n" });
  const { keys } = JSON.parse(String(oauth.jwks().body));
  expect(decode(header)).toMatchObject({ alg: "RS256", kid: keys[0].kid });
  const key = createPublicKey({ key: keys[0], format: "jwk" });
  expect(verify("sha256", Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, "base64url"))).toBe(true);
});
