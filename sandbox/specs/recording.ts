import { appendFileSync, createReadStream, mkdirSync, readdirSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { threadId } from "node:worker_threads";
import type { Exchange } from "../http/exchange";

/**
 * Exchanges kept for the validators: one JSON a line, a file for each process, in the folder that `SPECS_RECORD` names. What bears a
 * credential (authorization, cookies) is left out; bodies are the sandbox's invented ones.
 */

export interface RecordedMessage {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** Whether the body is the whole one: of great ones only the beginning is kept. */
  readonly whole: boolean;
}

export interface RecordedExchange {
  readonly tool: string;
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly request: RecordedMessage;
  readonly response: RecordedMessage & { readonly status: number };
  readonly fault: string | null;
}

interface Line {
  readonly tool: string;
  readonly method: string;
  readonly target: string;
  readonly status: number;
  readonly fault: string | null;
  readonly request: { readonly headers: Readonly<Record<string, string>>; readonly body: string; readonly whole: boolean };
  readonly response: { readonly headers: Readonly<Record<string, string>>; readonly body: string; readonly whole: boolean };
}

const keptBytes = 4 * 1024 * 1024;
const secretHeaders: ReadonlySet<string> = new Set(["authorization", "cookie", "set-cookie"]);

function toLine(headers: Readonly<Record<string, string | readonly string[]>>, body: Uint8Array): Line["request"] {
  const kept = Object.entries(headers).filter(([name]) => !secretHeaders.has(name.toLowerCase()));
  return {
    headers: Object.fromEntries(kept.map(([name, value]) => [name.toLowerCase(), typeof value === "string" ? value : value.join(", ")])),
    body: Buffer.from(body.subarray(0, keptBytes)).toString("base64"),
    whole: body.length <= keptBytes,
  };
}

/** Writes exchanges into a folder. */
export function recordInto(folder: string): (exchange: Exchange) => void {
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, `${process.pid}-${threadId}.jsonl`);
  return ({ tool, request, response, fault }) => {
    const line: Line = {
      tool,
      method: request.method,
      target: request.target,
      status: response.status,
      fault,
      request: toLine(request.headers, request.body),
      response: toLine(response.headers, response.body),
    };
    appendFileSync(file, `${JSON.stringify(line)}\n`);
  };
}

const fromLine = ({ headers, body, whole }: Line["request"]): RecordedMessage => ({ headers, body: Buffer.from(body, "base64"), whole });

/** Every exchange that was recorded into a folder, one after the other. */
export async function* readRecorded(folder: string): AsyncGenerator<RecordedExchange> {
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".jsonl"))) {
    for await (const text of createInterface({ input: createReadStream(path.join(folder, file)), crlfDelay: Number.POSITIVE_INFINITY })) {
      if (text === "") continue;
      const line = JSON.parse(text) as Line;
      const { tool, method, target, status, fault } = line;
      yield { tool, method, target, fault, request: fromLine(line.request), response: { status, ...fromLine(line.response) } };
    }
  }
}

/** The observer that `SPECS_RECORD` asks for; undefined without it. */
export function recorderOfEnvironment(): ((exchange: Exchange) => void) | undefined {
  const folder = process.env.SPECS_RECORD;
  return folder === undefined || folder === "" ? undefined : recordInto(folder);
}
