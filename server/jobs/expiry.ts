import "server-only";
import { type SQL, sql } from "drizzle-orm";
import { z } from "zod";
import type { Database, Tx } from "@/db/client";
import type { WorkspaceScope } from "@/db/scope";
import { sweepExpired, sweptKinds } from "@/server/vfs/storage/sweep";

/**
 * What the hub forgets by itself. Work that spans workspaces starts from `hub_list_expired`, which answers ids only, and then goes into
 * one workspace's scope at a time. Every statement deletes at most `batchSize` rows, which keeps it under 100 ms on the embedded database,
 * whose other users wait meanwhile.
 */
const batchSize = 500;
const workspacesAtOnce = 100;

const attemptHours = 24;
/** Used and expired invitations are shown for this long. */
const invitationHistoryDays = 30;
/** How long a consent's outcome can be read after its time. */
const flowHistoryHours = 24;

export interface ExpiryOptions {
  readonly db: Database;
  /** The job's own scope in a workspace, or null when the workspace is gone. */
  findJobScope(workspaceId: string, job: string): Promise<WorkspaceScope | null>;
  /** Days that the call log is kept. */
  readonly callLogDays: number;
  readonly clock?: () => Date;
}

export type Removed = Readonly<Record<string, number>>;

/** Runs a delete that returns one row a deleted row until a batch comes back short. */
async function deleteInBatches(run: (work: (tx: Tx) => Promise<number>) => Promise<number>, statement: SQL): Promise<number> {
  let removed = 0;
  for (;;) {
    const count = await run(async (tx) => (await tx.execute(statement)).rows.length);
    removed += count;
    if (count < batchSize) return removed;
  }
}

const batchOf = (table: string, condition: SQL): SQL =>
  sql`delete from ${sql.identifier(table)} where ctid in (select ctid from ${sql.identifier(table)} where ${condition} limit ${batchSize}) returning 1`;

/** Ended sessions, links that were not used in time, and counters of attempts a day old. */
export async function expireSignIn({ db, clock = () => new Date() }: Pick<ExpiryOptions, "db" | "clock">): Promise<Removed> {
  const now = clock();
  const attemptsBefore = new Date(now.getTime() - attemptHours * 3_600_000);
  const run = (work: (tx: Tx) => Promise<number>) => db.withIdentity(work);
  return {
    sessions: await deleteInBatches(run, batchOf("session", sql`expires < ${now.toISOString()}::timestamptz`)),
    links: await deleteInBatches(run, batchOf("verification_token", sql`expires < ${now.toISOString()}::timestamptz`)),
    attempts: await deleteInBatches(run, batchOf("sign_in_attempt", sql`window_start < ${attemptsBefore.toISOString()}::timestamptz`)),
  };
}

/**
 * Calls `visit` in every workspace that has rows of the kind older than `before`. A workspace is visited once a run: one that cannot be
 * emptied does not keep the run going for ever.
 */
async function inWorkspacesWith(
  options: ExpiryOptions,
  kind: string,
  before: Date,
  visit: (scope: WorkspaceScope) => Promise<void>,
): Promise<void> {
  const seen = new Set<string>();
  for (;;) {
    const { rows } = await options.db.withSystem(
      (tx) => tx.execute(sql`select * from hub_list_expired(${kind}, ${before.toISOString()}::timestamptz, ${workspacesAtOnce})`),
      { readOnly: true },
    );
    const ids = z.array(z.object({ workspace_id: z.uuid() })).parse(rows);
    const fresh = ids.map((row) => row.workspace_id).filter((id) => !seen.has(id));
    for (const workspaceId of fresh) {
      seen.add(workspaceId);
      const scope = await options.findJobScope(workspaceId, "expiry");
      if (scope !== null) await visit(scope);
    }
    if (fresh.length === 0 || ids.length < workspacesAtOnce) return;
  }
}

/** Memory past its time, prints, plans, idempotency keys and aliases. */
export async function expireFiles(options: ExpiryOptions): Promise<Removed> {
  const now = (options.clock ?? (() => new Date()))();
  const removed: Record<string, number> = {};
  const done = new Set<string>();
  for (const kind of sweptKinds) {
    await inWorkspacesWith(options, kind, now, async (scope) => {
      // One visit sweeps all kinds.
      if (done.has(scope.workspaceId)) return;
      done.add(scope.workspaceId);
      for (const [name, count] of Object.entries(await sweepExpired(options.db, scope, now))) removed[name] = (removed[name] ?? 0) + count;
    });
  }
  return removed;
}

/** Consents that were started and not finished, and invitations whose story is over. */
export async function expireFlows(options: ExpiryOptions): Promise<Removed> {
  const now = (options.clock ?? (() => new Date()))();
  const invitationsBefore = new Date(now.getTime() - invitationHistoryDays * 24 * 3_600_000);
  const removed = { flows: 0, invitations: 0 };
  const expired = (table: string, scope: WorkspaceScope, before: Date) =>
    deleteInBatches(
      (work) => options.db.withScope(scope, work),
      batchOf(table, sql`workspace_id = ${scope.workspaceId}::uuid and expires_at < ${before.toISOString()}::timestamptz`),
    );
  // An answer that comes late is still told that it is late, and not that nobody knows it.
  const flowsBefore = new Date(now.getTime() - flowHistoryHours * 3_600_000);
  await inWorkspacesWith(options, "flow", flowsBefore, async (scope) => {
    removed.flows += await expired("oauth_flow", scope, flowsBefore);
  });
  await inWorkspacesWith(options, "invitation", invitationsBefore, async (scope) => {
    removed.invitations += await expired("invitation", scope, invitationsBefore);
  });
  return removed;
}

/** Calls older than the log is kept. */
export async function pruneCallLog(options: ExpiryOptions): Promise<Removed> {
  const now = (options.clock ?? (() => new Date()))();
  const before = new Date(now.getTime() - options.callLogDays * 24 * 3_600_000);
  let calls = 0;
  await inWorkspacesWith(options, "call", before, async (scope) => {
    calls += await deleteInBatches(
      (work) => options.db.withScope(scope, work),
      batchOf("api_call", sql`workspace_id = ${scope.workspaceId}::uuid and at < ${before.toISOString()}::timestamptz`),
    );
  });
  return { calls };
}

/**
 * The embedded database has no autovacuum, so the hub does its work: one table a statement. Answers the number of tables.
 */
export async function vacuumEmbedded({ db }: Pick<ExpiryOptions, "db">): Promise<Removed> {
  const { rows } = await db.executeSql<{ name: string }>(
    "select format('%I.%I', schemaname, relname) as name from pg_stat_user_tables where n_dead_tup > 1000 or (last_analyze is null and n_live_tup > 0)",
  );
  for (const { name } of rows) await db.executeSql(`vacuum (analyze) ${name}`);
  return { tables: rows.length };
}
