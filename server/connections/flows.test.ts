import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { apiCalls, connections, oauthFlows } from "@/db/schema/connections";
import { decodeId } from "@/server/ids";
import { type Browser, type ConnectHub, startConnectHub } from "./testing-hub";

let world: ConnectHub;
let ann: Browser;
let number = 0;
beforeAll(async () => {
  world = await startConnectHub();
});
afterAll(() => world.close());
beforeEach(async () => {
  number += 1;
  ann = await world.browser(`acme-${number}`);
  world.tool.account = { accountId: "acc-1", orgId: "org-1", accountName: "Ann Smith" };
  world.tool.granted = "read write";
});

const flowOf = (browser: Browser, flow: string) => world.hub.connections.flows.view(browser.scope, flow);
const listOf = (browser: Browser) => world.hub.connections.list(browser.scope);
const connect = async (browser: Browser, fields: Record<string, unknown> = {}, integration = "fake") => {
  const begun = await browser.begin(integration, fields);
  const end = await browser.follow(await world.tool.consent(begun.url));
  return { ...begun, end };
};
const askedForTokens = () => world.tool.asked.filter((path) => path === "/token").length;

describe("connecting a tool", () => {
  it("ends in a connection with the identity and scopes that the tool gave", async () => {
    const { flow, end } = await connect(ann);
    expect(end.path).toBe("/oauth/done");
    expect(Object.fromEntries(end.query)).toEqual({ flow, workspace: ann.scope.slug });
    const view = await flowOf(ann, flow);
    expect(view).toMatchObject({ status: "connected", reason: null });
    expect(view.connection).toMatchObject({
      integration: "fake",
      mountName: "fake",
      path: "/context/tools/fake",
      visibility: "workspace",
      mine: true,
      accountName: "Ann Smith",
      accountEmail: "ann@acme.test",
      orgName: "Acme",
      scopes: ["read", "write"],
      capabilities: ["read:things", "write:things"],
      timeZone: "Europe/Berlin",
      renews: true,
      status: { state: "connected" },
    });
    const [entry] = await world.hub.connections.listCatalogue(ann.scope);
    expect(entry).toMatchObject({ id: "fake", connected: true, capabilityStates: { "read:things": "granted", "write:things": "granted" } });
  });

  it("leaves none of its cookies in the browser", async () => {
    await connect(ann);
    expect([...ann.jar.keys()]).toEqual([world.hub.auth.sessionCookie]);
  });

  it("logs the exchange and the identity call, without bodies, and keeps every token out of answers, logs and the flow's row", async () => {
    const { flow } = await connect(ann);
    await world.hub.tools.flush();
    const { calls, flows } = await world.hub.db.withScope(ann.scope, async (tx) => ({
      calls: await tx.select().from(apiCalls),
      flows: await tx
        .select()
        .from(oauthFlows)
        .where(eq(oauthFlows.id, decodeId("flow", flow))),
    }));
    expect(calls.map((call) => `${call.operation} ${call.status}`).sort()).toEqual(["POST /token 200", "me 200"]);
    const everything = JSON.stringify([calls, flows, world.lines, world.answered, await listOf(ann)]);
    expect(world.tool.given.length).toBeGreaterThan(0);
    for (const secret of [...world.tool.given, "fake-client-secret-canary"]) expect(everything).not.toContain(secret);
    expect(everything).not.toContain("code_verifier");
  });

  it("stores the tokens as ciphertext only", async () => {
    await connect(ann);
    const rows = await world.hub.db.executeSql<{ dump: string }>(
      "select coalesce(string_agg(encode(access_enc, 'escape') || encode(refresh_enc, 'escape'), ''), '') as dump from connection_token",
    );
    // FORCE row-level security hides the rows from the owner as well; the workspace's own scope sees them.
    const own = await world.hub.db.withScope(ann.scope, (tx) =>
      tx.execute<{ dump: string }>(sql`select encode(access_enc, 'escape') || encode(refresh_enc, 'escape') as dump from connection_token`),
    );
    expect(own.rows).toHaveLength(1);
    const dump = JSON.stringify([rows.rows, own.rows]);
    for (const secret of world.tool.given) expect(dump).not.toContain(secret);
  });

  it("gives the mount a Send that carries the token and refreshes it with rotation", async () => {
    const { flow } = await connect(ann);
    const connection = (await flowOf(ann, flow)).connection;
    const id = decodeId("connection", connection?.id ?? "");
    const send = await world.hub.connections.mounted.authorizedSend(ann.scope, id);
    const context = { workspaceId: ann.scope.workspaceId, connectionId: id, actor: { userId: ann.userId, job: null }, path: null };
    const ask = () =>
      send({ method: "GET", url: `${world.tool.origin}/me`, repeatability: "safe", operation: "me", authorization: "connection" }, context);
    expect((await ask()).json()).toMatchObject({ accountId: "acc-1" });
    const before = world.tool.given.length;
    world.tool.expireAccessTokens();
    expect((await ask()).json()).toMatchObject({ accountId: "acc-1" });
    expect(world.tool.given.length).toBe(before + 2);
    world.tool.expireAccessTokens();
    expect((await ask()).json()).toMatchObject({ accountId: "acc-1" });
  });

  it("takes what was granted from the answer, and says what is missing", async () => {
    world.tool.granted = "read";
    const { flow } = await connect(ann, { capabilities: ["read:things", "write:things"] });
    const connection = (await flowOf(ann, flow)).connection;
    expect(connection).toMatchObject({
      scopes: ["read"],
      capabilities: ["read:things"],
      capabilityStates: { "read:things": "granted", "write:things": "missing_scope", webhooks: "not_available_yet" },
      status: {
        state: "missing_scope",
        reason: "Fake did not grant write, which it takes to write things. The rest works.",
        actionUrl: `/${ann.scope.slug}/integrations/fake?connection=${connection?.id}&enable=write%3Athings`,
      },
    });
  });

  it("takes the scopes asked for as granted when the answer names none (RFC 6749 §5.1)", async () => {
    world.tool.granted = null;
    const { flow } = await connect(ann, { capabilities: ["read:things"] });
    expect((await flowOf(ann, flow)).connection).toMatchObject({ scopes: ["read", "offline"], capabilities: ["read:things"] });
  });

  it("uses only the capabilities that were ticked, and misses no other", async () => {
    world.tool.granted = "read";
    const { flow } = await connect(ann, { capabilities: ["read:things"] });
    expect((await flowOf(ann, flow)).connection).toMatchObject({
      capabilities: ["read:things"],
      capabilityStates: { "write:things": "not_connected" },
      status: { state: "connected" },
    });
  });

  it("mends the same account's connection, and makes a second one of another account", async () => {
    const first = await connect(ann);
    const firstId = (await flowOf(ann, first.flow)).connection?.id;
    await world.hub.db.withScope(ann.scope, (tx) => tx.update(connections).set({ status: "reauth_required", statusReason: "It ended." }));
    expect((await listOf(ann))[0]?.status).toMatchObject({ state: "reauth_required", reason: expect.stringContaining("It ended.") });
    const again = await connect(ann);
    expect((await flowOf(ann, again.flow)).connection).toMatchObject({ id: firstId, mountName: "fake", status: { state: "connected" } });

    world.tool.account = { accountId: "acc-2", orgId: "org-2", accountName: "Bea" };
    const other = await connect(ann);
    expect((await flowOf(ann, other.flow)).connection).toMatchObject({ mountName: "fake-2", accountName: "Bea" });
    expect((await listOf(ann)).map((connection) => [connection.mountName, connection.accountName])).toEqual([
      ["fake", "Ann Smith"],
      ["fake-2", "Bea"],
    ]);
  });

  it("stores one connection when the same account is consented twice at once", async () => {
    const [one, two] = [await ann.begin(), await ann.begin()];
    const backs = [await world.tool.consent(one.url), await world.tool.consent(two.url)];
    await Promise.all(backs.map((back) => ann.follow(back)));
    expect((await flowOf(ann, one.flow)).status).toBe("connected");
    expect((await flowOf(ann, two.flow)).status).toBe("connected");
    expect(await listOf(ann)).toHaveLength(1);
  });

  it("keeps a private connection from every other member, admins and owners too", async () => {
    const { flow } = await connect(ann, { visibility: "private" });
    const mine = (await flowOf(ann, flow)).connection;
    expect(mine).toMatchObject({ visibility: "private", path: "/context/user/tools/fake" });
    for (const role of ["admin", "member", "viewer"] as const) {
      const colleague = await world.colleague(ann, role);
      expect(await listOf(colleague)).toEqual([]);
      await expect(world.hub.connections.get(colleague.scope, mine?.id ?? "")).rejects.toMatchObject({ code: "ENOENT" });
      await expect(world.hub.connections.disconnect(colleague.scope, mine?.id ?? "")).rejects.toMatchObject({ code: "ENOENT" });
      await expect(
        world.hub.connections.mounted.authorizedSend(colleague.scope, decodeId("connection", mine?.id ?? "")),
      ).rejects.toMatchObject({ code: "ENOENT" });
      expect((await world.hub.connections.mounted.list(colleague.scope)).connections).toEqual([]);
    }
  });

  it("gives two people the same private mount name, each their own", async () => {
    await connect(ann, { visibility: "private" });
    const bob = await world.colleague(ann, "admin");
    await connect(bob, { visibility: "private" });
    for (const person of [ann, bob]) expect((await listOf(person)).map((connection) => connection.mountName)).toEqual(["fake"]);
  });
});

