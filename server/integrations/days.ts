import { DateTime, IANAZone } from "luxon";
import { HubError } from "@/server/errors";

/**
 * The date directories of a mount: days (`2026-11-23`) and months (`2026-11`) in the mount's time zone, computed and never stored.
 * Instants are milliseconds since the epoch. A period ends where the next begins, so every instant is in exactly one day and one month,
 * also where a zone skips midnight (Beirut in spring) or a whole day (Apia, 30 December 2011).
 */

export interface Period {
  /** `2026-11-23` or `2026-11`. */
  readonly name: string;
  readonly startMs: number;
  /** Exclusive. */
  readonly endMs: number;
}

export interface PeriodPage {
  readonly names: readonly string[];
  /** Of the next page; null at the end. */
  readonly nextCursor: string | null;
}

type Unit = "day" | "month";

const formats = { day: "yyyy-MM-dd", month: "yyyy-MM" } as const;

const shapes = { day: /^\d{4}-\d{2}-\d{2}$/, month: /^\d{4}-\d{2}$/ } as const;

function zoneOf(timeZone: string): IANAZone {
  const zone = IANAZone.create(timeZone);
  if (!zone.isValid) throw new HubError("EINVAL", `"${timeZone}" is no time zone. Write one such as Europe/Paris.`);
  return zone;
}

/** The date that a name says, at UTC, where every day has its midnight; null where it says none. */
function findDate(unit: Unit, name: string): DateTime | null {
  if (!shapes[unit].test(name)) return null;
  const date = DateTime.fromFormat(name, formats[unit], { zone: "utc" });
  return date.isValid ? date : null;
}

function getDate(unit: Unit, name: string): DateTime {
  const date = findDate(unit, name);
  if (date === null)
    throw new HubError("ENOENT", `"${name}" is no ${unit}; ${unit}s are named like ${unit === "day" ? "2026-11-23" : "2026-11"}.`);
  return date;
}

const halfOfTheSearchMs = 48 * 3_600_000;

/** The first instant whose local date in the zone is this one or a later one: midnight, or what comes after it where it is skipped. */
function startMs(date: DateTime, zone: IANAZone): number {
  const name = date.toFormat(formats.day);
  const reached = (ms: number) => DateTime.fromMillis(ms, { zone }).toFormat(formats.day) >= name;
  const midnight = DateTime.fromObject({ year: date.year, month: date.month, day: date.day }, { zone }).toMillis();
  if (reached(midnight) && !reached(midnight - 1)) return midnight;
  let before = midnight - halfOfTheSearchMs;
  let after = midnight + halfOfTheSearchMs;
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (reached(middle)) after = middle;
    else before = middle;
  }
  return after;
}

function period(unit: Unit, name: string, timeZone: string): Period {
  const zone = zoneOf(timeZone);
  const date = getDate(unit, name);
  const next = unit === "day" ? date.plus({ days: 1 }) : date.plus({ months: 1 });
  return { name, startMs: startMs(date, zone), endMs: startMs(next, zone) };
}

export const isDay = (name: string): boolean => findDate("day", name) !== null;
export const isMonth = (name: string): boolean => findDate("month", name) !== null;

/** The day of that name; ENOENT where there is no such date. */
export const dayPeriod = (name: string, timeZone: string): Period => period("day", name, timeZone);
/** The month of that name; ENOENT where there is no such month. */
export const monthPeriod = (name: string, timeZone: string): Period => period("month", name, timeZone);

const nameAt = (unit: Unit, instantMs: number, timeZone: string): string =>
  DateTime.fromMillis(instantMs, { zone: zoneOf(timeZone) }).toFormat(formats[unit]);

/** The day that an instant is in. */
export const dayAt = (instantMs: number, timeZone: string): string => nameAt("day", instantMs, timeZone);
/** The month that an instant is in. */
export const monthAt = (instantMs: number, timeZone: string): string => nameAt("month", instantMs, timeZone);

/** `2026-11` and 24 is `2028-11`. */
export const addMonths = (month: string, months: number): string => getDate("month", month).plus({ months }).toFormat(formats.month);
/** `2026-11-30` and 1 is `2026-12-01`. */
export const addDays = (day: string, days: number): string => getDate("day", day).plus({ days }).toFormat(formats.day);

interface PeriodRange {
  /** The oldest and the newest name, both inclusive; none where the oldest is after the newest. */
  readonly first: string;
  readonly last: string;
  /** Null for the first page. */
  readonly cursor: string | null;
  readonly limit: number;
}

function page(unit: Unit, range: PeriodRange): PeriodPage {
  const from = range.cursor === null ? range.last : range.cursor;
  if (range.cursor !== null && (findDate(unit, from) === null || from > range.last)) {
    throw new HubError("ESTALE", "This cursor is none of this directory. Start the list again.", { details: { restart: true } });
  }
  const names: string[] = [];
  let date = getDate(unit, from);
  const oldest = getDate(unit, range.first);
  while (date >= oldest && names.length < range.limit) {
    names.push(date.toFormat(formats[unit]));
    date = date.minus(unit === "day" ? { days: 1 } : { months: 1 });
  }
  return { names, nextCursor: date >= oldest ? date.toFormat(formats[unit]) : null };
}

/** A page of days, the newest first. ESTALE for a cursor that is not this range's. */
export const pageDays = (range: PeriodRange): PeriodPage => page("day", range);
/** A page of months, the newest first. ESTALE for a cursor that is not this range's. */
export const pageMonths = (range: PeriodRange): PeriodPage => page("month", range);
