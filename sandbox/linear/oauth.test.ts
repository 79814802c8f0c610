import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { challengeOf, testVerifier as verifier } from "../testing";
import { startTestSandbox, type Tokens, testClient } from "./testing";

let sandbox: Awaited<ReturnType<typeof startTestSandbox>>;
beforeAll(async () => {
  sandbox = await startTestSandbox({
    otherClients: [{ ...testClient, clientId: "other-client", name: "Other app", pkce: "optional" }],
  });
});
beforeEach(() => sandbox.control.reset());
afterAll(() => sandbox.close());

const refusal = async (response: Response) => ({
  status: response.status,
  ...((await response.json()) as { error: string; error_description: string }),
});
const viewer = "{ viewer { email } organization { urlKey } }";

test("a person who consents gives the app a token that reads their own workspace", async () => {
  const tokens = await sandbox.connect("read,comments:create");
  expect(tokens).toMatchObject({ token_type: "Bearer", expires_in: 86_399, scope: "read comments:create" });
  const answer = await sandbox.graphql(tokens.access_token, viewer);
  expect(answer.body).toEqual({ data: { viewer: { email: "ann@acme.example" }, organization: { urlKey: "acme" } } });
});

test("one person's account in the other workspace is another identity", async () => {
  const tokens = await sandbox.connect("read", "ann.smith@borealis.example");
  const answer = await sandbox.graphql(tokens.access_token, viewer);
  expect(answer.body.data).toEqual({ viewer: { email: "ann.smith@borealis.example" }, organization: { urlKey: "borealis" } });
});

test("state comes back with the code, and with a refusal", async () => {
  expect((await sandbox.consent({ state: "a b&c=d" })).get("state")).toBe("a b&c=d");
  const cancelled = await sandbox.consent({ state: "xyz" }, { decision: "cancel" });
  expect(Object.fromEntries(cancelled)).toMatchObject({ error: "access_denied", state: "xyz" });
  expect(cancelled.has("code")).toBe(false);
});

test("an unknown client or address is told to the person and redirects nobody", async () => {
  const wrong: readonly Record<string, string | null>[] = [
    { client_id: "nobody" },
    { redirect_uri: "http://localhost:3000/oauth/callback/linear/" },
    { redirect_uri: "http://localhost:3001/oauth/callback/linear" },
    { redirect_uri: "https://evil.example/" },
    { redirect_uri: null },
  ];
  for (const changes of wrong) {
    const response = await fetch(sandbox.authorizeUrl(changes), { redirect: "manual" });
    expect(response.status, JSON.stringify(changes)).toBe(400);
    expect(response.headers.get("location")).toBeNull();
  }
});

test("a malformed request is sent back with the error that RFC 6749 names", async () => {
  const cases: readonly [Record<string, string | null>, string][] = [
    [{ response_type: "token" }, "unsupported_response_type"],
    [{ scope: "read write" }, "invalid_scope"],
    [{ scope: "read,everything" }, "invalid_scope"],
    [{ code_challenge: null, code_challenge_method: null }, "invalid_request"],
    [{ code_challenge_method: "plain" }, "invalid_request"],
    [{ code_challenge_method: null }, "invalid_request"],
    [{ code_challenge: "short" }, "invalid_request"],
    [{ prompt: "login" }, "invalid_request"],
    [{ actor: "robot" }, "invalid_request"],
    [{ actor: "app", scope: "read,admin" }, "invalid_scope"],
  ];
  for (const [changes, error] of cases) {
    const answer = await sandbox.consent(changes);
    expect(Object.fromEntries(answer), JSON.stringify(changes)).toMatchObject({ error, state: "st" });
  }
});

