import { createHash, generateKeyPairSync, randomUUID, sign } from "node:crypto";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Database } from "@/db/client";
import { createTestDb, seedUser } from "@/db/testing";
import { createLog } from "@/server/log";
import { publicLimits } from "./attempts";
import { type CookieToSet, createAuth, type HubAuth } from "./auth";

/**
 * A small OpenID provider over real HTTP: discovery, keys, a token endpoint that checks PKCE, code and client, and signed id tokens. The
 * consent page is skipped: `authorize` answers what the browser would carry back.
 */
interface Provider {
  readonly issuer: string;
  claims: Record<string, unknown>;
  authorize(url: URL): URLSearchParams;
  close(): Promise<void>;
}

const canary = "cnry_oidc_3c9e";
const clientSecret = "oidc-client-secret";
const base64url = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

async function bodyOf(request: IncomingMessage): Promise<URLSearchParams> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return new URLSearchParams(text);
}

async function startProvider(): Promise<Provider> {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const codes = new Map<string, { challenge: string; nonce: string; redirectUri: string }>();
  const server: Server = createServer(async (request, response) => {
    const answer = (body: object, status = 200) =>
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    if (request.url === "/.well-known/openid-configuration") {
      const { issuer } = provider;
      return answer({
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        userinfo_endpoint: `${issuer}/userinfo`,
        jwks_uri: `${issuer}/keys`,
        id_token_signing_alg_values_supported: ["RS256"],
        response_types_supported: ["code"],
        subject_types_supported: ["public"],
        code_challenge_methods_supported: ["S256"],
      });
    }
    if (request.url === "/keys") return answer({ keys: [{ ...publicKey.export({ format: "jwk" }), kid: "1", alg: "RS256", use: "sig" }] });
    const body = await bodyOf(request);
    const code = codes.get(body.get("code") ?? "");
    codes.delete(body.get("code") ?? "");
    const challenge = createHash("sha256")
      .update(body.get("code_verifier") ?? "")
      .digest("base64url");
    const client = Buffer.from((request.headers.authorization ?? "").replace("Basic ", ""), "base64").toString();
    if (
      code === undefined ||
      code.challenge !== challenge ||
      code.redirectUri !== body.get("redirect_uri") ||
      client !== `hub:${clientSecret}`
    ) {
      return answer({ error: "invalid_grant" }, 400);
    }
    const seconds = Math.floor(Date.now() / 1000);
    const payload = { iss: provider.issuer, aud: "hub", iat: seconds, exp: seconds + 300, nonce: code.nonce, ...provider.claims };
    const unsigned = `${base64url({ alg: "RS256", kid: "1", typ: "JWT" })}.${base64url(payload)}`;
    const token = `${unsigned}.${sign("sha256", Buffer.from(unsigned), privateKey).toString("base64url")}`;
    return answer({
      access_token: `${canary}-access`,
      refresh_token: `${canary}-refresh`,
      id_token: token,
      token_type: "Bearer",
      expires_in: 300,
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the provider did not start");
  const provider: Provider = {
    issuer: `http://localhost:${address.port}`,
    claims: {},
    authorize(url) {
      const asked = url.searchParams;
      if (asked.get("code_challenge_method") !== "S256" || asked.get("client_id") !== "hub") throw new Error("a malformed request");
      const code = randomUUID();
      codes.set(code, {
        challenge: asked.get("code_challenge") ?? "",
        nonce: asked.get("nonce") ?? "",
        redirectUri: asked.get("redirect_uri") ?? "",
      });
      return new URLSearchParams({ code, state: asked.get("state") ?? "" });
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
  return provider;
}

const origin = "http://localhost:3000";
const lines: string[] = [];
const log = createLog({ level: "debug", destination: { write: (line: string) => void lines.push(line) } });
let db: Database;
let provider: Provider;
let auth: HubAuth;
beforeAll(async () => {
  db = await createTestDb();
  provider = await startProvider();
  const oidc = { issuer: provider.issuer, clientId: "hub", clientSecret, name: "Acme ID" };
  const env = { origin, authSecret: "test-secret-test-secret-test-secret", oidc };
  auth = createAuth({ env, db, log, limits: publicLimits, sendMail: null });
});
afterAll(async () => {
  await provider.close();
  await db.close();
});
afterEach(() => {
  provider.claims = {};
});

const cookieHeader = (cookies: readonly CookieToSet[]) => cookies.map(({ name, value }) => `${name}=${value}`).join("; ");
const finish = (query: URLSearchParams, cookie: string) =>
  auth.finishOidc(new Request(`http://proxy.internal/api/auth/callback/oidc?${query}`, { headers: { cookie } }));
const sessionOf = (answer: Response) => /byte-session=([^;]+)/.exec(answer.headers.getSetCookie().join("\n"))?.[1];

async function signIn(next = "/acme") {
  const started = await auth.startOidc({ next });
  const query = provider.authorize(new URL(started.url));
  return { started, query, answer: await finish(query, cookieHeader(started.cookies)) };
}

test("a verified person is signed in and led on, and no token of the provider is kept or logged", async () => {
  provider.claims = { sub: "ada", email: "Ada@Acme.test", email_verified: true, name: "Ada" };
  const { answer, started } = await signIn("/acme/files");
  expect(started.cookies.every(({ options }) => options.httpOnly === true && options.sameSite === "lax")).toBe(true);
  expect(answer.headers.get("location")).toBe(`${origin}/acme/files`);
  expect(await auth.findPerson(sessionOf(answer))).toMatchObject({ email: "ada@acme.test", name: "Ada" });
  const tables = await db.executeSql<{ all: string }>(
    "select (select string_agg(to_jsonb(a)::text, '') from account a) || (select string_agg(to_jsonb(u)::text, '') from \"user\" u) as all",
  );
  expect(tables.rows[0]?.all).toContain("oidc");
  expect(tables.rows[0]?.all).not.toContain(canary);
  expect(lines.join("")).not.toContain(canary);
});

test("someone who signed in by mail before is the same person, because the address is verified", async () => {
  const userId = await seedUser(db, "bob@acme.test");
  provider.claims = { sub: "bob", email: "bob@acme.test", email_verified: true };
  expect((await auth.findPerson(sessionOf((await signIn()).answer)))?.id).toBe(userId);
});

test("an identity signs in its own person, whoever is signed in already, and is never added to them", async () => {
  provider.claims = { sub: "victim", email: "victim@acme.test", email_verified: true };
  const session = sessionOf((await signIn()).answer);
  const victim = await auth.findPerson(session);
  provider.claims = { sub: "mallory", email: "mallory@acme.test", email_verified: true };
  const started = await auth.startOidc({ next: "/" });
  const query = provider.authorize(new URL(started.url));
  const answer = await finish(query, `byte-session=${session}; ${cookieHeader(started.cookies)}`);
  expect(await auth.findPerson(sessionOf(answer))).toMatchObject({ email: "mallory@acme.test" });
  const accounts = await db.executeSql<{ n: number }>("select count(*)::int as n from account where user_id = $1", [victim?.id ?? ""]);
  expect(accounts.rows[0]?.n).toBe(1);
});

test("the same subject at another issuer is another person", async () => {
  const second = await startProvider();
  try {
    const oidc = { issuer: second.issuer, clientId: "hub", clientSecret, name: "Other ID" };
    const env = { origin, authSecret: "test-secret-test-secret-test-secret", oidc };
    const elsewhere = createAuth({ env, db, log, limits: publicLimits, sendMail: null });
    provider.claims = { sub: "1", email: "first@acme.test", email_verified: true };
    second.claims = { sub: "1", email: "second@acme.test", email_verified: true };
    await signIn();
    const started = await elsewhere.startOidc({ next: "/" });
    const query = second.authorize(new URL(started.url));
    const answer = await elsewhere.finishOidc(
      new Request(`${origin}/api/auth/callback/oidc?${query}`, { headers: { cookie: cookieHeader(started.cookies) } }),
    );
    expect(await elsewhere.findPerson(sessionOf(answer))).toMatchObject({ email: "second@acme.test" });
  } finally {
    await second.close();
  }
});

test.each([
  ["not verified", { sub: "eve", email: "bob@acme.test", email_verified: false }],
  ["of unknown verification", { sub: "eve", email: "bob@acme.test" }],
  ["missing", { sub: "eve" }],
  ["malformed", { sub: "eve", email: "eve@acme.test\nBcc: x@y.zz", email_verified: true }],
])("an address that is %s lets nobody in", async (_what, claims) => {
  provider.claims = claims;
  const { answer } = await signIn();
  expect(answer.headers.get("location")).toContain(`${origin}/sign-in/error?error=`);
  expect(sessionOf(answer)).toBeUndefined();
});

test("a replayed answer, another browser's, a changed state and a denial are refused", async () => {
  provider.claims = { sub: "ada", email: "ada@acme.test", email_verified: true };
  const { started, query } = await signIn();
  const refused = async (params: URLSearchParams, cookie: string) => {
    const answer = await finish(params, cookie);
    expect(answer.headers.get("location")).toContain(`${origin}/sign-in`);
    expect(sessionOf(answer)).toBeUndefined();
  };
  const cookies = cookieHeader(started.cookies);
  await refused(query, cookies);
  const second = await auth.startOidc({ next: "/" });
  const fresh = provider.authorize(new URL(second.url));
  await refused(fresh, "");
  await refused(fresh, cookies);
  await refused(new URLSearchParams({ ...Object.fromEntries(fresh), state: "changed" }), cookieHeader(second.cookies));
  await refused(new URLSearchParams({ error: "access_denied", state: fresh.get("state") ?? "" }), cookieHeader(second.cookies));
});

test("the way back never leads away", async () => {
  provider.claims = { sub: "ada", email: "ada@acme.test", email_verified: true };
  for (const next of ["https://evil.example", "//evil.example", "/\\evil.example"]) {
    expect((await signIn(next)).answer.headers.get("location")).toBe(`${origin}/`);
  }
});
