import ICAL from "ical.js";
import { DateTime } from "luxon";
import { HubError } from "@/server/errors";
import type { Recurrence } from "../schema/calendar";
import { ianaZone } from "./time-zones";

/** Outlook's recurrence patterns and RFC 5545's rules (https://learn.microsoft.com/graph/api/resources/recurrencepattern). */

type Weekday = NonNullable<Recurrence["pattern"]["daysOfWeek"]>[number];

const days: readonly (readonly [code: string, name: Weekday])[] = [
  ["MO", "monday"],
  ["TU", "tuesday"],
  ["WE", "wednesday"],
  ["TH", "thursday"],
  ["FR", "friday"],
  ["SA", "saturday"],
  ["SU", "sunday"],
];
const codeOf = (name: Weekday): string => days.find(([, known]) => known === name)?.[0] ?? "MO";
const nameOf = (code: string): Weekday => days.find(([known]) => known === code)?.[1] ?? "monday";

const indexes = ["first", "second", "third", "fourth"] as const;
type Index = (typeof indexes)[number] | "last";
const positionOf = (index: Index): number => (index === "last" ? -1 : indexes.indexOf(index) + 1);

/** How an event whose series it is begins. */
export interface SeriesStart {
  /** `2026-11-23`, on the clock of its zone. */
  readonly date: string;
  /** IANA; null for whole days. */
  readonly timeZone: string | null;
}

/** Days of the week in the order of the week. */
const inOrder = (names: readonly Weekday[]): readonly Weekday[] => days.flatMap(([, name]) => (names.includes(name) ? [name] : []));

function patternParts({ type, daysOfWeek, dayOfMonth, month, index, firstDayOfWeek }: Recurrence["pattern"]): readonly string[] {
  const named = inOrder(daysOfWeek ?? []).map(codeOf);
  const monthly = type.endsWith("Yearly") ? [`BYMONTH=${month ?? 1}`] : [];
  if (type === "weekly")
    return [
      `BYDAY=${named.join(",")}`,
      ...(firstDayOfWeek === null || firstDayOfWeek === undefined || firstDayOfWeek === "monday" ? [] : [`WKST=${codeOf(firstDayOfWeek)}`]),
    ];
  if (type === "absoluteMonthly" || type === "absoluteYearly") return [...monthly, `BYMONTHDAY=${dayOfMonth ?? 1}`];
  if (type === "daily") return [];
  const position = positionOf(index ?? "first");
  return named.length === 1
    ? [...monthly, `BYDAY=${position}${named[0]}`]
    : [...monthly, `BYDAY=${named.join(",")}`, `BYSETPOS=${position}`];
}

/** The last day of a series as `UNTIL` has it: a day, or the end of that day in UTC where the series has times (RFC 5545 §3.3.10). */
function printUntil(endDate: string, timeZone: string | null): string {
  if (timeZone === null) return endDate.replaceAll("-", "");
  return DateTime.fromISO(`${endDate}T23:59:59`, { zone: timeZone }).toUTC().toFormat("yyyyMMdd'T'HHmmss'Z'");
}

const frequencies = {
  daily: "DAILY",
  weekly: "WEEKLY",
  absoluteMonthly: "MONTHLY",
  relativeMonthly: "MONTHLY",
  absoluteYearly: "YEARLY",
  relativeYearly: "YEARLY",
} as const;

/** A pattern as the lines of an event's file. */
export function printRecurrence({ pattern, range }: Recurrence, start: SeriesStart): readonly string[] {
  const zone = start.timeZone === null ? null : range.recurrenceTimeZone ? ianaZone(range.recurrenceTimeZone) : start.timeZone;
  const end =
    range.type === "numbered"
      ? [`COUNT=${range.numberOfOccurrences ?? 1}`]
      : range.type === "endDate" && range.endDate
        ? [`UNTIL=${printUntil(range.endDate, zone)}`]
        : [];
  const parts = [
    `FREQ=${frequencies[pattern.type]}`,
    ...(pattern.interval > 1 ? [`INTERVAL=${pattern.interval}`] : []),
    ...patternParts(pattern),
    ...end,
  ];
  return [`RRULE:${parts.join(";")}`];
}

const refused = (why: string): HubError => new HubError("EINVAL", `Outlook cannot repeat an event that way: ${why}`);

