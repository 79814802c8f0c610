import type { Entry } from "@/server/vfs/tool-mount";
import { dayAt } from "../../../days";
import { isAllDay, momentMs } from "../../../moments";
import { momentOf, monthsOf } from "../../format/event";
import type { Calendar, EventRow } from "../../schema/calendar";
import { blank, fixedDirectory, markdown, object } from "../area";
import { calendarLocations } from "./place";

/** Calendars and events as rows of a directory. */

export const calendarsEntry = (): Entry => fixedDirectory("calendar");

export const calendarEntry = (calendar: Calendar): Entry => ({
  ...blank,
  segment: object("calendar", calendar.id),
  kind: "directory",
  title: calendar.name || "Calendar",
  extension: "",
  revision: calendar.changeKey ?? null,
});

/** Where somebody may only look, nothing can be created. */
export const seriesEntry = (calendar: Calendar): Entry => fixedDirectory("series", calendar.canEdit === false ? {} : { creates: "series" });
export const monthEntry = (month: string, calendar: Calendar): Entry =>
  fixedDirectory(month, calendar.canEdit === false ? {} : { creates: "event" });

const common = (row: EventRow) =>
  ({
    extension: ".md",
    mediaType: markdown,
    sizeBytes: null,
    createdAt: row.createdDateTime ?? null,
    modifiedAt: row.lastModifiedDateTime ?? null,
    revision: row["@odata.etag"] ?? null,
    webUrl: row.webLink ?? null,
  }) as const;

export const seriesEventEntry = (row: EventRow): Entry => ({
  ...common(row),
  segment: object("series", row.id),
  kind: "file",
  title: row.subject || "No title",
});

/** `2026-11-23 Weekly sync`: the day in the mount's zone, and the title. */
function titleOf(row: EventRow, timeZone: string): string {
  const start = momentOf(row.start, null, row.isAllDay === true);
  return `${isAllDay(start) ? start.date : dayAt(momentMs(start), timeZone)} ${row.subject || "No title"}`;
}

/** An event in a month; null where it does not take place in it. In the months after the one that it begins in, a link. */
export function eventEntry(row: EventRow, calendar: string, month: string, timeZone: string): Entry | null {
  const { first, last } = monthsOf(row, timeZone);
  if (month < first || month > last) return null;
  const entry = { ...common(row), segment: object("event", row.id), title: titleOf(row, timeZone) };
  return month === first
    ? { ...entry, kind: "file" }
    : { ...entry, kind: "link", canonical: calendarLocations.event(calendar, first, row.id) };
}
