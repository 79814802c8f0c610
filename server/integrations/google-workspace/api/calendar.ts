import type { z } from "zod";
import { HubError } from "@/server/errors";
import type { CallContext } from "@/server/transport/send";
import { calendarGroup } from "../limits";
import {
  type CalendarEvent,
  type CalendarListEntry,
  calendarEvent,
  calendarListEntry,
  calendarListPage,
  type EventRow,
  eventsPage,
  wholeEventsPage,
} from "../schema/calendar";
import type { GoogleCall, GoogleHttp, Page, PageRequest, QueryValue } from "./http";

/** Calendar v3 (https://developers.google.com/workspace/calendar/api/v3/reference), as far as the hub calls it. */

/** Caps of `maxResults`, by the discovery document. */
export const maxCalendars = 250;
export const maxEvents = 2_500;

/** Instants in epoch milliseconds: events that end after `fromMs` and start before `toMs`. */
export interface EventWindow {
  readonly fromMs: number;
  readonly toMs: number;
}

/** The body of an insert or a patch; what is left out stays, null clears. */
export type EventBody = Readonly<Record<string, unknown>>;

export interface CalendarApi {
  listCalendars(page: PageRequest, context: CallContext): Promise<Page<CalendarListEntry>>;
  getCalendar(calendar: string, context: CallContext): Promise<CalendarListEntry>;
  /** Occurrences in a window, by their start; the events of a series one by one. */
  listOccurrences(calendar: string, window: EventWindow, page: PageRequest, context: CallContext): Promise<Page<EventRow>>;
  /** The occurrence that starts first of all; null where there is none. */
  findFirstOccurrence(calendar: string, context: CallContext): Promise<EventRow | null>;
  /** Events as they are kept: a series once, beside the exceptions from it and what never repeats. */
  listEvents(calendar: string, page: PageRequest, context: CallContext): Promise<Page<EventRow>>;
  /** The event, also one that was deleted a short while ago, whose status then is `cancelled`. */
  getEvent(calendar: string, event: string, context: CallContext): Promise<CalendarEvent>;
  /** Occurrences that differ from their series, deleted ones included. */
  listExceptions(calendar: string, iCalUid: string, page: PageRequest, context: CallContext): Promise<Page<CalendarEvent>>;
  /** EEXIST where the calendar has, or had, an event with that id. */
  insertEvent(calendar: string, event: EventBody & { readonly id: string }, context: CallContext): Promise<CalendarEvent>;
  /** ESTALE where the event is not the one of that etag any more. */
  patchEvent(calendar: string, event: string, etag: string, changes: EventBody, context: CallContext): Promise<CalendarEvent>;
  /** ESTALE as `patchEvent`; ENOENT where it was deleted before. */
  deleteEvent(calendar: string, event: string, etag: string, context: CallContext): Promise<void>;
}

const rowFields = "id,etag,status,summary,created,updated,htmlLink,start,end,recurrence,recurringEventId";

const pathOf = (calendar: string, event?: string): string =>
  `/calendar/v3/calendars/${encodeURIComponent(calendar)}/events${event === undefined ? "" : `/${encodeURIComponent(event)}`}`;

/** Nobody is mailed by what the hub changes; the parameter's own default differs by the time it is read. */
const quietly = { sendUpdates: "none" } as const;

/** A page token that Google does not take any more begins the list anew. */
async function withFreshCursor<T>(page: PageRequest, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (page.cursor === null || !(error instanceof HubError) || error.code !== "EINVAL") throw error;
    throw new HubError("ESTALE", "Google no longer knows this place in the list. Start the list again.", {
      details: { restart: true },
      cause: error,
    });
  }
}

