import { HubError } from "@/server/errors";
import type { RateGroup } from "@/server/integrations/contract";
import { sleep } from "./clock";
import { remainingWaitMs } from "./retry";
import type { CallContext, CallProgress, Clock, Layer, LimitReport, Payment, ToolRequest } from "./send";
import { onStreamEnd } from "./streamed";
import { defaultTimeoutMs } from "./timeout";
import { staleToken } from "./token";

/** What a call costs one bucket. */
export interface Charge {
  readonly group: RateGroup;
  /** The bucket's name in the connection: the group, or `group|key`. */
  readonly bucket: string;
  readonly cost: number;
}

/** One call's ask for all that it pays. The token's version rides along, so that one question to the store settles both. */
export interface BudgetAsk {
  readonly workspaceId: string;
  readonly connectionId: string;
  /** The vendor's name of the call: the store adds the limits that it has seen this operation count against. */
  readonly operation: string;
  /** Each bucket once. All are paid or none. */
  readonly charges: readonly Charge[];
  readonly priority: "person" | "background";
  /** The version of the access token that the attempt carries. */
  readonly tokenVersion: number;
  /** Milliseconds the caller has waited for this attempt's budget, and those it would still wait. */
  readonly waitedMs: number;
  readonly patienceMs: number;
  /** Longer than the attempt can take: a slot comes back then, also from a process that died. */
  readonly leaseMs: number;
}

export type BudgetAnswer =
  /** `release` gives the attempt's slots back, at once and without an answer; absent where the call holds none. */
  | { readonly outcome: "granted"; readonly release?: () => void }
  /** Nothing taken; so many milliseconds until it can be. */
  | { readonly outcome: "wait"; readonly waitMs: number }
  /** Nothing taken: the connection has another token by now. */
  | { readonly outcome: "stale_token" }
  /** Nothing taken: the connection is gone or waits for a person. */
  | { readonly outcome: "unusable"; readonly reason: string };

/** The buckets of the connections, shared by every process. */
export interface BudgetStore {
  take(ask: BudgetAsk): Promise<BudgetAnswer>;
  /** The vendor refused by limit: nobody is granted anything from these buckets before the time is over. Never fails a call. */
  block(ask: BudgetAsk, charges: readonly Charge[], forMs: number): Promise<void>;
  /** What the vendor says of a bucket. May be written later and summed up; never fails a call. */
  learn(ask: BudgetAsk, charge: Charge, report: LimitReport): void;
}

/** Beyond the attempt's own time limit, for the hub's and the database's. */
const leaseMarginMs = 5000;
/** A transfer may take as long as bytes move; one that outlives this no longer holds a slot. */
const transferLeaseMs = 10 * 60 * 1000;
/** Where the vendor refuses and does not say for how long. */
const unsaidBlockMs = 1000;
const defaultPayments: readonly Payment[] = [{ group: "default" }];
const maxKeyLength = 200;

const isTransfer = ({ answer, body }: ToolRequest): boolean =>
  answer === "stream" || (typeof body === "object" && !(body instanceof Uint8Array));

/** A group that the vendor's documents do not name has no limit of ours, but it can be blocked by the vendor's refusal. */
function groupOf(groups: readonly RateGroup[], name: string): RateGroup {
  return groups.find((group) => group.group === name) ?? { group: name, capacity: 100_000, windowMs: 60_000 };
}

/** Keys are the vendor's text: PostgreSQL takes no NUL and no half of a surrogate pair. */
function bucketOf({ group, key }: Pick<Payment, "group" | "key">): string {
  if (key === undefined) return group;
  return `${group}|${key.slice(0, maxKeyLength).toWellFormed().replaceAll("\0", "")}`;
}

function chargeOf(groups: readonly RateGroup[], payment: Payment): Charge {
  return { group: groupOf(groups, payment.group), bucket: bucketOf(payment), cost: payment.cost ?? 1 };
}