test("a code works once, and its second use ends what the first gave", async () => {
  const code = (await sandbox.consent()).get("code") ?? "";
  const tokens = (await (await sandbox.exchange(code)).json()) as Tokens;
  expect((await sandbox.graphql(tokens.access_token, viewer)).status).toBe(200);
  expect(await refusal(await sandbox.exchange(code))).toMatchObject({ status: 400, error: "invalid_grant" });
  expect((await sandbox.graphql(tokens.access_token, viewer)).status).toBe(401);
});

test("a code is bound to its verifier, its address, its client and ten minutes", async () => {
  const code = async () => (await sandbox.consent()).get("code") ?? "";
  const wrong = await refusal(await sandbox.exchange(await code(), { code_verifier: `${verifier.slice(1)}x` }));
  expect(wrong).toMatchObject({ status: 400, error: "invalid_grant", error_description: "Invalid grant: code verifier is invalid" });
  expect(await refusal(await sandbox.exchange(await code(), { code_verifier: challengeOf(verifier) }))).toMatchObject({
    error: "invalid_grant",
  });
  expect(await refusal(await sandbox.exchange(await code(), { redirect_uri: "http://localhost:3000/" }))).toMatchObject({
    error: "invalid_grant",
  });
  expect(await refusal(await sandbox.exchange(await code(), { client_id: "other-client" }))).toMatchObject({ error: "invalid_grant" });
  expect(await refusal(await sandbox.exchange("made-up"))).toMatchObject({ error: "invalid_grant" });
  const old = await code();
  await sandbox.control.advanceClock(600_000);
  expect(await refusal(await sandbox.exchange(old))).toMatchObject({ error: "invalid_grant" });
});

test("a verifier for a request that had no challenge is refused", async () => {
  const code = (await sandbox.consent({ client_id: "other-client", code_challenge: null, code_challenge_method: null })).get("code") ?? "";
  expect(await refusal(await sandbox.exchange(code, { client_id: "other-client" }))).toMatchObject({ error: "invalid_grant" });
});

test("the client authenticates by body or by Basic, not both, and a wrong secret is invalid_client", async () => {
  const code = (await sandbox.consent()).get("code") ?? "";
  const fields = { grant_type: "authorization_code", code, redirect_uri: testClient.redirectUris[0] ?? "", code_verifier: verifier };
  const basic = (secret: string) => ({ authorization: `Basic ${Buffer.from(`test-client:${secret}`).toString("base64")}` });
  const wrong = await sandbox.form("/oauth/token", fields, basic("guess"));
  expect(wrong.headers.get("www-authenticate")).toContain("Basic");
  expect(await refusal(wrong)).toMatchObject({ status: 401, error: "invalid_client" });
  const both = await sandbox.form(
    "/oauth/token",
    { ...fields, client_id: "test-client", client_secret: "test-secret" },
    basic("test-secret"),
  );
  expect(await refusal(both)).toMatchObject({ status: 400, error: "invalid_request" });
  expect((await sandbox.form("/oauth/token", fields, basic("test-secret"))).status).toBe(200);
});

test("the token endpoint takes forms only, and refuses unknown grant types and repeated parameters", async () => {
  const sent = await fetch(`${sandbox.origin}/oauth/token`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{}",
  });
  expect(await refusal(sent)).toMatchObject({ status: 400, error: "invalid_request" });
  const app = { client_id: "test-client", client_secret: "test-secret" };
  expect(await refusal(await sandbox.form("/oauth/token", { ...app, grant_type: "password" }))).toMatchObject({
    error: "unsupported_grant_type",
  });
  const repeated = await fetch(`${sandbox.origin}/oauth/token`, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: "client_id=test-client&client_secret=test-secret&grant_type=refresh_token&grant_type=refresh_token",
  });
  expect(await refusal(repeated)).toMatchObject({ error: "invalid_request" });
  expect((await fetch(`${sandbox.origin}/oauth/token`)).status).toBe(405);
});

