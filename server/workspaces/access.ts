import "server-only";
import { setTimeout } from "node:timers/promises";
import { and, eq, isNotNull, isNull, sql } from "drizzle-orm";
import type { Database, Tx } from "@/db/client";
import { users } from "@/db/schema/identity";
import { workspaces } from "@/db/schema/workspaces";
import { scopeUserId, type WorkspaceScope } from "@/db/scope";
import { recordAudit } from "./audit";

/** Stopping all access to tools of a workspace at once, and resuming it. */

/** A stop, as everyone in the workspace is told of it. */
export interface AccessStop {
  /** ISO 8601. */
  readonly at: string;
  /** Who stopped it; null when they are no member any more. */
  readonly by: string | null;
}

/** The stop that the workspace is under, or null. */
export async function findStop(tx: Tx, scope: WorkspaceScope): Promise<AccessStop | null> {
  const [row] = await tx
    .select({ at: workspaces.stoppedAt, name: users.name, email: users.email })
    .from(workspaces)
    .leftJoin(users, eq(users.id, workspaces.stoppedBy))
    .where(eq(workspaces.id, scope.workspaceId));
  if (row === undefined || row.at === null) return null;
  return { at: row.at.toISOString(), by: row.name ?? row.email };
}

/**
 * Stops all access to tools: once this has resolved, no process of the hub begins a call for this workspace but those that end an access.
 * Waits `settleMs` for what was let out just before; of that, a call whose connection to the tool takes longer to open than the wait may
 * still arrive. Idempotent; the first stop stands. Runs under `workspace.stop`.
 */
export async function stopAccess(db: Database, scope: WorkspaceScope, settleMs: number): Promise<AccessStop | null> {
  const stop = await db.withScope(scope, async (tx) => {
    const stopped = await tx
      .update(workspaces)
      .set({ stoppedAt: sql`clock_timestamp()`, stoppedBy: scopeUserId(scope) })
      .where(and(eq(workspaces.id, scope.workspaceId), isNull(workspaces.stoppedAt)))
      .returning({ slug: workspaces.slug });
    for (const { slug } of stopped) await recordAudit(tx, scope, { action: "workspace.access_stopped", subject: slug });
    return findStop(tx, scope);
  });
  await setTimeout(settleMs);
  return stop;
}

/** Lifts the stop; tokens are as they were, and are renewed when they are next needed. Idempotent. Runs under `workspace.stop`. */
export async function resumeAccess(db: Database, scope: WorkspaceScope): Promise<void> {
  await db.withScope(scope, async (tx) => {
    const resumed = await tx
      .update(workspaces)
      .set({ stoppedAt: null, stoppedBy: null })
      .where(and(eq(workspaces.id, scope.workspaceId), isNotNull(workspaces.stoppedAt)))
      .returning({ slug: workspaces.slug });
    for (const { slug } of resumed) await recordAudit(tx, scope, { action: "workspace.access_resumed", subject: slug });
  });
}
