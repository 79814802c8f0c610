import { expect, test } from "vitest";
import { roles } from "@/db/scope";
import { isAtLeast, leastRoleFor, permissions, permissionsOf, roleHas } from "./roles";

test("the matrix is the one that was promised: read for viewers, write for members, connect and manage for admins, delete for owners", () => {
  const matrix = Object.fromEntries(roles.map((role) => [role, permissionsOf(role)]));
  expect(matrix).toEqual({
    viewer: ["workspace.read", "files.read", "connections.read", "members.read"],
    member: ["workspace.read", "files.read", "files.write", "connections.read", "calls.read", "members.read"],
    admin: permissions.filter((permission) => permission !== "workspace.delete"),
    owner: [...permissions],
  });
});

test("each role has all that the roles below it have", () => {
  for (const [index, role] of roles.entries()) {
    for (const lower of roles.slice(0, index)) {
      expect(isAtLeast(role, lower)).toBe(true);
      expect(isAtLeast(lower, role)).toBe(false);
      expect(permissionsOf(role)).toEqual(expect.arrayContaining([...permissionsOf(lower)]));
    }
  }
  for (const permission of permissions) expect(roleHas(leastRoleFor(permission), permission)).toBe(true);
});
