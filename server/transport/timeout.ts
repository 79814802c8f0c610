import { HubError } from "@/server/errors";
import { type Deadline, startDeadline } from "./deadline";
import { toToolResponse } from "./response";
import type { Clock, Send, ToolRequest, ToolResponse } from "./send";

export const defaultTimeoutMs = 30_000;
const defaultMaxResponseBytes = 10 * 1024 * 1024;
export type Fetch = (input: string, init: RequestInit) => Promise<Response>;

/**
 * The innermost `Send`: one attempt over `fetch`. The time limit covers the answer's body too, which is read to its end here, up to
 * `maxResponseBytes` (decompressed), then EFBIG. Where bytes are streamed, up or down, every piece that moves begins the time anew, and a
 * slow reader of the answer is not the tool's silence. Redirects are not followed, so a token never travels to a place the answer names.
 * Failures are EIO; `details.outcome` says whether the request can have been acted on.
 */
export function fetchWithTimeout(options: { readonly fetch: Fetch; readonly clock: Clock }): Send {
  const { fetch, clock } = options;
  return async (request, context) => {
    const timeoutMs = request.timeoutMs ?? defaultTimeoutMs;
    const abort = new AbortController();
    const state = { timedOut: false };
    const deadline = startDeadline(clock, timeoutMs, () => {
      state.timedOut = true;
      abort.abort();
    });
    const onCancel = () => abort.abort();
    if (context.signal?.aborted) abort.abort();
    context.signal?.addEventListener("abort", onCancel, { once: true });
    const upload = openBody(request.body, deadline);
    const release = (): void => {
      deadline.end();
      context.signal?.removeEventListener("abort", onCancel);
      upload.release();
    };
    const failed = (cause: unknown): unknown => {
      if (cause instanceof HubError) return cause;
      // Cancelled by the caller: its own reason goes up untouched, so that it is told from a failure of the tool.
      if (context.signal?.aborted) return context.signal.reason;
      return state.timedOut ? timedOut(request, timeoutMs, cause) : networkFailure(request, cause);
    };
    try {
      const response = await fetch(request.url, {
        method: request.method,
        headers: { ...asItIs(request), ...request.headers, ...upload.headers },
        ...upload.init,
        redirect: "manual",
        signal: abort.signal,
      });
      if (request.answer === "stream" && response.ok) {
        const stream = streamOf(response, { request, abort, deadline, failed, release });
        return { ...toToolResponse(response, new Uint8Array()), stream };
      }
      const answer = await readWithin(response, request.maxResponseBytes ?? defaultMaxResponseBytes, abort);
      release();
      return answer;
    } catch (cause) {
      release();
      throw failed(cause);
    }
  };
}

/** A stream's bytes and length are the file's own only where it is not compressed on the way; of a range `fetch` itself asks for that. */
function asItIs({ answer, headers }: ToolRequest): Readonly<Record<string, string>> {
  return answer !== "stream" || new Headers({ ...headers }).has("range") ? {} : { "accept-encoding": "identity" };
}

interface OpenBody {
  readonly headers: Readonly<Record<string, string>>;
  readonly init: Pick<RequestInit, "body"> & { readonly duplex?: "half" };
  /** Lets go of what the attempt did not send. */
  release(): void;
}

