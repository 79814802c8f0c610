import type { HubError } from "@/server/errors";

/**
 * The one way a call leaves the hub. `Send` is a function; each concern (retry, token, rate budget, call log, timeout) is a layer
 * `(next: Send) => Send`, composed as `retry → call log (what is refused) → token → rate budget → call log → timeout → fetch`.
 */

/**
 * Whether a call may be repeated when its outcome is unknown. `safe`: it only reads. `idempotent`: repeating it changes nothing more
 * (it carries an id or key that the tool honours, or sets an absolute value). `unsafe`: it is sent again only after an answer that
 * proves nothing happened (a refusal by rate limit or authorization).
 */
export type Repeatability = "safe" | "idempotent" | "unsafe";

export interface ToolRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Absolute; its host must be one of the integration's. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array<ArrayBuffer> | StreamedBody;
  readonly repeatability: Repeatability;
  /** The vendor's name of the call, for the log and the plan: `issueUpdate`, `GET /tasks/{gid}`. */
  readonly operation: string;
  /** The vendor's limits that this call counts against; default one point of the group `default`. Paid all or none. */
  readonly pays?: readonly Payment[];
  /** `connection`: the token layer adds the connection's token. `none`: OAuth's own calls and public ones. */
  readonly authorization: "connection" | "none";
  /** Time for one attempt in milliseconds; default 30,000. */
  readonly timeoutMs?: number;
  /** The most bytes an answer may have; default 10 MiB, then EFBIG. Of a streamed answer without it, no bound. */
  readonly maxResponseBytes?: number;
  /**
   * `stream`: the answer's body is not kept but handed on as it comes, in `ToolResponse.stream`. A failure's body is kept all the same, so
   * that `classify` can read it.
   */
  readonly answer?: "stream";
}

/** A body of known length that is sent as it is read. A repeated call opens it again. */
export interface StreamedBody {
  readonly sizeBytes: number;
  /** The bytes from the start, each time it is called. */
  stream(): ReadableStream<Uint8Array>;
}

/** What a call costs one of the integration's rate groups. */
export interface Payment {
  readonly group: string;
  /** Which of the group's buckets, where the vendor counts a channel, a mailbox or the like by itself. */
  readonly key?: string;
  /** Points; default 1. */
  readonly cost?: number;
}

export interface ToolResponse {
  readonly status: number;
  readonly headers: Headers;
  /** Empty where the answer is a stream. */
  readonly body: Uint8Array<ArrayBuffer>;
  /** Of a streamed answer that succeeded; null: `body` has it all. Its reader reads to the end or cancels. */
  readonly stream: ReadableStream<Uint8Array> | null;
  text(): string;
  /** Parsed JSON of the body; throws HubError EIO when it is not JSON. */
  json(): unknown;
}

/** Why a call is made: who, for which path, and how long the caller waits in all. Made once per operation, passed to every call. */
export interface CallContext {
  readonly workspaceId: string;
  readonly connectionId: string | null;
  readonly actor: { readonly userId: string | null; readonly job: string | null; readonly keyId?: string | null };
  /** The path served, for the call log. */
  readonly path: string | null;
  /**
   * The bound on the total wait of retries and budget: no wait begins that would end later than so many milliseconds after the start of
   * the request, or of the call where it is not part of one; default 10,000.
   */
  readonly maxWaitMs?: number;
  /** Shared by the calls of one request, whose waits are bounded together. */
  readonly request?: RequestSpan;
  /** `person` work goes before `background` work in the rate budget. */
  readonly priority?: "person" | "background";
  readonly signal?: AbortSignal;
  /** The call ends an access (a revocation): it leaves although access to tools is stopped. OAuth's own calls only. */
  readonly endsAccess?: true;
  /** Made by the transport, one a call; callers leave it out. */
  readonly progress?: CallProgress;
}

