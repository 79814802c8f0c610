import type { ReadFormat } from "@/server/vfs/node";
import type { Entry, EntryPage, Location, MountContext, PrintedFile } from "@/server/vfs/tool-mount";
import { addMonths, monthAt, monthPeriod, pageMonths } from "../../../days";
import type { CalendarApi } from "../../api/calendar";
import type { PageRequest } from "../../api/http";
import { isSeries, printEvent, printEventCalendar, printEventJson } from "../../format/event";
import { type Area, type CapabilityCheck, chooseFormat, isDirectory, isFile, jsonType, markdownType, printed, unsupported } from "../area";
import { calendarKinds } from "./description";
import {
  allSeriesEntry,
  calendarEntry,
  calendarsEntry,
  eventEntry,
  findEventEntry,
  monthEntry,
  monthOfEvent,
  seriesEntry,
} from "./entries";
import { performCalendarStep } from "./perform";
import { type CalendarPlace, calendarPlaceOf } from "./place";
import { planEventCreate, planEventRemove, planEventUpdate } from "./plan";
import { type EventPlace, getEventAt, getExceptions } from "./records";

/** How far ahead months are shown; series have no end. */
const monthsAhead = 24;

/** Calendar bounds all-day events by the calendar's own midnight, which is at most this far from the mount's. */
const zonesApartMs = 26 * 3_600_000;

const calendarFileType = "text/calendar; charset=utf-8";

/** Google's calendars: series once, and what happens, month by month. */
export function createCalendarArea(options: {
  readonly api: CalendarApi;
  readonly check: CapabilityCheck;
  /** Epoch milliseconds. */
  readonly now?: () => number;
}): Area {
  const { api, check } = options;
  const now = options.now ?? Date.now;

  function at(location: Location): CalendarPlace {
    check.require("read:calendar");
    return calendarPlaceOf(location);
  }

  /** From the month of the first event of all to two years ahead, the newest first. */
  async function listMonths(calendar: string, page: PageRequest, context: MountContext): Promise<EntryPage> {
    const today = monthAt(now(), context.timeZone);
    const earliest = await api.findFirstOccurrence(calendar, context.call);
    const first = earliest === null ? today : monthOfEvent(earliest, context.timeZone);
    const { names, nextCursor } = pageMonths({
      first: first < today ? first : today,
      last: addMonths(today, monthsAhead),
      cursor: page.cursor,
      limit: page.limit,
    });
    const months = names.map(monthEntry);
    return { entries: page.cursor === null ? [allSeriesEntry(), ...months] : months, nextCursor };
  }

  async function listMonth(place: Extract<CalendarPlace, { at: "month" }>, page: PageRequest, context: MountContext): Promise<EntryPage> {
    const { startMs, endMs } = monthPeriod(place.month, context.timeZone);
    const window = { fromMs: startMs - zonesApartMs, toMs: endMs + zonesApartMs };
    const { items, nextCursor } = await api.listOccurrences(place.calendar, window, page, context.call);
    const entries = items.flatMap((event) => findEventEntry(place.calendar, place.month, event, context.timeZone) ?? []);
    return { entries, nextCursor };
  }

  async function list(directory: Location, page: PageRequest, context: MountContext): Promise<EntryPage> {
    const place = at(directory);
    switch (place.at) {
      case "calendars": {
        const { items, nextCursor } = await api.listCalendars(page, context.call);
        return { entries: items.map(calendarEntry), nextCursor };
      }
      case "calendar":
        return await listMonths(place.calendar, page, context);
      case "allSeries": {
        const { items, nextCursor } = await api.listEvents(place.calendar, page, context.call);
        return { entries: items.filter((event) => event.status !== "cancelled" && isSeries(event)).map(seriesEntry), nextCursor };
      }
      case "month":
        return await listMonth(place, page, context);
      default:
        throw isFile();
    }
  }

  async function stat(location: Location, context: MountContext): Promise<Entry> {
    const place = at(location);
    switch (place.at) {
      case "calendars":
        return calendarsEntry();
      case "calendar":
        return calendarEntry(await api.getCalendar(place.calendar, context.call));
      case "allSeries":
      case "month":
        await api.getCalendar(place.calendar, context.call);
        return place.at === "month" ? monthEntry(place.month) : allSeriesEntry();
      case "series":
        return seriesEntry(await getEventAt(api, place, context));
      case "event":
        return await statEvent(place, context);
    }
  }

  /** The occurrence in its month; or, in a month that it reaches into, the link to it. */
  async function statEvent(place: EventPlace & { at: "event" }, context: MountContext): Promise<Entry> {
    const event = await api.getEvent(place.calendar, place.event, context.call);
    const entry = findEventEntry(place.calendar, place.month, event, context.timeZone);
    return entry ?? eventEntry(await getEventAt(api, place, context), context.timeZone);
  }

  async function read(location: Location, as: ReadFormat | null, context: MountContext): Promise<PrintedFile> {
    const place = at(location);
    if (place.at !== "event" && place.at !== "series") throw isDirectory();
    const format = chooseFormat(as, ["markdown", "json", "raw"]);
    // A link reads through: the month it stands in is not the event's own.
    const event = place.at === "event" ? await readable(place, context) : await getEventAt(api, place, context);
    const entry =
      place.at === "series"
        ? seriesEntry(event)
        : (findEventEntry(place.calendar, place.month, event, context.timeZone) ?? eventEntry(event, context.timeZone));
    switch (format) {
      case "json":
        return printed(printEventJson(event, context.timeZone), jsonType, entry);
      case "raw": {
        const exceptions = place.at === "series" ? await getExceptions(api, place.calendar, event, context) : [];
        return printed(printEventCalendar(event, exceptions, context.timeZone), calendarFileType, entry);
      }
      case "markdown":
        return printed(await printEvent(event, context.timeZone, context), markdownType, entry);
    }
  }

  async function readable(place: EventPlace & { at: "event" }, context: MountContext) {
    const event = await api.getEvent(place.calendar, place.event, context.call);
    if (findEventEntry(place.calendar, place.month, event, context.timeZone) !== null) return event;
    return await getEventAt(api, place, context);
  }

  return {
    name: "calendar",
    kinds: calendarKinds,
    list,
    stat,
    read,
    async plan(change, context) {
      const place = at(change.type === "create" || change.type === "upload" ? change.parent : change.location);
      const mayWrite = () => check.require("write:calendar");
      switch (change.type) {
        case "create":
          if (place.at !== "month" && place.at !== "allSeries") {
            throw unsupported("write", "Events are made in a month of a calendar, and those that repeat in its series directory.");
          }
          mayWrite();
          return await planEventCreate(
            change,
            { calendar: place.calendar, month: place.at === "month" ? place.month : null },
            api,
            context,
          );
        case "update":
          if (place.at !== "event" && place.at !== "series") throw unsupported("write", "Only events can be changed here.");
          mayWrite();
          return await planEventUpdate(change, place, api, context);
        case "remove":
          if (place.at !== "event" && place.at !== "series") throw unsupported("remove", "Only events can be removed here.");
          mayWrite();
          return await planEventRemove(change, place, api, context);
        case "append":
          throw unsupported("append", "Nothing is appended to an event; write its description instead.");
        case "move":
          throw unsupported("move", "An event moves by its start: edit that instead.");
        case "upload":
          throw unsupported("write", "Calendars take no uploaded files.");
      }
    },
    async perform(step, context) {
      check.require("write:calendar");
      return await performCalendarStep(step, api, context);
    },
  };
}
