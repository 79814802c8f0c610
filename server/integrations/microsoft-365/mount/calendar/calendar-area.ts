import type { Entry, EntryPage, Location, MountContext } from "@/server/vfs/tool-mount";
import { addMonths, monthAt, monthPeriod, pageMonths } from "../../../days";
import type { Microsoft365Api } from "../../api/microsoft-365-api";
import { eventJson, printEvent, printIcs } from "../../format/event";
import type { Calendar, Event } from "../../schema/calendar";
import {
  type Area,
  chooseFormat,
  isDirectory,
  isFile,
  json,
  notThere,
  printed,
  secondList,
  toEntries,
  twoLists,
  unsupported,
} from "../area";
import { calendarEntry, calendarsEntry, eventEntry, monthEntry, seriesEntry, seriesEventEntry } from "./entries";
import { performCalendar } from "./perform";
import { calendarPlaceOf, type EventPlace } from "./place";
import { planCreate, planRemove, planUpdate } from "./plan";

/** How far ahead months are listed. */
const monthsAhead = 24;

/** Calendars: their series, and month by month what takes place. `now` gives epoch milliseconds. */
export function createCalendarArea({ api, now }: { readonly api: Microsoft365Api; readonly now: () => number }): Area {
  const { calendar: calendars } = api;

  /** From the month of the first event to two years ahead. */
  async function monthsOfCalendar(id: string, context: MountContext): Promise<{ readonly first: string; readonly last: string }> {
    const thisMonth = monthAt(now(), context.timeZone);
    const start = await calendars.findFirstStart(id, context.call);
    const first = start === null ? thisMonth : monthAt(Date.parse(`${start.slice(0, 19)}Z`), context.timeZone);
    const last = addMonths(thisMonth, monthsAhead);
    return { first: first < thisMonth ? first : thisMonth, last };
  }

  /** The event and its row, if it is where the path says; ENOENT otherwise. */
  async function getEventAt(place: EventPlace, context: MountContext): Promise<{ readonly event: Event; readonly entry: Entry }> {
    const event = await calendars.getEvent(place.calendar, place.id, context.call);
    const isSeries = event.type === "seriesMaster";
    if (isSeries !== (place.at === "seriesEvent")) throw notThere();
    const entry = place.at === "seriesEvent" ? seriesEventEntry(event) : eventEntry(event, place.calendar, place.month, context.timeZone);
    if (entry === null) throw notThere();
    return { event, entry };
  }

  async function stat(location: Location, context: MountContext): Promise<Entry> {
    const place = calendarPlaceOf(location);
    switch (place.at) {
      case "calendars":
        return calendarsEntry();
      case "calendar":
        return calendarEntry(await calendars.getCalendar(place.calendar, context.call));
      case "series":
        return seriesEntry(await calendars.getCalendar(place.calendar, context.call));
      case "month": {
        const calendar = await calendars.getCalendar(place.calendar, context.call);
        const { first, last } = await monthsOfCalendar(place.calendar, context);
        if (place.month < first || place.month > last) throw notThere();
        return monthEntry(place.month, calendar);
      }
      case "seriesEvent":
      case "event":
        return (await getEventAt(place, context)).entry;
    }
  }

  async function listCalendar(calendar: Calendar, cursor: string | null, limit: number, context: MountContext): Promise<EntryPage> {
    const { next } = twoLists(cursor);
    const { names, nextCursor } = pageMonths({ ...(await monthsOfCalendar(calendar.id, context)), cursor: next, limit });
    const months = names.map((month) => monthEntry(month, calendar));
    return {
      entries: cursor === null ? [seriesEntry(calendar), ...months] : months,
      nextCursor: nextCursor === null ? null : secondList(nextCursor),
    };
  }

  async function list(
    location: Location,
    page: { readonly cursor: string | null; readonly limit: number },
    context: MountContext,
  ): Promise<EntryPage> {
    const place = calendarPlaceOf(location);
    const wish = { next: page.cursor, limit: page.limit };
    switch (place.at) {
      case "calendars":
        return toEntries(await calendars.listCalendars(wish, context.call), calendarEntry);
      case "calendar":
        return await listCalendar(await calendars.getCalendar(place.calendar, context.call), page.cursor, page.limit, context);
      case "series": {
        const { items, next } = await calendars.listEvents(place.calendar, wish, context.call);
        return { entries: items.filter(({ type }) => type === "seriesMaster").map(seriesEventEntry), nextCursor: next };
      }
      case "month": {
        const { startMs, endMs } = monthPeriod(place.month, context.timeZone);
        const span = { from: new Date(startMs).toISOString(), to: new Date(endMs).toISOString() };
        const { items, next } = await calendars.listView(place.calendar, span, wish, context.call);
        // Whole days are compared as days: by the clock they may reach into the month from the one beside it.
        const entries = items.flatMap((row) => eventEntry(row, place.calendar, place.month, context.timeZone) ?? []);
        return { entries, nextCursor: next };
      }
      default:
        throw isFile();
    }
  }

  return {
    stat,
    list,
    async read(location, as, context) {
      const place = calendarPlaceOf(location);
      if (place.at !== "event" && place.at !== "seriesEvent") throw isDirectory();
      const format = chooseFormat(as, ["markdown", "json", "raw"]);
      const { event, entry } = await getEventAt(place, context);
      if (format === "raw") return printed(printIcs(event), format, entry, "text/calendar; charset=utf-8");
      return printed(format === "json" ? json(eventJson(event)) : printEvent(event), format, entry);
    },
    async open() {
      throw unsupported("read", "An event is text: read it.");
    },
    async plan(change, context) {
      const place = calendarPlaceOf(change.type === "create" || change.type === "upload" ? change.parent : change.location);
      switch (change.type) {
        case "create":
          if (place.at === "month") return planCreate(change, place, context);
          if (place.at === "series") return planCreate(change, { calendar: place.calendar, month: null }, context);
          throw unsupported("write", "Events are written in a month's directory, series in series.");
        case "update":
          if (place.at !== "event" && place.at !== "seriesEvent") throw unsupported("write", "This cannot be changed here.");
          return await planUpdate(change, place, calendars, context);
        case "remove":
          if (place.at !== "event" && place.at !== "seriesEvent") throw unsupported("remove", "Only events can be removed here.");
          return await planRemove(change, place, calendars, context);
        case "append":
          throw unsupported("append", "Nothing is appended to an event; write its file.");
        case "move":
          throw unsupported("move", "An event moves with its start: write another one into its file.");
        case "upload":
          throw unsupported("write", "A calendar takes no uploads.");
      }
    },
    perform: (step, context) => performCalendar(step, calendars, context),
  };
}
