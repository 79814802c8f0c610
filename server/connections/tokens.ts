import type { WorkspaceScope } from "@/db/scope";
import { HubError } from "@/server/errors";
import { sleep, systemClock } from "@/server/transport/clock";
import { remainingWaitMs } from "@/server/transport/retry";
import type { CallContext, Clock, HeldToken, Send, TokenSource } from "@/server/transport/send";
import type { ConnectionRef, LiveToken, TokenStore, Tokens, TokenTiming } from "./token-contract";
import { createRenew, hasEnded, readToken } from "./token-renewal";
import { createTokenSeals } from "./token-seals";
import { isSealedAnew, type Vault } from "./vault";

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
  readonly timing?: Partial<TokenTiming>;
}

const usualTiming: Omit<TokenTiming, "lostAfterMs"> = {
  leaseMs: 30_000,
  aheadMs: 120_000,
  pauseMs: 1000,
  maxPauseMs: 300_000,
  // Shorter than the ten seconds that a caller waits by default: who comes when the vendor is back is served.
  maxPauseExpiredMs: 5000,
  // Slack's refresh tokens of public clients last 30 days, Microsoft's 90, Google's 180.
  keepAliveMs: 7 * 86_400_000,
};

interface Flight {
  /** The caller cannot do with the token there is: it has expired or was refused. */
  readonly must: boolean;
  readonly result: Promise<LiveToken>;
}

const cacheSize = 10_000;
/** A token that was refused though it was new is not renewed again for so long. */
const refusedForMs = 60_000;
/** What could not be kept alive now is tried again after this. */
const keepAliveAgainMs = 3_600_000;

/** The tokens of all connections: sealed at rest, kept in memory by version, renewed ahead and once, whoever asks (`data.md` §8). */
export function createTokens(options: TokensOptions): Tokens {
  const { store, clock = systemClock, random = Math.random } = options;
  const { leaseMs = usualTiming.leaseMs } = options.timing ?? {};
  const times: TokenTiming = { ...usualTiming, lostAfterMs: 3 * leaseMs, ...options.timing };
  const seals = createTokenSeals({ vault: options.vault, clock, random, times });
  const renewRow = createRenew({ ...options, seals, clock, random, times });
  const cache = new Map<string, LiveToken>();
  const flights = new Map<string, Flight>();
  const refusals = new Map<string, { readonly version: number; readonly untilMs: number }>();

  function remember(connectionId: string, token: LiveToken): void {
    const cached = cache.get(connectionId);
    if (cached !== undefined && cached.version > token.version) return;
    cache.delete(connectionId);
    cache.set(connectionId, token);
    for (const oldest of cache.keys()) {
      if (cache.size <= cacheSize) break;
      cache.delete(oldest);
    }
  }

  async function openCurrent(ref: ConnectionRef): Promise<LiveToken> {
    const { token } = await readToken({ ...options, seals }, ref);
    remember(ref.connectionId, token);
    return token;
  }

  async function current(ref: ConnectionRef, context: CallContext): Promise<HeldToken> {
    const token = cache.get(ref.connectionId) ?? (await openCurrent(ref));
    if (hasEnded(token, clock)) return obtain(ref, token.version, context);
    if (token.refreshAtMs !== null && token.refreshAtMs <= clock.now()) renewAhead(ref, token);
    return token;
  }

  /** Renews in the background; the token in hand goes on working whatever comes of it. */
  function renewAhead(ref: ConnectionRef, token: LiveToken): void {
    if (flights.has(ref.connectionId)) return;
    fly(ref, token.version, false).catch((error: unknown) => {
      if (cache.get(ref.connectionId)?.version !== token.version) return;
      const pauseMs = error instanceof HubError ? (error.retryAfterMs ?? times.pauseMs) : times.pauseMs;
      remember(ref.connectionId, { ...token, refreshAtMs: clock.now() + pauseMs });
    });
  }

  /** A token newer than `afterVersion`, awaited within the caller's bound. */
  async function obtain(ref: ConnectionRef, afterVersion: number, context: CallContext): Promise<LiveToken> {
    const inFlight = flights.get(ref.connectionId);
    if (inFlight !== undefined && !inFlight.must) {
      const found = await within(inFlight.result, ref, context).catch((error: unknown) => {
        if (context.signal?.aborted) throw error;
        return null;
      });
      if (found !== null && found.version > afterVersion && !hasEnded(found, clock)) return found;
    }
    return within(fly(ref, afterVersion, true), ref, context);
  }

  function fly(ref: ConnectionRef, afterVersion: number, must: boolean): Promise<LiveToken> {
    const inFlight = flights.get(ref.connectionId);
    if (inFlight !== undefined && (inFlight.must || !must)) return inFlight.result;
    const result = renewRow(ref, afterVersion, must)
      .then((token) => {
        remember(ref.connectionId, token);
        return token;
      })
      .catch((error: unknown) => {
        if (error instanceof HubError && error.code === "ENOTCONN") cache.delete(ref.connectionId);
        throw error;
      })
      .finally(() => {
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
        if (cached !== undefined && cached.version > refused.version && !hasEnded(cached, clock)) return cached;
        return obtain(ref, refused.version, context);
      },
      refused(token) {
        refusals.set(ref.connectionId, { version: token.version, untilMs: clock.now() + refusedForMs });
      },
    };
  }

  return {
    seal: seals.seal,
    save: (tx, sealed) => store.save(tx, sealed),
    remove(tx, connectionId) {
      cache.delete(connectionId);
      return store.remove(tx, connectionId);
    },
    sourceFor,
    async find(scope, connectionId) {
      const open = async () => {
        const row = await store.find(scope, connectionId);
        if (row === null) return null;
        const { accessToken } = await seals.open(scope, connectionId, row);
        return { accessToken, refreshToken: await seals.openRefresh(scope, connectionId, row) };
      };
      return open().catch((error: unknown) => {
        if (!isSealedAnew(error)) throw error;
        return open();
      });
    },
    async end(scope, connectionId, reason) {
      cache.delete(connectionId);
      for (;;) {
        const row = await store.find(scope, connectionId);
        if (row === null) return;
        if (await store.end(scope, connectionId, { version: row.version, reason, accessEndedAt: new Date(clock.now()) })) return;
      }
    },
    async keepAlive(scope, connectionId, findRef) {
      if (!(await store.claimKeepAlive(scope, connectionId, keepAliveAgainMs))) return false;
      const ref = await findRef();
      const row = ref === null ? null : await store.find(scope, connectionId);
      if (ref === null || row === null || row.stopped || row.connectionStatus === "disconnecting") return false;
      try {
        return (await fly(ref, row.version, false)).version > row.version;
      } catch (error) {
        if (error instanceof HubError && error.code === "EAGAIN") return false;
        throw error;
      }
    },
  };
}
