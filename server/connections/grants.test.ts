import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, it } from "vitest";
import { oauthFlows } from "@/db/schema/connections";
import { decodeId, newId } from "@/server/ids";
import { type ConnectHub, startConnectHub } from "./testing-hub";

let world: ConnectHub;
beforeAll(async () => {
  world = await startConnectHub();
});
afterAll(() => world.close());

it("an answer is refused when the person lost the right to connect, or left the workspace", async () => {
  const ann = await world.browser("rights");
  const owner = await world.colleague(ann, "owner");
  const demoted = await world.colleague(ann, "admin");
  const first = await demoted.begin();
  const firstBack = await world.tool.consent(first.url);
  await world.hub.workspaces.members.setRole(owner.scope, demoted.userId, "member");
  await demoted.follow(firstBack);
  expect(await world.hub.connections.flows.view(demoted.scope, first.flow)).toMatchObject({
    status: "failed",
    title: "You may no longer connect tools here",
  });

  const leaver = await world.colleague(ann, "admin");
  const second = await leaver.begin();
  const secondBack = await world.tool.consent(second.url);
  await world.hub.workspaces.members.remove(owner.scope, leaver.userId);
  expect((await leaver.follow(secondBack)).query.get("problem")).toBe("unknown");
  expect(world.tool.asked).not.toContain("/token");
});

it("stores nothing for someone who is removed while the tool is asked, and gives the grant back", async () => {
  const ann = await world.browser("grants");
  const owner = await world.colleague(ann, "owner");
  const leaver = await world.colleague(ann, "admin");
  const { url, flow } = await leaver.begin("fake", { visibility: "private" });
  const back = await world.tool.consent(url);
  world.tool.beforeToken = () => world.hub.workspaces.members.remove(owner.scope, leaver.userId);
  const revokedBefore = world.tool.revoked.length;
  await leaver.follow(back);
  const { rows } = await world.hub.db.executeSql<{ n: number }>("select count(*)::int as n from connection where owner_id = $1", [
    leaver.userId,
  ]);
  expect(rows[0]?.n).toBe(0);
  expect(world.tool.revoked.slice(revokedBefore)).not.toEqual([]);
  expect(await world.hub.connections.flows.view(leaver.scope, flow)).toMatchObject({
    status: "failed",
    title: "You may no longer connect tools here",
  });
});

it("a connection that may do less from now on keeps nothing in the mirror of what it may not read any more", async () => {
  const ann = await world.browser("narrower");
  const connect = async () => {
    const { url } = await ann.begin("fake", { capabilities: ["read:things", "write:things"] });
    await ann.follow(await world.tool.consent(url));
    const [connection] = await world.hub.connections.list(ann.scope);
    return connection?.id ?? "";
  };
  const rows = async () => (await world.hub.db.withScope(ann.scope, (tx) => tx.execute(sql`select 1 from vfs_node`))).rows.length;
  const id = await connect();
  const mirror = () => {
    const uuid = decodeId("connection", id);
    return world.hub.db.withScope(ann.scope, (tx) =>
      tx.execute(
        sql`insert into vfs_node (workspace_id, path, parent_path, name, kind, node_id, connection_id) values (${ann.scope.workspaceId}, ${`/context/con/${uuid}/a`}, ${`/context/con/${uuid}`}, 'a', 'file', ${newId()}, ${uuid})`,
      ),
    );
  };
  await mirror();
  expect(await connect()).toBe(id);
  expect(await rows()).toBe(1);
  // A consent that grants less.
  world.tool.granted = "write";
  expect(await connect()).toBe(id);
  expect(await rows()).toBe(0);
  // Reading is switched off.
  world.tool.granted = "read write";
  await connect();
  await mirror();
  await world.hub.connections.switchCapability(ann.scope, id, { capability: "write:things", on: false });
  expect(await rows()).toBe(1);
  await world.hub.connections.switchCapability(ann.scope, id, { capability: "read:things", on: false });
  expect(await rows()).toBe(0);
});

it("a consent that comes back in its last moment is worked on, and not given up meanwhile", async () => {
  const ann = await world.browser("last-moment");
  const { url, flow } = await ann.begin();
  const back = await world.tool.consent(url);
  world.tool.beforeToken = async () => {
    const [row] = await world.hub.db.withScope(ann.scope, (tx) => tx.select().from(oauthFlows));
    expect(row).toMatchObject({ status: "exchanging" });
    expect((row?.expiresAt.getTime() ?? 0) - (row?.consumedAt?.getTime() ?? 0)).toBe(120_000);
  };
  await ann.follow(back);
  expect((await world.hub.connections.flows.view(ann.scope, flow)).status).toBe("connected");
});
