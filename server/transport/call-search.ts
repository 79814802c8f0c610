import { type SQL, sql } from "drizzle-orm";
import { z } from "zod";
import type { Tx } from "@/db/client";
import { scopeUserId, type WorkspaceScope } from "@/db/scope";
import { HubError } from "@/server/errors";
import { decodeId } from "@/server/ids";

/** What a list of calls is narrowed to. All that is given must hold; ids are the API's. */
export interface CallFilter {
  readonly connection?: string | undefined;
  readonly integration?: string | undefined;
  /** How the call ended; `retried`: it took more than one attempt, however it ended. */
  readonly outcome?: "ok" | "failed" | "retried" | undefined;
  /** One of its attempts ended with this code. */
  readonly errorCode?: string | undefined;
  /** One of its attempts was answered with a status of this class; `none`: got no answer. */
  readonly status?: StatusClass | undefined;
  /** `usr_…`; `hub`: the hub's own work; `hub:<job>`: that job's. */
  readonly actor?: string | undefined;
  /** The path served, or one above it. */
  readonly path?: string | undefined;
  readonly operation?: string | undefined;
  /** The first attempt began at this time or later, ISO 8601. */
  readonly from?: string | undefined;
  /** … and before this one. */
  readonly to?: string | undefined;
  /** Part of the operation, path, URL, error code, reason or tool's request id of any attempt; upper and lower case are alike. */
  readonly text?: string | undefined;
}

export const statusClasses = ["2xx", "3xx", "4xx", "5xx", "none"] as const;
export type StatusClass = (typeof statusClasses)[number];

/** Whether database and ISO 8601 print the time alike: the one has no year 0, the other no fifth digit. */
export const isKnownTime = (time: Date): boolean => time.getUTCFullYear() > 0 && time.getUTCFullYear() < 10_000;

/** In UTC, because the database takes fewer offsets than ISO 8601 has. EINVAL for a time that it does not know. */
function instantOf(text: string): string {
  const time = new Date(text);
  if (!isKnownTime(time)) throw new HubError("EINVAL", "The call log knows no such time.");
  return time.toISOString();
}

/** A place in the log, between calls: newest first, and by id among those of one moment. */
export interface CallPosition {
  /** ISO 8601, to the microsecond. */
  readonly at: string;
  readonly id: string;
}

export interface Stretch {
  /** The calls that match, newest first. */
  readonly found: readonly (CallPosition & { readonly callId: string })[];
  /** The oldest call that was looked at; null when there was none. */
  readonly end: CallPosition | null;
  /** How many calls were looked at. */
  readonly looked: number;
}

/** Whether the filter asks for anything that no index narrows, so that calls have to be looked at one by one. */
export function needsLook(filter: CallFilter): boolean {
  const { connection: _, from: _from, to: _to, ...looked } = filter;
  return Object.values(looked).some((value) => value !== undefined);
}

const both = (conditions: readonly (SQL | null)[]): SQL => {
  const given = conditions.filter((condition) => condition !== null);
  return given.length === 0 ? sql`true` : sql.join(given, sql` and `);
};
const when = <T>(value: T | undefined, condition: (value: T) => SQL): SQL | null => (value === undefined ? null : condition(value));

/** What one row of the alias must hold for a text. Plain search, no pattern: what a person types means itself. */
const holdsText = (row: SQL, text: string): SQL =>
  sql`strpos(lower(concat_ws(E'\n', ${row}.operation, ${row}.path, ${row}.url, ${row}.error_code, ${row}.reason, ${row}.vendor_request_id)), lower(${text})) > 0`;

function holdsStatus(row: SQL, status: StatusClass): SQL {
  if (status === "none") return sql`${row}.status is null`;
  const from = Number(status[0]) * 100;
  return sql`${row}.status between ${from}::int and ${from + 99}::int`;
}

function isActor(row: SQL, actor: string): SQL {
  if (actor === "hub") return sql`${row}.actor_job is not null`;
  if (actor.startsWith("hub:")) return sql`${row}.actor_job = ${actor.slice("hub:".length)}`;
  if (actor.startsWith("key_")) return sql`${row}.actor_key_id = ${decodeId("key", actor)}::uuid`;
  return sql`${row}.actor_user_id = ${decodeId("user", actor)}::uuid`;
}

/** What is the same for all attempts of a call, asked of its first. */
const ofCall = (row: SQL, filter: CallFilter): (SQL | null)[] => [
  when(filter.integration, (id) => sql`${row}.integration = ${id}`),
  when(filter.operation, (operation) => sql`${row}.operation = ${operation}`),
  when(filter.actor, (actor) => isActor(row, actor)),
  when(filter.path, (path) => {
    const directory = path.replace(/\/+$/, "");
    return sql`(${row}.path = ${directory} or starts_with(${row}.path, ${`${directory}/`}))`;
  }),
];

const succeeded = (code: SQL, status: SQL): SQL => sql`(${code} is null and coalesce(${status}, 0) < 400)`;

/**
 * The condition on a call whose first attempt is `c`, and the join that gives the later ones. Only a failed attempt is followed by another,
 * so a call that succeeded at once costs no look at more rows.
 */
