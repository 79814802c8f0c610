import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { createDb, type Database } from "@/db/client";
import { apiCalls, oauthFlows } from "@/db/schema/connections";
import { sessions, signInAttempts, verificationTokens } from "@/db/schema/identity";
import { vfsPlans } from "@/db/schema/vfs";
import { auditEvents, invitations } from "@/db/schema/workspaces";
import type { WorkspaceScope } from "@/db/scope";
import { createTestDb, type SeededWorkspace, seedWorkspace } from "@/db/testing";
import { createThrowAwayDatabase, testDatabaseUrl } from "@/db/testing-postgres";
import { newId } from "@/server/ids";
import { createLog } from "@/server/log";
import { setCallLogDays } from "@/server/workspaces/call-log-days";
import { createWorkspaces } from "@/server/workspaces/workspaces";
import { expireFiles, expireFlows, expireSignIn, pruneAuditEvents, pruneCallLog, vacuumEmbedded } from "./expiry";
import { createJobs } from "./jobs";

const now = new Date("2026-11-20T12:00:00Z");
const hours = (count: number) => new Date(now.getTime() + count * 3_600_000);
const days = (count: number) => hours(count * 24);

let db: Database;
let seeded: readonly SeededWorkspace[];
beforeAll(async () => {
  db = await createTestDb();
  seeded = [await seedWorkspace(db, { slug: "one" }), await seedWorkspace(db, { slug: "two" })];
});
afterAll(() => db.close());

const options = () => {
  const workspaces = createWorkspaces({ stopSettlesMs: 0, db, origin: "http://localhost:3000" });
  return { db, callLogDays: 30, clock: () => now, findJobScope: workspaces.findJobScope };
};
const inEach = async (work: (workspace: SeededWorkspace) => Promise<unknown>) => {
  for (const workspace of seeded) await work(workspace);
};
const countIn = async (scope: WorkspaceScope, table: string) =>
  db.withScope(scope, async (tx) => (await tx.execute(sql`select 1 from ${sql.identifier(table)}`)).rows.length);

