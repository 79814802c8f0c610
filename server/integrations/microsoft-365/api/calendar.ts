import { z } from "zod";
import { HubError } from "@/server/errors";
import type { CallContext } from "@/server/transport/send";
import { type Calendar, calendar, type Event, type EventRow, event, eventFields, eventRow, eventRowFields } from "../schema/calendar";
import { type GraphCaller, type Page, type PageRequest, pageSizeOf, pathOf, segment } from "./http";
import type { TimeSpan } from "./mail";
import { markedWith, withMarker } from "./marker";

/** Outlook calendars (https://learn.microsoft.com/graph/api/resources/calendar). Times are asked for in UTC. */

const utc = 'outlook.timezone="UTC"';
const html = 'outlook.body-content-type="html"';

const calendarFields = ["id", "name", "canEdit", "isDefaultCalendar", "changeKey", "owner"] as const;

/** An event as Graph's `POST` and `PATCH` take it; the format makes it. */
export type EventFields = Readonly<Record<string, unknown>>;

export interface CalendarApi {
  listCalendars(page: PageRequest, context: CallContext): Promise<Page<Calendar>>;
  /** ENOENT where there is none; so do all `get` below. */
  getCalendar(id: string, context: CallContext): Promise<Calendar>;
  /** Single events and the masters of series, by the first start. */
  listEvents(calendar: string, page: PageRequest, context: CallContext): Promise<Page<EventRow>>;
  /** When the first event of a calendar starts; null for an empty one. */
  findFirstStart(calendar: string, context: CallContext): Promise<string | null>;
  /** Everything that takes place in that time, series expanded, by start. */
  listView(calendar: string, span: TimeSpan, page: PageRequest, context: CallContext): Promise<Page<EventRow>>;
  /** The event, if it is in that calendar. Its start and end come in `timeZone` (IANA), UTC where none is given. */
  getEvent(calendar: string, id: string, context: CallContext, timeZone?: string): Promise<Event>;
  /** `seed` makes the call safe to repeat. */
  createEvent(calendar: string, fields: EventFields, seed: string, context: CallContext): Promise<EventRow>;
  /** With `ifMatch`, only while the event still has that etag: ESTALE otherwise. */
  updateEvent(calendar: string, id: string, fields: EventFields, ifMatch: string | null, context: CallContext): Promise<void>;
  deleteEvent(calendar: string, id: string, context: CallContext): Promise<void>;
}

export function createCalendarApi(graph: GraphCaller): CalendarApi {
  const calendarPath = (id: string, below = "") => `/me/calendars/${segment(id)}${below}`;
  const eventPath = (of: string, id: string) => calendarPath(of, `/events/${segment(id)}`);

  return {
    listCalendars: (page, context) => {
      const path = pathOf("/me/calendars", { $top: pageSizeOf(page.limit), $select: calendarFields.join(",") });
      return graph.page(calendar, { path, operation: "GET /me/calendars" }, page.next, context);
    },
    getCalendar: (id, context) => {
      const path = pathOf(calendarPath(id), { $select: calendarFields.join(",") });
      return graph.call(calendar, { method: "GET", path, operation: "GET /me/calendars/{id}", repeatability: "safe" }, context);
    },
    listEvents: (of, page, context) => {
      const path = pathOf(calendarPath(of, "/events"), {
        $orderby: "start/dateTime",
        $top: pageSizeOf(page.limit),
        $select: eventRowFields.join(","),
      });
      return graph.page(eventRow, { path, operation: "GET /me/calendars/{id}/events", prefer: [utc] }, page.next, context);
    },
    async findFirstStart(of, context) {
      const path = pathOf(calendarPath(of, "/events"), { $orderby: "start/dateTime", $top: 1, $select: "id,start,end" });
      const { items } = await graph.page(eventRow, { path, operation: "GET /me/calendars/{id}/events", prefer: [utc] }, null, context);
      return items[0]?.start.dateTime ?? null;
    },
    listView: (of, { from, to }, page, context) => {
      const path = pathOf(calendarPath(of, "/calendarView"), {
        startDateTime: from,
        endDateTime: to,
        $orderby: "start/dateTime",
        $top: pageSizeOf(page.limit),
        $select: eventRowFields.join(","),
      });
      return graph.page(eventRow, { path, operation: "GET /me/calendars/{id}/calendarView", prefer: [utc] }, page.next, context);
    },
    getEvent: (of, id, context, timeZone) => {
      const path = pathOf(eventPath(of, id), { $select: eventFields.join(",") });
      const prefer = [timeZone === undefined ? utc : `outlook.timezone="${timeZone}"`, html];
      return graph.call(
        event,
        { method: "GET", path, operation: "GET /me/calendars/{id}/events/{id}", repeatability: "safe", prefer },
        context,
      );
    },
    async createEvent(of, fields, seed, context) {
      const operation = "POST /me/calendars/{id}/events";
      try {
        // "transactionId: a custom identifier … for the server to avoid redundant POST operations" (resources/event).
        const body = { ...fields, transactionId: seed, ...withMarker(seed) };
        const call = {
          method: "POST",
          path: calendarPath(of, "/events"),
          operation,
          repeatability: "idempotent",
          body,
          prefer: [utc],
        } as const;
        return await graph.call(eventRow, call, context);
      } catch (error) {
        // What Graph answers a repeated transactionId is not documented; a conflict means that the event is there.
        if (!(error instanceof HubError) || error.code !== "EEXIST") throw error;
        const path = pathOf(calendarPath(of, "/events"), {
          $filter: markedWith(seed),
          $top: 1,
          $select: eventRowFields.join(","),
        });
        const { items } = await graph.page(eventRow, { path, operation: "GET /me/calendars/{id}/events", prefer: [utc] }, null, context);
        const [found] = items;
        if (found === undefined) throw error;
        return found;
      }
    },
    async updateEvent(of, id, fields, ifMatch, context) {
      const call = {
        method: "PATCH",
        path: eventPath(of, id),
        operation: "PATCH /me/calendars/{id}/events/{id}",
        repeatability: "unsafe",
      } as const;
      await graph.call(z.object({ id: z.string() }), { ...call, body: fields, ifMatch, prefer: [utc] }, context);
    },
    deleteEvent: (of, id, context) =>
      graph.run(
        { method: "DELETE", path: eventPath(of, id), operation: "DELETE /me/calendars/{id}/events/{id}", repeatability: "idempotent" },
        context,
      ),
  };
}
