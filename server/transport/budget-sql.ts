import { type SQL, sql } from "drizzle-orm";
import { z } from "zod";
import type { RateGroup } from "@/server/integrations/contract";
import { longestWaitMs } from "./backoff";
import type { BudgetAsk, Charge } from "./budget";

/** The statements of the rate budget. Buckets are always locked in the order of their names, so no two statements wait for each other. */

/** How many slices a window's row keeps, as `rate_take` has it (migration 0008). */
const slicesKept = 22;

/** What the vendor said of a bucket since the last take, summed up. */
export interface Told {
  readonly limit: number | undefined;
  /** What was left at `atMs`, epoch milliseconds. */
  readonly remaining: number | undefined;
  readonly atMs: number;
  readonly resetAtMs: number | undefined;
  /** What calls cost beyond what they paid; negative where they paid too much. */
  readonly surcharge: number;
}

/** What a take answers; no row when the connection is gone. */
const takeRow = z.object({
  token_version: z.number().nullable(),
  /** The connection is being taken down, or waits for a person and its access is over. */
  ended: z.boolean(),
  /** Access to tools is stopped in the workspace. */
  stopped: z.boolean(),
  reason: z.string().nullable(),
  /** For each ask, milliseconds until it can be granted; null for granted. */
  waits_ms: z.array(z.number().nullable()),
  /** For each bucket, what is left and its limit; null where there is no such row. */
  left_over: z.array(z.number().nullable()),
  capacities: z.array(z.number().nullable()),
});
export type TakeRow = z.infer<typeof takeRow>;

/** The one row of a take's answer, or null. */
export function readTake(row: Record<string, unknown> | undefined): TakeRow | null {
  return row === undefined ? null : takeRow.parse(row);
}

/** A bucket's numbers: limit, mean refill a second (0: only the calls at the same time are limited), and the window's length. */
function sizeOf(group: RateGroup): { capacity: number; refillPerSecond: number; windowSeconds: number | null } {
  if ("windowMs" in group) {
    const windowSeconds = group.windowMs / 1000;
    return { capacity: group.capacity, refillPerSecond: group.capacity / windowSeconds, windowSeconds };
  }
  if ("capacity" in group) return { capacity: group.capacity, refillPerSecond: group.refillPerSecond, windowSeconds: null };
  return { capacity: group.concurrency, refillPerSecond: 0, windowSeconds: null };
}

/** The buckets, full, with the connection's owner, unless they are there. */
export function openBuckets(connectionId: string, charges: readonly Charge[]): SQL {
  const names = charges.map(({ bucket }) => bucket);
  const sizes = charges.map(({ group }) => sizeOf(group));
  return sql`
    insert into rate_bucket (workspace_id, connection_id, owner_id, method_group, tokens, capacity, refill_per_second, window_seconds, spent, slice)
    select c.workspace_id, c.id, case when c.visibility = 'private' then c.owner_id end, n.bucket, n.capacity, n.capacity, n.refill,
      n.window_s, case when n.window_s > 0 then array_fill(0::float8, array[${slicesKept}::int]) end, case when n.window_s > 0 then 0 end
    from connection c, unnest(${list(names)}::text[], ${list(sizes.map(({ capacity }) => capacity))}::float8[],
      ${list(sizes.map(({ refillPerSecond }) => refillPerSecond))}::float8[], ${list(sizes.map(({ windowSeconds }) => windowSeconds))}::float8[])
      as n (bucket, capacity, refill, window_s)
    where c.id = ${connectionId}
    order by n.bucket
    on conflict do nothing`;
}

/** Closes buckets for so long. */
export function blockBuckets(connectionId: string, charges: readonly Charge[], forMs: number): SQL {
  return sql`
    with refused as materialized (
      select b.workspace_id, b.connection_id, b.method_group from rate_bucket b
      where b.connection_id = ${connectionId} and b.method_group = any(${list(charges.map(({ bucket }) => bucket))}::text[])
      order by b.method_group for update
    )
    update rate_bucket b set blocked_until = greatest(b.blocked_until, clock_timestamp() + make_interval(secs => ${Math.min(longestWaitMs, forMs)}::float8 / 1000))
    from refused r where b.workspace_id = r.workspace_id and b.connection_id = r.connection_id and b.method_group = r.method_group`;
}