function matching(filter: CallFilter): { join: SQL; hit: SQL } {
  const c = sql`c`;
  const { outcome, errorCode, status, text } = filter;
  if (outcome === undefined && errorCode === undefined && status === undefined && text === undefined) {
    return { join: sql``, hit: both(ofCall(c, filter)) };
  }
  const o = sql`o`;
  const later = (condition: SQL | null): SQL => condition ?? sql`false`;
  const join = sql`
    left join lateral (
      select count(*) as attempts, (array_agg(o.error_code order by o.attempt desc))[1] as error_code,
        (array_agg(o.status order by o.attempt desc))[1] as status,
        coalesce(bool_or(${later(when(errorCode, (code) => sql`coalesce(o.error_code = ${code}, false)`))}), false) as has_code,
        coalesce(bool_or(${later(when(status, (one) => sql`coalesce(${holdsStatus(o, one)}, false)`))}), false) as has_status,
        coalesce(bool_or(${later(when(text, (one) => holdsText(o, one)))}), false) as has_text
      from api_call o
      where o.workspace_id = c.workspace_id and o.call_id = c.call_id and o.attempt > 1 and c.error_code is not null
    ) l on true`;
  const ended = sql`case when l.attempts > 0 then ${succeeded(sql`l.error_code`, sql`l.status`)} else ${succeeded(sql`c.error_code`, sql`c.status`)} end`;
  const hit = both([
    ...ofCall(c, filter),
    when(outcome, (one) => (one === "ok" ? ended : one === "failed" ? sql`not ${ended}` : sql`l.attempts > 0`)),
    when(errorCode, (code) => sql`(coalesce(c.error_code = ${code}, false) or l.has_code)`),
    when(status, (one) => sql`(coalesce(${holdsStatus(c, one)}, false) or l.has_status)`),
    when(text, (one) => sql`(${holdsText(c, one)} or l.has_text)`),
  ]);
  return { join, hit };
}

const columns = sql`id, call_id, at, workspace_id, integration, operation, path, url, status, error_code, reason, vendor_request_id, actor_user_id, actor_job`;

/**
 * At most `size` calls in order, older than `position`. A person sees what is shared and what is theirs: each is one ordered read of an index,
 * where row-level security alone would have to look at every private call of others in between.
 */
function scan(scope: WorkspaceScope, filter: CallFilter, position: CallPosition | null, size: number): SQL {
  const userId = scopeUserId(scope);
  const connectionId = filter.connection === undefined ? null : decodeId("connection", filter.connection);
  const read = (whose: SQL, order = sql`at desc, id desc`): SQL => sql`
    (select ${columns} from api_call
    where ${both([
      sql`workspace_id = ${scope.workspaceId}::uuid and ${whose} and attempt = 1`,
      when(filter.from, (from) => sql`at >= ${instantOf(from)}::timestamptz`),
      when(filter.to, (to) => sql`at < ${instantOf(to)}::timestamptz`),
      position === null ? null : sql`(at, id) < (${position.at}::timestamptz, ${position.id}::uuid)`,
    ])}
    order by ${order} limit ${size}::int)`;
  if (connectionId !== null) return read(sql`connection_id = ${connectionId}::uuid`);
  if (userId === null) return read(sql`true`);
  // With the owner in the order, the planner cannot take the index of pruning, which has everybody's calls in it.
  const shared = read(sql`owner_id is null`, sql`owner_id desc, at desc, id desc`);
  const merged = sql.join([shared, read(sql`owner_id = ${userId}::uuid`)], sql` union all `);
  return sql`(select * from (${merged}) visible order by at desc, id desc limit ${size}::int)`;
}

const stretchRow = z.object({ kind: z.enum(["call", "end"]), id: z.uuid(), call_id: z.uuid(), at: z.string(), looked: z.coerce.number() });
const printed = sql`to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

/** Looks at the next `size` calls from `position` on, in one statement, and answers at most `wanted` of those that match. */
export async function readStretch(
  tx: Tx,
  scope: WorkspaceScope,
  filter: CallFilter,
  options: { readonly position: CallPosition | null; readonly size: number; readonly wanted: number },
): Promise<Stretch> {
  const { join, hit } = matching(filter);
  const { rows } = await tx.execute(sql`
    with seen as materialized (
      select c.id, c.call_id, c.at, (${hit}) as hit from ${scan(scope, filter, options.position, options.size)} c ${join}
    ), found as (
      select id, call_id, at from seen where hit order by at desc, id desc limit ${options.wanted}::int
    )
    select 'call' as kind, id, call_id, ${printed} as at, 0 as looked from found
    union all
    select 'end', id, call_id, ${printed}, looked from (select *, count(*) over () as looked from seen order by at, id limit 1) oldest
    order by kind, at desc, id desc`);
  const read = z.array(stretchRow).parse(rows);
  const end = read.find(({ kind }) => kind === "end");
  return {
    found: read.filter(({ kind }) => kind === "call").map(({ id, at, call_id }) => ({ id, at, callId: call_id })),
    end: end === undefined ? null : { at: end.at, id: end.id },
    looked: end?.looked ?? 0,
  };
}

/** Of these calls, the ones that match, whatever their place in the log. */
export async function listMatching(tx: Tx, scope: WorkspaceScope, filter: CallFilter, callIds: readonly string[]): Promise<Set<string>> {
  const { join, hit } = matching(filter);
  const connectionId = filter.connection === undefined ? null : decodeId("connection", filter.connection);
  const { rows } = await tx.execute(sql`
    select c.call_id from api_call c ${join}
    where ${both([
      sql`c.workspace_id = ${scope.workspaceId}::uuid and c.attempt = 1 and c.call_id = any(${`{${callIds.join(",")}}`}::uuid[])`,
      connectionId === null ? null : sql`c.connection_id = ${connectionId}::uuid`,
      when(filter.from, (from) => sql`c.at >= ${instantOf(from)}::timestamptz`),
      when(filter.to, (to) => sql`c.at < ${instantOf(to)}::timestamptz`),
      hit,
    ])}`);
  return new Set(
    z
      .array(z.object({ call_id: z.uuid() }))
      .parse(rows)
      .map(({ call_id }) => call_id),
  );
}