/** What ical.js gives of a rule, as far as Outlook has it. */
function readParts(rule: string) {
  const recur = ICAL.Recur.fromString(rule);
  const parts = recur.parts as Readonly<Record<string, readonly (string | number)[] | undefined>>;
  const numbers = (name: string): readonly number[] => (parts[name] ?? []).map(Number);
  for (const name of Object.keys(parts)) {
    if (!["BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS"].includes(name)) throw refused(`it has no ${name}.`);
  }
  const byDay = (parts.BYDAY ?? []).map((text) => {
    const match = /^([+-]?\d+)?(MO|TU|WE|TH|FR|SA|SU)$/.exec(String(text));
    if (match === null) throw refused(`"${text}" is no day.`);
    return { position: match[1] === undefined ? 0 : Number(match[1]), day: nameOf(match[2] ?? "MO") };
  });
  return { recur, byDay, byMonthDay: numbers("BYMONTHDAY"), byMonth: numbers("BYMONTH"), bySetPos: numbers("BYSETPOS") };
}

function indexOf(position: number): Index {
  if (position === -1) return "last";
  const index = indexes[position - 1];
  if (index === undefined) throw refused("a day of the month is counted from the first to the fourth, or is the last.");
  return index;
}

function readPattern(rule: string, start: SeriesStart): Recurrence["pattern"] {
  const { recur, byDay, byMonthDay, byMonth, bySetPos } = readParts(rule);
  const first = DateTime.fromISO(start.date, { zone: "utc" });
  const ownDay = days[first.weekday - 1]?.[1] ?? "monday";
  const interval = recur.interval ?? 1;
  const firstDayOfWeek = days[((recur.wkst ?? 2) + 5) % 7]?.[1] ?? "monday";
  const named = inOrder(byDay.map(({ day }) => day));
  const position = byDay[0]?.position || bySetPos[0] || 0;
  if (byMonthDay.length > 1 || byMonth.length > 1 || bySetPos.length > 1)
    throw refused("it takes one day of the month, one month and one position.");
  if (new Set(byDay.map((each) => each.position)).size > 1) throw refused("all its days of the week have the same position.");
  switch (recur.freq) {
    case "DAILY":
      // Every weekday is a weekly pattern there.
      if (byDay.length > 0) return { type: "weekly", interval: 1, daysOfWeek: [...named], firstDayOfWeek };
      return { type: "daily", interval };
    case "WEEKLY":
      if (byMonthDay.length + byMonth.length > 0 || position !== 0) throw refused("weeks have no months and no positions.");
      return { type: "weekly", interval, daysOfWeek: named.length === 0 ? [ownDay] : [...named], firstDayOfWeek };
    case "MONTHLY":
    case "YEARLY": {
      const yearly = recur.freq === "YEARLY";
      if (!yearly && byMonth.length > 0) throw refused("a monthly rule has no BYMONTH.");
      const month = yearly ? { month: byMonth[0] ?? first.month } : {};
      if (named.length > 0) {
        if (byMonthDay.length > 0) throw refused("it takes BYDAY or BYMONTHDAY, not both.");
        if (position === 0) throw refused("days of the week of a month need a position, such as BYDAY=2MO.");
        return {
          type: yearly ? "relativeYearly" : "relativeMonthly",
          interval,
          daysOfWeek: [...named],
          index: indexOf(position),
          ...month,
        };
      }
      const dayOfMonth = byMonthDay[0] ?? first.day;
      if (dayOfMonth < 1) throw refused("days are not counted from the end of the month.");
      return { type: yearly ? "absoluteYearly" : "absoluteMonthly", interval, dayOfMonth, ...month };
    }
    default:
      throw refused(`${recur.freq} is no interval of its.`);
  }
}

/**
 * The lines of an event's file as Outlook's pattern; null for none. EINVAL for what it cannot repeat: several rules, single dates, and rules
 * that its patterns do not have.
 */
export function parseRecurrence(lines: readonly string[], start: SeriesStart): Recurrence | null {
  const [line, another] = lines;
  if (line === undefined) return null;
  if (another !== undefined || !/^RRULE:/i.test(line)) {
    throw refused("it has one RRULE. To leave an occurrence out, remove its file in the month's directory.");
  }
  const rule = line.replace(/^RRULE:/i, "");
  const pattern = readPattern(rule, start);
  const { count, until } = ICAL.Recur.fromString(rule);
  // Without a zone of its own the range is in the event's (https://learn.microsoft.com/graph/api/resources/recurrencerange).
  const range = { startDate: start.date, ...(start.timeZone === null ? {} : { recurrenceTimeZone: start.timeZone }) };
  if (count !== null && count !== undefined) return { pattern, range: { ...range, type: "numbered", numberOfOccurrences: count } };
  if (until === null || until === undefined) return { pattern, range: { ...range, type: "noEnd" } };
  const endDate =
    until.isDate || start.timeZone === null
      ? until.toString().slice(0, 10)
      : (DateTime.fromJSDate(until.toJSDate(), { zone: start.timeZone }).toISODate() ?? start.date);
  return { pattern, range: { ...range, type: "endDate", endDate } };
}
