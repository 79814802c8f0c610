import { createHmac, randomBytes } from "node:crypto";
import { badRequest, GoogleRefusal, invalidParameter } from "../failures";
import { type createPageTokens, readPageSize } from "../pages";
import { instantOf, occurrenceEvent, occurrencesOf } from "./recurrence";
import type { CalendarStore, StoredCalendar, StoredEvent } from "./store";

/** Lists of events: windows, expanded series, deleted ones, pages and sync tokens. */

export interface ListContext {
  readonly store: CalendarStore;
  readonly calendar: StoredCalendar;
  readonly clock: () => number;
  readonly pages: ReturnType<typeof createPageTokens>;
  readonly syncTokens: SyncTokens;
  /** Google may answer an empty page although more follow; then the first one is. */
  readonly emptyFirstPage: boolean;
}

export interface EventPage {
  readonly events: readonly StoredEvent[];
  readonly nextPageToken: string | null;
  readonly nextSyncToken: string | null;
}

export interface SyncTokens {
  issue(list: readonly string[], version: number): string;
  /** The version; 410 `fullSyncRequired` for a token that is too old, or of another list. */
  read(list: readonly string[], token: string): number;
}

export function createSyncTokens(options: { readonly clock: () => number; readonly goodSeconds: () => number }): SyncTokens {
  const key = randomBytes(32);
  const seal = (list: readonly string[], body: string) =>
    createHmac("sha256", key)
      .update(`${list.join("\n")}\n${body}`)
      .digest("base64url")
      .slice(0, 22);
  const gone = () =>
    new GoogleRefusal(410, "fullSyncRequired", "Sync token is no longer valid, a full sync is required.", {
      domain: "calendar",
      location: "syncToken",
    });
  return {
    issue(list, version) {
      const body = Buffer.from(JSON.stringify([options.clock(), version])).toString("base64url");
      return `CP${body}${seal(list, body)}`;
    },
    read(list, token) {
      const body = token.slice(2, -22);
      if (!token.startsWith("CP") || token.length < 26 || seal(list, body) !== token.slice(-22)) throw gone();
      const [issuedAtMs, version] = JSON.parse(Buffer.from(body, "base64url").toString("utf8")) as [number, number];
      if (options.clock() - issuedAtMs > options.goodSeconds() * 1000) throw gone();
      return version;
    },
  };
}

function readInstant(query: URLSearchParams, name: string): number | null {
  const text = query.get(name);
  if (text === null) return null;
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/i.test(text) || Number.isNaN(Date.parse(text))) {
    throw new GoogleRefusal(400, "badRequest", "Bad Request", { location: name });
  }
  return Date.parse(text);
}

function readFlag(query: URLSearchParams, name: string): boolean {
  const text = query.get(name);
  if (text === null || text === "false") return false;
  if (text === "true") return true;
  throw invalidParameter(name, `Invalid boolean value: '${text.slice(0, 40)}'.`);
}

/** Refused beside a sync token, by the discovery document. */
const notWithSyncToken = [
  "iCalUID",
  "orderBy",
  "privateExtendedProperty",
  "q",
  "sharedExtendedProperty",
  "timeMin",
  "timeMax",
  "updatedMin",
];

const yearMs = 366 * 86_400_000;
/** Where a series without end is cut in a list without `timeMax`. Google does not say where it does. */
const endlessYears = 5;

const matches = (event: StoredEvent, words: readonly string[]): boolean => {
  const text = [
    event.summary,
    event.description,
    event.location,
    event.organizer.email,
    ...event.attendees.flatMap((one) => [one.email, one.displayName]),
  ]
    .join("\n")
    .toLowerCase();
  return words.every((word) => text.includes(word));
};

