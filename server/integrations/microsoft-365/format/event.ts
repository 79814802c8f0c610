import { type CalendarObject, printCalendarFile } from "../../calendar-file";
import { type EventFile, type ParsedEvent, parseEventFile, printEventFile } from "../../events";
import { invalidField, listOf, type ParsedField, type PrintedField, textOf } from "../../front-matter";
import { type Mailbox, toMailbox } from "../../mailboxes";
import { type EventMoment, isAllDay, monthOf, toMoment, wallTime } from "../../moments";
import { findPlainText, htmlToMarkdown } from "../../rich-text";
import type { DateTimeTimeZone, Event, EventRow } from "../schema/calendar";
import { bodyOf, innerHtml, mailboxOf } from "./message";
import { printRecurrence } from "./recurrence";
import { ianaZone } from "./time-zones";

/** Events as files: the shared form, and what Outlook knows beside it. */

export const showAsWords = ["free", "tentative", "busy", "oof", "workingElsewhere"] as const;
export const sensitivities = ["normal", "personal", "private", "confidential"] as const;

export const eventWritableExtras = ["show_as", "sensitivity", "categories", "online_meeting"] as const;
export const eventReadOnlyExtras = ["organizer", "response", "join_url", "ical_uid", "created_at", "id"] as const;
export const eventExtras = [...eventWritableExtras, ...eventReadOnlyExtras];

/** An event's own fields of Outlook, as its file has them. */
export interface EventExtras {
  readonly show_as: string | null;
  readonly sensitivity: string | null;
  readonly categories: readonly string[];
  readonly online_meeting: boolean;
  readonly organizer: string | null;
  readonly response: string | null;
  readonly join_url: string | null;
  readonly ical_uid: string | null;
  readonly created_at: string | null;
  readonly id: string;
}

const quoted: readonly string[] = ["ical_uid", "created_at", "id"];

/**
 * A time of Graph's, asked for in UTC. An all-day event's is a midnight: of UTC, or of the zone that it was made in, which Graph then shows
 * as another hour.
 */
export function momentOf(time: DateTimeTimeZone, originalZone: string | null | undefined, allDay: boolean): EventMoment {
  const instant = `${time.dateTime.slice(0, 19)}Z`;
  if (!allDay) return toMoment(instant, ianaZone(originalZone));
  if (time.dateTime.slice(11, 19) === "00:00:00") return { date: time.dateTime.slice(0, 10) };
  const local = toMoment(instant, ianaZone(originalZone));
  return { date: isAllDay(local) ? local.date : wallTime(local).slice(0, 10) };
}

/** When an event is, on the clock of its own zone. */
export const timesOf = (event: Pick<Event, "start" | "end" | "isAllDay" | "originalStartTimeZone" | "originalEndTimeZone">) => ({
  start: momentOf(event.start, event.originalStartTimeZone, event.isAllDay === true),
  end: momentOf(event.end, event.originalEndTimeZone ?? event.originalStartTimeZone, event.isAllDay === true),
});

/** The months of the mount that a row takes place in: the one it begins in, and the last. */
export function monthsOf(row: EventRow, timeZone: string): { readonly first: string; readonly last: string } {
  const allDay = row.isAllDay === true;
  const start = momentOf(row.start, null, allDay);
  const end = momentOf(row.end, null, allDay);
  const first = monthOf(start, timeZone);
  // The end is exclusive: what ends at the first midnight of a month is not in it.
  const beforeEnd = isAllDay(end)
    ? { date: new Date(Date.parse(`${end.date}T00:00:00Z`) - 86_400_000).toISOString().slice(0, 10) }
    : toMoment(Math.max(Date.parse(end.dateTime) - 1, isAllDay(start) ? 0 : Date.parse(start.dateTime)), "UTC");
  const last = monthOf(beforeEnd, timeZone);
  return { first, last: last < first ? first : last };
}

/** People who are invited, by how: as mailboxes, those without an address left out. */
function attendeesOf(event: Event, type: string): readonly Mailbox[] {
  return event.attendees.flatMap((each) => {
    const mailbox = (each.type ?? "required") === type ? mailboxOf(each) : null;
    return mailbox === null ? [] : [mailbox];
  });
}

const startOf = (start: EventMoment) =>
  isAllDay(start) ? { date: start.date, timeZone: null } : { date: wallTime(start).slice(0, 10), timeZone: start.timeZone };

/** The event as its file has it. Only a series has a recurrence; a single event can get one. */
export function toEventFile(event: Event): EventFile {
  const { start, end } = timesOf(event);
  const repeats = event.type === "seriesMaster" || event.type === "singleInstance";
  return {
    title: event.subject ?? "",
    start,
    end,
    location: event.location?.displayName || null,
    attendees: attendeesOf(event, "required"),
    optional_attendees: attendeesOf(event, "optional"),
    resources: attendeesOf(event, "resource"),
    recurrence: event.recurrence ? printRecurrence(event.recurrence, startOf(start)) : repeats ? [] : null,
    body: bodyOf(event.body),
  };
}

export function toEventExtras(event: Event): EventExtras {
  const organizer = mailboxOf(event.organizer);
  return {
    show_as: event.showAs ?? null,
    sensitivity: event.sensitivity ?? null,
    categories: event.categories,
    online_meeting: event.isOnlineMeeting ?? false,
    organizer: organizer === null ? null : organizer.name === null ? organizer.address : `${organizer.name} <${organizer.address}>`,
    response: event.responseStatus?.response ?? null,
    join_url: event.onlineMeeting?.joinUrl ?? null,
    ical_uid: event.iCalUId ?? null,
    created_at: event.createdDateTime ?? null,
    id: event.id,
  };
}