describe("expiry", () => {
  test("takes sessions, links and attempts whose time is over, however many, and leaves the others", async () => {
    const userId = seeded[0]?.userId ?? "";
    await db.withIdentity(async (tx) => {
      const old = Array.from({ length: 1200 }, (_, index) => ({ sessionToken: `old-${index}`, userId, expires: hours(-1) }));
      await tx.insert(sessions).values([...old, { sessionToken: "live", userId, expires: hours(1) }]);
      await tx.insert(verificationTokens).values([
        { identifier: "a@example.com", token: "old", expires: hours(-1) },
        { identifier: "a@example.com", token: "live", expires: hours(1) },
      ]);
      await tx.insert(signInAttempts).values([
        { key: "k", windowStart: hours(-25), count: 3 },
        { key: "k", windowStart: hours(-1), count: 3 },
      ]);
    });
    await db.executeSql(
      `insert into workspace_deletion (id, user_id, name, finished_at) values (gen_random_uuid(), $1, 'Long gone', $2),
        (gen_random_uuid(), $1, 'Gone', $3), (gen_random_uuid(), $1, 'Going', null)`,
      [userId, hours(-31 * 24), hours(-29 * 24)],
    );
    expect(await expireSignIn(options())).toEqual({ sessions: 1200, links: 1, attempts: 1, deletions: 1 });
    expect(await expireSignIn(options())).toEqual({ sessions: 0, links: 0, attempts: 0, deletions: 0 });
    const left = await db.withIdentity((tx) => tx.select().from(sessions));
    expect(left.map((session) => session.sessionToken)).toEqual(["live"]);
  });

  test("takes expired plans, consents and old invitations in every workspace, also those of one person only", async () => {
    await inEach(({ scope, workspaceId, userId }) =>
      db.withScope(scope, async (tx) => {
        const plan = { workspaceId, ownerId: userId, path: "/x", plan: {} };
        await tx.insert(vfsPlans).values([
          { ...plan, id: newId(), expiresAt: hours(-1) },
          { ...plan, id: newId(), expiresAt: days(3650) },
        ]);
        const flow = {
          workspaceId,
          userId,
          integration: "linear",
          visibility: "private" as const,
          capabilities: [],
          returnPath: "/",
          popup: true,
        };
        await tx.insert(oauthFlows).values([
          { ...flow, id: newId(), stateHash: `old-${workspaceId}`, expiresAt: hours(-25) },
          { ...flow, id: newId(), stateHash: `late-${workspaceId}`, expiresAt: hours(-1) },
        ]);
        const invitation = { workspaceId, role: "viewer" as const };
        await tx.insert(invitations).values([
          { ...invitation, id: newId(), tokenHash: `old-${workspaceId}`, expiresAt: days(-31) },
          { ...invitation, id: newId(), tokenHash: `late-${workspaceId}`, expiresAt: days(-1) },
        ]);
      }),
    );
    expect(await expireFiles(options())).toMatchObject({ plan: 2 });
    expect(await expireFlows(options())).toEqual({ flows: 2, invitations: 2 });
    await inEach(async ({ scope }) => {
      expect([await countIn(scope, "vfs_plan"), await countIn(scope, "oauth_flow"), await countIn(scope, "invitation")]).toEqual([1, 1, 1]);
    });
  });

  test("prunes the call log of each workspace to the days that it keeps, private calls included", async () => {
    const [one, two] = seeded;
    if (one === undefined || two === undefined) throw new Error("two workspaces are seeded");
    await inEach(({ scope, workspaceId, userId }) =>
      db.withScope(scope, async (tx) => {
        const call = {
          workspaceId,
          integration: "linear",
          callId: newId(),
          attempt: 1,
          operation: "x",
          method: "GET",
          url: "https://x",
          durationMs: 1,
          requestBytes: 0,
        };
        const old = Array.from({ length: 600 }, (_, index) => ({
          ...call,
          id: newId(),
          ownerId: index % 2 === 0 ? userId : null,
          at: days(-31),
        }));
        await tx.insert(apiCalls).values([...old, { ...call, id: newId(), at: days(-29) }, { ...call, id: newId(), at: days(-2) }]);
      }),
    );
    await setCallLogDays(db, one.scope, 365);
    expect(await pruneCallLog(options())).toEqual({ calls: 600 });
    expect([await countIn(one.scope, "api_call"), await countIn(two.scope, "api_call")]).toEqual([602, 2]);
    await setCallLogDays(db, one.scope, 3);
    expect(await pruneCallLog(options())).toEqual({ calls: 601 });
    await setCallLogDays(db, one.scope, null);
    expect(await pruneCallLog(options())).toEqual({ calls: 0 });
    expect([await countIn(one.scope, "api_call"), await countIn(two.scope, "api_call")]).toEqual([1, 2]);
    const changes = await db.withScope(one.scope, (tx) => tx.select().from(auditEvents));
    expect(changes.map(({ action, actorUserId, detail }) => [action, actorUserId, detail])).toEqual([
      ["workspace.call_log_days", one.userId, { days: 365, before: null }],
      ["workspace.call_log_days", one.userId, { days: 3, before: 365 }],
      ["workspace.call_log_days", one.userId, { days: null, before: 3 }],
    ]);
    for (const wrong of [0, 366, 1.5, Number.NaN]) {
      await expect(setCallLogDays(db, one.scope, wrong)).rejects.toMatchObject({ code: "EINVAL" });
    }
  });

  test("keeps audit events for 400 days, whoever asks", async () => {
    const write = ({ scope, workspaceId }: SeededWorkspace, count: number, age: string) =>
      db.withScope(scope, (tx) =>
        tx.execute(sql`insert into audit_event (id, workspace_id, action, subject, at)
          select gen_random_uuid(), ${workspaceId}::uuid, ${`aged ${age}`}, 's', now() - ${age}::interval from generate_series(1, ${count}::integer)`),
      );
    const [first] = seeded;
    if (first === undefined) throw new Error("There is no workspace.");
    await inEach((workspace) => write(workspace, 600, "401 days"));
    await inEach((workspace) => write(workspace, 2, "399 days"));
    await expect(db.withScope(first.scope, (tx) => tx.execute(sql`delete from audit_event`))).rejects.toMatchObject({ code: "42501" });
    expect(await pruneAuditEvents(options())).toEqual({ auditEvents: 1200 });
    expect(await pruneAuditEvents(options())).toEqual({ auditEvents: 0 });
    await inEach(async ({ scope }) => {
      const { rows } = await db.withScope(scope, (tx) =>
        tx.execute(sql`select action, count(*)::int as count from audit_event where action like 'aged%' group by 1`),
      );
      expect(rows).toEqual([{ action: "aged 399 days", count: 2 }]);
    });
  });

  test("vacuums the embedded database's own tables", async () => {
    expect(Object.keys(await vacuumEmbedded(options()))).toEqual(["tables"]);
  });
});

