import { HubError } from "@/server/errors";
import { longestWaitMs, parseRetryAfter } from "./backoff";
import type { Clock, Layer, LimitReport, ToolRequest, ToolResponse, VendorReading } from "./send";
import { cleanCause, credentialsOf, withoutCredentials } from "./vendor-words";

/**
 * Reads each answer the vendor's way: notes its request id and limits for the layers above, and throws what `classify` says. A redirect
 * that `classify` lets pass is an EIO all the same: nothing above may take it for an answer. Only who asks
 * for a stream of bytes gets it, and reads its `location`: vendors answer downloads so.
 */
export function classifying(options: { readonly reading: VendorReading; readonly clock: Clock }): Layer {
  const { reading, clock } = options;
  return (next) => async (request, context) => {
    const response = await next(request, context);
    const limits = reading.limits(response);
    const requestId = reading.requestId(response);
    if (context.progress !== undefined) {
      context.progress.answer = { status: response.status, responseBytes: response.body.byteLength, requestId, limits };
    }
    const error = reading.classify(response, request) ?? unexpectedRedirect(request, response);
    if (error === null) return response;
    throw complete(error, credentialsOf(request), response, requestId, limits, clock.now());
  };
}

function unexpectedRedirect(request: ToolRequest, response: ToolResponse): HubError | null {
  if (request.answer === "stream") return null;
  if (response.status < 300 || response.status > 399 || response.status === 304) return null;
  return new HubError("EIO", "The tool answered with a redirect, and the hub does not carry a call elsewhere.", {
    details: { outcome: "not_done" },
  });
}

/** The vendor's error with what the answer's head says and `classify` left out, and without credentials in its words. */
function complete(
  error: HubError,
  credentials: readonly string[],
  response: ToolResponse,
  requestId: string | null,
  limits: readonly LimitReport[],
  nowMs: number,
) {
  return new HubError(error.code, withoutCredentials(error.message, credentials), {
    path: error.path,
    retryable: error.retryable,
    retryAfterMs: error.retryAfterMs ?? (error.retryable ? waitOf(error, response, limits, nowMs) : undefined),
    actionUrl: error.actionUrl,
    details: {
      ...error.details,
      vendorStatus: error.details.vendorStatus ?? response.status,
      ...(requestId === null ? {} : { vendorRequestId: error.details.vendorRequestId ?? requestId }),
    },
    cause: cleanCause(error.cause, credentials),
  });
}

/** `Retry-After`, else, for a refusal by limit, the latest reset among the spent groups. */
function waitOf(error: HubError, response: ToolResponse, limits: readonly LimitReport[], nowMs: number): number | undefined {
  const asked = parseRetryAfter(response.headers.get("retry-after"), nowMs);
  if (asked !== null) return asked;
  if (error.code !== "EAGAIN") return undefined;
  const resets = limits.flatMap((report) =>
    report.resetAtMs !== undefined && report.remaining !== undefined && report.remaining <= 0 ? [report.resetAtMs - nowMs] : [],
  );
  return resets.length === 0 ? undefined : Math.min(longestWaitMs, Math.max(0, ...resets));
}