describe("starting", () => {
  it.each(["viewer", "member"] as const)("is refused to a %s", async (role) => {
    const colleague = await world.colleague(ann, role);
    const response = await colleague.start("fake");
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ code: "EACCES" });
  });

  it.each([
    ["no Origin", { origin: "" }],
    ["another site's Origin", { origin: "https://evil.test" }],
    ["another port of this machine", { origin: "http://127.0.0.1:1" }],
    ["the null Origin of a sandboxed frame", { origin: "null" }],
  ])("is refused with %s", async (_what, headers) => {
    const response = await ann.start("fake", {}, headers);
    expect(response.status).toBe(403);
    expect(response.headers.getSetCookie()).toEqual([]);
  });

  it("is refused to nobody in particular, in another's workspace, for an unknown tool and capability, and with a form's body", async () => {
    const stranger = await world.browser(`stranger-${number}`);
    expect((await stranger.start("fake", { workspace: ann.scope.slug })).status).toBe(404);
    expect((await ann.start("nothing")).status).toBe(404);
    expect((await ann.start("fake", { capabilities: ["read:everything"] })).status).toBe(400);
    expect((await ann.start("fake", {}, { "content-type": "text/plain" })).status).toBe(400);
    expect((await ann.start("fake", { visibility: "public" })).status).toBe(400);
    ann.jar.clear();
    expect((await ann.start("fake")).status).toBe(401);
  });

  it.each(["https://evil.test/", "//evil.test", "/\\evil.test", "/\t/evil.test", "javascript:alert(1)", "/.//evil.test", "acme"])(
    "turns the return path %j into a page of the workspace",
    async (returnPath) => {
      const { flow } = await ann.begin("fake", { returnPath, popup: false });
      expect((await flowOf(ann, flow)).returnPath).toBe(`/${ann.scope.slug}/integrations`);
    },
  );

  it("keeps a path of the hub as the return path", async () => {
    const { flow } = await ann.begin("fake", { returnPath: "/acme/files/context/tools/fake?x=1#y", popup: false });
    expect((await flowOf(ann, flow)).returnPath).toBe("/acme/files/context/tools/fake?x=1#y");
  });

  it("lets the oldest of too many waiting flows go, with its cookies", async () => {
    const begun = [];
    for (let count = 0; count < 6; count++) begun.push(await ann.begin());
    const states = await Promise.all(begun.map(({ flow }) => flowOf(ann, flow)));
    expect(states.map((view) => view.status)).toEqual(["failed", "failed", "pending", "pending", "pending", "pending"]);
    expect([...ann.jar.keys()].filter((name) => name.startsWith("hub.fake."))).toHaveLength(8);
  });
});

