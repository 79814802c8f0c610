import "server-only";
import { eq } from "drizzle-orm";
import type { Database, Tx } from "@/db/client";
import { workspaces } from "@/db/schema/workspaces";
import type { WorkspaceScope } from "@/db/scope";
import { HubError } from "@/server/errors";
import { recordAudit } from "./audit";

/** The most days that a workspace may keep its call log. */
export const mostCallLogDays = 365;

async function findCallLogDays(tx: Tx, scope: WorkspaceScope): Promise<number | null> {
  const [row] = await tx.select({ days: workspaces.callLogDays }).from(workspaces).where(eq(workspaces.id, scope.workspaceId));
  return row?.days ?? null;
}

/** The days that this workspace has chosen to keep its call log; null: it goes by the hub's default. */
export const getCallLogDays = (db: Database, scope: WorkspaceScope): Promise<number | null> =>
  db.withScope(scope, (tx) => findCallLogDays(tx, scope), { readOnly: true });

/**
 * Chooses how many days the call log is kept, from 1 to 365; null goes back to the hub's default. Older calls are deleted by the next run of
 * the job. EINVAL for another number.
 */
export async function setCallLogDays(db: Database, scope: WorkspaceScope, days: number | null): Promise<void> {
  if (days !== null && (!Number.isInteger(days) || days < 1 || days > mostCallLogDays)) {
    throw new HubError("EINVAL", `The call log is kept for 1 to ${mostCallLogDays} days.`);
  }
  await db.withScope(scope, async (tx) => {
    const before = await findCallLogDays(tx, scope);
    await tx.update(workspaces).set({ callLogDays: days }).where(eq(workspaces.id, scope.workspaceId));
    await recordAudit(tx, scope, { action: "workspace.call_log_days", subject: scope.slug, detail: { days, before } });
  });
}