/** Starts a real queue, waits for every job's line in the log, asks for one more, and stops. */
async function runQueue(over: Database): Promise<readonly string[]> {
  const done = new Map<string, number>();
  const waiting: { ready: () => boolean; resolve: () => void; reject: (error: Error) => void }[] = [];
  const log = createLog({
    level: "info",
    destination: {
      write(line: string) {
        const entry: unknown = JSON.parse(line);
        const isDone = typeof entry === "object" && entry !== null && "job" in entry && "msg" in entry && entry.msg === "job done";
        if (isDone) done.set(String(entry.job), (done.get(String(entry.job)) ?? 0) + 1);
        for (const { ready, resolve, reject } of waiting) {
          if (!isDone) reject(new Error(`the queue said: ${line}`));
          else if (ready()) resolve();
        }
      },
    },
  });
  const until = (ready: () => boolean) =>
    new Promise<void>((resolve, reject) => (ready() ? resolve() : waiting.push({ ready, resolve, reject })));
  const { findJobScope } = createWorkspaces({ stopSettlesMs: 0, db: over, origin: "http://localhost:3000" });
  const jobs = createJobs({
    db: over,
    callLogDays: 30,
    clock: () => now,
    findJobScope,
    giveBackHeld: async () => 0,
    log,
    pollingSeconds: 0.5,
  });
  await jobs.start();
  await until(() => jobs.names.every((name) => done.has(name)));
  // The first run's line is written just before the queue notes its end; until then the queue, which runs a job once at a time, takes no other.
  await vi.waitUntil(async () => (await jobs.enqueue("expire-flows")) !== null, { timeout: 15_000 });
  await until(() => (done.get("expire-flows") ?? 0) >= 2);
  await jobs.stop();
  return jobs.names;
}

test("a real queue makes its schema, runs every job once at the start and again on demand, and stops", async () => {
  expect(await runQueue(db)).toContain("vacuum-embedded");
  const { rows } = await db.executeSql<{ schema: string }>(
    "select distinct table_schema as schema from information_schema.tables where table_name = 'job'",
  );
  expect(rows).toEqual([{ schema: "pgboss" }]);
  // Nobody but the owner reaches the queue.
  await expect(db.withSystem((tx) => tx.execute(sql`select 1 from pgboss.job`))).rejects.toThrow();
});

test.runIf(testDatabaseUrl !== null)("the same queue runs on PostgreSQL, where it leaves the vacuum to the server", async () => {
  const throwaway = await createThrowAwayDatabase();
  const postgres = await createDb({ url: throwaway.url });
  try {
    expect(await runQueue(postgres)).not.toContain("vacuum-embedded");
  } finally {
    await postgres.close();
    await throwaway.drop();
  }
});
