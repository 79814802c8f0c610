import { DateTime } from "luxon";
import { idAlphabets, stableId } from "../../ids";
import type { Account, Accounts } from "../area";
import { GoogleRefusal } from "../failures";
import { type EventBody, readTime } from "./body";
import { checkRecurrence, instantOf, occurrencesOf } from "./recurrence";
import type { Attendee, CalendarStore, EventTime, StoredCalendar, StoredEvent } from "./store";

/**
 * Writing events. The organizer's copy is the one that counts: what changes there changes the attendees' copies. An attendee's own changes
 * stay in the attendee's copy, but for the answer, which everybody sees.
 */

export interface WriteContext {
  readonly store: CalendarStore;
  readonly accounts: Accounts;
  readonly account: Account;
  readonly calendar: StoredCalendar;
  readonly writeTime: () => string;
  /** Whether `conferenceDataVersion=1` was asked for: conference data is ignored without it. */
  readonly conferences: boolean;
}

/** A local time with the offset that its zone has then; one that has an offset is put into the zone. */
export const toOffset = (text: string, zone: string): string => DateTime.fromISO(text, { zone }).toFormat("yyyy-MM-dd'T'HH:mm:ssZZ");

const addressShape = /^[^\s@<>]+@[^\s@<>]+$/;

/** A list that is sent is the list: an attendee of whom it says less than before has less. */
function readAttendees(list: NonNullable<EventBody["attendees"]>): readonly Attendee[] {
  const seen = new Map<string, Attendee>();
  for (const one of list) {
    const email = one.email.toLowerCase();
    if (!addressShape.test(email)) throw new GoogleRefusal(400, "invalid", "Invalid attendee email.");
    seen.set(email, {
      email,
      ...(one.displayName ? { displayName: one.displayName } : {}),
      ...(one.optional === true ? { optional: true } : {}),
      ...(one.resource === true ? { resource: true } : {}),
      ...(one.comment ? { comment: one.comment } : {}),
      ...(one.additionalGuests ? { additionalGuests: one.additionalGuests } : {}),
      responseStatus: one.responseStatus ?? "needsAction",
    });
  }
  return [...seen.values()];
}

const merged = (old: Readonly<Record<string, string>> | undefined, changes: Readonly<Record<string, string | null>> | null | undefined) => {
  if (changes === undefined) return old;
  const all = Object.entries({ ...old, ...changes }).filter((entry): entry is [string, string] => entry[1] !== null);
  return all.length === 0 ? undefined : Object.fromEntries(all);
};

type Draft = Omit<StoredEvent, "version">;

/** `old` with what the body says. Absent is unchanged, null clears. */
function apply(old: Draft, body: EventBody, context: WriteContext): Draft {
  const draft: Record<string, unknown> = { ...old };
  const simple = [
    "summary",
    "description",
    "location",
    "colorId",
    "visibility",
    "transparency",
    "guestsCanInviteOthers",
    "guestsCanModify",
    "guestsCanSeeOtherGuests",
  ] as const;
  for (const key of simple) {
    if (body[key] === undefined) continue;
    if (body[key] === null || body[key] === "") delete draft[key];
    else draft[key] = body[key];
  }
  if (body.status) draft.status = body.status;
  if (body.recurrence !== undefined) {
    if (body.recurrence === null || body.recurrence.length === 0) delete draft.recurrence;
    else draft.recurrence = body.recurrence;
  }
  const repeats = Array.isArray(draft.recurrence);
  for (const which of ["start", "end"] as const) {
    const given = body[which];
    if (given === undefined) continue;
    // A patch merges into what is there: a date beside an old dateTime must clear it.
    const both = given === null ? null : { ...old[which], ...given };
    draft[which] = readTime(both, which, { calendar: context.calendar.timeZone, toOffset }, repeats);
  }
  if (body.attendees !== undefined) draft.attendees = readAttendees(body.attendees ?? []);
  if (body.reminders !== undefined) {
    const { useDefault, overrides } = body.reminders ?? { useDefault: true };
    if (useDefault === true && (overrides ?? []).length > 0) {
      throw new GoogleRefusal(
        400,
        "cannotUseDefaultRemindersAndSpecifyOverride",
        "Cannot specify both default reminders and overrides at the same time.",
      );
    }
    draft.reminders = { useDefault: useDefault ?? false, ...(overrides ? { overrides } : {}) };
  }
  if (body.extendedProperties !== undefined) {
    draft.privateProperties = merged(old.privateProperties, body.extendedProperties?.private);
    draft.sharedProperties = merged(old.sharedProperties, body.extendedProperties?.shared);
  }
  if (body.source !== undefined) draft.source = body.source ?? undefined;
  if (context.conferences && body.conferenceData !== undefined) {
    if (body.conferenceData === null) delete draft.meetCode;
    else if (body.conferenceData.createRequest) draft.meetCode ??= meetCode(old.id);
  }
  const result = Object.fromEntries(Object.entries(draft).filter(([, value]) => value !== undefined)) as unknown as Draft;
  check(result);
  return result;
}

