import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { connections } from "@/db/schema/connections";
import { seedMember, seedWorkspace } from "@/db/testing";
import { newId } from "@/server/ids";
import type { Hub } from "./hub";
import { checkReady } from "./ready";
import { createTestHub } from "./testing";

let hub: Hub;
beforeAll(async () => {
  hub = await createTestHub();
});
afterAll(() => vi.unstubAllGlobals());

test("when a member goes, the connections that only they saw go with them, and no others", async () => {
  const owner = await seedWorkspace(hub.db, { slug: "departures" });
  const member = await seedMember(hub.db, owner.scope, { email: "leaver@departures.test", role: "admin" });
  const row = {
    workspaceId: owner.workspaceId,
    integration: "retired-tool",
    status: "connected" as const,
    externalOrgId: "org",
    accountName: "Account",
    scopes: [],
    capabilities: [],
    timeZone: "UTC",
  };
  const insert = (scope: typeof owner.scope, ownerId: string, visibility: "private" | "workspace", name: string) =>
    hub.db.withScope(scope, (tx) =>
      tx.insert(connections).values({ ...row, id: newId(), ownerId, visibility, mountName: name, externalAccountId: name }),
    );
  await insert(member.scope, member.userId, "private", "leaver-private");
  await insert(member.scope, member.userId, "workspace", "leaver-shared");
  await insert(owner.scope, owner.userId, "private", "owner-private");

  await hub.workspaces.members.remove(owner.scope, member.userId);

  const left = await hub.db.withScope(owner.jobScope, (tx) => tx.select({ name: connections.mountName }).from(connections));
  expect(left.map(({ name }) => name).sort()).toEqual(["leaver-shared", "owner-private"]);
});

test("ready means that the database answers; a failure is told without its reason", async () => {
  vi.stubGlobal("hub", Promise.resolve(hub));
  expect(await checkReady()).toEqual({ ready: true, parts: { database: "ok" } });
  await hub.close();
  expect(await checkReady()).toEqual({ ready: false, parts: { database: "failed" } });
});