/** A request in time: when its first call began, on the transport's clock, which fills it in. */
export interface RequestSpan {
  startedAtMs: number | null;
}

/** What one call has come to so far: the layers write it, the call log, the budget and the next layers read it. */
export interface CallProgress {
  readonly callId: string;
  /** When the call began, on the transport's clock, epoch milliseconds. */
  readonly startedAtMs: number;
  /** Attempts that reached the call log. */
  attempts: number;
  /** Milliseconds spent waiting (for the budget, a new token, or until a retry) since the last attempt. */
  waitMs: number;
  /** When the last attempt ended, or else the call began, epoch milliseconds. */
  idleSinceMs: number;
  /** The version of the token that this attempt carries; null when it carries none. */
  tokenVersion: number | null;
  /** When the budget was asked for what it granted this attempt; left out where an attempt pays none. */
  paidAtMs?: number;
  /** Whether a refusal of the token has already cost this call its one refresh. */
  tokenRenewed: boolean;
  /** The vendor's answer to this attempt; null until there is one. */
  answer: VendorAnswer | null;
}

/** What is kept of an answer beside its body. */
export interface VendorAnswer {
  readonly status: number;
  readonly responseBytes: number;
  readonly requestId: string | null;
  readonly limits: readonly LimitReport[];
}

/** A usable access token; `version` rises with each token answer that is stored. */
export interface HeldToken {
  readonly accessToken: string;
  readonly version: number;
}

/** Where the token layer gets a connection's token. Every method throws ENOTCONN when only a person can mend the connection. */
export interface TokenSource {
  /** The token to use now; from memory when it is warm. Waits for a refresh only when the token is known to have expired. */
  current(context: CallContext): Promise<HeldToken>;
  /** The token after forgetting what memory holds: another process stored a newer one. */
  reload(context: CallContext): Promise<HeldToken>;
  /** A token newer than the refused version, refreshing once if nobody has; EAGAIN when the tool's token endpoint does not answer. */
  renew(refused: HeldToken, context: CallContext): Promise<HeldToken>;
  /** The token that `renew` gave was refused too: it is not worth another refresh for a while. */
  refused(token: HeldToken): void;
}

/** Time, injected so that tests run on a virtual clock. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  /** Runs once after `ms`; the answer cancels it. */
  timer(ms: number, run: () => void): () => void;
}

/** Sends one request. Resolves with the answer that `classify` let pass; throws HubError for everything else. */
export type Send = (request: ToolRequest, context: CallContext) => Promise<ToolResponse>;

export type Layer = (next: Send) => Send;

/**
 * What the vendor's answer says of its limits; the rate budget and the call log read it. Times are epoch milliseconds. A call that turns out
 * to count against a declared group that it did not pay, such as an endpoint's own, pays it from then on.
 */
export interface LimitReport {
  readonly group: string;
  readonly key?: string;
  /** What this call really cost, where the vendor tells: the bucket is set right by the difference. */
  readonly cost?: number;
  readonly limit?: number;
  readonly remaining?: number;
  readonly resetAtMs?: number;
}

/** How one vendor's answers are read; each integration gives one. */
export interface VendorReading {
  /**
   * Turns a failed answer (HTTP status or a body that says so) into a HubError, or null when the call succeeded. An answer that says
   * the token is not accepted is ENOTCONN with `details.vendorStatus` 401, whatever the HTTP status was: the token layer then refreshes
   * once and sends again. A refusal by rate limit is EAGAIN. `retryAfterMs` is filled in from `Retry-After` and the limit reports where
   * it is left out.
   */
  classify(response: ToolResponse, request: ToolRequest): HubError | null;
  /** Reads the vendor's own limit headers. */
  limits(response: ToolResponse): readonly LimitReport[];
  /** The vendor's request id, for support. */
  requestId(response: ToolResponse): string | null;
  /** Query parameters that are safe to log; all others are printed as `…`. */
  readonly loggedQuery: ReadonlySet<string>;
}
