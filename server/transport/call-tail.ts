import { sql } from "drizzle-orm";
import { z } from "zod";
import type { Database, Tx } from "@/db/client";
import type { WorkspaceScope } from "@/db/scope";
import { HubError } from "@/server/errors";
import { encodeId } from "@/server/ids";
import { type CallFilter, listMatching } from "./call-search";
import type { CallView } from "./call-views";
import { lastId, loadCalls, readTail, type WrittenPosition, writeTail } from "./calls";

export interface CallTail {
  /** Calls that match and have an attempt that was not there before, whole. One that was answered before may come again: its id says so. */
  readonly calls: readonly CallView[];
  /** Ids of calls with a new attempt that do not match, or no longer do. */
  readonly unmatched: readonly string[];
  /** Where to go on. */
  readonly tail: string;
  /** More may be there than one answer holds: ask again at once. */
  readonly behind: boolean;
}

const mostAttempts = 400;
/** After so long the list is to be loaded again: a tail catches up with minutes, not with days. */
const tailLifeMs = 15 * 60_000;

/**
 * What was written since `tail`, which `listCalls` or the last answer gave. Rows become visible in another order than that of their times, so
 * the reader goes by the transaction that wrote them and stays below the oldest one under way: none is missed, however late it commits.
 * ESTALE (`restart`) when the place is older than 15 minutes; EINVAL when it is none.
 */
export async function tailCalls(
  db: Database,
  scope: WorkspaceScope,
  options: CallFilter & { readonly tail: string },
  clock: () => number = Date.now,
): Promise<CallTail> {
  const { tail, ...filter } = options;
  const after = readTail(tail);
  const nowMs = clock();
  if (nowMs - after.atMs > tailLifeMs) {
    throw new HubError("ESTALE", "The live log was left for too long; load the list again.", { details: { restart: true } });
  }
  return db.withScope(
    scope,
    async (tx) => {
      const { rows, horizon } = await readWritten(tx, scope, after);
      const last = rows.length < mostAttempts ? undefined : rows.at(-1);
      // Behind the horizon nothing more is to be had at once, however often one asks: it waits for the oldest transaction.
      const behind = last !== undefined && last.writtenIn <= horizon;
      const next = behind ? last : { writtenIn: horizon, id: lastId };
      const callIds = [...new Set(rows.map(({ callId }) => callId))];
      const matching = callIds.length === 0 ? new Set<string>() : await listMatching(tx, scope, filter, callIds);
      const calls = await loadCalls(
        tx,
        scope,
        callIds.filter((id) => matching.has(id)),
      );
      return {
        calls,
        unmatched: callIds.filter((id) => !matching.has(id)).map((id) => encodeId("call", id)),
        tail: writeTail(next, nowMs),
        behind,
      };
    },
    { readOnly: true },
  );
}

const writtenRow = z.object({
  id: z.uuid().nullable(),
  call_id: z.uuid().nullable(),
  written_in: z.coerce.bigint(),
  horizon: z.coerce.bigint(),
});

/** The attempts written after a place, in order, and the last transaction before the oldest one under way. */
async function readWritten(tx: Tx, scope: WorkspaceScope, after: WrittenPosition) {
  const { rows } = await tx.execute(sql`
    select w.id, w.call_id, coalesce(w.written_in, 0)::text as written_in, h.horizon::text as horizon
    from (select pg_snapshot_xmin(pg_current_snapshot())::text::bigint - 1 as horizon) h
    left join lateral (
      select id, call_id, written_in from api_call
      where workspace_id = ${scope.workspaceId}::uuid and (written_in, id) > (${after.writtenIn.toString()}::bigint, ${after.id}::uuid)
      order by written_in, id limit ${mostAttempts}::int
    ) w on true
    order by w.written_in, w.id`);
  const read = z.array(writtenRow).parse(rows);
  return {
    rows: read.flatMap(({ id, call_id, written_in }) =>
      id === null || call_id === null ? [] : [{ id, callId: call_id, writtenIn: written_in }],
    ),
    horizon: read[0]?.horizon ?? after.writtenIn,
  };
}
