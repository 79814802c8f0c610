import { type SQL, sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import type { PageStart, SortKey } from "../mount";

/** Rows of `vfs_node`, for storage and mirror alike: raw SQL, because the builder costs more than the query (`data.md` §6). */

export interface NodeRow {
  readonly path: string;
  readonly parentPath: string;
  readonly name: string;
  readonly kind: "directory" | "file" | "link";
  readonly nodeId: string;
  readonly objectKind: string | null;
  readonly externalId: string | null;
  readonly canonicalPath: string | null;
  readonly etag: string | null;
  readonly revision: string | null;
  readonly sizeBytes: number | null;
  readonly mediaType: string | null;
  readonly webUrl: string | null;
  readonly createdAt: Date | null;
  readonly modifiedAt: Date | null;
  readonly expiresAt: Date | null;
  readonly hardExpiresAt: Date | null;
  readonly lastUsedAt: Date | null;
  readonly expiryFixed: boolean;
  readonly attributes: Readonly<Record<string, string | number | boolean | null>>;
  readonly syncedAt: Date;
}

export const nodeColumns = sql.raw(
  "n.path, n.parent_path, n.name, n.kind, n.node_id, n.object_kind, n.external_id, n.canonical_path, n.etag, n.revision, n.size_bytes, n.media_type, n.web_url, n.created_at, n.modified_at, n.expires_at, n.hard_expires_at, n.last_used_at, n.expiry_fixed, n.attributes, n.synced_at",
);

/** What a list shows, and no more: each column costs as much as the ordering. Storage rows have expiries, tool rows their record. */
const listColumns = {
  storage: sql.raw("n.path, n.name, n.kind, n.node_id, n.etag, n.size_bytes, n.created_at, n.modified_at, n.expires_at, n.hard_expires_at"),
  tool: sql.raw(
    "n.path, n.name, n.kind, n.node_id, n.object_kind, n.external_id, n.canonical_path, n.etag, n.revision, n.size_bytes, n.media_type, n.web_url, n.created_at, n.modified_at, n.attributes",
  ),
} as const;

export type RawRow = Readonly<Record<string, unknown>>;

/** Runs one statement; the rows as the driver gives them. */
export async function run(tx: Tx, query: SQL): Promise<readonly RawRow[]> {
  const result = await tx.execute<Record<string, unknown>>(query);
  return result.rows;
}

export const asText = (value: unknown): string | null => (value === null || value === undefined ? null : String(value));
export const asNumber = (value: unknown): number | null => (value === null || value === undefined ? null : Number(value));
/** Drivers give a timestamp as text or as a Date. */
export function asDate(value: unknown): Date | null {
  if (value === null || value === undefined) return null;
  if (value instanceof Date) return value;
  const text = String(value);
  // PostgreSQL's `2026-11-23 12:00:00.5+00`: as ISO 8601 it is parsed several times faster.
  return new Date(text.endsWith("+00") ? `${text.slice(0, 10)}T${text.slice(11, -3)}Z` : text);
}

/** A row as the operations use it; a column that was not asked for is null. */
export function nodeRow(row: RawRow): NodeRow {
  return {
    path: String(row.path),
    parentPath: asText(row.parent_path) ?? "",
    name: String(row.name),
    kind: row.kind === "file" ? "file" : row.kind === "link" ? "link" : "directory",
    nodeId: String(row.node_id),
    objectKind: asText(row.object_kind),
    externalId: asText(row.external_id),
    canonicalPath: asText(row.canonical_path),
    etag: asText(row.etag),
    revision: asText(row.revision),
    sizeBytes: asNumber(row.size_bytes),
    mediaType: asText(row.media_type),
    webUrl: asText(row.web_url),
    createdAt: asDate(row.created_at),
    modifiedAt: asDate(row.modified_at),
    expiresAt: asDate(row.expires_at),
    hardExpiresAt: asDate(row.hard_expires_at),
    lastUsedAt: asDate(row.last_used_at),
    expiryFixed: row.expiry_fixed === true,
    attributes: (row.attributes ?? {}) as NodeRow["attributes"],
    syncedAt: asDate(row.synced_at) ?? new Date(0),
  };
}

/** A time as a parameter: drivers disagree on Dates in raw SQL. */
export const time = (value: Date | null): SQL => (value === null ? sql`null::timestamptz` : sql`${value.toISOString()}::timestamptz`);

/** Rows that have not expired: an expired file is gone at once, swept or not. */
export const live = (now: Date): SQL => sql`(n.expires_at is null or n.expires_at > ${time(now)})`;

/**
 * Everything below a path, by a range that an index serves and that never catches a neighbour: `0` is the character after `/`
 * (`data.md` §3.3).
 */
export const below = (path: string): SQL => sql`(n.path >= ${`${path}/`} and n.path < ${`${path}0`})`;

/** The live row at a path, or null. */
export async function findRow(tx: Tx, workspaceId: string, path: string, now: Date): Promise<NodeRow | null> {
  const rows = await run(
    tx,
    sql`select ${nodeColumns} from vfs_node n where n.workspace_id = ${workspaceId} and n.path = ${path} and ${live(now)}`,
  );
  const row = rows[0];
  return row === undefined ? null : nodeRow(row);
}

/** Each with an index of its own, whose expression this is to the letter. */
const sortKeys: Readonly<Record<SortKey, SQL>> = {
  name: sql.raw("n.name"),
  modifiedAt: sql.raw("(case when n.modified_at is null then '-infinity' else n.modified_at end)"),
  sizeBytes: sql.raw("(case when n.size_bytes is null then -1 else n.size_bytes end)"),
};

const sortTypes: Readonly<Record<SortKey, SQL>> = {
  name: sql.raw("text"),
  modifiedAt: sql.raw("timestamptz"),
  sizeBytes: sql.raw("bigint"),
};

export interface PageQuery {
  readonly workspaceId: string;
  readonly parentPath: string;
  readonly after: PageStart | null;
  readonly limit: number;
  readonly sort: SortKey;
  readonly descending: boolean;
  readonly now: Date;
  readonly shows: keyof typeof listColumns;
  /** Children that the caller does not see. */
  readonly without?: readonly string[];
}

/** The statement of a page: one row more than asked for tells whether more follow. `sort_key` is the database's own, to the microsecond. */
export function pageStatement(query: PageQuery): SQL {
  const key = sortKeys[query.sort];
  const direction = query.descending ? sql.raw("desc") : sql.raw("asc");
  const compare = query.descending ? sql.raw("<") : sql.raw(">");
  const start = query.after;
  const from =
    start === null ? sql`` : sql`and (${key}, n.path) ${compare} (${String(start.key)}::${sortTypes[query.sort]}, ${start.path}::text)`;
  const listed = query.shows === "tool" ? sql`and not n.attributes ? 'isUnlisted'` : sql``;
  const seen =
    query.without === undefined || query.without.length === 0 ? sql`` : sql`and n.path <> all(${sql.param(query.without)}::text[])`;
  const shownKey = query.sort === "name" ? sql`` : sql`, ${key}::text as sort_key`;
  return sql`select ${listColumns[query.shows]}${shownKey} from vfs_node n where n.workspace_id = ${query.workspaceId} and n.parent_path = ${query.parentPath} and ${live(query.now)} ${listed} ${seen} ${from} order by ${key} ${direction}, n.path ${direction} limit ${query.limit + 1}`;
}

/** A keyset page of a directory's rows: by the sort key, then by path, so that equal names page right. */
export async function pageOf(tx: Tx, query: PageQuery): Promise<{ readonly rows: readonly NodeRow[]; readonly next: PageStart | null }> {
  const raw = await run(tx, pageStatement(query));
  const kept = raw.slice(0, query.limit);
  const rows = kept.map(nodeRow);
  const last = rows.at(-1);
  if (raw.length <= query.limit || last === undefined) return { rows, next: null };
  return { rows, next: { key: query.sort === "name" ? last.name : String(kept.at(-1)?.sort_key), path: last.path, partial: false } };
}

/** The most children that are counted; a directory with more says null. */
const countedChildren = 10_000;

/** How many children a directory has, or null when they are too many to count at each page. */
export async function countChildren(tx: Tx, workspaceId: string, parentPath: string, now: Date): Promise<number | null> {
  const rows = await run(
    tx,
    sql`select count(*) as total from (select 1 from vfs_node n where n.workspace_id = ${workspaceId} and n.parent_path = ${parentPath} and ${live(now)} limit ${countedChildren + 1}) counted`,
  );
  const total = asNumber(rows[0]?.total) ?? 0;
  return total > countedChildren ? null : total;
}
