import { IANAZone } from "luxon";
import type { ReferencePrinter } from "@/server/vfs/tool-mount";
import { type CalendarObject, printCalendarFile } from "../../calendar-file";
import { type EventFile, printEventFile } from "../../events";
import type { PrintedField } from "../../front-matter";
import { type Mailbox, printMailbox, toMailbox } from "../../mailboxes";
import { type EventMoment, isAllDay, momentMs, toMoment } from "../../moments";
import { printReference } from "../../references";
import type { CalendarEvent, EventAttendee, EventRow, EventTime } from "../schema/calendar";
import { descriptionToMarkdown, descriptionToText } from "./description";

/** Calendar's events as files. */

export const visibilities = ["default", "public", "private", "confidential"] as const;
export const transparencies = ["opaque", "transparent"] as const;
export const statuses = ["confirmed", "tentative"] as const;

/** Calendar's own fields behind those that all calendars share: what can be changed, and what is only told. */
export const writableExtras = ["status", "visibility", "transparency"] as const;
export type WritableExtra = (typeof writableExtras)[number];
export const readOnlyKeys = ["organizer", "responses", "join", "series", "original_start", "event_type", "created_at", "id"] as const;
export type ReadOnlyKey = (typeof readOnlyKeys)[number];
export const extraKeys = [...writableExtras, ...readOnlyKeys] as const;

/** What an absent value means, by the discovery document. */
export const extraDefaults: Readonly<Record<WritableExtra, string>> = {
  status: "confirmed",
  visibility: "default",
  transparency: "opaque",
};

/** A time of Calendar as a moment; a zone that is none, or not said, is `fallbackZone`. Null where there is no time. */
export function findMoment(time: EventTime | null | undefined, fallbackZone: string): EventMoment | null {
  if (time?.date) return { date: time.date };
  if (!time?.dateTime || Number.isNaN(Date.parse(time.dateTime))) return null;
  const zone = time.timeZone && IANAZone.isValidZone(time.timeZone) ? time.timeZone : fallbackZone;
  return toMoment(time.dateTime, zone);
}

const epoch: EventMoment = { date: "1970-01-01" };

/** When an event is; every event that is not deleted has both. */
export function timesOf(event: EventRow, fallbackZone: string): { readonly start: EventMoment; readonly end: EventMoment } {
  const start = findMoment(event.start, fallbackZone) ?? epoch;
  return { start, end: findMoment(event.end, fallbackZone) ?? start };
}

export const isSeries = (event: EventRow): boolean => (event.recurrence ?? []).length > 0;

export const mailboxOf = (attendee: { readonly email?: string | null; readonly displayName?: string | null }): Mailbox | null =>
  attendee.email ? toMailbox(attendee.displayName, attendee.email) : null;

/** In which of the three lists somebody is. */
export const listOfAttendee = (attendee: EventAttendee): "attendees" | "optional_attendees" | "resources" => {
  if (attendee.resource === true) return "resources";
  return attendee.optional === true ? "optional_attendees" : "attendees";
};

const mailboxesIn = (event: CalendarEvent, list: ReturnType<typeof listOfAttendee>): readonly Mailbox[] =>
  (event.attendees ?? []).filter((one) => listOfAttendee(one) === list).flatMap((one) => mailboxOf(one) ?? []);

/** The event as its file has it. */
export function toEventFile(event: CalendarEvent, fallbackZone: string): EventFile {
  return {
    title: event.summary ?? "",
    ...timesOf(event, fallbackZone),
    location: event.location || null,
    attendees: mailboxesIn(event, "attendees"),
    optional_attendees: mailboxesIn(event, "optional_attendees"),
    resources: mailboxesIn(event, "resources"),
    recurrence: isSeries(event) ? (event.recurrence ?? []) : null,
    body: descriptionToMarkdown(event.description ?? ""),
  };
}

/** Google's words for an answer, as the file says them. */
const responsesOf = (event: CalendarEvent): readonly string[] =>
  (event.attendees ?? []).flatMap((one) => (one.email ? [`${one.email}: ${one.responseStatus ?? "needsAction"}`] : []));

const joinLinkOf = (event: CalendarEvent): string | null =>
  event.conferenceData?.entryPoints?.find(({ entryPointType }) => entryPointType === "video")?.uri ?? event.hangoutLink ?? null;

const printTime = (moment: EventMoment | null): string | null => {
  if (moment === null) return null;
  return isAllDay(moment) ? moment.date : moment.dateTime;
};

/** The writable ones as the event has them. */
export const extrasOf = (event: CalendarEvent): Readonly<Record<WritableExtra, string>> => ({
  status: event.status ?? extraDefaults.status,
  visibility: event.visibility ?? extraDefaults.visibility,
  transparency: event.transparency ?? extraDefaults.transparency,
});

