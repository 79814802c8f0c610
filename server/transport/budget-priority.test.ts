import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDb, type Database } from "@/db/client";
import { createTestDb, seedWorkspace } from "@/db/testing";
import { createThrowAwayDatabase, testDatabaseUrl } from "@/db/testing-postgres";
import type { BudgetStore } from "./budget";
import { systemClock } from "./clock";
import { askFor, type BudgetWorld, budgetWorld, chargeFor, countOf, waitOf } from "./test-budget";

let world: BudgetWorld;
beforeAll(async () => {
  const db = await createTestDb();
  world = budgetWorld(db, await seedWorkspace(db, { slug: "priority" }));
});
afterAll(() => world.db.close());

/** One token that comes back after 20 s: too small for a reserve. */
const one = chargeFor({ group: "one", capacity: 1, refillPerSecond: 0.05 });
/** Four points, of which one comes back after 20 s. */
const few = (cost: number) => chargeFor({ group: "few", capacity: 4, refillPerSecond: 0.05 }, cost);
const patient = { patienceMs: 120_000 };

function person(id: string) {
  return askFor(world, id, [one], patient);
}
function background(id: string) {
  return askFor(world, id, [one], { ...patient, priority: "background" });
}

describe("background calls", () => {
  it("stay behind a person who waits in another process, also where the bucket is too small for a reserve", async () => {
    const id = await world.connect();
    const [web, worker] = [world.startProcess(), world.startProcess()];
    expect((await worker.take(askFor(world, id, [few(4)], { priority: "background" }))).outcome).toBe("granted");
    expect(waitOf(await web.take(askFor(world, id, [few(3)], patient)))).toBeGreaterThan(50_000);
    // One point is there, and the person waits for three.
    await world.pass(id, 20);
    const behind = waitOf(await worker.take(askFor(world, id, [few(1)], { ...patient, priority: "background" })));
    expect(behind).toBeGreaterThan(30_000);
    expect(behind).toBeLessThanOrEqual(40_250);
    await world.pass(id, 40);
    expect((await web.take(askFor(world, id, [few(3)], patient))).outcome).toBe("granted");
  });

  it("do not wait for a person who could not wait so long and is gone", async () => {
    const id = await world.connect();
    const [web, worker] = [world.startProcess(), world.startProcess()];
    await worker.take(background(id));
    expect((await web.take({ ...person(id), patienceMs: 1000 })).outcome).toBe("wait");
    await world.pass(id, 20);
    expect((await worker.take(background(id))).outcome).toBe("granted");
  });

  it("that got nothing for half a minute go first once, before people who could be served, and then people again", async () => {
    const id = await world.connect();
    const [web, worker] = [world.startProcess(), world.startProcess()];
    const sync = askFor(world, id, [few(2)], { ...patient, priority: "background" });
    const read = askFor(world, id, [few(1)], patient);
    expect((await web.take(askFor(world, id, [few(4)]))).outcome).toBe("granted");
    expect((await worker.take(sync)).outcome).toBe("wait");
    await world.pass(id, 25);
    expect((await web.take(read)).outcome).toBe("granted");
    await world.pass(id, 30);
    // A point and three quarters are there: enough for the person, and not yet for the one whose turn it is.
    expect(waitOf(await worker.take(sync))).toBeLessThanOrEqual(5000);
    expect(waitOf(await web.take(read))).toBeLessThanOrEqual(5250);
    await world.pass(id, 5);
    expect((await worker.take(sync)).outcome).toBe("granted");
    await world.pass(id, 20);
    expect((await web.take(read)).outcome).toBe("granted");
  });

  it("that are one of many get one such turn, not all of them", async () => {
    const id = await world.connect();
    const ten = chargeFor({ group: "ten", capacity: 10, refillPerSecond: 0.000_001 });
    const store = world.startProcess();
    const sync = askFor(world, id, [ten], { priority: "background" });
    expect(countOf(await Promise.all(Array.from({ length: 12 }, () => store.take(sync))), "granted")).toBe(8);
    await world.pass(id, 31);
    // Another take is under way, so that the twelve go together.
    const before = store.take(person(id));
    expect(countOf(await Promise.all(Array.from({ length: 12 }, () => store.take(sync))), "granted")).toBe(1);
    expect((await before).outcome).toBe("granted");
    expect((await store.take({ ...sync, priority: "person" })).outcome).toBe("granted");
  });

  it("that cost more than the bucket holds beside the reserve are granted when it is full", async () => {
    const id = await world.connect();
    const ten = chargeFor({ group: "ten", capacity: 10, refillPerSecond: 0.000_001 }, 9);
    const sync = askFor(world, id, [ten], { priority: "background" });
    expect((await world.startProcess().take(sync)).outcome).toBe("granted");
  });
});

