import { sql } from "drizzle-orm";
import { z } from "zod";
import type { Database } from "@/db/client";
import type { WorkspaceScope } from "@/db/scope";
import type { RateGroup } from "@/server/integrations/contract";
import { type BudgetAnswer, type BudgetAsk, type BudgetStore, reserveOf } from "./budget";
import type { LimitReport } from "./send";

export interface BudgetStoreOptions {
  readonly db: Database;
  /** The hub's own scope in a workspace (a job's): a bucket belongs to the connection, whoever calls. */
  readonly scopeOf: (workspaceId: string) => WorkspaceScope;
  readonly log: { warn(fields: Readonly<Record<string, unknown>>, message: string): void };
}

interface Waiting {
  readonly ask: BudgetAsk;
  readonly resolve: (answer: BudgetAnswer) => void;
  readonly reject: (error: unknown) => void;
}

/** A bucket as this process knows it: who waits for the next question, and what the vendor said since the last. */
interface Desk {
  waiting: Waiting[];
  asking: boolean;
  /** Whether the row is there. */
  known: boolean;
  /** What the last take left, and the limit it went by. */
  leftOver: number;
  capacity: number;
  report: LimitReport | null;
}

/** What the one statement of a take answers; no row when the connection is gone. */
const takeRow = z.object({
  token_version: z.number().nullable(),
  status: z.string(),
  reason: z.string().nullable(),
  bucket_found: z.boolean(),
  granted: z.array(z.number()).nullable(),
  left_over: z.number().nullable(),
  refill: z.number().nullable(),
  capacity: z.number().nullable(),
  blocked_ms: z.number().nullable(),
});
type TakeRow = z.infer<typeof takeRow>;

function readTake(row: Record<string, unknown> | undefined): TakeRow | null {
  return row === undefined ? null : takeRow.parse(row);
}

/** Answers under way make the vendor's count and ours differ a little; so small a part is not worth a statement. */
const tolerance = 0.01;
const maxDesks = 10_000;
/** So that waiters of one bucket do not all come back for one token. */
const minWaitMs = 5;

/**
 * The buckets in `rate_bucket`, shared by every process. A take is one statement that also says whether the connection still stands and
 * which token is current, so a warm call needs no other. Takes that come up while one is under way go together in the next, people first.
 */
