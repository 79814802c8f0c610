import "server-only";
import { createHash, randomBytes } from "node:crypto";
import { and, desc, eq, isNull, sql } from "drizzle-orm";
import { z } from "zod";
import type { Database } from "@/db/client";
import { isUniqueViolation } from "@/db/errors";
import { users } from "@/db/schema/identity";
import { invitations, members } from "@/db/schema/workspaces";
import { type Role, roles, scopeUserId, type WorkspaceScope } from "@/db/scope";
import { HubError } from "@/server/errors";
import { encodeId, newId } from "@/server/ids";
import { recordAudit } from "./audit";
import { isAtLeast, roleHas } from "./roles";
import { scopeOf } from "./scopes";

const invitationDays = 7;

/** Only this is stored of an invitation's token. */
const hashToken = (token: string): string => createHash("sha256").update(token).digest("hex");

export interface InvitationView {
  /** `inv_…` */
  readonly id: string;
  readonly role: Role;
  readonly invitedBy: string | null;
  /** ISO 8601, as are the others. */
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly acceptedAt: string | null;
}

/** Makes a single-use link that is good for seven days; the URL is shown once. EACCES when the role is above the actor's own. */
export async function createInvitation(
  db: Database,
  scope: WorkspaceScope,
  role: Role,
  origin: string,
): Promise<{ id: string; url: string; expiresAt: string }> {
  if (!isAtLeast(scope.role, role)) throw new HubError("EACCES", `Only an ${role} can invite someone as ${role}.`);
  const token = randomBytes(32).toString("base64url");
  const id = newId();
  const expiresAt = new Date(Date.now() + invitationDays * 24 * 60 * 60 * 1000);
  await db.withScope(scope, async (tx) => {
    // Read again and held: one who is removed or demoted at this moment makes no link that outlives it.
    const [maker] = await tx
      .select({ role: members.role })
      .from(members)
      .where(and(eq(members.workspaceId, scope.workspaceId), eq(members.userId, scopeUserId(scope) ?? "")))
      .for("share");
    if (maker === undefined || !roleHas(maker.role, "members.manage") || !isAtLeast(maker.role, role)) {
      throw new HubError("EACCES", `Your role here does not allow inviting someone as ${role} any more.`);
    }
    await tx
      .insert(invitations)
      .values({ id, workspaceId: scope.workspaceId, role, tokenHash: hashToken(token), invitedBy: scopeUserId(scope), expiresAt });
    await recordAudit(tx, scope, { action: "invitation.created", subject: encodeId("invitation", id), detail: { role } });
  });
  return { id: encodeId("invitation", id), url: `${origin}/invite/${token}`, expiresAt: expiresAt.toISOString() };
}

/** The invitations of the workspace, newest first, at most 100; used ones say when. */
export async function listInvitations(db: Database, scope: WorkspaceScope): Promise<readonly InvitationView[]> {
  const rows = await db.withScope(scope, (tx) =>
    tx
      .select({
        id: invitations.id,
        role: invitations.role,
        name: users.name,
        email: users.email,
        createdAt: invitations.createdAt,
        expiresAt: invitations.expiresAt,
        acceptedAt: invitations.acceptedAt,
      })
      .from(invitations)
      .leftJoin(users, eq(users.id, invitations.invitedBy))
      .where(eq(invitations.workspaceId, scope.workspaceId))
      .orderBy(desc(invitations.createdAt))
      .limit(100),
  );
  return rows.map((row) => ({
    id: encodeId("invitation", row.id),
    role: row.role,
    invitedBy: row.name ?? row.email,
    createdAt: row.createdAt.toISOString(),
    expiresAt: row.expiresAt.toISOString(),
    acceptedAt: row.acceptedAt?.toISOString() ?? null,
  }));
}

/** Ends an invitation that nobody has used. ENOENT when there is none, or it was used. */
export async function revokeInvitation(db: Database, scope: WorkspaceScope, invitationId: string): Promise<void> {
  await db.withScope(scope, async (tx) => {
    const removed = await tx
      .delete(invitations)
      .where(and(eq(invitations.workspaceId, scope.workspaceId), eq(invitations.id, invitationId), isNull(invitations.acceptedAt)))
      .returning({ id: invitations.id });
    if (removed.length === 0) throw new HubError("ENOENT", "There is no such open invitation in this workspace.");
    await recordAudit(tx, scope, { action: "invitation.revoked", subject: encodeId("invitation", invitationId) });
  });
}

/** One answer for a token that is unknown, used, revoked or expired. */
const noInvitation = () =>
  new HubError("ENOENT", "This invitation is not valid any more: it was used, revoked or has expired. Ask for a new one.");

const foundRow = z.object({
  workspace_name: z.string(),
  role: z.enum(roles),
  invited_by: z.string().nullable(),
  expires_at: z.coerce.date(),
  accepted_at: z.coerce.date().nullable(),
});

/** What the invitation's page shows to whoever holds the link. ENOENT when it is not valid any more. */
export async function previewInvitation(
  db: Database,
  token: string,
): Promise<{ workspaceName: string; role: Role; invitedBy: string | null }> {
  const { rows } = await db.withSystem((tx) => tx.execute(sql`select * from hub_find_invitation(${hashToken(token)})`), { readOnly: true });
  const found = z.array(foundRow).parse(rows)[0];
  if (found === undefined || found.accepted_at !== null || found.expires_at.getTime() <= Date.now()) throw noInvitation();
  return { workspaceName: found.workspace_name, role: found.role, invitedBy: found.invited_by };
}

const acceptedRow = z.object({
  outcome: z.enum(["accepted", "already_member"]),
  workspace_id: z.uuid(),
  slug: z.string(),
  role: z.enum(roles),
});

/**
 * Makes the person a member and uses the link up, in one statement: of two people at the same moment one gets in. A member already keeps
 * their role and the link. ENOENT when it is not valid any more.
 */
export async function acceptInvitation(db: Database, userId: string, token: string): Promise<{ slug: string }> {
  const attempt = () => db.withSystem((tx) => tx.execute(sql`select * from hub_accept_invitation(${hashToken(token)}, ${userId}::uuid)`));
  // The same person joined by another link at this moment: looked at again, they are a member, and this link stays usable.
  const { rows } = await attempt().catch((error: unknown) => (isUniqueViolation(error) ? attempt() : Promise.reject(error)));
  const accepted = z.array(acceptedRow).parse(rows)[0];
  if (accepted === undefined) throw noInvitation();
  if (accepted.outcome === "accepted") {
    const scope = scopeOf({ workspaceId: accepted.workspace_id, slug: accepted.slug, name: "", role: accepted.role }, userId);
    await db.withScope(scope, (tx) =>
      recordAudit(tx, scope, { action: "member.joined", subject: encodeId("user", userId), detail: { role: accepted.role } }),
    );
  }
  return { slug: accepted.slug };
}
