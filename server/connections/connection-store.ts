import { and, asc, eq, sql } from "drizzle-orm";
import type { Database, Tx } from "@/db/client";
import { isDataKeyGone, isUniqueViolation } from "@/db/errors";
import { connections, connectionTokens, rateBuckets } from "@/db/schema/connections";
import { users } from "@/db/schema/identity";
import { workspaces } from "@/db/schema/workspaces";
import type { WorkspaceScope } from "@/db/scope";
import { HubError } from "@/server/errors";
import { newId } from "@/server/ids";
import type { Manifest } from "@/server/integrations/contract";
import { listCapabilities, missingScopes } from "@/server/integrations/manifests";
import type { AccessStop } from "@/server/workspaces/access";
import { type GrantedUse, grantedScopes, usableCapabilities } from "./capabilities";
import type { Granted } from "./grants";
import { purgeMirror } from "./purge";
import type { Tokens } from "./token-contract";

/** The rows of connections, and how a consent becomes one. */

export type ConnectionRow = typeof connections.$inferSelect;

/** A connection with what its status is made of. */
export interface ConnectionRecord {
  readonly row: ConnectionRow;
  readonly ownerName: string | null;
  /** The stop that its workspace is under. */
  readonly stop: AccessStop | null;
  /** Until when the vendor's own answer blocks calls. */
  readonly blockedUntil: Date | null;
  readonly token: {
    readonly expiresAt: Date | null;
    readonly refreshedAt: Date | null;
    readonly renews: boolean;
    readonly terminal: boolean;
  } | null;
}

/** Whether the grant still works, as far as the hub knows: a further consent can add to it. */
export const isAlive = ({ row, token }: Pick<ConnectionRecord, "row" | "token">): boolean =>
  row.status === "connected" && token !== null && !token.terminal;

/** Every connection that the scope sees, oldest first; row-level security keeps other people's private ones out. */
export async function listConnections(tx: Tx, scope: WorkspaceScope, id?: string): Promise<ConnectionRecord[]> {
  const found = await tx
    .select({
      row: connections,
      ownerName: users.name,
      ownerEmail: users.email,
      stoppedAt: workspaces.stoppedAt,
      stoppedBy: sql<string | null>`(select coalesce(s.name, s.email) from "user" s where s.id = ${workspaces.stoppedBy})`,
      blockedUntil: sql<string | Date | null>`(select max(${rateBuckets.blockedUntil}) from ${rateBuckets}
        where ${rateBuckets.workspaceId} = ${connections.workspaceId} and ${rateBuckets.connectionId} = ${connections.id})`,
      tokenOf: connectionTokens.connectionId,
      expiresAt: connectionTokens.accessExpiresAt,
      refreshedAt: connectionTokens.refreshedAt,
      renews: sql<boolean>`${connectionTokens.refreshEnc} is not null`,
      terminal: sql<boolean>`${connectionTokens.terminalError} is not null`,
    })
    .from(connections)
    .innerJoin(workspaces, eq(workspaces.id, connections.workspaceId))
    .leftJoin(users, eq(users.id, connections.ownerId))
    .leftJoin(
      connectionTokens,
      and(eq(connectionTokens.workspaceId, connections.workspaceId), eq(connectionTokens.connectionId, connections.id)),
    )
    .where(and(eq(connections.workspaceId, scope.workspaceId), id === undefined ? undefined : eq(connections.id, id)))
    .orderBy(asc(connections.createdAt), asc(connections.id));
  return found.map(
    ({ row, ownerName, ownerEmail, stoppedAt, stoppedBy, blockedUntil, tokenOf, expiresAt, refreshedAt, renews, terminal }) => ({
      row,
      ownerName: ownerName ?? ownerEmail,
      stop: stoppedAt === null ? null : { at: stoppedAt.toISOString(), by: stoppedBy },
      blockedUntil: blockedUntil === null ? null : new Date(blockedUntil),
      token: tokenOf === null ? null : { expiresAt, refreshedAt, renews, terminal },
    }),
  );
}

