import { and, eq } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { members } from "@/db/schema/workspaces";
import { scopeUserId, type WorkspaceScope } from "@/db/scope";
import { HubError } from "@/server/errors";
import type { Integration, IntegrationSettings, TokenAnswer } from "@/server/integrations/contract";
import type { Log } from "@/server/log";
import type { CallContext, Send } from "@/server/transport/send";
import { roleHas } from "@/server/workspaces/roles";

/** What a consent granted, between the tool's answer and the vault. */

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
}

export interface GiveBackOptions {
  readonly integration: Integration;
  readonly settings: IntegrationSettings;
  readonly tokens: TokenAnswer;
  readonly send: Send;
  readonly context: CallContext;
  readonly log: Log;
}

/** Ends a grant at the tool that the hub will not store. One that cannot be ended is logged; nobody holds its tokens after this. */
export async function giveBack(options: GiveBackOptions): Promise<void> {
  const { integration, settings, tokens, send, context, log } = options;
  try {
    await integration.oauth.revoke?.({ accessToken: tokens.accessToken, refreshToken: tokens.refreshToken }, settings, send, context);
  } catch (error) {
    log.warn({ integration: integration.manifest.id, error }, "a grant that was not stored could not be ended at the tool");
  }
}
