import { and, asc, desc, eq, gte, inArray, lte, sql } from "drizzle-orm";
import { z } from "zod";
import type { Database, Tx } from "@/db/client";
import { apiCalls } from "@/db/schema/connections";
import { users } from "@/db/schema/identity";
import { apiKeys } from "@/db/schema/workspaces";
import type { WorkspaceScope } from "@/db/scope";
import { HubError } from "@/server/errors";
import { decodeId } from "@/server/ids";
import { type CallFilter, type CallPosition, isKnownTime, needsLook, readStretch, type Stretch } from "./call-search";
import { type AttemptRow, attemptColumns, type CallView, callViews, findCallView } from "./call-views";

export const maxCallsPage = 200;

export interface CallPage {
  /** Newest first, by when their first attempts began. */
  readonly calls: readonly CallView[];
  /** Null: nothing older is kept. */
  readonly nextCursor: string | null;
  /** Where a search stopped before the page was full, ISO 8601: it looks through so much at a time. `nextCursor` goes on from there. */
  readonly lookedBackTo: string | null;
  /** Where `tailCalls` takes over: everything that this page cannot have seen comes there. Only a first page has it. */
  readonly tail: string | null;
}

/** How much of the log one page may look through. */
export interface LookLimits {
  /** Calls a statement, so that none takes long on the embedded database, whose other users wait meanwhile. */
  readonly stretch: number;
  /** Calls a page. */
  readonly most: number;
  /** Milliseconds after which no further statement is begun. */
  readonly mostMs: number;
}

const lookLimits: LookLimits = { stretch: 2_000, most: 20_000, mostMs: 400 };

/**
 * A page of the call log, newest first, as far as the scope sees it: a private connection's calls are its owner's alone. The cursor is opaque
 * and stands between calls, whose place never changes, so what is written meanwhile neither repeats nor hides one. EINVAL on a bad cursor or id.
 */
export async function listCalls(
  db: Database,
  scope: WorkspaceScope,
  options: CallFilter & { readonly cursor?: string | undefined; readonly limit: number },
  limits: LookLimits = lookLimits,
): Promise<CallPage> {
  const { cursor, limit: asked, ...filter } = options;
  const limit = Math.min(Math.max(1, asked), maxCallsPage);
  const first = cursor === undefined ? null : readCursor(cursor);
  const size = needsLook(filter) ? limits.stretch : limit + 1;
  const startedAtMs = performance.now();
  const found: Stretch["found"][number][] = [];
  let tail: string | null = null;
  let position = first;
  let looked = 0;
  for (;;) {
    const from = position;
    const step = await db.withScope(
      scope,
      async (tx) => {
        // Asked first: what commits between the two is in both, and not in neither.
        const beginning = first === null && from === null ? readTailStart(tx) : null;
        const stretch = await readStretch(tx, scope, filter, { position: from, size, wanted: limit + 1 - found.length });
        found.push(...stretch.found);
        looked += stretch.looked;
        const isFull = found.length > limit;
        const isLast = stretch.looked < size;
        const isOver = looked >= limits.most || performance.now() - startedAtMs >= limits.mostMs;
        const ended = isFull ? "full" : isLast ? "last" : isOver ? "over" : null;
        const calls =
          ended === null
            ? []
            : await loadCalls(
                tx,
                scope,
                found.slice(0, limit).map(({ callId }) => callId),
              );
        return { ended, calls, end: stretch.end, tail: await beginning };
      },
      { readOnly: true },
    );
    tail ??= step.tail;
    position = step.end ?? position;
    if (step.ended === null) continue;
    const next = step.ended === "full" ? found[limit - 1] : step.ended === "over" ? position : null;
    return {
      calls: step.calls,
      nextCursor: next == null ? null : writeCursor(next),
      lookedBackTo: step.ended === "over" && position !== null ? position.at : null,
      tail,
    };
  }
}

/** Where a live reader begins: before the oldest transaction under way; what is older is decided and seen. */
async function readTailStart(tx: Tx): Promise<string> {
  const { rows } = await tx.execute(sql`select (pg_snapshot_xmin(pg_current_snapshot())::text::bigint - 1)::text as after`);
  const [{ after }] = z.tuple([z.object({ after: z.coerce.bigint() })]).parse(rows);
  return writeTail({ writtenIn: after, id: lastId }, Date.now());
}

const withActor = { ...attemptColumns, name: users.name, email: users.email, key: apiKeys.name };