/** The events of a series in a window: each occurrence by itself, or as its exception has it. */
function expand(
  series: StoredEvent,
  exceptions: ReadonlyMap<string, StoredEvent>,
  beforeMs: number,
  showDeleted: boolean,
): readonly StoredEvent[] {
  const regular = occurrencesOf(series, beforeMs)
    .filter(({ id }) => !exceptions.has(id))
    .map((occurrence) => occurrenceEvent(series, occurrence));
  const changed = [...exceptions.values()].filter(({ status }) => showDeleted || status !== "cancelled");
  return [...regular, ...changed];
}

/** One page of `events.list`. */
export function listEvents(query: URLSearchParams, context: ListContext): EventPage {
  const { store, calendar } = context;
  const size = readPageSize(query, "maxResults", 250, 2500);
  const singleEvents = readFlag(query, "singleEvents");
  const showDeleted = readFlag(query, "showDeleted");
  const [timeMin, timeMax, updatedMin] = [readInstant(query, "timeMin"), readInstant(query, "timeMax"), readInstant(query, "updatedMin")];
  if (timeMin !== null && timeMax !== null && timeMin >= timeMax) throw badRequest("The specified time range is empty.");
  const orderBy = query.get("orderBy");
  if (orderBy !== null && orderBy !== "startTime" && orderBy !== "updated")
    throw invalidParameter("orderBy", `Invalid value: '${orderBy.slice(0, 40)}'.`);
  if (orderBy === "startTime" && !singleEvents) throw badRequest("The requested ordering is not available for the particular query.");
  const words = (query.get("q") ?? "")
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "");
  const list = [
    calendar.id,
    ...[...query]
      .filter(([name]) => !["pageToken", "maxResults", "syncToken", "fields", "alt", "prettyPrint"].includes(name))
      .map(([name, value]) => `${name}=${value}`)
      .sort(),
  ];

  const syncToken = query.get("syncToken");
  if (syncToken !== null) {
    const with400 = notWithSyncToken.find((name) => query.has(name));
    if (with400 !== undefined) throw badRequest(`Sync token cannot be used with ${with400}.`);
  }
  const since = syncToken === null ? null : context.syncTokens.read(list, syncToken);

  const all = [...store.eventsIn(calendar.id).values()];
  const properties = (name: "privateExtendedProperty" | "sharedExtendedProperty") =>
    query.getAll(name).map((pair) => {
      const [key = "", ...value] = pair.split("=");
      return [key, value.join("=")] as const;
    });
  const [privately, shared] = [properties("privateExtendedProperty"), properties("sharedExtendedProperty")];
  const uid = query.get("iCalUID");
  const beforeMs = timeMax ?? context.clock() + endlessYears * yearMs;

  const exceptionsBySeries = new Map<string, Map<string, StoredEvent>>();
  for (const event of all) {
    if (event.recurringEventId === undefined) continue;
    const known = exceptionsBySeries.get(event.recurringEventId) ?? new Map<string, StoredEvent>();
    exceptionsBySeries.set(event.recurringEventId, known.set(event.id, event));
  }
  const isLive = (id: string) => store.find(calendar.id, id)?.status !== "cancelled";

  const candidates = all.flatMap((event): readonly StoredEvent[] => {
    if (since !== null) return event.version > since ? [event] : [];
    if (!singleEvents) {
      // "Cancelled instances of recurring events (but not the underlying recurring event) will still be included".
      const isException = event.recurringEventId !== undefined && isLive(event.recurringEventId);
      return event.status !== "cancelled" || showDeleted || isException ? [event] : [];
    }
    if (event.recurringEventId !== undefined) return [];
    if (event.status === "cancelled") return showDeleted && event.recurrence === undefined ? [event] : [];
    if (event.recurrence === undefined) return [event];
    return expand(event, exceptionsBySeries.get(event.id) ?? new Map(), beforeMs, showDeleted);
  });

  const found = candidates.filter((event) => {
    if (uid !== null && event.iCalUID !== uid) return false;
    if (updatedMin !== null && Date.parse(event.updated) < updatedMin) return false;
    if (words.length > 0 && !matches(event, words)) return false;
    if (privately.some(([key, value]) => event.privateProperties?.[key] !== value)) return false;
    if (shared.some(([key, value]) => event.sharedProperties?.[key] !== value)) return false;
    return inWindow(event, timeMin, timeMax, calendar.timeZone, singleEvents);
  });

  // The position is that of the last event given, so that what comes and goes between two pages shifts none.
  const keyOf = (event: StoredEvent): string => {
    if (orderBy === "startTime") return `${String(instantOf(event.start, calendar.timeZone) + 1e15)} ${event.id}`;
    if (orderBy === "updated") return `${event.updated} ${event.id}`;
    return event.id;
  };
  const position = context.pages.read(list, query.get("pageToken"));
  const rows = found
    .map((event) => ({ key: keyOf(event), event }))
    .filter(({ key }) => position === null || key > position)
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  const count = context.emptyFirstPage && position === null && rows.length > 0 ? 0 : size;
  const shown = rows.slice(0, count);
  const isLast = rows.length <= count;
  // Lists that are expanded or ordered are seen to give no sync token (googleapis/google-api-php-client#2637).
  const syncs = !singleEvents && orderBy === null && words.length === 0 && updatedMin === null && uid === null;
  return {
    events: shown.map(({ event }) => event),
    nextPageToken: isLast ? null : context.pages.issue(list, shown.at(-1)?.key ?? ""),
    nextSyncToken: isLast && syncs ? context.syncTokens.issue(list, store.state.version) : null,
  };
}

