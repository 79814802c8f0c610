import type { WorkspaceScope } from "@/db/scope";
import { HubError } from "@/server/errors";
import { randomId } from "@/server/ids";
import type { TokenAnswer } from "@/server/integrations/contract";
import { backoffMs } from "@/server/transport/backoff";
import { sleep, systemClock } from "@/server/transport/clock";
import { remainingWaitMs } from "@/server/transport/retry";
import type { CallContext, Clock, HeldToken, Send, TokenSource } from "@/server/transport/send";
import type { ConnectionRef, SealedTokens, TokenRow, TokenStore, Tokens } from "./token-contract";
import type { Vault } from "./vault";

export interface TokensOptions {
  readonly store: TokenStore;
  readonly vault: Vault;
  /** The hub's own scope in a workspace (a job's), for work that no person waits for. */
  readonly scopeOf: (workspaceId: string) => WorkspaceScope;
  /** A `Send` without a token layer, for the token endpoint. */
  readonly sendFor: (connection: ConnectionRef) => Send;
  readonly log: { warn(fields: Readonly<Record<string, unknown>>, message: string): void };
  readonly clock?: Clock;
  readonly random?: () => number;
  /** How long a refresh holds its lease; it is extended while the tool's answer is awaited. */
  readonly leaseMs?: number;
}

/** A token in memory, with the times that decide when it is renewed. */
interface CachedToken extends HeldToken {
  readonly expiresAtMs: number | null;
  /** From here on it is renewed in the background; null when it cannot be. */
  refreshAtMs: number | null;
}

interface Flight {
  /** The caller cannot do with the token there is: it has expired or was refused. */
  readonly must: boolean;
  readonly result: Promise<CachedToken>;
}

const cacheSize = 10_000;
/** A token that was refused though it was new is not renewed again for so long. */
const refusedForMs = 60_000;
const maxFailureBackoffMs = 300_000;

