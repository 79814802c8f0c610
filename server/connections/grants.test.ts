import { afterAll, beforeAll, expect, it } from "vitest";
import { type ConnectHub, startConnectHub } from "./testing-hub";

let world: ConnectHub;
beforeAll(async () => {
  world = await startConnectHub();
});
afterAll(() => world.close());

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
