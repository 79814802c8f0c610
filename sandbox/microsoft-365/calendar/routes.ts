import { DateTime } from "luxon";
import { answerOne, answerPage } from "../answers";
import { type GraphContext, noContent, readBody, requireMatch, touch } from "../context";
import { answerDeltaCall, type Change } from "../delta";
import { badRequest, GraphFailure, staleItem } from "../failures";
import { etagOf } from "../ids";
import { addressOfUser } from "../mail/messages";
import { properties } from "../metadata";
import type { CollectionRules } from "../odata/query";
import type { Route } from "../route";
import type { CalendarRow, EventFields, EventRow } from "../rows";
import {
  addEvent,
  defaultCalendar,
  findCalendar,
  findInstance,
  type Instance,
  instancesIn,
  inviteAttendees,
  momentOf,
  removeEvent,
  wholeOf,
} from "./events";
import { changedFields, readEvent, storedRecurrence, type WrittenEvent } from "./fields";
import { joinBlock, newJoinUrl } from "./online";
import { shownCalendar, shownEvent } from "./views";

/** Calendars and events (https://learn.microsoft.com/graph/api/resources/event). */

const readCalendar = ["Calendars.Read", "Calendars.ReadWrite"] as const;
const writeCalendar = ["Calendars.ReadWrite"] as const;

const calendarRules: CollectionRules & { readonly of: string } = {
  of: "calendars",
  type: "Microsoft.OutlookServices.Calendar",
  properties: properties.calendar,
  filterable: ["name"],
  orderable: ["name"],
  pageSize: 10,
  maxPageSize: 1_000,
  options: ["$filter", "$orderby", "$skip"],
};

const eventRules: CollectionRules & { readonly of: string } = {
  of: "events",
  type: "Microsoft.OutlookServices.Event",
  properties: properties.event,
  filterable: [
    "subject",
    "start/dateTime",
    "end/dateTime",
    "createdDateTime",
    "lastModifiedDateTime",
    "iCalUId",
    "isAllDay",
    "isCancelled",
    "singleValueExtendedProperties",
  ],
  orderable: ["start/dateTime", "end/dateTime", "subject", "createdDateTime", "lastModifiedDateTime"],
  pageSize: 10,
  maxPageSize: 1_000,
  options: ["$filter", "$orderby", "$skip"],
};

const viewRules: CollectionRules & { readonly of: string } = {
  ...eventRules,
  of: "calendarView",
  options: ["$orderby", "$skip"],
  parameters: ["startDateTime", "endDateTime"],
};

const eventsOf = (context: GraphContext, calendar: CalendarRow): readonly EventRow[] =>
  [...context.mailbox.events.values()].filter((event) => event.calendar === calendar.key);

function listEvents(context: GraphContext, calendar: CalendarRow) {
  const show = (event: EventRow) => shownEvent(context, wholeOf(event));
  const look = (event: EventRow) => ({
    ...show(event),
    singleValueExtendedProperties: Object.entries(event.extended).map(([id, value]) => ({ id, value })),
  });
  return answerPage(context, eventsOf(context, calendar), eventRules, show, look);
}

/** A time of a query: UTC where it names no offset. */
function readTime(context: GraphContext, name: string): number {
  const text = context.url.searchParams.get(name);
  const time = text === null ? null : DateTime.fromISO(text, { zone: "utc" });
  if (time === null || !time.isValid) {
    throw badRequest(
      "This request requires a time window specified by the query string parameters StartDateTime and EndDateTime.",
      "ErrorInvalidParameter",
    );
  }
  return time.toMillis();
}

function listView(context: GraphContext, calendar: CalendarRow) {
  const [from, to] = [readTime(context, "startDateTime"), readTime(context, "endDateTime")];
  if (to < from) throw badRequest("The end of the window is before its start.", "ErrorInvalidParameter");
  if (to - from > 5 * 366 * 86_400_000) throw badRequest("The requested time duration is too long.", "ErrorCalendarViewRangeTooBig");
  const instances = eventsOf(context, calendar).flatMap((event) => instancesIn(event, from, to));
  const sorted = instances.toSorted((one, other) => momentOf(one.fields.start) - momentOf(other.fields.start));
  return answerPage(context, sorted, viewRules, (instance) => shownEvent(context, instance));
}

