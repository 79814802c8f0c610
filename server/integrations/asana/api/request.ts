import type { z } from "zod";
import { HubError } from "@/server/errors";
import type { Repeatability, ToolRequest, ToolResponse } from "@/server/transport/send";
import { paymentsOf } from "../limits";
import { envelope } from "../schema";

/** One call of Asana's REST API, and reading its answer. */

/** The most records that Asana gives a page (https://developers.asana.com/docs/pagination). */
export const maxPageSize = 100;

export interface PageRequest {
  readonly cursor: string | null;
  readonly limit: number;
}

export interface Page<T> {
  readonly records: readonly T[];
  readonly nextCursor: string | null;
}

export interface ApiCall {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Below the API's base, ids already in it. */
  readonly path: string;
  /** The vendor's name of the call: `GET /tasks/{task_gid}`. */
  readonly operation: string;
  readonly query?: Readonly<Record<string, string>>;
  /** The `data` of the body. */
  readonly data?: Readonly<Record<string, unknown>>;
  readonly repeatability: Repeatability;
  /** Only where the token layer does not add it: before the connection exists. */
  readonly token?: string;
}

/** The request of a call; `base` is the API's without a slash at its end. */
export function apiRequest(base: string, call: ApiCall): ToolRequest {
  const query = new URLSearchParams(call.query).toString();
  return {
    method: call.method,
    url: `${base}${call.path}${query === "" ? "" : `?${query}`}`,
    headers: {
      accept: "application/json",
      ...(call.data === undefined ? {} : { "content-type": "application/json" }),
      ...(call.token === undefined ? {} : { authorization: `Bearer ${call.token}` }),
    },
    ...(call.data === undefined ? {} : { body: JSON.stringify({ data: call.data }) }),
    repeatability: call.repeatability,
    operation: call.operation,
    authorization: call.token === undefined ? "connection" : "none",
    pays: paymentsOf(call.method),
  };
}

function strange(operation: string, changed: boolean, cause: unknown): HubError {
  return new HubError("EIO", `Asana's answer to ${operation} is not what its documentation says.`, {
    details: changed ? { outcome: "unknown" } : {},
    cause,
  });
}

/** The record of an answer, checked; EIO when its shape is not as documented. `changed`: the call may have changed something. */
export function readRecord<T extends z.ZodType>(schema: T, operation: string, response: ToolResponse, changed: boolean): z.output<T> {
  const body = envelope.safeParse(response.json());
  const record = schema.safeParse(body.success ? body.data.data : null);
  if (!record.success) throw strange(operation, changed, record.error);
  return record.data;
}

/** The page of an answer; records that are not as documented make it EIO. */
export function readPage<T extends z.ZodType>(schema: T, operation: string, response: ToolResponse): Page<z.output<T>> {
  const body = envelope.safeParse(response.json());
  const records = schema.array().safeParse(body.success ? body.data.data : null);
  if (!body.success || !records.success) throw strange(operation, false, records.error);
  return { records: records.data, nextCursor: body.data.next_page?.offset ?? null };
}

/** `limit` and `offset` of a page; without `limit` Asana gives no `next_page`. */
export const pageQuery = (page: PageRequest): Readonly<Record<string, string>> => ({
  limit: String(Math.min(maxPageSize, Math.max(1, page.limit))),
  ...(page.cursor === null ? {} : { offset: page.cursor }),
});

/** Walks every page; EFBIG past `maxRecords`, so that answering one question never becomes an endless walk. */
export async function listAll<T>(fetchPage: (page: PageRequest) => Promise<Page<T>>, maxRecords: number): Promise<readonly T[]> {
  const records: T[] = [];
  let cursor: string | null = null;
  do {
    const page: Page<T> = await fetchPage({ cursor, limit: maxPageSize });
    records.push(...page.records);
    if (records.length > maxRecords) {
      throw new HubError("EFBIG", `Asana has more than ${maxRecords} of these; the hub reads no more at once.`, {
        details: { limit: maxRecords },
      });
    }
    cursor = page.nextCursor;
  } while (cursor !== null);
  return records;
}
