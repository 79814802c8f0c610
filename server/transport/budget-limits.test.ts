import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTestDb, seedWorkspace } from "@/db/testing";
import type { RateGroup } from "@/server/integrations/contract";
import type { BudgetStore, Charge } from "./budget";
import { askFor, type BudgetWorld, budgetWorld, chargeFor, countOf, waitOf } from "./test-budget";

let world: BudgetWorld;
beforeAll(async () => {
  const db = await createTestDb();
  world = budgetWorld(db, await seedWorkspace(db, { slug: "limits" }));
});
afterAll(() => world.db.close());

/** A limit that nobody sees refill during a test. */
const still = (group: string, capacity: number): RateGroup => ({ group, capacity, refillPerSecond: 0.000_001 });

async function ask(store: BudgetStore, connectionId: string, ...charges: readonly Charge[]) {
  return (await store.take(askFor(world, connectionId, charges))).outcome;
}

/** How many of so many asks at the same moment are granted. */
async function grantedOf(store: BudgetStore, connectionId: string, times: number, ...charges: readonly Charge[]): Promise<number> {
  return countOf(await Promise.all(Array.from({ length: times }, () => store.take(askFor(world, connectionId, charges)))), "granted");
}

describe("a call that counts against several limits", () => {
  const [requests, points] = [still("requests", 10), still("points", 30)];

  it("pays all of them or none, in one round trip", async () => {
    const id = await world.connect();
    const store = world.startProcess();
    await ask(store, id, chargeFor(requests), chargeFor(points, 10));
    const before = world.db.roundTrips;
    expect(await ask(store, id, chargeFor(requests), chargeFor(points, 10))).toBe("granted");
    expect(world.db.roundTrips - before).toBe(1);
    for (let n = 0; n < 5; n += 1) expect(await ask(store, id, chargeFor(requests), chargeFor(points, 11))).toBe("wait");
    expect(await ask(store, id, chargeFor(requests), chargeFor(points, 10))).toBe("granted");
    // Three calls were made: the refused ones have cost neither limit anything.
    expect(await grantedOf(store, id, 20, chargeFor(requests))).toBe(7);
  });

  it("is one sum for all processes", async () => {
    const id = await world.connect();
    const stores = [world.startProcess(), world.startProcess(), world.startProcess()];
    const counts = await Promise.all(stores.map((store) => grantedOf(store, id, 8, chargeFor(requests), chargeFor(points, 2))));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(10);
  });

  it("waits for the limit that is furthest away", async () => {
    const id = await world.connect();
    const store = world.startProcess();
    const [near, far] = [
      { group: "near", capacity: 1, refillPerSecond: 1 },
      { group: "far", capacity: 1, refillPerSecond: 0.1 },
    ];
    await ask(store, id, chargeFor(near), chargeFor(far));
    const waitMs = waitOf(await store.take(askFor(world, id, [chargeFor(near), chargeFor(far)])));
    expect(waitMs).toBeGreaterThan(5000);
    expect(waitMs).toBeLessThanOrEqual(10_000);
  });

  it("is set right by what the vendor says it cost, both ways, at the next call and without a statement of its own", async () => {
    const id = await world.connect();
    const store = world.startProcess();
    const dear = askFor(world, id, [chargeFor(points, 20)]);
    expect((await store.take(dear)).outcome).toBe("granted");
    const before = world.db.roundTrips;
    store.learn(dear, chargeFor(points), { group: "points", cost: 5 });
    expect(await ask(store, id, chargeFor(points, 25))).toBe("granted");
    store.learn({ ...dear, charges: [chargeFor(points, 2)] }, chargeFor(points), { group: "points", cost: 8 });
    expect(await ask(store, id, chargeFor(points, 1))).toBe("wait");
    expect(world.db.roundTrips - before).toBe(2);
  });

  it("pays from then on a declared limit that the vendor's answer shows it to count against", async () => {
    const id = await world.connect();
    const store = world.startProcess();
    const endpoint = still("endpoint", 100);
    const create = askFor(world, id, [chargeFor(requests)], { operation: "create" });
    await store.take(create);
    store.learn(create, chargeFor(endpoint, 1, "create"), { group: "endpoint", key: "create", limit: 5, remaining: 2 });
    const answers = await Promise.all(Array.from({ length: 6 }, () => store.take(create)));
    expect(countOf(answers, "granted")).toBe(2);
    expect((await store.take({ ...create, operation: "read" })).outcome).toBe("granted");
  });
});

