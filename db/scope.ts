/**
 * Who is asking, and in which workspace. Every query takes a `WorkspaceScope`; the type is branded, and the import rules let only
 * `server/workspaces` call `createScope`, so a scope in hand is proof that membership was checked.
 */

export const roles = ["viewer", "member", "admin", "owner"] as const;
export type Role = (typeof roles)[number];

/** Ids are uuids, as in the database; the API's prefixed form is made by `server/workspaces/ids.ts`. */
export type Actor =
  | { readonly type: "person"; readonly userId: string }
  /** A workspace's API key: sees what is shared with the workspace, and nothing of a person's own. */
  | { readonly type: "key"; readonly keyId: string; readonly name: string }
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

/** The person's id; null for a key and for a job. */
export function scopeUserId(scope: WorkspaceScope): string | null {
  return scope.actor.type === "person" ? scope.actor.userId : null;
}

/**
 * Whose plans, receipts and aliases these are, which is what `app.user_id` is set to: the person's id or the key's; null for a job. A key
 * owns no connection and no file, so rows that belong to a person are as invisible to it as to another person.
 */
export function scopePrincipalId(scope: WorkspaceScope): string | null {
  if (scope.actor.type === "key") return scope.actor.keyId;
  return scopeUserId(scope);
}
