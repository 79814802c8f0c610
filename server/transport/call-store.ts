import { inArray } from "drizzle-orm";
import type { Database } from "@/db/client";
import { apiCalls, connections } from "@/db/schema/connections";
import type { WorkspaceScope } from "@/db/scope";
import type { CallRecord } from "./call-log";
import type { WriteCalls } from "./call-sink";

/**
 * Writes records into `api_call`, one transaction a batch. A call of a private connection carries its owner, so that nobody else sees it.
 * `scopeOf` gives the hub's own scope in a workspace: the log belongs to it, whoever called.
 */
export function createCallWriter(db: Database, scopeOf: (workspaceId: string) => WorkspaceScope): WriteCalls {
  return (workspaceId, calls) =>
    db.withScope(scopeOf(workspaceId), async (tx) => {
      const ids = [...new Set(calls.flatMap(({ connectionId }) => connectionId ?? []))];
      const rows =
        ids.length === 0
          ? []
          : await tx
              .select({ id: connections.id, visibility: connections.visibility, ownerId: connections.ownerId })
              .from(connections)
              .where(inArray(connections.id, ids));
      const owners = new Map(rows.map((row) => [row.id, row.visibility === "private" ? row.ownerId : null]));
      await tx.insert(apiCalls).values(
        calls.map((call) => ({
          ...call,
          limits: { ...call.limits },
          ownerId: ownerOf(call, owners),
        })),
      );
    });
}

/** Whose eyes only. Of a connection that is gone, or not there yet, nobody knows whether it is shared: its caller's, then. */
function ownerOf(call: CallRecord, owners: ReadonlyMap<string, string | null>): string | null {
  const owner = call.connectionId === null ? undefined : owners.get(call.connectionId);
  return owner === undefined ? call.actorUserId : owner;
}
