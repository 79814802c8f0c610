import type { Location } from "@/server/vfs/tool-mount";
import { isMonth } from "../../../days";
import { fixed, nothingHere, object, patternOf } from "../area";

/** Where a location of the calendar area is; ids are Google's. */
export type CalendarPlace =
  | { readonly at: "calendars" }
  | { readonly at: "calendar" | "allSeries"; readonly calendar: string }
  | { readonly at: "series"; readonly calendar: string; readonly event: string }
  | { readonly at: "month"; readonly calendar: string; readonly month: string }
  | { readonly at: "event"; readonly calendar: string; readonly month: string; readonly event: string };

export const calendarLocations = {
  calendars: [fixed("calendar")] as Location,
  calendar: (calendar: string): Location => [fixed("calendar"), object("calendar", calendar)],
  allSeries: (calendar: string): Location => [...calendarLocations.calendar(calendar), fixed("series")],
  series: (calendar: string, event: string): Location => [...calendarLocations.allSeries(calendar), object("series", event)],
  month: (calendar: string, month: string): Location => [...calendarLocations.calendar(calendar), fixed(month)],
  event: (calendar: string, month: string, event: string): Location => [
    ...calendarLocations.month(calendar, month),
    object("event", event),
  ],
};

/** Reads a location; ENOENT where the tree has no such place. */
export function calendarPlaceOf(location: Location): CalendarPlace {
  const third = location[2];
  const month = third?.type === "fixed" && isMonth(third.name) ? third.name : null;
  const { pattern, ids } = patternOf(month === null ? location : location.with(2, fixed("<month>")));
  const [calendar = "", event = ""] = ids;
  switch (pattern) {
    case "calendar":
      return { at: "calendars" };
    case "calendar/<calendar>":
      return { at: "calendar", calendar };
    case "calendar/<calendar>/series":
      return { at: "allSeries", calendar };
    case "calendar/<calendar>/series/<series>":
      return { at: "series", calendar, event };
    case "calendar/<calendar>/<month>":
      return { at: "month", calendar, month: month ?? "" };
    case "calendar/<calendar>/<month>/<event>":
      return { at: "event", calendar, month: month ?? "", event };
    default:
      throw nothingHere();
  }
}
