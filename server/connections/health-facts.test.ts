import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Database } from "@/db/client";
import { apiCalls, rateBuckets } from "@/db/schema/connections";
import { createTestDb, type SeededWorkspace, seedMember, seedWorkspace } from "@/db/testing";
import { newId } from "@/server/ids";
import { findLastFailure, findTokenFacts, listBudgets } from "./health-facts";
import { seedConnection, seedToken } from "./test-connection";

let db: Database;
let workspace: SeededWorkspace;
beforeAll(async () => {
  db = await createTestDb();
  workspace = await seedWorkspace(db, { slug: "health" });
});
afterAll(() => db.close());

type Call = Partial<typeof apiCalls.$inferInsert>;
const minute = 60_000;

/** Attempts in the log, each `at` so many minutes ago. */
async function log(connectionId: string, attempts: readonly (Call & { minutesAgo: number })[]): Promise<void> {
  await db.withScope(workspace.jobScope, (tx) =>
    tx.insert(apiCalls).values(
      attempts.map(({ minutesAgo, ...over }) => ({
        id: newId(),
        workspaceId: workspace.workspaceId,
        connectionId,
        integration: "plain",
        callId: newId(),
        attempt: 1,
        operation: "thing",
        method: "GET",
        url: "https://tool.test/thing",
        status: 200,
        durationMs: 5,
        requestBytes: 0,
        at: new Date(Date.now() - minutesAgo * minute),
        ...over,
      })),
    ),
  );
}

const failureOf = (connectionId: string) =>
  db.withScope(workspace.scope, (tx) => findLastFailure(tx, workspace.scope, connectionId, "Plain"));
const failed = { status: 502, errorCode: "EIO", vendorRequestId: "req-9", path: "/context/tools/plain/a" };

describe("the last failure", () => {
  it("is the newest call that failed, with what the vendor's support asks for and what to do", async () => {
    const id = await seedConnection(db, workspace.scope);
    await log(id, [
      { minutesAgo: 9, ...failed, vendorRequestId: "older" },
      { minutesAgo: 5, ...failed },
    ]);
    const found = await failureOf(id);
    expect(found).toMatchObject({
      operation: "thing",
      code: "EIO",
      status: 502,
      vendorRequestId: "req-9",
      path: "/context/tools/plain/a",
      isOver: false,
    });
    expect(found?.what).toContain("Plain failed (502)");
    expect(found?.advice).toContain("req-9");
    await log(id, [{ minutesAgo: 1 }]);
    expect(await failureOf(id)).toMatchObject({ vendorRequestId: "req-9", isOver: true });
  });

  it("is no call that got over its failures, nor one that whoever asked gave up", async () => {
    const id = await seedConnection(db, workspace.scope);
    const callId = newId();
    await log(id, [
      { minutesAgo: 3, ...failed, callId },
      { minutesAgo: 2, callId, attempt: 2 },
      { minutesAgo: 1, status: null, errorCode: "aborted" },
    ]);
    expect(await failureOf(id)).toBeNull();
  });

  it("of somebody's private connection is theirs alone", async () => {
    const id = await seedConnection(db, workspace.scope, { visibility: "private" });
    await log(id, [{ minutesAgo: 1, ...failed, ownerId: workspace.userId }]);
    expect(await failureOf(id)).not.toBeNull();
    const other = await seedMember(db, workspace.scope, { email: "other@health.test", role: "admin" });
    expect(await db.withScope(other.scope, (tx) => findLastFailure(tx, other.scope, id, "Plain"))).toBeNull();
  });
});

describe("the budgets", () => {
  const bucket = (connectionId: string, over: Partial<typeof rateBuckets.$inferInsert>) => ({
    workspaceId: workspace.workspaceId,
    connectionId,
    group: "default",
    tokens: 10,
    capacity: 60,
    refillPerSecond: 1,
    ...over,
  });

  it("are what is left now: refilled since, counted over the window, the general one first and then the tightest", async () => {
    const id = await seedConnection(db, workspace.scope);
    // A window of 200 s has slices of 10 s; `slice` is the one under way.
    const slice = Math.floor(Date.now() / 10_000);
    const spent = (...slices: number[]) => [...slices, ...Array.from({ length: 22 - slices.length }, () => 0)];
    await db.withScope(workspace.jobScope, (tx) =>
      tx
        .insert(rateBuckets)
        .values([
          bucket(id, { at: new Date(Date.now() - 20_000) }),
          bucket(id, { group: "window", capacity: 100, refillPerSecond: 0.5, windowSeconds: 200, slice: slice - 5, spent: spent(7, 3) }),
          bucket(id, { group: "over", capacity: 100, refillPerSecond: 0.5, windowSeconds: 200, slice: slice - 30, spent: spent(90) }),
          bucket(id, { group: "post|C1", tokens: 0, capacity: 1, refillPerSecond: 0.0001 }),
          bucket(id, { group: "blocked", blockedUntil: new Date(Date.now() + 60_000) }),
          bucket(id, { group: "at-once", refillPerSecond: 0, capacity: 4 }),
        ]),
    );
    const found = await db.withScope(workspace.scope, (tx) => listBudgets(tx, id));
    expect(found.map(({ group }) => group)).toEqual(["default", "blocked", "window", "over", "post|C1"]);
    const of = (group: string) => found.find((one) => one.group === group);
    expect(of("default")).toMatchObject({ capacity: 60, windowSeconds: 60, blockedUntil: null });
    expect(of("default")?.left).toBeGreaterThanOrEqual(29.9);
    expect(of("default")?.left).toBeLessThan(60);
    expect(of("window")).toMatchObject({ left: 90, windowSeconds: 200 });
    expect(of("over")).toMatchObject({ left: 100 });
    expect(of("blocked")?.blockedUntil).toMatch(/Z$/);
  });
});

describe("a token's facts", () => {
  it("say how it lasts and how its renewal goes, and hold nothing of the token", async () => {
    const id = await seedConnection(db, workspace.scope, {
      also: (tx, connectionId) => seedToken(tx, { workspaceId: workspace.workspaceId, connectionId }),
    });
    await db.withScope(workspace.jobScope, (tx) =>
      tx.execute(
        sql`update connection_token set failures = 2, backoff_until = clock_timestamp() + interval '1 minute' where connection_id = ${id}`,
      ),
    );
    const found = await db.withScope(workspace.scope, (tx) => findTokenFacts(tx, id));
    expect(found).toMatchObject({ expiresAt: null, renews: false, terminal: false, failures: 2 });
    expect(found?.pauseMs).toBeGreaterThan(0);
    expect(Object.keys(found ?? {})).not.toContain("accessEnc");
    expect(await db.withScope(workspace.scope, (tx) => findTokenFacts(tx, newId()))).toBeNull();
  });
});
