import { DateTime } from "luxon";
import type { RecurrenceRow, Weekday } from "../rows";

/** The days on which a series takes place (https://learn.microsoft.com/graph/api/resources/recurrencepattern). */

const weekdays: readonly Weekday[] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
const numberOf = (day: Weekday): number => weekdays.indexOf(day) + 1;

const indexes = ["first", "second", "third", "fourth", "last"] as const;

/** The day of a month that a rule such as "last Friday" means. */
function relativeDay(month: DateTime, pattern: RecurrenceRow["pattern"]): DateTime | null {
  const days = Array.from({ length: month.daysInMonth ?? 0 }, (_, index) => month.set({ day: index + 1 })).filter((day) =>
    pattern.daysOfWeek.some((name) => numberOf(name) === day.weekday),
  );
  return (pattern.index === "last" ? days.at(-1) : days[indexes.indexOf(pattern.index)]) ?? null;
}

/** Months without that day have the occurrence on their last one, as Outlook does it. */
const absoluteDay = (month: DateTime, day: number): DateTime => month.set({ day: Math.min(day, month.daysInMonth ?? day) });

/** All days of the pattern from its first one on, without end. */
function* daysOfPattern(pattern: RecurrenceRow["pattern"], first: DateTime): Generator<DateTime> {
  const interval = Math.max(1, pattern.interval);
  if (pattern.type === "daily") {
    for (let day = first; ; day = day.plus({ days: interval })) yield day;
  }
  if (pattern.type === "weekly") {
    const offset = (first.weekday - numberOf(pattern.firstDayOfWeek) + 7) % 7;
    for (let week = first.minus({ days: offset }); ; week = week.plus({ weeks: interval })) {
      for (let at = 0; at < 7; at += 1) {
        const day = week.plus({ days: at });
        if (day >= first && pattern.daysOfWeek.some((name) => numberOf(name) === day.weekday)) yield day;
      }
    }
  }
  const yearly = pattern.type === "absoluteYearly" || pattern.type === "relativeYearly";
  const start = yearly ? first.set({ month: pattern.month, day: 1 }) : first.startOf("month");
  for (let month = start; ; month = month.plus(yearly ? { years: interval } : { months: interval })) {
    const day =
      pattern.type === "absoluteMonthly" || pattern.type === "absoluteYearly"
        ? absoluteDay(month, pattern.dayOfMonth)
        : relativeDay(month, pattern);
    if (day !== null && day >= first) yield day;
  }
}

/** No series has more days than these, whatever its range says. */
const most = 3_000;

/** The local dates of a series up to `lastDay`, those that were deleted left out. */
export function datesOf({ pattern, range }: RecurrenceRow, cancelled: readonly string[], lastDay: string): readonly string[] {
  const dates: string[] = [];
  let count = 0;
  for (const day of daysOfPattern(pattern, DateTime.fromISO(range.startDate, { zone: "utc" }))) {
    const date = day.toISODate() ?? "";
    count += 1;
    if (count > most || date > lastDay) break;
    if (range.type === "endDate" && date > range.endDate) break;
    if (range.type === "numbered" && count > range.numberOfOccurrences) break;
    if (!cancelled.includes(date)) dates.push(date);
  }
  return dates;
}

const dayNames: Readonly<Record<string, Weekday>> = {
  MO: "monday",
  TU: "tuesday",
  WE: "wednesday",
  TH: "thursday",
  FR: "friday",
  SA: "saturday",
  SU: "sunday",
};

/** A rule of RFC 5545, as the company's meetings have them, in Outlook's words. */
export function recurrenceOfRule(rule: string, startDate: string, timeZone: string): RecurrenceRow {
  const parts = new Map(rule.split(";").map((part) => part.split("=", 2) as [string, string]));
  const start = DateTime.fromISO(startDate, { zone: "utc" });
  const byDay = (parts.get("BYDAY") ?? "").split(",").filter((day) => day !== "");
  const named = byDay.map((day) => ({ position: Number.parseInt(day, 10) || 0, day: dayNames[day.slice(-2)] ?? "monday" }));
  const position = named[0]?.position ?? (Number(parts.get("BYSETPOS") ?? 0) || 0);
  const relative = position !== 0;
  const frequency = parts.get("FREQ") ?? "DAILY";
  const type = {
    DAILY: "daily",
    WEEKLY: "weekly",
    MONTHLY: relative ? "relativeMonthly" : "absoluteMonthly",
    YEARLY: relative ? "relativeYearly" : "absoluteYearly",
  } as const;
  const until = parts.get("UNTIL");
  const count = parts.get("COUNT");
  const weekday = weekdays[start.weekday - 1] ?? "monday";
  return {
    pattern: {
      type: type[frequency as keyof typeof type],
      interval: Number(parts.get("INTERVAL") ?? 1),
      month: Number(parts.get("BYMONTH") ?? start.month),
      dayOfMonth: Number(parts.get("BYMONTHDAY") ?? start.day),
      daysOfWeek: named.length > 0 ? named.map(({ day }) => day) : [weekday],
      firstDayOfWeek: dayNames[parts.get("WKST") ?? "MO"] ?? "monday",
      index: position < 0 ? "last" : (indexes[Math.max(0, position - 1)] ?? "first"),
    },
    range: {
      type: until !== undefined ? "endDate" : count !== undefined ? "numbered" : "noEnd",
      startDate,
      endDate: until === undefined ? "0001-01-01" : `${until.slice(0, 4)}-${until.slice(4, 6)}-${until.slice(6, 8)}`,
      numberOfOccurrences: Number(count ?? 0),
      recurrenceTimeZone: timeZone,
    },
  };
}
