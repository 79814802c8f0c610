import type { Tx } from "@/db/client";
import type { WorkspaceScope } from "@/db/scope";
import type { Integration, IntegrationSettings, TokenAnswer } from "@/server/integrations/contract";
import type { HeldToken, TokenSource } from "@/server/transport/send";

/** A token answer made ready for its row: sealed, so that the transaction that stores it does no key work. */
export interface SealedTokens {
  readonly connectionId: string;
  readonly workspaceId: string;
  readonly ownerId: string | null;
  readonly accessEnc: Uint8Array;
  /** Null when the answer has none. */
  readonly refreshEnc: Uint8Array | null;
  /** Null when the vendor does not say. */
  readonly accessExpiresAt: Date | null;
  /** Null when the vendor does not say. */
  readonly refreshExpiresAt: Date | null;
  /** Milliseconds until the hub renews it by itself though nobody uses it; null when it cannot be renewed. */
  readonly keepAliveMs: number | null;
}

/** A connection's token row as it is read; times that the database measures are given as milliseconds left or gone by its clock. */
export interface TokenRow {
  readonly version: number;
  readonly ownerId: string | null;
  readonly accessEnc: Uint8Array;
  readonly refreshEnc: Uint8Array | null;
  /** By the clock of the process that stored it; null when the vendor does not say. */
  readonly accessExpiresAt: Date | null;
  readonly refreshExpiresAt: Date | null;
  readonly refreshedAt: Date | null;
  /** Milliseconds until another holder's lease ends; 0 when it is free. */
  readonly leaseMs: number;
  /** Whether a holder's name is on the lease still: it has neither ended nor given back what it began. */
  readonly isHeld: boolean;
  /** Milliseconds since the first refresh was begun whose outcome was never stored; null when there is none. */
  readonly intentMs: number | null;
  readonly terminalError: string | null;
  readonly failures: number;
  /** Milliseconds until another refresh may be tried; 0 when it may. */
  readonly backoffMs: number;
  readonly connectionStatus: string;
  /** Access to tools is stopped in the workspace, or the workspace is going. */
  readonly stopped: boolean;
  readonly connectionReason: string | null;
}

/** What came of storing an answer. `superseded`: another was stored first. `gone`: the connection is disconnected, or about to be. */
export type StoreOutcome = "stored" | "superseded" | "gone";

/** The rows' single-statement changes (`data.md` §8 and §10). `version` decides every race; the lease only prevents double calls. */
export interface TokenStore {
  find(scope: WorkspaceScope, connectionId: string): Promise<TokenRow | null>;
  /** Takes the lease and journals the intent; false when the version moved, another holds it, or an intent appeared that was not seen. */
  acquire(scope: WorkspaceScope, connectionId: string, take: LeaseTake & { readonly intentSeen: boolean }): Promise<boolean>;
  extend(scope: WorkspaceScope, connectionId: string, take: LeaseTake): Promise<void>;
  /** Stores an answer if `version` is unchanged, whoever holds the lease by now; a connection that waited for a person is mended by it. */
  store(scope: WorkspaceScope, version: number, sealed: SealedTokens, scopes: readonly string[] | null): Promise<StoreOutcome>;
  /**
   * Stores that only a person can mend the connection, if `version` is unchanged, with the connection's status; false when it is not. The
   * version stays: the access token works on to its end, and an answer that was only late still comes home.
   */
  end(scope: WorkspaceScope, connectionId: string, ending: Ending): Promise<boolean>;
  /** Gives the lease back after a failure that may pass. `keepIntent` when nobody knows what came of it. */
  fail(
    scope: WorkspaceScope,
    connectionId: string,
    take: LeaseTake & { readonly backoffMs: number; readonly keepIntent: boolean },
  ): Promise<void>;
  /** Takes what is due to be kept alive, for one caller: it is due again after `againInMs`. False when it is not due (any more). */
  claimKeepAlive(scope: WorkspaceScope, connectionId: string, againInMs: number): Promise<boolean>;
  save(tx: Tx, sealed: SealedTokens): Promise<void>;
  remove(tx: Tx, connectionId: string): Promise<void>;
}

export interface LeaseTake {
  readonly version: number;
  readonly holder: string;
  readonly leaseMs: number;
}

export interface Ending {
  readonly version: number;
  /** A sentence that a person reads. */
  readonly reason: string;
  /** When the access token stopped working as well; null while it works. */
  readonly accessEndedAt: Date | null;
}

export interface ConnectionRef {
  readonly connectionId: string;
  readonly workspaceId: string;
  readonly integration: Integration;
  readonly settings: IntegrationSettings;
}

/** A token in hand, with the times that decide when it is renewed (epoch milliseconds). */
export interface LiveToken extends HeldToken {
  /** Null when the vendor does not say: then only its refusal tells. */
  readonly expiresAtMs: number | null;
  /** From here on it is renewed in the background; null when it is not. */
  readonly refreshAtMs: number | null;
}

/** The times that steer a token's life. The defaults are the product's; a test that scales time gives its own. */
export interface TokenTiming {
  /** How long a refresh holds its lease; it is extended while the tool's answer is awaited. */
  readonly leaseMs: number;
  /** A refresh whose holder's lease ran out and of which nothing was heard for so long is lost (`refreshReplay: "never"`). Three leases. */
  readonly lostAfterMs: number;
  /** A token is renewed at most so long before it expires, and never before half its life. */
  readonly aheadMs: number;
  /** The first pause after a renewal that failed; it doubles from there. */
  readonly pauseMs: number;
  /** The longest pause while the access works, and once people wait for it. */
  readonly maxPauseMs: number;
  readonly maxPauseExpiredMs: number;
  /** A refresh token that nobody uses is used after at most so long, and after half as long at the earliest. */
  readonly keepAliveMs: number;
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
  /** Notes that the vendor ended the grant, access token included: only a person can mend it, and every process notices on its next call. */
  end(scope: WorkspaceScope, connectionId: string, reason: string): Promise<void>;
  /**
   * Renews a token that nobody uses before it dies of that, and settles a renewal whose outcome is open. False when there was nothing to do
   * or it has to wait; then it is due again later. Several processes may ask at once: one does it. `findRef` answers null when the tool
   * cannot be called at all.
   */
  keepAlive(scope: WorkspaceScope, connectionId: string, findRef: () => Promise<ConnectionRef | null>): Promise<boolean>;
  /** What the token layer of `sendFor` needs. */
  sourceFor(connection: ConnectionRef): TokenSource;
}