export function meetCode(word: string): string {
  const letters = stableId("abcdefghijklmnopqrstuvwxyz", 10, "meet", word);
  return `${letters.slice(0, 3)}-${letters.slice(3, 7)}-${letters.slice(7)}`;
}

function check(event: Draft): void {
  if ((event.start.date === undefined) !== (event.end.date === undefined)) {
    throw new GoogleRefusal(400, "invalid", "Start and end times must either both be date or both be dateTime.");
  }
  if (instantOf(event.end, "UTC") < instantOf(event.start, "UTC")) {
    throw new GoogleRefusal(400, "timeRangeEmpty", "The specified time range is empty.", { domain: "calendar" });
  }
  if (event.recurrence !== undefined) {
    checkRecurrence(event.recurrence, event.start);
    if (event.recurringEventId !== undefined) throw new GoogleRefusal(400, "invalid", "An instance of a recurring event cannot repeat.");
  }
}

/** The address of a person's own calendar, where an attendee lives in the sandbox. */
const calendarOf = (context: WriteContext, email: string): string | null => context.accounts.byEmail(email)?.email ?? null;

/** After the organizer's copy changed: everybody else's. Who is no attendee any more loses the event. */
function propagate(event: StoredEvent, before: StoredEvent | null, context: WriteContext): void {
  if (event.calendar !== event.organizer.email) return;
  const { store } = context;
  const guests = event.attendees.filter(({ email }) => email !== event.calendar);
  for (const { email } of guests) {
    const calendar = calendarOf(context, email);
    if (calendar === null || store.calendar(calendar) === null) continue;
    const old = store.find(calendar, event.id);
    const { version: _, privateProperties: __, reminders: ___, colorId: ____, ...shared } = event;
    store.put({
      ...shared,
      calendar,
      ...(old?.reminders === undefined ? {} : { reminders: old.reminders }),
      ...(old?.colorId === undefined ? {} : { colorId: old.colorId }),
      ...(old?.privateProperties === undefined ? {} : { privateProperties: old.privateProperties }),
    });
  }
  for (const { email } of before?.attendees ?? []) {
    if (email === event.calendar || guests.some((guest) => guest.email === email)) continue;
    const calendar = calendarOf(context, email);
    const copy = calendar === null ? null : store.find(calendar, event.id);
    if (copy !== null && copy.status !== "cancelled") store.put({ ...copy, status: "cancelled", updated: event.updated });
  }
}

/** An attendee's answer is seen in every copy. */
function spreadAnswer(event: StoredEvent, context: WriteContext): void {
  const own = event.attendees.find(({ email }) => email === event.calendar);
  if (own === undefined || event.calendar === event.organizer.email) return;
  const { store } = context;
  const others = [event.organizer.email, ...event.attendees.map(({ email }) => email)];
  for (const email of new Set(others)) {
    if (email === event.calendar) continue;
    const copy = store.find(email, event.id);
    if (copy === null || copy.status === "cancelled") continue;
    const attendees = copy.attendees.map((one) => (one.email === own.email ? { ...one, responseStatus: own.responseStatus } : one));
    if (JSON.stringify(attendees) !== JSON.stringify(copy.attendees)) store.put({ ...copy, attendees, updated: event.updated });
  }
}

const idShape = /^[a-v0-9]{5,1024}$/;

