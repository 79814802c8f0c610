import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Database } from "@/db/client";
import { createTestDb, type SeededWorkspace, seedWorkspace } from "@/db/testing";
import { askFor, type BudgetWorld, budgetWorld, chargeFor, countOf } from "@/server/transport/test-budget";
import { createWorkspaces } from "@/server/workspaces/workspaces";
import { pruneBuckets } from "./expiry";

const channel = { group: "post", capacity: 1, windowMs: 1000, concurrency: 2 };
const method = { group: "method", capacity: 100, windowMs: 60_000 };

let db: Database;
let worlds: readonly BudgetWorld[];
beforeAll(async () => {
  db = await createTestDb();
  const seeded: SeededWorkspace[] = [await seedWorkspace(db, { slug: "one" }), await seedWorkspace(db, { slug: "two" })];
  worlds = seeded.map((workspace) => budgetWorld(db, workspace));
});
afterAll(() => db.close());

const prune = () =>
  pruneBuckets({ db, findJobScope: createWorkspaces({ stopSettlesMs: 0, db, origin: "http://localhost:3000" }).findJobScope });

async function namesIn(world: BudgetWorld, connectionId: string): Promise<unknown[]> {
  const { rows } = await db.withScope(world.workspace.jobScope, (tx) =>
    tx.execute(sql`select method_group as name from rate_bucket where connection_id = ${connectionId} order by 1`),
  );
  return rows.map(({ name }) => name);
}

test("buckets of channels that nobody has used for days go, in every workspace, private ones too; all others stay", async () => {
  const made: { world: BudgetWorld; id: string }[] = [];
  for (const world of worlds) {
    const id = await world.connect(world === worlds[0] ? "private" : "workspace");
    const store = world.startProcess();
    for (const key of ["C1", "C2", "C3"]) await store.take(askFor(world, id, [chargeFor(method), chargeFor(channel, 1, key)]));
    await world.pass(id, 47 * 3600);
    await store.take(askFor(world, id, [chargeFor(channel, 1, "C2")]));
    await world.pass(id, 2 * 3600);
    made.push({ world, id });
  }
  expect(await prune()).toEqual({ buckets: 4 });
  for (const { world, id } of made) expect(await namesIn(world, id)).toEqual(["method", "post|C2"]);
  expect(await prune()).toEqual({ buckets: 0 });
});

test("a bucket that only limits calls at the same time stays for as long as it is used, with its slots", async () => {
  const [world] = worlds;
  if (world === undefined) throw new Error("A workspace is wanted.");
  const id = await world.connect();
  const store = world.startProcess();
  const mailbox = chargeFor({ group: "mailbox", concurrency: 2 }, 1, "ada");
  await store.take(askFor(world, id, [mailbox]));
  await world.pass(id, 49 * 3600);
  const days = { leaseMs: 1000 * 3600 * 1000 };
  expect((await store.take(askFor(world, id, [mailbox], days))).outcome).toBe("granted");
  expect(await prune()).toEqual({ buckets: 0 });
  const answers = await Promise.all([1, 2].map(() => store.take(askFor(world, id, [mailbox], days))));
  expect(countOf(answers, "granted")).toBe(1);
});

test("a process that remembers a pruned bucket makes it again", async () => {
  const [world] = worlds;
  if (world === undefined) throw new Error("A workspace is wanted.");
  const id = await world.connect();
  const store = world.startProcess();
  const asked = askFor(world, id, [chargeFor(channel, 1, "C9")]);
  await store.take(asked);
  await world.pass(id, 49 * 3600);
  expect(await prune()).toEqual({ buckets: 1 });
  // Told to come back at once; by then it is there.
  expect(await store.take(asked)).toEqual({ outcome: "wait", waitMs: 5 });
  expect((await store.take(asked)).outcome).toBe("granted");
});
