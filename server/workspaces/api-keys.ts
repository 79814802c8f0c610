import "server-only";
import { createHash, randomBytes } from "node:crypto";
import { and, count, desc, eq, isNull, sql } from "drizzle-orm";
import { z } from "zod";
import type { Database } from "@/db/client";
import { users } from "@/db/schema/identity";
import { apiKeys, type KeyAccess, keyAccesses, members, workspaces } from "@/db/schema/workspaces";
import { createScope, type Role, scopeUserId, type WorkspaceScope } from "@/db/scope";
import { HubError } from "@/server/errors";
import { encodeId, newId } from "@/server/ids";
import { recordAudit } from "./audit";
import { roleHas } from "./roles";

/**
 * API keys of a workspace: what partner apps and agents show instead of a session. A key is 32 random bytes, so its plain SHA-256 is kept:
 * there is nothing to guess that a slow hash would protect. It belongs to the workspace and outlives whoever made it, until it is revoked.
 */

/** What marks a key as one of ours, for people and for scanners of leaked secrets. */
const keyPrefix = "bih_";
const keyShape = /^bih_[A-Za-z0-9_-]{43}$/;
const keysAtMost = 50;

const hashKey = (key: string): string => createHash("sha256").update(key).digest("hex");

/** What the key's scope may do at most; `keyPermissions` narrows it to files. */
const roleOf: Readonly<Record<KeyAccess, Role>> = { read: "viewer", read_write: "member" };

export interface ApiKeyView {
  /** `key_…` */
  readonly id: string;
  readonly name: string;
  readonly access: KeyAccess;
  /** The last four characters of the key. */
  readonly hint: string;
  /** Who made it; null for someone who left. */
  readonly createdBy: string | null;
  /** ISO 8601, as are the others. */
  readonly createdAt: string;
  /** To the minute; null: never. */
  readonly lastUsedAt: string | null;
  readonly revokedAt: string | null;
}

/** Makes a key; it is in this answer and nowhere else. EDQUOT at 50 live keys; EACCES for one who may not make keys any more. */
export async function createApiKey(
  db: Database,
  scope: WorkspaceScope,
  fields: { readonly name: string; readonly access: KeyAccess },
): Promise<{ readonly id: string; readonly key: string }> {
  const key = `${keyPrefix}${randomBytes(32).toString("base64url")}`;
  const id = newId();
  await db.withScope(scope, async (tx) => {
    // Read again and held: one who is demoted at this moment makes no key that outlives it.
    const [maker] = await tx
      .select({ role: members.role })
      .from(members)
      .where(and(eq(members.workspaceId, scope.workspaceId), eq(members.userId, scopeUserId(scope) ?? "")))
      .for("share");
    if (maker === undefined || !roleHas(maker.role, "keys.manage")) {
      throw new HubError("EACCES", "Your role here does not allow making API keys any more.");
    }
    // Two at the same moment count one after the other.
    await tx.select({ id: workspaces.id }).from(workspaces).where(eq(workspaces.id, scope.workspaceId)).for("update");
    const [live] = await tx
      .select({ count: count() })
      .from(apiKeys)
      .where(and(eq(apiKeys.workspaceId, scope.workspaceId), isNull(apiKeys.revokedAt)));
    if ((live?.count ?? 0) >= keysAtMost) {
      throw new HubError("EDQUOT", `A workspace has at most ${keysAtMost} API keys. Revoke one that is not used.`);
    }
    await tx.insert(apiKeys).values({
      id,
      workspaceId: scope.workspaceId,
      ...fields,
      keyHash: hashKey(key),
      hint: key.slice(-4),
      createdBy: scopeUserId(scope),
    });
    await recordAudit(tx, scope, { action: "api_key.created", subject: encodeId("key", id), detail: { ...fields } });
  });
  return { id: encodeId("key", id), key };
}

/** The workspace's keys, live ones first, then the newest first; at most 200. */
export async function listApiKeys(db: Database, scope: WorkspaceScope): Promise<readonly ApiKeyView[]> {
  const rows = await db.withScope(
    scope,
    (tx) =>
      tx
        .select({ key: apiKeys, personName: users.name, email: users.email })
        .from(apiKeys)
        .leftJoin(users, eq(users.id, apiKeys.createdBy))
        .where(eq(apiKeys.workspaceId, scope.workspaceId))
        .orderBy(sql`${apiKeys.revokedAt} is not null`, desc(apiKeys.createdAt), desc(apiKeys.id))
        .limit(200),
    { readOnly: true },
  );
  return rows.map(({ key, personName, email }) => ({
    id: encodeId("key", key.id),
    name: key.name,
    access: key.access,
    hint: key.hint,
    createdBy: personName ?? email,
    createdAt: key.createdAt.toISOString(),
    lastUsedAt: key.lastUsedAt?.toISOString() ?? null,
    revokedAt: key.revokedAt?.toISOString() ?? null,
  }));
}

/** Ends a key for good: the next call with it is refused. ENOENT when there is no live key with that id here. */
export async function revokeApiKey(db: Database, scope: WorkspaceScope, keyId: string): Promise<void> {
  await db.withScope(scope, async (tx) => {
    const revoked = await tx
      .update(apiKeys)
      .set({ revokedAt: sql`clock_timestamp()` })
      .where(and(eq(apiKeys.workspaceId, scope.workspaceId), eq(apiKeys.id, keyId), isNull(apiKeys.revokedAt)))
      .returning({ name: apiKeys.name });
    const [key] = revoked;
    if (key === undefined) throw new HubError("ENOENT", "There is no such API key in this workspace, or it was revoked before.");
    await recordAudit(tx, scope, { action: "api_key.revoked", subject: encodeId("key", keyId), detail: { name: key.name } });
  });
}

const usedRow = z.object({ key_id: z.uuid(), name: z.string(), access: z.enum(keyAccesses), workspace_id: z.uuid(), slug: z.string() });

/** The scope that a key opens, and notes its use; null for a key that is unknown or revoked, or whose workspace is gone. */
export async function findKeyScope(db: Database, key: string): Promise<WorkspaceScope | null> {
  if (!keyShape.test(key)) return null;
  const { rows } = await db.withSystem((tx) => tx.execute(sql`select * from hub_use_api_key(${hashKey(key)})`));
  const found = z.array(usedRow).parse(rows)[0];
  if (found === undefined) return null;
  return createScope({
    workspaceId: found.workspace_id,
    slug: found.slug,
    role: roleOf[found.access],
    actor: { type: "key", keyId: found.key_id, name: found.name },
  });
}
