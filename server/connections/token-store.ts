import { and, eq, isNull, sql } from "drizzle-orm";
import type { Database, Tx } from "@/db/client";
import { connections, connectionTokens as tokens } from "@/db/schema/connections";
import { workspaces } from "@/db/schema/workspaces";
import type { SealedTokens, TokenStore } from "./token-contract";

/** Milliseconds from now until a time, by the database's clock; 0 when it is past or null. */
const msUntil = (column: typeof tokens.leaseUntil | typeof tokens.backoffUntil) =>
  sql<number>`greatest(0, coalesce(extract(epoch from ${column} - clock_timestamp()) * 1000, 0))::float8`;
const inMs = (ms: number) => sql`clock_timestamp() + make_interval(secs => ${ms}::float8 / 1000)`;

/** The token rows in `connection_token`. Each change is one statement, or two in one transaction, and no transaction outlives it. */
export function createTokenStore(db: Database): TokenStore {
  const row = (connectionId: string, version: number) => and(eq(tokens.connectionId, connectionId), eq(tokens.version, version));

  return {
    async find(scope, connectionId) {
      const [found] = await db.withScope(
        scope,
        (tx) =>
          tx
            .select({
              version: tokens.version,
              ownerId: tokens.ownerId,
              accessEnc: tokens.accessEnc,
              refreshEnc: tokens.refreshEnc,
              accessExpiresAt: tokens.accessExpiresAt,
              refreshExpiresAt: tokens.refreshExpiresAt,
              refreshedAt: tokens.refreshedAt,
              leaseMs: msUntil(tokens.leaseUntil),
              isHeld: sql<boolean>`${tokens.leaseBy} is not null`,
              intentMs: sql<number | null>`(extract(epoch from clock_timestamp() - ${tokens.intentAt}) * 1000)::float8`,
              terminalError: tokens.terminalError,
              failures: tokens.failures,
              backoffMs: msUntil(tokens.backoffUntil),
              connectionStatus: connections.status,
              connectionReason: connections.statusReason,
              stopped: sql<boolean>`${workspaces.stoppedAt} is not null or ${workspaces.deletingAt} is not null`,
            })
            .from(tokens)
            .innerJoin(connections, eq(connections.id, tokens.connectionId))
            .innerJoin(workspaces, eq(workspaces.id, tokens.workspaceId))
            .where(eq(tokens.connectionId, connectionId)),
        { readOnly: true },
      );
      return found ?? null;
    },

    async acquire(scope, connectionId, take) {
      const taken = await db.withScope(scope, (tx) =>
        tx
          .update(tokens)
          .set({
            leaseBy: take.holder,
            leaseUntil: inMs(take.leaseMs),
            // The vendor's grace runs from the first time that the token was sent, so the oldest open intent counts.
            intentAt: sql`coalesce(${tokens.intentAt}, clock_timestamp())`,
            // Should this process die, somebody looks after what it leaves open, though nobody may be calling.
            keepAliveAt: sql`least(${tokens.keepAliveAt}, ${inMs(take.leaseMs)})`,
          })
          .where(
            and(
              row(connectionId, take.version),
              isNull(tokens.terminalError),
              sql`(${tokens.leaseUntil} is null or ${tokens.leaseUntil} <= clock_timestamp())`,
              // An intent that came up since the row was read was lost by someone else meanwhile; it has to be looked at first.
              take.intentSeen ? undefined : isNull(tokens.intentAt),
            ),
          )
          .returning({ version: tokens.version }),
      );
      return taken.length > 0;
    },

    async extend(scope, connectionId, take) {
      await db.withScope(scope, (tx) =>
        tx
          .update(tokens)
          .set({ leaseUntil: inMs(take.leaseMs) })
          .where(and(row(connectionId, take.version), eq(tokens.leaseBy, take.holder))),
      );
    },

    async store(scope, version, sealed, scopes) {
      return db.withScope(scope, async (tx) => {
        const status = await lockStatus(tx, sealed.connectionId);
        // What is being disconnected gets no new token: the disconnection has read those that it revokes.
        if (status === null || status === "disconnecting") return "gone";
        const stored = await tx
          .update(tokens)
          .set({ ...columns(sealed), ...settled, version: version + 1, refreshedAt: sql`clock_timestamp()` })
          .where(row(sealed.connectionId, version))
          .returning({ version: tokens.version });
        if (stored.length === 0) {
          const left = await tx.select({ version: tokens.version }).from(tokens).where(eq(tokens.connectionId, sealed.connectionId));
          return left.length === 0 ? "gone" : "superseded";
        }
        if (scopes !== null || status === "reauth_required") {
          await tx
            .update(connections)
            .set({
              ...(scopes === null ? {} : { scopes: [...scopes] }),
              ...(status === "reauth_required"
                ? { status: "connected" as const, statusSince: sql`clock_timestamp()`, statusReason: null }
                : {}),
            })
            .where(eq(connections.id, sealed.connectionId));
        }
        return "stored";
      });
    },

    async end(scope, connectionId, { version, reason, accessEndedAt }) {
      return db.withScope(scope, async (tx) => {
        const status = await lockStatus(tx, connectionId);
        const ended = await tx
          .update(tokens)
          .set({
            leaseBy: null,
            leaseUntil: null,
            keepAliveAt: null,
            terminalError: reason,
            ...(accessEndedAt === null
              ? {}
              : { accessExpiresAt: sql`least(${tokens.accessExpiresAt}, ${accessEndedAt.toISOString()}::timestamptz)` }),
          })
          .where(row(connectionId, version))
          .returning({ version: tokens.version });
        if (ended.length === 0) return false;
        if (status !== "disconnecting") {
          await tx
            .update(connections)
            .set({
              status: "reauth_required",
              statusReason: reason,
              ...(status === "reauth_required" ? {} : { statusSince: sql`clock_timestamp()` }),
            })
            .where(eq(connections.id, connectionId));
        }
        return true;
      });
    },

    async fail(scope, connectionId, take) {
      await db.withScope(scope, (tx) =>
        tx
          .update(tokens)
          .set({
            leaseBy: null,
            leaseUntil: null,
            failures: sql`${tokens.failures} + 1`,
            backoffUntil: inMs(take.backoffMs),
            ...(take.keepIntent ? { keepAliveAt: sql`least(${tokens.keepAliveAt}, ${inMs(take.backoffMs)})` } : { intentAt: null }),
          })
          .where(and(row(connectionId, take.version), eq(tokens.leaseBy, take.holder))),
      );
    },

    async claimKeepAlive(scope, connectionId, againInMs) {
      const claimed = await db.withScope(scope, (tx) =>
        tx
          .update(tokens)
          .set({ keepAliveAt: sql`case when ${tokens.refreshEnc} is not null then ${inMs(againInMs)} end` })
          .where(and(eq(tokens.connectionId, connectionId), sql`${tokens.keepAliveAt} <= clock_timestamp()`))
          .returning({ renews: sql<boolean>`${tokens.refreshEnc} is not null` }),
      );
      return claimed[0]?.renews === true;
    },

    async save(tx, sealed) {
      const written = columns(sealed);
      await tx
        .insert(tokens)
        .values({ ...written, workspaceId: sealed.workspaceId, connectionId: sealed.connectionId })
        .onConflictDoUpdate({
          target: [tokens.workspaceId, tokens.connectionId],
          set: { ...written, ...settled, version: sql`${tokens.version} + 1`, refreshedAt: null },
        });
    },

    async remove(tx, connectionId) {
      await tx.delete(tokens).where(eq(tokens.connectionId, connectionId));
    },
  };
}

/**
 * The connection's status, locked before its token row is, as a reconnection does: two that changed both in different orders would wait for each
 * other. Null when it is gone.
 */
async function lockStatus(tx: Tx, connectionId: string): Promise<string | null> {
  const [found] = await tx
    .select({ status: connections.status })
    .from(connections)
    .where(eq(connections.id, connectionId))
    .for("no key update");
  return found?.status ?? null;
}

/** What a stored answer leaves behind of the refresh that brought it. */
const settled = { leaseBy: null, leaseUntil: null, intentAt: null, terminalError: null, failures: 0, backoffUntil: null };

function columns(sealed: SealedTokens) {
  const { ownerId, accessEnc, refreshEnc, accessExpiresAt, refreshExpiresAt, keepAliveMs } = sealed;
  const keepAliveAt = keepAliveMs === null ? null : inMs(keepAliveMs);
  return { ownerId, accessEnc, refreshEnc, accessExpiresAt, refreshExpiresAt, keepAliveAt };
}
