import { HubError } from "@/server/errors";
import { encodeId, newId } from "@/server/ids";
import { backoffMs } from "./backoff";
import { sleep } from "./clock";
import type { CallContext, CallProgress, Clock, Layer, Repeatability } from "./send";

const defaultMaxWaitMs = 10_000;
/** So that a run of short random waits ends as well. */
const maxAttempts = 8;

/** Milliseconds left of the caller's bound on the total wait. */
export function remainingWaitMs(context: CallContext, clock: Clock): number {
  const startedAtMs = context.request?.startedAtMs ?? context.progress?.startedAtMs ?? clock.now();
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
      // Ids in the order of time keep the log's index of calls growing at one end.
      callId: newId(),
      startedAtMs: clock.now(),
      attempts: 0,
      waitMs: 0,
      idleSinceMs: clock.now(),
      tokenVersion: null,
      tokenRenewed: false,
      answer: null,
    };
    const call: CallContext = { ...context, progress };
    if (call.request?.startedAtMs === null) call.request.startedAtMs = progress.startedAtMs;
    for (let failures = 0; ; failures += 1) {
      call.signal?.throwIfAborted();
      try {
        return await next(request, call);
      } catch (error) {
        if (!(error instanceof HubError)) throw error;
        const told = (as: HubError) => naming(progress.callId, as, error);
        if (!mayRepeat(error, request.repeatability)) throw told(ended(error));
        // The vendor's time is a least one: a little jitter after it keeps those who were refused together apart, and one that is over
        // already does not make a vendor that goes on refusing be asked without a pause.
        const askedMs = error.retryAfterMs ?? 0;
        const waitMs = Math.max(askedMs + backoffMs(0, random, spreadOf(askedMs)), backoffMs(failures, random));
        if (waitMs > remainingWaitMs(call, clock)) throw told(outOfTime(error, waitMs));
        if (failures + 1 >= maxAttempts) throw told(error);
        await sleep(clock, waitMs, call.signal);
        progress.waitMs += waitMs;
      }
    }
  };
}

/** The error as the caller gets it: it names the call, whose record in the log tells the rest. */
function naming(callId: string, error: HubError, cause: HubError): HubError {
  return new HubError(error.code, error.message, {
    path: error.path,
    retryable: error.retryable,
    retryAfterMs: error.retryAfterMs,
    actionUrl: error.actionUrl,
    details: { ...error.details, call: encodeId("call", callId) },
    cause,
  });
}

function spreadOf(retryAfterMs: number): number {
  return Math.min(250, retryAfterMs / 10);
}

/**
 * What may be sent again by itself (RFC 9110 §9.2.2: a request that is not idempotent only where there is "some means to detect that the
 * original request was never applied"). A refusal by limit and a request that never left, such as a refused connection, are such means; a
 * 5xx is none, also not a 503 that names a time: a gateway answers it for a server that may have done the work.
 */
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