function chargesOf(groups: readonly RateGroup[], payments: readonly Payment[]): readonly Charge[] {
  const charges = new Map<string, Charge>();
  for (const payment of payments) {
    const charge = chargeOf(groups, payment);
    charges.set(charge.bucket, { ...charge, cost: charge.cost + (charges.get(charge.bucket)?.cost ?? 0) });
  }
  return [...charges.values()];
}

/**
 * Pays for each attempt before it is made, waiting within the caller's bound, then EAGAIN with `retryAfterMs`. The vendor's numbers
 * correct the buckets, and its refusals close them for everyone.
 */
export function budgeting(options: { readonly groups: readonly RateGroup[]; readonly store: BudgetStore; readonly clock: Clock }): Layer {
  const { groups, store, clock } = options;
  return (next) => async (request, context) => {
    const { connectionId, progress } = context;
    if (request.authorization === "none" || connectionId === null || progress === undefined || progress.tokenVersion === null) {
      return next(request, context);
    }
    const ask = askOf(request, { ...context, connectionId }, progress.tokenVersion);
    const release = await pay(ask, context, progress);
    let streams = false;
    try {
      const response = await next(request, context);
      streams = response.stream !== null;
      // A transfer holds its slots to its end.
      return onStreamEnd(response, () => release?.());
    } catch (error) {
      if (error instanceof HubError && error.code === "EAGAIN" && progress.answer !== null) {
        await store.block(ask, refusedBy(ask, progress.answer.limits), error.retryAfterMs ?? unsaidBlockMs);
      }
      throw error;
    } finally {
      for (const report of progress.answer?.limits ?? []) {
        store.learn(ask, chargeOf(groups, report), report);
      }
      if (!streams) release?.();
    }
  };

  function askOf(request: ToolRequest, context: CallContext & { connectionId: string }, tokenVersion: number): BudgetAsk {
    return {
      workspaceId: context.workspaceId,
      connectionId: context.connectionId,
      operation: request.operation,
      charges: chargesOf(groups, request.pays ?? defaultPayments),
      priority: context.priority ?? "person",
      tokenVersion,
      waitedMs: 0,
      patienceMs: 0,
      leaseMs: (isTransfer(request) ? transferLeaseMs : (request.timeoutMs ?? defaultTimeoutMs)) + leaseMarginMs,
    };
  }

  /** The buckets that a refusal closes: those that the vendor says are empty, else all that the call paid. */
  function refusedBy(ask: BudgetAsk, reports: readonly LimitReport[]): readonly Charge[] {
    const empty = reports.filter((report) => (report.remaining ?? 1) <= 0).map((report) => chargeOf(groups, report));
    const paid = empty.filter(({ group, bucket }) => groups.includes(group) || ask.charges.some((charge) => charge.bucket === bucket));
    return paid.length === 0 ? ask.charges : paid;
  }

  async function pay(ask: BudgetAsk, context: CallContext, progress: CallProgress): Promise<(() => void) | undefined> {
    for (let waitedMs = 0; ; ) {
      context.signal?.throwIfAborted();
      const patienceMs = Math.max(0, remainingWaitMs(context, clock));
      const askedAtMs = clock.now();
      const answer = await store.take({ ...ask, waitedMs, patienceMs });
      if (answer.outcome === "granted") {
        progress.paidAtMs = askedAtMs;
        // The last attempt's answer says nothing of this one, should this one not leave after all.
        progress.answer = null;
        return answer.release;
      }
      if (answer.outcome === "stale_token") throw staleToken();
      if (answer.outcome === "unusable") throw new HubError("ENOTCONN", answer.reason);
      if (answer.waitMs > remainingWaitMs(context, clock)) {
        throw new HubError("EAGAIN", "The tool's rate limit for this connection is used up for now.", {
          retryAfterMs: Math.ceil(answer.waitMs),
          details: { outcome: "not_done" },
        });
      }
      await sleep(clock, answer.waitMs, context.signal);
      waitedMs += answer.waitMs;
      progress.waitMs += answer.waitMs;
    }
  }
}
