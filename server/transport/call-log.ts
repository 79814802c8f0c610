import { HubError } from "@/server/errors";
import { newId } from "@/server/ids";
import { loggedUrl } from "./logged-url";
import type { CallContext, Clock, Layer, LimitReport, ToolRequest } from "./send";

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
  /** When the attempt began. */
  readonly at: Date;
}

/** Takes records in. A promise means that the log is behind: the caller waits for it, so that no record has to be dropped. */
export interface CallSink {
  record(call: CallRecord): Promise<void> | undefined;
}

/** Logs every attempt, the failed ones too. */
export function logging(options: {
  readonly integration: string;
  readonly loggedQuery: ReadonlySet<string>;
  readonly sink: CallSink;
  readonly clock: Clock;
}): Layer {
  const { integration, loggedQuery, sink, clock } = options;
  return (next) => async (request, context) => {
    const { progress } = context;
    if (progress !== undefined) {
      progress.answer = null;
      progress.attempts += 1;
    }
    const startedAtMs = clock.now();
    const write = async (errorCode: string | null) => {
      const room = sink.record(recordOf(request, context, startedAtMs, errorCode));
      if (progress !== undefined) progress.waitMs = 0;
      if (room !== undefined) await room;
    };
    try {
      const response = await next(request, context);
      await write(null);
      return response;
    } catch (error) {
      await write(error instanceof HubError ? error.code : context.signal?.aborted ? "aborted" : "EIO");
      throw error;
    }
  };

  function recordOf(request: ToolRequest, context: CallContext, startedAtMs: number, errorCode: string | null): CallRecord {
    const { progress } = context;
    const answer = progress?.answer ?? null;
    return {
      id: newId(),
      workspaceId: context.workspaceId,
      connectionId: context.connectionId,
      integration,
      callId: progress?.callId ?? newId(),
      attempt: progress?.attempts ?? 1,
      operation: storable(request.operation, 200),
      method: request.method,
      url: loggedUrl(request.url, loggedQuery),
      status: answer?.status ?? null,
      errorCode,
      durationMs: clock.now() - startedAtMs,
      waitMs: progress?.waitMs ?? 0,
      requestBytes: bytesOf(request.body),
      responseBytes: answer?.responseBytes ?? null,
      vendorRequestId: answer?.requestId == null ? null : storable(answer.requestId, 200),
      limits: printLimits(answer?.limits ?? []),
      path: context.path === null ? null : storable(context.path, 4096),
      actorUserId: context.actor.userId,
      actorJob: context.actor.job,
      at: new Date(startedAtMs),
    };
  }
}

function bytesOf(body: ToolRequest["body"]): number {
  if (body === undefined) return 0;
  return typeof body === "string" ? Buffer.byteLength(body) : body.byteLength;
}

function printLimits(reports: readonly LimitReport[]): Record<string, string> {
  const printed: Record<string, string> = {};
  for (const { group, limit, remaining, resetAtMs } of reports) {
    if (limit !== undefined) printed[`${group}.limit`] = String(limit);
    if (remaining !== undefined) printed[`${group}.remaining`] = String(remaining);
    if (resetAtMs !== undefined && Number.isFinite(resetAtMs)) printed[`${group}.reset`] = new Date(resetAtMs).toISOString();
  }
  return printed;
}

/** PostgreSQL takes neither NUL nor half a surrogate pair, and one such record would keep its whole batch out. */
function storable(text: string, maxLength: number): string {
  return text.slice(0, maxLength).toWellFormed().replaceAll("\0", "");
}
