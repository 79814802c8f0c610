import { z } from "zod";
import type { Database } from "@/db/client";
import type { WorkspaceScope } from "@/db/scope";
import { encodeId } from "@/server/ids";
import type { Manifest } from "@/server/integrations/contract";
import { findTool, type Toolbox } from "./available";
import { type ConnectionRecord, listConnections } from "./connection-store";
import type { FlowQuestion, FlowStatus, FlowView } from "./flow-contract";
import type { FlowRow } from "./flow-store";
import { describeProblem, describeQuestion, type FlowWords } from "./flow-words";
import { connectionView, consentUrl } from "./views";

/** How far a flow is, in words: what its row says, and what time has made of it. */

/** Of the identity that a flow holds, what the question names. */
const heldIdentity = z.object({ accountName: z.string(), accountEmail: z.string().nullable(), orgName: z.string().nullable() });

/** Where a flow is by now: its time may be over, and a process that died in the middle leaves it where it was. */
function statusOf(row: FlowRow, now: Date): FlowStatus {
  const over = row.expiresAt <= now;
  if (row.status === "pending" || row.status === "asking") return over ? "expired" : row.status;
  if (row.status === "exchanging") return over ? "failed" : row.status;
  const isLate = row.reason === "expired" || row.reason?.startsWith("unanswered") === true;
  return row.status === "failed" && isLate ? "expired" : row.status;
}

function endWords(row: FlowRow, status: FlowStatus, tool: string): FlowWords | null {
  switch (status) {
    case "denied":
      return describeProblem(row.reason, tool);
    case "failed":
      return describeProblem(row.status === "exchanging" ? "interrupted" : row.reason, tool);
    case "expired":
      return describeProblem(
        row.status === "asking" || row.reason?.startsWith("unanswered") ? (row.reason ?? "unanswered") : "expired",
        tool,
      );
    default:
      return null;
  }
}

/** A flow as the person who started it sees it. */
export async function flowView(
  parts: Toolbox & { readonly db: Database; readonly now: () => Date },
  scope: WorkspaceScope,
  row: FlowRow,
): Promise<FlowView> {
  const now = parts.now();
  const manifest = findTool(parts, row.integration);
  const name = manifest?.name ?? row.integration;
  const status = statusOf(row, now);
  const shown = status === "connected" ? row.connectionId : status === "asking" ? row.targetConnectionId : null;
  // Disconnected since: the flow did succeed, or does ask, and there is nothing to show of the connection.
  const [record] = shown === null ? [] : await parts.db.withScope(scope, (tx) => listConnections(tx, scope, shown), { readOnly: true });
  const asking = status === "asking" ? askingOf(scope, row, record, name) : null;
  const words = asking?.words ?? endWords(row, status, name);
  return {
    id: encodeId("flow", row.id),
    integration: row.integration,
    name,
    status,
    title: words?.title ?? null,
    reason: words?.happened ?? null,
    next: words?.next ?? null,
    popup: row.popup,
    returnPath: row.returnPath,
    connection: status === "connected" ? connectedView(scope, record, manifest, now) : null,
    question: asking?.question ?? null,
  };
}

function connectedView(scope: WorkspaceScope, record: ConnectionRecord | undefined, manifest: Manifest | null, now: Date) {
  return record === undefined || manifest === null ? null : connectionView(scope, record, manifest, now);
}

function askingOf(
  scope: WorkspaceScope,
  row: FlowRow,
  target: ConnectionRecord | undefined,
  tool: string,
): { words: FlowWords; question: FlowQuestion } {
  const words = describeQuestion(target?.row ?? null, heldIdentity.parse(row.heldIdentity), tool, row.visibility);
  const until = row.expiresAt.toISOString();
  if (target === undefined) return { words, question: { connection: null, retryUrl: null, until } };
  const connection = encodeId("connection", target.row.id);
  return { words, question: { connection, retryUrl: consentUrl(scope.slug, target.row, row.capabilities), until } };
}
