import { and, asc, eq, ne, sql } from "drizzle-orm";
import type { Database, Tx } from "@/db/client";
import { isUniqueViolation } from "@/db/errors";
import { connections, connectionTokens, rateBuckets } from "@/db/schema/connections";
import { users } from "@/db/schema/identity";
import type { WorkspaceScope } from "@/db/scope";
import { HubError } from "@/server/errors";
import { newId } from "@/server/ids";
import type { Identity, Manifest, TokenAnswer } from "@/server/integrations/contract";
import { listCapabilities, missingScopes } from "@/server/integrations/manifests";
import { purgeMirror } from "./purge";
import type { Tokens } from "./token-contract";

/** The rows of connections, and how a consent becomes one. */

export type ConnectionRow = typeof connections.$inferSelect;

/** A connection with what its status is made of. */
export interface ConnectionRecord {
  readonly row: ConnectionRow;
  readonly ownerName: string | null;
  /** Until when the vendor's own answer blocks calls. */
  readonly blockedUntil: Date | null;
  readonly token: {
    readonly expiresAt: Date | null;
    readonly refreshedAt: Date | null;
    readonly renews: boolean;
    readonly terminal: boolean;
  } | null;
}

/** Every connection that the scope sees, oldest first; row-level security keeps other people's private ones out. */
export async function listConnections(tx: Tx, scope: WorkspaceScope, id?: string): Promise<ConnectionRecord[]> {
  const found = await tx
    .select({
      row: connections,
      ownerName: users.name,
      ownerEmail: users.email,
      blockedUntil: sql<string | Date | null>`(select max(${rateBuckets.blockedUntil}) from ${rateBuckets}
        where ${rateBuckets.workspaceId} = ${connections.workspaceId} and ${rateBuckets.connectionId} = ${connections.id})`,
      tokenOf: connectionTokens.connectionId,
      expiresAt: connectionTokens.accessExpiresAt,
      refreshedAt: connectionTokens.refreshedAt,
      renews: sql<boolean>`${connectionTokens.refreshEnc} is not null`,
      terminal: sql<boolean>`${connectionTokens.terminalError} is not null`,
    })
    .from(connections)
    .leftJoin(users, eq(users.id, connections.ownerId))
    .leftJoin(
      connectionTokens,
      and(eq(connectionTokens.workspaceId, connections.workspaceId), eq(connectionTokens.connectionId, connections.id)),
    )
    .where(and(eq(connections.workspaceId, scope.workspaceId), id === undefined ? undefined : eq(connections.id, id)))
    .orderBy(asc(connections.createdAt), asc(connections.id));
  return found.map(({ row, ownerName, ownerEmail, blockedUntil, tokenOf, expiresAt, refreshedAt, renews, terminal }) => ({
    row,
    ownerName: ownerName ?? ownerEmail,
    blockedUntil: blockedUntil === null ? null : new Date(blockedUntil),
    token: tokenOf === null ? null : { expiresAt, refreshedAt, renews, terminal },
  }));
}

/** The connection with that uuid. ENOENT when the scope does not see one. */
export async function getConnection(tx: Tx, scope: WorkspaceScope, id: string): Promise<ConnectionRecord> {
  const [record] = await listConnections(tx, scope, id);
  if (record === undefined) throw new HubError("ENOENT", "There is no such connection.");
  return record;
}

/** What a consent brought. */
export interface Consented {
  readonly manifest: Manifest;
  readonly visibility: "private" | "workspace";
  readonly ownerId: string;
  readonly identity: Identity;
  readonly tokens: TokenAnswer;
  /** Asked for; RFC 6749 §5.1: an answer that names no scopes granted exactly these. */
  readonly askedScopes: readonly string[];
  /** The capabilities to use; none ticked means all that the grant covers. */
  readonly ticked: readonly string[];
}

/** What the connection may be used for: what was ticked, as far as the grant covers it. */
function usableCapabilities(manifest: Manifest, ticked: readonly string[], scopes: readonly string[]): readonly string[] {
  return listCapabilities(manifest).filter(
    (capability) => (ticked.length === 0 || ticked.includes(capability)) && missingScopes(manifest, capability, scopes).length === 0,
  );
}

/** `linear`, then `linear-2` and so on: the first that is free among the mounts that stand beside it. */
function freeMountName(base: string, taken: ReadonlySet<string>): string {
  if (!taken.has(base)) return base;
  let number = 2;
  while (taken.has(`${base}-${number}`)) number++;
  return `${base}-${number}`;
}

