import { apiCalls } from "@/db/schema/connections";
import { encodeId } from "@/server/ids";

/** One attempt of a call, as pages and partners read it. */
export interface AttemptView {
  /** `att_…` */
  readonly id: string;
  /** From 1. */
  readonly attempt: number;
  /** False: the hub ended it before anything left. */
  readonly sent: boolean;
  /** Without secrets: values of the query that are not known to be safe are `…`. */
  readonly url: string;
  /** Null when there was no answer. */
  readonly status: number | null;
  /** A HubError code, or `aborted` when the caller gave up; null when it succeeded. */
  readonly errorCode: string | null;
  /** The hub's own sentence, where there was no answer. */
  readonly reason: string | null;
  readonly durationMs: number;
  /** Waited before this attempt: for a limit, a new token, or until it was worth another try. */
  readonly waitMs: number;
  readonly requestBytes: number;
  readonly responseBytes: number | null;
  readonly vendorRequestId: string | null;
  readonly limits: Readonly<Record<string, string>>;
  /** When it began, ISO 8601. */
  readonly at: string;
}

/** One call to a tool with all its attempts. */
export interface CallView {
  /** `cal_…` */
  readonly id: string;
  /** `con_…`; null for calls before there was a connection. */
  readonly connection: string | null;
  readonly integration: string;
  readonly operation: string;
  readonly method: string;
  /** The path it served; null for work without one. */
  readonly path: string | null;
  /** Who it was for, in words. */
  readonly actor: string;
  /** `usr_…`, or `key_…` of an API key; null for the hub's own work. */
  readonly actorId: string | null;
  /** How it ended, which is how its last attempt ended; so are `status` and `errorCode`. */
  readonly outcome: "ok" | "failed";
  readonly status: number | null;
  readonly errorCode: string | null;
  /** From its begin to the end of its last attempt, waits included. */
  readonly elapsedMs: number;
  /** The part of it that was waited. */
  readonly waitMs: number;
  /** When its first attempt began, ISO 8601. */
  readonly at: string;
  /** In order; at least one. */
  readonly attempts: AttemptView[];
}

/** What of a row the views are made from. */
export const attemptColumns = {
  id: apiCalls.id,
  callId: apiCalls.callId,
  connectionId: apiCalls.connectionId,
  integration: apiCalls.integration,
  attempt: apiCalls.attempt,
  operation: apiCalls.operation,
  method: apiCalls.method,
  url: apiCalls.url,
  status: apiCalls.status,
  errorCode: apiCalls.errorCode,
  durationMs: apiCalls.durationMs,
  waitMs: apiCalls.waitMs,
  requestBytes: apiCalls.requestBytes,
  responseBytes: apiCalls.responseBytes,
  vendorRequestId: apiCalls.vendorRequestId,
  limits: apiCalls.limits,
  path: apiCalls.path,
  actorUserId: apiCalls.actorUserId,
  actorJob: apiCalls.actorJob,
  actorKeyId: apiCalls.actorKeyId,
  at: apiCalls.at,
  sent: apiCalls.sent,
  reason: apiCalls.reason,
};

export type AttemptRow = Pick<typeof apiCalls.$inferSelect, keyof typeof attemptColumns> & {
  /** The person's name or address; null for a job or a key, and for someone who is no member any more. */
  readonly person: string | null;
  /** The API key's name; null for everybody else. */
  readonly key: string | null;
};

const firstRefusal = 400;

/** Whether an attempt brought what was asked for. An answer that the caller reads itself (OAuth's own) may be a refusal without an error. */
const succeeded = ({ errorCode, status }: Pick<AttemptRow, "errorCode" | "status">): boolean =>
  errorCode === null && (status === null || status < firstRefusal);

function attemptView(row: AttemptRow): AttemptView {
  return {
    id: encodeId("attempt", row.id),
    attempt: row.attempt,
    sent: row.sent,
    url: row.url,
    status: row.status,
    errorCode: row.errorCode,
    reason: row.reason,
    durationMs: row.durationMs,
    waitMs: row.waitMs,
    requestBytes: row.requestBytes,
    responseBytes: row.responseBytes,
    vendorRequestId: row.vendorRequestId,
    limits: row.limits,
    at: row.at.toISOString(),
  };
}

function actorOf({ actorJob, actorKeyId, key, person }: AttemptRow): string {
  if (actorJob !== null) return `The hub (${actorJob})`;
  if (actorKeyId !== null) return `API key ${key ?? ""}`.trimEnd();
  return person ?? "Someone who left the workspace";
}

function actorIdOf({ actorUserId, actorKeyId }: AttemptRow): string | null {
  if (actorKeyId !== null) return encodeId("key", actorKeyId);
  return actorUserId === null ? null : encodeId("user", actorUserId);
}

/** The call that these attempts make up; null when there are none. */
export function findCallView(rows: readonly AttemptRow[]): CallView | null {
  const sorted = [...rows].sort((a, b) => a.attempt - b.attempt);
  const first = sorted[0];
  const last = sorted.at(-1);
  if (first === undefined || last === undefined) return null;
  return {
    id: encodeId("call", first.callId),
    connection: first.connectionId === null ? null : encodeId("connection", first.connectionId),
    integration: first.integration,
    operation: first.operation,
    method: first.method,
    path: first.path,
    actor: actorOf(first),
    actorId: actorIdOf(first),
    outcome: succeeded(last) ? "ok" : "failed",
    status: last.status,
    errorCode: last.errorCode,
    elapsedMs: last.at.getTime() + last.durationMs - (first.at.getTime() - first.waitMs),
    waitMs: sorted.reduce((sum, attempt) => sum + attempt.waitMs, 0),
    at: first.at.toISOString(),
    attempts: sorted.map(attemptView),
  };
}

/** Attempts of several calls as calls, in the order of `callIds`; a call of which nothing is there is left out. */
export function callViews(rows: readonly AttemptRow[], callIds: readonly string[]): CallView[] {
  const byCall = Map.groupBy(rows, (row) => row.callId);
  return callIds.flatMap((id) => findCallView(byCall.get(id) ?? []) ?? []);
}
