import type { Role } from "@/db/scope";

/**
 * The one role matrix: each permission with the least role that has it. `workspaceProcedure` enforces it and pages read it to show only
 * what would succeed. Browser-safe.
 */
const leastRole = {
  "workspace.read": "viewer",
  "workspace.rename": "admin",
  "workspace.stop": "admin",
  "workspace.delete": "owner",
  "files.read": "viewer",
  "files.write": "member",
  "connections.read": "viewer",
  "connections.manage": "admin",
  "calls.read": "member",
  "calls.retention": "admin",
  "members.read": "viewer",
  "members.manage": "admin",
  "keys.manage": "admin",
} as const satisfies Record<string, Role>;

export type Permission = keyof typeof leastRole;
export const permissions = Object.keys(leastRole) as readonly Permission[];

const rank: Readonly<Record<Role, number>> = { viewer: 0, member: 1, admin: 2, owner: 3 };

/** Whether `role` is at least `other`. */
export const isAtLeast = (role: Role, other: Role): boolean => rank[role] >= rank[other];

/** Whether the role has the permission. */
export const roleHas = (role: Role, permission: Permission): boolean => isAtLeast(role, leastRole[permission]);

/** Everything the role may do, in the matrix's order. */
export const permissionsOf = (role: Role): readonly Permission[] => permissions.filter((permission) => roleHas(role, permission));

/** The least role with the permission, for "ask an admin" sentences. */
export const leastRoleFor = (permission: Permission): Role => leastRole[permission];

/** All that an API key may do, by its access: files and nothing else. What reading brings, connections' states included, is in `stat`. */
export const keyPermissions: Readonly<Record<"read" | "read_write", readonly Permission[]>> = {
  read: ["files.read"],
  read_write: ["files.read", "files.write"],
};
