import { and, eq, sql } from "drizzle-orm";
import { z } from "zod";
import type { Database, Tx } from "@/db/client";
import { members, workspaces } from "@/db/schema/workspaces";
import { scopeUserId, type WorkspaceScope } from "@/db/scope";
import { HubError } from "@/server/errors";
import type { Identity, Integration, IntegrationSettings, Revocation, TokenAnswer } from "@/server/integrations/contract";
import { accessStopped } from "@/server/transport/letting-out";
import type { CallContext, Send } from "@/server/transport/send";
import { roleHas } from "@/server/workspaces/roles";

/** What a consent granted, between the tool's answer and the vault. */

/**
 * Returns when the workspace's tools may be called at this moment, and holds that until the transaction ends: whoever stops or deletes the
 * workspace sees the connection that is being stored. ENOTCONN when access is stopped, EACCES when the workspace is going.
 */
export async function requireRunning(tx: Tx, scope: WorkspaceScope): Promise<void> {
  const [workspace] = await tx
    .select({ stoppedAt: workspaces.stoppedAt, deletingAt: workspaces.deletingAt })
    .from(workspaces)
    .where(eq(workspaces.id, scope.workspaceId))
    .for("share");
  if (workspace === undefined || workspace.deletingAt !== null) throw new HubError("EACCES", "This workspace is being deleted.");
  if (workspace.stoppedAt !== null) throw new HubError("ENOTCONN", accessStopped, { actionUrl: `/${scope.slug}/settings` });
}

/**
 * Returns when the person may connect tools at this moment, and holds that until the transaction ends: who is removed or demoted while the
 * tool is asked leaves no token behind that the removal did not see. EACCES otherwise.
 */
export async function requireManagerStill(tx: Tx, scope: WorkspaceScope): Promise<void> {
  const [member] = await tx
    .select({ role: members.role })
    .from(members)
    .where(and(eq(members.workspaceId, scope.workspaceId), eq(members.userId, scopeUserId(scope) ?? "")))
    .for("share");
  if (member === undefined || !roleHas(member.role, "connections.manage")) {
    throw new HubError("EACCES", "You may not connect tools in this workspace any more.");
  }
  await requireRunning(tx, scope);
}

/** What a consent brought. */
export interface Granted {
  readonly tokens: TokenAnswer;
  readonly identity: Identity;
}

export interface GiveBackOptions {
  readonly integration: Integration;
  readonly settings: IntegrationSettings;
  readonly tokens: TokenAnswer;
  readonly send: Send;
  readonly context: CallContext;
  readonly log: { warn(fields: Readonly<Record<string, unknown>>, message: string): void };
}

/** What became of a grant that the hub does not store. `failed`: the tool could not be asked. */
export type GiveBackOutcome = Revocation["outcome"] | "failed";

/** Ends a grant at the tool that the hub will not store. Never throws; in any case nobody holds its tokens after this. */
export async function giveBack(options: GiveBackOptions): Promise<GiveBackOutcome> {
  const { integration, settings, tokens, send, context, log } = options;
  const { oauth, manifest } = integration;
  if (oauth.revoke === null) return "not_offered";
  try {
    const { accessToken, refreshToken } = tokens;
    return (await oauth.revoke({ accessToken, refreshToken }, settings, send, { ...context, endsAccess: true })).outcome;
  } catch (error) {
    log.warn({ integration: manifest.id, error }, "a grant that was not stored could not be ended at the tool");
    return "failed";
  }
}

const connectedShape = z.object({ rows: z.tuple([z.object({ connected: z.boolean() })]) });

/**
 * Whether any workspace of the hub has a connection of that account: where a revocation reaches as far as the account, giving back one of its
 * grants would end them.
 */
export async function isAccountConnected(db: Database, integration: string, { orgId, accountId }: Identity): Promise<boolean> {
  const { rows } = await db.withSystem(
    (tx) => tx.execute(sql`select hub_account_connected(${integration}, ${orgId}, ${accountId}) as connected`),
    { readOnly: true },
  );
  return connectedShape.parse({ rows }).rows[0].connected;
}
