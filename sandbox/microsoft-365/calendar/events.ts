import { DateTime } from "luxon";
import { found, type GraphContext, newKey, touch } from "../context";
import { outlookNotFound } from "../failures";
import { itemId, readContainerId, readItemId, seedGuid } from "../ids";
import type { CalendarRow, EventFields, EventRow, LocalTime, Mailbox } from "../rows";
import type { Store } from "../store";
import { datesOf } from "./recurrence";
import { zoneOf } from "./zones";

/** Events, their occurrences, and the copies that attendees have. */

/** An event or one occurrence of a series, with the fields that hold for it. */
export interface Instance {
  readonly event: EventRow;
  /** The local date on which the series has it; null for a single event and for a series itself. */
  readonly occurrence: string | null;
  readonly fields: EventFields;
  readonly isException: boolean;
}

/** Epoch milliseconds of a local time. */
export const momentOf = ({ dateTime, timeZone }: LocalTime): number =>
  DateTime.fromISO(dateTime.slice(0, 19), { zone: zoneOf(timeZone) }).toMillis();

const movedTo = (time: LocalTime, from: string, to: string): LocalTime => {
  const days = DateTime.fromISO(to, { zone: "utc" }).diff(DateTime.fromISO(from, { zone: "utc" }), "days").days;
  return { ...time, dateTime: DateTime.fromISO(time.dateTime, { zone: "utc" }).plus({ days }).toFormat("yyyy-MM-dd'T'HH:mm:ss") };
};

const fieldsOf = ({
  subject,
  body,
  start,
  end,
  isAllDay,
  location,
  attendees,
  showAs,
  sensitivity,
  importance,
}: EventFields): EventFields => ({
  subject,
  body,
  start,
  end,
  isAllDay,
  location,
  attendees,
  showAs,
  sensitivity,
  importance,
});

/** The event itself: single, or the series. */
export const wholeOf = (event: EventRow): Instance => ({ event, occurrence: null, fields: fieldsOf(event), isException: false });

export function occurrenceOf(event: EventRow, date: string): Instance {
  const first = event.start.dateTime.slice(0, 10);
  const own = event.exceptions[date];
  const regular = { ...fieldsOf(event), start: movedTo(event.start, first, date), end: movedTo(event.end, first, date) };
  return {
    event,
    occurrence: date,
    fields: own === undefined ? regular : { ...regular, ...fieldsOf({ ...regular, ...own }) },
    isException: own !== undefined,
  };
}

/** Everything of an event that overlaps the time; series are expanded. */
export function instancesIn(event: EventRow, fromMs: number, toMs: number): readonly Instance[] {
  const overlaps = ({ fields }: Instance): boolean => {
    const [start, end] = [momentOf(fields.start), momentOf(fields.end)];
    return start < toMs && (end > fromMs || (start === end && start >= fromMs));
  };
  if (event.recurrence === null) return [wholeOf(event)].filter(overlaps);
  // A day more: where the series is, it may be tomorrow already; and exceptions can be moved into the time.
  const lastDay = DateTime.fromMillis(toMs, { zone: "utc" }).plus({ days: 400 }).toISODate() ?? "";
  const lastRegular = DateTime.fromMillis(toMs, { zone: "utc" }).plus({ days: 2 }).toISODate() ?? "";
  return datesOf(event.recurrence, event.cancelled, lastDay)
    .filter((date) => date <= lastRegular || event.exceptions[date] !== undefined)
    .map((date) => occurrenceOf(event, date))
    .filter(overlaps);
}

export const eventId = (context: Pick<GraphContext, "mailbox" | "preferences">, event: EventRow, occurrence: string | null): string =>
  itemId({ mailbox: context.mailbox.userId, type: "event", key: event.key, occurrence, moves: 0 }, context.preferences.immutableIds);

/** A calendar by its id; 404 for none. */
export function findCalendar(mailbox: Mailbox, idOrName: string): CalendarRow {
  const id = readContainerId(idOrName);
  if (id.mailbox !== mailbox.userId || id.type !== "calendar") throw outlookNotFound();
  return found(mailbox.calendars.get(id.key));
}

export const defaultCalendar = (mailbox: Mailbox): CalendarRow => found([...mailbox.calendars.values()].find(({ isDefault }) => isDefault));

/** An event or an occurrence by id, in that calendar where one is given; 404 for none. */
export function findInstance(context: GraphContext, text: string, calendar: CalendarRow | null): Instance {
  const { mailbox } = context;
  const id = readItemId(text);
  if (id.mailbox !== mailbox.userId || id.type !== "event") throw outlookNotFound();
  const event = found(mailbox.events.get(id.key));
  if (calendar !== null && event.calendar !== calendar.key) throw outlookNotFound();
  if (id.occurrence === null) return wholeOf(event);
  if (event.recurrence === null || !datesOf(event.recurrence, event.cancelled, id.occurrence).includes(id.occurrence))
    throw outlookNotFound();
  return occurrenceOf(event, id.occurrence);
}

export function addEvent(
  store: Store,
  mailbox: Mailbox,
  fields: Partial<EventRow> & EventFields & Pick<EventRow, "calendar" | "organizer">,
): EventRow {
  const now = store.writeTime();
  mailbox.seq += 1;
  const key = newKey(mailbox);
  const event: EventRow = {
    key,
    createdAt: now,
    modifiedAt: now,
    version: 1,
    seq: mailbox.seq,
    categories: [],
    extended: {},
    iCalUId: `040000008200E00074C5B7101A82E008${seedGuid(mailbox.userId, key).replaceAll("-", "").toUpperCase()}`,
    transactionId: null,
    recurrence: null,
    isCancelled: false,
    isOnlineMeeting: false,
    joinUrl: null,
    exceptions: {},
    cancelled: [],
    ...fields,
  };
  mailbox.events.set(event.key, event);
  return event;
}

/** Takes an event out of the mailbox. */
export function removeEvent(context: Pick<GraphContext, "mailbox" | "preferences">, mailbox: Mailbox, event: EventRow): void {
  mailbox.events.delete(event.key);
  mailbox.seq += 1;
  mailbox.tombstones.push({
    id: eventId({ ...context, mailbox }, event, null),
    type: "event",
    container: event.calendar,
    seq: mailbox.seq,
  });
}

/** What an organizer does to a meeting happens in the calendars of those attendees who live here. */
export function inviteAttendees(context: GraphContext, event: EventRow, isGone = false): void {
  const { store, user } = context;
  if (event.organizer.address.toLowerCase() !== user.mail.toLowerCase()) return;
  const invited = new Set(isGone ? [] : event.attendees.map(({ address }) => address.toLowerCase()));
  for (const other of store.users.values()) {
    if (other.id === user.id) continue;
    const mailbox = store.mailboxOf(other.id);
    const copy = [...mailbox.events.values()].find(({ iCalUId }) => iCalUId === event.iCalUId);
    if (!invited.has(other.mail.toLowerCase())) {
      if (copy !== undefined) removeEvent(context, mailbox, copy);
      continue;
    }
    const shared = {
      ...fieldsOf(event),
      recurrence: event.recurrence,
      exceptions: event.exceptions,
      cancelled: event.cancelled,
      isOnlineMeeting: event.isOnlineMeeting,
      joinUrl: event.joinUrl,
    };
    if (copy === undefined) {
      const { iCalUId, organizer } = event;
      addEvent(store, mailbox, { ...shared, calendar: defaultCalendar(mailbox).key, organizer, iCalUId });
    } else {
      Object.assign(copy, shared);
      touch({ store, mailbox }, copy);
    }
  }
}
