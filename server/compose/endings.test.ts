import { and, eq, ne, sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { connections } from "@/db/schema/connections";
import { auditEvents, members } from "@/db/schema/workspaces";
import { type Browser, type ConnectHub, startConnectHub } from "@/server/connections/testing-hub";
import { decodeId } from "@/server/ids";
import type { Hub } from "./hub";

/** What ends many things at once, and goes on with itself when the process dies: seen from two processes on one database. */

let world: ConnectHub;
let other: Hub;
let ann: Browser;
let number = 0;
beforeAll(async () => {
  world = await startConnectHub();
  other = world.process();
});
afterAll(async () => {
  await other.tools.flush();
  await world.close();
});
beforeEach(async () => {
  number += 1;
  ann = await world.browser(`ending-${number}`, "owner");
});

let accounts = 0;
async function connect(browser: Browser, visibility: "private" | "workspace" = "workspace"): Promise<string> {
  accounts += 1;
  world.tool.account = { accountId: `acc-${accounts}`, orgId: "org-1", accountName: `secret-account-${accounts}` };
  const begun = await browser.begin("fake", { visibility });
  await browser.follow(await world.tool.consent(begun.url));
  return (await world.hub.connections.flows.view(browser.scope, begun.flow)).connection?.id ?? "";
}
const { executeSql } = { executeSql: (text: string, values?: unknown[]) => world.hub.db.executeSql<Record<string, unknown>>(text, values) };
const ids = async (browser: Browser) =>
  (await executeSql("select id from connection where workspace_id = $1", [browser.scope.workspaceId])).rows.map(({ id }) => id);
const receiptsOf = async (browser: Browser) => (await world.hub.connections.receipts(browser.scope, { limit: 100 })).receipts;

describe("disconnecting everything", () => {
  it("ends every connection, other people's private ones too, with a receipt each that names who asked", async () => {
    const bea = await world.colleague(ann, "admin");
    const all = [await connect(ann), await connect(ann, "private"), await connect(bea, "private")];
    expect(await world.hub.endings.disconnectEverything(ann.scope)).toEqual({ total: 3 });
    // At once none of them can be used, wherever each is.
    for (const id of all) {
      const used = other.connections.mounted.authorizedSend(ann.scope, decodeId("connection", id));
      await expect(used).rejects.toMatchObject({ code: expect.stringMatching(/^(ENOTCONN|ENOENT)$/) });
    }
    await world.hub.endings.settled();
    expect(await world.hub.endings.progress(ann.scope)).toEqual({ left: 0 });
    expect(await ids(ann)).toEqual([]);
    const receipts = await receiptsOf(ann);
    expect(receipts.map(({ connection }) => connection).sort()).toEqual([...all].sort());
    expect(new Set(receipts.map(({ by, revoked }) => `${by} ${revoked.outcome}`))).toEqual(new Set(["owner revoked"]));
    const [event] = await world.hub.db.withScope(ann.scope, (tx) =>
      tx.select().from(auditEvents).where(eq(auditEvents.action, "workspace.disconnected_everything")),
    );
    expect(event).toMatchObject({ actorUserId: ann.userId, detail: { connections: 3 } });
  });

  it("leaves other workspaces alone", async () => {
    const zoe = await world.browser(`other-${number}`, "owner");
    const kept = await connect(zoe);
    await connect(ann);
    await world.hub.endings.disconnectEverything(ann.scope);
    await world.hub.endings.settled();
    expect((await world.hub.connections.get(zoe.scope, kept)).status.state).toBe("connected");
  });
});

describe("what a process left half ended", () => {
  it("is taken up by the job of another, once nobody holds it any more", async () => {
    const dead = await connect(ann);
    const heldByLiving = await connect(ann, "private");
    await world.hub.db.withScope(ann.scope, async (tx) => {
      const held = (id: string, until: string) =>
        tx
          .update(connections)
          .set({ status: "disconnecting", endingBy: ann.userId, endingUntil: sql`now() + ${until}::interval` })
          .where(eq(connections.id, decodeId("connection", id)));
      await held(dead, "-1 second");
      await held(heldByLiving, "1 minute");
    });
    expect(await other.endings.takeUp()).toEqual({ finished: 1, orphaned: 0, deleted: 0 });
    expect(await ids(ann)).toEqual([decodeId("connection", heldByLiving)]);
    expect(await receiptsOf(ann)).toMatchObject([{ connection: dead, by: "owner", revoked: { outcome: "revoked" } }]);
  });

  it("is ended when its owner is no member any more, and a member's stays", async () => {
    const bea = await world.colleague(ann, "admin");
    const theirs = await connect(bea, "private");
    const shared = await connect(bea);
    const own = await connect(ann, "private");
    // The process died between the removal and what follows from it.
    await world.hub.db.withScope(ann.scope, (tx) => tx.delete(members).where(eq(members.userId, bea.userId)));
    expect(await other.endings.takeUp()).toEqual({ finished: 0, orphaned: 1, deleted: 0 });
    expect((await ids(ann)).sort()).toEqual([shared, own].map((id) => decodeId("connection", id)).sort());
    expect(await receiptsOf(ann)).toMatchObject([{ connection: theirs, by: null, revoked: { outcome: "revoked" } }]);
  });
});

describe("deleting a workspace", () => {
  /** Every table that has a workspace's rows, with how many it has of this one. */
  async function rowsOf(workspaceId: string): Promise<Record<string, number>> {
    const { rows } = await executeSql(
      "select table_name as name from information_schema.columns where table_schema = 'public' and column_name = 'workspace_id' order by 1",
    );
    const counts: Record<string, number> = {};
    for (const { name } of [...rows, { name: "workspace" }]) {
      const column = name === "workspace" ? "id" : "workspace_id";
      const found = await executeSql(`select count(*)::int as count from "${String(name)}" where ${column} = $1`, [workspaceId]);
      counts[String(name)] = Number(found.rows[0]?.count);
    }
    return counts;
  }

  /** A workspace with something in as many tables as can be. */
  async function fill(browser: Browser): Promise<void> {
    const { workspaceId } = browser.scope;
    await world.hub.files.write(browser.scope, { path: "/context/memory/facts/a.md", text: "A fact." });
    await world.hub.files.write(browser.scope, { path: "/context/memory/facts/b.md", text: "B.", idempotencyKey: "k" });
    await world.hub.files.write(browser.scope, { path: "/context/memory/facts/c.md", text: "C.", dryRun: true });
    await world.hub.workspaces.invitations.create(browser.scope, "viewer");
    await executeSql(
      `insert into vfs_node (workspace_id, path, parent_path, name, kind, node_id)
        select $1, '/context/memory/facts/n' || n, '/context/memory/facts', 'n' || n, 'file', gen_random_uuid() from generate_series(1, 1203) n`,
      [workspaceId],
    );
    await executeSql(
      `insert into vfs_alias (workspace_id, owner_id, parent_path, name, path, expires_at) values ($1, $2, '/p', 'n', '/p/n', now() + interval '1 h')`,
      [workspaceId, browser.userId],
    );
    await browser.begin("other", {});
    await world.hub.tools.flush();
  }

  const remove = (hub: Hub, browser: Browser) => hub.endings.deleteWorkspace(browser.scope, browser.scope.slug);

  it("revokes everything first, then leaves nothing of it in any table, and frees its address", async () => {
    const bea = await world.colleague(ann, "admin");
    await connect(ann);
    await connect(bea, "private");
    await fill(ann);
    const { workspaceId, slug } = ann.scope;
    const filled = await rowsOf(workspaceId);
    for (const table of [
      "api_call",
      "audit_event",
      "connection",
      "connection_token",
      "invitation",
      "member",
      "oauth_flow",
      "vfs_alias",
      "vfs_content",
      "vfs_idempotency",
      "vfs_node",
      "vfs_plan",
      "workspace_key",
    ])
      expect(filled[table], table).toBeGreaterThan(0);

    const { deletion } = await remove(world.hub, ann);
    // From the first moment it is found by nobody, and its address is free.
    for (const browser of [ann, bea]) {
      await expect(world.hub.workspaces.getScope({ type: "person", userId: browser.userId }, slug)).rejects.toMatchObject({
        code: "ENOENT",
      });
      expect((await world.hub.workspaces.list(browser.userId)).map((workspace) => workspace.slug)).not.toContain(slug);
    }
    expect(await world.hub.workspaces.create(bea.userId, { name: "New", slug })).toMatchObject({ slug });

    await world.hub.endings.settled();
    expect(Object.values(await rowsOf(workspaceId)).every((count) => count === 0)).toBe(true);
    const view = await world.hub.endings.getDeletion(ann.userId, deletion);
    expect(view).toMatchObject({ name: slug, connections: 2, connectionsLeft: 0, finishedAt: expect.any(String) });
    expect(view.erased).toBeGreaterThan(1200);
    expect(view.receipts.map(({ revoked, requestId }) => [revoked, requestId])).toEqual([
      ["revoked", expect.any(String)],
      ["revoked", expect.any(String)],
    ]);
    expect(JSON.stringify(view)).not.toContain("secret-account");
    // Nobody else is told anything of it.
    await expect(world.hub.endings.getDeletion(bea.userId, deletion)).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("goes on when a tool cannot be reached, and says so", async () => {
    await connect(ann);
    world.tool.revokeStatus = 503;
    const { deletion } = await remove(world.hub, ann);
    await world.hub.endings.settled();
    world.tool.revokeStatus = 200;
    const view = await world.hub.endings.getDeletion(ann.userId, deletion);
    expect(view.receipts).toMatchObject([
      { revoked: "failed", proof: expect.stringContaining("Open Fake's settings and remove the hub.") },
    ]);
    expect(view.finishedAt).not.toBeNull();
  });

  it("is asked for by an owner who types its name, and by nobody else", async () => {
    const admin = await world.colleague(ann, "admin");
    await expect(world.hub.endings.deleteWorkspace(ann.scope, "another name")).rejects.toMatchObject({ code: "EINVAL" });
    await expect(remove(world.hub, admin)).rejects.toMatchObject({ code: "EACCES" });
    expect(await world.hub.workspaces.get(ann.scope)).toMatchObject({ slug: ann.scope.slug });
  });

  it("that was broken off anywhere is taken up by the job of another process, and keeps its receipts", async () => {
    const { workspaceId } = ann.scope;
    await connect(ann);
    await connect(ann, "private");
    await fill(ann);
    const release = () => executeSql("update workspace_deletion set held_until = now() - interval '1 s' where id = $1", [workspaceId]);

    // Right after it was begun: nothing was done yet.
    await executeSql("select hub_begin_workspace_deletion($1, $2)", [workspaceId, ann.userId]);
    // A connection in the middle of its revocation when the process died.
    await world.hub.db.withScope(ann.scope, (tx) =>
      tx
        .update(connections)
        .set({ status: "disconnecting", endingUntil: sql`now() + interval '1 minute'` })
        .where(and(eq(connections.workspaceId, workspaceId), ne(connections.visibility, "private"))),
    );
    const first = other.endings.takeUp();
    await expect.poll(() => ids(ann).then((left) => left.length)).toBe(1);
    // Somebody holds the deletion: a second look takes nothing up.
    expect(await world.hub.endings.takeUp()).toMatchObject({ deleted: 0 });
    await executeSql("update connection set ending_until = now() - interval '1 s' where workspace_id = $1", [workspaceId]);
    expect(await first).toMatchObject({ deleted: 1 });
    expect(Object.values(await rowsOf(workspaceId)).every((count) => count === 0)).toBe(true);

    // Dead after the last row was erased, before that was noted.
    await executeSql("update workspace_deletion set finished_at = null where id = $1", [workspaceId]);
    await release();
    expect(await world.hub.endings.takeUp()).toMatchObject({ deleted: 1 });
    const view = await world.hub.endings.getDeletion(ann.userId, `wsp_${workspaceId.replaceAll("-", "")}`);
    expect(view.receipts).toHaveLength(2);
    expect(view.finishedAt).not.toBeNull();
  });

  it("deletes no more rows a statement than it is told, and none of a workspace that is not being deleted", async () => {
    const { workspaceId } = ann.scope;
    await fill(ann);
    const erase = () => executeSql("select * from hub_erase_workspace($1, 100)", [workspaceId]);
    expect((await erase()).rows).toEqual([]);
    await executeSql("select hub_begin_workspace_deletion($1, $2)", [workspaceId, ann.userId]);
    const steps: string[] = [];
    for (let { rows } = await erase(); rows[0] !== undefined; { rows } = await erase()) {
      expect(Number(rows[0].erased)).toBeLessThanOrEqual(100);
      steps.push(String(rows[0].erased_table));
    }
    expect(steps.filter((table) => table === "vfs_node").length).toBeGreaterThan(10);
    expect(steps.at(-1)).toBe("workspace");
    expect(Object.values(await rowsOf(workspaceId)).every((count) => count === 0)).toBe(true);
    await other.endings.takeUp();
  });

  it("erases nothing while a connection is left whose access was not ended", async () => {
    await connect(ann);
    await executeSql("select hub_begin_workspace_deletion($1, $2)", [ann.scope.workspaceId, ann.userId]);
    await expect(executeSql("select * from hub_erase_workspace($1, 100)", [ann.scope.workspaceId])).rejects.toMatchObject({
      code: "55000",
    });
    expect(await other.endings.takeUp()).toMatchObject({ deleted: 1 });
  });
});
