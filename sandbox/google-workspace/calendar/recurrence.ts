import ICAL from "ical.js";
import { DateTime } from "luxon";
import { GoogleRefusal } from "../failures";
import type { EventTime, StoredEvent } from "./store";

/** Series as their occurrences, by RFC 5545 and the zone of their start. */

export interface Occurrence {
  readonly startMs: number;
  readonly original: EventTime;
  /** `<series>_20261123T080000Z`, `<series>_20261123` of days. */
  readonly id: string;
}

const dayMs = 86_400_000;
/** No rule makes more; endless ones are cut by the window anyhow. */
const mostOccurrences = 20_000;

/** Where an event's day begins for who asks: in the zone of the calendar. */
export function instantOf(time: EventTime, calendarZone: string): number {
  if (time.date !== undefined) return DateTime.fromISO(time.date, { zone: calendarZone }).toMillis();
  return DateTime.fromISO(time.dateTime ?? "", { setZone: true }).toMillis();
}

const invalidRule = (line: string) => new GoogleRefusal(400, "invalid", `Invalid recurrence rule: ${line.slice(0, 200)}`);

interface Rules {
  readonly rules: readonly { readonly recur: ICAL.Recur; readonly untilMs: number }[];
  readonly addedMs: readonly number[];
  readonly removedMs: ReadonlySet<number>;
}

/** Wall times as milliseconds: of days at UTC, of times in the zone. */
function toMs(time: ICAL.Time, zone: string, isDay: boolean): number {
  if (isDay || time.isDate) return Date.UTC(time.year, time.month - 1, time.day);
  if (time.zone === ICAL.Timezone.utcTimezone) return time.toJSDate().getTime();
  const { year, month, day, hour, minute, second } = time;
  return DateTime.fromObject({ year, month, day, hour, minute, second }, { zone }).toMillis();
}

function parseRules(lines: readonly string[], zone: string, isDay: boolean): Rules {
  const rules: { recur: ICAL.Recur; untilMs: number }[] = [];
  const addedMs: number[] = [];
  const removedMs = new Set<number>();
  for (const line of lines) {
    const name = /^[A-Z]+/.exec(line)?.[0];
    try {
      if (name === "RRULE") {
        const recur = ICAL.Recur.fromString(line.slice("RRULE:".length));
        let untilMs = Number.POSITIVE_INFINITY;
        if (recur.until) untilMs = toMs(recur.until, zone, isDay) + (recur.until.isDate && !isDay ? dayMs - 1 : 0);
        recur.until = null;
        rules.push({ recur, untilMs });
      } else if (name === "RDATE" || name === "EXDATE") {
        const property = ICAL.Property.fromString(line);
        const named = property.getFirstParameter("tzid") || zone;
        for (const value of property.getValues()) {
          if (!(value instanceof ICAL.Time)) throw invalidRule(line);
          if (name === "RDATE") addedMs.push(toMs(value, named, isDay));
          else removedMs.add(toMs(value, named, isDay));
        }
      } else throw invalidRule(line);
    } catch (error) {
      throw error instanceof GoogleRefusal ? error : invalidRule(line);
    }
  }
  return { rules, addedMs, removedMs };
}

/** Refuses lines that are no recurrence. */
export function checkRecurrence(lines: readonly string[], start: EventTime): void {
  if (!lines.some((line) => /^(RRULE|RDATE)/.test(line))) throw invalidRule(lines.join(" "));
  parseRules(lines, start.timeZone ?? "UTC", start.date !== undefined);
}

const basic = (iso: string): string => iso.replaceAll(/[-:]|\.\d{3}/g, "");

export function occurrenceId(series: string, startMs: number, isDay: boolean): string {
  const iso = new Date(startMs).toISOString();
  return `${series}_${isDay ? basic(iso.slice(0, 10)) : basic(iso)}`;
}

