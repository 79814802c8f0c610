import "server-only";
import { type SQL, sql } from "drizzle-orm";
import { z } from "zod";
import type { Database, Tx } from "@/db/client";
import type { WorkspaceScope } from "@/db/scope";
import { sweepExpired, sweptKinds } from "@/server/vfs/storage/sweep";
import { getCallLogDays } from "@/server/workspaces/call-log-days";

/**
 * What the hub forgets by itself. Work that spans workspaces starts from `hub_list_expired`, which answers ids only, and then goes into
 * one workspace's scope at a time. Every statement deletes at most `batchSize` rows, which keeps it under 100 ms on the embedded database,
 * whose other users wait meanwhile.
 */
const batchSize = 500;
const workspacesAtOnce = 100;

const attemptHours = 24;
/** Longer than any vendor's window. */
const idleBucketDays = 2;
/** Used and expired invitations are shown for this long. */
const invitationHistoryDays = 30;
/** How long a person can read what became of a workspace that they deleted. */
const deletionHistoryDays = 30;
/** How long a consent's outcome can be read after its time. */
const flowHistoryHours = 24;

export interface ExpiryOptions {
  readonly db: Database;
  /** The job's own scope in a workspace, or null when the workspace is gone. */
  findJobScope(workspaceId: string, job: string): Promise<WorkspaceScope | null>;
  /** Days that the call log is kept where a workspace has not chosen. */
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

/** Ended sessions, links that were not used in time, counters of attempts a day old, and what is told of workspaces deleted a while ago. */
export async function expireSignIn({ db, clock = () => new Date() }: Pick<ExpiryOptions, "db" | "clock">): Promise<Removed> {
  const now = clock();
  const attemptsBefore = new Date(now.getTime() - attemptHours * 3_600_000);
  const deletionsBefore = new Date(now.getTime() - deletionHistoryDays * 24 * 3_600_000);
  const run = (work: (tx: Tx) => Promise<number>) => db.withIdentity(work);
  return {
    sessions: await deleteInBatches(run, batchOf("session", sql`expires < ${now.toISOString()}::timestamptz`)),
    links: await deleteInBatches(run, batchOf("verification_token", sql`expires < ${now.toISOString()}::timestamptz`)),
    attempts: await deleteInBatches(run, batchOf("sign_in_attempt", sql`window_start < ${attemptsBefore.toISOString()}::timestamptz`)),
    deletions: await deleteInBatches(run, batchOf("workspace_deletion", sql`finished_at < ${deletionsBefore.toISOString()}::timestamptz`)),
  };
}

/** Calls `visit` in every workspace that has rows of the kind older than `before`. */
function inWorkspacesWith(
  options: ExpiryOptions,
  kind: string,
  before: Date,
  visit: (scope: WorkspaceScope) => Promise<void>,
): Promise<void> {
  const list = sql`select * from hub_list_expired(${kind}, ${before.toISOString()}::timestamptz, ${workspacesAtOnce})`;
  return inWorkspaces(options, list, visit);
}

/**
 * Calls `visit` in every workspace that `list` answers, at most `workspacesAtOnce` at a time, until it answers no new one. A workspace is
 * visited once a run: one that cannot be emptied does not keep the run going for ever.
 */
async function inWorkspaces(
  options: Pick<ExpiryOptions, "db" | "findJobScope">,
  list: SQL,
  visit: (scope: WorkspaceScope) => Promise<void>,
): Promise<void> {
  const seen = new Set<string>();
  for (;;) {
    const { rows } = await options.db.withSystem((tx) => tx.execute(list), { readOnly: true });
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

export interface HeldConsentOptions extends Pick<ExpiryOptions, "db" | "findJobScope" | "clock"> {
  /** Gives back what the workspace's flows hold beyond their time; answers how many there were. */
  giveBackHeld(scope: WorkspaceScope): Promise<number>;
}

/** What another account granted than the expected one, and nobody decided about in time: ended at the tool, and deleted. */
export async function giveBackExpired(options: HeldConsentOptions): Promise<Removed> {
  const now = (options.clock ?? (() => new Date()))();
  const list = sql`select * from hub_list_held_consents(${now.toISOString()}::timestamptz, ${workspacesAtOnce})`;
  let held = 0;
  await inWorkspaces(options, list, async (scope) => {
    held += await options.giveBackHeld(scope);
  });
  return { held };
}

/** Calls older than their workspace keeps the log, which is `callLogDays` where it has not chosen. */
export async function pruneCallLog(options: ExpiryOptions): Promise<Removed> {
  const { db, callLogDays } = options;
  const now = (options.clock ?? (() => new Date()))();
  const overdue = sql`select * from hub_list_overdue_call_logs(${callLogDays}, ${now.toISOString()}::timestamptz, ${workspacesAtOnce})`;
  let calls = 0;
  await inWorkspaces(options, overdue, async (scope) => {
    const days = (await getCallLogDays(db, scope)) ?? callLogDays;
    const before = new Date(now.getTime() - days * 24 * 3_600_000);
    calls += await deleteInBatches(
      (work) => db.withScope(scope, work),
      batchOf("api_call", sql`workspace_id = ${scope.workspaceId}::uuid and at < ${before.toISOString()}::timestamptz`),
    );
  });
  return { calls };
}

/**
 * Buckets of single channels, mailboxes and the like that nobody has used for long enough to be full again, with their slots. One that is
 * needed again is made again, full. A connection's own buckets stay: they are few, and tell its health.
 */
export async function pruneBuckets(options: Pick<ExpiryOptions, "db" | "findJobScope" | "clock">): Promise<Removed> {
  const now = (options.clock ?? (() => new Date()))();
  const before = new Date(now.getTime() - idleBucketDays * 24 * 3_600_000).toISOString();
  let buckets = 0;
  await inWorkspaces(options, sql`select * from hub_list_idle_buckets(${before}::timestamptz, ${workspacesAtOnce})`, async (scope) => {
    const idle = sql`workspace_id = ${scope.workspaceId}::uuid and at < ${before}::timestamptz and strpos(method_group, '|') > 0
      and coalesce(blocked_until < ${now.toISOString()}::timestamptz, true)`;
    buckets += await deleteInBatches((work) => options.db.withScope(scope, work), batchOf("rate_bucket", idle));
  });
  return { buckets };
}

/** Audit events of more than 400 days. How long they are kept is in the database (migration 0010), where no mistake here can shorten it. */
export async function pruneAuditEvents({ db }: Pick<ExpiryOptions, "db">): Promise<Removed> {
  const shape = z.tuple([z.object({ pruned: z.int() })]);
  for (let auditEvents = 0; ; ) {
    const { rows } = await db.withSystem((tx) => tx.execute(sql`select hub_prune_audit_events(${batchSize}) as pruned`));
    const [{ pruned }] = shape.parse(rows);
    auditEvents += pruned;
    if (pruned < batchSize) return { auditEvents };
  }
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
