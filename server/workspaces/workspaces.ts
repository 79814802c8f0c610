import "server-only";
import { randomInt } from "node:crypto";
import { eq, sql } from "drizzle-orm";
import type { Database } from "@/db/client";
import { isUniqueViolation } from "@/db/errors";
import { type KeyAccess, workspaces } from "@/db/schema/workspaces";
import type { Actor, Role, WorkspaceScope } from "@/db/scope";
import { HubError } from "@/server/errors";
import { encodeId, newId } from "@/server/ids";
import { type AccessStop, findStop, resumeAccess, stopAccess } from "./access";
import { type ApiKeyView, createApiKey, findKeyScope, listApiKeys, revokeApiKey } from "./api-keys";
import { recordAudit } from "./audit";
import {
  acceptInvitation,
  createInvitation,
  type InvitationView,
  listInvitations,
  previewInvitation,
  revokeInvitation,
} from "./invitations";
import { listMembers, type MemberView, removeMember, setMemberRole } from "./members";
import type { Permission } from "./roles";
import { findJobScope, getMembership, getScope, listMemberships, type Membership, requirePermission, scopeOf } from "./scopes";
import { checkSlug, slugFromName } from "./slug";

/** A workspace as its members see it. */
export interface WorkspaceView {
  /** `wsp_…` */
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly role: Role;
}

/** Membership and what follows from it: the only place where scopes are made. Ids in the parameters are uuids. */
export interface Workspaces {
  /** The scope of a person in the workspace with that slug. ENOENT when there is none or the person is not a member. */
  getScope(actor: Extract<Actor, { type: "person" }>, slug: string): Promise<WorkspaceScope>;
  /** The scope of a job in a workspace, or null when the workspace is gone. */
  findJobScope(workspaceId: string, job: string): Promise<WorkspaceScope | null>;
  /** Returns when the scope may do it; EACCES otherwise, naming the least role that has it, or what a key cannot do. */
  requirePermission(scope: WorkspaceScope, permission: Permission): void;
  list(userId: string): Promise<readonly WorkspaceView[]>;
  get(scope: WorkspaceScope): Promise<WorkspaceView>;
  /** Makes a workspace with the person as its owner. EEXIST when the slug asked for is taken; without one it is made from the name. */
  create(userId: string, fields: { name: string; slug?: string }): Promise<WorkspaceView>;
  /** Changes the name, and the slug where given: old addresses then lead nowhere. EEXIST when it is taken. */
  rename(scope: WorkspaceScope, fields: { name: string; slug?: string }): Promise<WorkspaceView>;
  /** Stopping all access to tools, and resuming it (`access.ts`). */
  readonly access: {
    find(scope: WorkspaceScope): Promise<AccessStop | null>;
    stop(scope: WorkspaceScope): Promise<AccessStop | null>;
    resume(scope: WorkspaceScope): Promise<void>;
  };
  readonly members: {
    list(scope: WorkspaceScope): Promise<readonly MemberView[]>;
    setRole(scope: WorkspaceScope, userId: string, role: Role): Promise<void>;
    remove(scope: WorkspaceScope, userId: string): Promise<void>;
  };
  readonly apiKeys: {
    /** The scope that a key opens; null for a key that is unknown or revoked. */
    findScope(key: string): Promise<WorkspaceScope | null>;
    create(scope: WorkspaceScope, fields: { name: string; access: KeyAccess }): Promise<{ id: string; key: string }>;
    list(scope: WorkspaceScope): Promise<readonly ApiKeyView[]>;
    revoke(scope: WorkspaceScope, keyId: string): Promise<void>;
  };
  readonly invitations: {
    create(scope: WorkspaceScope, role: Role): Promise<{ id: string; url: string; expiresAt: string }>;
    list(scope: WorkspaceScope): Promise<readonly InvitationView[]>;
    revoke(scope: WorkspaceScope, invitationId: string): Promise<void>;
    preview(token: string): Promise<{ workspaceName: string; role: Role; invitedBy: string | null }>;
    accept(userId: string, token: string): Promise<{ slug: string }>;
  };
}

const toView = ({ workspaceId, slug, name, role }: Membership): WorkspaceView => ({
  id: encodeId("workspace", workspaceId),
  slug,
  name,
  role,
});
const slugTaken = (slug: string, cause: unknown) => new HubError("EEXIST", `The address "${slug}" is taken; choose another.`, { cause });

const derivedSlugAttempts = 6;

