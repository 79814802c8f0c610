/** The roles in order of what they may do, each with its sentence for a person who chooses. */
export const roleChoices = [
  { role: "viewer", label: "Viewer", may: "reads files" },
  { role: "member", label: "Member", may: "reads and writes files" },
  { role: "admin", label: "Admin", may: "also connects tools and manages members" },
  { role: "owner", label: "Owner", may: "everything" },
] as const;
export type RoleName = (typeof roleChoices)[number]["role"];

/** The role named by a form control's value, or null when it is none. */
export function findRole(value: string): RoleName | null {
  return roleChoices.find(({ role }) => role === value)?.role ?? null;
}
