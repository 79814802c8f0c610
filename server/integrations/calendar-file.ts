import ICAL from "ical.js";
import { DateTime, IANAZone } from "luxon";
import type { Mailbox } from "./mailboxes";
import { type EventMoment, isAllDay, momentMs, wallTime } from "./moments";

/** Events as an iCalendar file (RFC 5545), printed by ical.js; time zones come with their rules, from the zone database of luxon. */

export interface CalendarAttendee {
  readonly mailbox: Mailbox;
  readonly role: "REQ-PARTICIPANT" | "OPT-PARTICIPANT" | "NON-PARTICIPANT";
  readonly kind: "INDIVIDUAL" | "RESOURCE";
  readonly status: "NEEDS-ACTION" | "ACCEPTED" | "DECLINED" | "TENTATIVE";
}

/** One VEVENT. */
export interface CalendarObject {
  readonly uid: string;
  readonly title: string;
  readonly start: EventMoment;
  readonly end: EventMoment;
  /** RFC 3339, UTC. `modified` is also DTSTAMP. */
  readonly created: string | null;
  readonly modified: string;
  readonly sequence: number;
  /** Plain text. */
  readonly description: string;
  readonly location: string | null;
  readonly organizer: Mailbox | null;
  readonly attendees: readonly CalendarAttendee[];
  readonly status: "CONFIRMED" | "TENTATIVE" | "CANCELLED";
  readonly busy: boolean;
  readonly visibility: "PUBLIC" | "PRIVATE" | "CONFIDENTIAL";
  readonly url: string | null;
  /** Lines of RFC 5545 §3.8.5 (`RRULE:FREQ=WEEKLY`). */
  readonly recurrence: readonly string[];
  /** Of one changed occurrence of a series: when it would have been. */
  readonly recurrenceId: EventMoment | null;
}

const utc = (instant: string): ICAL.Time => ICAL.Time.fromJSDate(new Date(instant), true);

function addMoment(event: ICAL.Component, name: string, moment: EventMoment): void {
  if (isAllDay(moment)) {
    event.addPropertyWithValue(name, ICAL.Time.fromDateString(moment.date));
    return;
  }
  if (moment.timeZone === "UTC" || moment.timeZone === "Etc/UTC") {
    event.addPropertyWithValue(name, utc(moment.dateTime));
    return;
  }
  const property = event.addPropertyWithValue(name, ICAL.Time.fromDateTimeString(wallTime(moment)));
  property.setParameter("tzid", moment.timeZone);
}

function addPerson(event: ICAL.Component, name: string, { mailbox }: { mailbox: Mailbox }): ICAL.Property {
  const property = event.addPropertyWithValue(name, `mailto:${mailbox.address}`);
  // A parameter's value cannot hold a double quote (RFC 5545 §3.2).
  if (mailbox.name !== null) property.setParameter("cn", mailbox.name.replaceAll('"', "'"));
  return property;
}

function toEvent(object: CalendarObject): ICAL.Component {
  const event = new ICAL.Component("vevent");
  event.addPropertyWithValue("uid", object.uid);
  event.addPropertyWithValue("dtstamp", utc(object.modified));
  addMoment(event, "dtstart", object.start);
  addMoment(event, "dtend", object.end);
  if (object.recurrenceId !== null) addMoment(event, "recurrence-id", object.recurrenceId);
  for (const line of object.recurrence) event.addProperty(ICAL.Property.fromString(line));
  event.addPropertyWithValue("summary", object.title);
  if (object.description !== "") event.addPropertyWithValue("description", object.description);
  if (object.location !== null) event.addPropertyWithValue("location", object.location);
  if (object.organizer !== null) addPerson(event, "organizer", { mailbox: object.organizer });
  for (const attendee of object.attendees) {
    const property = addPerson(event, "attendee", attendee);
    property.setParameter("cutype", attendee.kind);
    property.setParameter("role", attendee.role);
    property.setParameter("partstat", attendee.status);
  }
  event.addPropertyWithValue("status", object.status);
  event.addPropertyWithValue("transp", object.busy ? "OPAQUE" : "TRANSPARENT");
  event.addPropertyWithValue("class", object.visibility);
  event.addPropertyWithValue("sequence", object.sequence);
  if (object.url !== null) event.addPropertyWithValue("url", object.url);
  if (object.created !== null) event.addPropertyWithValue("created", utc(object.created));
  event.addPropertyWithValue("last-modified", utc(object.modified));
  return event;
}

