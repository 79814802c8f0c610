import { HubError } from "@/server/errors";
import { randomId } from "@/server/ids";
import { backoffMs } from "./backoff";
import { sleep } from "./clock";
import type { CallContext, CallProgress, Clock, Layer, Repeatability } from "./send";

const defaultMaxWaitMs = 10_000;
/** So that a run of short random waits ends as well. */
const maxAttempts = 8;

/** Milliseconds left of the caller's bound on the total wait. */
export function remainingWaitMs(context: CallContext, clock: Clock): number {
  const startedAtMs = context.progress?.startedAtMs ?? clock.now();
  return (context.maxWaitMs ?? defaultMaxWaitMs) - (clock.now() - startedAtMs);
}

/**
 * Repeats what may be repeated, waiting exponentially with full jitter or as long as the vendor asks, within the caller's bound. Decided
 * by `error.retryable` and by whether the call is safe to repeat, never by a status code. A refusal by limit that does not lift within
 * the bound is EAGAIN with `retryAfterMs`; a lost answer of a call that may not be repeated is EIO with outcome `unknown`.
 */
export function retrying(options: { readonly clock: Clock; readonly random: () => number }): Layer {
  const { clock, random } = options;
  return (next) => async (request, context) => {
    const progress: CallProgress = {
      callId: randomId(),
      startedAtMs: clock.now(),
      attempts: 0,
      waitMs: 0,
      tokenVersion: null,
      tokenRenewed: false,
      answer: null,
    };
    const call: CallContext = { ...context, progress };
    for (let failures = 0; ; failures += 1) {
      call.signal?.throwIfAborted();
      try {
        return await next(request, call);
      } catch (error) {
        if (!(error instanceof HubError)) throw error;
        if (!mayRepeat(error, request.repeatability)) throw ended(error);
        // The vendor's time is a least one: a little jitter after it keeps those who were refused together apart.
        const waitMs =
          error.retryAfterMs === undefined
            ? backoffMs(failures, random)
            : error.retryAfterMs + backoffMs(0, random, spreadOf(error.retryAfterMs));
        if (waitMs > remainingWaitMs(call, clock)) throw outOfTime(error, waitMs);
        if (failures + 1 >= maxAttempts) throw error;
        await sleep(clock, waitMs, call.signal);
        progress.waitMs += waitMs;
      }
    }
  };
}

function spreadOf(retryAfterMs: number): number {
  return Math.min(250, retryAfterMs / 10);
}

/** A refusal by limit, or a request that never left, proves that nothing happened; then even an unsafe call is sent again. */
function mayRepeat(error: HubError, repeatability: Repeatability): boolean {
  if (!error.retryable) return false;
  if (repeatability !== "unsafe") return true;
  return error.code === "EAGAIN" || error.details.outcome === "not_done";
}

/** A retryable failure that is not repeated, of a call that changes something: nobody knows whether it was done, and the error says so. */
function ended(error: HubError): HubError {
  if (!error.retryable) return error;
  return new HubError("EIO", `${error.message} Whether the change was made is not known; look before making it again.`, {
    path: error.path,
    retryable: false,
    actionUrl: error.actionUrl,
    details: { ...error.details, outcome: "unknown" },
    cause: error,
  });
}

function outOfTime(error: HubError, waitMs: number): HubError {
  if (error.code !== "EAGAIN" && error.retryAfterMs === undefined) return error;
  return new HubError("EAGAIN", error.message, {
    path: error.path,
    retryable: true,
    retryAfterMs: Math.ceil(error.retryAfterMs ?? waitMs),
    actionUrl: error.actionUrl,
    details: error.details,
    cause: error,
  });
}
