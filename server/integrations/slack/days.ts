import { DateTime } from "luxon";
import type { Stretch } from "./api";

/** Days of a conversation in the mount's time zone, as dates (`2026-11-23`), and as the stretch of timestamps that they are in Slack. */

/** Slack opened in 2013: nothing is older. */
const firstDay = "2013-01-01";

/** The date on which a moment falls there. */
export function dateOf(epochSeconds: number, zone: string): string {
  return DateTime.fromSeconds(epochSeconds, { zone }).toISODate() ?? firstDay;
}

/** The clock time of a message there: `09:14`. */
export function timeOf(ts: string, zone: string): string {
  return DateTime.fromSeconds(Number(ts), { zone }).toFormat("HH:mm");
}

/** A timestamp of Slack's as an instant. */
export function instantOf(ts: string): string {
  return new Date(Number(ts) * 1000).toISOString();
}

/** All timestamps of a day: daylight saving makes it 23 or 25 hours long. */
export function stretchOf(date: string, zone: string): Stretch {
  const start = DateTime.fromISO(date, { zone }).startOf("day");
  const end = start.plus({ days: 1 }).startOf("day");
  return { oldest: `${Math.floor(start.toSeconds())}.000000`, latest: `${Math.floor(end.toSeconds()) - 1}.999999` };
}

/** The day on which the conversation began. */
export function beginningOf(createdSeconds: number, zone: string): string {
  const created = dateOf(createdSeconds, zone);
  return created < firstDay ? firstDay : created;
}

/** Dates from `from` back to `until`, newest first, at most `limit`; `next` is where to go on. */
export function listDays(from: string, until: string, limit: number): { readonly dates: readonly string[]; readonly next: string | null } {
  const dates: string[] = [];
  let date = from;
  while (date >= until) {
    if (dates.length === limit) return { dates, next: date };
    dates.push(date);
    date = DateTime.fromISO(date, { zone: "utc" }).minus({ days: 1 }).toISODate() ?? "";
  }
  return { dates, next: null };
}
