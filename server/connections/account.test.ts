import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { connections, oauthFlows } from "@/db/schema/connections";
import { decodeId, newId } from "@/server/ids";
import { giveBackExpired } from "@/server/jobs/expiry";
import { jobScope } from "@/server/workspaces/scopes";
import { createStaticKeys } from "./keys";
import { type Browser, type ConnectHub, startConnectHub } from "./testing-hub";
import { rotateVault } from "./vault-rotation";

/** Another account came back than the one that a consent was meant for: nobody's connection becomes somebody else's. */

let world: ConnectHub;
let ann: Browser;
let number = 0;
beforeAll(async () => {
  world = await startConnectHub();
});
afterAll(() => world.close());
beforeEach(async () => {
  number += 1;
  ann = await world.browser(`mix-up-${number}`);
  world.tool.account = ada;
  world.tool.granted = "read write";
});

const ada = { accountId: "acc-ada", orgId: "org-acme", accountName: "Ada" };
const bob = { accountId: "acc-bob", orgId: "org-acme", accountName: "Bob" };
const flows = () => world.hub.connections.flows;
const viewOf = (browser: Browser, flow: string) => flows().view(browser.scope, flow);
const listOf = (browser: Browser) => world.hub.connections.list(browser.scope);

async function consent(browser: Browser, fields: Record<string, unknown>, account: typeof ada, integration = "fake"): Promise<string> {
  const { url, flow } = await browser.begin(integration, fields);
  world.tool.account = account;
  await browser.follow(await world.tool.consent(url));
  return flow;
}
async function connect(browser: Browser, fields: Record<string, unknown> = {}): Promise<string> {
  return (await viewOf(browser, await consent(browser, fields, ada))).connection?.id ?? "";
}
/** Ada's connection, and a flow that was meant for it and in which Bob came back. */
async function asking(
  fields: Record<string, unknown> = {},
  other = bob,
): Promise<{ id: string; flow: string; granted: readonly string[] }> {
  const id = await connect(ann, fields);
  const before = world.tool.given.length;
  const flow = await consent(ann, { connection: id }, other);
  return { id, flow, granted: world.tool.given.slice(before) };
}
const heldRows = async (browser: Browser) =>
  (await world.hub.db.withScope(browser.scope, (tx) => tx.select().from(oauthFlows))).filter((row) => row.heldEnc !== null);
const tokensOf = (browser: Browser, id: string) => world.hub.tools.tokens.find(browser.scope, decodeId("connection", id));
const runJob = () =>
  giveBackExpired({
    db: world.hub.db,
    findJobScope: world.hub.workspaces.findJobScope,
    giveBackHeld: (scope) => flows().giveBackHeld(scope, { expiredOnly: true }),
  });
const isRevoked = (granted: readonly string[]) => granted.some((token) => world.tool.revoked.includes(token));
const letTimePass = (flow: string) =>
  world.hub.db.withScope(ann.scope, (tx) =>
    tx
      .update(oauthFlows)
      .set({ expiresAt: new Date(Date.now() - 1) })
      .where(eq(oauthFlows.id, decodeId("flow", flow))),
  );