async function printedExtras(event: CalendarEvent, fallbackZone: string, printer: ReferencePrinter): Promise<readonly PrintedField[]> {
  const organizer = event.organizer === null || event.organizer === undefined ? null : mailboxOf(event.organizer);
  const series = event.recurringEventId ? await printReference(printer, "series", event.recurringEventId, event.summary ?? "") : null;
  const isException = event.recurringEventId !== null && event.recurringEventId !== undefined;
  return [
    ...Object.entries(extrasOf(event)).map(([name, value]) => ({ name, value })),
    { name: "organizer", value: organizer === null ? null : printMailbox(organizer) },
    { name: "responses", value: responsesOf(event) },
    { name: "join", value: joinLinkOf(event) },
    ...(isException
      ? [
          { name: "series", value: series },
          { name: "original_start", value: printTime(findMoment(event.originalStartTime, fallbackZone)), quoted: true },
        ]
      : []),
    { name: "event_type", value: event.eventType ?? "default" },
    { name: "created_at", value: event.created ?? null, quoted: true },
    { name: "id", value: event.id, quoted: true },
  ];
}

/** The event as Markdown: what etags are of. */
export const printEvent = async (event: CalendarEvent, fallbackZone: string, printer: ReferencePrinter): Promise<string> =>
  printEventFile(toEventFile(event, fallbackZone), await printedExtras(event, fallbackZone, printer));

/** The event as normalised JSON. */
export function printEventJson(event: CalendarEvent, fallbackZone: string): string {
  const { start, end } = timesOf(event, fallbackZone);
  const value = {
    id: event.id,
    title: event.summary ?? "",
    description: event.description ?? null,
    start,
    end,
    location: event.location ?? null,
    ...extrasOf(event),
    organizer: event.organizer ? { email: event.organizer.email ?? null, name: event.organizer.displayName ?? null } : null,
    attendees: (event.attendees ?? []).map((one) => ({
      email: one.email ?? null,
      name: one.displayName ?? null,
      optional: one.optional ?? false,
      resource: one.resource ?? false,
      response: one.responseStatus ?? "needsAction",
    })),
    join: joinLinkOf(event),
    recurrence: event.recurrence ?? [],
    series_id: event.recurringEventId ?? null,
    original_start: findMoment(event.originalStartTime, fallbackZone),
    event_type: event.eventType ?? "default",
    ical_uid: event.iCalUID ?? null,
    created_at: event.created ?? null,
    url: event.htmlLink ?? null,
  };
  return `${JSON.stringify(value, null, 2)}\n`;
}

const icalStatus: Readonly<Record<string, CalendarObject["attendees"][number]["status"]>> = {
  accepted: "ACCEPTED",
  declined: "DECLINED",
  tentative: "TENTATIVE",
};
const icalEvent: Readonly<Record<string, CalendarObject["status"]>> = { tentative: "TENTATIVE", cancelled: "CANCELLED" };
const icalClass: Readonly<Record<string, CalendarObject["visibility"]>> = { private: "PRIVATE", confidential: "CONFIDENTIAL" };

function toCalendarObject(event: CalendarEvent, fallbackZone: string): CalendarObject {
  return {
    uid: event.iCalUID ?? event.id,
    title: event.summary ?? "",
    ...timesOf(event, fallbackZone),
    created: event.created ?? null,
    modified: event.updated ?? event.created ?? new Date(0).toISOString(),
    sequence: event.sequence ?? 0,
    description: descriptionToText(event.description ?? ""),
    location: event.location || null,
    organizer: event.organizer ? mailboxOf(event.organizer) : null,
    attendees: (event.attendees ?? []).flatMap((one) => {
      const mailbox = mailboxOf(one);
      if (mailbox === null) return [];
      const role = one.resource === true ? "NON-PARTICIPANT" : one.optional === true ? "OPT-PARTICIPANT" : "REQ-PARTICIPANT";
      const status = icalStatus[one.responseStatus ?? ""] ?? "NEEDS-ACTION";
      return [{ mailbox, role, kind: one.resource === true ? "RESOURCE" : "INDIVIDUAL", status }] as const;
    }),
    status: icalEvent[event.status ?? ""] ?? "CONFIRMED",
    busy: (event.transparency ?? extraDefaults.transparency) === "opaque",
    visibility: icalClass[event.visibility ?? ""] ?? "PUBLIC",
    url: event.htmlLink ?? null,
    recurrence: event.recurrence ?? [],
    recurrenceId: event.recurringEventId ? findMoment(event.originalStartTime, fallbackZone) : null,
  };
}

/** `EXDATE` for the occurrences of a series that were deleted, each in the form of the series' own start. */
function exdateOf(original: EventMoment): string {
  if (isAllDay(original)) return `EXDATE;VALUE=DATE:${original.date.replaceAll("-", "")}`;
  return `EXDATE:${new Date(momentMs(original)).toISOString().replaceAll(/[-:]|\.\d{3}/g, "")}`;
}

/** The event as `.ics`; a series with its changed occurrences, and without the deleted ones. */
export function printEventCalendar(event: CalendarEvent, exceptions: readonly CalendarEvent[], fallbackZone: string): string {
  const deleted = exceptions.filter(({ status }) => status === "cancelled");
  const changed = exceptions.filter(({ status }) => status !== "cancelled");
  const exdates = deleted.flatMap((one) => {
    const original = findMoment(one.originalStartTime, fallbackZone);
    return original === null ? [] : [exdateOf(original)];
  });
  const series = toCalendarObject(event, fallbackZone);
  return printCalendarFile([
    { ...series, recurrence: [...series.recurrence, ...exdates] },
    ...changed.map((one) => toCalendarObject(one, fallbackZone)),
  ]);
}