/** `acme`, then `acme-7f3k`, …: a short random end, so that nobody can count the workspaces of a name. */
function derivedSlug(name: string, attempt: number): string {
  const slug = slugFromName(name);
  return attempt === 0 ? slug : `${slug}-${randomInt(36 ** 3, 36 ** 4).toString(36)}`;
}

async function createWorkspace(db: Database, userId: string, fields: { name: string; slug?: string }): Promise<WorkspaceView> {
  const attempts = fields.slug === undefined ? derivedSlugAttempts : 1;
  for (let attempt = 0; ; attempt += 1) {
    const slug = fields.slug === undefined ? derivedSlug(fields.name, attempt) : checkSlug(fields.slug);
    const membership: Membership = { workspaceId: newId(), slug, name: fields.name, role: "owner" };
    try {
      await db.withSystem((tx) =>
        tx.execute(sql`select hub_create_workspace(${membership.workspaceId}::uuid, ${slug}, ${fields.name}, ${userId}::uuid)`),
      );
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      if (attempt + 1 < attempts) continue;
      throw slugTaken(slug, error);
    }
    const scope = scopeOf(membership, userId);
    await db.withScope(scope, (tx) =>
      recordAudit(tx, scope, { action: "workspace.created", subject: slug, detail: { name: fields.name } }),
    );
    return toView(membership);
  }
}

async function renameWorkspace(db: Database, scope: WorkspaceScope, fields: { name: string; slug?: string }): Promise<WorkspaceView> {
  const slug = fields.slug === undefined || fields.slug === scope.slug ? scope.slug : checkSlug(fields.slug);
  try {
    await db.withScope(scope, async (tx) => {
      await tx.update(workspaces).set({ name: fields.name, slug }).where(eq(workspaces.id, scope.workspaceId));
      await recordAudit(tx, scope, { action: "workspace.renamed", subject: slug, detail: { name: fields.name, from: scope.slug } });
    });
  } catch (error) {
    if (isUniqueViolation(error)) throw slugTaken(slug, error);
    throw error;
  }
  return toView({ workspaceId: scope.workspaceId, slug, name: fields.name, role: scope.role });
}

async function getWorkspace(db: Database, scope: WorkspaceScope): Promise<WorkspaceView> {
  const actor = scope.actor;
  if (actor.type !== "person") throw new HubError("EACCES", "Only a member sees a workspace.");
  return toView(await getMembership(db, actor.userId, scope.slug));
}

export interface WorkspacesOptions {
  readonly db: Database;
  /** Starts the invitations' links. */
  readonly origin: string;
  /** How long a stop waits for what was let out just before (`letOutMs` of transport). */
  readonly stopSettlesMs: number;
  /** Called once someone has left or was removed. */
  readonly memberLeft?: (scope: WorkspaceScope, userId: string) => Promise<void>;
}

/** Joins the workspaces' functions over one database. */
export function createWorkspaces({ db, origin, stopSettlesMs, memberLeft }: WorkspacesOptions): Workspaces {
  return {
    getScope: (actor, slug) => getScope(db, actor, slug),
    findJobScope: (workspaceId, job) => findJobScope(db, workspaceId, job),
    requirePermission,
    list: async (userId) => (await listMemberships(db, userId)).map(toView),
    get: (scope) => getWorkspace(db, scope),
    create: (userId, fields) => createWorkspace(db, userId, fields),
    rename: (scope, fields) => renameWorkspace(db, scope, fields),
    access: {
      find: (scope) => db.withScope(scope, (tx) => findStop(tx, scope), { readOnly: true }),
      stop: (scope) => stopAccess(db, scope, stopSettlesMs),
      resume: (scope) => resumeAccess(db, scope),
    },
    members: {
      list: (scope) => listMembers(db, scope),
      setRole: (scope, userId, role) => setMemberRole(db, scope, userId, role),
      remove: async (scope, userId) => {
        await removeMember(db, scope, userId);
        await memberLeft?.(scope, userId);
      },
    },
    apiKeys: {
      findScope: (key) => findKeyScope(db, key),
      create: (scope, fields) => createApiKey(db, scope, fields),
      list: (scope) => listApiKeys(db, scope),
      revoke: (scope, keyId) => revokeApiKey(db, scope, keyId),
    },
    invitations: {
      create: (scope, role) => createInvitation(db, scope, role, origin),
      list: (scope) => listInvitations(db, scope),
      revoke: (scope, invitationId) => revokeInvitation(db, scope, invitationId),
      preview: (token) => previewInvitation(db, token),
      accept: (userId, token) => acceptInvitation(db, userId, token),
    },
  };
}
