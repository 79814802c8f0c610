import type { ReceiptStep } from "./vfs/node";

/**
 * The one error type and its one closed list of codes. Every layer throws `HubError`; the doors (tRPC, route handlers) map a code to
 * HTTP once, here. A message is a sentence a person can act on and never carries a token, a code or a body.
 */

/** code → HTTP status and tRPC error key. Adding a code here is the only way to have a new one. */
export const errorTable = {
  ENOENT: { status: 404, trpc: "NOT_FOUND" },
  EACCES: { status: 403, trpc: "FORBIDDEN" },
  EAUTH: { status: 401, trpc: "UNAUTHORIZED" },
  ENOTCONN: { status: 424, trpc: "PRECONDITION_FAILED" },
  ESCOPE: { status: 403, trpc: "FORBIDDEN" },
  EEXIST: { status: 409, trpc: "CONFLICT" },
  EISDIR: { status: 400, trpc: "BAD_REQUEST" },
  ENOTDIR: { status: 400, trpc: "BAD_REQUEST" },
  ENOTEMPTY: { status: 409, trpc: "CONFLICT" },
  EINVAL: { status: 400, trpc: "BAD_REQUEST" },
  ESTALE: { status: 412, trpc: "PRECONDITION_FAILED" },
  EFBIG: { status: 413, trpc: "PAYLOAD_TOO_LARGE" },
  EDQUOT: { status: 413, trpc: "PAYLOAD_TOO_LARGE" },
  ENOTSUP: { status: 501, trpc: "NOT_IMPLEMENTED" },
  EAGAIN: { status: 429, trpc: "TOO_MANY_REQUESTS" },
  EIO: { status: 502, trpc: "BAD_GATEWAY" },
} as const;

export type ErrorCode = keyof typeof errorTable;

/** Facts beside the sentence; each is safe to show to the caller. */
export interface ErrorDetails {
  /** The current etag, on ESTALE. */
  readonly etag?: string;
  /** ESTALE of a cursor: start the list again. */
  readonly restart?: boolean;
  /** EIO: whether the tool did what was asked. `unknown`: the answer was lost and could not be resolved; nothing is sent again. */
  readonly outcome?: "not_done" | "unknown";
  /** The tool's own status and request id, on EIO. */
  readonly vendorStatus?: number;
  readonly vendorRequestId?: string;
  /** `cal_…` of the call to the tool that failed, in the call log. */
  readonly call?: string;
  /** The scope that is missing, and the capability that needs it (`write:comments`), on ESCOPE. */
  readonly scope?: string;
  readonly capability?: string;
  /** The operation that is not supported, on ENOTSUP. */
  readonly operation?: string;
  /** The names that matched, when a reference or a segment was ambiguous. */
  readonly candidates?: readonly string[];
  /** Front matter: the key and the 1-based line that was wrong. */
  readonly key?: string;
  readonly line?: number;
  /** The limit that was passed, on EFBIG and EDQUOT. */
  readonly limit?: number;
  /** A change of several steps that broke off: which were done, which failed, which were not tried. */
  readonly receipt?: { readonly path: string; readonly steps: readonly ReceiptStep[] };
}

export interface HubErrorOptions {
  /** The display path the error is about. */
  readonly path?: string;
  /** Whether the same call may succeed later without a change by the caller. Default: true for EAGAIN only. */
  readonly retryable?: boolean;
  /** Milliseconds to wait before trying again. */
  readonly retryAfterMs?: number;
  /** Where a person can mend it (a page of ours or a consent link). */
  readonly actionUrl?: string;
  readonly details?: ErrorDetails;
  readonly cause?: unknown;
}

const brand = Symbol.for("byte.hub-error");

export class HubError extends Error {
  /** Next evaluates one module several times in a process, so `instanceof` goes by a mark that all copies share. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === "object" && value !== null && brand in value;
  }

  readonly [brand] = true;
  override readonly name = "HubError";
  readonly code: ErrorCode;
  readonly path: string | undefined;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;
  readonly actionUrl: string | undefined;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, options: HubErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.path = options.path;
    this.retryable = options.retryable ?? code === "EAGAIN";
    this.retryAfterMs = options.retryAfterMs;
    this.actionUrl = options.actionUrl;
    this.details = options.details ?? {};
  }

  /** The same error with a path, for layers that learn it later; the stack and cause of the first are kept as `cause`. */
  at(path: string): HubError {
    if (this.path !== undefined) return this;
    return new HubError(this.code, this.message, {
      path,
      retryable: this.retryable,
      retryAfterMs: this.retryAfterMs,
      actionUrl: this.actionUrl,
      details: this.details,
      cause: this,
    });
  }
}

/** What a client is shown of an error: the wire form of every door. */
export interface ErrorBody {
  readonly code: ErrorCode;
  readonly message: string;
  readonly path?: string;
  readonly retryable: boolean;
  readonly retryAfterMs?: number;
  readonly actionUrl?: string;
  readonly details: ErrorDetails;
}

/** The wire form: what is absent is left out, the cause and the stack never leave. */
export function toErrorBody(error: HubError): ErrorBody {
  return {
    code: error.code,
    message: error.message,
    ...(error.path === undefined ? {} : { path: error.path }),
    retryable: error.retryable,
    ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
    ...(error.actionUrl === undefined ? {} : { actionUrl: error.actionUrl }),
    details: error.details,
  };
}