function originalOf(startMs: number, zone: string, isDay: boolean): EventTime {
  if (isDay) return { date: new Date(startMs).toISOString().slice(0, 10) };
  return { dateTime: DateTime.fromMillis(startMs, { zone }).toFormat("yyyy-MM-dd'T'HH:mm:ssZZ"), timeZone: zone };
}

/** The last expansion of a stored series, which never changes: the next page of a list asks for the same. */
const expanded = new WeakMap<StoredEvent, { readonly beforeMs: number; readonly occurrences: readonly Occurrence[] }>();

/** The occurrences of a series that begin before an instant, in order; days count from midnight UTC. */
export function occurrencesOf(series: StoredEvent, beforeMs: number): readonly Occurrence[] {
  const known = expanded.get(series);
  if (known?.beforeMs === beforeMs) return known.occurrences;
  const occurrences = expand(series, beforeMs);
  expanded.set(series, { beforeMs, occurrences });
  return occurrences;
}

function expand(series: StoredEvent, beforeMs: number): readonly Occurrence[] {
  const isDay = series.start.date !== undefined;
  const zone = series.start.timeZone ?? "UTC";
  const firstMs = isDay ? Date.parse(`${series.start.date}T00:00:00Z`) : Date.parse(series.start.dateTime ?? "");
  const wall = isDay ? DateTime.fromMillis(firstMs, { zone: "utc" }) : DateTime.fromMillis(firstMs, { zone });
  const dtstart = isDay
    ? ICAL.Time.fromDateString(wall.toFormat("yyyy-MM-dd"))
    : ICAL.Time.fromDateTimeString(wall.toFormat("yyyy-MM-dd'T'HH:mm:ss"));
  const { rules, addedMs, removedMs } = parseRules(series.recurrence ?? [], zone, isDay);
  const found = new Set<number>([firstMs, ...addedMs].filter((ms) => ms < beforeMs));
  for (const { recur, untilMs } of rules) {
    const iterator = recur.iterator(dtstart);
    for (let next = iterator.next(), count = 0; next && count < mostOccurrences; next = iterator.next(), count += 1) {
      const ms = toMs(next, zone, isDay);
      if (ms >= beforeMs || ms > untilMs) break;
      found.add(ms);
    }
  }
  return [...found]
    .filter((ms) => !removedMs.has(ms))
    .sort((a, b) => a - b)
    .map((startMs) => ({ startMs, original: originalOf(startMs, zone, isDay), id: occurrenceId(series.id, startMs, isDay) }));
}

/** The series and the instant that the id of an occurrence says; null where it is none. */
export function splitOccurrenceId(id: string): { readonly series: string; readonly startMs: number } | null {
  const [, series, year, month, day, time] = /^(.+)_(\d{4})(\d{2})(\d{2})(T\d{6}Z)?$/.exec(id) ?? [];
  if (series === undefined) return null;
  const clock = time === undefined ? "00:00:00" : `${time.slice(1, 3)}:${time.slice(3, 5)}:${time.slice(5, 7)}`;
  const startMs = Date.parse(`${year}-${month}-${day}T${clock}Z`);
  return Number.isNaN(startMs) ? null : { series, startMs };
}

/** The occurrence as an event of its own, as the series has it. */
export function occurrenceEvent(series: StoredEvent, occurrence: Occurrence): StoredEvent {
  const { recurrence: _, ...rest } = series;
  const isDay = series.start.date !== undefined;
  const lengthMs = isDay
    ? Date.parse(`${series.end.date}T00:00:00Z`) - Date.parse(`${series.start.date}T00:00:00Z`)
    : Date.parse(series.end.dateTime ?? "") - Date.parse(series.start.dateTime ?? "");
  return {
    ...rest,
    id: occurrence.id,
    recurringEventId: series.id,
    originalStartTime: occurrence.original,
    start: occurrence.original,
    end: originalOf(occurrence.startMs + lengthMs, series.end.timeZone ?? series.start.timeZone ?? "UTC", isDay),
  };
}