describe("a consent that is meant for a connection", () => {
  it("mends it when the same account comes back, whoever of the admins consents, and changes neither visibility nor owner", async () => {
    const id = await connect(ann);
    const before = (await listOf(ann))[0];
    await world.hub.db.withScope(ann.scope, (tx) => tx.update(connections).set({ status: "reauth_required", statusReason: "It ended." }));
    const cora = await world.colleague(ann, "admin");
    const flow = await consent(cora, { connection: id, visibility: "private" }, ada);
    expect(await viewOf(cora, flow)).toMatchObject({ status: "connected", connection: { id, status: { state: "connected" } } });
    const isNew = { tokenExpiresAt: expect.any(String), status: { ...before?.status, since: expect.any(String) } };
    expect(await listOf(ann)).toEqual([{ ...before, ...isNew }]);
  });

  it("asks, in words, when another account comes back; the connection stays as it was, and no other is made", async () => {
    const id = await connect(ann);
    const [before, tokens] = [await listOf(ann), await tokensOf(ann, id)];
    const flow = await consent(ann, { connection: id }, bob);
    expect(await viewOf(ann, flow)).toMatchObject({
      status: "asking",
      title: "Another Fake account came back",
      reason: "This connection is Ada at Acme; you signed in as Bob at Acme.",
      question: { connection: id },
      connection: null,
    });
    expect(await listOf(ann)).toEqual(before);
    expect(await tokensOf(ann, id)).toEqual(tokens);
    expect((await flows().listQuestions(ann.scope)).map((view) => view.id)).toEqual([flow]);
  });

  it.each([
    [
      "another organisation",
      { ...ada, orgId: "org-beta" },
      "This connection is Ada at Acme; you signed in as another account of the same name.",
    ],
    [
      "a namesake",
      { ...ada, accountId: "acc-ada-2" },
      "This connection is Ada at Acme; you signed in as another account of the same name.",
    ],
  ])("asks about %s too: the vendor's ids decide, not the names", async (_what, account, reason) => {
    const id = await connect(ann);
    const view = await viewOf(ann, await consent(ann, { connection: id }, account));
    expect(view).toMatchObject({ status: "asking" });
    expect(view.reason?.replaceAll(" (ann@acme.test)", "")).toBe(reason);
  });

  it("holds what was granted sealed, and it is neither in an answer, nor in a log, nor in any row in clear", async () => {
    const { granted } = await asking();
    expect(granted).toHaveLength(2);
    expect(await heldRows(ann)).toHaveLength(1);
    const rows = await world.hub.db.withScope(ann.scope, (tx) =>
      tx.execute(sql`select to_jsonb(f)::text || encode(held_enc, 'escape') as dump from oauth_flow f where held_enc is not null`),
    );
    const everything = JSON.stringify([rows.rows, world.lines, world.answered, await flows().listQuestions(ann.scope)]);
    for (const token of granted) expect(everything).not.toContain(token);
  });

  it("is refused at the start for a connection that the person does not see, of another tool, or that is ending", async () => {
    const cora = await world.colleague(ann, "admin");
    const hers = await connect(cora, { visibility: "private" });
    const stranger = await world.browser(`stranger-${number}`, "owner");
    const theirs = await connect(stranger);
    for (const connection of [hers, theirs]) expect((await ann.start("fake", { connection })).status).toBe(404);
    const id = await connect(ann);
    expect((await ann.start("other", { connection: id })).status).toBe(400);
    expect((await ann.start("fake", { connection: "con_x" })).status).toBe(400);
    await world.hub.db.withScope(ann.scope, (tx) => tx.update(connections).set({ status: "disconnecting" }));
    expect((await ann.start("fake", { connection: id })).status).toBe(429);
  });

  it("asks when its connection was disconnected meanwhile, and brings nothing back by itself", async () => {
    const id = await connect(ann);
    const { url, flow } = await ann.begin("fake", { connection: id });
    await world.hub.connections.disconnect(ann.scope, id);
    await ann.follow(await world.tool.consent(url));
    expect(await viewOf(ann, flow)).toMatchObject({
      status: "asking",
      reason: "The connection that this was meant for has been disconnected meanwhile. You signed in as Ada at Acme.",
      question: { connection: null },
    });
    expect(await listOf(ann)).toEqual([]);
  });
});

