import type { z } from "zod";
import { HubError } from "@/server/errors";
import type { CallContext, Payment, Repeatability, Send, ToolRequest, ToolResponse } from "@/server/transport/send";
import type { IntegrationSettings } from "../../contract";
import { googleWorkspaceManifest } from "../manifest";

/** What the four APIs have in common: JSON over HTTP, query parameters, pages by token. */

/** Which of Google's hosts; Drive and Calendar are on `api`. */
export type GoogleHost = "api" | "docs" | "gmail";

export type QueryValue = string | number | boolean | readonly string[];

export interface GoogleCall {
  readonly method: ToolRequest["method"];
  readonly host: GoogleHost;
  /** Encoded, from the root of the host: `/drive/v3/files`. */
  readonly path: string;
  /** A list is repeated; undefined is left out. */
  readonly query?: Readonly<Record<string, QueryValue | undefined>>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is, with its `content-type` in `headers`. */
  readonly body?: ToolRequest["body"];
  readonly headers?: Readonly<Record<string, string>>;
  readonly repeatability: Repeatability;
  /** `GET /drive/v3/files/{fileId}`, or Google's name of the method. */
  readonly operation: string;
  readonly pays: readonly Payment[];
  readonly timeoutMs?: number;
  readonly maxResponseBytes?: number;
  readonly answer?: "stream";
}

export interface PageRequest {
  readonly cursor: string | null;
  readonly limit: number;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}

export interface GoogleHttp {
  /** The answer as it is; HubErrors as `errors.ts` maps them. */
  send(call: GoogleCall, context: CallContext): Promise<ToolResponse>;
  /** The answer's JSON, checked; EIO when it is not as documented. */
  json<Schema extends z.ZodType>(call: GoogleCall, schema: Schema, context: CallContext): Promise<z.output<Schema>>;
}

function queryOf(query: GoogleCall["query"]): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) params.append(name, String(one));
  }
  const text = params.toString();
  return text === "" ? "" : `?${text}`;
}

/** The four APIs under the configured origins. */
export function createGoogleHttp(options: { readonly send: Send; readonly settings: IntegrationSettings }): GoogleHttp {
  const originOf = (host: GoogleHost): string =>
    (options.settings.origins[host] ?? googleWorkspaceManifest.origins[host] ?? "").replace(/\/+$/, "");

  const http: GoogleHttp = {
    send: (call, context) => {
      const { method, repeatability, operation, pays } = call;
      return options.send(
        {
          method,
          url: `${originOf(call.host)}${call.path}${queryOf(call.query)}`,
          headers: {
            ...(call.answer === "stream" ? {} : { accept: "application/json" }),
            ...(call.json === undefined ? {} : { "content-type": "application/json" }),
            ...call.headers,
          },
          ...(call.json === undefined ? {} : { body: JSON.stringify(call.json) }),
          ...(call.body === undefined ? {} : { body: call.body }),
          repeatability,
          operation,
          pays,
          authorization: "connection",
          ...(call.timeoutMs === undefined ? {} : { timeoutMs: call.timeoutMs }),
          ...(call.maxResponseBytes === undefined ? {} : { maxResponseBytes: call.maxResponseBytes }),
          ...(call.answer === undefined ? {} : { answer: call.answer }),
        },
        context,
      );
    },
    json: async (call, schema, context) => {
      const parsed = schema.safeParse((await http.send(call, context)).json());
      if (parsed.success) return parsed.data;
      throw new HubError("EIO", `Google's answer to ${call.operation} is not what its documentation says.`, {
        details: call.repeatability === "safe" ? {} : { outcome: "unknown" },
        cause: parsed.error,
      });
    },
  };
  return http;
}

/** Walks every page; EFBIG past `maxItems`, so that a resolution never becomes an endless walk. */
export async function listAll<T>(
  fetchPage: (page: PageRequest) => Promise<Page<T>>,
  pageSize: number,
  maxItems: number,
): Promise<readonly T[]> {
  const items: T[] = [];
  let cursor: string | null = null;
  do {
    const page: Page<T> = await fetchPage({ cursor, limit: pageSize });
    items.push(...page.items);
    if (items.length > maxItems) {
      throw new HubError("EFBIG", `Google has more than ${maxItems} of these; the hub reads no more at once.`, {
        details: { limit: maxItems },
      });
    }
    cursor = page.nextCursor;
  } while (cursor !== null);
  return items;
}