const sameAccount = (scope: WorkspaceScope, consented: Consented) =>
  and(
    eq(connections.workspaceId, scope.workspaceId),
    eq(connections.integration, consented.manifest.id),
    eq(connections.externalOrgId, consented.identity.orgId),
    eq(connections.externalAccountId, consented.identity.accountId),
    eq(connections.visibility, consented.visibility),
    consented.visibility === "private" ? eq(connections.ownerId, consented.ownerId) : undefined,
  );

/**
 * Stores what a consent brought: over the connection of the same account where there is one (its tokens replaced, its status mended),
 * as a new connection otherwise. Another account's row is never touched; a mirror that may show less from now on is emptied. `within` runs in the same transaction. Answers the uuid.
 * Throws EAGAIN when that connection is being disconnected.
 */
export async function storeConnection(
  db: Database,
  tokens: Tokens,
  scope: WorkspaceScope,
  consented: Consented,
  within: (tx: Tx, stored: { id: string; reconnected: boolean; mountName: string }) => Promise<void>,
  now: Date,
): Promise<string> {
  const attempts = 3;
  for (let attempt = 1; ; attempt++) {
    try {
      const { id, isNarrower } = await tryStore(db, tokens, scope, consented, within, now);
      // The mirror answers without asking the tool: what it holds of a capability that was taken away would still be read.
      if (isNarrower) await purgeMirror(db, scope, id);
      return id;
    } catch (error) {
      // Two consents at one moment took the same account or the same mount name: the second look finds what the first one stored.
      if (attempt === attempts || !isUniqueViolation(error)) throw error;
    }
  }
}

async function tryStore(
  db: Database,
  tokens: Tokens,
  scope: WorkspaceScope,
  consented: Consented,
  within: (tx: Tx, stored: { id: string; reconnected: boolean; mountName: string }) => Promise<void>,
  now: Date,
): Promise<{ id: string; isNarrower: boolean }> {
  const { manifest, identity, visibility, ownerId } = consented;
  const scopes = consented.tokens.scopes ?? consented.askedScopes;
  const capabilities = usableCapabilities(manifest, consented.ticked, scopes);
  const find = (tx: Tx) => tx.select().from(connections).where(sameAccount(scope, consented));

  const [known] = await db.withScope(scope, find);
  const id = known?.id ?? newId();
  // Sealed before the transaction: the vault reads keys in one of its own.
  const sealed = await tokens.seal(scope, { connectionId: id, ownerId: visibility === "private" ? ownerId : null }, consented.tokens);

  const current = {
    ownerId,
    status: "connected" as const,
    statusSince: now,
    statusReason: null,
    accountName: identity.accountName,
    accountEmail: identity.accountEmail,
    orgName: identity.orgName,
    scopes: [...scopes],
    capabilities: [...capabilities],
  };
  return db.withScope(scope, async (tx) => {
    let mountName: string;
    if (known === undefined) {
      const beside = await tx
        .select({ mountName: connections.mountName })
        .from(connections)
        .where(
          and(
            eq(connections.workspaceId, scope.workspaceId),
            eq(connections.visibility, visibility),
            visibility === "private" ? eq(connections.ownerId, ownerId) : undefined,
          ),
        );
      mountName = freeMountName(manifest.mountName, new Set(beside.map((row) => row.mountName)));
      await tx.insert(connections).values({
        ...current,
        id,
        workspaceId: scope.workspaceId,
        integration: manifest.id,
        visibility,
        mountName,
        externalOrgId: identity.orgId,
        externalAccountId: identity.accountId,
        // Fixed when connecting, so that a date's directory never moves.
        timeZone: identity.timeZone ?? "UTC",
        createdAt: now,
      });
    } else {
      const updated = await tx
        .update(connections)
        .set(current)
        .where(and(sameAccount(scope, consented), eq(connections.id, id), ne(connections.status, "disconnecting")))
        .returning({ mountName: connections.mountName });
      const [row] = updated;
      if (row === undefined) throw new HubError("EAGAIN", "This account is being disconnected. Connect again when that is done.");
      mountName = row.mountName;
    }
    await tokens.save(tx, sealed);
    await within(tx, { id, reconnected: known !== undefined, mountName });
    const lost = known?.capabilities.filter((capability) => capability.startsWith("read:") && !capabilities.includes(capability)) ?? [];
    return { id, isNarrower: lost.length > 0 };
  });
}
