import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { startTestSandbox, type Tokens } from "../linear/testing";

let sandbox: Awaited<ReturnType<typeof startTestSandbox>>;
let token = "";
beforeAll(async () => {
  sandbox = await startTestSandbox();
});
beforeEach(async () => {
  await sandbox.control.reset();
  token = (await sandbox.control.connect({ clientId: "test-client", email: "ann@acme.example", scopes: ["read", "write"] })).access_token;
});
afterAll(() => sandbox.close());

const read = () => sandbox.graphql(token, "query Who { viewer { id } }");
const rename = 'mutation Rename { issueUpdate(id: "ENG-1", input: { title: "Renamed" }) { success } }';
const titleOf = async () => (await sandbox.graphql(token, '{ issue(id: "ENG-1") { title } }')).body.data;

test("a status fault strikes as often as asked, and only what it matches", async () => {
  await sandbox.control.addFault({ match: { operation: "Who" }, effect: { kind: "status", status: 503 }, times: 2 });
  expect(await titleOf()).toBeDefined();
  const raw = () =>
    fetch(`${sandbox.origin}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
      body: JSON.stringify({ query: "query Who { viewer { id } }" }),
    });
  expect([(await raw()).status, (await raw()).status, (await raw()).status]).toEqual([503, 503, 200]);
});

test("one person's faults, grants and tokens leave everybody else's alone", async () => {
  const ask = { clientId: "test-client", scopes: ["read"] };
  const other = (await sandbox.control.connect({ ...ask, email: "maja@borealis.example" })).access_token;
  await sandbox.control.addFault({ match: { email: "maja@borealis.example" }, effect: { kind: "reset" } });
  expect((await read()).status).toBe(200);
  await expect(sandbox.graphql(other, "{ viewer { id } }")).rejects.toThrow();
  expect(await sandbox.control.expireAccessTokens("maja@borealis.example")).toEqual({ expired: 1 });
  expect([(await read()).status, (await sandbox.graphql(other, "{ viewer { id } }")).status]).toEqual([200, 401]);
  expect(await sandbox.control.revokeGrants("maja@borealis.example")).toEqual({ revoked: 1 });
  expect((await read()).status).toBe(200);
});

test("a limit is said in Linear's way, with seconds, or with a date", async () => {
  await sandbox.control.addFault({ match: { operation: "viewer" }, effect: { kind: "rate_limited", seconds: 90 } });
  const vendor = await read();
  expect(vendor.status).toBe(400);
  expect(vendor.body.errors?.[0]?.extensions.code).toBe("RATELIMITED");
  expect(Number(vendor.headers.get("x-ratelimit-requests-reset")) - Date.now()).toBeGreaterThan(80_000);
  await sandbox.control.addFault({ effect: { kind: "rate_limited", form: "retry_after_seconds", seconds: 7 } });
  const seconds = await read();
  expect([seconds.status, seconds.headers.get("retry-after")]).toEqual([429, "7"]);
  await sandbox.control.addFault({ effect: { kind: "rate_limited", form: "retry_after_date", seconds: 7 } });
  expect(Date.parse((await read()).headers.get("retry-after") ?? "")).toBeGreaterThan(Date.now());
});

test("a reset does nothing; a lost and a cut answer do what was asked first", async () => {
  const before = await titleOf();
  await sandbox.control.addFault({ match: { operation: "Rename" }, effect: { kind: "reset" } });
  await expect(sandbox.graphql(token, rename)).rejects.toThrow();
  expect(await titleOf()).toEqual(before);
  for (const kind of ["lost_answer", "cut_answer"] as const) {
    await sandbox.control.reset();
    token = (await sandbox.connect()).access_token;
    await sandbox.control.addFault({ match: { operation: "issueUpdate" }, effect: { kind } });
    await expect(sandbox.graphql(token, rename)).rejects.toThrow();
    expect(await titleOf()).toEqual({ issue: { title: "Renamed" } });
  }
});

test("a refresh whose answer is lost can be sent again with the same token", async () => {
  const first = await sandbox.connect();
  await sandbox.control.addFault({ match: { path: "/oauth/token", operation: "refresh_token" }, effect: { kind: "lost_answer" } });
  await expect(sandbox.refresh(first.refresh_token)).rejects.toThrow();
  const second = (await (await sandbox.refresh(first.refresh_token)).json()) as Tokens;
  expect((await sandbox.graphql(second.access_token, "{ viewer { id } }")).status).toBe(200);
});

test("an answer that is withheld was worked for, and the one who asked is left waiting", async () => {
  const first = await sandbox.connect();
  await sandbox.control.addFault({ match: { operation: "refresh_token" }, effect: { kind: "withheld" } });
  const before = (await sandbox.control.state()).grants.refreshTokens;
  const leaving = new AbortController();
  const waiting = fetch(`${sandbox.origin}/oauth/token`, {
    method: "POST",
    body: new URLSearchParams({ grant_type: "refresh_token", refresh_token: first.refresh_token, client_id: "test-client" }),
    signal: leaving.signal,
  });
  waiting.catch(() => {});
  const last = async () => (await sandbox.control.journal()).entries.at(-1);
  await expect.poll(last).toMatchObject({ fault: "withheld", status: null });
  expect((await sandbox.control.state()).grants.refreshTokens).toBe(before + 1);
  leaving.abort(new Error("still waiting"));
  await expect(waiting).rejects.toThrow("still waiting");
});

test("the journal tells a refresh token that is sent twice from two that are sent once", async () => {
  const [one, other] = [await sandbox.connect(), await sandbox.connect()];
  for (const { refresh_token } of [one, other, one]) await sandbox.refresh(refresh_token);
  const sent = (await sandbox.control.journal()).entries.filter(({ operations }) => operations.includes("refresh_token"));
  expect(sent.map(({ credential }) => credential)).toEqual([sent[0]?.credential, sent[1]?.credential, sent[0]?.credential]);
  expect(sent[0]?.credential).not.toBe(sent[1]?.credential);
});

test("the token endpoint can be down, slow or answer nonsense", async () => {
  const { refresh_token } = await sandbox.connect();
  await sandbox.control.addFault({ match: { path: "/oauth/token" }, effect: { kind: "status", status: 500 } });
  expect((await sandbox.refresh(refresh_token)).status).toBe(500);
  await sandbox.control.addFault({ match: { path: "/oauth/token" }, effect: { kind: "nonsense" } });
  expect(await (await sandbox.refresh(refresh_token)).text()).toContain("<!doctype html>");
  await sandbox.control.addFault({ match: { path: "/oauth/token" }, effect: { kind: "slow", delayMs: 60_000 } });
  const impatient = fetch(`${sandbox.origin}/oauth/token`, {
    method: "POST",
    body: new URLSearchParams({}),
    signal: AbortSignal.timeout(50),
  });
  await expect(impatient).rejects.toThrow();
});

test("the journal counts by endpoint and operation, and holds no secret", async () => {
  const tokens = await sandbox.connect();
  await sandbox.graphql(tokens.access_token, "query Titles { issues(first: 2) { nodes { title } } }");
  const journal = await sandbox.control.journal();
  expect(journal.endpoints).toMatchObject({
    "GET /oauth/authorize": 1,
    "POST /oauth/authorize": 1,
    "POST /oauth/token": 1,
    "POST /graphql": 1,
  });
  expect(journal.operations).toMatchObject({ authorization_code: 1, Titles: 1, issues: 1 });
  expect(journal.entries.at(-1)).toEqual({
    method: "POST",
    path: "/graphql",
    operations: ["Titles", "issues"],
    status: 200,
    fault: null,
    credential: null,
  });
  const everything = JSON.stringify([journal, await sandbox.control.state()]);
  for (const secret of [tokens.access_token, tokens.refresh_token, "test-secret"]) expect(everything).not.toContain(secret);
});

test("setting one thing leaves the others, and reset brings everything back", async () => {
  await sandbox.control.set({ requestsPerHour: 7 });
  await sandbox.control.set({ coopOnConsent: true });
  expect((await sandbox.control.state()).settings).toMatchObject({ requestsPerHour: 7, coopOnConsent: true });
  await sandbox.graphql(token, rename);
  await sandbox.control.addFault({ effect: { kind: "reset" } });
  await sandbox.control.reset();
  const state = await sandbox.control.state();
  expect(state.settings).toMatchObject({ requestsPerHour: 5_000, coopOnConsent: false });
  expect(state.faults).toEqual([]);
  expect((await read()).status).toBe(401);
  token = (await sandbox.connect()).access_token;
  expect(await titleOf()).not.toEqual({ issue: { title: "Renamed" } });
});

test("a command that is not one is refused with what is wrong, and browsers are not served", async () => {
  const post = (body: string, headers: Record<string, string> = {}) => fetch(sandbox.controlOrigin, { method: "POST", body, headers });
  expect((await post("{")).status).toBe(400);
  const unknown = await post(JSON.stringify({ command: "set", settings: { nonsense: true } }));
  expect(unknown.status).toBe(400);
  expect(await unknown.text()).toContain("nonsense");
  expect((await post(JSON.stringify({ command: "reset" }), { origin: "https://evil.example" })).status).toBe(403);
});