describe("a plain consent", () => {
  it("makes a connection of its own of another account, and never touches a private one of somebody else", async () => {
    const cora = await world.colleague(ann, "admin");
    const hers = await connect(cora, { visibility: "private" });
    const tokens = await tokensOf(cora, hers);
    const mine = await connect(ann, { visibility: "private" });
    expect(mine).not.toBe(hers);
    expect(await tokensOf(cora, hers)).toEqual(tokens);
    await consent(ann, { visibility: "private" }, bob);
    expect((await listOf(ann)).map(({ accountName, mountName }) => [accountName, mountName])).toEqual([
      ["Ada", "fake"],
      ["Bob", "fake-2"],
    ]);
    expect((await listOf(cora)).map(({ id }) => id)).toEqual([hers]);
  });

  it("makes no second shared connection of an account, by the database's own rule", async () => {
    await connect(ann);
    const [row] = await world.hub.db.withScope(ann.scope, (tx) => tx.select().from(connections));
    if (row === undefined) throw new Error("There is no connection.");
    const owner = await world.colleague(ann, "owner");
    const twin = { ...row, id: newId(), mountName: "twin", ownerId: owner.userId };
    await expect(world.hub.db.withScope(owner.scope, (tx) => tx.insert(connections).values(twin))).rejects.toMatchObject({ code: "23505" });
  });

  it("does not hand a shared connection to the admin who connects its account again", async () => {
    const id = await connect(ann);
    const cora = await world.colleague(ann, "admin");
    expect(await connect(cora)).toBe(id);
    expect(await listOf(ann)).toMatchObject([{ id, mine: true }]);
  });
});

