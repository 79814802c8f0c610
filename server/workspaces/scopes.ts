import "server-only";
import { sql } from "drizzle-orm";
import { z } from "zod";
import type { Database } from "@/db/client";
import { type Actor, createScope, type Role, roles, type WorkspaceScope } from "@/db/scope";
import { HubError } from "@/server/errors";
import { keyPermissions, leastRoleFor, type Permission, roleHas } from "./roles";

type Person = Extract<Actor, { type: "person" }>;

const membershipRow = z.object({ workspace_id: z.uuid(), slug: z.string(), name: z.string(), role: z.enum(roles) });
export type Membership = { readonly workspaceId: string; readonly slug: string; readonly name: string; readonly role: Role };

const toMembership = (row: unknown): Membership => {
  const { workspace_id: workspaceId, slug, name, role } = membershipRow.parse(row);
  return { workspaceId, slug, name, role };
};

/** The answer for a workspace that is not there and for one that the person is no member of: nothing tells them apart. */
const noWorkspace = () => new HubError("ENOENT", "There is no such workspace, or you are not a member of it.");

/** The person's membership in the workspace with that slug. ENOENT when there is none. */
export async function getMembership(db: Database, userId: string, slug: string): Promise<Membership> {
  // What cannot be a slug is nobody's; PostgreSQL would refuse some of it (NUL) with an error of its own.
  if (!/^[a-z0-9-]{1,64}$/.test(slug)) throw noWorkspace();
  const { rows } = await db.withSystem((tx) => tx.execute(sql`select * from hub_find_membership(${userId}::uuid, ${slug})`), {
    readOnly: true,
  });
  const row: unknown = rows[0];
  if (row === undefined) throw noWorkspace();
  return toMembership(row);
}

/** Every workspace the person is a member of, by name. */
export async function listMemberships(db: Database, userId: string): Promise<readonly Membership[]> {
  const { rows } = await db.withSystem((tx) => tx.execute(sql`select * from hub_list_memberships(${userId}::uuid)`), { readOnly: true });
  return rows.map(toMembership);
}

/** The scope of a membership that was just read or made. */
export const scopeOf = (membership: Membership, userId: string): WorkspaceScope =>
  createScope({ workspaceId: membership.workspaceId, slug: membership.slug, role: membership.role, actor: { type: "person", userId } });

/** The scope of a person in the workspace with that slug. ENOENT when there is none or they are not a member. */
export async function getScope(db: Database, actor: Person, slug: string): Promise<WorkspaceScope> {
  return scopeOf(await getMembership(db, actor.userId, slug), actor.userId);
}

/** The scope of the hub's own work in a workspace that is known to be there, such as that of a row in hand. It has no slug. */
export const jobScope = (workspaceId: string, name: string): WorkspaceScope =>
  createScope({ workspaceId, slug: "", role: "owner", actor: { type: "job", name } });

/** The scope of the hub's own work in one workspace, or null when the workspace is gone. */
export async function findJobScope(db: Database, workspaceId: string, name: string): Promise<WorkspaceScope | null> {
  const { rows } = await db.withSystem((tx) => tx.execute(sql`select * from hub_find_workspace(${workspaceId}::uuid)`), { readOnly: true });
  const found = z.array(z.object({ workspace_id: z.uuid(), slug: z.string() })).parse(rows)[0];
  if (found === undefined) return null;
  return createScope({ workspaceId: found.workspace_id, slug: found.slug, role: "owner", actor: { type: "job", name } });
}

/** Returns when the scope may do it; EACCES, naming the least role that has it, or what the key cannot do, otherwise. */
export function requirePermission(scope: WorkspaceScope, permission: Permission): void {
  if (scope.actor.type === "key") {
    requireOfKey(scope, permission);
    return;
  }
  if (roleHas(scope.role, permission)) return;
  throw new HubError(
    "EACCES",
    `Your role here is ${scope.role}; this needs ${leastRoleFor(permission)}. An admin of the workspace can change roles.`,
  );
}

/** A key has the permissions of its access, not all those of the role that its scope carries. */
function requireOfKey({ role }: WorkspaceScope, permission: Permission): void {
  const access = role === "viewer" ? "read" : "read_write";
  if (keyPermissions[access].includes(permission)) return;
  throw new HubError(
    "EACCES",
    keyPermissions.read_write.includes(permission)
      ? "This API key only reads. An admin of the workspace can make one that reads and writes."
      : "An API key reads and writes files; this is for the people of the workspace.",
  );
}