/** The API over the hub's transport. */
export function createCalendarApi(http: GoogleHttp): CalendarApi {
  const get = (operation: string, path: string, query: Readonly<Record<string, QueryValue | undefined>> = {}): GoogleCall => ({
    method: "GET",
    host: "api",
    path,
    query,
    repeatability: "safe",
    operation,
    pays: [{ group: calendarGroup }],
  });

  async function list<T extends z.ZodType<{ items: readonly unknown[]; nextPageToken?: string | null | undefined }>>(
    schema: T,
    operation: string,
    path: string,
    query: Readonly<Record<string, QueryValue | undefined>>,
    cap: number,
    page: PageRequest,
    context: CallContext,
  ): Promise<{ items: z.output<T>["items"]; nextCursor: string | null }> {
    const call = get(operation, path, { ...query, maxResults: Math.min(page.limit, cap), pageToken: page.cursor ?? undefined });
    const answer = await withFreshCursor(page, () => http.json(call, schema, context));
    return { items: answer.items, nextCursor: answer.nextPageToken ?? null };
  }

  const changing = (method: "POST" | "PATCH" | "DELETE", operation: string, path: string): GoogleCall => ({
    method,
    host: "api",
    path,
    query: quietly,
    // An insert has an id of ours and the others an etag: a second one is refused, and changes nothing.
    repeatability: "idempotent",
    operation,
    pays: [{ group: calendarGroup }],
  });

  return {
    listCalendars: (page, context) =>
      list(
        calendarListPage,
        "calendarList.list",
        "/calendar/v3/users/me/calendarList",
        { fields: `items(${Object.keys(calendarListEntry.shape).join(",")}),nextPageToken` },
        maxCalendars,
        page,
        context,
      ),
    getCalendar: (calendar, context) =>
      http.json(get("calendarList.get", `/calendar/v3/users/me/calendarList/${encodeURIComponent(calendar)}`), calendarListEntry, context),
    listOccurrences: (calendar, window, page, context) =>
      list(
        eventsPage,
        "events.list",
        pathOf(calendar),
        {
          singleEvents: true,
          orderBy: "startTime",
          timeMin: new Date(window.fromMs).toISOString(),
          timeMax: new Date(window.toMs).toISOString(),
          fields: `items(${rowFields}),nextPageToken,timeZone`,
        },
        maxEvents,
        page,
        context,
      ),
    findFirstOccurrence: async (calendar, context) => {
      let cursor: string | null = null;
      do {
        const page: { items: readonly EventRow[]; nextCursor: string | null } = await list(
          eventsPage,
          "events.list",
          pathOf(calendar),
          { singleEvents: true, orderBy: "startTime", fields: `items(${rowFields}),nextPageToken` },
          1,
          { cursor, limit: 1 },
          context,
        );
        const [first] = page.items;
        if (first !== undefined) return first;
        // A page may be empty although more follow.
        cursor = page.nextCursor;
      } while (cursor !== null);
      return null;
    },
    listEvents: (calendar, page, context) =>
      list(
        eventsPage,
        "events.list",
        pathOf(calendar),
        { singleEvents: false, fields: `items(${rowFields}),nextPageToken` },
        maxEvents,
        page,
        context,
      ),
    getEvent: (calendar, event, context) => http.json(get("events.get", pathOf(calendar, event)), calendarEvent, context),
    listExceptions: (calendar, iCalUid, page, context) =>
      list(
        wholeEventsPage,
        "events.list",
        pathOf(calendar),
        { iCalUID: iCalUid, singleEvents: false, showDeleted: true },
        maxEvents,
        page,
        context,
      ),
    insertEvent: (calendar, event, context) =>
      http.json({ ...changing("POST", "events.insert", pathOf(calendar)), json: event }, calendarEvent, context),
    patchEvent: (calendar, event, etag, changes, context) =>
      http.json(
        { ...changing("PATCH", "events.patch", pathOf(calendar, event)), headers: { "if-match": etag }, json: changes },
        calendarEvent,
        context,
      ),
    deleteEvent: async (calendar, event, etag, context) => {
      await http.send({ ...changing("DELETE", "events.delete", pathOf(calendar, event)), headers: { "if-match": etag } }, context);
    },
  };
}
