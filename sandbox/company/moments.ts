import { DateTime } from "luxon";
import type { MeetingSeed } from "./work";

/** When the things of the seed happened and happen; every tool asks here, so that they agree. */

const dayMs = 86_400_000;
const dayNames = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];
/** The newest moment of the seed lies this long before the start, so that every write is newer. */
const quietMs = 1_800_000;

function minutesOf(at: string): number {
  const [hours, minutes] = at.split(":").map(Number);
  if (hours === undefined || minutes === undefined || !(hours < 24) || !(minutes < 60)) throw new Error(`"${at}" is no time of day.`);
  return hours * 60 + minutes;
}

/**
 * Epoch milliseconds of something that happened `daysAgo` at `HH:MM` in UTC. What happened today keeps its order, but lies as far into what
 * has passed of the day as the time says: at noon `18:00` was at nine o'clock.
 */
export function momentOf(nowMs: number, { daysAgo, at }: { readonly daysAgo: number; readonly at: string }): number {
  const todayMs = Math.floor(nowMs / dayMs) * dayMs;
  const share = minutesOf(at) / 1440;
  const passedMs = Math.max(60_000, nowMs - quietMs - todayMs);
  if (daysAgo > 0) return todayMs - daysAgo * dayMs + share * dayMs;
  return Math.floor(todayMs + share * passedMs);
}

export interface MeetingTimes {
  readonly startMs: number;
  readonly endMs: number;
  /** `2026-11-23T10:00:00` on the clock of its time zone. */
  readonly startLocal: string;
  readonly endLocal: string;
  /** `2026-11-23`; of a meeting of whole days, the end is the day after the last. */
  readonly startDay: string;
  readonly endDay: string;
}

/** The time of a meeting, or of the first one of a series. Its day is counted in its own time zone. */
export function meetingTimes(nowMs: number, meeting: MeetingSeed): MeetingTimes {
  const zone = meeting.timeZone;
  let day = DateTime.fromMillis(nowMs, { zone }).startOf("day").plus({ days: meeting.inDays });
  // A series begins on a day of its own: RFC 5545 section 3.8.5.3 leaves open what a start that does not match its rule means.
  const weekdays =
    /BYDAY=([A-Z,]+)/
      .exec(meeting.repeats?.rule ?? "")?.[1]
      ?.split(",")
      .map((name) => dayNames.indexOf(name) + 1) ?? [];
  while (weekdays.length > 0 && !weekdays.includes(day.weekday)) day = day.plus({ days: 1 });
  const [hour, minute] = [Math.floor(minutesOf(meeting.at) / 60), minutesOf(meeting.at) % 60];
  const start = meeting.allDay === true ? day : day.set({ hour, minute });
  const end =
    meeting.allDay === true
      ? day.plus({ days: Math.max(1, Math.round(meeting.minutes / 1440)) })
      : start.plus({ minutes: meeting.minutes });
  const local = (time: DateTime) => time.toFormat("yyyy-MM-dd'T'HH:mm:ss");
  return {
    startMs: start.toMillis(),
    endMs: end.toMillis(),
    startLocal: local(start),
    endLocal: local(end),
    startDay: start.toFormat("yyyy-MM-dd"),
    endDay: end.toFormat("yyyy-MM-dd"),
  };
}
