import type { PgDatabase, PgQueryResultHKT } from "drizzle-orm/pg-core";
import type { WorkspaceScope } from "@/db/scope";
import type { Integration, IntegrationSettings, TokenAnswer } from "@/server/integrations/contract";
import type { TokenSource } from "@/server/transport/send";

type Tx = Pick<PgDatabase<PgQueryResultHKT, Record<string, unknown>>, "select" | "insert" | "update" | "delete" | "execute">;

/** A token answer made ready for its row: sealed, so that the transaction that stores it does no key work. */
export interface SealedTokens {
  readonly connectionId: string;
  readonly workspaceId: string;
  readonly ownerId: string | null;
  readonly keyVersion: number;
  readonly accessEnc: Uint8Array;
  /** Null when the answer has none. */
  readonly refreshEnc: Uint8Array | null;
  /** Null when the vendor does not say. */
  readonly accessExpiresAt: Date | null;
}

export interface ConnectionRef {
  readonly connectionId: string;
  readonly workspaceId: string;
  readonly integration: Integration;
  readonly settings: IntegrationSettings;
}

/** Stores, reads and refreshes connections' tokens. */
export interface Tokens {
  /**
   * Seals the answer of a code exchange. Call it before the transaction, then `save` inside it. `ownerId` is the owner of a private
   * connection, null for a shared one.
   */
  seal(scope: WorkspaceScope, row: { connectionId: string; ownerId: string | null }, answer: TokenAnswer): Promise<SealedTokens>;
  /**
   * Writes the row in the caller's transaction, the one that writes the connection. Over an existing row (a reconnection) it raises the
   * version, so every process drops the old token, and clears the terminal refusal; an answer without a refresh token replaces all the same.
   */
  save(tx: Tx, sealed: SealedTokens): Promise<void>;
  /** Both tokens, decrypted, for revoking at the vendor; null when there are none (already disconnected). */
  find(scope: WorkspaceScope, connectionId: string): Promise<{ accessToken: string; refreshToken: string | null } | null>;
  /** Deletes the row in the caller's transaction; every process notices on its next call. */
  remove(tx: Tx, connectionId: string): Promise<void>;
  /** What the token layer of `sendFor` needs. */
  sourceFor(connection: ConnectionRef): TokenSource;
}
