import { DateTime } from "luxon";
import type { Account } from "../area";
import type { EventTime, ListedCalendar, StoredCalendar, StoredEvent } from "./store";

/** What the simulated Calendar answers with; a value that is the default is left out, as Google does. */

export const etagOf = (version: number): string => `"${(version * 2 + 3_386_000_000).toString()}"`;

/** The event in the zone that was asked for; days have none. */
function inZone(time: EventTime, timeZone: string | null): EventTime {
  if (time.dateTime === undefined) return time;
  const zone = timeZone ?? time.timeZone ?? "UTC";
  const dateTime = DateTime.fromISO(time.dateTime, { zone }).toISO({ suppressMilliseconds: true }) ?? time.dateTime;
  return { dateTime, ...(time.timeZone === undefined ? {} : { timeZone: time.timeZone }) };
}

export interface Viewer {
  readonly account: Account;
  readonly webOrigin: string;
  /** The answer's zone; null for each event's own. */
  readonly timeZone: string | null;
  readonly maxAttendees: number | null;
  /** Sees no more than when somebody is busy. */
  readonly busyOnly: boolean;
}

const person = (ref: { readonly email: string; readonly displayName?: string }, self: string) => ({
  email: ref.email,
  ...(ref.displayName === undefined ? {} : { displayName: ref.displayName }),
  ...(ref.email === self ? { self: true } : {}),
});

/** A deleted occurrence says only which it was. */
function deletedOccurrence(event: StoredEvent) {
  return {
    kind: "calendar#event",
    etag: etagOf(event.version),
    id: event.id,
    status: "cancelled",
    recurringEventId: event.recurringEventId,
    originalStartTime: event.originalStartTime,
  };
}

function conference(code: string) {
  const uri = `https://meet.google.com/${code}`;
  return {
    hangoutLink: uri,
    conferenceData: {
      entryPoints: [{ entryPointType: "video", uri, label: `meet.google.com/${code}` }],
      conferenceSolution: { key: { type: "hangoutsMeet" }, name: "Google Meet" },
      conferenceId: code,
    },
  };
}

export function eventResource(event: StoredEvent, viewer: Viewer): Readonly<Record<string, unknown>> {
  if (event.status === "cancelled" && event.recurringEventId !== undefined) return deletedOccurrence(event);
  const self = event.calendar;
  const times = { start: inZone(event.start, viewer.timeZone), end: inZone(event.end, viewer.timeZone) };
  const common = {
    kind: "calendar#event",
    etag: etagOf(event.version),
    id: event.id,
    status: event.status,
    htmlLink: `${viewer.webOrigin}/home/${viewer.account.sub}/calendar/event/${encodeURIComponent(event.id)}`,
    created: event.created,
    updated: event.updated,
  };
  if (viewer.busyOnly)
    return { ...common, visibility: "private", ...times, iCalUID: event.iCalUID, sequence: event.sequence, eventType: "default" };
  const attendees = event.attendees.map((one) => ({
    ...one,
    ...(one.email === event.organizer.email ? { organizer: true } : {}),
    ...(one.email === self ? { self: true } : {}),
  }));
  const omitted = viewer.maxAttendees !== null && attendees.length > viewer.maxAttendees;
  const shown = omitted ? attendees.filter((one) => one.email === self).slice(0, viewer.maxAttendees ?? 0) : attendees;
  const set = <K extends keyof StoredEvent>(...keys: readonly K[]) =>
    Object.fromEntries(keys.flatMap((key) => (event[key] === undefined ? [] : [[key, event[key]]])));
  return {
    ...common,
    ...set("summary", "description", "location", "colorId"),
    creator: person(event.creator, self),
    organizer: person(event.organizer, self),
    ...times,
    ...set("recurrence", "recurringEventId", "originalStartTime"),
    ...(event.transparency === "transparent" ? { transparency: event.transparency } : {}),
    ...(event.visibility === undefined || event.visibility === "default" ? {} : { visibility: event.visibility }),
    iCalUID: event.iCalUID,
    sequence: event.sequence,
    ...(attendees.length === 0 ? {} : { attendees: shown, ...(omitted ? { attendeesOmitted: true } : {}) }),
    ...(event.privateProperties === undefined && event.sharedProperties === undefined
      ? {}
      : {
          extendedProperties: {
            ...(event.privateProperties === undefined ? {} : { private: event.privateProperties }),
            ...(event.sharedProperties === undefined ? {} : { shared: event.sharedProperties }),
          },
        }),
    ...(event.meetCode === undefined ? {} : conference(event.meetCode)),
    ...(event.guestsCanInviteOthers === false ? { guestsCanInviteOthers: false } : {}),
    ...(event.guestsCanModify === true ? { guestsCanModify: true } : {}),
    ...(event.guestsCanSeeOtherGuests === false ? { guestsCanSeeOtherGuests: false } : {}),
    reminders: event.reminders ?? { useDefault: true },
    ...set("source"),
    eventType: "default",
  };
}

export const calendarListResource = (calendar: StoredCalendar, listed: ListedCalendar): Readonly<Record<string, unknown>> => ({
  kind: "calendar#calendarListEntry",
  etag: etagOf(1),
  id: calendar.id,
  summary: calendar.summary,
  ...(calendar.description === undefined ? {} : { description: calendar.description }),
  timeZone: calendar.timeZone,
  colorId: listed.primary ? "14" : "16",
  backgroundColor: listed.primary ? "#9fe1e7" : "#4986e7",
  foregroundColor: "#000000",
  ...(listed.hidden ? { hidden: true } : { selected: true }),
  accessRole: listed.accessRole,
  defaultReminders: listed.primary ? [{ method: "popup", minutes: 10 }] : [],
  ...(listed.primary ? { primary: true } : {}),
  conferenceProperties: { allowedConferenceSolutionTypes: ["hangoutsMeet"] },
});

export const calendarResource = (calendar: StoredCalendar): Readonly<Record<string, unknown>> => ({
  kind: "calendar#calendar",
  etag: etagOf(1),
  id: calendar.id,
  summary: calendar.summary,
  ...(calendar.description === undefined ? {} : { description: calendar.description }),
  timeZone: calendar.timeZone,
  conferenceProperties: { allowedConferenceSolutionTypes: ["hangoutsMeet"] },
});
