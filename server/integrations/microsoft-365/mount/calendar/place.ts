import type { Location } from "@/server/vfs/tool-mount";
import { isMonth } from "../../../days";
import { fixed, notThere, object } from "../area";

/** Where a location of the calendar area is; ids are Graph's. */
export type CalendarPlace =
  | { readonly at: "calendars" }
  | { readonly at: "calendar" | "series"; readonly calendar: string }
  | { readonly at: "month"; readonly calendar: string; readonly month: string }
  | EventPlace;

/** An event: a series as a whole, or what takes place in a month. */
export type EventPlace =
  | { readonly at: "seriesEvent"; readonly calendar: string; readonly id: string }
  | { readonly at: "event"; readonly calendar: string; readonly month: string; readonly id: string };

export const calendarLocations = {
  calendar: (calendar: string): Location => [fixed("calendar"), object("calendar", calendar)],
  series: (calendar: string): Location => [...calendarLocations.calendar(calendar), fixed("series")],
  month: (calendar: string, month: string): Location => [...calendarLocations.calendar(calendar), fixed(month)],
  seriesEvent: (calendar: string, id: string): Location => [...calendarLocations.series(calendar), object("series", id)],
  event: (calendar: string, month: string, id: string): Location => [...calendarLocations.month(calendar, month), object("event", id)],
};

/** Reads a location that begins with `calendar`; ENOENT where the tree has no such place. */
export function calendarPlaceOf(location: Location): CalendarPlace {
  const [, of, directory, event, ...more] = location;
  if (of === undefined) return { at: "calendars" };
  if (of.type !== "object" || of.kind !== "calendar" || of.companion === true || more.length > 0) throw notThere();
  const calendar = of.externalId;
  if (directory === undefined) return { at: "calendar", calendar };
  if (directory.type !== "fixed") throw notThere();
  const isSeries = directory.name === "series";
  if (!isSeries && !isMonth(directory.name)) throw notThere();
  if (event === undefined) return isSeries ? { at: "series", calendar } : { at: "month", calendar, month: directory.name };
  if (event.type !== "object" || event.companion === true || event.kind !== (isSeries ? "series" : "event")) throw notThere();
  return isSeries
    ? { at: "seriesEvent", calendar, id: event.externalId }
    : { at: "event", calendar, month: directory.name, id: event.externalId };
}
