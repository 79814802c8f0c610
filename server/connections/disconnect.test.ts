import { eq } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { connections, connectionTokens, rateBuckets } from "@/db/schema/connections";
import { vfsContents, vfsDirectoryStates, vfsHandles, vfsNodes, vfsPrints } from "@/db/schema/vfs";
import { auditEvents } from "@/db/schema/workspaces";
import { decodeId, newId } from "@/server/ids";
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
  ann = await world.browser(`leave-${number}`);
});

async function connect(browser: Browser, accountId: string, visibility = "workspace"): Promise<{ id: string; uuid: string }> {
  world.tool.account = { accountId, orgId: "org-1", accountName: accountId };
  const begun = await browser.begin("fake", { visibility });
  await browser.follow(await world.tool.consent(begun.url));
  const id = (await world.hub.connections.flows.view(browser.scope, begun.flow)).connection?.id ?? "";
  return { id, uuid: decodeId("connection", id) };
}

/** A mirror as the file system leaves it. */
async function mirror(browser: Browser, connectionId: string, count: number): Promise<void> {
  const root = `/context/con/${connectionId}`;
  const workspaceId = browser.scope.workspaceId;
  const nodes = Array.from({ length: count }, (_, index) => ({
    workspaceId,
    path: `${root}/n${index}`,
    parentPath: root,
    name: `n${index}`,
    kind: "file" as const,
    nodeId: newId(),
    connectionId,
  }));
  await world.hub.db.withScope(browser.scope, async (tx) => {
    for (let start = 0; start < nodes.length; start += 1000) await tx.insert(vfsNodes).values(nodes.slice(start, start + 1000));
    await tx
      .insert(vfsContents)
      .values(nodes.slice(0, 3).map(({ nodeId }) => ({ workspaceId, nodeId, connectionId, body: "b", etag: "e" })));
    await tx.insert(vfsPrints).values({ workspaceId, connectionId, path: `${root}/n1`, etag: "e", body: "b", expiresAt: new Date() });
    await tx.insert(vfsDirectoryStates).values({ workspaceId, path: root, connectionId });
    await tx.insert(vfsHandles).values({ workspaceId, connectionId, handle: "abcdefgh", objectKind: "thing", externalId: "1" });
  });
}

/** How many rows of each of the connection's tables the workspace still has. */
const left = (browser: Browser) =>
  world.hub.db.withScope(browser.scope, async (tx) => ({
    connections: (await tx.select({ id: connections.id }).from(connections)).map((row) => row.id),
    rest: [
      await tx.$count(connectionTokens),
      await tx.$count(rateBuckets),
      await tx.$count(vfsNodes),
      await tx.$count(vfsContents),
      await tx.$count(vfsPrints),
      await tx.$count(vfsDirectoryStates),
      await tx.$count(vfsHandles),
    ],
  }));

describe("disconnecting", () => {
  it("revokes at the tool, deletes all that the connection brought and nothing else, and says so", async () => {
    const kept = await connect(ann, `kept-${number}`);
    const gone = await connect(ann, `gone-${number}`);
    const refreshToken = world.tool.given.at(-1);
    await mirror(ann, kept.uuid, 5);
    await mirror(ann, gone.uuid, 4321);
    const receipt = await world.hub.connections.disconnect(ann.scope, gone.id);
    expect(receipt).toEqual({
      connection: gone.id,
      revoked: { outcome: "revoked", proof: "The tool answered 200." },
      purged: { files: 4321 },
      summary: "The tool answered 200. The hub deleted its tokens and 4321 mirrored entries.",
    });
    expect(world.tool.revoked).toContain(refreshToken);
    expect(await left(ann)).toEqual({ connections: [kept.uuid], rest: [1, 0, 5, 3, 1, 1, 1] });
    const [event] = await world.hub.db.withScope(ann.scope, (tx) =>
      tx.select().from(auditEvents).where(eq(auditEvents.action, "connection.disconnected")),
    );
    expect(event).toMatchObject({ actorUserId: ann.userId, subject: gone.id, detail: { revoked: "revoked", files: 4321 } });
    await expect(world.hub.connections.disconnect(ann.scope, gone.id)).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("forgets the tokens and says what to do when the tool cannot be asked", async () => {
    const { id } = await connect(ann, `down-${number}`);
    world.tool.revokeStatus = 503;
    const receipt = await world.hub.connections.disconnect(ann.scope, id).finally(() => {
      world.tool.revokeStatus = 200;
    });
    expect(receipt.revoked).toEqual({
      outcome: "failed",
      proof: "Fake could not be asked to end the access. Fake answered 503. End the access in the settings of Fake as well.",
    });
    expect(await left(ann)).toEqual({ connections: [], rest: [0, 0, 0, 0, 0, 0, 0] });
  });

  it("goes on after an interruption, and lets nothing be read meanwhile", async () => {
    const { id, uuid } = await connect(ann, `half-${number}`);
    await world.hub.db.withScope(ann.scope, async (tx) => {
      await tx.update(connections).set({ status: "disconnecting" });
      await tx.delete(connectionTokens);
    });
    expect((await world.hub.connections.get(ann.scope, id)).status.state).toBe("disconnecting");
    await expect(world.hub.connections.mounted.authorizedSend(ann.scope, uuid)).rejects.toMatchObject({ code: "ENOTCONN" });
    expect((await world.hub.connections.mounted.list(ann.scope)).connections).toEqual([]);
    const receipt = await world.hub.connections.disconnect(ann.scope, id);
    expect(receipt.revoked.outcome).toBe("already_revoked");
    expect((await left(ann)).connections).toEqual([]);
  });

  it("does not let the account be connected again while it is under way", async () => {
    await connect(ann, `again-${number}`);
    await world.hub.db.withScope(ann.scope, (tx) => tx.update(connections).set({ status: "disconnecting" }));
    const begun = await ann.begin();
    await ann.follow(await world.tool.consent(begun.url));
    expect(await world.hub.connections.flows.view(ann.scope, begun.flow)).toMatchObject({ status: "failed", title: "Still disconnecting" });
  });

  it("keeps the account of a private connection out of the audit trail", async () => {
    const { id } = await connect(ann, `secret-account-${number}`, "private");
    await world.hub.connections.disconnect(ann.scope, id);
    const events = await world.hub.db.withScope(ann.scope, (tx) => tx.select().from(auditEvents));
    expect(events.map((event) => event.action).sort()).toEqual(["connection.connected", "connection.disconnected"]);
    expect(JSON.stringify(events)).not.toContain("secret-account");
  });

  it("makes a new connection when the account is connected again, which inherits nothing", async () => {
    const first = await connect(ann, `back-${number}`);
    await mirror(ann, first.uuid, 3);
    await world.hub.connections.disconnect(ann.scope, first.id);
    const second = await connect(ann, `back-${number}`);
    expect(second.id).not.toBe(first.id);
    expect((await left(ann)).rest[2]).toBe(0);
  });
});