test("a refresh rotates; the old token gives the same successor for 30 minutes and nothing after", async () => {
  const first = await sandbox.connect();
  const second = (await (await sandbox.refresh(first.refresh_token)).json()) as Tokens;
  expect(second.refresh_token).not.toBe(first.refresh_token);
  expect(second.scope).toBe("read write");
  await sandbox.control.advanceClock(29 * 60_000);
  const replayed = (await (await sandbox.refresh(first.refresh_token)).json()) as Tokens;
  expect(replayed).toMatchObject({ access_token: second.access_token, refresh_token: second.refresh_token });
  expect(replayed.expires_in).toBeLessThan(86_399 - 29 * 60 + 1);
  await sandbox.control.advanceClock(60_001);
  expect(await refusal(await sandbox.refresh(first.refresh_token))).toMatchObject({ status: 400, error: "invalid_grant" });
  expect((await sandbox.refresh(second.refresh_token)).status).toBe(200);
});

test("with reuse detection on, a late replay ends the whole grant", async () => {
  await sandbox.control.set({ reuseDetection: true, refreshGraceSeconds: 0 });
  const first = await sandbox.connect();
  const second = (await (await sandbox.refresh(first.refresh_token)).json()) as Tokens;
  expect(await refusal(await sandbox.refresh(first.refresh_token))).toMatchObject({ error: "invalid_grant" });
  expect((await sandbox.refresh(second.refresh_token)).status).toBe(400);
  expect((await sandbox.graphql(second.access_token, viewer)).status).toBe(401);
});

test("an access token lasts its lifetime, and can be ended early without the refresh token", async () => {
  await sandbox.control.set({ accessTokenSeconds: 60 });
  const tokens = await sandbox.connect();
  expect(tokens.expires_in).toBe(59);
  await sandbox.control.advanceClock(60_000);
  expect((await sandbox.graphql(tokens.access_token, viewer)).status).toBe(401);
  const next = (await (await sandbox.refresh(tokens.refresh_token)).json()) as Tokens;
  expect((await sandbox.graphql(next.access_token, viewer)).status).toBe(200);
  await sandbox.control.expireAccessTokens();
  expect((await sandbox.graphql(next.access_token, viewer)).status).toBe(401);
  expect((await sandbox.refresh(next.refresh_token)).status).toBe(200);
});

test("revoking ends the grant: 200, then 400, and 401 for a client that is not one", async () => {
  const tokens = await sandbox.connect();
  const app = { client_id: "test-client", client_secret: "test-secret" };
  expect((await sandbox.form("/oauth/revoke", { token: tokens.refresh_token, ...app, client_secret: "guess" })).status).toBe(401);
  expect((await sandbox.form("/oauth/revoke", { token: tokens.refresh_token, ...app, client_id: "other-client" })).status).toBe(400);
  expect((await sandbox.form("/oauth/revoke", { token: tokens.refresh_token, ...app })).status).toBe(200);
  expect((await sandbox.form("/oauth/revoke", { token: tokens.refresh_token, ...app })).status).toBe(400);
  expect((await sandbox.graphql(tokens.access_token, viewer)).status).toBe(401);
  expect(await refusal(await sandbox.refresh(tokens.refresh_token))).toMatchObject({ error: "invalid_grant" });
});

test("a grant that the workspace removes is gone for refresh too", async () => {
  const tokens = await sandbox.connect();
  expect(await sandbox.control.revokeGrants()).toEqual({ revoked: 1 });
  expect(await refusal(await sandbox.refresh(tokens.refresh_token))).toMatchObject({ error: "invalid_grant" });
});

