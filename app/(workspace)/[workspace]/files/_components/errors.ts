import { TRPCClientError } from "@trpc/client";
import type { ErrorBody } from "@/server/errors";

/** What went wrong, as a view shows it. */
export interface Problem extends Pick<ErrorBody, "message" | "retryable"> {
  readonly code: ErrorBody["code"] | "ENETWORK";
  readonly actionUrl: string | null;
  readonly requestId: string | null;
  readonly retryAfterMs: number | null;
  readonly currentEtag: string | null;
}

function isErrorBody(value: unknown): value is ErrorBody {
  return typeof value === "object" && value !== null && "code" in value && "message" in value && "details" in value;
}

/** Reads a failed call: the hub's own error where the answer has one, otherwise that the hub was not reached. */
export function problemOf(error: unknown): Problem {
  const data: unknown = error instanceof TRPCClientError ? error.data : null;
  if (typeof data === "object" && data !== null && "hub" in data && isErrorBody(data.hub)) {
    const { code, message, retryable, actionUrl, retryAfterMs, details } = data.hub;
    return {
      code,
      message,
      retryable,
      actionUrl: actionUrl ?? null,
      requestId: details.vendorRequestId ?? ("requestId" in data && typeof data.requestId === "string" ? data.requestId : null),
      retryAfterMs: retryAfterMs ?? null,
      currentEtag: details.etag ?? null,
    };
  }
  return {
    code: "ENETWORK",
    message: "The hub did not answer. Check the connection and try again.",
    retryable: true,
    actionUrl: null,
    requestId: null,
    retryAfterMs: null,
    currentEtag: null,
  };
}
