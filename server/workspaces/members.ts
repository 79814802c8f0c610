import "server-only";
import { and, asc, eq, inArray, isNull } from "drizzle-orm";
import type { Database, Tx } from "@/db/client";
import { users } from "@/db/schema/identity";
import { invitations, members } from "@/db/schema/workspaces";
import { type Role, roles, scopeUserId, type WorkspaceScope } from "@/db/scope";
import { HubError } from "@/server/errors";
import { encodeId } from "@/server/ids";
import { recordAudit } from "./audit";
import { isAtLeast, roleHas } from "./roles";

export interface MemberView {
  /** `usr_…` */
  readonly id: string;
  readonly name: string | null;
  readonly email: string;
  readonly image: string | null;
  readonly role: Role;
  /** ISO 8601. */
  readonly joinedAt: string;
  /** Whether this is the person who asks. */
  readonly me: boolean;
}

/** The members of the workspace, in the order they joined. */
export async function listMembers(db: Database, scope: WorkspaceScope): Promise<readonly MemberView[]> {
  const rows = await db.withScope(scope, (tx) =>
    tx
      .select({
        userId: members.userId,
        role: members.role,
        joinedAt: members.joinedAt,
        name: users.name,
        email: users.email,
        image: users.image,
      })
      .from(members)
      .innerJoin(users, eq(users.id, members.userId))
      .where(eq(members.workspaceId, scope.workspaceId))
      .orderBy(asc(members.joinedAt), asc(members.userId)),
  );
  return rows.map((row) => ({
    id: encodeId("user", row.userId),
    name: row.name,
    email: row.email,
    image: row.image,
    role: row.role,
    joinedAt: row.joinedAt.toISOString(),
    me: row.userId === scopeUserId(scope),
  }));
}

/**
 * The members as they are now, locked until the transaction ends: of two people who remove each other, or two last owners who step down at
 * once, the second sees what the first did. The actor's own role is read here again for the same reason.
 */
async function lockMembers(tx: Tx, scope: WorkspaceScope): Promise<{ roleOf: (userId: string) => Role | null; owners: number; own: Role }> {
  const rows = await tx
    .select({ userId: members.userId, role: members.role })
    .from(members)
    .where(eq(members.workspaceId, scope.workspaceId))
    .orderBy(asc(members.userId))
    .for("update");
  const byUser = new Map(rows.map((row) => [row.userId, row.role]));
  const own = byUser.get(scopeUserId(scope) ?? "");
  if (own === undefined) throw new HubError("EACCES", "You are not a member of this workspace any more.");
  return { roleOf: (userId) => byUser.get(userId) ?? null, owners: rows.filter((row) => row.role === "owner").length, own };
}

const memberIs = (scope: WorkspaceScope, userId: string) => and(eq(members.workspaceId, scope.workspaceId), eq(members.userId, userId));
const noMember = () => new HubError("ENOENT", "There is no such member in this workspace.");
const lastOwner = () => new HubError("EACCES", "This is the last owner: make someone else an owner first.");

/** Refuses to touch those above oneself. */
function requireNotAbove(own: Role, other: Role): void {
  if (!isAtLeast(own, other)) throw new HubError("EACCES", `Only an ${other} can change or grant the role ${other}.`);
}

/** The roles that a member of this role (null: someone who is no member any more) may not invite others as. */
function rolesBeyond(role: Role | null): readonly Role[] {
  return role === null || !roleHas(role, "members.manage") ? roles : roles.filter((other) => !isAtLeast(role, other));
}

/** Ends the open links that someone could not make any more: a link kept in a drawer would undo the removal. */
async function endInvitationsBeyond(tx: Tx, scope: WorkspaceScope, userId: string, role: Role | null): Promise<void> {
  const beyond = rolesBeyond(role);
  if (beyond.length === 0) return;
  const ended = await tx
    .delete(invitations)
    .where(
      and(
        eq(invitations.workspaceId, scope.workspaceId),
        eq(invitations.invitedBy, userId),
        isNull(invitations.acceptedAt),
        inArray(invitations.role, [...beyond]),
      ),
    )
    .returning({ id: invitations.id });
  for (const { id } of ended) await recordAudit(tx, scope, { action: "invitation.revoked", subject: encodeId("invitation", id) });
}

/** Gives a member another role: never above the actor's own, never to someone above, never the last owner's. Runs under `members.manage`. */
export async function setMemberRole(db: Database, scope: WorkspaceScope, userId: string, role: Role): Promise<void> {
  await db.withScope(scope, async (tx) => {
    const locked = await lockMembers(tx, scope);
    const before = locked.roleOf(userId);
    if (before === null) throw noMember();
    if (!isAtLeast(locked.own, "admin")) throw new HubError("EACCES", "This needs the role admin.");
    requireNotAbove(locked.own, before);
    requireNotAbove(locked.own, role);
    if (before === role) return;
    if (before === "owner" && locked.owners === 1) throw lastOwner();
    await tx.update(members).set({ role }).where(memberIs(scope, userId));
    await endInvitationsBeyond(tx, scope, userId, role);
    await recordAudit(tx, scope, { action: "member.role_changed", subject: encodeId("user", userId), detail: { from: before, to: role } });
  });
}

/** Removes a member, or oneself (`leave`): never someone above, never the last owner. */
export async function removeMember(db: Database, scope: WorkspaceScope, userId: string): Promise<void> {
  await db.withScope(scope, async (tx) => {
    const locked = await lockMembers(tx, scope);
    const role = locked.roleOf(userId);
    if (role === null) throw noMember();
    const leaving = userId === scopeUserId(scope);
    if (!leaving && !isAtLeast(locked.own, "admin")) throw new HubError("EACCES", "This needs the role admin.");
    requireNotAbove(locked.own, role);
    if (role === "owner" && locked.owners === 1) throw lastOwner();
    await tx.delete(members).where(memberIs(scope, userId));
    await endInvitationsBeyond(tx, scope, userId, null);
    await recordAudit(tx, scope, {
      action: leaving ? "member.left" : "member.removed",
      subject: encodeId("user", userId),
      detail: { role },
    });
  });
}
