import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import type { Fault, FaultBox } from "../control/faults";
import type { Journal } from "../control/journal";
import type { Exchange } from "./exchange";

/** What a handler is given of a request. */
export interface SandboxRequest {
  readonly method: string;
  /** Path and query; its host is never that of the request. */
  readonly url: URL;
  readonly headers: Headers;
  /** The body as it came. */
  readonly bytes: Uint8Array;
  /** The body as UTF-8 text. */
  readonly body: string;
  readonly remoteAddress: string;
}

export interface SandboxResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Uint8Array;
}

export type Handler = (request: SandboxRequest) => Promise<SandboxResponse> | SandboxResponse;

/** What the scripted faults and the journal must know of a tool. */
export interface Scripted {
  /** The vendor's names of what a request asks for (GraphQL operation and root fields, the API's method, the grant type). */
  operationsOf(request: SandboxRequest): readonly string[];
  /** The e-mail address of the person whose access token the request bears; null without one. */
  emailOf(request: SandboxRequest): string | null;
  /** A digest of the single-use credential that the request carries; null without one. */
  credentialOf(request: SandboxRequest): string | null;
  /** The vendor's own way to say that the limit is reached. */
  rateLimited(fault: Extract<Fault["effect"], { kind: "rate_limited" }>, request: SandboxRequest): SandboxResponse;
}

export interface ListenOptions {
  /** 0 takes any free port. */
  readonly port: number;
  readonly handler: Handler;
  /** How much a request may carry; 2 MiB by default, at most 110 MiB. */
  readonly maxBodyBytes?: (method: string, url: URL) => number;
  /** Scripted faults and the journal; the control port itself has none. */
  readonly scripted?: Scripted & { readonly faults: FaultBox; readonly journal: Journal };
  readonly onExchange?: (exchange: Omit<Exchange, "tool">) => void;
}

export interface Listening {
  readonly port: number;
  close(): Promise<void>;
}

const defaultBodyBytes = 2 * 1024 * 1024;
const largestBodyBytes = 110 * 1024 * 1024;

/** The body, or null when it is larger than it may be. A part of it that was read is thrown away at once. */
async function readBody(incoming: IncomingMessage, maxBytes: number): Promise<Uint8Array | null> {
  if (Number(incoming.headers["content-length"] ?? 0) > maxBytes) return null;
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  // The socket stays open for the answer that says so.
  for await (const chunk of incoming.iterator({ destroyOnReturn: false })) {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    sizeBytes += bytes.length;
    if (sizeBytes > maxBytes) return null;
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

function toHeaders(incoming: IncomingMessage): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(", ") : value);
  }
  return headers;
}

function toRequest(incoming: IncomingMessage, url: URL, bytes: Uint8Array): SandboxRequest {
  let text: string | null = null;
  return {
    method: incoming.method ?? "GET",
    url,
    headers: toHeaders(incoming),
    bytes,
    // Read as text only by who asks: an upload of 100 MiB is not.
    get body() {
      text ??= Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
      return text;
    },
    remoteAddress: incoming.socket.remoteAddress ?? "unknown",
  };
}

function bytesOf({ body }: SandboxResponse): Uint8Array {
  return typeof body === "object" ? body : Buffer.from(body ?? "", "utf8");
}

function send(outgoing: ServerResponse, response: SandboxResponse, cutAfterBytes?: number): void {
  const bytes = bytesOf(response);
  outgoing.statusCode = response.status;
  for (const [name, value] of Object.entries(response.headers ?? {})) {
    outgoing.setHeader(name, typeof value === "string" ? value : [...value]);
  }
  // RFC 9110 section 8.6: a 204 has no content-length; an answer to HEAD has that of the GET, and Node sends no body.
  if (response.status !== 204 && response.status !== 304) outgoing.setHeader("content-length", bytes.length);
  if (cutAfterBytes === undefined) {
    outgoing.end(bytes);
    return;
  }
  // Of an answer without a body the head itself is cut off.
  if (bytes.length === 0) outgoing.socket?.destroy();
  else outgoing.write(bytes.subarray(0, cutAfterBytes), () => outgoing.socket?.destroy());
}

/** Listens on 127.0.0.1 only. Every request passes the scripted faults first, and ends in the journal. */
export async function listen(options: ListenOptions): Promise<Listening> {
  const { handler, scripted, onExchange } = options;

  async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    // Only path and query are read of it; the host is never taken from the request.
    const url = new URL(incoming.url ?? "/", "http://sandbox.invalid");
    const method = incoming.method ?? "GET";
    const maxBytes = Math.min(options.maxBodyBytes?.(method, url) ?? defaultBodyBytes, largestBodyBytes);
    const bytes = await readBody(incoming, maxBytes);
    if (bytes === null) {
      outgoing.setHeader("connection", "close");
      return send(outgoing, { status: 413, body: `The body is larger than ${maxBytes} bytes.` });
    }
    const request = toRequest(incoming, url, bytes);
    const operations = scripted?.operationsOf(request) ?? [];
    const fault = scripted?.faults.take(url.pathname, operations, scripted.emailOf(request)) ?? null;
    const credential = scripted?.credentialOf(request) ?? null;
    const record = (status: number | null) =>
      scripted?.journal.record({ method, path: url.pathname, operations, status, fault: fault?.kind ?? null, credential });

    if (fault?.kind === "slow") await delay(fault.delayMs, undefined, { ref: false });
    if (fault?.kind === "reset") {
      record(null);
      incoming.socket.destroy();
      return;
    }
    const replaced = fault === null || scripted === undefined ? null : replacement(fault, request, scripted);
    const response = replaced ?? (await handler(request));
    onExchange?.({
      request: { method, target: `${url.pathname}${url.search}`, headers: Object.fromEntries(request.headers), body: bytes },
      response: { status: response.status, headers: response.headers ?? {}, body: bytesOf(response) },
      fault: fault?.kind ?? null,
    });
    if (fault?.kind === "lost_answer") {
      record(null);
      incoming.socket.destroy();
      return;
    }
    if (fault?.kind === "withheld") return void record(null);
    record(response.status);
    if (fault?.kind === "cut_answer") return send(outgoing, response, Math.floor(bytesOf(response).length / 2));
    send(outgoing, response);
  }

  const server = createServer((incoming, outgoing) => {
    serve(incoming, outgoing).catch(() => {
      if (outgoing.headersSent) outgoing.destroy();
      else send(outgoing, { status: 500, body: "The sandbox failed to answer." });
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The sandbox is not listening on a TCP port.");
  return {
    port: address.port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The answer that a fault puts in the place of the tool's; null where the tool still answers. */
function replacement(effect: Fault["effect"], request: SandboxRequest, { rateLimited }: Scripted): SandboxResponse | null {
  switch (effect.kind) {
    case "status":
      return { status: effect.status, headers: { "content-type": "text/plain; charset=utf-8" }, body: effect.body };
    case "rate_limited":
      return rateLimited(effect, request);
    case "nonsense":
      return {
        status: 200,
        headers: { "content-type": "text/html; charset=utf-8" },
        body: "<!doctype html><title>Welcome</title><p>This network needs you to sign in.",
      };
    default:
      return null;
  }
}

/** A JSON answer that is never cached. */
export function json(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): SandboxResponse {
  return {
    status,
    headers: { "content-type": "application/json; charset=utf-8", "cache-control": "no-store", ...headers },
    body: JSON.stringify(value),
  };
}
