import { isTRPCClientError } from "@trpc/client";
import type { ErrorBody } from "@/server/errors";

/** What a page can say of a failure. `code` is null when no answer came. */
export interface Failure {
  readonly code: ErrorBody["code"] | null;
  readonly message: string;
  readonly retryable: boolean;
  readonly retryAfterMs: number | null;
  readonly actionUrl: string | null;
  readonly details: ErrorBody["details"];
  readonly requestId: string | null;
}

const unreachable: Failure = {
  code: null,
  message: "The hub did not answer. Check your connection and try again.",
  retryable: true,
  retryAfterMs: null,
  actionUrl: null,
  details: {},
  requestId: null,
};

/** Reads a failed call of the API: the hub's own error body, or that no answer came. */
export function readFailure(error: unknown): Failure {
  if (!isTRPCClientError(error)) return unreachable;
  const data: unknown = error.data;
  if (typeof data !== "object" || data === null || !("hub" in data) || !isErrorBody(data.hub)) return unreachable;
  const body = data.hub;
  return {
    code: body.code,
    message: body.message,
    retryable: body.retryable,
    retryAfterMs: body.retryAfterMs ?? null,
    actionUrl: body.actionUrl ?? null,
    details: body.details,
    requestId: "requestId" in data && typeof data.requestId === "string" ? data.requestId : null,
  };
}

function isErrorBody(value: unknown): value is ErrorBody {
  return typeof value === "object" && value !== null && "code" in value && "message" in value && "details" in value;
}