function create(context: GraphContext, calendar: CalendarRow) {
  if (!calendar.canEdit) throw new GraphFailure(403, "ErrorAccessDenied", "Access is denied. Check credentials and try again.");
  const written = readEvent(readBody(context));
  const { transactionId = null } = written;
  const before =
    transactionId === null ? undefined : [...context.mailbox.events.values()].find((event) => event.transactionId === transactionId);
  if (before !== undefined) {
    if (context.settings.transactionConflict) {
      throw new GraphFailure(
        409,
        "ErrorDuplicateTransactionId",
        "Your request can't be completed. The TransactionId of the request is already in use.",
      );
    }
    return answerOne(context, shownEvent(context, wholeOf(before)), eventRules, 201);
  }
  if (written.start === undefined || written.end === undefined) throw badRequest("Start and End are required.", "ErrorInvalidRequest");
  const blank: EventFields = {
    subject: "",
    body: { contentType: "html", content: "" },
    start: { dateTime: "2000-01-01T00:00:00", timeZone: "UTC" },
    end: { dateTime: "2000-01-01T00:00:00", timeZone: "UTC" },
    isAllDay: false,
    location: "",
    attendees: [],
    showAs: written.isAllDay === true ? "free" : "busy",
    sensitivity: "normal",
    importance: "normal",
  };
  const fields = changedFields(blank, written);
  const joinUrl = written.isOnlineMeeting === true ? newJoinUrl() : null;
  const event = addEvent(context.store, context.mailbox, {
    ...fields,
    ...(joinUrl === null ? {} : { body: { contentType: "html", content: `${fields.body.content}${joinBlock(joinUrl)}` } }),
    calendar: calendar.key,
    organizer: addressOfUser(context.user),
    transactionId,
    isOnlineMeeting: joinUrl !== null,
    joinUrl,
    categories: written.categories ?? [],
    extended: Object.fromEntries((written.singleValueExtendedProperties ?? []).map(({ id, value }) => [id, value ?? ""])),
    recurrence: written.recurrence === undefined || written.recurrence === null ? null : storedRecurrence(written.recurrence, fields.start),
  });
  inviteAttendees(context, event);
  return answerOne(context, shownEvent(context, wholeOf(event)), eventRules, 201);
}

/** `If-Match` of an occurrence is of its own version. */
function requireInstanceMatch(context: GraphContext, { event, occurrence }: Instance): void {
  if (occurrence === null) {
    requireMatch(context, event);
    return;
  }
  const wanted = context.request.headers.get("if-match");
  const version = (event.exceptions[occurrence]?.version ?? 0) * 1_000 + event.version;
  if (wanted !== null && wanted !== "*" && wanted !== etagOf(event.key, version)) throw staleItem();
}

function updateOccurrence(event: EventRow, occurrence: string, fields: EventFields, written: WrittenEvent): void {
  if (written.recurrence !== undefined)
    throw badRequest("The recurrence of an occurrence cannot be set.", "ErrorOccurrenceCrossingBoundary");
  const version = (event.exceptions[occurrence]?.version ?? 0) + 1;
  event.exceptions = { ...event.exceptions, [occurrence]: { ...changedFields(fields, written), version } };
}

function updateWhole(event: EventRow, written: WrittenEvent): void {
  const fields = changedFields(event, written);
  if (written.recurrence === null) event.recurrence = null;
  else if (written.recurrence !== undefined) event.recurrence = storedRecurrence(written.recurrence, fields.start);
  else if (event.recurrence !== null && written.start !== undefined) {
    event.recurrence = { ...event.recurrence, range: { ...event.recurrence.range, startDate: fields.start.dateTime.slice(0, 10) } };
  }
  // A changed series loses what its occurrences had of their own.
  if (written.recurrence !== undefined || written.start !== undefined || written.end !== undefined)
    Object.assign(event, { exceptions: {}, cancelled: [] });
  Object.assign(event, fields);
  // "To preserve the online meeting … retain the meeting blob in the body" (event-update): without it the meeting is one no more.
  if (event.joinUrl !== null && !event.body.content.includes(event.joinUrl))
    Object.assign(event, { isOnlineMeeting: false, joinUrl: null });
  if (written.isOnlineMeeting === true && event.joinUrl === null) {
    const joinUrl = newJoinUrl();
    Object.assign(event, {
      isOnlineMeeting: true,
      joinUrl,
      body: { contentType: "html", content: `${event.body.content}${joinBlock(joinUrl)}` },
    });
  }
}

function update(context: GraphContext, instance: Instance) {
  requireInstanceMatch(context, instance);
  const written = readEvent(readBody(context));
  if (written.transactionId !== undefined) throw badRequest("The property 'transactionId' cannot be changed.", "ErrorInvalidPropertySet");
  const { event, occurrence, fields } = instance;
  if (occurrence === null) updateWhole(event, written);
  else updateOccurrence(event, occurrence, fields, written);
  if (written.categories !== undefined) event.categories = [...written.categories];
  touch(context, event);
  inviteAttendees(context, event);
  const calendar = context.mailbox.calendars.get(event.calendar) ?? null;
  return answerOne(context, shownEvent(context, findInstance(context, idOf(context, instance), calendar)), eventRules);
}

const idOf = (context: GraphContext, instance: Instance): string => String(shownEvent(context, instance).id);

function remove(context: GraphContext, instance: Instance) {
  requireInstanceMatch(context, instance);
  const { event, occurrence } = instance;
  if (occurrence === null) {
    removeEvent(context, context.mailbox, event);
    inviteAttendees(context, event, true);
    return noContent();
  }
  event.cancelled = [...event.cancelled, occurrence];
  touch(context, event);
  inviteAttendees(context, event);
  return noContent();
}

