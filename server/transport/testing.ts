import { HubError } from "@/server/errors";
import type { BudgetStore } from "./budget";
import type { CallRecord, CallSink } from "./call-log";
import type { IsStopped } from "./letting-out";
import type { CallContext, Clock, HeldToken, TokenSource, VendorReading } from "./send";

/** Parts for tests of whatever sends: a clock that only moves when told, stores in memory, a vendor without habits. */

export class VirtualClock implements Clock {
  private nowMs: number;
  private timers: { atMs: number; run: () => void }[] = [];

  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.nowMs = startMs;
  }

  now(): number {
    return this.nowMs;
  }

  timer(ms: number, run: () => void): () => void {
    const timer = { atMs: this.nowMs + ms, run };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((other) => other !== timer);
    };
  }

  /** Runs what is due within `ms`, in order, letting promises settle after each. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.nowMs + ms;
    await settle();
    for (;;) {
      const [next] = this.timers.filter((timer) => timer.atMs <= untilMs).sort((a, b) => a.atMs - b.atMs);
      if (next === undefined) break;
      this.timers = this.timers.filter((other) => other !== next);
      this.nowMs = Math.max(this.nowMs, next.atMs);
      next.run();
      await settle();
    }
    this.nowMs = untilMs;
  }

  /** Moves time along for as long as the work waits for it; for work that waits for nothing else. */
  async run<T>(work: Promise<T>): Promise<T> {
    const state = { done: false };
    const watched = work.finally(() => {
      state.done = true;
    });
    watched.catch(() => {});
    await settle();
    while (!state.done) {
      const [next] = [...this.timers].sort((a, b) => a.atMs - b.atMs);
      if (next === undefined) await settle();
      else await this.advance(next.atMs - this.nowMs);
    }
    return watched;
  }
}

/** Lets promise callbacks and finished input and output run. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

export function createMemoryCallSink(): CallSink & { readonly calls: CallRecord[] } {
  const calls: CallRecord[] = [];
  return {
    calls,
    record(call) {
      calls.push(call);
      return undefined;
    },
  };
}

/** Grants everything. */
export const unlimitedBudget: BudgetStore = {
  take: async () => ({ outcome: "granted" }),
  block: async () => {},
  learn: () => {},
};

/** A workspace that nobody stops. */
export const neverStopped: IsStopped = async () => false;

/** A fixed token that nothing renews. */
export function fixedToken(accessToken: string): TokenSource {
  const held: HeldToken = { accessToken, version: 1 };
  const refuse = async (): Promise<HeldToken> => {
    throw new HubError("ENOTCONN", "The token was refused, and this test renews none.");
  };
  return { current: async () => held, reload: async () => held, renew: refuse, refused: () => {} };
}

/** A vendor that speaks plain HTTP: 401, 403, 404, 429 and 5xx mean what RFC 9110 and RFC 6585 say. */
export const plainVendor: VendorReading = {
  classify(response) {
    const { status } = response;
    if (status < 400) return null;
    if (status === 401) return new HubError("ENOTCONN", "The tool does not accept the token.", { details: { vendorStatus: 401 } });
    if (status === 403) return new HubError("EACCES", "The tool does not allow this.");
    if (status === 404) return new HubError("ENOENT", "The tool has no such thing.");
    if (status === 429) return new HubError("EAGAIN", "The tool's rate limit was reached.");
    if (status >= 500) return new HubError("EIO", `The tool failed with status ${status}.`, { retryable: true });
    return new HubError("EINVAL", `The tool refused the call with status ${status}.`);
  },
  limits(response) {
    const number = (name: string) => {
      const value = response.headers.get(name);
      return value === null || Number.isNaN(Number(value)) ? undefined : Number(value);
    };
    const remaining = number("x-ratelimit-remaining");
    const limit = number("x-ratelimit-limit");
    const resetAtMs = number("x-ratelimit-reset");
    if (remaining === undefined && limit === undefined && resetAtMs === undefined) return [];
    return [{ group: "default", limit, remaining, resetAtMs }];
  },
  requestId: (response) => response.headers.get("x-request-id"),
  loggedQuery: new Set(["page", "limit"]),
};

export function testContext(over: Partial<CallContext> = {}): CallContext {
  return {
    workspaceId: "00000000-0000-7000-8000-000000000001",
    connectionId: "00000000-0000-7000-8000-0000000000c1",
    actor: { userId: "00000000-0000-7000-8000-0000000000a1", job: null },
    path: "/context/tools/plain/thing",
    ...over,
  };
}
