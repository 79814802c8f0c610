import { and, eq } from "drizzle-orm";
import type { Database } from "@/db/client";
import { connections } from "@/db/schema/connections";
import { auditEvents } from "@/db/schema/workspaces";
import { scopeUserId, type WorkspaceScope } from "@/db/scope";
import type { IntegrationEnv } from "@/server/env";
import { HubError } from "@/server/errors";
import { encodeId, newId } from "@/server/ids";
import type { Integration, IntegrationSettings, Manifest, Revocation } from "@/server/integrations/contract";
import { findManifest } from "@/server/integrations/manifests";
import type { Log } from "@/server/log";
import type { CallContext, Send } from "@/server/transport/send";
import { type ConnectionRow, getConnection } from "./connection-store";
import { mirrorTables, purgeTable } from "./purge";
import type { Tokens } from "./token-contract";

/** Ending a connection: the tool's grant first, then everything that the connection brought here. */

export interface DisconnectReceipt {
  /** `con_…` */
  readonly connection: string;
  /** What is known of the grant at the tool. `failed`: it could not be ended there; `proof` says what to do. */
  readonly revoked: { readonly outcome: Revocation["outcome"] | "failed"; readonly proof: string };
  /** How many entries of the mirror were deleted. */
  readonly purged: { readonly files: number };
  /** The same in one or two sentences. */
  readonly summary: string;
}

export interface DisconnectOptions {
  readonly db: Database;
  readonly tokens: Tokens;
  readonly findIntegration: (id: string) => Integration | null;
  readonly settingsOf: (manifest: Manifest) => IntegrationEnv;
  readonly sendFor: (integration: Integration, settings: IntegrationSettings) => Send;
  readonly now: () => Date;
  readonly log: Log;
}

/**
 * Tables emptied before the connection's row goes, in batches; texts go with their nodes, tokens and buckets with the connection, by
 * foreign key. Plans of other people are theirs alone, run no more, and expire.
 */
const purgedTables = [...mirrorTables, "vfs_handle", "vfs_plan"] as const;

/**
 * Disconnects. The status becomes `disconnecting` first, so nothing new is read; asked again after an interruption it goes on from there.
 * Whatever the tool says to the revocation is in the receipt, and the hub forgets the tokens in any case. ENOENT when the scope does not see the connection.
 */
export async function disconnect(options: DisconnectOptions, scope: WorkspaceScope, connectionId: string): Promise<DisconnectReceipt> {
  const { db, tokens } = options;
  const userId = scopeUserId(scope);
  const row = await db.withScope(scope, async (tx) => {
    const { row } = await getConnection(tx, scope, connectionId);
    await tx
      .update(connections)
      .set({ status: "disconnecting", statusSince: options.now(), statusReason: null })
      .where(and(eq(connections.workspaceId, scope.workspaceId), eq(connections.id, connectionId)));
    return row;
  });
  const name = (findManifest(row.integration) ?? options.findIntegration(row.integration)?.manifest)?.name ?? row.integration;
  const revoked = await revoke(options, scope, row, name);

  // The tokens first: whatever happens next, the hub can no longer act as this account.
  await db.withScope(scope, (tx) => tokens.remove(tx, connectionId));
  let files = 0;
  for (const table of purgedTables) {
    const deleted = await purgeTable(db, scope, connectionId, table);
    if (table === "vfs_node") files = deleted;
  }
  await db.withScope(scope, async (tx) => {
    await tx.delete(connections).where(and(eq(connections.workspaceId, scope.workspaceId), eq(connections.id, connectionId)));
    await tx.insert(auditEvents).values({
      id: newId(),
      workspaceId: scope.workspaceId,
      actorUserId: userId,
      actorJob: scope.actor.type === "job" ? scope.actor.name : null,
      action: "connection.disconnected",
      subject: encodeId("connection", connectionId),
      detail: {
        integration: row.integration,
        visibility: row.visibility,
        revoked: revoked.outcome,
        files,
        ...(row.visibility === "private" ? {} : { account: row.accountName }),
      },
      at: options.now(),
    });
  });
  const kept = `The hub deleted its tokens and ${files === 1 ? "one mirrored entry" : `${files} mirrored entries`}.`;
  return { connection: encodeId("connection", connectionId), revoked, purged: { files }, summary: `${revoked.proof} ${kept}` };
}

/** Ends the grant at the tool; never throws, because the hub's own side is cleared whatever the tool says. */
async function revoke(
  options: DisconnectOptions,
  scope: WorkspaceScope,
  row: ConnectionRow,
  name: string,
): Promise<DisconnectReceipt["revoked"]> {
  const integration = options.findIntegration(row.integration);
  const manual = `End the access in the settings of ${name} as well.`;
  if (integration === null)
    return { outcome: "failed", proof: `${name} could not be asked to end the access: its connector is not here. ${manual}` };
  if (integration.oauth.revoke === null) {
    return { outcome: "not_offered", proof: `${name} offers no way to end the access from here. ${manual}` };
  }
  const environment = options.settingsOf(integration.manifest);
  if (!environment.configured) {
    return { outcome: "failed", proof: `${name} could not be asked to end the access: the hub has no credentials for it. ${manual}` };
  }
  const context: CallContext = {
    workspaceId: scope.workspaceId,
    connectionId: row.id,
    actor: { userId: scopeUserId(scope), job: scope.actor.type === "job" ? scope.actor.name : null },
    path: null,
    priority: "person",
  };
  try {
    const held = await options.tokens.find(scope, row.id);
    if (held === null) return { outcome: "already_revoked", proof: "The hub held no token of this connection any more." };
    return await integration.oauth.revoke(held, environment.settings, options.sendFor(integration, environment.settings), context);
  } catch (error) {
    options.log.warn({ integration: row.integration, connection: row.id, error }, "a grant could not be revoked at the tool");
    const said = error instanceof HubError ? error.message : "It did not answer as expected.";
    return { outcome: "failed", proof: `${name} could not be asked to end the access. ${said} ${manual}` };
  }
}
