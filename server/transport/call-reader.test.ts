import { afterAll, beforeAll, expect, test } from "vitest";
import type { Database } from "@/db/client";
import { apiCalls } from "@/db/schema/connections";
import type { WorkspaceScope } from "@/db/scope";
import { createTestDb, seedWorkspace } from "@/db/testing";
import { encodeId, newId } from "@/server/ids";
import { listCalls } from "./call-reader";

let db: Database;
let a: { scope: WorkspaceScope; userId: string; workspaceId: string };
let b: { scope: WorkspaceScope; userId: string; workspaceId: string };

const startMs = Date.UTC(2026, 10, 23);

/** Rows of workspace A: 5 in three different milliseconds, so that pages also break inside one. */
beforeAll(async () => {
  db = await createTestDb();
  a = await seedWorkspace(db, { slug: "calls-a" });
  b = await seedWorkspace(db, { slug: "calls-b" });
  await db.withScope(a.scope, (tx) =>
    tx.insert(apiCalls).values(
      [0, 1, 1, 1, 2].map((ms, index) => ({
        id: newId(),
        workspaceId: a.workspaceId,
        integration: "linear",
        callId: newId(),
        attempt: 1,
        operation: `call ${index}`,
        method: "POST",
        url: "https://api.linear.test/graphql",
        status: 200,
        durationMs: 12,
        requestBytes: 10,
        responseBytes: 20,
        path: "/context/tools/linear",
        actorUserId: a.userId,
        at: new Date(startMs + ms),
      })),
    ),
  );
});
afterAll(() => db.close());

test("pages of any size give every call once, newest first", async () => {
  for (const limit of [1, 2, 3, 5, 50]) {
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await listCalls(db, a.scope, { limit, cursor });
      expect(page.calls.length).toBeLessThanOrEqual(limit);
      seen.push(...page.calls.map((call) => call.id));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    expect(new Set(seen).size).toBe(5);
    const times = (await listCalls(db, a.scope, { limit: 50 })).calls.map((call) => call.at);
    expect(times).toEqual([...times].sort().reverse());
  }
});

test("another workspace sees none of them, not even with a cursor of theirs", async () => {
  const cursor = (await listCalls(db, a.scope, { limit: 1 })).nextCursor ?? undefined;
  expect(cursor).toBeDefined();
  expect(await listCalls(db, b.scope, { limit: 50 })).toEqual({ calls: [], nextCursor: null });
  expect(await listCalls(db, b.scope, { limit: 50, cursor })).toEqual({ calls: [], nextCursor: null });
});

test("a connection's calls are its own", async () => {
  expect((await listCalls(db, a.scope, { limit: 50, connection: encodeId("connection", newId()) })).calls).toEqual([]);
});

test.each(["", "x", "1.att_", `1.${encodeId("call", newId())}`, "-1.att_00000000000000000000000000000000"])(
  "a cursor that is not ours is refused (%j)",
  async (cursor) => {
    await expect(listCalls(db, a.scope, { limit: 1, cursor })).rejects.toMatchObject({ code: "EINVAL" });
  },
);

// The seed names a person after the role.
test("who it was for is named", async () => {
  const [call] = (await listCalls(db, a.scope, { limit: 1 })).calls;
  expect(call?.actor).toBe("owner");
});