describe("a vendor that names another limit with every answer", () => {
  it("makes a call pay a few of them, not all", async () => {
    const id = await world.connect();
    const store = world.startProcess();
    const own = askFor(world, id, [chargeFor(still("own", 100))]);
    await store.take(own);
    const endpoint = still("endpoint", 5);
    for (let n = 0; n < 100; n += 1) store.learn(own, chargeFor(endpoint, 1, `e${n}`), { group: "endpoint", key: `e${n}`, limit: 5 });
    await store.take(own);
    const { rows } = await world.db.withScope(world.workspace.jobScope, (tx) =>
      tx.execute(sql`select method_group from rate_bucket where connection_id = ${id}`),
    );
    expect(rows.length).toBe(9);
  });
});

describe("the limits of made-up vendors", () => {
  it("a window: never more than its capacity in any stretch of it, and all of it again when the stretch is over", async () => {
    const id = await world.connect();
    const store = world.startProcess();
    const minute = { group: "user", capacity: 100, windowMs: 60_000 };
    const units = chargeFor(minute, 20);
    // A hundredth is never spent: four calls of 20 units, at 0 s and at 30 s two each.
    expect(await grantedOf(store, id, 2, units)).toBe(2);
    await world.pass(id, 30);
    expect(await grantedOf(store, id, 9, units)).toBe(2);
    // 57 s: a fixed window would have begun anew by half and a leaky bucket would be almost full; here nothing has come back.
    await world.pass(id, 27);
    const waitMs = waitOf(await store.take(askFor(world, id, [units])));
    expect(waitMs).toBeGreaterThan(3000);
    expect(waitMs).toBeLessThanOrEqual(9000);
    // 66 s: what was spent at 0 s is free, what was spent at 30 s is not.
    await world.pass(id, 9);
    expect(await grantedOf(store, id, 9, units)).toBe(2);
    await world.pass(id, 600);
    expect(await grantedOf(store, id, 9, units)).toBe(4);
  });

  it("a window of ten minutes is waited for by what has to leave it, also when it takes more than one part of it", async () => {
    const id = await world.connect();
    const store = world.startProcess();
    const mailbox = { group: "mailbox", capacity: 50, windowMs: 600_000 };
    await ask(store, id, chargeFor(mailbox, 30));
    await world.pass(id, 300);
    await ask(store, id, chargeFor(mailbox, 20));
    const [small, large] = [10, 40].map((cost) => store.take(askFor(world, id, [chargeFor(mailbox, cost)])));
    const smallMs = waitOf(await (small ?? Promise.reject(new Error("no ask"))));
    const largeMs = waitOf(await (large ?? Promise.reject(new Error("no ask"))));
    expect(smallMs).toBeGreaterThan(300_000);
    expect(smallMs).toBeLessThanOrEqual(360_000);
    expect(largeMs).toBeGreaterThan(600_000);
    expect(largeMs).toBeLessThanOrEqual(660_000);
  });

  it("a window that others have emptied opens when the vendor says, not before, and at most a twentieth of it later", async () => {
    const id = await world.connect();
    const store = world.startProcess();
    const hour = { group: "hour", capacity: 100, windowMs: 3_600_000 };
    const first = askFor(world, id, [chargeFor(hour)]);
    await store.take(first);
    store.learn(first, chargeFor(hour), { group: "hour", remaining: 0, resetAtMs: Date.now() + 360_000 });
    const waitMs = waitOf(await store.take(first));
    expect(waitMs).toBeGreaterThan(355_000);
    expect(waitMs).toBeLessThanOrEqual(540_000);
    await world.pass(id, 540);
    expect(await grantedOf(store, id, 200, chargeFor(hour))).toBe(99);
  });

  it("a limit whose reset is further off than its window is long stays closed until then", async () => {
    const id = await world.connect();
    const store = world.startProcess();
    const short = { group: "short", capacity: 100, windowMs: 60_000 };
    const first = askFor(world, id, [chargeFor(short)]);
    await store.take(first);
    store.learn(first, chargeFor(short), { group: "short", remaining: 0, resetAtMs: Date.now() + 3_600_000 });
    expect(waitOf(await store.take(first))).toBeGreaterThan(3_500_000);
    await world.pass(id, 3_600);
    expect((await store.take(first)).outcome).toBe("granted");
  });

  it("a leaky bucket that others have emptied fills as documented, not only when the vendor says it is full", async () => {
    const id = await world.connect();
    const store = world.startProcess();
    const leaky = { group: "leaky", capacity: 50, refillPerSecond: 0.5 };
    const first = askFor(world, id, [chargeFor(leaky)]);
    await store.take(first);
    store.learn(first, chargeFor(leaky), { group: "leaky", remaining: 0, resetAtMs: Date.now() + 100_000 });
    expect(waitOf(await store.take(first))).toBeLessThanOrEqual(2000);
    await world.pass(id, 10);
    expect(await grantedOf(store, id, 30, chargeFor(leaky))).toBe(5);
  });

  it("a leaky bucket that the vendor calls full sooner than documented opens then", async () => {
    const id = await world.connect();
    const store = world.startProcess();
    const hour = { group: "hour", capacity: 5000, refillPerSecond: 5000 / 3600 };
    const first = askFor(world, id, [chargeFor(hour)]);
    await store.take(first);
    store.learn(first, chargeFor(hour), { group: "hour", remaining: 0, resetAtMs: Date.now() + 60_000 });
    const waitMs = waitOf(await store.take(first));
    expect(waitMs).toBeGreaterThan(55_000);
    expect(waitMs).toBeLessThanOrEqual(60_000);
    await world.pass(id, 60);
    expect(await grantedOf(store, id, 20, chargeFor(hour))).toBe(20);
  });

  it("numbers that cannot be true neither close a bucket for ever nor empty it for more than it holds", async () => {
    const id = await world.connect();
    const store = world.startProcess();
    for (const [group, wrong] of [
      [{ group: "leaky", capacity: 10, refillPerSecond: 1 }, { cost: 1e300 }],
      [{ group: "window", capacity: 10, windowMs: 20_000 }, { cost: 1e300 }],
      [
        { group: "far", capacity: 10, windowMs: 20_000 },
        { remaining: 0, resetAtMs: 9e20 },
      ],
      [
        { group: "farther", capacity: 10, refillPerSecond: 1 },
        { remaining: 0, resetAtMs: 9e20 },
      ],
      [
        { group: "negative", capacity: 10, refillPerSecond: 1 },
        { remaining: -1e300, limit: -5, resetAtMs: -9e20 },
      ],
      [
        { group: "large", capacity: 10, refillPerSecond: 1 },
        { limit: 1e308, cost: -1e308 },
      ],
      [
        { group: "small", capacity: 10, refillPerSecond: 1 },
        { limit: 1e-300, remaining: 1e300 },
      ],
    ] as const) {
      const asked = askFor(world, id, [chargeFor(group)]);
      await store.take(asked);
      store.learn(asked, chargeFor(group), { group: group.group, ...wrong });
      await store.take(asked);
      await world.pass(id, 24 * 3600);
      expect(await grantedOf(store, id, 20, chargeFor(group)), group.group).toBeGreaterThanOrEqual(9);
    }
  });

  it("a limit of each channel: one message a second, beside the method's own, and other channels go on", async () => {
    const id = await world.connect();
    const store = world.startProcess();
    const method = { group: "chat.postMessage", capacity: 100, windowMs: 60_000 };
    const channel = { group: "post", capacity: 1, windowMs: 1000 };
    const post = (key: string) => store.take(askFor(world, id, [chargeFor(method), chargeFor(channel, 1, key)]));
    expect((await post("C1")).outcome).toBe("granted");
    expect((await post("C2")).outcome).toBe("granted");
    await world.pass(id, 0.1);
    const waitMs = waitOf(await post("C1"));
    expect(waitMs).toBeLessThanOrEqual(1000);
    await world.pass(id, 3);
    expect((await post("C1")).outcome).toBe("granted");
  });

  it("a number of calls at the same time, reads and writes apart, beside so many a minute", async () => {
    const id = await world.connect();
    const store = world.startProcess();
    const minute = { group: "minute", capacity: 40, windowMs: 60_000 };
    const [reads, writes] = [
      { group: "reads", concurrency: 5 },
      { group: "writes", concurrency: 2 },
    ];
    const many = Array.from({ length: 12 }, () => store.take(askFor(world, id, [chargeFor(minute), chargeFor(reads)])));
    const answers = await Promise.all(many);
    expect(countOf(answers, "granted")).toBe(5);
    expect(await grantedOf(store, id, 12, chargeFor(minute), chargeFor(writes))).toBe(2);
    // What found no slot has cost the minute nothing.
    expect(await grantedOf(store, id, 50, chargeFor(minute))).toBe(33);
  });

  it("ten thousand calls in ten minutes and four at the same time, for each mailbox", async () => {
    const id = await world.connect();
    const store = world.startProcess();
    const mailbox = { group: "mailbox", capacity: 10_000, windowMs: 600_000, concurrency: 4 };
    expect(await grantedOf(store, id, 10, chargeFor(mailbox, 1, "ada"))).toBe(4);
    expect(await grantedOf(store, id, 10, chargeFor(mailbox, 1, "bob"))).toBe(4);
    const { rows } = await world.db.withScope(world.workspace.jobScope, (tx) =>
      tx.execute(sql`select method_group as bucket, tokens from rate_bucket where connection_id = ${id} order by 1`),
    );
    expect(rows).toEqual([
      { bucket: "mailbox|ada", tokens: 9996 },
      { bucket: "mailbox|bob", tokens: 9996 },
    ]);
  });
});

