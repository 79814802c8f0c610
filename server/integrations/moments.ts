import { DateTime, IANAZone } from "luxon";
import { HubError } from "@/server/errors";
import { dayAt } from "./days";

/** When an event begins or ends: a day of an all-day event, or an instant with the zone whose clock it goes by. */
export type EventMoment = { readonly date: string } | { readonly dateTime: string; readonly timeZone: string };

export const isAllDay = (moment: EventMoment): moment is { readonly date: string } => "date" in moment;

const isoFormat = "yyyy-MM-dd'T'HH:mm:ssZZ";
const wallFormat = "yyyy-MM-dd'T'HH:mm:ss";

/** An instant in a zone as a moment (`2026-11-23T09:00:00+01:00`). EINVAL where either is none. */
export function toMoment(instant: string | number, timeZone: string): EventMoment {
  if (!IANAZone.isValidZone(timeZone)) throw new HubError("EINVAL", `"${timeZone}" is no time zone. Write one such as Europe/Paris.`);
  const at = typeof instant === "number" ? DateTime.fromMillis(instant) : DateTime.fromISO(instant, { setZone: true });
  if (!at.isValid) throw new HubError("EINVAL", `"${instant}" is no time such as "2026-11-23T09:00:00".`);
  return { dateTime: at.setZone(timeZone).toFormat(isoFormat), timeZone };
}

/** Milliseconds since the epoch; of a day, its midnight in UTC. */
export const momentMs = (moment: EventMoment): number =>
  isAllDay(moment) ? Date.parse(`${moment.date}T00:00:00Z`) : Date.parse(moment.dateTime);

/** What the clock in the moment's zone shows (`2026-11-23T09:00:00`). */
export const wallTime = (moment: { readonly dateTime: string; readonly timeZone: string }): string =>
  DateTime.fromISO(moment.dateTime, { zone: moment.timeZone }).toFormat(wallFormat);

/** The month directory that something at this moment stands in, in the mount's zone. */
export const monthOf = (moment: EventMoment, timeZone: string): string =>
  isAllDay(moment) ? moment.date.slice(0, 7) : dayAt(momentMs(moment), timeZone).slice(0, 7);

/** As a file says it: the day, or the wall time; with the offset where clocks show that time twice. */
export function printMoment(moment: EventMoment): string {
  if (isAllDay(moment)) return moment.date;
  const at = DateTime.fromISO(moment.dateTime, { zone: moment.timeZone });
  return at.toFormat(at.getPossibleOffsets().length > 1 ? isoFormat : wallFormat);
}

const offsetAtEnd = /(?:Z|[+-]\d{2}:?\d{2})$/i;
const dayShape = /^\d{4}-\d{2}-\d{2}$/;
const timeShape = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?$/i;

/**
 * The moment that a file's text says in that zone; inverse of `printMoment`. A text without offset is wall time; of a time that clocks
 * show twice the first is meant. EINVAL says what is wrong, a wall time that clocks skip included.
 */
export function parseMoment(text: string, timeZone: string): EventMoment {
  const trimmed = text.trim();
  if (dayShape.test(trimmed)) {
    if (DateTime.fromISO(trimmed, { zone: "utc" }).isValid) return { date: trimmed };
    throw new HubError("EINVAL", `"${trimmed}" is no date of the calendar.`);
  }
  if (!timeShape.test(trimmed)) {
    throw new HubError("EINVAL", `"${trimmed}" is neither a day such as "2026-11-23" nor a time such as "2026-11-23T09:00:00".`);
  }
  const iso = trimmed.replace(" ", "T").toUpperCase();
  if (offsetAtEnd.test(iso)) return toMoment(iso, timeZone);
  if (!IANAZone.isValidZone(timeZone)) throw new HubError("EINVAL", `"${timeZone}" is no time zone. Write one such as Europe/Paris.`);
  const at = DateTime.fromISO(iso, { zone: timeZone });
  if (!at.isValid) throw new HubError("EINVAL", `"${trimmed}" is no time of the calendar.`);
  const [first = at] = at.getPossibleOffsets();
  if (first.toFormat("yyyy-MM-dd'T'HH:mm") !== iso.slice(0, 16)) {
    throw new HubError("EINVAL", `Clocks in ${timeZone} skip "${trimmed}". Write another time.`);
  }
  return { dateTime: first.toFormat(isoFormat), timeZone };
}
