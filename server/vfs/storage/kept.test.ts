import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Database } from "@/db/client";
import { connections } from "@/db/schema/connections";
import { createTestDb, type SeededWorkspace, seedMember, seedWorkspace } from "@/db/testing";
import { encodeId, newId } from "@/server/ids";
import type { MountPlan } from "../mount";
import type { Receipt } from "../node";
import { plansAtMost } from "../stores";
import { createKeyStore } from "./idempotency";
import { createPlanStore } from "./plans";

/** How much of a person's plans and receipts is kept, and with what they go. */

let db: Database;
let ann: SeededWorkspace;
beforeAll(async () => {
  db = await createTestDb();
  ann = await seedWorkspace(db, { slug: "kept" });
});
afterAll(() => db.close());

const plan = (path: string): MountPlan =>
  ({ operation: "write", path, baseEtag: null, effects: [], steps: [], state: null }) as unknown as MountPlan;
const receipt = (path: string): Receipt => ({ operation: "write", path }) as unknown as Receipt;
const now = new Date();

describe("plans", () => {
  it("are kept for their maker up to a number; the oldest leave, those under way and other people's stay", async () => {
    const plans = createPlanStore(db);
    const bob = await seedMember(db, ann.scope, { email: "bob@kept.test", role: "member" });
    const his = await plans.save(bob.scope, plan("/his"), null, new Date(now.getTime() - 60_000));
    const running = await plans.save(ann.scope, plan("/running"), null, new Date(now.getTime() - 50_000));
    expect(await plans.claim(ann.scope, running.id, now)).not.toBeNull();
    const made: string[] = [];
    for (let index = 0; index < plansAtMost + 5; index += 1) {
      made.push((await plans.save(ann.scope, plan(`/${index}`), null, new Date(now.getTime() - 40_000 + index))).id);
    }
    const { rows } = await db.withScope(ann.scope, (tx) => tx.execute(sql`select id from vfs_plan`));
    expect(new Set(rows.map((row) => row.id))).toEqual(new Set([running.id, ...made.slice(5)]));
    expect(await plans.claim(ann.scope, made[4] ?? "", now)).toBeNull();
    expect(await plans.claim(ann.scope, made[5] ?? "", now)).toMatchObject({ path: "/5" });
    expect(await plans.claim(bob.scope, his.id, now)).toMatchObject({ path: "/his" });
  });
});

describe("what a connection's changes leave", () => {
  const connect = async (): Promise<string> => {
    const id = newId();
    await db.withScope(ann.scope, (tx) =>
      tx.insert(connections).values({
        id,
        workspaceId: ann.workspaceId,
        integration: "plain",
        ownerId: ann.userId,
        visibility: "workspace",
        mountName: id,
        status: "connected",
        externalOrgId: "org",
        externalAccountId: id,
        accountName: "Ada",
        scopes: [],
        capabilities: [],
        timeZone: "UTC",
      }),
    );
    return id;
  };
  const end = (id: string) =>
    db.withScope(ann.jobScope, (tx) => tx.execute(sql`update connection set status = 'disconnecting' where id = ${id}::uuid`));
  const seenByJob = async () => {
    const { rows } = await db.withScope(ann.jobScope, (tx) =>
      tx.execute(sql`select path as what from vfs_plan union all select key from vfs_idempotency order by 1`),
    );
    return rows.map((row) => row.what);
  };

  it("is its person's alone until the connection is ending; then a job meets it, and nobody else's", async () => {
    const [kept, ending] = [await connect(), await connect()];
    const keys = createKeyStore(db);
    for (const [id, name] of [
      [kept, "kept"],
      [ending, "ending"],
    ] as const) {
      await createPlanStore(db).save(ann.scope, plan(`/plan-${name}`), encodeId("connection", id), now);
      await keys.begin(ann.scope, `key-${name}`, "hash", now);
      await keys.succeed(ann.scope, `key-${name}`, receipt(`/${name}`), encodeId("connection", id));
    }
    expect(await seenByJob()).toEqual([]);
    await end(ending);
    expect(await seenByJob()).toEqual(["/plan-ending", "key-ending"]);
  });

  it("is not kept any more once the connection is ending: no receipt outlives it", async () => {
    const id = await connect();
    const keys = createKeyStore(db);
    for (const key of ["late-receipt", "late-failure"]) await keys.begin(ann.scope, key, "hash", now);
    await end(id);
    await keys.succeed(ann.scope, "late-receipt", receipt("/late"), encodeId("connection", id));
    await keys.fail(ann.scope, "late-failure", { code: "EIO", message: "late", retryable: false, details: {} }, encodeId("connection", id));
    for (const key of ["late-receipt", "late-failure"])
      expect(await keys.begin(ann.scope, key, "hash", now)).toMatchObject({ type: "running" });
  });
});
