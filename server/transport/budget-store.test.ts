import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDb, type Database } from "@/db/client";
import { createTestDb, type SeededWorkspace, seedWorkspace } from "@/db/testing";
import { createThrowAwayDatabase, testDatabaseUrl } from "@/db/testing-postgres";
import { seedConnection, seedToken } from "@/server/connections/test-connection";
import { newId } from "@/server/ids";
import type { RateGroup } from "@/server/integrations/contract";
import type { BudgetAnswer, BudgetAsk, Charge } from "./budget";
import { createBudgetStore } from "./budget-store";

let db: Database;
let workspace: SeededWorkspace;
const quiet = { warn: () => {} };

beforeAll(async () => {
  db = await createTestDb();
  workspace = await seedWorkspace(db, { slug: "budget" });
});
afterAll(() => db.close());

const storeOver = (over: Database) => createBudgetStore({ db: over, scopeOf: () => workspace.jobScope, log: quiet });

/** A connection whose token is at version 3. */
function connect(visibility: "private" | "workspace" = "workspace"): Promise<string> {
  return seedConnection(db, workspace.scope, {
    visibility,
    also: async (tx, id) => {
      const ownerId = visibility === "private" ? workspace.userId : null;
      await seedToken(tx, { workspaceId: workspace.workspaceId, connectionId: id, ownerId, version: 3 });
    },
  });
}

/** A bucket that refills so slowly that a test cannot see it. */
const slow: RateGroup = { group: "default", capacity: 10, refillPerSecond: 0.000_001 };

const charge = (group: RateGroup, cost = 1): Charge => ({ group, bucket: group.group, cost });

function ask(connectionId: string, over: Partial<BudgetAsk> & { group?: RateGroup; cost?: number } = {}): BudgetAsk {
  const { group = slow, cost, ...rest } = over;
  return {
    workspaceId: workspace.workspaceId,
    connectionId,
    operation: "test",
    charges: [charge(group, cost)],
    priority: "person",
    tokenVersion: 3,
    waitedMs: 0,
    patienceMs: 0,
    leaseMs: 60_000,
    ...rest,
  };
}

const outcomes = (answers: readonly BudgetAnswer[]) => answers.map((answer) => answer.outcome);
const count = (answers: readonly BudgetAnswer[], outcome: string) => outcomes(answers).filter((other) => other === outcome).length;