export function insertEvent(body: EventBody, context: WriteContext): StoredEvent {
  const { store, calendar, account } = context;
  if (body.id && !idShape.test(body.id)) throw new GoogleRefusal(400, "invalid", "Invalid resource id value.");
  if (body.id && body.iCalUID) throw new GoogleRefusal(400, "invalid", "Only one of id and iCalUID may be given.");
  const id = body.id ?? stableId(idAlphabets.base32hex, 26, calendar.id, String(store.state.version), context.writeTime());
  if (store.find(calendar.id, id) !== null) throw new GoogleRefusal(409, "duplicate", "The requested identifier already exists.");
  if (body.status === "cancelled") throw new GoogleRefusal(400, "invalid", "Invalid value for: status");
  const now = context.writeTime();
  const self = { email: calendar.id, displayName: calendar.id === account.email ? account.name : calendar.summary };
  const blank: Draft = {
    calendar: calendar.id,
    id,
    iCalUID: body.iCalUID ?? `${id}@google.com`,
    status: "confirmed",
    created: now,
    updated: now,
    sequence: 0,
    creator: { email: account.email },
    organizer: calendar.id === account.email ? { email: calendar.id } : self,
    start: missing,
    end: missing,
    attendees: [],
  };
  const filled = apply(blank, { ...body, start: body.start ?? null, end: body.end ?? null }, context);
  const stored = store.put(withOrganizersAnswer(filled));
  propagate(stored, null, context);
  return stored;
}

const missing: EventTime = {};

/** An organizer among the attendees has said yes. */
function withOrganizersAnswer(event: Draft): Draft {
  const attendees = event.attendees.map((one) =>
    one.email === event.organizer.email ? { ...one, responseStatus: "accepted" as const } : one,
  );
  return { ...event, attendees };
}

const sharedOnly = ["guestsCanInviteOthers", "guestsCanModify", "guestsCanSeeOtherGuests"] as const;

/** Changes a copy: `old` is what the id stands for now, an occurrence of a series included. */
export function changeEvent(old: StoredEvent, body: EventBody, context: WriteContext, replaces: boolean): StoredEvent {
  const { store } = context;
  const isOrganizer = old.calendar === old.organizer.email;
  if (!isOrganizer && sharedOnly.some((key) => body[key] !== undefined && body[key] !== null)) {
    throw new GoogleRefusal(403, "forbiddenForNonOrganizer", "Shared properties can only be changed by the organizer of the event.", {
      domain: "calendar",
    });
  }
  const complete: EventBody = replaces ? { ...cleared, ...body, start: body.start ?? null, end: body.end ?? null } : body;
  const { version: _, ...rest } = old;
  const timing = JSON.stringify([rest.start, rest.end, rest.recurrence]);
  const applied = apply(rest, complete, context);
  const moved = timing !== JSON.stringify([applied.start, applied.end, applied.recurrence]);
  const updated = context.writeTime();
  const stored = store.put({ ...applied, updated, sequence: old.sequence + (moved && isOrganizer ? 1 : 0) });
  if (stored.recurrence !== undefined && moved) dropLostExceptions(stored, context);
  propagate(stored, old, context);
  spreadAnswer(stored, context);
  return stored;
}

/** What an update without a value clears. */
const cleared: EventBody = {
  summary: null,
  description: null,
  location: null,
  colorId: null,
  visibility: null,
  transparency: null,
  recurrence: null,
  attendees: null,
  source: null,
} as EventBody;

/** Exceptions from occurrences that a changed series does not have any more go. */
function dropLostExceptions(series: StoredEvent, { store }: WriteContext): void {
  const exceptions = store.exceptionsOf(series);
  if (exceptions.length === 0) return;
  const lastMs = Math.max(...exceptions.map(({ originalStartTime }) => instantOf(originalStartTime ?? series.start, "UTC"))) + 1;
  const kept = new Set(occurrencesOf(series, lastMs).map(({ id }) => id));
  for (const { id } of exceptions) if (!kept.has(id)) store.drop(series.calendar, id);
}

/** Deletes a copy; the organizer's deletes all of them, an attendee's is a no to the invitation. */
export function deleteEvent(old: StoredEvent, context: WriteContext): void {
  const { store } = context;
  const updated = context.writeTime();
  const attendees = old.attendees.map((one) =>
    one.email === old.calendar && old.calendar !== old.organizer.email ? { ...one, responseStatus: "declined" as const } : one,
  );
  const { version: _, ...rest } = old;
  const stored = store.put({ ...rest, attendees, status: "cancelled", updated });
  if (old.calendar === old.organizer.email) {
    for (const { email } of old.attendees) {
      const calendar = email === old.calendar ? null : calendarOf(context, email);
      const copy = calendar === null ? null : store.find(calendar, old.id);
      if (calendar === null) continue;
      if (copy !== null) store.put({ ...copy, status: "cancelled", updated });
      // A deleted occurrence is an exception also where the series had none.
      else if (old.recurringEventId !== undefined && store.find(calendar, old.recurringEventId) !== null)
        store.put({ ...stored, calendar });
    }
  } else spreadAnswer(stored, context);
}