describe("the answer", () => {
  it("finds what is held after a rotation of the vault, and after one between the row's reading and its opening", async () => {
    const { flow } = await asking();
    const { vault } = world.hub.tools;
    const rotate = () =>
      rotateVault({ db: world.hub.db, keys: createStaticKeys(world.hub.env.vaultKeys), scopeOf: (id) => jobScope(id, "vault-rotation") });
    expect(await rotate()).toMatchObject({ problems: [] });
    expect(await heldRows(ann)).toMatchObject([{ heldKeyVersion: 2 }]);
    const open = vi.spyOn(vault, "open").mockImplementationOnce(async (scope, binding, sealed) => {
      await rotate();
      vault.forget(scope.workspaceId);
      return vault.open(scope, binding, sealed);
    });
    const view = await flows().answer(ann.scope, flow, "add");
    expect(open).toHaveBeenCalled();
    expect(view).toMatchObject({ status: "connected", connection: { accountName: "Bob" } });
    open.mockRestore();
  });

  it("says who will see the account's own connection, before it is added", async () => {
    const next = async (fields: Record<string, unknown>) => (await viewOf(ann, (await asking(fields)).flow)).next;
    expect(await next({ visibility: "private" })).toContain("as a connection of its own, which only you will see,");
    expect(await next({ visibility: "workspace" })).toContain("as a connection of its own, which everyone in this workspace will see,");
  });

  it("adds the account as a connection of its own, seen by those who see the other one", async () => {
    const { id, flow, granted } = await asking({ visibility: "private" });
    const view = await flows().answer(ann.scope, flow, "add");
    expect(view).toMatchObject({
      status: "connected",
      connection: { accountName: "Bob", visibility: "private", mountName: "fake-2" },
      question: null,
    });
    expect((await listOf(ann)).map((connection) => connection.id)).toEqual([id, view.connection?.id]);
    const tokens = await tokensOf(ann, view.connection?.id ?? "");
    expect(granted).toEqual([tokens?.accessToken, tokens?.refreshToken]);
    expect(isRevoked(granted)).toBe(false);
    expect(await heldRows(ann)).toEqual([]);
    expect(await flows().listQuestions(ann.scope)).toEqual([]);
  });

  it("uses the added account for what the other connection is used for", async () => {
    const { flow } = await asking({ capabilities: ["read:things"] });
    const view = await flows().answer(ann.scope, flow, "add");
    expect(view.connection).toMatchObject({ accountName: "Bob", capabilities: ["read:things"] });
  });

  it("gives the access back: ended at the tool, deleted here, and said", async () => {
    const { id, flow, granted } = await asking();
    expect(await flows().answer(ann.scope, flow, "give_back")).toMatchObject({
      status: "failed",
      title: "Nothing was connected",
      reason: "Fake ended the access. Nothing was stored.",
    });
    expect(isRevoked(granted)).toBe(true);
    expect(await heldRows(ann)).toEqual([]);
    expect((await listOf(ann)).map((connection) => connection.id)).toEqual([id]);
  });

  it("gives it back when the person cancels", async () => {
    const { flow, granted } = await asking();
    expect((await flows().cancel(ann.scope, flow)).status).toBe("failed");
    expect(isRevoked(granted)).toBe(true);
  });

  it("says it when the tool could not be asked, and holds nothing all the same", async () => {
    const { flow } = await asking();
    world.tool.revokeStatus = 500;
    const view = await flows().answer(ann.scope, flow, "give_back");
    world.tool.revokeStatus = 200;
    expect(view).toMatchObject({
      reason: expect.stringContaining("could not be asked"),
      next: expect.stringContaining("Remove the hub in the settings"),
    });
    expect(await heldRows(ann)).toEqual([]);
  });

  it("is taken once, of two at the same moment and afterwards", async () => {
    const { flow } = await asking();
    const both = await Promise.allSettled([flows().answer(ann.scope, flow, "add"), flows().answer(ann.scope, flow, "give_back")]);
    expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    for (const answer of ["add", "give_back"] as const) {
      await expect(flows().answer(ann.scope, flow, answer)).rejects.toMatchObject({ code: "ESTALE" });
    }
    expect(await listOf(ann)).toHaveLength(both[0]?.status === "fulfilled" ? 2 : 1);
  });

  it("is that person's alone, and needs the permission still", async () => {
    const { flow } = await asking();
    const owner = await world.colleague(ann, "owner");
    await expect(flows().answer(owner.scope, flow, "add")).rejects.toMatchObject({ code: "ENOENT" });
    expect(await flows().listQuestions(owner.scope)).toEqual([]);
    await world.hub.workspaces.members.setRole(owner.scope, ann.userId, "member");
    await expect(flows().answer(ann.scope, flow, "add")).rejects.toMatchObject({ code: "EACCES" });
    expect(await listOf(ann)).toHaveLength(1);
    expect((await viewOf(ann, flow)).status).toBe("asking");
  });

  it("waits while all access to tools is stopped", async () => {
    const { flow } = await asking();
    await world.hub.db.withScope(ann.scope, (tx) => tx.execute(sql`update workspace set stopped_at = now()`));
    await expect(flows().answer(ann.scope, flow, "add")).rejects.toMatchObject({ code: "ENOTCONN" });
    await world.hub.db.withScope(ann.scope, (tx) => tx.execute(sql`update workspace set stopped_at = null`));
    expect((await flows().answer(ann.scope, flow, "add")).status).toBe("connected");
  });

  it("lets nobody use the tool's answer a second time meanwhile", async () => {
    const id = await connect(ann);
    const { url, flow } = await ann.begin("fake", { connection: id });
    world.tool.account = bob;
    const back = await world.tool.consent(url);
    await ann.follow(back);
    expect((await ann.follow(back)).query.get("problem")).toBe("replayed");
    expect((await viewOf(ann, flow)).status).toBe("asking");
  });
});