describe("the rate budget's store", () => {
  it("grants what the bucket holds and no more, one by one or all at once", async () => {
    const id = await connect();
    const store = storeOver(db);
    for (let n = 0; n < 4; n += 1) expect(await store.take(ask(id))).toEqual({ outcome: "granted" });
    const rest = await Promise.all(Array.from({ length: 30 }, () => store.take(ask(id))));
    expect(count(rest, "granted")).toBe(6);
    expect(count(rest, "wait")).toBe(24);
  });

  it("is one bucket for all processes, and each group and connection has its own", async () => {
    const [one, two] = [await connect(), await connect()];
    const stores = [storeOver(db), storeOver(db), storeOver(db)];
    const answers = await Promise.all(
      Array.from({ length: 45 }, (_, n) => stores[n % 3]?.take(ask(one)) ?? Promise.reject(new Error("no store"))),
    );
    expect(count(answers, "granted")).toBe(10);
    expect((await storeOver(db).take(ask(one, { group: { ...slow, group: "search" } }))).outcome).toBe("granted");
    expect((await storeOver(db).take(ask(two))).outcome).toBe("granted");
  });

  it("costs one round trip when warm, also with the vendor's numbers to write, and shares it among those who wait", async () => {
    const id = await connect();
    const store = storeOver(db);
    const big = { group: "default", capacity: 1000, refillPerSecond: 0.000_001 };
    await store.take(ask(id, { group: big }));
    const before = db.roundTrips;
    await store.take(ask(id, { group: big }));
    store.learn(ask(id, { group: big }), charge(big), { group: "default", remaining: 500 });
    await store.take(ask(id, { group: big }));
    expect(db.roundTrips - before).toBe(2);
    const beforeMany = db.roundTrips;
    await Promise.all(Array.from({ length: 50 }, () => store.take(ask(id, { group: big }))));
    expect(db.roundTrips - beforeMany).toBeLessThanOrEqual(2);
  });

  it("says how long to wait until the bucket has refilled", async () => {
    const id = await connect();
    const group = { group: "default", capacity: 1, refillPerSecond: 0.1 };
    const store = storeOver(db);
    await store.take(ask(id, { group }));
    const answer = await store.take(ask(id, { group }));
    expect(answer).toMatchObject({ outcome: "wait" });
    if (answer.outcome === "wait") {
      expect(answer.waitMs).toBeGreaterThan(5000);
      expect(answer.waitMs).toBeLessThanOrEqual(10_000);
    }
  });

  it("refills at the group's rate up to its capacity", async () => {
    const id = await connect();
    const store = storeOver(db);
    const group = { group: "default", capacity: 10, refillPerSecond: 1 };
    await Promise.all(Array.from({ length: 10 }, () => store.take(ask(id, { group }))));
    await db.withScope(workspace.jobScope, (tx) =>
      tx.execute(sql`update rate_bucket set at = at - interval '3500 milliseconds' where connection_id = ${id}`),
    );
    expect(count(await Promise.all(Array.from({ length: 6 }, () => store.take(ask(id, { group })))), "granted")).toBe(3);
    await db.withScope(workspace.jobScope, (tx) =>
      tx.execute(sql`update rate_bucket set at = at - interval '1 hour' where connection_id = ${id}`),
    );
    expect(count(await Promise.all(Array.from({ length: 20 }, () => store.take(ask(id, { group })))), "granted")).toBe(10);
  });

  it("lets people go before background work, and keeps a fifth of the bucket for them", async () => {
    const id = await connect();
    const store = storeOver(db);
    const answers = await Promise.all([
      ...Array.from({ length: 9 }, () => store.take(ask(id, { priority: "background" }))),
      ...Array.from({ length: 5 }, () => store.take(ask(id))),
    ]);
    // The first to come may be asked for alone, before the others are there; all the rest go together.
    expect(outcomes(answers.slice(9))).toEqual(Array.from({ length: 5 }, () => "granted"));
    expect(count(answers.slice(0, 9), "granted")).toBe(3);
    expect((await store.take(ask(id, { priority: "background" }))).outcome).toBe("wait");
    expect((await store.take(ask(id))).outcome).toBe("granted");
  });

  it("charges a call's cost, and lets one that costs more than the bucket holds wait for a full one, not for ever", async () => {
    const id = await connect();
    const store = storeOver(db);
    expect((await store.take(ask(id, { cost: 7 }))).outcome).toBe("granted");
    expect((await store.take(ask(id, { cost: 4 }))).outcome).toBe("wait");
    expect((await store.take(ask(id, { cost: 3 }))).outcome).toBe("granted");
    expect((await store.take(ask(await connect(), { cost: 50 }))).outcome).toBe("granted");
  });

  it("notices at the next call, without charging it, that the token is another, that a person is needed, or that the connection is gone", async () => {
    const id = await connect();
    const store = storeOver(db);
    expect((await store.take(ask(id))).outcome).toBe("granted");
    const older = await Promise.all([store.take(ask(id, { tokenVersion: 2, cost: 9 })), store.take(ask(id, { cost: 9 }))]);
    expect(outcomes(older)).toEqual(["stale_token", "granted"]);
    await db.withScope(workspace.scope, (tx) =>
      tx.execute(sql`with ended as (update connection_token set access_expires_at = clock_timestamp() where connection_id = ${id})
        update connection set status = 'reauth_required', status_reason = 'Connect it again.' where id = ${id}`),
    );
    expect(await store.take(ask(id))).toEqual({ outcome: "unusable", reason: "Connect it again." });
    await db.withScope(workspace.scope, (tx) => tx.execute(sql`delete from connection where id = ${id}`));
    expect((await store.take(ask(id))).outcome).toBe("unusable");
  });

  it("grants calls to a connection that has to be connected again for as long as its access lasts, known or not", async () => {
    for (const expiry of ["clock_timestamp() + interval '1 hour'", "null"]) {
      const id = await connect();
      await db.withScope(workspace.scope, (tx) =>
        tx.execute(sql`with lasting as (update connection_token set access_expires_at = ${sql.raw(expiry)} where connection_id = ${id})
          update connection set status = 'reauth_required' where id = ${id}`),
      );
      expect((await storeOver(db).take(ask(id))).outcome, expiry).toBe("granted");
    }
  });

  it("does not serve a connection of another workspace", async () => {
    const other = await seedWorkspace(db, { slug: `other-${newId().slice(-8)}` });
    const id = await connect();
    const store = createBudgetStore({ db, scopeOf: () => other.jobScope, log: quiet });
    expect((await store.take(ask(id))).outcome).toBe("unusable");
  });

  it("is closed for every process after the vendor's refusal, for as long as the vendor says", async () => {
    const id = await connect();
    await storeOver(db).block(ask(id), [charge(slow)], 60_000);
    const answer = await storeOver(db).take(ask(id));
    expect(answer).toMatchObject({ outcome: "wait" });
    if (answer.outcome === "wait") expect(answer.waitMs).toBeGreaterThan(55_000);
    await db.withScope(workspace.jobScope, (tx) =>
      tx.execute(sql`update rate_bucket set blocked_until = clock_timestamp(), tokens = 5 where connection_id = ${id}`),
    );
    expect((await storeOver(db).take(ask(id))).outcome).toBe("granted");
  });

  it("learns from the vendor that less is left, that the limit is another, and when an empty one comes back", async () => {
    const id = await connect();
    const store = storeOver(db);
    const group = { group: "default", capacity: 100, refillPerSecond: 0.000_001 };
    await store.take(ask(id, { group }));
    store.learn(ask(id, { group }), charge(group), { group: "default", limit: 50, remaining: 2 });
    const answers = await Promise.all(Array.from({ length: 5 }, () => store.take(ask(id, { group }))));
    expect(count(answers, "granted")).toBe(2);
    const { rows } = await db.withScope(workspace.jobScope, (tx) =>
      tx.execute(sql`select capacity from rate_bucket where connection_id = ${id}`),
    );
    expect(rows).toEqual([{ capacity: 50 }]);
    store.learn(ask(id, { group }), charge(group), { group: "default", limit: 50, remaining: 0, resetAtMs: Date.now() + 30_000 });
    const blocked = await store.take(ask(id, { group }));
    expect(blocked).toMatchObject({ outcome: "wait" });
    expect(blocked.outcome === "wait" && blocked.waitMs > 25_000).toBe(true);
  });

  it("shows the bucket of a private connection to its owner only", async () => {
    const id = await connect("private");
    await storeOver(db).take(ask(id));
    const { rows } = await db.withScope(workspace.jobScope, (tx) =>
      tx.execute(sql`select owner_id from rate_bucket where connection_id = ${id}`),
    );
    expect(rows).toEqual([{ owner_id: workspace.userId }]);
  });
});

