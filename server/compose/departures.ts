import "server-only";
import { and, eq } from "drizzle-orm";
import type { Database } from "@/db/client";
import { connections } from "@/db/schema/connections";
import type { WorkspaceScope } from "@/db/scope";
import { encodeId } from "@/server/ids";
import type { Log } from "@/server/log";

/**
 * What follows when someone is no member any more: the connections that only they could see are ended, so that the hub holds no token which
 * nobody in the workspace can see or take back. `scope` is a job's. One that fails is logged and does not keep the others.
 */
export async function endPrivateConnections(
  parts: { db: Database; log: Log; disconnect(scope: WorkspaceScope, connection: string): Promise<unknown> },
  scope: WorkspaceScope,
  userId: string,
): Promise<void> {
  const owned = await parts.db.withScope(scope, (tx) =>
    tx
      .select({ id: connections.id })
      .from(connections)
      .where(and(eq(connections.workspaceId, scope.workspaceId), eq(connections.ownerId, userId), eq(connections.visibility, "private"))),
  );
  for (const { id } of owned) {
    const connection = encodeId("connection", id);
    try {
      await parts.disconnect(scope, connection);
    } catch (error) {
      parts.log.error({ error, connection }, "a departed member's connection could not be ended");
    }
  }
}