const inCalendar = (context: GraphContext, calendar: string | undefined): CalendarRow =>
  calendar === undefined ? defaultCalendar(context.mailbox) : findCalendar(context.mailbox, calendar);

/** The same endpoints stand below each calendar and, for the default one, below the person. */
const routesBelow = (prefix: string): readonly Route[] => [
  {
    method: "GET",
    pattern: `${prefix}/events`,
    scopes: readCalendar,
    limit: "mailbox",
    run: (context, { calendar }) => listEvents(context, inCalendar(context, calendar)),
  },
  {
    method: "POST",
    pattern: `${prefix}/events`,
    scopes: writeCalendar,
    limit: "mailbox",
    run: (context, { calendar }) => create(context, inCalendar(context, calendar)),
  },
  {
    method: "GET",
    pattern: `${prefix}/events/{event}`,
    scopes: readCalendar,
    limit: "mailbox",
    run: (context, { calendar, event = "" }) =>
      answerOne(
        context,
        shownEvent(context, findInstance(context, event, calendar === undefined ? null : inCalendar(context, calendar))),
        eventRules,
      ),
  },
  {
    method: "PATCH",
    pattern: `${prefix}/events/{event}`,
    scopes: writeCalendar,
    limit: "mailbox",
    run: (context, { calendar, event = "" }) =>
      update(context, findInstance(context, event, calendar === undefined ? null : inCalendar(context, calendar))),
  },
  {
    method: "DELETE",
    pattern: `${prefix}/events/{event}`,
    scopes: writeCalendar,
    limit: "mailbox",
    run: (context, { calendar, event = "" }) =>
      remove(context, findInstance(context, event, calendar === undefined ? null : inCalendar(context, calendar))),
  },
  {
    method: "GET",
    pattern: `${prefix}/events/{event}/instances`,
    scopes: readCalendar,
    limit: "mailbox",
    run(context, { event = "" }) {
      const whole = findInstance(context, event, null).event;
      const [from, to] = [readTime(context, "startDateTime"), readTime(context, "endDateTime")];
      return answerPage(context, instancesIn(whole, from, to), viewRules, (instance) => shownEvent(context, instance));
    },
  },
  {
    method: "GET",
    pattern: `${prefix}/calendarView`,
    scopes: readCalendar,
    limit: "mailbox",
    run: (context, { calendar }) => listView(context, inCalendar(context, calendar)),
  },
];

function viewChanges(context: GraphContext, since: number, parameters: Readonly<Record<string, string>>): readonly Change[] {
  const [from = 0, to = 0] = ["startDateTime", "endDateTime"].map((name) => Date.parse(parameters[name] ?? ""));
  const calendar = defaultCalendar(context.mailbox);
  const there = eventsOf(context, calendar).filter((event) => event.seq > since);
  const gone =
    since === 0
      ? []
      : context.mailbox.tombstones.filter((one) => one.type === "event" && one.container === calendar.key && one.seq > since);
  return [
    ...there.flatMap((event) =>
      instancesIn(event, from, to).map((instance): Change => ({ seq: event.seq, show: () => shownEvent(context, instance) })),
    ),
    ...gone.map(({ id, seq }): Change => ({ seq, show: () => ({ id, "@removed": { reason: "deleted" } }) })),
  ].toSorted((one, other) => one.seq - other.seq);
}

export const calendarRoutes: readonly Route[] = [
  {
    method: "GET",
    pattern: "/me/calendars",
    scopes: readCalendar,
    limit: "mailbox",
    run: (context) =>
      answerPage(context, [...context.mailbox.calendars.values()], calendarRules, (row) => shownCalendar(context.mailbox, row)),
  },
  {
    method: "GET",
    pattern: "/me/calendars/{calendar}",
    scopes: readCalendar,
    limit: "mailbox",
    run: (context, { calendar = "" }) =>
      answerOne(context, shownCalendar(context.mailbox, findCalendar(context.mailbox, calendar)), calendarRules),
  },
  {
    method: "GET",
    pattern: "/me/calendar",
    scopes: readCalendar,
    limit: "mailbox",
    run: (context) => answerOne(context, shownCalendar(context.mailbox, defaultCalendar(context.mailbox)), calendarRules),
  },
  {
    method: "GET",
    pattern: "/me/calendarView/delta",
    scopes: readCalendar,
    limit: "mailbox",
    run: (context) =>
      answerDeltaCall(context, {
        of: "calendarView",
        type: eventRules.type,
        properties: eventRules.properties,
        selects: false,
        parameters: ["startDateTime", "endDateTime"],
        gone: "outlook",
        changes: (since, parameters) => viewChanges(context, since, parameters),
      }),
  },
  ...routesBelow("/me"),
  ...routesBelow("/me/calendar"),
  ...routesBelow("/me/calendars/{calendar}"),
];