test("consent cannot be forged: no cookie, another browser's page, another origin, a second answer", async () => {
  const shown = await fetch(sandbox.authorizeUrl());
  const markup = await shown.text();
  const field = (name: string) => new RegExp(`name="${name}" value="([^"]*)"`).exec(markup)?.[1] ?? "";
  const person = /<option value="([^"]*)"/.exec(markup)?.[1] ?? "";
  const fields = { request: field("request"), csrf: field("csrf"), person, decision: "authorize" };
  const cookie = shown.headers.getSetCookie()[0]?.split(";")[0] ?? "";
  const post = (headers: Record<string, string>, changes: Record<string, string> = {}) =>
    fetch(`${sandbox.origin}/oauth/authorize`, {
      method: "POST",
      redirect: "manual",
      headers,
      body: new URLSearchParams({ ...fields, ...changes }),
    });
  expect((await post({})).status).toBe(403);
  expect((await post({ cookie: "sandbox_linear_browser=other" })).status).toBe(403);
  expect((await post({ cookie }, { csrf: "" })).status).toBe(403);
  expect((await post({ cookie, origin: "https://evil.example" })).status).toBe(403);
  expect((await post({ cookie, origin: sandbox.origin })).status).toBe(303);
  expect((await post({ cookie, origin: sandbox.origin })).status).toBe(400);
});

test("the consent page says who asks for what, may lead only to the app, and runs no script", async () => {
  const response = await fetch(sandbox.authorizeUrl({ scope: "read,issues:create" }));
  const markup = await response.text();
  for (const words of ["Test app", "issues:create", "Ann Smith", "Borealis Games", "http://localhost:3000", "Cancel"])
    expect(markup).toContain(words);
  expect(markup).not.toMatch(/<script|style="|\son\w+=/);
  const csp = response.headers.get("content-security-policy") ?? "";
  expect(csp).toContain("default-src 'none'");
  expect(csp).toContain("form-action 'self' http://localhost:3000;");
  expect(response.headers.get("cross-origin-opener-policy")).toBeNull();
});

test("consent pages send COOP, or deny at once, when told to", async () => {
  await sandbox.control.set({ coopOnConsent: true });
  expect((await fetch(sandbox.authorizeUrl())).headers.get("cross-origin-opener-policy")).toBe("same-origin");
  await sandbox.control.set({ denyConsent: true });
  expect((await sandbox.consent()).get("error")).toBe("access_denied");
  const state = await sandbox.control.state();
  expect(state.settings).toMatchObject({ coopOnConsent: true, denyConsent: true, accessTokenSeconds: 86_400 });
});

test("a person who allowed the same before is asked again only with prompt=consent", async () => {
  await sandbox.connect("read,write");
  const { grants } = await sandbox.control.state();
  expect(grants.liveGrants).toBe(1);
  const shown = await fetch(sandbox.authorizeUrl());
  const ann = /<option value="([^"]*)"[^>]*>Ann Smith \(ann@acme/.exec(await shown.text())?.[1] ?? "";
  const headers = { cookie: `sandbox_linear_person=${ann}` };
  const open = (changes: Record<string, string>) => fetch(sandbox.authorizeUrl(changes), { redirect: "manual", headers });
  expect((await open({})).status).toBe(303);
  expect((await open({ prompt: "consent" })).status).toBe(200);
  expect((await open({ scope: "read,write,admin" })).status).toBe(200);
});

test("an app that acts as itself is installed by an admin and is its own account", async () => {
  const refused = await sandbox.consent({ actor: "app" }, { person: "ben@acme.example" });
  expect(refused.has("code")).toBe(false);
  const code = (await sandbox.consent({ actor: "app" })).get("code") ?? "";
  const tokens = (await (await sandbox.exchange(code)).json()) as Tokens;
  const answer = await sandbox.graphql(tokens.access_token, "{ viewer { name app admin } }");
  expect(answer.body.data).toEqual({ viewer: { name: "Test app", app: true, admin: false } });
});

test("the metadata names this origin's endpoints", async () => {
  const answer = await fetch(`${sandbox.origin}/.well-known/oauth-authorization-server`);
  expect(await answer.json()).toMatchObject({
    issuer: sandbox.origin,
    authorization_endpoint: `${sandbox.origin}/oauth/authorize`,
    token_endpoint: `${sandbox.origin}/oauth/token`,
    code_challenge_methods_supported: ["S256"],
  });
});