/** Gives slots back. */
export function releaseSlots(connectionId: string, holders: readonly string[]): SQL {
  return sql`delete from rate_slot where connection_id = ${connectionId} and holder = any(${list(holders)}::uuid[])`;
}

export interface TakeOptions {
  readonly connectionId: string;
  /** Each bucket once, of the asks' charges. */
  readonly buckets: readonly Charge[];
  /** In the order in which they are served. */
  readonly asks: readonly BudgetAsk[];
  /** For each ask, who its slots are leased to. */
  readonly holders: readonly string[];
  readonly told: ReadonlyMap<string, Told>;
}

/**
 * One statement for all who wait: whether the connection stands and which token is current, and what `rate_take` (migration 0008) grants. An
 * ask whose token is no longer current is not charged. Who has to connect again may call for as long as the access lasts. The commit does
 * not wait for the disk: what a crash of the database's machine forgets is some calls of the last instant.
 */
export function take({ connectionId, buckets, asks, holders, told }: TakeOptions): SQL {
  const now = Date.now();
  const positions = new Map(buckets.map(({ bucket }, index) => [bucket, index + 1]));
  const charges = asks.flatMap((ask) => ask.charges);
  let next = 1;
  const firstCharges = asks.map((ask) => {
    const first = next;
    next += ask.charges.length;
    return first;
  });
  const said = buckets.map(({ bucket }) => told.get(bucket));
  const untilReset = (one: Told | undefined) => one?.resetAtMs && Math.max(-longestWaitMs, Math.min(longestWaitMs, one.resetAtMs - now));
  return sql`
    with standing as (
      select c.status_reason, t.version, t.terminal_error, w.stopped_at is not null or w.deleting_at is not null as stopped,
        c.status = 'disconnecting'
          or (c.status = 'reauth_required' and coalesce(t.access_expires_at <= clock_timestamp(), false)) as ended
      from connection c join workspace w on w.id = c.workspace_id
        left join connection_token t on t.workspace_id = c.workspace_id and t.connection_id = c.id
      where c.id = ${connectionId}
    ), asked as (
      select array_agg(coalesce(a.version = s.version and not s.ended and not s.stopped, false) order by a.ord) as usable
      from unnest(${list(asks.map((ask) => ask.tokenVersion))}::int[]) with ordinality as a (version, ord), standing s
    )
    select s.version as token_version, s.ended, s.stopped, coalesce(s.terminal_error, s.status_reason) as reason,
      r.waits_ms, r.left_over, r.capacities, set_config('synchronous_commit', 'off', true)
    from standing s, asked a, rate_take(${connectionId},
      ${list(buckets.map(({ bucket }) => bucket))}, ${list(buckets.map(({ group }) => group.concurrency))},
      ${list(said.map((one) => one?.limit))}, ${list(said.map((one) => one?.remaining))}, ${list(said.map((one) => one && now - one.atMs))},
      ${list(said.map(untilReset))}, ${list(said.map((one) => one?.surcharge))},
      a.usable, ${list(asks.map((ask) => ask.priority === "background"))}, ${list(asks.map((ask) => ask.patienceMs))},
      ${list(asks.map((ask) => ask.waitedMs))}, ${list(asks.map((ask) => ask.leaseMs))}, ${list(holders)}, ${list(firstCharges)},
      ${list(charges.map(({ bucket }) => positions.get(bucket)))}, ${list(charges.map(({ cost }) => cost))}) r`;
}

/** One array parameter; drizzle would spread a bare array into a list. */
function list(values: readonly (string | number | boolean | null | undefined)[]): SQL {
  return sql`${sql.param(values)}`;
}
