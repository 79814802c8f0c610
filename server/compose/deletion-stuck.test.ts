import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import type { Database } from "@/db/client";
import { connections } from "@/db/schema/connections";
import { createTestDb, seedWorkspace } from "@/db/testing";
import { seedConnection } from "@/server/connections/test-connection";
import { encodeId } from "@/server/ids";
import { createEndings } from "./ending-runner";

/** A connection that cannot be disconnected, whatever is tried. The pauses between looks are none here. */

vi.mock("node:timers/promises", async (original) => ({ ...(await original<object>()), setTimeout: () => Promise.resolve() }));

let db: Database;
beforeAll(async () => {
  db = await createTestDb();
});
afterAll(() => db.close());

it("keeps its own workspace from being deleted, and no other, whose keys are forgotten", async () => {
  const log = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn(), child: () => log };
  const forgetKeys = vi.fn();
  let stuck = "";
  const endings = createEndings({
    db,
    log,
    disconnect: async (scope, connection) => {
      if (scope.workspaceId === stuck) throw new Error("never");
      await db.withScope(scope, (tx) => tx.delete(connections));
      return connection;
    },
    giveBackHeld: async () => 0,
    receipts: async () => ({ receipts: [], cursor: null }),
    flush: async () => {},
    forgetKeys,
  });
  const [one, other] = [await seedWorkspace(db, { slug: "stuck" }), await seedWorkspace(db, { slug: "free" })];
  stuck = one.workspaceId;
  for (const { scope } of [one, other]) await seedConnection(db, scope);
  for (const { workspaceId, userId } of [one, other]) {
    await db.withSystem((tx) => tx.execute(sql`select hub_begin_workspace_deletion(${workspaceId}::uuid, ${userId}::uuid)`));
  }
  expect(await endings.takeUp()).toMatchObject({ deleted: 1 });
  const viewOf = ({ userId, workspaceId }: typeof one) => endings.getDeletion(userId, encodeId("workspace", workspaceId));
  expect(await viewOf(one)).toMatchObject({ finishedAt: null, connectionsLeft: 1 });
  expect((await viewOf(other)).finishedAt).not.toBeNull();
  expect(forgetKeys.mock.calls).toEqual([[other.workspaceId]]);
  expect(log.error).toHaveBeenCalledWith(expect.objectContaining({ workspaceId: stuck }), expect.any(String));
});
