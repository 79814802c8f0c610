import "server-only";
import { and, desc, eq, lt, or } from "drizzle-orm";
import type { Database } from "@/db/client";
import { apiCalls } from "@/db/schema/connections";
import { users } from "@/db/schema/identity";
import type { WorkspaceScope } from "@/db/scope";
import { HubError } from "@/server/errors";
import { decodeId, encodeId } from "@/server/ids";

/** One attempt of one call to a tool, as its workspace's people see it. */
export interface CallView {
  /** `att_…` */
  readonly id: string;
  /** `cal_…`, the same for all attempts of one call. */
  readonly callId: string;
  readonly attempt: number;
  /** `con_…`; null for calls before there was a connection. */
  readonly connection: string | null;
  readonly integration: string;
  readonly operation: string;
  readonly method: string;
  readonly url: string;
  readonly status: number | null;
  readonly errorCode: string | null;
  readonly durationMs: number;
  readonly waitMs: number;
  readonly requestBytes: number;
  readonly responseBytes: number | null;
  readonly vendorRequestId: string | null;
  readonly limits: Readonly<Record<string, string>>;
  readonly path: string | null;
  /** The person's name or address, or the hub's own job, in words. */
  readonly actor: string;
  /** ISO 8601. */
  readonly at: string;
}

export interface CallPage {
  readonly calls: readonly CallView[];
  readonly nextCursor: string | null;
}

export interface ListCallsOptions {
  /** `con_…`: only this connection's calls. */
  readonly connection?: string | undefined;
  readonly cursor?: string | undefined;
  readonly limit: number;
}

interface Position {
  readonly at: Date;
  readonly id: string;
}

const cursorShape = /^(\d{1,15})\.(att_[0-9a-f]{32})$/;

/** Where a page ended: the time in epoch milliseconds and the row's id. It selects inside the caller's own scope, so it need not be secret. */
const encodeCursor = ({ at, id }: Position): string => `${at.getTime()}.${encodeId("attempt", id)}`;

function decodeCursor(cursor: string): Position {
  const match = cursorShape.exec(cursor);
  const [, ms, id] = match ?? [];
  if (ms === undefined || id === undefined) throw new HubError("EINVAL", "This cursor is not one of the call log's. Start the list again.");
  return { at: new Date(Number(ms)), id: decodeId("attempt", id) };
}

/** The call log, newest first, as far as the scope sees it (calls of a private connection are its owner's). EINVAL on a foreign cursor. */
export async function listCalls(db: Database, scope: WorkspaceScope, options: ListCallsOptions): Promise<CallPage> {
  const { limit } = options;
  const after = options.cursor === undefined ? null : decodeCursor(options.cursor);
  const connectionId = options.connection === undefined ? null : decodeId("connection", options.connection);
  const rows = await db.withScope(scope, (tx) =>
    tx
      .select({ call: apiCalls, name: users.name, email: users.email })
      .from(apiCalls)
      .leftJoin(users, eq(users.id, apiCalls.actorUserId))
      .where(
        and(
          eq(apiCalls.workspaceId, scope.workspaceId),
          connectionId === null ? undefined : eq(apiCalls.connectionId, connectionId),
          after === null ? undefined : or(lt(apiCalls.at, after.at), and(eq(apiCalls.at, after.at), lt(apiCalls.id, after.id))),
        ),
      )
      .orderBy(desc(apiCalls.at), desc(apiCalls.id))
      .limit(limit + 1),
  );
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return {
    calls: page.map(({ call, name, email }) => ({
      id: encodeId("attempt", call.id),
      callId: encodeId("call", call.callId),
      attempt: call.attempt,
      connection: call.connectionId === null ? null : encodeId("connection", call.connectionId),
      integration: call.integration,
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
      actor: call.actorJob === null ? (name ?? email ?? "a former member") : `the hub itself (${call.actorJob})`,
      at: call.at.toISOString(),
    })),
    nextCursor: rows.length > limit && last !== undefined ? encodeCursor(last.call) : null,
  };
}
