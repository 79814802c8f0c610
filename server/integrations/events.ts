import ICAL from "ical.js";
import { HubError } from "@/server/errors";
import { invalidField, listOf, type ParsedField, type PrintedField, parseFile, printFile, refuseUnknownKeys, textOf } from "./front-matter";
import { type Mailbox, printMailbox, readMailboxes } from "./mailboxes";
import { type EventMoment, isAllDay, momentMs, parseMoment, printMoment } from "./moments";

/**
 * An event of a calendar as a file, the same for every tool that has calendars: wall times and their zone, people as mailboxes,
 * recurrence as RFC 5545 has it. What only one tool knows (visibility, links to join) are fields of its own, printed after these.
 */

export interface EventFile {
  readonly title: string;
  readonly start: EventMoment;
  /** Exclusive, also of all-day events: one on the 23rd ends on the 24th. */
  readonly end: EventMoment;
  readonly location: string | null;
  readonly attendees: readonly Mailbox[];
  readonly optional_attendees: readonly Mailbox[];
  /** Rooms and equipment. */
  readonly resources: readonly Mailbox[];
  /** `RRULE:…`, `EXDATE…`, `RDATE…` lines of a series; null for what cannot repeat: the key is not printed then. */
  readonly recurrence: readonly string[] | null;
  readonly body: string;
}

export const eventKeys = [
  "title",
  "start",
  "end",
  "time_zone",
  "end_time_zone",
  "location",
  "attendees",
  "optional_attendees",
  "resources",
  "recurrence",
] as const;
export type EventKey = (typeof eventKeys)[number];

/** What a caller's file says: only the keys that are there. Times are resolved against the event as it was by `resolveTimes`. */
export interface ParsedEvent {
  readonly values: {
    readonly title?: string;
    readonly location?: string | null;
    readonly attendees?: readonly Mailbox[];
    readonly optional_attendees?: readonly Mailbox[];
    readonly resources?: readonly Mailbox[];
    readonly recurrence?: readonly string[];
  };
  readonly fields: ReadonlyMap<string, ParsedField>;
  /** Null when the file ends after its front matter. */
  readonly body: string | null;
}

const zoneOf = (moment: EventMoment): string | null => (isAllDay(moment) ? null : moment.timeZone);

/** The file; `extras` are the tool's own fields, behind the shared ones. `parseEventFile` and `resolveTimes` are the inverse. */
export function printEventFile(file: EventFile, extras: readonly PrintedField[] = []): string {
  const { start, end } = file;
  const fields: PrintedField[] = [
    { name: "title", value: file.title },
    { name: "start", value: printMoment(start), quoted: true },
    { name: "end", value: printMoment(end), quoted: true },
    { name: "time_zone", value: zoneOf(start) },
    ...(zoneOf(end) === zoneOf(start) ? [] : [{ name: "end_time_zone", value: zoneOf(end) }]),
    { name: "location", value: file.location },
    { name: "attendees", value: file.attendees.map(printMailbox) },
    { name: "optional_attendees", value: file.optional_attendees.map(printMailbox) },
    { name: "resources", value: file.resources.map(printMailbox) },
    ...(file.recurrence === null ? [] : [{ name: "recurrence", value: file.recurrence }]),
  ];
  return printFile([...fields, ...extras], file.body);
}

const recurrenceLine = /^(RRULE|EXRULE|RDATE|EXDATE)([;:].+)$/i;

/** Lines of RFC 5545 §3.8.5, names in capitals; a rule alone (`FREQ=WEEKLY;BYDAY=MO`) is an RRULE. */
function readRecurrence(field: ParsedField): readonly string[] {
  return listOf(field).map((text) => {
    const line = /^FREQ=/i.test(text.trim()) ? `RRULE:${text.trim()}` : text.trim();
    const [, name = "", rest = ""] = recurrenceLine.exec(line) ?? [];
    if (name === "") {
      throw invalidField("recurrence", field, `"${text}" is no rule such as "RRULE:FREQ=WEEKLY;BYDAY=MO", and no EXDATE or RDATE line.`);
    }
    try {
      if (/RULE$/i.test(name)) ICAL.Recur.fromString(rest.replace(/^[:;]/, ""));
      else ICAL.Property.fromString(`${name.toUpperCase()}${rest}`);
    } catch (cause) {
      throw invalidField("recurrence", field, `"${text}" is no valid ${name.toUpperCase()} line (RFC 5545): ${(cause as Error).message}.`);
    }
    return `${name.toUpperCase()}${rest}`;
  });
}

