import type { Entry } from "@/server/vfs/tool-mount";
import { dayAt } from "../../../days";
import { isAllDay, momentMs, monthOf } from "../../../moments";
import { isSeries, timesOf } from "../../format/event";
import type { CalendarListEntry, EventRow } from "../../schema/calendar";
import { blankEntry, directoryEntry, fixed, markdownType, object } from "../area";
import { calendarLocations } from "./place";

/** Calendars and events as rows of a directory. */

export const calendarEntry = (calendar: CalendarListEntry): Entry => ({
  ...blankEntry,
  segment: object("calendar", calendar.id),
  kind: "directory",
  title: calendar.summaryOverride ?? calendar.summary ?? calendar.id,
  extension: "",
  revision: calendar.etag ?? null,
});

export const allSeriesEntry = (): Entry => directoryEntry("series", { creates: "series" });
export const monthEntry = (month: string): Entry => directoryEntry(month, { creates: "event" });

const eventFile = (event: EventRow) =>
  ({
    ...blankEntry,
    kind: "file",
    extension: ".md",
    mediaType: markdownType,
    createdAt: event.created ?? null,
    modifiedAt: event.updated ?? null,
    revision: event.etag ?? null,
    webUrl: event.htmlLink ?? null,
  }) as const;

export const seriesEntry = (event: EventRow): Entry => ({
  ...eventFile(event),
  segment: object("series", event.id),
  title: event.summary ?? "",
});

/** The day that an occurrence begins, on the mount's clock; a day of an all-day event is its own. */
export function startDayOf(event: EventRow, timeZone: string): string {
  const { start } = timesOf(event, timeZone);
  return isAllDay(start) ? start.date : dayAt(momentMs(start), timeZone);
}

/** The month directory that is an occurrence's canonical place. */
export const monthOfEvent = (event: EventRow, timeZone: string): string => monthOf(timesOf(event, timeZone).start, timeZone);

/** An occurrence in its month: the day comes before the title, so that those of a series differ and stand in order. */
export const eventEntry = (event: EventRow, timeZone: string): Entry => ({
  ...eventFile(event),
  segment: object("event", event.id),
  title: `${startDayOf(event, timeZone)} ${event.summary ?? ""}`,
});

/** The row of an occurrence in a month; null where it only touches another one. What began earlier is a link. */
export function findEventEntry(calendar: string, month: string, event: EventRow, timeZone: string): Entry | null {
  if (event.status === "cancelled" || isSeries(event)) return null;
  const { start, end } = timesOf(event, timeZone);
  const first = monthOf(start, timeZone);
  if (first === month) return eventEntry(event, timeZone);
  // Ends are exclusive; what ends at the month's midnight is not in it.
  const last = isAllDay(end)
    ? new Date(momentMs(end) - 86_400_000).toISOString().slice(0, 7)
    : dayAt(Math.max(momentMs(start), momentMs(end) - 1), timeZone).slice(0, 7);
  if (first > month || last < month) return null;
  return { ...eventEntry(event, timeZone), kind: "link", canonical: calendarLocations.event(calendar, first, event.id) };
}

/** A directory that stands for a calendar's fixed name. */
export const calendarsEntry = (): Entry => ({ ...directoryEntry("calendar"), segment: fixed("calendar") });
