import { Auth } from "@auth/core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { randomId } from "@/server/ids";
import type { CallContext, ToolRequest } from "@/server/transport/send";
import { type ConsentOf, createSealedAuth, type FlowCookie, hashState, printCookie } from "./auth";
import { bareSends, type FakeTool, startFakeTool } from "./testing";

const hub = "http://localhost:4220";
const context: CallContext = { workspaceId: randomId(), connectionId: null, actor: { userId: null, job: null }, path: null };
const issuers = { ownersOf: () => [] };
const sealed = createSealedAuth({ origin: hub, authSecret: "a-secret-of-at-least-32-characters", issuers });

let tool: FakeTool;
let sent: ToolRequest[] = [];
beforeAll(async () => {
  tool = await startFakeTool();
});
afterAll(() => tool.close());
beforeEach(() => {
  sent = [];
});

const consentOf = (id = "fake"): ConsentOf => ({
  integration: tool.integration(id),
  settings: tool.settings(hub, id),
  scopes: ["read", "write"],
  flowId: randomId(),
});
const jar = (...cookies: readonly FlowCookie[][]) =>
  cookies
    .flat()
    .map((cookie) => `${cookie.name}=${cookie.value}`)
    .join("; ");
const query = (url: string) => new URL(url).searchParams;
const finish = (consent: ConsentOf, answer: URLSearchParams, cookies: string | null) =>
  sealed.finish(consent, answer, cookies, bareSends(consent.integration, sent), context);

