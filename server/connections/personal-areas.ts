import { and, eq } from "drizzle-orm";
import type { Database, Tx } from "@/db/client";
import { connections } from "@/db/schema/connections";
import { scopeUserId, type WorkspaceScope } from "@/db/scope";
import { HubError } from "@/server/errors";
import { recordAudit } from "@/server/workspaces/audit";

/**
 * The personal areas of a shared connection: mail, calendars and the like stay private to who connected it until shared by name
 * (`ToolMountDescription.personal`).
 */

/** One of them, as the connection's page shows it. */
export interface PersonalArea {
  /** The area's name at the mount's root: `mail`. */
  readonly name: string;
  /** Whether everybody in the workspace sees it. */
  readonly shared: boolean;
}

export interface PersonalAreas {
  /** Whether the person who asks connected it, and so may share. */
  readonly mine: boolean;
  /** Empty for a private connection, which only its owner sees as a whole. */
  readonly areas: readonly PersonalArea[];
}

type Owned = Pick<typeof connections.$inferSelect, "ownerId" | "visibility" | "sharedAreas">;

/** The areas that only the owner sees, by the tool's own names. */
export function unsharedAreas(row: Owned, personal: readonly string[]): readonly string[] {
  return row.visibility === "private" ? [] : personal.filter((name) => !row.sharedAreas.includes(name));
}

/** Whether the scope is the person who connected it. Keys and jobs are nobody. */
export const isOwner = (row: Owned, scope: WorkspaceScope): boolean => row.ownerId === scopeUserId(scope);

export function personalAreasOf(row: Owned, scope: WorkspaceScope, personal: readonly string[]): PersonalAreas {
  const names = row.visibility === "private" ? [] : personal;
  return { mine: isOwner(row, scope), areas: names.map((name) => ({ name, shared: row.sharedAreas.includes(name) })) };
}

/**
 * Shares an area with the workspace, or takes it back; only who connected it may. Writes an audit event. ENOENT when the scope does not see
 * the connection, EACCES for others, EINVAL for what is no personal area of it.
 */
export async function sharePersonalArea(
  db: Database,
  scope: WorkspaceScope,
  id: string,
  change: { readonly area: string; readonly shared: boolean; readonly personal: readonly string[]; readonly subject: string },
): Promise<PersonalAreas> {
  const { area, shared, personal, subject } = change;
  return db.withScope(scope, async (tx: Tx) => {
    const mine = and(eq(connections.workspaceId, scope.workspaceId), eq(connections.id, id));
    const [row] = await tx.select().from(connections).where(mine).for("update");
    if (row === undefined) throw new HubError("ENOENT", "There is no such connection.");
    if (!isOwner(row, scope)) {
      throw new HubError("EACCES", "Only who connected this tool can share what is personal in it.");
    }
    if (row.visibility === "private" || !personal.includes(area)) {
      throw new HubError("EINVAL", `This connection has no personal area ${JSON.stringify(area)}.`, { details: { key: "area" } });
    }
    if (row.sharedAreas.includes(area) === shared) return personalAreasOf(row, scope, personal);
    const sharedAreas = personal.filter((name) => (name === area ? shared : row.sharedAreas.includes(name)));
    await tx.update(connections).set({ sharedAreas }).where(mine);
    await recordAudit(tx, scope, {
      action: shared ? "connection.area_shared" : "connection.area_withdrawn",
      subject,
      detail: { area },
    });
    return personalAreasOf({ ...row, sharedAreas }, scope, personal);
  });
}
