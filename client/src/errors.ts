import type { ErrorCode, ErrorDetails } from "./contract.js";

interface RequestErrorFields {
  readonly code: ErrorCode | "UNREACHABLE";
  readonly path?: string | undefined;
  readonly retryable: boolean;
  readonly retryAfterMs?: number | undefined;
  readonly actionUrl?: string | undefined;
  readonly details?: ErrorDetails | undefined;
  readonly requestId?: string | null | undefined;
  readonly cause?: unknown;
}

/**
 * A call that failed. `code` is one of the hub's closed list, or `UNREACHABLE` when the hub gave no answer that can be read; `message` is a
 * sentence a person can act on, and `actionUrl` the page where they can.
 */
export class HubRequestError extends Error {
  override readonly name = "HubRequestError";
  readonly code: ErrorCode | "UNREACHABLE";
  readonly path: string | undefined;
  /** Whether the same call may succeed later without a change by the caller. */
  readonly retryable: boolean;
  /** Milliseconds to wait before trying again. */
  readonly retryAfterMs: number | undefined;
  readonly actionUrl: string | undefined;
  readonly details: ErrorDetails | undefined;
  /** What the hub's log calls this request. */
  readonly requestId: string | null;

  constructor(message: string, fields: RequestErrorFields) {
    super(message, { cause: fields.cause });
    this.code = fields.code;
    this.path = fields.path;
    this.retryable = fields.retryable;
    this.retryAfterMs = fields.retryAfterMs;
    this.actionUrl = fields.actionUrl;
    this.details = fields.details;
    this.requestId = fields.requestId ?? null;
  }
}