/** `timeMin` bounds the end and `timeMax` the start, both exclusive; a series that is not expanded is in where an occurrence is. */
function inWindow(event: StoredEvent, timeMin: number | null, timeMax: number | null, zone: string, expanded: boolean): boolean {
  const startMs = instantOf(event.start, zone);
  const endMs = instantOf(event.end, zone);
  if (timeMax !== null && startMs >= timeMax) return false;
  if (timeMin === null || endMs > timeMin || (startMs === endMs && startMs > timeMin)) return true;
  if (expanded || event.recurrence === undefined) return false;
  const lengthMs = endMs - startMs;
  return occurrencesOf(event, timeMax ?? timeMin + yearMs).some((one) => one.startMs + lengthMs > timeMin);
}

/** One page of `events.instances`. */
export function listInstances(series: StoredEvent, query: URLSearchParams, context: ListContext): EventPage {
  const size = readPageSize(query, "maxResults", 250, 2500);
  const [timeMin, timeMax] = [readInstant(query, "timeMin"), readInstant(query, "timeMax")];
  const showDeleted = readFlag(query, "showDeleted");
  const exceptions = new Map(context.store.exceptionsOf(series).map((event) => [event.id, event]));
  const list = ["instances", series.calendar, series.id, query.get("timeMin") ?? "", query.get("timeMax") ?? "", String(showDeleted)];
  const position = context.pages.read(list, query.get("pageToken"));
  const beforeMs = timeMax ?? context.clock() + endlessYears * yearMs;
  const rows = expand(series, exceptions, beforeMs, showDeleted)
    .filter((event) => inWindow(event, timeMin, timeMax, context.calendar.timeZone, true))
    .filter(({ id }) => position === null || id > position)
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  const shown = rows.slice(0, size);
  return {
    events: shown,
    nextPageToken: rows.length > size ? context.pages.issue(list, shown.at(-1)?.id ?? "") : null,
    nextSyncToken: null,
  };
}

/** The event that an id means in a calendar, an occurrence of a series included; null where there is none. */
export function findEvent(
  store: CalendarStore,
  calendar: string,
  id: string,
  split: { readonly series: string; readonly startMs: number } | null,
): StoredEvent | null {
  const stored = store.find(calendar, id);
  if (stored !== null || split === null) return stored;
  const series = store.find(calendar, split.series);
  if (series?.recurrence === undefined) return null;
  const occurrence = occurrencesOf(series, split.startMs + 1).find((one) => one.id === id);
  return occurrence === undefined ? null : occurrenceEvent(series, occurrence);
}