const dayMs = 86_400_000;
/** How far behind the last named time the rules of a zone are written down: zones change theirs more often than that. */
const yearsAhead = 10;

interface Transition {
  readonly atMs: number;
  readonly fromMinutes: number;
  readonly toMinutes: number;
}

/** The changes of a zone's offset between two instants, found day by day and then to the second. */
function transitionsOf(timeZone: string, fromMs: number, toMs: number): Transition[] {
  const offset = (ms: number) => DateTime.fromMillis(ms, { zone: timeZone }).offset;
  const found: Transition[] = [];
  for (let ms = fromMs; ms < toMs; ms += dayMs) {
    const [fromMinutes, toMinutes] = [offset(ms), offset(ms + dayMs)];
    if (fromMinutes === toMinutes) continue;
    let [before, after] = [ms, ms + dayMs];
    while (after - before > 1000) {
      const middle = before + Math.floor((after - before) / 2000) * 1000;
      if (offset(middle) === fromMinutes) before = middle;
      else after = middle;
    }
    found.push({ atMs: after, fromMinutes, toMinutes });
  }
  return found;
}

const printOffset = (minutes: number): ICAL.UtcOffset => ICAL.UtcOffset.fromSeconds(minutes * 60);

/** The wall time at an instant by an offset, as DTSTART of an observance is written: by the offset that was (RFC 5545 §3.6.5). */
const wallAt = (atMs: number, offsetMinutes: number): ICAL.Time =>
  ICAL.Time.fromDateTimeString(new Date(atMs + offsetMinutes * 60_000).toISOString().slice(0, 19));

function toZone(timeZone: string, fromMs: number, toMs: number): ICAL.Component {
  const zone = new ICAL.Component("vtimezone");
  zone.addPropertyWithValue("tzid", timeZone);
  const startMs = fromMs - 370 * dayMs;
  const first = DateTime.fromMillis(startMs, { zone: timeZone });
  const add = (atMs: number, fromMinutes: number, toMinutes: number) => {
    const at = DateTime.fromMillis(atMs, { zone: timeZone });
    const observance = new ICAL.Component(at.isInDST ? "daylight" : "standard");
    observance.addPropertyWithValue("dtstart", wallAt(atMs, fromMinutes));
    observance.addPropertyWithValue("tzoffsetfrom", printOffset(fromMinutes));
    observance.addPropertyWithValue("tzoffsetto", printOffset(toMinutes));
    observance.addPropertyWithValue("tzname", at.offsetNameShort ?? timeZone);
    zone.addSubcomponent(observance);
  };
  add(startMs, first.offset, first.offset);
  for (const { atMs, fromMinutes, toMinutes } of transitionsOf(timeZone, startMs, toMs)) add(atMs, fromMinutes, toMinutes);
  return zone;
}

/** These events as one VCALENDAR, lines ended by CRLF. */
export function printCalendarFile(objects: readonly CalendarObject[]): string {
  const calendar = new ICAL.Component("vcalendar");
  calendar.addPropertyWithValue("version", "2.0");
  calendar.addPropertyWithValue("prodid", "-//Byte Integration Hub//EN");
  calendar.addPropertyWithValue("calscale", "GREGORIAN");
  const moments = objects.flatMap(({ start, end, recurrenceId }) => [start, end, ...(recurrenceId === null ? [] : [recurrenceId])]);
  const timed = moments.flatMap((moment) => (isAllDay(moment) ? [] : [moment]));
  const named = objects.flatMap(({ recurrence }) => recurrence.flatMap((line) => /;TZID="?([^":;]+)/i.exec(line)?.[1] ?? []));
  const zones = new Set(
    [...timed.map(({ timeZone }) => timeZone), ...named].filter(
      (zone) => zone !== "UTC" && zone !== "Etc/UTC" && IANAZone.isValidZone(zone),
    ),
  );
  const fromMs = Math.min(...moments.map(momentMs));
  const repeats = objects.some(({ recurrence }) => recurrence.length > 0);
  const toMs = Math.max(...moments.map(momentMs)) + (repeats ? yearsAhead : 1) * 366 * dayMs;
  for (const zone of [...zones].sort()) calendar.addSubcomponent(toZone(zone, fromMs, toMs));
  for (const object of objects) calendar.addSubcomponent(toEvent(object));
  return `${calendar.toString()}\r\n`;
}