describe("a slot", () => {
  const pair = chargeFor({ group: "pair", concurrency: 2 });

  it("is free again when its call ends, without a wait for the caller, and for other processes too", async () => {
    const id = await world.connect();
    const [one, two] = [world.startProcess(), world.startProcess()];
    const [first] = [await one.take(askFor(world, id, [pair])), await one.take(askFor(world, id, [pair]))];
    expect(await ask(one, id, pair)).toBe("wait");
    expect(await ask(two, id, pair)).toBe("wait");
    if (first?.outcome !== "granted" || first.release === undefined) throw new Error("A slot is held until it is released.");
    first.release();
    // Goes before the next take of the same process, which has then seen it.
    expect(await ask(one, id, pair)).toBe("granted");
    expect(await ask(two, id, pair)).toBe("wait");
  });

  it("of a process that died comes back when its lease ends", async () => {
    const id = await world.connect();
    expect(await grantedOf(world.startProcess(), id, 5, pair)).toBe(2);
    await world.pass(id, 59);
    expect(await ask(world.startProcess(), id, pair)).toBe("wait");
    await world.pass(id, 2);
    expect(await grantedOf(world.startProcess(), id, 5, pair)).toBe(2);
    const { rows } = await world.db.withScope(world.workspace.jobScope, (tx) =>
      tx.execute(sql`select count(*)::int as count from rate_slot where connection_id = ${id}`),
    );
    expect(rows).toEqual([{ count: 2 }]);
  });

  it("is kept free for people, and costs calls of other limits nothing", async () => {
    const id = await world.connect();
    const store = world.startProcess();
    const four = chargeFor({ group: "four", concurrency: 4 });
    const background = askFor(world, id, [four], { priority: "background" });
    const answers = await Promise.all(Array.from({ length: 6 }, () => store.take(background)));
    expect(countOf(answers, "granted")).toBe(3);
    expect(await grantedOf(store, id, 3, four)).toBe(1);
    const before = world.db.roundTrips;
    expect(await store.take(askFor(world, id, [chargeFor(still("other", 5))]))).toEqual({ outcome: "granted" });
    expect(world.db.roundTrips - before).toBe(1);
  });

  it("is looked for again soon, and more rarely by those who wait long", async () => {
    const id = await world.connect();
    const store = world.startProcess();
    await grantedOf(store, id, 2, pair);
    expect(waitOf(await store.take(askFor(world, id, [pair])))).toBeLessThanOrEqual(50);
    expect(waitOf(await store.take(askFor(world, id, [pair], { waitedMs: 5000 })))).toBeLessThanOrEqual(250);
  });
});
