import "server-only";
import type { Actor, Role, WorkspaceScope } from "@/db/scope";
import type { Permission } from "./roles";

/** A workspace as its members see it. */
export interface WorkspaceView {
  /** `wsp_…` */
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly role: Role;
}

/** Membership and what follows from it: the only place where scopes are made. */
export interface Workspaces {
  /** The scope of an actor in the workspace with that slug. ENOENT when there is none or the person is not a member. */
  getScope(actor: Actor, slug: string): Promise<WorkspaceScope>;
  /** Returns when the scope's role has the permission; EACCES, naming the least role that has it, otherwise. */
  requirePermission(scope: WorkspaceScope, permission: Permission): void;
}