describe("an answer that must not be taken", () => {
  /** The browser got somewhere harmless, the flow ended as it should, and the tool was never asked for a token. */
  const refused = async (act: () => Promise<unknown>) => {
    const before = askedForTokens();
    await act();
    expect(askedForTokens()).toBe(before);
    expect(await listOf(ann)).toEqual([]);
  };

  it("says that the person denied", async () => {
    const { url, flow } = await ann.begin();
    await refused(async () => ann.follow(await world.tool.consent(url, { deny: true })));
    expect(await flowOf(ann, flow)).toMatchObject({ status: "denied", title: "Fake was not connected" });
  });

  it("is refused after ten minutes", async () => {
    const { url, flow } = await ann.begin();
    const back = await world.tool.consent(url);
    await world.hub.db.withScope(ann.scope, (tx) => tx.update(oauthFlows).set({ expiresAt: new Date(Date.now() - 1) }));
    expect(await flowOf(ann, flow)).toMatchObject({ status: "expired" });
    await refused(() => ann.follow(back));
    expect(await flowOf(ann, flow)).toMatchObject({ status: "expired", title: "That took too long" });
  });

  it("is refused the second time, also with the cookies of the first, and changes nothing", async () => {
    const { url, flow } = await ann.begin();
    const back = await world.tool.consent(url);
    const cookies = new Map(ann.jar);
    await ann.follow(back);
    for (const [name, cookie] of cookies) ann.jar.set(name, cookie);
    const before = askedForTokens();
    const end = await ann.follow(back);
    expect(end.query.get("problem")).toBe("replayed");
    expect(askedForTokens()).toBe(before);
    expect((await flowOf(ann, flow)).status).toBe("connected");
    expect(await listOf(ann)).toHaveLength(1);
  });

  it("is taken once of two at the same moment", async () => {
    const { url } = await ann.begin();
    const back = await world.tool.consent(url);
    const before = askedForTokens();
    const ends = await Promise.all([ann.follow(back), ann.follow(back)]);
    expect(ends.map((end) => end.query.get("problem")).sort()).toEqual([null, "replayed"].sort());
    expect(askedForTokens()).toBe(before + 1);
  });

  it.each([
    ["changed", (state: string) => `${state.slice(0, -6)}abcdef`],
    ["empty", () => ""],
    ["invented", () => "x".repeat(200)],
  ])("finds no flow for a state that is %s", async (_what, change) => {
    const { url, flow } = await ann.begin();
    const back = new URL(await world.tool.consent(url));
    back.searchParams.set("state", change(back.searchParams.get("state") ?? ""));
    await refused(async () => expect((await ann.follow(back.href)).query.get("problem")).toBe("unknown"));
    expect((await flowOf(ann, flow)).status).toBe("pending");
  });

  it("is refused in another person's session, and spent", async () => {
    const { url, flow } = await ann.begin();
    const back = await world.tool.consent(url);
    const bob = await world.colleague(ann, "owner");
    for (const [name, cookie] of ann.jar) if (name.startsWith("hub.fake.")) bob.jar.set(name, cookie);
    await refused(async () => expect((await bob.follow(back)).query.get("problem")).toBe("wrong_person"));
    expect(await listOf(bob)).toEqual([]);
    expect(await flowOf(ann, flow)).toMatchObject({ status: "failed", title: "Somebody else started this" });
    await refused(() => ann.follow(back));
    await expect(flowOf(bob, flow)).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("is refused when nobody is signed in any more", async () => {
    const { url } = await ann.begin();
    const back = await world.tool.consent(url);
    ann.jar.delete(world.hub.auth.sessionCookie);
    await refused(async () => expect((await ann.follow(back)).query.get("problem")).toBe("signed_out"));
  });

  it("is refused at another tool's address, and spent", async () => {
    const { url, flow } = await ann.begin();
    const back = (await world.tool.consent(url)).replace("/oauth/callback/fake", "/oauth/callback/other");
    await refused(() => ann.follow(back));
    expect(await flowOf(ann, flow)).toMatchObject({ status: "failed", title: "This answer came to the wrong address" });
    await refused(() => ann.follow(back.replace("/other", "/fake")));
  });

  it("is refused without the flow's cookies, and says to allow them", async () => {
    const { url, flow } = await ann.begin();
    for (const name of [...ann.jar.keys()]) if (name.startsWith("hub.")) ann.jar.delete(name);
    await refused(async () => ann.follow(await world.tool.consent(url)));
    expect(await flowOf(ann, flow)).toMatchObject({ status: "failed", next: expect.stringContaining("Allow cookies") });
  });

  it("is refused with a code that belongs to another flow", async () => {
    const mine = await ann.begin();
    const bob = await world.browser(`mallory-${number}`);
    const theirs = new URL(await world.tool.consent((await bob.begin()).url));
    const back = new URL(await world.tool.consent(mine.url));
    back.searchParams.set("code", theirs.searchParams.get("code") ?? "");
    await ann.follow(back.href);
    expect(await flowOf(ann, mine.flow)).toMatchObject({ status: "failed", connection: null });
    expect(await listOf(ann)).toEqual([]);
  });

  it("is refused after the person gave up", async () => {
    const { url, flow } = await ann.begin();
    expect(await world.hub.connections.flows.cancel(ann.scope, flow)).toMatchObject({
      status: "failed",
      title: "Connecting was cancelled",
    });
    await refused(async () => ann.follow(await world.tool.consent(url)));
  });

  it("never sends the browser, or shows it, what the answer said of itself", async () => {
    const { url } = await ann.begin();
    const state = new URL(url).searchParams.get("state") ?? "";
    const evil = new URLSearchParams({ state, error: "server_error", error_description: "canary-words", error_uri: "https://evil.test" });
    const { end } = { end: await ann.follow(`${world.origin}/oauth/callback/fake?${evil}`) };
    expect(end.query.toString()).not.toContain("canary");
    expect(JSON.stringify(world.lines)).not.toContain("canary-words");
  });

  it("belongs to its own workspace only", async () => {
    const { flow } = await connect(ann);
    const elsewhere = await world.browser(`elsewhere-${number}`, "owner");
    await expect(flowOf(elsewhere, flow)).rejects.toMatchObject({ code: "ENOENT" });
    const id = (await listOf(ann))[0]?.id ?? "";
    await expect(world.hub.connections.get(elsewhere.scope, id)).rejects.toMatchObject({ code: "ENOENT" });
    expect(await listOf(elsewhere)).toEqual([]);
  });

  it("tells of a tool that fails, in words, and lets the person try again", async () => {
    const { url, flow } = await ann.begin();
    world.tool.failNext = { status: 500, body: { error: "server_error" } };
    await ann.follow(await world.tool.consent(url));
    expect(await flowOf(ann, flow)).toMatchObject({ status: "failed", title: "Fake did not answer as expected" });
    expect((await flowOf(ann, (await connect(ann)).flow)).status).toBe("connected");
  });
});
