import { invalidArgument } from "./failures";
import type { Row } from "./rows";

/** The arguments that every connection of Linear takes. */
export interface PageArguments {
  readonly first?: number | null;
  readonly last?: number | null;
  readonly after?: string | null;
  readonly before?: string | null;
  readonly orderBy?: "createdAt" | "updatedAt" | null;
  readonly includeArchived?: boolean | null;
  readonly sort?: unknown;
}

export interface Connection<T> {
  readonly nodes: readonly T[];
  readonly edges: readonly { readonly cursor: string; readonly node: T }[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
}

const defaultSize = 50;
const maxSize = 250;

type Order = "createdAt" | "updatedAt";

function encodeCursor(order: Order, row: Row): string {
  return Buffer.from(JSON.stringify([order, row[order], row.id])).toString("base64url");
}

/** The place a cursor names; a cursor of the other order is refused, since a walk must not change its order. */
function decodeCursor(property: "after" | "before", cursor: string, order: Order): readonly [string, string] {
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
  } catch {
    parts = null;
  }
  const [kind, key, id] = Array.isArray(parts) ? parts : [];
  if (kind !== order || typeof key !== "string" || typeof id !== "string") {
    throw invalidArgument(property, "cursor", `${property} is not a cursor of this connection`);
  }
  return [key, id];
}

function checkSize(property: "first" | "last", size: number | null | undefined): void {
  if (size === null || size === undefined) return;
  if (size > maxSize) throw invalidArgument(property, "max", `${property} must not be greater than ${maxSize}`);
  if (size < 1) throw invalidArgument(property, "min", `${property} must not be less than 1`);
}

/** One page, newest first by either key; ids break ties, so that no row is lost between pages. */
export function paginate<T extends Row>(rows: Iterable<T>, page: PageArguments): Connection<T> {
  checkSize("first", page.first);
  checkSize("last", page.last);
  if (typeof page.first === "number" && typeof page.last === "number") {
    throw invalidArgument("last", "exclusive", "first and last must not be given together");
  }
  const order = page.orderBy ?? "createdAt";
  const before = (key: string, id: string, row: Row) => (row[order] === key ? row.id < id : row[order] > key);
  const after = (key: string, id: string, row: Row) => (row[order] !== key || row.id !== id ? !before(key, id, row) : false);
  const sorted = [...rows]
    .filter((row) => page.includeArchived === true || row.archivedAt === null)
    .sort((left, right) => (left[order] === right[order] ? (left.id < right.id ? -1 : 1) : left[order] > right[order] ? -1 : 1));
  let within = sorted;
  if (page.after !== null && page.after !== undefined) {
    const [key, id] = decodeCursor("after", page.after, order);
    within = within.filter((row) => after(key, id, row));
  }
  if (page.before !== null && page.before !== undefined) {
    const [key, id] = decodeCursor("before", page.before, order);
    within = within.filter((row) => before(key, id, row));
  }
  const nodes = typeof page.last === "number" ? within.slice(-page.last) : within.slice(0, page.first ?? defaultSize);
  const edges = nodes.map((node) => ({ cursor: encodeCursor(order, node), node }));
  const place = (row: T | undefined) => (row === undefined ? -1 : sorted.indexOf(row));
  const last = nodes.at(-1);
  return {
    nodes,
    edges,
    pageInfo: {
      hasNextPage: last !== undefined && place(last) < sorted.length - 1,
      hasPreviousPage: nodes.length > 0 && place(nodes[0]) > 0,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}
