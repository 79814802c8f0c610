import type { Tx } from "@/db/client";
import type { WorkspaceScope } from "@/db/scope";
import type { Integration, IntegrationSettings, TokenAnswer } from "@/server/integrations/contract";
import type { TokenSource } from "@/server/transport/send";

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

/** A connection's token row as it is read; times that the database measures are given as milliseconds left or gone by its clock. */
export interface TokenRow {
  readonly version: number;
  readonly ownerId: string | null;
  readonly keyVersion: number;
  readonly accessEnc: Uint8Array;
  readonly refreshEnc: Uint8Array | null;
  /** By the clock of the process that stored it; null when the vendor does not say. */
  readonly accessExpiresAt: Date | null;
  readonly refreshedAt: Date | null;
  /** Milliseconds until another holder's lease ends; 0 when it is free. */
  readonly leaseMs: number;
  /** A refresh was begun and its outcome was never stored. */
  readonly intentPending: boolean;
  readonly terminalError: string | null;
  readonly failures: number;
  /** Milliseconds until another refresh may be tried; 0 when it may. */
  readonly backoffMs: number;
  readonly connectionStatus: string;
  readonly connectionReason: string | null;
}

/** The rows' single-statement changes (`data.md` §8 and §10). `version` decides every race; the lease only prevents double calls. */
export interface TokenStore {
  find(scope: WorkspaceScope, connectionId: string): Promise<TokenRow | null>;
  /** Takes the lease and journals the intent; false when the version moved, another holds it, or an intent appeared that was not seen. */
  acquire(scope: WorkspaceScope, connectionId: string, take: LeaseTake & { readonly intentSeen: boolean }): Promise<boolean>;
  extend(scope: WorkspaceScope, connectionId: string, take: LeaseTake): Promise<void>;
  /** Stores an answer if `version` is unchanged, whoever holds the lease by now. */
  store(scope: WorkspaceScope, version: number, sealed: SealedTokens, scopes: readonly string[] | null): Promise<boolean>;
  /** Stores that only a person can mend the connection, if `version` is unchanged, with the connection's status. */
  end(scope: WorkspaceScope, connectionId: string, version: number, reason: string): Promise<boolean>;
  /** Gives the lease back after a failure that may pass. `keepIntent` when the answer was lost. */
  fail(
    scope: WorkspaceScope,
    connectionId: string,
    take: LeaseTake & { readonly backoffMs: number; readonly keepIntent: boolean },
  ): Promise<void>;
  save(tx: Tx, sealed: SealedTokens): Promise<void>;
  remove(tx: Tx, connectionId: string): Promise<void>;
}

export interface LeaseTake {
  readonly version: number;
  readonly holder: string;
  readonly leaseMs: number;
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