/** The file of an event; `parseOutlookEvent` takes it apart. */
export function printOutlookEvent(file: EventFile, extras: EventExtras): string {
  const fields: readonly PrintedField[] = eventExtras.map((name) => ({ name, value: extras[name], quoted: quoted.includes(name) }));
  return printEventFile(file, fields);
}

/** The event as its file says it: what etags are of. */
export const printEvent = (event: Event): string => printOutlookEvent(toEventFile(event), toEventExtras(event));

export interface ParsedOutlookEvent extends ParsedEvent {
  readonly extras: {
    readonly show_as?: string;
    readonly sensitivity?: string;
    readonly categories?: readonly string[];
    readonly online_meeting?: boolean;
  };
}

function readWord(key: string, field: ParsedField, words: readonly string[], whenNull: string): string {
  const text = textOf(key, field);
  if (text === null) return whenNull;
  const word = words.find((one) => one.toLowerCase() === text.trim().toLowerCase());
  if (word === undefined) throw invalidField(key, field, `"${text}" is none of ${words.join(", ")}.`, [...words]);
  return word;
}

/** Takes an event's file apart; EINVAL names the key and the line of what is wrong. */
export function parseOutlookEvent(text: string): ParsedOutlookEvent {
  const parsed = parseEventFile(text, eventExtras);
  const { fields } = parsed;
  const [showAs, sensitivity, categories, online] = ["show_as", "sensitivity", "categories", "online_meeting"].map((key) =>
    fields.get(key),
  );
  return {
    ...parsed,
    extras: {
      ...(showAs === undefined ? {} : { show_as: readWord("show_as", showAs, showAsWords, "busy") }),
      ...(sensitivity === undefined ? {} : { sensitivity: readWord("sensitivity", sensitivity, sensitivities, "normal") }),
      ...(categories === undefined
        ? {}
        : { categories: [...new Set(listOf(categories).map((each) => each.trim()))].filter((each) => each !== "") }),
      ...(online === undefined ? {} : { online_meeting: readWord("online_meeting", online, ["true", "false"], "false") === "true" }),
    },
  };
}

const statuses: Readonly<Record<string, "NEEDS-ACTION" | "ACCEPTED" | "DECLINED" | "TENTATIVE">> = {
  accepted: "ACCEPTED",
  organizer: "ACCEPTED",
  declined: "DECLINED",
  tentativelyAccepted: "TENTATIVE",
};

/** The event as an iCalendar file; a series with its rule, an occurrence by itself. */
export function printIcs(event: Event): string {
  const { start, end } = timesOf(event);
  const organizer = mailboxOf(event.organizer);
  const markdown =
    event.body?.contentType.toLowerCase() === "html"
      ? htmlToMarkdown(innerHtml(event.body.content ?? ""), { breaks: true })
      : (event.body?.content ?? "");
  const original = event.type === "occurrence" || event.type === "exception" ? event.originalStart : null;
  const object: CalendarObject = {
    uid: event.iCalUId ?? event.id,
    title: event.subject ?? "",
    start,
    end,
    created: event.createdDateTime ?? null,
    modified: event.lastModifiedDateTime ?? event.createdDateTime ?? "1970-01-01T00:00:00Z",
    sequence: 0,
    description: findPlainText(markdown) ?? markdown,
    location: event.location?.displayName || null,
    organizer: organizer === null ? null : toMailbox(organizer.name, organizer.address),
    attendees: event.attendees.flatMap((each) => {
      const mailbox = mailboxOf(each);
      if (mailbox === null) return [];
      const isResource = each.type === "resource";
      return [
        {
          mailbox,
          role: isResource ? "NON-PARTICIPANT" : each.type === "optional" ? "OPT-PARTICIPANT" : "REQ-PARTICIPANT",
          kind: isResource ? "RESOURCE" : "INDIVIDUAL",
          status: statuses[each.status?.response ?? ""] ?? "NEEDS-ACTION",
        } as const,
      ];
    }),
    status: event.isCancelled === true ? "CANCELLED" : event.showAs === "tentative" ? "TENTATIVE" : "CONFIRMED",
    busy: event.showAs !== "free",
    visibility:
      event.sensitivity === "confidential" ? "CONFIDENTIAL" : event.sensitivity === "normal" || !event.sensitivity ? "PUBLIC" : "PRIVATE",
    url: event.webLink ?? null,
    recurrence: event.recurrence ? printRecurrence(event.recurrence, startOf(start)) : [],
    recurrenceId:
      original === null || original === undefined
        ? null
        : isAllDay(start)
          ? { date: original.slice(0, 10) }
          : toMoment(original, start.timeZone),
  };
  return printCalendarFile([object]);
}

/** An event as normalised JSON. */
export function eventJson(event: Event): Readonly<Record<string, unknown>> {
  const file = toEventFile(event);
  return {
    ...toEventExtras(event),
    title: file.title,
    type: event.type ?? null,
    series_id: event.seriesMasterId ?? null,
    start: file.start,
    end: file.end,
    all_day: event.isAllDay ?? false,
    cancelled: event.isCancelled ?? false,
    location: file.location,
    attendees: event.attendees.map((each) => ({
      ...(mailboxOf(each) ?? { name: null, address: null }),
      type: each.type ?? "required",
      response: each.status?.response ?? null,
    })),
    recurrence: event.recurrence ?? null,
    body: { content_type: event.body?.contentType ?? "html", content: event.body?.content ?? "" },
    url: event.webLink ?? null,
  };
}