describe("a question that nobody answers", () => {
  it("is over after its time: what was granted is ended at the tool and deleted, and no answer is taken any more", async () => {
    const { flow, granted } = await asking();
    expect(await runJob()).toEqual({ held: 0 });
    expect(isRevoked(granted)).toBe(false);
    await letTimePass(flow);
    expect(await viewOf(ann, flow)).toMatchObject({ status: "expired", title: "The question was not answered in time" });
    await expect(flows().answer(ann.scope, flow, "add")).rejects.toMatchObject({ code: "ESTALE" });
    expect(await runJob()).toEqual({ held: 1 });
    expect(isRevoked(granted)).toBe(true);
    expect(await heldRows(ann)).toEqual([]);
    expect(await viewOf(ann, flow)).toMatchObject({ status: "expired", reason: expect.stringContaining("Fake ended the access.") });
    expect(await runJob()).toEqual({ held: 0 });
  });

  it("is never open for longer than ten minutes", async () => {
    const { flow } = await asking();
    const until = Date.parse((await viewOf(ann, flow)).question?.until ?? "");
    // The job comes by every minute, and its queue looks every fifteen seconds.
    expect(until - Date.now()).toBeLessThanOrEqual(8 * 60_000);
  });

  it("is given back when the person leaves", async () => {
    const { granted } = await asking();
    const owner = await world.colleague(ann, "owner");
    await world.hub.workspaces.members.remove(owner.scope, ann.userId);
    expect(isRevoked(granted)).toBe(true);
  });

  it("is given back before the workspace is deleted", async () => {
    const { granted } = await asking();
    const owner = await world.colleague(ann, "owner");
    await world.hub.endings.deleteWorkspace(owner.scope, owner.scope.slug);
    await world.hub.endings.settled();
    expect(isRevoked(granted)).toBe(true);
  });

  it.each(["exchanging", "failed"] as const)(
    "is given back too when the hub stopped while the answer was worked on (%s)",
    async (status) => {
      const { flow, granted } = await asking();
      await world.hub.db.withScope(ann.scope, (tx) =>
        tx
          .update(oauthFlows)
          .set({ status })
          .where(eq(oauthFlows.id, decodeId("flow", flow))),
      );
      await letTimePass(flow);
      await runJob();
      expect(isRevoked(granted)).toBe(true);
      expect(await heldRows(ann)).toEqual([]);
    },
  );
});

it("leaves a grant alone at a tool that ends all of an account's access at once, where another connection lives on it", async () => {
  const zoe = { accountId: "acc-zoe", orgId: "org-acme", accountName: "Zoe" };
  const { flow, granted } = await asking({}, zoe);
  // Somewhere else in the hub, Zoe is connected.
  const stranger = await world.browser(`elsewhere-${number}`, "owner");
  await consent(stranger, {}, zoe);
  world.tool.revocationEnds = "account";
  const view = await flows().answer(ann.scope, flow, "give_back");
  expect(view.reason).toContain("was not asked to end the access");
  expect(isRevoked(granted)).toBe(false);
  expect(await heldRows(ann)).toEqual([]);
  await world.hub.connections.disconnect(stranger.scope, (await listOf(stranger))[0]?.id ?? "");
  const alone = await asking({}, zoe);
  await flows().answer(ann.scope, alone.flow, "give_back");
  world.tool.revocationEnds = "token";
  expect(isRevoked(alone.granted)).toBe(true);
});

it("a consent that was ended while the tool was asked stores nothing, and gives back what came", async () => {
  const { url } = await ann.begin();
  const back = await world.tool.consent(url);
  world.tool.beforeToken = async () => {
    await world.hub.db.withScope(ann.scope, (tx) => tx.update(oauthFlows).set({ status: "failed", reason: "given_back" }));
  };
  const before = world.tool.given.length;
  await ann.follow(back);
  expect(await listOf(ann)).toEqual([]);
  expect(isRevoked(world.tool.given.slice(before))).toBe(true);
});

it("a consent whose process stopped in the middle says that the tool may have granted the access already", async () => {
  const { flow } = await ann.begin();
  await world.hub.db.withScope(ann.scope, (tx) => tx.update(oauthFlows).set({ status: "exchanging" }));
  await letTimePass(flow);
  expect(await viewOf(ann, flow)).toMatchObject({
    status: "failed",
    title: "Connecting was interrupted",
    reason: expect.stringContaining("may have granted"),
  });
});
