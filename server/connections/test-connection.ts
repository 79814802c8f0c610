import type { Database, Tx } from "@/db/client";
import { connections, connectionTokens, workspaceKeys } from "@/db/schema/connections";
import type { WorkspaceScope } from "@/db/scope";
import { scopeUserId } from "@/db/scope";
import { newId } from "@/server/ids";

/**
 * For tests: a token row that nobody opens, with the data key that it names, in the transaction of `seedConnection`. Real ones are made by
 * `Tokens.save`.
 */
export async function seedToken(
  tx: Tx,
  row: { workspaceId: string; connectionId: string; ownerId?: string | null; version?: number },
): Promise<void> {
  const { workspaceId, connectionId, ownerId = null, version = 1 } = row;
  await tx
    .insert(workspaceKeys)
    .values({ workspaceId, version: 1, kekId: "test", wrapped: new Uint8Array(1) })
    .onConflictDoNothing();
  await tx.insert(connectionTokens).values({ workspaceId, connectionId, ownerId, version, accessEnc: Uint8Array.of(1, 0, 0, 0, 1) });
}

/** For tests: a connection's row, and in the same transaction what belongs to it. */
export async function seedConnection(
  db: Database,
  scope: WorkspaceScope,
  options: { integration?: string; visibility?: "private" | "workspace"; also?: (tx: Tx, connectionId: string) => Promise<void> } = {},
): Promise<string> {
  const id = newId();
  const ownerId = scopeUserId(scope);
  if (ownerId === null) throw new Error("A connection is made by a person.");
  await db.withScope(scope, async (tx) => {
    await tx.insert(connections).values({
      id,
      workspaceId: scope.workspaceId,
      integration: options.integration ?? "plain",
      ownerId,
      visibility: options.visibility ?? "workspace",
      mountName: id,
      status: "connected",
      externalOrgId: "org",
      externalAccountId: id,
      accountName: "Ada",
      scopes: ["read"],
      capabilities: [],
      timeZone: "UTC",
    });
    await options.also?.(tx, id);
  });
  return id;
}