function readTitle(field: ParsedField): string {
  return textOf("title", field) ?? "";
}

function readLocation(field: ParsedField): string | null {
  const text = textOf("location", field);
  return text === null || text.trim() === "" ? null : text;
}

/** Takes an event's file apart. `extraKeys` are the tool's own. EINVAL names the key and the line of what is wrong. */
export function parseEventFile(text: string, extraKeys: readonly string[] = []): ParsedEvent {
  const file = parseFile(text);
  refuseUnknownKeys(file, [...eventKeys, ...extraKeys]);
  const read = <K extends string, V>(key: K, reader: (field: ParsedField) => V): { readonly [P in K]?: V } => {
    const field = file.fields.get(key);
    return field === undefined ? {} : ({ [key]: reader(field) } as { [P in K]: V });
  };
  return {
    values: {
      ...read("title", readTitle),
      ...read("location", readLocation),
      ...read("attendees", (field) => readMailboxes("attendees", field)),
      ...read("optional_attendees", (field) => readMailboxes("optional_attendees", field)),
      ...read("resources", (field) => readMailboxes("resources", field)),
      ...read("recurrence", readRecurrence),
    },
    fields: file.fields,
    body: file.body,
  };
}

export interface EventTimes {
  readonly start: EventMoment;
  readonly end: EventMoment;
}

function readMoment(key: "start" | "end", field: ParsedField, zone: string): EventMoment {
  const text = textOf(key, field);
  if (text === null) throw invalidField(key, field, "an event always has one; it cannot be cleared.");
  try {
    return parseMoment(text, zone);
  } catch (error) {
    if (error instanceof HubError) throw invalidField(key, field, error.message);
    throw error;
  }
}

/**
 * When the event is by this file. What the file leaves out is as in `base`, the event as it was, or for a new one null: then both times
 * are needed, and `timeZone`, the mount's, is the zone. EINVAL names key and line.
 */
export function resolveTimes(parsed: ParsedEvent, base: EventTimes | null, timeZone: string): EventTimes {
  const { fields } = parsed;
  const zoneField = fields.get("time_zone");
  const endZoneField = fields.get("end_time_zone");
  const zone = (zoneField === undefined ? base && zoneOf(base.start) : textOf("time_zone", zoneField)) ?? timeZone;
  const oldEndZone = base !== null && zoneOf(base.end) !== zoneOf(base.start) ? zoneOf(base.end) : null;
  const endZone = (endZoneField === undefined ? oldEndZone : textOf("end_time_zone", endZoneField)) ?? zone;

  const moment = (key: "start" | "end", inZone: string): EventMoment => {
    const field = fields.get(key);
    if (field !== undefined) return readMoment(key, field, inZone);
    const old = base?.[key];
    if (old === undefined) throw new HubError("EINVAL", `A new event needs "${key}" in its front matter.`, { details: { key } });
    // A new zone keeps the wall time, as in the vendors' own forms.
    return isAllDay(old) ? old : parseMoment(printMoment(old), inZone);
  };
  const times = { start: moment("start", zone), end: moment("end", endZone) };

  const endField = fields.get("end") ?? fields.get("start");
  const refuse = (message: string): HubError =>
    endField === undefined ? new HubError("EINVAL", message) : invalidField(fields.has("end") ? "end" : "start", endField, message);
  if (isAllDay(times.start) !== isAllDay(times.end)) {
    throw refuse("start and end must both be days, of an all-day event, or both be times.");
  }
  if (isAllDay(times.start) && momentMs(times.end) <= momentMs(times.start)) {
    throw refuse("the end of an all-day event is the day after its last, so it is later than the start.");
  }
  if (momentMs(times.end) < momentMs(times.start)) throw refuse("an event cannot end before it starts.");
  return times;
}

/** Whether two times of an event are the same, zones included. */
export const sameMoment = (a: EventMoment, b: EventMoment): boolean =>
  isAllDay(a) || isAllDay(b) ? isAllDay(a) && isAllDay(b) && a.date === b.date : momentMs(a) === momentMs(b) && a.timeZone === b.timeZone;