describe("the sealed Auth.js instance", () => {
  it("asks with PKCE S256, state, the exact redirect URI and the scopes", async () => {
    const { url, stateHash } = await sealed.begin(consentOf());
    const asked = query(url);
    expect(asked.get("code_challenge_method")).toBe("S256");
    expect(asked.get("code_challenge")).toMatch(/^[\w-]{43}$/);
    expect(asked.get("redirect_uri")).toBe(`${hub}/oauth/callback/fake`);
    expect(asked.get("scope")).toBe("read write");
    expect(stateHash).toBe(hashState(asked.get("state") ?? ""));
  });

  it("gives the tokens and the identity that the tool names, all of it through transport", async () => {
    const consent = consentOf();
    const begun = await sealed.begin(consent);
    const result = await finish(consent, query(await tool.consent(begun.url)), jar([...begun.cookies]));
    expect(result).toMatchObject({
      ok: true,
      tokens: { accessToken: tool.given.at(-2), refreshToken: tool.given.at(-1), expiresInSeconds: 3600, scopes: ["read", "write"] },
      identity: { accountId: "acc-1", orgId: "org-1", accountName: "Ann Smith" },
    });
    expect(sent.map((request) => request.operation)).toEqual(["POST /token", "me"]);
    expect(sent.every((request) => request.authorization === "none")).toBe(true);
  });

  it("works after another instance with an e-mail provider ran in this process", async () => {
    await Auth(new Request(`${hub}/auth/providers`), {
      trustHost: true,
      secret: "x".repeat(32),
      logger: { error: () => undefined, warn: () => undefined, debug: () => undefined },
      providers: [
        { id: "email", type: "email", name: "Email", from: "a@b.c", maxAge: 60, sendVerificationRequest: () => undefined, options: {} },
      ],
    });
    const consent = consentOf();
    const begun = await sealed.begin(consent);
    expect(await finish(consent, query(await tool.consent(begun.url)), jar([...begun.cookies]))).toMatchObject({ ok: true });
  });

  it("keeps its cookies http-only, on the callback path, apart for each flow, and Secure on https", async () => {
    const first = await sealed.begin(consentOf());
    const second = await sealed.begin(consentOf());
    expect(first.cookies).toHaveLength(2);
    expect(new Set([...first.cookies, ...second.cookies].map((cookie) => cookie.name)).size).toBe(4);
    for (const cookie of first.cookies)
      expect(printCookie(cookie)).toMatch(/; Path=\/oauth\/callback\/fake; Max-Age=900; HttpOnly; SameSite=Lax$/);
    const https = createSealedAuth({ origin: "https://hub.test", authSecret: "a-secret-of-at-least-32-characters", issuers });
    for (const cookie of (await https.begin(consentOf())).cookies) {
      expect(cookie.name).toMatch(/^__Secure-hub\.fake\./);
      expect(printCookie(cookie)).toMatch(/; Secure$/);
    }
  });

  it("lets two flows of one tool run in one browser, finished in the other order", async () => {
    const [one, two] = [consentOf(), consentOf()];
    const [first, second] = [await sealed.begin(one), await sealed.begin(two)];
    const cookies = jar([...first.cookies], [...second.cookies]);
    expect(await finish(two, query(await tool.consent(second.url)), cookies)).toMatchObject({ ok: true });
    expect(await finish(one, query(await tool.consent(first.url)), cookies)).toMatchObject({ ok: true });
  });

  it("says that the person denied", async () => {
    const consent = consentOf();
    const begun = await sealed.begin(consent);
    const back = query(await tool.consent(begun.url, { deny: true }));
    expect(await finish(consent, back, jar([...begun.cookies]))).toEqual({ ok: false, failure: { kind: "denied" } });
  });

  it("rejects a denial whose state is not this flow's", async () => {
    const consent = consentOf();
    const begun = await sealed.begin(consent);
    const back = new URLSearchParams({ error: "access_denied", state: "someone-else" });
    expect(await finish(consent, back, jar([...begun.cookies]))).toEqual({ ok: false, failure: { kind: "rejected" } });
  });

  it("prints a vendor's refusal by its code only", async () => {
    const consent = consentOf();
    const begun = await sealed.begin(consent);
    const state = query(begun.url).get("state") ?? "";
    const refused = await finish(consent, new URLSearchParams({ error: "invalid_scope", state }), jar([...begun.cookies]));
    expect(refused).toEqual({ ok: false, failure: { kind: "refused", error: "invalid_scope" } });
    const odd = await finish(consent, new URLSearchParams({ error: "<script>", state }), jar([...begun.cookies]));
    expect(odd).toEqual({ ok: false, failure: { kind: "refused", error: "an unnamed error" } });
  });

  it.each([
    ["no cookies", () => null],
    ["the state cookie missing", (cookies: readonly FlowCookie[]) => jar(cookies.filter((cookie) => !cookie.name.endsWith(".state")))],
    ["the PKCE cookie missing", (cookies: readonly FlowCookie[]) => jar(cookies.filter((cookie) => !cookie.name.endsWith(".pkce")))],
    [
      "cookies changed",
      (cookies: readonly FlowCookie[]) => jar(cookies.map((cookie) => ({ ...cookie, value: `${cookie.value.slice(0, -4)}AAAA` }))),
    ],
  ])("sends the code nowhere with %s", async (_what, change) => {
    const consent = consentOf();
    const begun = await sealed.begin(consent);
    const back = query(await tool.consent(begun.url));
    expect(await finish(consent, back, change(begun.cookies))).toEqual({ ok: false, failure: { kind: "rejected" } });
    expect(sent).toEqual([]);
  });

  it.each(["state", "code"])("sends the code nowhere when the answer has %s twice (RFC 6749 §3.1)", async (name) => {
    const consent = consentOf();
    const begun = await sealed.begin(consent);
    const back = query(await tool.consent(begun.url));
    back.append(name, back.get(name) ?? "");
    expect(await finish(consent, back, jar([...begun.cookies]))).toEqual({ ok: false, failure: { kind: "rejected" } });
    expect(sent).toEqual([]);
  });

  it("refuses another flow's code: the verifier does not fit", async () => {
    const [victim, attacker] = [consentOf(), consentOf()];
    const [mine, theirs] = [await sealed.begin(victim), await sealed.begin(attacker)];
    const injected = query(await tool.consent(theirs.url)).get("code") ?? "";
    const answer = new URLSearchParams({ code: injected, state: query(mine.url).get("state") ?? "" });
    expect(await finish(victim, answer, jar([...mine.cookies]))).toMatchObject({ ok: false, failure: { kind: "failed" } });
  });

  it("refuses cookies that another tool's flow set", async () => {
    const other = consentOf("other");
    const begun = await sealed.begin(other);
    const consent = { ...consentOf(), flowId: other.flowId };
    const renamed = begun.cookies.map((cookie) => ({ ...cookie, name: cookie.name.replace("hub.other.", "hub.fake.") }));
    const result = await finish(consent, query(await tool.consent(begun.url)), jar(renamed));
    expect(result).toEqual({ ok: false, failure: { kind: "rejected" } });
    expect(sent).toEqual([]);
  });

  it("turns a failing token endpoint and a senseless answer into an error without a token in it", async () => {
    for (const failNext of [
      { status: 500, body: {} },
      { status: 200, body: { access_token: "canary-access", token_type: "Bearer", scope: ["not", "a", "string"] } },
      { status: 200, body: { nothing: true } },
    ]) {
      const consent = consentOf();
      const begun = await sealed.begin(consent);
      const back = query(await tool.consent(begun.url));
      tool.failNext = failNext;
      const result = await finish(consent, back, jar([...begun.cookies]));
      expect(result).toMatchObject({ ok: false, failure: { kind: "failed", cause: { code: "EIO" } } });
      const chain: unknown[] = [];
      let error: unknown = result.ok || result.failure.kind !== "failed" ? null : result.failure.cause;
      while (error instanceof Error) {
        chain.push({ ...error, message: error.message, cause: null });
        error = error.cause;
      }
      expect(JSON.stringify(chain)).not.toContain("canary-access");
    }
  });
});
