import { HubError } from "@/server/errors";
import { newId } from "@/server/ids";
import type { CallContext, CallProgress, Clock, Layer, LimitReport, ToolRequest } from "./send";
import { onStreamEnd } from "./streamed";

/** One attempt of one call, as it is kept. No header, no body, no query value that the integration has not named as safe. */
export interface CallRecord {
  readonly id: string;
  readonly workspaceId: string;
  readonly connectionId: string | null;
  readonly integration: string;
  readonly callId: string;
  readonly attempt: number;
  readonly operation: string;
  readonly method: string;
  readonly url: string;
  /** Null when there was no answer. */
  readonly status: number | null;
  /** A code of the closed list, or `aborted` when the caller gave up. */
  readonly errorCode: string | null;
  readonly durationMs: number;
  /** Milliseconds waited before this attempt. */
  readonly waitMs: number;
  readonly requestBytes: number;
  readonly responseBytes: number | null;
  readonly vendorRequestId: string | null;
  readonly limits: Readonly<Record<string, string>>;
  readonly path: string | null;
  readonly actorUserId: string | null;
  readonly actorJob: string | null;
  readonly actorKeyId: string | null;
  /** When the attempt began. */
  readonly at: Date;
  /** False: the hub ended the attempt before anything left it: no token, no room in the rate budget, the caller gave up. */
  readonly sent: boolean;
  /**
   * The hub's own sentence for a failure without an answer. Of an answer its status and the code are kept and no sentence, because the
   * integration's may repeat the tool's words, and those may repeat what was sent.
   */
  readonly reason: string | null;
}

/** Takes records in. A promise means that the log is behind: the caller waits for it, so that no record has to be dropped. */
export interface CallSink {
  record(call: CallRecord): Promise<void> | undefined;
}

/** What the hub's own work between two attempts may take on a busy machine; what is longer was waited for. */
const ownWorkMs = 250;

export interface CallLogging {
  /** Logs every attempt that is sent, the failed ones too. Sits around what sends. */
  readonly attempts: Layer;
  /** Logs an attempt that failed before it could be sent. Sits around the layers that may refuse it, inside the retries. */
  readonly refusals: Layer;
}

/** The two layers that write the call log; together they leave no failure of a call without a record. */
export function logging(options: {
  readonly integration: string;
  /** A URL as it may be kept. */
  readonly urlOf: (url: string) => string;
  readonly sink: CallSink;
  readonly clock: Clock;
}): CallLogging {
  const { integration, urlOf, sink, clock } = options;
  /** Failures that their attempt's own record tells of. */
  const told = new WeakSet<object>();

  const attempts: Layer = (next) => async (request, context) => {
    const startedAtMs = begin(context.progress);
    try {
      const response = await next(request, context);
      if (response.stream !== null) {
        // The record tells of the whole transfer, so it is written at its end.
        return onStreamEnd(response, ({ bytes, error }) => write(request, context, { startedAtMs, sent: true, bytes, error }));
      }
      await write(request, context, { startedAtMs, sent: true });
      return response;
    } catch (error) {
      if (typeof error === "object" && error !== null) told.add(error);
      await write(request, context, { startedAtMs, sent: true, error });
      throw error;
    }
  };

  const refusals: Layer = (next) => async (request, context) => {
    try {
      return await next(request, context);
    } catch (error) {
      if (typeof error !== "object" || error === null || !told.has(error)) {
        const startedAtMs = begin(context.progress);
        await write(request, context, { startedAtMs, sent: false, error });
      }
      throw error;
    }
  };

  return { attempts, refusals };

  /** Counts an attempt. Whatever passed since the last one, the wait for a new token included, was waited for. */
  function begin(progress: CallProgress | undefined): number {
    const nowMs = clock.now();
    if (progress === undefined) return nowMs;
    progress.answer = null;
    progress.attempts += 1;
    const idleMs = nowMs - progress.idleSinceMs;
    if (idleMs > progress.waitMs + ownWorkMs) progress.waitMs = idleMs;
    return nowMs;
  }

  async function write(request: ToolRequest, context: CallContext, ending: Ending): Promise<void> {
    const room = sink.record(recordOf(request, context, ending));
    if (context.progress !== undefined) {
      context.progress.waitMs = 0;
      context.progress.idleSinceMs = clock.now();
    }
    if (room !== undefined) await room;
  }

  function recordOf(request: ToolRequest, context: CallContext, { startedAtMs, sent, bytes, error }: Ending): CallRecord {
    const { progress } = context;
    const answer = progress?.answer ?? null;
    const failure = error instanceof HubError ? error : null;
    const otherCode = context.signal?.aborted ? "aborted" : "EIO";
    return {
      id: newId(),
      workspaceId: context.workspaceId,
      connectionId: context.connectionId,
      integration,
      callId: progress?.callId ?? newId(),
      attempt: progress?.attempts ?? 1,
      operation: storable(request.operation, 200),
      method: request.method,
      url: urlOf(request.url),
      status: answer?.status ?? null,
      errorCode: error === undefined ? null : (failure?.code ?? otherCode),
      durationMs: clock.now() - startedAtMs,
      waitMs: progress?.waitMs ?? 0,
      requestBytes: bytesOf(request.body),
      responseBytes: bytes ?? answer?.responseBytes ?? null,
      vendorRequestId: answer?.requestId == null ? null : storable(answer.requestId, 200),
      limits: printLimits(answer?.limits ?? []),
      path: context.path === null ? null : storable(context.path, 4096),
      actorUserId: context.actor.userId,
      actorJob: context.actor.job,
      actorKeyId: context.actor.keyId ?? null,
      at: new Date(startedAtMs),
      sent,
      reason: failure === null || answer !== null ? null : storable(failure.message, 500),
    };
  }
}

interface Ending {
  readonly startedAtMs: number;
  readonly sent: boolean;
  /** Of a streamed answer. */
  readonly bytes?: number;
  /** Absent: it succeeded. */
  readonly error?: unknown;
}

function bytesOf(body: ToolRequest["body"]): number {
  if (body === undefined) return 0;
  if (typeof body === "string") return Buffer.byteLength(body);
  return body instanceof Uint8Array ? body.byteLength : body.sizeBytes;
}

/** What a `Date` can hold; a vendor's number may be anything. */
const latestDateMs = 8.64e15;

function printLimits(reports: readonly LimitReport[]): Record<string, string> {
  const printed: Record<string, string> = {};
  for (const { group, key, cost, limit, remaining, resetAtMs } of reports) {
    const name = storable(key === undefined ? group : `${group}|${key}`, 200);
    if (cost !== undefined) printed[`${name}.cost`] = String(cost);
    if (limit !== undefined) printed[`${name}.limit`] = String(limit);
    if (remaining !== undefined) printed[`${name}.remaining`] = String(remaining);
    if (resetAtMs !== undefined && Math.abs(resetAtMs) <= latestDateMs) printed[`${name}.reset`] = new Date(resetAtMs).toISOString();
  }
  return printed;
}

/** PostgreSQL takes neither NUL nor half a surrogate pair, and one such record would keep its whole batch out. */
function storable(text: string, maxLength: number): string {
  return text.slice(0, maxLength).toWellFormed().replaceAll("\0", "");
}
