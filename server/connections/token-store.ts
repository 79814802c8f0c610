import { and, eq, sql } from "drizzle-orm";
import type { Database } from "@/db/client";
import { connections, connectionTokens as tokens } from "@/db/schema/connections";
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
              keyVersion: tokens.keyVersion,
              accessEnc: tokens.accessEnc,
              refreshEnc: tokens.refreshEnc,
              accessExpiresAt: tokens.accessExpiresAt,
              refreshedAt: tokens.refreshedAt,
              leaseMs: msUntil(tokens.leaseUntil),
              intentPending: sql<boolean>`${tokens.intentAt} is not null`,
              terminalError: tokens.terminalError,
              failures: tokens.failures,
              backoffMs: msUntil(tokens.backoffUntil),
              connectionStatus: connections.status,
              connectionReason: connections.statusReason,
            })
            .from(tokens)
            .innerJoin(connections, eq(connections.id, tokens.connectionId))
            .where(eq(tokens.connectionId, connectionId)),
        { readOnly: true },
      );
      return found ?? null;
    },

    async acquire(scope, connectionId, take) {
      const taken = await db.withScope(scope, (tx) =>
        tx
          .update(tokens)
          .set({ leaseBy: take.holder, leaseUntil: inMs(take.leaseMs), intentAt: sql`clock_timestamp()` })
          .where(
            and(
              row(connectionId, take.version),
              sql`(${tokens.leaseUntil} is null or ${tokens.leaseUntil} <= clock_timestamp())`,
              // An intent that came up since the row was read was lost by someone else meanwhile; it has to be looked at first.
              take.intentSeen ? undefined : sql`${tokens.intentAt} is null`,
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
        const stored = await tx
          .update(tokens)
          .set({ ...columns(sealed), ...settled, version: version + 1, refreshedAt: sql`clock_timestamp()` })
          .where(row(sealed.connectionId, version))
          .returning({ version: tokens.version });
        if (stored.length > 0 && scopes !== null) {
          await tx
            .update(connections)
            .set({ scopes: [...scopes] })
            .where(eq(connections.id, sealed.connectionId));
        }
        return stored.length > 0;
      });
    },

    async end(scope, connectionId, version, reason) {
      return db.withScope(scope, async (tx) => {
        const ended = await tx
          .update(tokens)
          .set({ ...settled, version: version + 1, terminalError: reason })
          .where(row(connectionId, version))
          .returning({ version: tokens.version });
        if (ended.length === 0) return false;
        await tx
          .update(connections)
          .set({ status: "reauth_required", statusSince: sql`clock_timestamp()`, statusReason: reason })
          .where(and(eq(connections.id, connectionId), sql`${connections.status} <> 'disconnecting'`));
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
            ...(take.keepIntent ? {} : { intentAt: null }),
          })
          .where(and(row(connectionId, take.version), eq(tokens.leaseBy, take.holder))),
      );
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

/** What a stored answer leaves behind of the refresh that brought it. */
const settled = { leaseBy: null, leaseUntil: null, intentAt: null, terminalError: null, failures: 0, backoffUntil: null };

function columns(sealed: SealedTokens) {
  const { ownerId, keyVersion, accessEnc, refreshEnc, accessExpiresAt } = sealed;
  return { ownerId, keyVersion, accessEnc, refreshEnc, accessExpiresAt };
}