export function createBudgetStore(options: BudgetStoreOptions): BudgetStore {
  const { db, scopeOf, log } = options;
  const desks = new Map<string, Desk>();

  function deskOf(ask: BudgetAsk): Desk {
    const key = `${ask.connectionId}|${ask.group.group}`;
    let desk = desks.get(key);
    if (desk === undefined) {
      desk = { waiting: [], asking: false, known: false, leftOver: 0, capacity: 0, report: null };
      desks.set(key, desk);
      for (const [oldest, other] of desks) {
        if (desks.size <= maxDesks) break;
        if (!other.asking && other.waiting.length === 0) desks.delete(oldest);
      }
    }
    return desk;
  }

  async function serve(desk: Desk): Promise<void> {
    desk.asking = true;
    try {
      while (desk.waiting.length > 0) {
        const batch = desk.waiting.sort((a, b) => rank(a.ask) - rank(b.ask));
        desk.waiting = [];
        await settle(desk, batch);
      }
    } finally {
      desk.asking = false;
    }
  }

  async function settle(desk: Desk, batch: readonly Waiting[]): Promise<void> {
    const [first] = batch;
    if (first === undefined) return;
    try {
      const { workspaceId, connectionId, group } = first.ask;
      const scope = scopeOf(workspaceId);
      const asks = batch.map((waiting) => waiting.ask);
      const report = desk.report;
      desk.report = null;
      // One round trip: whatever else is due travels with the take, before it.
      const answers = await db.batchInScope(scope, [
        ...(desk.known ? [] : [openBucket(connectionId, group)]),
        ...(report === null ? [] : [correct(connectionId, group, report)]),
        take(connectionId, group.group, asks),
      ]);
      const row = readTake(answers.at(-1)?.[0]);
      desk.known = row?.bucket_found === true;
      desk.leftOver = row?.left_over ?? 0;
      desk.capacity = row?.capacity ?? 0;
      const granted = new Set(row?.granted ?? []);
      batch.forEach((waiting, index) => {
        waiting.resolve(answerTo(waiting.ask, row, granted.has(index + 1)));
      });
    } catch (error) {
      for (const waiting of batch) waiting.reject(error);
    }
  }

  return {
    take(ask) {
      const desk = deskOf(ask);
      return new Promise((resolve, reject) => {
        desk.waiting.push({ ask, resolve, reject });
        if (!desk.asking) void serve(desk);
      });
    },

    async block(ask, forMs) {
      try {
        await db.batchInScope(scopeOf(ask.workspaceId), [
          openBucket(ask.connectionId, ask.group),
          sql`
            update rate_bucket set tokens = least(tokens, 0), at = clock_timestamp(),
              blocked_until = greatest(blocked_until, clock_timestamp() + make_interval(secs => ${forMs}::float8 / 1000))
            where connection_id = ${ask.connectionId} and method_group = ${ask.group.group}`,
        ]);
      } catch (error) {
        // The refusal itself still reaches the caller; only the other callers learn of it later, from the vendor.
        log.warn({ connectionId: ask.connectionId, group: ask.group.group, error }, "a rate limit could not be noted");
      }
    },

    learn(ask, report) {
      const desk = deskOf(ask);
      const { limit, remaining, resetAtMs } = report;
      const isLess = remaining !== undefined && (remaining <= 0 || remaining < desk.leftOver - Math.max(1, desk.capacity * tolerance));
      if (!isLess && (limit === undefined || limit === desk.capacity)) return;
      // Answers overtake each other: of several within one window the least that is left is the latest.
      const isSameWindow = desk.report?.resetAtMs === resetAtMs;
      const least =
        isSameWindow && desk.report?.remaining !== undefined ? Math.min(desk.report.remaining, remaining ?? Infinity) : remaining;
      desk.report = { group: report.group, limit, remaining: least, resetAtMs };
    },
  };
}

function rank(ask: BudgetAsk): number {
  return ask.priority === "person" ? 0 : 1;
}

function answerTo(ask: BudgetAsk, row: TakeRow | null, granted: boolean): BudgetAnswer {
  if (row === null || row.token_version === null) {
    return { outcome: "unusable", reason: "This connection was disconnected." };
  }
  if (row.token_version !== ask.tokenVersion) return { outcome: "stale_token" };
  if (row.status === "reauth_required" || row.status === "disconnecting") {
    return { outcome: "unusable", reason: row.reason ?? "This connection has to be connected again." };
  }
  if (granted) return { outcome: "granted" };
  const capacity = row.capacity ?? ask.group.capacity;
  const needed = Math.min(ask.cost, capacity) + (ask.priority === "background" ? reserveOf(capacity) : 0);
  const refillMs = ((needed - (row.left_over ?? 0)) / Math.max(row.refill ?? ask.group.refillPerSecond, 1e-9)) * 1000;
  return { outcome: "wait", waitMs: Math.max(minWaitMs, refillMs, row.blocked_ms ?? 0) };
}

/** The bucket, full, with the connection's owner, unless it is there. */
function openBucket(connectionId: string, group: RateGroup) {
  return sql`
    insert into rate_bucket (workspace_id, connection_id, owner_id, method_group, tokens, capacity, refill_per_second)
    select c.workspace_id, c.id, case when c.visibility = 'private' then c.owner_id end, ${group.group},
      ${group.capacity}::float8, ${group.capacity}::float8, ${group.refillPerSecond}::float8
    from connection c where c.id = ${connectionId}
    on conflict do nothing`;
}

/**
 * The vendor's numbers win where they are stricter: fewer tokens left, or another limit, whose window stays as long as it was documented.
 * Nothing left closes the bucket until the reset.
 */