/** A request's body as `fetch` takes it. A streamed one is opened anew, says its length, and each of its pieces puts the deadline off. */
function openBody(body: ToolRequest["body"], deadline: Deadline): OpenBody {
  if (body === undefined) return { headers: {}, init: {}, release: () => {} };
  if (typeof body === "string" || body instanceof Uint8Array) return { headers: {}, init: { body }, release: () => {} };
  const reader = body.stream().getReader();
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      async pull(controller) {
        const { done, value } = await reader.read();
        deadline.touch();
        if (done) controller.close();
        else controller.enqueue(new Uint8Array(value));
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
  return {
    headers: { "content-length": String(body.sizeBytes) },
    init: { body: stream, duplex: "half" },
    release: () => void reader.cancel().catch(() => {}),
  };
}

interface StreamParts {
  readonly request: ToolRequest;
  readonly abort: AbortController;
  readonly deadline: Deadline;
  failed(cause: unknown): unknown;
  release(): void;
}

/** The answer's body as it comes. Only while the tool is waited for does the deadline run; cancelling ends the call. */
function streamOf(response: Response, parts: StreamParts): ReadableStream<Uint8Array> {
  const { request, abort, deadline, failed, release } = parts;
  const maxBytes = request.maxResponseBytes ?? Number.POSITIVE_INFINITY;
  const declared = Number(response.headers.get("content-length") ?? Number.NaN);
  if (declared > maxBytes) {
    abort.abort();
    throw tooBig(maxBytes);
  }
  const reader = response.body?.getReader();
  let size = 0;
  deadline.pause();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          deadline.touch();
          const piece = await reader?.read();
          deadline.pause();
          if (piece === undefined || piece.done) {
            release();
            controller.close();
            return;
          }
          size += piece.value.byteLength;
          if (size > maxBytes) throw tooBig(maxBytes);
          controller.enqueue(piece.value);
        } catch (cause) {
          const error = failed(cause);
          release();
          abort.abort();
          throw error;
        }
      },
      cancel() {
        release();
        abort.abort();
      },
    },
    { highWaterMark: 0 },
  );
}

async function readWithin(response: Response, maxBytes: number, abort: AbortController): Promise<ToolResponse> {
  const declared = Number(response.headers.get("content-length") ?? Number.NaN);
  const encoded = response.headers.has("content-encoding");
  if (!encoded && declared > maxBytes) {
    abort.abort();
    throw tooBig(maxBytes);
  }
  // A declared length binds the peer (RFC 9112 §6.2), so the short way is safe; a compressed or chunked body is counted as it comes.
  if (!encoded && declared <= maxBytes) return toToolResponse(response, new Uint8Array(await response.arrayBuffer()));
  if (response.body === null) return toToolResponse(response, new Uint8Array());
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    size += chunk.byteLength;
    if (size > maxBytes) {
      abort.abort();
      throw tooBig(maxBytes);
    }
    chunks.push(chunk);
  }
  const body = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    body.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return toToolResponse(response, body);
}

function tooBig(maxBytes: number): HubError {
  return new HubError("EFBIG", `The tool's answer is larger than the ${maxBytes} bytes that this call allows.`, {
    details: { limit: maxBytes },
  });
}

function timedOut(request: ToolRequest, timeoutMs: number, cause: unknown): HubError {
  return new HubError("EIO", `The tool did not answer within ${timeoutMs} ms.`, {
    retryable: true,
    details: { outcome: request.repeatability === "safe" ? "not_done" : "unknown" },
    cause,
  });
}

/** Node's and undici's codes for failures before the request's first byte left. */
const neverSent = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH", "UND_ERR_CONNECT_TIMEOUT"]);
/** TLS refusals: never sent, and the same next time. */
const certificate = /^(?:CERT_|ERR_TLS_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/;

function networkFailure(request: ToolRequest, cause: unknown): HubError {
  const code = failureCode(cause);
  const isCertificate = certificate.test(code);
  const unsent = isCertificate || neverSent.has(code);
  const message = isCertificate
    ? "The tool's certificate was not accepted."
    : unsent
      ? "The tool could not be reached."
      : "The connection to the tool broke before its answer was complete.";
  return new HubError("EIO", message, {
    retryable: !isCertificate,
    details: { outcome: unsent || request.repeatability === "safe" ? "not_done" : "unknown" },
    cause,
  });
}

/** The system's code of a `fetch failed`, which undici puts on the cause, or on each error of an AggregateError (happy eyeballs). */
function failureCode(error: unknown): string {
  for (let at: unknown = error, depth = 0; depth < 4 && typeof at === "object" && at !== null; depth += 1) {
    if ("code" in at && typeof at.code === "string") return at.code;
    const inner: unknown = "errors" in at && Array.isArray(at.errors) ? at.errors[0] : undefined;
    at = inner ?? ("cause" in at ? at.cause : undefined);
  }
  return "";
}
