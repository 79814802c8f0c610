import "server-only";
import type { Tx } from "@/db/client";
import { auditEvents } from "@/db/schema/workspaces";
import type { WorkspaceScope } from "@/db/scope";
import { newId } from "@/server/ids";

/** What happened: `action` is a word such as `member.removed`, `subject` an id or name; `detail` holds names and ids, never contents. */
export interface AuditEntry {
  readonly action: string;
  readonly subject: string;
  readonly detail?: Readonly<Record<string, string | number | boolean | null>>;
}

/** Writes one audit event, in the transaction of what it tells of. */
export async function recordAudit(tx: Tx, scope: WorkspaceScope, entry: AuditEntry): Promise<void> {
  await tx.insert(auditEvents).values({
    id: newId(),
    workspaceId: scope.workspaceId,
    actorUserId: scope.actor.type === "person" ? scope.actor.userId : null,
    actorJob: scope.actor.type === "job" ? scope.actor.name : null,
    actorKeyId: scope.actor.type === "key" ? scope.actor.keyId : null,
    action: entry.action,
    subject: entry.subject,
    detail: { ...entry.detail },
  });
}
