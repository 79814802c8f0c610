import { badQuery, badRequest, GraphFailure } from "../failures";
import { type Filter, parseFilter, type Shown } from "./filter";

/** The query options of one collection (https://learn.microsoft.com/graph/query-parameters): what it takes, and what it refuses. */
export interface CollectionRules {
  /** `Microsoft.OutlookServices.Message`, as Graph's errors name it. */
  readonly type: string;
  /** Every property that may be selected. */
  readonly properties: readonly string[];
  readonly filterable: readonly string[];
  readonly orderable: readonly string[];
  readonly pageSize: number;
  readonly maxPageSize: number;
  /** Options that are taken beside `$select`, `$top` and paging. */
  readonly options: readonly ("$filter" | "$orderby" | "$expand" | "$count" | "$search" | "$skip")[];
  /** Query parameters that are not OData's own (`startDateTime`). */
  readonly parameters?: readonly string[];
  /** Outlook refuses to order by what does not lead the filter. */
  readonly orderLeadsFilter?: boolean;
}

export interface Query {
  readonly select: readonly string[] | null;
  readonly filter: Filter | null;
  readonly order: readonly { readonly property: string; readonly descending: boolean }[];
  readonly top: number;
  readonly skip: number;
}

const systemOptions = ["$select", "$top", "$skiptoken"];

function single(query: URLSearchParams, name: string): string | null {
  const values = query.getAll(name);
  if (values.length > 1) throw badQuery(`Query option '${name}' was specified more than once, but it must be specified at most once.`);
  return values[0] ?? null;
}

function readNumber(text: string | null, name: string, least: number): number | null {
  if (text === null) return null;
  if (!/^\d+$/.test(text) || Number(text) < least) throw badRequest(`Invalid value '${text}' for ${name} query option found.`);
  return Number(text);
}

/** The names after `$select=`, each one of the type's. */
export function readSelect(query: URLSearchParams, rules: Pick<CollectionRules, "type" | "properties">): readonly string[] | null {
  const text = single(query, "$select");
  if (text === null) return null;
  const names = text.split(",").map((name) => name.trim());
  for (const name of names) {
    if (!rules.properties.includes(name))
      throw badQuery(`Parsing OData Select and Expand failed: Could not find a property named '${name}' on type '${rules.type}'.`);
  }
  return names;
}

function readOrder(query: URLSearchParams, rules: CollectionRules): Query["order"] {
  const text = single(query, "$orderby");
  if (text === null) return [];
  return text.split(",").map((part) => {
    const match = /^\s*([\w/]+)(?:\s+(asc|desc))?\s*$/.exec(part);
    const property = match?.[1] ?? "";
    if (match === null || !rules.orderable.includes(property))
      throw badQuery(`The query option '$orderby' is not supported for '${part.trim()}' on '${rules.type}'.`);
    return { property, descending: match[2] === "desc" };
  });
}

/** Reads and checks the options of a collection's `GET`; 400 names what is refused. */
export function readQuery(query: URLSearchParams, rules: CollectionRules): Query {
  const allowed = new Set<string>([...systemOptions, ...rules.options, ...(rules.parameters ?? [])]);
  for (const name of query.keys()) {
    if (!allowed.has(name)) throw badQuery(`The query parameter '${name}' is not supported here.`);
  }
  const top = readNumber(single(query, "$top"), "$top", 1);
  if (top !== null && top > rules.maxPageSize) {
    throw badRequest(`Invalid page size specified: '${top}'. Must be between 1 and ${rules.maxPageSize} inclusive.`);
  }
  const filterText = single(query, "$filter");
  const filter = filterText === null ? null : parseFilter(filterText);
  for (const property of filter?.properties ?? []) {
    if (!rules.filterable.includes(property)) {
      throw badRequest(
        `Invalid filter clause: the property '${property}' of '${rules.type}' cannot be filtered by.`,
        "ErrorInvalidUrlQueryFilter",
      );
    }
  }
  const order = readOrder(query, rules);
  if (rules.orderLeadsFilter === true && filter !== null) {
    const leads = order.every(({ property }, index) => filter.properties[index] === property);
    if (!leads) throw new GraphFailure(400, "InefficientFilter", "The restriction or sort order is too complex for this operation.");
  }
  return {
    select: readSelect(query, rules),
    filter,
    order,
    top: top ?? rules.pageSize,
    skip: readToken(single(query, "$skiptoken")) ?? readNumber(single(query, "$skip"), "$skip", 0) ?? 0,
  };
}

function readToken(text: string | null): number | null {
  if (text === null) return null;
  const match = /^skip-(\d+)$/.exec(Buffer.from(text, "base64url").toString("utf8"));
  if (match === null) throw badRequest("The $skiptoken is not one of this service's.");
  return Number(match[1]);
}

const rank = (value: unknown): string | number => {
  if (typeof value === "number") return value;
  const text = typeof value === "boolean" ? (value ? "1" : "0") : String(value ?? "");
  return /^\d{4}-\d{2}-\d{2}T/.test(text)
    ? Date.parse(text.endsWith("Z") || /[+-]\d{2}:\d{2}$/.test(text) ? text : `${text}Z`)
    : text.toLowerCase();
};

const at = (record: Shown, path: string): unknown =>
  path
    .split("/")
    .reduce<unknown>(
      (value, name) => (typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined),
      record,
    );

function sorter(order: Query["order"]): (one: Shown, other: Shown) => number {
  return (one, other) => {
    for (const { property, descending } of order) {
      const [a, b] = [rank(at(one, property)), rank(at(other, property))];
      if (a !== b) return (a < b ? -1 : 1) * (descending ? -1 : 1);
    }
    return 0;
  };
}

/** The properties of an answer that were asked for; the id and OData's own always come. */
export function selected(record: Shown, select: readonly string[] | null): Shown {
  if (select === null) return record;
  return Object.fromEntries(Object.entries(record).filter(([name]) => name.startsWith("@") || name === "id" || select.includes(name)));
}

export interface PageOf {
  readonly value: readonly Shown[];
  /** How many come before the next page; null at the end. */
  readonly nextSkip: number | null;
}

/**
 * One page of `rows`: filtered, ordered, cut. `show` makes a row what Graph shows; `look` gives what it is filtered and ordered by, which may
 * be less, and may hold what is not shown.
 */
export function pageOf<Row>(rows: readonly Row[], query: Query, show: (row: Row) => Shown, look: (row: Row) => Shown = show): PageOf {
  const { filter, order, skip, top } = query;
  let kept = rows;
  if (filter !== null || order.length > 0) {
    const looked = rows.map((row) => ({ row, record: look(row) }));
    const matching = filter === null ? looked : looked.filter(({ record }) => filter.matches(record));
    const compare = sorter(order);
    const sorted = order.length === 0 ? matching : matching.toSorted((one, other) => compare(one.record, other.record));
    kept = sorted.map(({ row }) => row);
  }
  const page = kept.slice(skip, skip + top).map((row) => selected(show(row), query.select));
  return { value: page, nextSkip: skip + top < kept.length ? skip + top : null };
}

/** The link to the next page: the request's own query with an opaque `$skiptoken`. */
export function nextLink(origin: string, url: URL, skip: number): string {
  const query = new URLSearchParams(url.search);
  query.delete("$skip");
  query.set("$skiptoken", Buffer.from(`skip-${skip}`).toString("base64url"));
  return `${origin}${url.pathname}?${query}`;
}
