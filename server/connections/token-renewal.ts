import { isDataKeyGone } from "@/db/errors";
import type { WorkspaceScope } from "@/db/scope";
import { HubError } from "@/server/errors";
import { randomId } from "@/server/ids";
import type { TokenAnswer } from "@/server/integrations/contract";
import { backoffMs } from "@/server/transport/backoff";
import { sleep } from "@/server/transport/clock";
import { accessStopped } from "@/server/transport/letting-out";
import type { CallContext, Clock, Send } from "@/server/transport/send";
import { giveBack } from "./grants";
import type { ConnectionRef, LeaseTake, LiveToken, StoreOutcome, TokenRow, TokenStore, TokenTiming } from "./token-contract";
import { lostWords, provesNothingDone, replayOf } from "./token-replay";
import type { TokenSeals } from "./token-seals";
import { isSealedAnew } from "./vault";

/** How a token is renewed: once, whoever asks in whichever process, and with no transaction open meanwhile (`data.md` §8 and §10). */

export interface RenewalParts {
  readonly store: TokenStore;
  readonly seals: TokenSeals;
  readonly scopeOf: (workspaceId: string) => WorkspaceScope;
  readonly sendFor: (connection: ConnectionRef) => Send;
  readonly log: { warn(fields: Readonly<Record<string, unknown>>, message: string): void };
  readonly clock: Clock;
  readonly random: () => number;
  readonly times: TokenTiming;
}

/** A vendor may ask for a longer pause than ours, but not for ever. */
const maxAskedPauseMs = 3_600_000;
/** What came of a call is noted within a quarter of an hour, or it is lost with its process: the database may be away for a while. */
const maxStoreAttempts = 200;
const maxStorePauseMs = 5000;

/** The row; ENOTCONN when the connection is gone or going, or access is stopped in its workspace. */
async function getTokenRow(parts: Pick<RenewalParts, "store" | "scopeOf">, ref: ConnectionRef): Promise<TokenRow> {
  const { name } = ref.integration.manifest;
  const row = await parts.store.find(parts.scopeOf(ref.workspaceId), ref.connectionId);
  if (row === null) throw new HubError("ENOTCONN", `This connection to ${name} was disconnected.`);
  if (row.connectionStatus === "disconnecting") throw new HubError("ENOTCONN", `This connection to ${name} is being disconnected.`);
  // Nothing is wrong with the grant: it goes on with the workspace.
  if (row.stopped) throw new HubError("ENOTCONN", accessStopped);
  return row;
}

/** The row with its access token in hand; ENOTCONN when the connection is gone or going, or access is stopped in its workspace. */
export async function readToken(
  parts: Pick<RenewalParts, "store" | "scopeOf" | "seals">,
  ref: ConnectionRef,
): Promise<{ readonly row: TokenRow; readonly token: LiveToken }> {
  for (let isSecond = false; ; isSecond = true) {
    const row = await getTokenRow(parts, ref);
    try {
      return { row, token: await parts.seals.open(parts.scopeOf(ref.workspaceId), ref.connectionId, row) };
    } catch (error) {
      if (isSecond || !isSealedAnew(error)) throw error;
    }
  }
}

export const hasEnded = (token: Pick<LiveToken, "expiresAtMs">, clock: Clock): boolean =>
  token.expiresAtMs !== null && token.expiresAtMs <= clock.now();

/**
 * Answers a token newer than `afterVersion`. With `must` the caller cannot do with the one it has: it has expired or was refused; then a
 * connection that only a person can mend is ENOTCONN. Without, the token in hand goes on working, and is the answer where nothing newer is to be had.
 * EAGAIN while the vendor does not renew.
 */
export type Renew = (ref: ConnectionRef, afterVersion: number, must: boolean) => Promise<LiveToken>;

