import { z } from "zod";
import { HubError } from "@/server/errors";
import type { CallContext, Repeatability, Send, ToolRequest, ToolResponse } from "@/server/transport/send";
import { driveGroup, mailboxGroup } from "../limits";

/** Calls of Graph v1.0 over an authorised `Send`. */

/** What a page is asked to hold at most. Outlook takes 1,000, but answers big pages with 504 (https://learn.microsoft.com/graph/paging). */
export const maxPageSize = 250;

export interface Page<T> {
  readonly items: readonly T[];
  /** Where the next page is, below Graph's root; null at the end. */
  readonly next: string | null;
}

export interface PageRequest {
  /** What the page before said; null asks for the first. */
  readonly next: string | null;
  readonly limit: number;
}

export interface GraphCall {
  readonly method: ToolRequest["method"];
  /** Below Graph's root, with its query. */
  readonly path: string;
  /** The vendor's name of the call: `GET /me/messages/{id}`. */
  readonly operation: string;
  readonly repeatability: Repeatability;
  readonly body?: Readonly<Record<string, unknown>>;
  /** An etag that the item must still have. */
  readonly ifMatch?: string | null;
  /** More of `Prefer`, beside immutable ids. */
  readonly prefer?: readonly string[];
  /** `drive` counts against OneDrive's limit instead of the mailbox's. */
  readonly group?: "mailbox" | "drive";
  readonly accept?: string;
  readonly answer?: "stream";
  readonly maxResponseBytes?: number;
  /** Only where the token layer does not add it (identity, before the connection exists). */
  readonly token?: string;
}

/**
 * One request. Immutable ids are asked for in every call: Outlook's default ids change when an item moves
 * (https://learn.microsoft.com/graph/outlook-immutable-id), and ids of both kinds must never meet.
 */
export function graphRequest(base: string, call: GraphCall): ToolRequest {
  const prefer = ['IdType="ImmutableId"', ...(call.prefer ?? [])].join(", ");
  return {
    method: call.method,
    url: `${base}${call.path}`,
    headers: {
      accept: call.accept ?? "application/json",
      prefer,
      ...(call.body === undefined ? {} : { "content-type": "application/json" }),
      ...(call.ifMatch === undefined || call.ifMatch === null ? {} : { "if-match": call.ifMatch }),
      ...(call.token === undefined ? {} : { authorization: `Bearer ${call.token}` }),
    },
    ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
    repeatability: call.repeatability,
    operation: call.operation,
    authorization: call.token === undefined ? "connection" : "none",
    pays: [{ group: call.group === "drive" ? driveGroup : mailboxGroup }],
    ...(call.answer === undefined ? {} : { answer: call.answer }),
    ...(call.maxResponseBytes === undefined ? {} : { maxResponseBytes: call.maxResponseBytes }),
  };
}

/** An answer that `classify` let pass, checked; EIO when Graph's shape is not as documented, with `outcome` unknown after a write. */
export function readAnswer<T extends z.ZodType>(schema: T, body: unknown, operation: string): z.output<T> {
  const parsed = schema.safeParse(body);
  if (!parsed.success) {
    throw new HubError("EIO", `Microsoft's answer to ${operation} is not what its documentation says.`, {
      details: operation.startsWith("GET") ? {} : { outcome: "unknown" },
      cause: parsed.error,
    });
  }
  return parsed.data;
}

/** Path and query of a call; values are encoded, names are Graph's. Undefined ones are left out. */
export function pathOf(path: string, query: Readonly<Record<string, string | number | undefined>> = {}): string {
  const parts = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`]));
  return parts.length === 0 ? path : `${path}?${parts.join("&")}`;
}

/** An id as a step of a path. */
export const segment = (id: string): string => encodeURIComponent(id);

/** A text inside an OData filter. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

export interface GraphCaller {
  call<T extends z.ZodType>(schema: T, call: GraphCall, context: CallContext): Promise<z.output<T>>;
  /** For calls whose answer has no body. */
  run(call: GraphCall, context: CallContext): Promise<void>;
  /** The answer itself: a redirect, or bytes as they come. */
  raw(call: GraphCall, context: CallContext): Promise<ToolResponse>;
  /** One page; `first` is the path of the first one. */
  page<T extends z.ZodType>(
    item: T,
    first: Omit<GraphCall, "method" | "repeatability">,
    next: string | null,
    context: CallContext,
  ): Promise<Page<z.output<T>>>;
}

/** Calls over `send`; `base` is Graph's root (`https://graph.microsoft.com/v1.0`). */
export function createGraphCaller({ send, base }: { readonly send: Send; readonly base: string }): GraphCaller {
  const root = new URL(base).pathname;

  /**
   * Graph's link to the next page, kept as path and query below the root: it is followed verbatim, but only at the origin that the hub is
   * configured for, so that no answer can send the token elsewhere.
   */
  function belowRoot(link: string): string {
    const url = URL.parse(link);
    if (url === null || !url.pathname.startsWith(`${root}/`)) {
      throw new HubError("EIO", "Microsoft's link to the next page leads out of its API.");
    }
    return `${url.pathname.slice(root.length)}${url.search}`;
  }

  return {
    async call(schema, call, context) {
      const response = await send(graphRequest(base, call), context);
      return readAnswer(schema, response.json(), call.operation);
    },
    async run(call, context) {
      await send(graphRequest(base, call), context);
    },
    raw: (call, context) => send(graphRequest(base, call), context),
    async page(item, first, next, context) {
      const path = next ?? first.path;
      if (!path.startsWith("/"))
        throw new HubError("ESTALE", "This place in the list is not one of Microsoft's.", { details: { restart: true } });
      const response = await send(graphRequest(base, { ...first, path, method: "GET", repeatability: "safe" }), context);
      const schema = z.object({ value: z.array(item), "@odata.nextLink": z.string().optional() });
      const answer = readAnswer(schema, response.json(), first.operation);
      const link = answer["@odata.nextLink"];
      return { items: answer.value, next: link === undefined ? null : belowRoot(link) };
    },
  };
}

/** How many to ask for at once. */
export const pageSizeOf = (limit: number): number => Math.min(maxPageSize, Math.max(1, Math.floor(limit)));

/** Walks every page; EFBIG past `most`, so that a look-up never becomes an endless walk. */
export async function listAll<T>(fetchPage: (page: PageRequest) => Promise<Page<T>>, most: number): Promise<readonly T[]> {
  const items: T[] = [];
  let next: string | null = null;
  do {
    const page: Page<T> = await fetchPage({ next, limit: maxPageSize });
    items.push(...page.items);
    if (items.length > most) {
      throw new HubError("EFBIG", `Microsoft 365 has more than ${most} of these; the hub reads no more at once.`, {
        details: { limit: most },
      });
    }
    next = page.next;
  } while (next !== null);
  return items;
}

/** Whether nobody knows if the call was acted on. */
export const isAmbiguous = (error: unknown): error is HubError =>
  error instanceof HubError && error.code === "EIO" && error.details.outcome !== "not_done";