/** All attempts of these calls, as calls in this order. */
export async function loadCalls(tx: Tx, scope: WorkspaceScope, callIds: readonly string[]): Promise<CallView[]> {
  if (callIds.length === 0) return [];
  const rows = await tx
    .select(withActor)
    .from(apiCalls)
    .leftJoin(users, eq(users.id, apiCalls.actorUserId))
    .leftJoin(apiKeys, and(eq(apiKeys.workspaceId, apiCalls.workspaceId), eq(apiKeys.id, apiCalls.actorKeyId)))
    .where(and(eq(apiCalls.workspaceId, scope.workspaceId), inArray(apiCalls.callId, [...callIds])));
  return callViews(rows.map(attemptRow), callIds);
}

const attemptRow = ({ name, email, ...row }: Omit<AttemptRow, "person"> & { name: string | null; email: string | null }): AttemptRow => ({
  ...row,
  person: name ?? email,
});

export interface CallDetail {
  readonly call: CallView;
  /** Renewals of the connection's token that were under way while this call was; of those that it waited for it is one. */
  readonly renewals: readonly CallView[];
}

const renewalJob = "token-refresh";
const mostRenewals = 5;
/** A renewal that ended this long before the call may still be why it waited: clocks of several processes differ a little. */
const clockSlackMs = 2_000;

/** One call with all its attempts; `id` is `cal_…`. ENOENT when it is not kept, or not this scope's to see. */
export async function getCall(db: Database, scope: WorkspaceScope, id: string): Promise<CallDetail> {
  const callId = decodeId("call", id);
  return db.withScope(
    scope,
    async (tx) => {
      const [call] = await loadCalls(tx, scope, [callId]);
      if (call === undefined) throw new HubError("ENOENT", "The call log has no such call; calls are kept for a limited time.");
      return { call, renewals: await listRenewals(tx, scope, call) };
    },
    { readOnly: true },
  );
}

async function listRenewals(tx: Tx, scope: WorkspaceScope, call: CallView): Promise<CallView[]> {
  if (call.connection === null || call.actor === `The hub (${renewalJob})`) return [];
  const startedAtMs = new Date(call.at).getTime() - (call.attempts[0]?.waitMs ?? 0);
  const rows = await tx
    .select(withActor)
    .from(apiCalls)
    .leftJoin(users, eq(users.id, apiCalls.actorUserId))
    .leftJoin(apiKeys, and(eq(apiKeys.workspaceId, apiCalls.workspaceId), eq(apiKeys.id, apiCalls.actorKeyId)))
    .where(
      and(
        eq(apiCalls.workspaceId, scope.workspaceId),
        eq(apiCalls.connectionId, decodeId("connection", call.connection)),
        gte(apiCalls.at, new Date(startedAtMs - clockSlackMs)),
        lte(apiCalls.at, new Date(startedAtMs + call.elapsedMs)),
        eq(apiCalls.actorJob, renewalJob),
      ),
    )
    .orderBy(desc(apiCalls.at), asc(apiCalls.attempt))
    .limit(mostRenewals);
  return [...Map.groupBy(rows.map(attemptRow), (row) => row.callId).values()].flatMap((attempts) => findCallView(attempts) ?? []).reverse();
}

const cursorShape = z.tuple([z.iso.datetime().refine((at) => isKnownTime(new Date(at))), z.uuid()]);

function writeCursor({ at, id }: CallPosition): string {
  return Buffer.from(JSON.stringify([at, id])).toString("base64url");
}

function readCursor(cursor: string): CallPosition {
  try {
    const [at, id] = cursorShape.parse(JSON.parse(Buffer.from(cursor, "base64url").toString("utf8")));
    return { at, id };
  } catch (cause) {
    throw new HubError("EINVAL", "This is not a cursor of the call log; start again without one.", { cause });
  }
}

/** A place in the order in which rows were written: a transaction, and a row of it. */
export interface WrittenPosition {
  readonly writtenIn: bigint;
  readonly id: string;
}

/** Behind every row of its transaction (the Max UUID of RFC 9562 §5.10). */
export const lastId = "ffffffff-ffff-ffff-ffff-ffffffffffff";

const tailShape = z.tuple([z.string().regex(/^\d{1,18}$/), z.guid(), z.number().int()]);

/** A place for `tailCalls`, and when it was given. */
export const writeTail = ({ writtenIn, id }: WrittenPosition, atMs: number): string =>
  Buffer.from(JSON.stringify([writtenIn.toString(), id, atMs])).toString("base64url");

/** EINVAL when it is none of ours. */
export function readTail(tail: string): WrittenPosition & { readonly atMs: number } {
  try {
    const [writtenIn, id, atMs] = tailShape.parse(JSON.parse(Buffer.from(tail, "base64url").toString("utf8")));
    return { writtenIn: BigInt(writtenIn), id, atMs };
  } catch (cause) {
    throw new HubError("EINVAL", "This is not a place in the live log; load the list again.", { cause });
  }
}
