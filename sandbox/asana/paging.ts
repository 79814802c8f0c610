import { createHash } from "node:crypto";
import { badRequest } from "./failures";

/** Lists in pages: `limit` and an opaque `offset` that belongs to one list and ends after a while. */

export interface PagedQuery {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly nowMs: number;
  readonly offsetSeconds: number;
  readonly unpagedRecords: number;
  /** The API's base, for `uri`. */
  readonly base: string;
}

interface Offset {
  readonly list: string;
  readonly last: string;
  readonly index: number;
  readonly atMs: number;
}

/** Which list an offset is of: everything that was asked but the page itself. */
function listName({ path, query }: PagedQuery): string {
  const rest = [...query].filter(([name]) => !["offset", "limit", "opt_fields", "opt_pretty"].includes(name)).toSorted();
  return createHash("sha256")
    .update(JSON.stringify([path, rest]))
    .digest("base64url")
    .slice(0, 16);
}

const sealed = (offset: Offset): string => {
  const body = Buffer.from(JSON.stringify(offset)).toString("base64url");
  return `${body}.${sealOf(body)}`;
};

function opened(text: string, request: PagedQuery): Offset {
  const invalid = () => badRequest("offset: Your pagination token is invalid.");
  const [body = "", seal] = text.split(".");
  if (seal === undefined || sealOf(body) !== seal) throw invalid();
  const offset = JSON.parse(Buffer.from(body, "base64url").toString("utf8")) as Offset;
  if (offset.list !== listName(request)) throw invalid();
  if (offset.atMs + request.offsetSeconds * 1000 <= request.nowMs) throw badRequest("offset: Your pagination token has expired.");
  return offset;
}

const sealOf = (body: string): string => createHash("sha256").update(`offset\n${body}`).digest("base64url").slice(0, 12);

function readLimit(query: URLSearchParams): number | null {
  const text = query.get("limit");
  if (text === null) return null;
  const limit = Number(text);
  if (!/^\d+$/.test(text) || limit < 1 || limit > 100) throw badRequest("limit: Must be between 1 and 100");
  return limit;
}

export interface PageOf<T> {
  readonly rows: readonly T[];
  /** Left out without `limit`, null at the end. */
  readonly next_page?: { readonly offset: string; readonly path: string; readonly uri: string } | null;
}

/** The page that was asked for. Records that came or went since the page before shift nothing: it goes on after the last one given. */
export function pageOf<T extends { readonly gid: string }>(rows: readonly T[], request: PagedQuery): PageOf<T> {
  const limit = readLimit(request.query);
  const given = request.query.get("offset");
  if (limit === null) {
    if (given !== null) throw badRequest("offset: A limit is needed with an offset.");
    if (rows.length > request.unpagedRecords) {
      throw badRequest("The result is too large. You should use pagination (may require specifying a workspace)!");
    }
    return { rows };
  }
  const offset = given === null ? null : opened(given, request);
  const found =
    offset === null ? -1 : rows[offset.index]?.gid === offset.last ? offset.index : rows.findIndex(({ gid }) => gid === offset.last);
  const start = offset === null ? 0 : found < 0 ? offset.index : found + 1;
  const page = rows.slice(start, start + limit);
  const last = page.at(-1);
  if (last === undefined || start + limit >= rows.length) return { rows: page, next_page: null };
  const next = sealed({ list: listName(request), last: last.gid, index: start + limit - 1, atMs: request.nowMs });
  const query = new URLSearchParams(request.query);
  query.set("offset", next);
  const path = `${request.path}?${query}`;
  return { rows: page, next_page: { offset: next, path, uri: `${request.base}${path}` } };
}