/** The connection with that uuid. ENOENT when the scope does not see one. */
export async function getConnection(tx: Tx, scope: WorkspaceScope, id: string): Promise<ConnectionRecord> {
  const [record] = await listConnections(tx, scope, id);
  if (record === undefined) throw new HubError("ENOENT", "There is no such connection.");
  return record;
}

/** What a consent brought, and for what. */
export interface Consented extends Granted {
  readonly manifest: Manifest;
  readonly visibility: "private" | "workspace";
  readonly ownerId: string;
  /** Asked for; RFC 6749 §5.1: an answer that names no scopes granted exactly these. */
  readonly askedScopes: readonly string[];
  /** The capabilities to switch on, beside those that are. For a new connection none means all that the grant covers. */
  readonly capabilities: readonly string[];
  /** The uuid of the connection that it was meant for: no other is touched. Null: the account's own, or a new one. */
  readonly meantFor: string | null;
}

export interface Stored {
  readonly id: string;
  readonly reconnected: boolean;
  readonly mountName: string;
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

/** The same account was connected, or disconnected, between the look and the transaction: look again. */
class Moved extends Error {
  override readonly name = "Moved";
}

/**
 * Stores what a consent brought: over the connection of the same account where there is one (its tokens replaced, its status mended, what is
 * switched on kept, its owner and visibility as they were), as a new connection otherwise. Another account's row is never touched: null when
 * the consent was meant for a connection that is not this account's, and nothing was stored. A mirror that may show less from now on is
 * emptied. `within` runs in the same transaction. Throws EAGAIN when that connection is being disconnected.
 */
export async function storeConnection(
  db: Database,
  tokens: Tokens,
  scope: WorkspaceScope,
  consented: Consented,
  within: (tx: Tx, stored: Stored) => Promise<void>,
  now: Date,
): Promise<Stored | null> {
  const attempts = 5;
  for (let attempt = 1; ; attempt++) {
    try {
      const result = await tryStore(db, tokens, scope, consented, within, now);
      // The mirror answers without asking the tool: what it holds of a capability that was taken away would still be read.
      if (result?.isNarrower === true) await purgeMirror(db, scope, result.stored.id);
      return result?.stored ?? null;
    } catch (error) {
      // Two consents at one moment took the same account or the same mount name: the second look finds what the first one stored.
      // Or a rotation deleted the data key after the tokens were sealed.
      const passes = error instanceof Moved || isUniqueViolation(error) || isDataKeyGone(error);
      if (attempt === attempts || !passes) throw error;
    }
  }
}

/** What the connection is switched on for from now on. */
function switchedOn(
  manifest: Manifest,
  known: ConnectionRow | undefined,
  { capabilities }: Consented,
  scopes: readonly string[],
): readonly string[] {
  const all = listCapabilities(manifest);
  if (known === undefined && capabilities.length === 0) return usableCapabilities(manifest, { capabilities: all, scopes });
  return all.filter((word) => capabilities.includes(word) || known?.capabilities.includes(word) === true);
}

/** What can be read no more of what could be read before. */
const lostReads = (manifest: Manifest, before: GrantedUse, after: GrantedUse): boolean => {
  const usable = usableCapabilities(manifest, after);
  return usableCapabilities(manifest, before).some((capability) => capability.startsWith("read:") && !usable.includes(capability));
};

async function tryStore(
  db: Database,
  tokens: Tokens,
  scope: WorkspaceScope,
  consented: Consented,
  within: (tx: Tx, stored: Stored) => Promise<void>,
  now: Date,
): Promise<{ stored: Stored; isNarrower: boolean } | null> {
  const { manifest, identity, visibility, ownerId, meantFor } = consented;
  const [seen] = await db.withScope(scope, (tx) =>
    tx.select({ id: connections.id }).from(connections).where(sameAccount(scope, consented)),
  );
  if (meantFor !== null && seen?.id !== meantFor) return null;
  const id = seen?.id ?? newId();
  // Sealed before the transaction: the vault reads keys in one of its own.
  const sealed = await tokens.seal(scope, { connectionId: id, ownerId: visibility === "private" ? ownerId : null }, consented.tokens);

  return db.withScope(scope, async (tx) => {
    // Locked: of two consents that switch different things on, the second builds on what the first one stored.
    const [known] = await tx.select().from(connections).where(sameAccount(scope, consented)).for("update");
    if (known?.id !== seen?.id) throw new Moved();
    if (known?.status === "disconnecting") {
      throw new HubError("EAGAIN", "This account is being disconnected. Connect again when that is done.");
    }
    const before = known?.status === "connected" ? known.scopes : null;
    const scopes = grantedScopes(manifest, consented.tokens.scopes, consented.askedScopes, before);
    const use = { scopes: [...scopes], capabilities: [...switchedOn(manifest, known, consented, scopes)] };
    const current = {
      ...use,
      status: "connected" as const,
      statusSince: now,
      statusReason: null,
      accountName: identity.accountName,
      accountEmail: identity.accountEmail,
      orgName: identity.orgName,
    };
    let mountName: string;
    if (known === undefined) {
      mountName = await findMountName(tx, scope, consented);
      await tx.insert(connections).values({
        ...current,
        id,
        workspaceId: scope.workspaceId,
        integration: manifest.id,
        ownerId,
        visibility,
        mountName,
        externalOrgId: identity.orgId,
        externalAccountId: identity.accountId,
        // Fixed when connecting, so that a date's directory never moves.
        timeZone: identity.timeZone ?? "UTC",
        createdAt: now,
      });
    } else {
      mountName = known.mountName;
      await tx
        .update(connections)
        .set(current)
        .where(and(eq(connections.workspaceId, scope.workspaceId), eq(connections.id, id)));
    }
    await tokens.save(tx, sealed);
    const stored = { id, reconnected: known !== undefined, mountName };
    await within(tx, stored);
    return { stored, isNarrower: known !== undefined && lostReads(manifest, known, use) };
  });
}

async function findMountName(tx: Tx, scope: WorkspaceScope, { manifest, visibility, ownerId }: Consented): Promise<string> {
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
  return freeMountName(manifest.mountName, new Set(beside.map((row) => row.mountName)));
}

/**
 * Switches a capability of a connection on or off, without asking the tool. Only what the grant covers can be switched on:
 * ESCOPE, naming the scope, otherwise. Switched off, the scopes stay granted at the tool; what the mirror holds of it is deleted. ENOENT
 * when the scope does not see the connection, EAGAIN while it is being disconnected.
 */
export async function switchCapability(
  db: Database,
  scope: WorkspaceScope,
  connectionId: string,
  manifest: Manifest,
  change: {
    readonly capability: string;
    readonly on: boolean;
    /** The page that starts the missing consent, for ESCOPE. */
    readonly actionUrl: string;
    readonly within: (tx: Tx) => Promise<void>;
  },
): Promise<void> {
  const { capability, on, actionUrl, within } = change;
  const isNarrower = await db.withScope(scope, async (tx) => {
    const mine = and(eq(connections.workspaceId, scope.workspaceId), eq(connections.id, connectionId));
    const [row] = await tx.select().from(connections).where(mine).for("update");
    if (row === undefined) throw new HubError("ENOENT", "There is no such connection.");
    if (row.status === "disconnecting") throw new HubError("EAGAIN", "This connection is being disconnected.");
    if (row.capabilities.includes(capability) === on) return false;
    const [missing] = missingScopes(manifest, capability, row.scopes);
    if (on && missing !== undefined) {
      throw new HubError("ESCOPE", `${manifest.name} has not granted ${missing}, which ${capability} needs.`, {
        actionUrl,
        details: { scope: missing, capability },
      });
    }
    const capabilities = listCapabilities(manifest).filter((word) => (word === capability ? on : row.capabilities.includes(word)));
    await tx.update(connections).set({ capabilities }).where(mine);
    await within(tx);
    return lostReads(manifest, row, { scopes: row.scopes, capabilities });
  });
  if (isNarrower) await purgeMirror(db, scope, connectionId);
}
