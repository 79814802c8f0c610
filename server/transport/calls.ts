import { and, desc, eq, sql } from "drizzle-orm";
import { z } from "zod";
import type { Database } from "@/db/client";
import { apiCalls } from "@/db/schema/connections";
import { users } from "@/db/schema/identity";
import type { WorkspaceScope } from "@/db/scope";
import { HubError } from "@/server/errors";
import { decodeId, encodeId } from "@/server/ids";

/** One attempt as pages and partners read it. */
export interface CallView {
  /** `cal_…` */
  readonly id: string;
  /** The same for all attempts of one call. */
  readonly callId: string;
  /** `con_…`; null for calls before there was a connection. */
  readonly connection: string | null;
  readonly integration: string;
  readonly attempt: number;
  readonly operation: string;
  readonly method: string;
  /** Without secrets: values of the query that are not known to be safe are `…`. */
  readonly url: string;
  /** Null when there was no answer. */
  readonly status: number | null;
  /** A HubError code, or `aborted` when the caller gave up; null when it succeeded. */
  readonly errorCode: string | null;
  readonly durationMs: number;
  /** Waited before this attempt. */
  readonly waitMs: number;
  readonly requestBytes: number;
  readonly responseBytes: number | null;
  readonly vendorRequestId: string | null;
  readonly limits: Readonly<Record<string, string>>;
  /** The path it served; null for work without one. */
  readonly path: string | null;
  /** Who it was for, in words. */
  readonly actor: string;
  /** ISO 8601. */
  readonly at: string;
}

export const maxCallsPage = 200;

/**
 * A page of the call log, newest first, as far as the scope sees it: a private connection's calls are its owner's alone. `connection` is
 * `con_…`. The cursor is opaque and stands between rows, so what is written meanwhile neither repeats nor hides a row. EINVAL on a bad cursor or id.
 */
export async function listCalls(
  db: Database,
  scope: WorkspaceScope,
  options: { readonly connection?: string | undefined; readonly cursor?: string | undefined; readonly limit: number },
): Promise<{ calls: CallView[]; nextCursor: string | null }> {
  const limit = Math.min(Math.max(1, options.limit), maxCallsPage);
  const after = options.cursor === undefined ? null : readCursor(options.cursor);
  const connectionId = options.connection === undefined ? null : decodeId("connection", options.connection);
  const rows = await db.withScope(
    scope,
    (tx) =>
      tx
        .select({ call: apiCalls, name: users.name, email: users.email })
        .from(apiCalls)
        .leftJoin(users, eq(users.id, apiCalls.actorUserId))
        .where(
          and(
            eq(apiCalls.workspaceId, scope.workspaceId),
            connectionId === null ? undefined : eq(apiCalls.connectionId, connectionId),
            after === null ? undefined : sql`(${apiCalls.at}, ${apiCalls.id}) < (${after.at}::timestamptz, ${after.id}::uuid)`,
          ),
        )
        .orderBy(desc(apiCalls.at), desc(apiCalls.id))
        .limit(limit + 1),
    { readOnly: true },
  );
  const page = rows.slice(0, limit);
  const last = page.at(-1)?.call;
  return {
    calls: page.map(({ call, name, email }) => view(call, name ?? email)),
    nextCursor: rows.length > limit && last !== undefined ? writeCursor(last) : null,
  };
}

type CallRow = typeof apiCalls.$inferSelect;

function view(call: CallRow, person: string | null): CallView {
  return {
    id: encodeId("call", call.id),
    callId: encodeId("call", call.callId),
    connection: call.connectionId === null ? null : encodeId("connection", call.connectionId),
    integration: call.integration,
    attempt: call.attempt,
    operation: call.operation,
    method: call.method,
    url: call.url,
    status: call.status,
    errorCode: call.errorCode,
    durationMs: call.durationMs,
    waitMs: call.waitMs,
    requestBytes: call.requestBytes,
    responseBytes: call.responseBytes,
    vendorRequestId: call.vendorRequestId,
    limits: call.limits,
    path: call.path,
    actor: actorOf(call, person),
    at: call.at.toISOString(),
  };
}

function actorOf(call: CallRow, person: string | null): string {
  if (call.actorJob !== null) return `The hub (${call.actorJob})`;
  return person ?? "Someone who left the workspace";
}

const cursorShape = z.tuple([z.iso.datetime(), z.uuid()]);

function writeCursor(row: { readonly at: Date; readonly id: string }): string {
  return Buffer.from(JSON.stringify([row.at.toISOString(), row.id])).toString("base64url");
}

function readCursor(cursor: string): { at: string; id: string } {
  try {
    const [at, id] = cursorShape.parse(JSON.parse(Buffer.from(cursor, "base64url").toString("utf8")));
    return { at, id };
  } catch (cause) {
    throw new HubError("EINVAL", "This is not a cursor of the call log; start again without one.", { cause });
  }
}
