/**
 * Who is asking, and in which workspace. Every query takes a `WorkspaceScope`; the type is branded, and the import rules let only
 * `server/workspaces` call `createScope`, so a scope in hand is proof that membership was checked.
 */

export const roles = ["viewer", "member", "admin", "owner"] as const;
export type Role = (typeof roles)[number];

/** Ids are uuids, as in the database; the API's prefixed form is made by `server/workspaces/ids.ts`. */
export type Actor =
  | { readonly type: "person"; readonly userId: string }
  /** Work of the hub itself inside one workspace; sees private rows, because it renews and expires them. */
  | { readonly type: "job"; readonly name: string };

declare const scopeBrand: unique symbol;

export interface WorkspaceScope {
  readonly [scopeBrand]: true;
  readonly workspaceId: string;
  readonly slug: string;
  readonly actor: Actor;
  readonly role: Role;
}

/** Makes a scope. Callable from `server/workspaces` only (checked by `scripts/check-imports.ts`). */
export function createScope(fields: { workspaceId: string; slug: string; actor: Actor; role: Role }): WorkspaceScope {
  return Object.freeze({ ...fields }) as WorkspaceScope;
}

/** The person's id, or null for a job: what `app.user_id` is set to. */
export function scopeUserId(scope: WorkspaceScope): string | null {
  return scope.actor.type === "person" ? scope.actor.userId : null;
}