describe.runIf(testDatabaseUrl !== null)("the rate budget's store on PostgreSQL", () => {
  it("grants no more than the bucket holds to processes that ask at the same moment", async () => {
    const { url, drop } = await createThrowAwayDatabase();
    const first = await createDb({ url, driver: "pg" });
    const second = await createDb({ url, driver: "pg" });
    try {
      const there = await seedWorkspace(first, { slug: "budget-pg" });
      const id = await seedConnection(first, there.scope, {
        also: async (tx, connectionId) => {
          await seedToken(tx, { workspaceId: there.workspaceId, connectionId, version: 3 });
        },
      });
      const stores = [first, second, first, second].map((over) =>
        createBudgetStore({ db: over, scopeOf: () => there.jobScope, log: quiet }),
      );
      const group = { group: "default", capacity: 40, refillPerSecond: 0.000_001 };
      const asked = ask(id, { workspaceId: there.workspaceId, group });
      const answers: BudgetAnswer[] = [];
      for (let round = 0; round < 10; round += 1) {
        answers.push(...(await Promise.all(stores.flatMap((store) => [store.take(asked), store.take(asked)]))));
      }
      expect(answers.length).toBe(80);
      expect(count(answers, "granted")).toBe(40);
    } finally {
      await first.close();
      await second.close();
      await drop();
    }
  });
});
