import type { Tx } from "@/db/client";
import { auditEvents } from "@/db/schema/workspaces";
import { scopeUserId, type WorkspaceScope } from "@/db/scope";
import { HubError } from "@/server/errors";
import { encodeId, newId } from "@/server/ids";
import type { CallContext } from "@/server/transport/send";
import type { AvailableTool } from "./available";
import { type Consented, type Stored, storeConnection } from "./connection-store";
import type { FlowsOptions } from "./flow-contract";
import { completeFlow, type FlowEnd, type FlowRow, failFlow, forgetHeld } from "./flow-store";
import type { FlowProblem } from "./flow-words";
import { type GiveBackOutcome, type Granted, giveBack, isAccountConnected, requireManagerStill } from "./grants";

/** What becomes of a consent's grant: a connection, or given back at the tool. */

type Parts = Pick<FlowsOptions, "db" | "tokens" | "sendsFor" | "now" | "log">;

/** On whose behalf the tool is called while connecting. */
export function consentContext(scope: WorkspaceScope, row: FlowRow): CallContext {
  const job = scope.actor.type === "job" ? scope.actor.name : null;
  return {
    workspaceId: scope.workspaceId,
    connectionId: null,
    actor: job === null ? { userId: row.userId, job: null } : { userId: null, job },
    path: null,
    priority: "person",
  };
}

/** Ends a flow that is `from`; one that ended meanwhile stays as it is. */
export function endFlow(parts: Parts, scope: WorkspaceScope, id: string, from: "pending" | "exchanging", end: FlowEnd): Promise<boolean> {
  return parts.db.withScope(scope, (tx) => failFlow(tx, scope, id, from, end, parts.now()));
}

/**
 * Ends a grant at the tool that nobody will use; never throws. `kept`: that would have ended other connections of the same account, or
 * could have, where the tool did not say whose account it is (`identity` is null); so the tool was not asked.
 */
export async function giveBackGrant(
  parts: Parts,
  scope: WorkspaceScope,
  row: FlowRow,
  { integration, settings }: AvailableTool,
  { tokens, identity }: Pick<Granted, "tokens"> & { readonly identity: Granted["identity"] | null },
): Promise<GiveBackOutcome | "kept"> {
  const { oauth, manifest } = integration;
  const isConnected = () => (identity === null ? true : isAccountConnected(parts.db, manifest.id, identity).catch(() => true));
  if (oauth.revocationEnds === "account" && (await isConnected())) return "kept";
  const send = parts.sendsFor(integration, settings).call;
  return giveBack({ integration, settings, tokens, send, context: consentContext(scope, row), log: parts.log });
}

/**
 * Stores what an exchanging flow was granted, as the connection that it is `meantFor` or as one of the account's own, and ends the flow:
 * connected, or failed with the grant given back where the hub refuses it. `other_account`: nothing was stored, because the account is
 * not that connection's; the flow goes on. Does not throw for what the database or the tool does.
 */
export async function storeConsent(
  parts: Parts,
  scope: WorkspaceScope,
  row: FlowRow,
  tool: AvailableTool,
  granted: Granted,
  purpose: Pick<Consented, "meantFor" | "capabilities">,
): Promise<"ended" | "other_account"> {
  const { manifest } = tool.integration;
  const consented = {
    ...granted,
    manifest,
    visibility: row.visibility,
    ownerId: row.userId,
    askedScopes: row.askedScopes,
    ...purpose,
  };
  const finish = async (tx: Tx, stored: Stored) => {
    await requireManagerStill(tx, scope);
    if (!(await completeFlow(tx, scope, row.id, stored.id))) throw new HubError("ESTALE", "This consent was ended meanwhile.");
    await tx.insert(auditEvents).values(auditOf(scope, row, granted, stored, parts.now()));
  };
  try {
    const stored = await storeConnection(parts.db, parts.tokens, scope, consented, finish, parts.now());
    return stored === null ? "other_account" : "ended";
  } catch (error) {
    const problem = refusalOf(error);
    if (problem === null) {
      // After a failure of the database nobody knows whether it was stored; giving it back could end a connection that is.
      parts.log.error({ integration: manifest.id, flow: row.id, error }, "a connection could not be stored");
      await endFlow(parts, scope, row.id, "exchanging", { code: "tool_failed" });
      return "ended";
    }
    const outcome = await giveBackGrant(parts, scope, row, tool, granted);
    await parts.db.withScope(scope, async (tx) => {
      const ended = await failFlow(tx, scope, row.id, "exchanging", { code: problem }, parts.now());
      if (ended) await forgetHeld(tx, scope, row.id, { code: problem, detail: outcome });
    });
    return "ended";
  }
}

function auditOf(scope: WorkspaceScope, row: FlowRow, { identity }: Granted, stored: Stored, at: Date) {
  return {
    id: newId(),
    workspaceId: scope.workspaceId,
    actorUserId: scopeUserId(scope),
    action: stored.reconnected ? "connection.reconnected" : "connection.connected",
    subject: encodeId("connection", stored.id),
    // A private connection's account is its owner's business.
    detail: {
      integration: row.integration,
      visibility: row.visibility,
      ...(row.visibility === "private" ? {} : { account: identity.accountName, mount: stored.mountName }),
    },
    at,
  };
}

/** Why a grant was not stored, where that was the hub's decision; null for a failure, after which nobody knows whether it was. */
export function refusalOf(error: unknown): FlowProblem | null {
  if (!(error instanceof HubError)) return null;
  switch (error.code) {
    case "EACCES":
      return "not_allowed";
    case "ENOTCONN":
      return "access_stopped";
    case "EAGAIN":
      return "disconnecting";
    case "ESTALE":
      return "abandoned";
    default:
      return null;
  }
}