describe("waiters", () => {
  it("of one bucket are told to come back one after another, and who cannot wait so long does not keep the others back", async () => {
    const id = await world.connect();
    const store = world.startProcess();
    await store.take(person(id));
    const [first, hasty, second] = await Promise.all(
      [60_000, 1000, 60_000].map((patienceMs) => store.take({ ...person(id), patienceMs, waitedMs: 60_000 - patienceMs })),
    );
    if (first === undefined || hasty === undefined || second === undefined) throw new Error("Three were asked.");
    const waits = [first, second].map(waitOf).sort((a, b) => a - b);
    expect(waits[0]).toBeLessThanOrEqual(20_000);
    expect(waits[1]).toBeGreaterThan(30_000);
    expect(waits[1]).toBeLessThanOrEqual(40_000);
  });
});

/** Asks again as it is told, like the layer, until it is granted or has waited too long; answers the milliseconds it took. */
async function persist(store: BudgetStore, id: string, priority: "person" | "background", group = shared): Promise<number | null> {
  const startedAtMs = systemClock.now();
  for (;;) {
    const waitedMs = systemClock.now() - startedAtMs;
    const answer = await store.take(askFor(world, id, [group], { priority, waitedMs, patienceMs: 10_000 - waitedMs }));
    if (answer.outcome === "granted") return waitedMs;
    const waitMs = waitOf(answer);
    if (waitedMs + waitMs > 10_000) return null;
    await new Promise<void>((resolve) => systemClock.timer(waitMs, resolve));
  }
}

const shared = chargeFor({ group: "shared", capacity: 20, refillPerSecond: 20 });

/** A worker that asks for five times what there is while people ask now and then; how many of each were served. */
async function rush(web: BudgetStore, worker: BudgetStore, id: string) {
  let over = false;
  let served = 0;
  const workers = Array.from({ length: 20 }, async () => {
    while (!over) if ((await persist(worker, id, "background")) !== null) served += 1;
  });
  const waits: (number | null)[] = [];
  for (let n = 0; n < 20; n += 1) waits.push(await persist(web, id, "person"));
  over = true;
  await Promise.all(workers);
  return { waits, served };
}

describe("people and background work together", () => {
  it("people are served at once although background work asks for all there is, and it goes on", async () => {
    const { waits, served } = await rush(world.startProcess(), world.startProcess(), await world.connect());
    expect(waits.filter((waitedMs) => waitedMs === null)).toEqual([]);
    expect(served).toBeGreaterThan(10);
  });
});

describe.runIf(testDatabaseUrl !== null)("on PostgreSQL", () => {
  let databases: readonly Database[] = [];
  let drop: () => Promise<void> = async () => {};
  let there: readonly BudgetWorld[] = [];
  beforeAll(async () => {
    const made = await createThrowAwayDatabase();
    drop = made.drop;
    const first = await createDb({ url: made.url, driver: "pg" });
    const second = await createDb({ url: made.url, driver: "pg" });
    databases = [first, second];
    const workspace = await seedWorkspace(first, { slug: "priority-pg" });
    there = databases.map((db) => budgetWorld(db, workspace));
  });
  afterAll(async () => {
    for (const db of databases) await db.close();
    await drop();
  });

  it("no more calls are under way than there are slots, and no more points spent than there are, in all processes together", async () => {
    const [here, elsewhere] = there;
    if (here === undefined || elsewhere === undefined) throw new Error("Two processes are wanted.");
    const id = await here.connect();
    const charges = [
      chargeFor({ group: "slots", concurrency: 3 }),
      chargeFor({ group: "points", capacity: 60, refillPerSecond: 0.000_001 }, 2),
    ];
    let underWay = 0;
    let most = 0;
    let made = 0;
    const callers = [here, elsewhere].flatMap((process) => {
      const store = process.startProcess();
      return Array.from({ length: 8 }, async () => {
        for (let n = 0; n < 6; n += 1) {
          const answer = await store.take(askFor(here, id, charges));
          if (answer.outcome !== "granted") continue;
          underWay += 1;
          made += 1;
          most = Math.max(most, underWay);
          await store.take(askFor(here, id, [chargeFor({ group: "idle", capacity: 1000, refillPerSecond: 1000 })]));
          underWay -= 1;
          answer.release?.();
        }
      });
    });
    await Promise.all(callers);
    expect(most).toBeLessThanOrEqual(3);
    expect(made).toBeGreaterThan(5);
    expect(made).toBeLessThanOrEqual(30);
  });
});
