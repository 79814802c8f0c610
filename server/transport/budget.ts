import { HubError } from "@/server/errors";
import type { RateGroup } from "@/server/integrations/contract";
import { sleep } from "./clock";
import { remainingWaitMs } from "./retry";
import type { CallContext, Clock, Layer, LimitReport } from "./send";
import { staleToken } from "./token";

/** One call's ask for its group's tokens. The token's version rides along, so that one question to the store settles both. */
export interface BudgetAsk {
  readonly workspaceId: string;
  readonly connectionId: string;
  readonly group: RateGroup;
  readonly cost: number;
  readonly priority: "person" | "background";
  /** The version of the access token that the attempt carries. */
  readonly tokenVersion: number;
}

export type BudgetAnswer =
  | { readonly outcome: "granted" }
  /** Nothing taken; so many milliseconds until it can be. */
  | { readonly outcome: "wait"; readonly waitMs: number }
  /** Nothing taken: the connection has another token by now. */
  | { readonly outcome: "stale_token" }
  /** Nothing taken: the connection is gone or waits for a person. */
  | { readonly outcome: "unusable"; readonly reason: string };

/** A bucket of one connection and rate group, shared by every process. */
export interface BudgetStore {
  take(ask: BudgetAsk): Promise<BudgetAnswer>;
  /** The vendor refused by limit: nobody asks this group again before the time is over. */
  block(ask: BudgetAsk, forMs: number): Promise<void>;
  /** What the vendor says is left. May be written later and summed up; never fails a call. */
  learn(ask: BudgetAsk, report: LimitReport): void;
}

/** A background call leaves this part of a bucket to people. */
const personReserve = 0.2;
/** Where the vendor refuses and does not say for how long. */
const unsaidBlockMs = 1000;

/** What a background call must leave in the bucket. Small buckets keep nothing back, or background work would never run. */
export function reserveOf(capacity: number): number {
  return capacity < 5 ? 0 : Math.floor(capacity * personReserve);
}

/** A group that the vendor's documents do not name has no limit of ours, but it can be blocked by the vendor's refusal. */
function groupOf(groups: readonly RateGroup[], name: string): RateGroup {
  return groups.find((group) => group.group === name) ?? { group: name, capacity: 100_000, refillPerSecond: 100_000 };
}

/**
 * Pays for each attempt before it is made, waiting within the caller's bound, then EAGAIN with `retryAfterMs`. The vendor's numbers
 * correct the bucket, and its refusals close it for everyone.
 */
export function budgeting(options: { readonly groups: readonly RateGroup[]; readonly store: BudgetStore; readonly clock: Clock }): Layer {
  const { groups, store, clock } = options;
  return (next) => async (request, context) => {
    const { progress } = context;
    if (request.authorization === "none" || context.connectionId === null || progress === undefined || progress.tokenVersion === null) {
      return next(request, context);
    }
    const ask: BudgetAsk = {
      workspaceId: context.workspaceId,
      connectionId: context.connectionId,
      group: groupOf(groups, request.group ?? "default"),
      cost: request.cost ?? 1,
      priority: context.priority ?? "person",
      tokenVersion: progress.tokenVersion,
    };
    await pay(ask, context);
    try {
      const response = await next(request, context);
      learnAll(ask, context);
      return response;
    } catch (error) {
      learnAll(ask, context);
      if (error instanceof HubError && error.code === "EAGAIN" && progress.answer !== null) {
        await store.block(ask, error.retryAfterMs ?? unsaidBlockMs);
      }
      throw error;
    }
  };

  async function pay(ask: BudgetAsk, context: CallContext): Promise<void> {
    for (;;) {
      context.signal?.throwIfAborted();
      const answer = await store.take(ask);
      if (answer.outcome === "granted") return;
      if (answer.outcome === "stale_token") throw staleToken();
      if (answer.outcome === "unusable") throw new HubError("ENOTCONN", answer.reason);
      if (answer.waitMs > remainingWaitMs(context, clock)) {
        throw new HubError("EAGAIN", "The tool's rate limit for this connection is used up for now.", {
          retryAfterMs: Math.ceil(answer.waitMs),
          details: { outcome: "not_done" },
        });
      }
      await sleep(clock, answer.waitMs, context.signal);
      if (context.progress !== undefined) context.progress.waitMs += answer.waitMs;
    }
  }

  function learnAll(ask: BudgetAsk, context: CallContext): void {
    for (const report of context.progress?.answer?.limits ?? []) {
      store.learn({ ...ask, group: groupOf(groups, report.group) }, report);
    }
  }
}
