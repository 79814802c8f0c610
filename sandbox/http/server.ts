import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import type { Fault, FaultBox } from "../control/faults";
import type { Journal } from "../control/journal";

/** What a handler is given of a request; the body is read whole, as text. */
export interface SandboxRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
  readonly body: string;
  readonly remoteAddress: string;
}

export interface SandboxResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string;
}

export type Handler = (request: SandboxRequest) => Promise<SandboxResponse> | SandboxResponse;

export interface ListenOptions {
  /** 0 takes any free port. */
  readonly port: number;
  readonly handler: Handler;
  /** Scripted faults and the journal; the control port itself has none. */
  readonly scripted?: {
    readonly faults: FaultBox;
    readonly journal: Journal;
    /** The vendor's names of what a request asks for (GraphQL operation and root fields, the grant type). */
    operationsOf(request: SandboxRequest): readonly string[];
    /** The e-mail address of the person whose access token the request bears; null without one. */
    emailOf(request: SandboxRequest): string | null;
    /** A digest of the single-use credential that the request carries; null without one. */
    credentialOf(request: SandboxRequest): string | null;
    /** The vendor's own way to say that the limit is reached. */
    rateLimited(fault: Extract<Fault["effect"], { kind: "rate_limited" }>): SandboxResponse;
  };
}

export interface Listening {
  readonly port: number;
  close(): Promise<void>;
}

const maxBodyBytes = 2 * 1024 * 1024;

async function readBody(incoming: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of incoming) {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    sizeBytes += bytes.length;
    if (sizeBytes > maxBodyBytes) return null;
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function toHeaders(incoming: IncomingMessage): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(", ") : value);
  }
  return headers;
}

function send(outgoing: ServerResponse, response: SandboxResponse, cutAfterBytes?: number): void {
  const bytes = Buffer.from(response.body ?? "", "utf8");
  outgoing.statusCode = response.status;
  for (const [name, value] of Object.entries(response.headers ?? {})) {
    outgoing.setHeader(name, typeof value === "string" ? value : [...value]);
  }
  outgoing.setHeader("content-length", bytes.length);
  if (cutAfterBytes === undefined) {
    outgoing.end(bytes);
    return;
  }
  outgoing.write(bytes.subarray(0, cutAfterBytes), () => outgoing.socket?.destroy());
}

/** Listens on 127.0.0.1 only. Every request passes the scripted faults first, and ends in the journal. */
export async function listen(options: ListenOptions): Promise<Listening> {
  const { handler, scripted } = options;

  async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const body = await readBody(incoming);
    if (body === null) return send(outgoing, { status: 413, body: "The body is larger than 2 MiB." });
    const request: SandboxRequest = {
      method: incoming.method ?? "GET",
      // Only path and query are read of it; the host is never taken from the request.
      url: new URL(incoming.url ?? "/", "http://sandbox.invalid"),
      headers: toHeaders(incoming),
      body,
      remoteAddress: incoming.socket.remoteAddress ?? "unknown",
    };
    const operations = scripted?.operationsOf(request) ?? [];
    const fault = scripted?.faults.take(request.url.pathname, operations, scripted.emailOf(request)) ?? null;
    const credential = scripted?.credentialOf(request) ?? null;
    const { method, url } = request;
    const record = (status: number | null) =>
      scripted?.journal.record({ method, path: url.pathname, operations, status, fault: fault?.kind ?? null, credential });

    if (fault?.kind === "slow") await delay(fault.delayMs, undefined, { ref: false });
    if (fault?.kind === "reset") {
      record(null);
      incoming.socket.destroy();
      return;
    }
    const replaced = fault === null || scripted === undefined ? null : replacement(fault, scripted.rateLimited);
    const response = replaced ?? (await handler(request));
    if (fault?.kind === "lost_answer") {
      record(null);
      incoming.socket.destroy();
      return;
    }
    if (fault?.kind === "withheld") return void record(null);
    record(response.status);
    if (fault?.kind === "cut_answer") return send(outgoing, response, Math.floor(Buffer.byteLength(response.body ?? "") / 2));
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
function replacement(effect: Fault["effect"], rateLimited: NonNullable<ListenOptions["scripted"]>["rateLimited"]): SandboxResponse | null {
  switch (effect.kind) {
    case "status":
      return { status: effect.status, headers: { "content-type": "text/plain; charset=utf-8" }, body: effect.body };
    case "rate_limited":
      return rateLimited(effect);
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