/** The tokens of all connections: sealed at rest, kept in memory by version, renewed ahead and once, whoever asks (`data.md` §8). */
export function createTokens(options: TokensOptions): Tokens {
  const { store, vault, scopeOf, sendFor, log, clock = systemClock, random = Math.random, leaseMs = 30_000 } = options;
  const holder = randomId();
  const cache = new Map<string, CachedToken>();
  const flights = new Map<string, Flight>();
  const refusals = new Map<string, { readonly version: number; readonly untilMs: number }>();

  async function seal(
    scope: WorkspaceScope,
    row: { connectionId: string; ownerId: string | null },
    answer: TokenAnswer,
  ): Promise<SealedTokens> {
    const { connectionId, ownerId } = row;
    const access = await vault.seal(scope, { connectionId, field: "access" }, answer.accessToken);
    const refresh = answer.refreshToken === null ? null : await vault.seal(scope, { connectionId, field: "refresh" }, answer.refreshToken);
    // A rotation of the data key between the two would leave one column under another version than the row says.
    if (refresh !== null && refresh.keyVersion !== access.keyVersion) return seal(scope, row, answer);
    return {
      connectionId,
      workspaceId: scope.workspaceId,
      ownerId,
      keyVersion: access.keyVersion,
      accessEnc: access.ciphertext,
      refreshEnc: refresh?.ciphertext ?? null,
      accessExpiresAt: answer.expiresInSeconds === null ? null : new Date(clock.now() + answer.expiresInSeconds * 1000),
    };
  }

  async function openRow(ref: ConnectionRef, row: TokenRow): Promise<CachedToken> {
    const accessToken = await openAccess(scopeOf(ref.workspaceId), ref.connectionId, row);
    const expiresAtMs = row.accessExpiresAt?.getTime() ?? null;
    const token = { accessToken, version: row.version, expiresAtMs, refreshAtMs: refreshAt(row, expiresAtMs) };
    const cached = cache.get(ref.connectionId);
    if (cached === undefined || cached.version <= token.version) remember(ref.connectionId, token);
    return token;
  }

  function openAccess(scope: WorkspaceScope, connectionId: string, row: TokenRow): Promise<string> {
    return vault.open(scope, { connectionId, field: "access" }, { ciphertext: row.accessEnc, keyVersion: row.keyVersion });
  }

  async function openRefresh(scope: WorkspaceScope, connectionId: string, row: TokenRow): Promise<string | null> {
    if (row.refreshEnc === null) return null;
    return vault.open(scope, { connectionId, field: "refresh" }, { ciphertext: row.refreshEnc, keyVersion: row.keyVersion });
  }

  /** One to two minutes ahead, jittered; less for short-lived tokens, which would otherwise be renewed all the time. */
  function refreshAt(row: TokenRow, expiresAtMs: number | null): number | null {
    if (expiresAtMs === null || row.refreshEnc === null) return null;
    const lifetimeMs = Math.max(0, expiresAtMs - (row.refreshedAt?.getTime() ?? clock.now()));
    const jitter = (1 + random()) / 2;
    return Math.max(expiresAtMs - jitter * Math.min(120_000, lifetimeMs / 2), clock.now() + row.backoffMs);
  }

  function remember(connectionId: string, token: CachedToken): void {
    cache.delete(connectionId);
    cache.set(connectionId, token);
    for (const oldest of cache.keys()) {
      if (cache.size <= cacheSize) break;
      cache.delete(oldest);
    }
  }

  const isExpired = (token: CachedToken) => token.expiresAtMs !== null && token.expiresAtMs <= clock.now();

  /** The row, or ENOTCONN when the connection is gone or waits for a person. */
  async function getRow(ref: ConnectionRef): Promise<TokenRow> {
    const row = await store.find(scopeOf(ref.workspaceId), ref.connectionId);
    if (row === null) {
      cache.delete(ref.connectionId);
      throw new HubError("ENOTCONN", `This connection to ${ref.integration.manifest.name} was disconnected.`);
    }
    if (row.terminalError !== null || row.connectionStatus === "reauth_required" || row.connectionStatus === "disconnecting") {
      cache.delete(ref.connectionId);
      throw new HubError("ENOTCONN", row.terminalError ?? row.connectionReason ?? `Connect ${ref.integration.manifest.name} again.`);
    }
    return row;
  }

  async function current(ref: ConnectionRef, context: CallContext): Promise<HeldToken> {
    const token = cache.get(ref.connectionId) ?? (await openRow(ref, await getRow(ref)));
    if (isExpired(token)) return obtain(ref, token.version, context);
    if (token.refreshAtMs !== null && token.refreshAtMs <= clock.now()) renewAhead(ref, token);
    return token;
  }

  /** Renews in the background; the token in hand goes on working whatever comes of it. */
  function renewAhead(ref: ConnectionRef, token: CachedToken): void {
    if (flights.has(ref.connectionId)) return;
    const renewal = fly(ref, token.version, false);
    renewal.catch((error: unknown) => {
      token.refreshAtMs = clock.now() + (error instanceof HubError ? (error.retryAfterMs ?? 1000) : 1000);
    });
  }

  /** A token newer than `afterVersion`, awaited within the caller's bound. */
  async function obtain(ref: ConnectionRef, afterVersion: number, context: CallContext): Promise<CachedToken> {
    const inFlight = flights.get(ref.connectionId);
    if (inFlight !== undefined && !inFlight.must) {
      const found = await within(inFlight.result, ref, context).catch((error: unknown) => {
        if (context.signal?.aborted) throw error;
        return null;
      });
      if (found !== null && found.version > afterVersion && !isExpired(found)) return found;
    }
    return within(fly(ref, afterVersion, true), ref, context);
  }

  function fly(ref: ConnectionRef, afterVersion: number, must: boolean): Promise<CachedToken> {
    const inFlight = flights.get(ref.connectionId);
    if (inFlight !== undefined && (inFlight.must || !must)) return inFlight.result;
    const result = renewOnce(ref, afterVersion, must).finally(() => {
      if (flights.get(ref.connectionId)?.result === result) flights.delete(ref.connectionId);
    });
    flights.set(ref.connectionId, { must, result });
    return result;
  }

  async function within<T>(work: Promise<T>, ref: ConnectionRef, context: CallContext): Promise<T> {
    const done = new AbortController();
    const signal = context.signal === undefined ? done.signal : AbortSignal.any([done.signal, context.signal]);
    const late = sleep(clock, Math.max(0, remainingWaitMs(context, clock)), signal).then(() => {
      throw new HubError("EAGAIN", `The access to ${ref.integration.manifest.name} is still being renewed.`, { retryAfterMs: 1000 });
    });
    try {
      return await Promise.race([work, late]);
    } finally {
      late.catch(() => {});
      work.catch(() => {});
      done.abort();
    }
  }

  /** Reads again before each decision: whoever lost a race finds the winner's token here. */
  async function renewOnce(ref: ConnectionRef, afterVersion: number, must: boolean): Promise<CachedToken> {
    const { name } = ref.integration.manifest;
    const scope = scopeOf(ref.workspaceId);
    for (let usedVersion = afterVersion; ; ) {
      const row = await getRow(ref);
      if (row.version > usedVersion) {
        const token = await openRow(ref, row);
        if (!isExpired(token)) return token;
        usedVersion = row.version;
      }
      if (row.refreshEnc === null) {
        await store.end(
          scope,
          ref.connectionId,
          row.version,
          `${name} gave access that cannot be renewed, and it has ended. Connect ${name} again.`,
        );
      } else if (row.backoffMs > 0) {
        throw new HubError("EAGAIN", `${name} does not renew the access at the moment.`, { retryAfterMs: Math.ceil(row.backoffMs) });
      } else if (row.leaseMs > 0) {
        await sleep(clock, 25 + random() * 375);
      } else if (row.intentPending && ref.integration.oauth.refreshReplay === "never") {
        // The refresh token may be spent. Sent again it would look stolen, and the tool would end the whole grant (RFC 9700 §4.14.2).
        if (!must) throw new HubError("EAGAIN", `The last renewal's answer from ${name} was lost.`, { retryAfterMs: maxFailureBackoffMs });
        await store.end(scope, ref.connectionId, row.version, `The answer of ${name} to the last renewal was lost. Connect ${name} again.`);
      } else if (await store.acquire(scope, ref.connectionId, { version: row.version, holder, leaseMs, intentSeen: row.intentPending })) {
        const token = await renewUnderLease(ref, row);
        if (token !== null) return token;
      }
    }
  }

  /** The one call to the token endpoint, no transaction open; null when another's answer was stored first. */
  async function renewUnderLease(ref: ConnectionRef, row: TokenRow): Promise<CachedToken | null> {
    const scope = scopeOf(ref.workspaceId);
    const take = { version: row.version, holder, leaseMs };
    const stopExtending = keepLease(ref, row.version);
    let answer: TokenAnswer;
    try {
      const refreshToken = await openRefresh(scope, ref.connectionId, row);
      if (refreshToken === null) return null;
      const given = await ref.integration.oauth.refresh(refreshToken, ref.settings, sendFor(ref), refreshContext(ref));
      answer = { ...given, refreshToken: given.refreshToken ?? refreshToken };
    } catch (error) {
      if (error instanceof HubError && error.code === "ENOTCONN") {
        await store.end(scope, ref.connectionId, row.version, error.message);
        return null;
      }
      const waitMs = 500 + backoffMs(row.failures, random, 1000, maxFailureBackoffMs);
      await store.fail(scope, ref.connectionId, { ...take, backoffMs: waitMs, keepIntent: isLost(error) });
      log.warn({ connectionId: ref.connectionId, failures: row.failures + 1, error }, "a token could not be renewed");
      throw new HubError("EAGAIN", `${ref.integration.manifest.name} does not renew the access at the moment.`, {
        retryAfterMs: Math.ceil(waitMs),
        cause: error,
      });
    } finally {
      stopExtending();
    }
    const sealed = await seal(scope, { connectionId: ref.connectionId, ownerId: row.ownerId }, answer);
    if (!(await storeSurely(scope, row.version, sealed, answer.scopes))) return null;
    return openRow(ref, await getRow(ref));
  }

  /** The vendor may have rotated by now, so a passing failure of the database must not lose the answer. */
  async function storeSurely(scope: WorkspaceScope, version: number, sealed: SealedTokens, scopes: readonly string[] | null) {
    for (let failures = 0; ; failures += 1) {
      try {
        return await store.store(scope, version, sealed, scopes);
      } catch (error) {
        if (failures >= 6) throw error;
        await sleep(clock, backoffMs(failures, random));
      }
    }
  }

  function keepLease(ref: ConnectionRef, version: number): () => void {
    let cancel = () => {};
    const again = () => {
      cancel = clock.timer(leaseMs / 3, () => {
        again();
        store.extend(scopeOf(ref.workspaceId), ref.connectionId, { version, holder, leaseMs }).catch((error: unknown) => {
          log.warn({ connectionId: ref.connectionId, error }, "a refresh lease could not be extended");
        });
      });
    };
    again();
    return () => cancel();
  }

  function sourceFor(ref: ConnectionRef): TokenSource {
    return {
      current: (context) => current(ref, context),
      reload(context) {
        cache.delete(ref.connectionId);
        return current(ref, context);
      },
      async renew(refused, context) {
        const refusal = refusals.get(ref.connectionId);
        if (refusal?.version === refused.version && clock.now() < refusal.untilMs) {
          throw new HubError("ENOTCONN", `${ref.integration.manifest.name} does not accept a newly given access either.`);
        }
        const cached = cache.get(ref.connectionId);
        if (cached !== undefined && cached.version > refused.version && !isExpired(cached)) return cached;
        return obtain(ref, refused.version, context);
      },
      refused(token) {
        refusals.set(ref.connectionId, { version: token.version, untilMs: clock.now() + refusedForMs });
      },
    };
  }

  return {
    seal,
    save: (tx, sealed) => store.save(tx, sealed),
    remove(tx, connectionId) {
      cache.delete(connectionId);
      return store.remove(tx, connectionId);
    },
    sourceFor,
    async find(scope, connectionId) {
      const row = await store.find(scope, connectionId);
      if (row === null) return null;
      const accessToken = await openAccess(scope, connectionId, row);
      return { accessToken, refreshToken: await openRefresh(scope, connectionId, row) };
    },
  };
}

/** No answer at all after the call left: the vendor may have rotated the refresh token. Any answer, even a bad one, is not that. */
function isLost(error: unknown): boolean {
  if (!(error instanceof HubError)) return true;
  return error.details.outcome === "unknown" && error.details.vendorStatus === undefined;
}

function refreshContext(ref: ConnectionRef): CallContext {
  return {
    workspaceId: ref.workspaceId,
    connectionId: ref.connectionId,
    actor: { userId: null, job: "token-refresh" },
    path: null,
    // Its retries are the tokens' own, with a backoff that all processes share.
    maxWaitMs: 0,
  };
}