function correct(connectionId: string, group: RateGroup, report: LimitReport) {
  const limit = report.limit ?? null;
  const remaining = report.remaining ?? null;
  const untilResetMs = remaining !== null && remaining <= 0 && report.resetAtMs !== undefined ? report.resetAtMs - Date.now() : null;
  return sql`
    update rate_bucket set
      tokens = least(tokens + extract(epoch from clock_timestamp() - at) * refill_per_second,
        coalesce(${limit}::float8, capacity), coalesce(${remaining}::float8, capacity)),
      at = clock_timestamp(),
      refill_per_second = refill_per_second * coalesce(nullif(${limit}::float8, 0), capacity) / capacity,
      capacity = coalesce(nullif(${limit}::float8, 0), capacity),
      blocked_until = case when ${untilResetMs}::float8 > 0
        then greatest(blocked_until, clock_timestamp() + make_interval(secs => ${untilResetMs}::float8 / 1000)) else blocked_until end
    where connection_id = ${connectionId} and method_group = ${group.group}
      and (${limit}::float8 is distinct from capacity or ${remaining}::float8 < tokens + extract(epoch from clock_timestamp() - at) * refill_per_second)`;
}

/**
 * One statement for all who wait: locks the bucket, counts what it holds by now, and grants the asks in their order as far as it reaches.
 * An ask whose token is no longer current is not charged. Background asks leave people's reserve untouched. The commit does not wait for the
 * disk: what a crash of the database's machine forgets is some calls of the last instant.
 */
function take(connectionId: string, group: string, asks: readonly BudgetAsk[]) {
  const costs = asks.map((ask) => ask.cost);
  const versions = asks.map((ask) => ask.tokenVersion);
  const background = asks.map((ask) => ask.priority === "background");
  return sql`
    with standing as (
      select c.status, c.status_reason, t.version, t.terminal_error
      from connection c left join connection_token t on t.workspace_id = c.workspace_id and t.connection_id = c.id
      where c.id = ${connectionId}
    ), held as materialized (
      select b.workspace_id, b.connection_id, b.method_group, b.capacity, b.refill_per_second,
        least(b.capacity, b.tokens + extract(epoch from clock_timestamp() - b.at) * b.refill_per_second) as available,
        greatest(0, coalesce(extract(epoch from b.blocked_until - clock_timestamp()) * 1000, 0))::float8 as blocked_ms
      from rate_bucket b where b.connection_id = ${connectionId} and b.method_group = ${group}
      for update
    ), asked as (
      select a.ord, a.background,
        a.version = s.version and s.status not in ('reauth_required', 'disconnecting') as usable,
        least(a.cost, h.capacity) as cost, h.available, h.blocked_ms,
        case when a.background and h.capacity >= 5 then floor(h.capacity * 0.2) else 0 end as reserve
      from unnest(${param(costs)}::float8[], ${param(versions)}::int[], ${param(background)}::boolean[]) with ordinality
        as a (cost, version, background, ord), held h, standing s
    ), summed as (
      select ord, usable, available, blocked_ms, reserve, sum(case when usable then cost else 0 end) over (order by ord) as total from asked
    ), granted as (
      select array_agg(ord order by ord) as ords, coalesce(max(total), 0) as total
      from summed where usable and blocked_ms = 0 and total + reserve <= available
    ), paid as (
      update rate_bucket b set tokens = h.available - g.total, at = clock_timestamp()
      from held h, granted g
      where b.workspace_id = h.workspace_id and b.connection_id = h.connection_id and b.method_group = h.method_group and g.total > 0
      returning b.tokens
    )
    select s.version as token_version, s.status, coalesce(s.terminal_error, s.status_reason) as reason,
      exists (select from held) as bucket_found, (select ords::int[] from granted) as granted,
      (select available from held) - (select total from granted) as left_over,
      (select refill_per_second from held) as refill, (select capacity from held) as capacity, (select blocked_ms from held) as blocked_ms,
      (select count(*) from paid) as paid, set_config('synchronous_commit', 'off', true)
    from standing s`;
}

/** One array parameter; drizzle would spread a bare array into a list. */
function param(values: readonly (number | boolean)[]) {
  return sql`${sql.param(values)}`;
}