/** Makes the one way of renewing. Reads again before each decision: whoever lost a race finds the winner's token here. */
export function createRenew(parts: RenewalParts): Renew {
  const { store, seals, scopeOf, sendFor, log, clock, random, times } = parts;

  const endedNow = (must: boolean) => (must ? new Date(clock.now()) : null);

  return async function renew(ref, afterVersion, must) {
    const { name } = ref.integration.manifest;
    const { refreshReplay } = ref.integration.oauth;
    const scope = scopeOf(ref.workspaceId);
    const end = (version: number, reason: string) => store.end(scope, ref.connectionId, { version, reason, accessEndedAt: endedNow(must) });
    for (let usedVersion = afterVersion; ; ) {
      const { row, token } = await readToken(parts, ref);
      if (row.version > usedVersion) {
        if (!hasEnded(token, clock)) return token;
        usedVersion = row.version;
      }
      const reason = terminalReason(row, name);
      if (reason !== null) {
        if (!must) return token;
        if (hasEnded(token, clock)) throw new HubError("ENOTCONN", reason);
        // Refused before its time: the others need not find that out one by one.
        await end(row.version, reason);
        continue;
      }
      if (row.refreshEnc === null) {
        if (!must) return token;
        await end(row.version, `${name} gave access that cannot be renewed, and it has ended. Connect ${name} again.`);
        continue;
      }
      if (row.backoffMs > 0) throw notNow(name, row.backoffMs);
      if (row.leaseMs > 0) {
        await sleep(clock, 25 + random() * 375);
        continue;
      }
      const replay = replayOf(refreshReplay, row, times.lostAfterMs);
      if (replay === "wait") {
        if (!must) throw notNow(name, times.lostAfterMs);
        await sleep(clock, 25 + random() * 375);
      } else if (replay === "lost") {
        await end(row.version, lostWords(name, refreshReplay));
      } else {
        // Opened first: between the journal's entry and the call nothing may go wrong that is not the call itself.
        const refreshToken = await openRefresh(ref, row);
        const take = { version: row.version, holder: randomId(), leaseMs: times.leaseMs };
        if (refreshToken !== null && (await store.acquire(scope, ref.connectionId, { ...take, intentSeen: row.intentMs !== null }))) {
          await renewUnderLease(ref, row, take, refreshToken, must);
        }
      }
    }
  };

  /** Null when it is sealed anew by now: it is read again. */
  async function openRefresh(ref: ConnectionRef, row: TokenRow): Promise<string | null> {
    try {
      return await seals.openRefresh(scopeOf(ref.workspaceId), ref.connectionId, row);
    } catch (error) {
      if (!isSealedAnew(error)) throw error;
      await sleep(clock, 25 + random() * 375);
      return null;
    }
  }

  /** The one call to the token endpoint, no transaction open. What came of it is in the row afterwards; throws EAGAIN when it may pass. */
  async function renewUnderLease(ref: ConnectionRef, row: TokenRow, take: LeaseTake, refreshToken: string, must: boolean): Promise<void> {
    const stopExtending = keepLease(ref, take);
    try {
      const { oauth } = ref.integration;
      let given: TokenAnswer;
      try {
        given = await oauth.refresh(refreshToken, ref.settings, sendFor(ref), refreshContext(ref));
      } catch (error) {
        await settleFailure(ref, row, take, must, error);
        return;
      }
      const outcome = await storeAnswer(ref, row, carryOver(given));
      if (outcome !== "stored") void dropAnswer(ref, given, outcome);
    } finally {
      stopExtending();
    }

    /** What an answer leaves out stays as it was. */
    function carryOver(given: TokenAnswer): TokenAnswer {
      if (given.refreshToken !== null) return given;
      const leftMs = row.refreshExpiresAt === null ? undefined : row.refreshExpiresAt.getTime() - clock.now();
      return {
        ...given,
        refreshToken,
        refreshExpiresInSeconds: given.refreshExpiresInSeconds ?? (leftMs === undefined ? undefined : leftMs / 1000),
      };
    }
  }

  async function settleFailure(ref: ConnectionRef, row: TokenRow, take: LeaseTake, must: boolean, error: unknown): Promise<void> {
    const { manifest, oauth } = ref.integration;
    const scope = scopeOf(ref.workspaceId);
    const ending = (reason: string) => ({ version: row.version, reason, accessEndedAt: endedNow(must) });
    if (error instanceof HubError && error.code === "ENOTCONN") {
      log.warn({ connectionId: ref.connectionId, error }, "a tool refused to renew a token for good");
      await surely(ref, () => store.end(scope, ref.connectionId, ending(error.message)));
      return;
    }
    log.warn({ connectionId: ref.connectionId, failures: row.failures + 1, error }, "a token could not be renewed");
    // An earlier time whose outcome is open stays open, whatever this one's is.
    const isOpen = row.intentMs !== null || !provesNothingDone(error);
    if (isOpen && oauth.refreshReplay === "never") {
      await surely(ref, () => store.end(scope, ref.connectionId, ending(lostWords(manifest.name, oauth.refreshReplay))));
      return;
    }
    const pauseMs = pauseAfter(ref, row, must, error);
    await surely(ref, () => store.fail(scope, ref.connectionId, { ...take, backoffMs: pauseMs, keepIntent: isOpen }));
    throw notNow(manifest.name, pauseMs, error);
  }

  /** Doubling, with jitter, at least as long as the vendor asks. It ends when the access does, and within the time in which the hub may ask again. */
  function pauseAfter(ref: ConnectionRef, row: TokenRow, must: boolean, error: unknown): number {
    const { refreshReplay } = ref.integration.oauth;
    const inGraceMs = typeof refreshReplay === "object" ? refreshReplay.graceMs / 4 : Infinity;
    const capMs = Math.min(must ? times.maxPauseExpiredMs : times.maxPauseMs, inGraceMs);
    const ownMs = times.pauseMs / 2 + backoffMs(row.failures, random, times.pauseMs, capMs);
    const leftMs = row.accessExpiresAt === null ? Infinity : row.accessExpiresAt.getTime() - clock.now();
    const askedMs = error instanceof HubError ? Math.min(error.retryAfterMs ?? 0, maxAskedPauseMs) : 0;
    return Math.max(askedMs, must ? ownMs : Math.min(ownMs, Math.max(leftMs, times.pauseMs / 2)));
  }

  /** Seals and stores; sealed anew where a rotation of the data keys deleted the key in between. */
  function storeAnswer(ref: ConnectionRef, row: TokenRow, answer: TokenAnswer): Promise<StoreOutcome> {
    const scope = scopeOf(ref.workspaceId);
    return surely(ref, async () => {
      const sealed = await seals.seal(scope, { connectionId: ref.connectionId, ownerId: row.ownerId }, answer);
      return store.store(scope, row.version, sealed, answer.scopes);
    });
  }

  /** What came of a call to the vendor must not be lost because the database is away for a while. */
  async function surely<T>(ref: ConnectionRef, note: () => Promise<T>): Promise<T> {
    for (let failures = 0; ; failures += 1) {
      try {
        return await note();
      } catch (error) {
        if (failures === 0) log.warn({ connectionId: ref.connectionId, error }, "the outcome of a renewal could not be stored yet");
        if (failures >= maxStoreAttempts) throw error;
        if (!isDataKeyGone(error)) await sleep(clock, backoffMs(failures, random, undefined, maxStorePauseMs));
      }
    }
  }

  /**
   * Gives tokens back that are not stored. Where another answer was stored first they are left to expire if giving them back would end the
   * connection's live grant; a connection that has gone wanted just that.
   */
  async function dropAnswer(ref: ConnectionRef, given: TokenAnswer, outcome: "superseded" | "gone"): Promise<void> {
    const { integration, settings, connectionId } = ref;
    const mayRevoke = outcome === "gone" || integration.oauth.revocationEnds === "token";
    log.warn({ connectionId, outcome, givenBack: mayRevoke }, "a renewed token came too late and was dropped");
    if (!mayRevoke) return;
    try {
      // Within a replay's grace a vendor may well give the same tokens twice.
      const scope = scopeOf(ref.workspaceId);
      const row = outcome === "gone" ? null : await store.find(scope, connectionId);
      const stored = row === null ? null : await seals.open(scope, connectionId, row);
      const refresh = row === null ? null : await seals.openRefresh(scope, connectionId, row);
      if (stored?.accessToken === given.accessToken) return;
      const refreshToken = refresh === given.refreshToken ? null : given.refreshToken;
      await giveBack({ integration, settings, tokens: { ...given, refreshToken }, send: sendFor(ref), context: refreshContext(ref), log });
    } catch (error) {
      log.warn({ connectionId, error }, "a dropped token could not be given back");
    }
  }

  /**
   * Extends the lease while the answer is awaited. A database that is away, or a process that is paused for longer than the lease, may lose it to
   * another: then `refreshReplay` decides whether that one may ask, and the version whose answer is kept.
   */
  function keepLease(ref: ConnectionRef, take: LeaseTake): () => void {
    let cancel = () => {};
    const again = () => {
      cancel = clock.timer(take.leaseMs / 3, () => {
        again();
        store.extend(scopeOf(ref.workspaceId), ref.connectionId, take).catch((error: unknown) => {
          log.warn({ connectionId: ref.connectionId, error }, "a refresh lease could not be extended");
        });
      });
    };
    again();
    return () => cancel();
  }
}

/** Why only a person can mend the connection; null while that is not so. */
function terminalReason(row: TokenRow, name: string): string | null {
  if (row.terminalError !== null) return row.terminalError;
  return row.connectionStatus === "reauth_required" ? (row.connectionReason ?? `Connect ${name} again.`) : null;
}

function notNow(name: string, retryAfterMs: number, cause?: unknown): HubError {
  const why = cause instanceof HubError ? ` ${cause.message}` : "";
  return new HubError("EAGAIN", `${name} does not renew the access at the moment.${why}`, { retryAfterMs: Math.ceil(retryAfterMs), cause });
}

function refreshContext(ref: ConnectionRef): CallContext {
  return {
    workspaceId: ref.workspaceId,
    connectionId: ref.connectionId,
    actor: { userId: null, job: "token-refresh" },
    path: null,
    // Its retries are the tokens' own, with a backoff that all processes share.
    maxWaitMs: 0,
    priority: "background",
  };
}
