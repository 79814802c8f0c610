import { HubError } from "@/server/errors";
import type { MountContext } from "@/server/vfs/tool-mount";
import { type CalendarApi, maxEvents } from "../../api/calendar";
import { listAll } from "../../api/http";
import { isSeries } from "../../format/event";
import type { CalendarEvent } from "../../schema/calendar";
import { findEventEntry, monthOfEvent } from "./entries";
import type { CalendarPlace } from "./place";

export type EventPlace = Extract<CalendarPlace, { at: "event" | "series" }>;

/** The event, if it is still where the path says and not deleted. */
export async function getEventAt(api: CalendarApi, place: EventPlace, context: MountContext): Promise<CalendarEvent> {
  const event = await api.getEvent(place.calendar, place.event, context.call);
  if (event.status === "cancelled") throw new HubError("ENOENT", "This event was deleted in Google Calendar.");
  if (place.at === "series") {
    if (!isSeries(event)) throw new HubError("ENOENT", "This event does not repeat any more; it stands in its month.");
    return event;
  }
  if (isSeries(event)) throw new HubError("ENOENT", "This event repeats now; it stands among the calendar's series.");
  const month = monthOfEvent(event, context.timeZone);
  if (month !== place.month) throw new HubError("ENOENT", `This event is in ${month} now.`);
  return event;
}

/** The same, to be changed: what an event's link in a later month leads to is changed where it stands. */
export async function getEventToChange(api: CalendarApi, place: EventPlace, context: MountContext): Promise<CalendarEvent> {
  if (place.at === "series") return await getEventAt(api, place, context);
  const event = await api.getEvent(place.calendar, place.event, context.call);
  const entry = findEventEntry(place.calendar, place.month, event, context.timeZone);
  if (entry?.kind === "link") {
    const month = monthOfEvent(event, context.timeZone);
    throw new HubError("ENOTSUP", `This is a link to an event that began earlier: change it in ${month}.`, {
      details: { operation: "write" },
    });
  }
  return entry === null ? await getEventAt(api, place, context) : event;
}

/** More changed occurrences than anybody makes by hand. */
const maxExceptions = 5_000;

/** The occurrences of a series that differ from it, deleted ones included. */
export async function getExceptions(
  api: CalendarApi,
  calendar: string,
  series: CalendarEvent,
  context: MountContext,
): Promise<readonly CalendarEvent[]> {
  if (!series.iCalUID) return [];
  const uid = series.iCalUID;
  const all = await listAll((page) => api.listExceptions(calendar, uid, page, context.call), maxEvents, maxExceptions);
  return all.filter(({ recurringEventId }) => recurringEventId === series.id);
}
