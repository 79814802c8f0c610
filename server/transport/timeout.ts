import { HubError } from "@/server/errors";
import { toToolResponse } from "./response";
import type { Clock, Send, ToolRequest, ToolResponse } from "./send";

export const defaultTimeoutMs = 30_000;
const defaultMaxResponseBytes = 10 * 1024 * 1024;
/** A timer that comes later than this was held up, and with it the reading of what has arrived. */
const heldUpMs = 100;
/** The time in which what has arrived is read then. */
const readUpMs = 1_000;

export type Fetch = (input: string, init: RequestInit) => Promise<Response>;

/**
 * The innermost `Send`: one attempt over `fetch`. The time limit covers the answer's body too, which is read to its end here, up to
 * `maxResponseBytes` (decompressed), then EFBIG. Redirects are not followed, so a token never travels to a place the answer names.
 * Failures are EIO; `details.outcome` says whether the request can have been acted on.
 */
export function fetchWithTimeout(options: { readonly fetch: Fetch; readonly clock: Clock }): Send {
  const { fetch, clock } = options;
  return async (request, context) => {
    const timeoutMs = request.timeoutMs ?? defaultTimeoutMs;
    const abort = new AbortController();
    const state = { timedOut: false };
    const cancelTimer = startTimeout(clock, timeoutMs, () => {
      state.timedOut = true;
      abort.abort();
    });
    const onCancel = () => abort.abort();
    if (context.signal?.aborted) abort.abort();
    context.signal?.addEventListener("abort", onCancel, { once: true });
    try {
      const response = await fetch(request.url, {
        method: request.method,
        ...bodyOf(request),
        redirect: "manual",
        signal: abort.signal,
      });
      return await readWithin(response, request.maxResponseBytes ?? defaultMaxResponseBytes, abort);
    } catch (cause) {
      if (cause instanceof HubError) throw cause;
      // Cancelled by the caller: its own reason goes up untouched, so that it is told from a failure of the tool.
      if (context.signal?.aborted) throw context.signal.reason;
      if (state.timedOut) throw timedOut(request, timeoutMs, cause);
      throw networkFailure(request, cause);
    } finally {
      cancelTimer();
      context.signal?.removeEventListener("abort", onCancel);
    }
  };
}

/** Headers and body of an attempt; a streamed body is opened anew, and its length is said, so that it is not sent in chunks of unknown number. */
function bodyOf({ headers, body }: ToolRequest): RequestInit & { duplex?: "half" } {
  if (body === undefined || typeof body === "string" || body instanceof Uint8Array) {
    return { headers: { ...headers }, ...(body === undefined ? {} : { body }) };
  }
  return { headers: { ...headers, "content-length": String(body.sizeBytes) }, body: body.stream(), duplex: "half" };
}

/**
 * Runs `end` after the time. A process that was paused, or a machine that slept, finds its timers due before it has read what the network brought
 * meanwhile: an answer that is there already must not be thrown away, least of all a rotated token.
 */
function startTimeout(clock: Clock, timeoutMs: number, end: () => void): () => void {
  const dueAtMs = clock.now() + timeoutMs;
  let cancel = clock.timer(timeoutMs, () => {
    if (clock.now() - dueAtMs > heldUpMs) cancel = clock.timer(readUpMs, end);
    else end();
  });
  return () => cancel();
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
