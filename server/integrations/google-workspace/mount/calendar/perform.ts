import { HubError } from "@/server/errors";
import type { DraftStep, MountContext, StepResult } from "@/server/vfs/tool-mount";
import { momentMs } from "../../../moments";
import type { CalendarApi } from "../../api/calendar";
import { extrasOf, findMoment, isSeries, timesOf } from "../../format/event";
import type { CalendarEvent } from "../../schema/calendar";
import { monthOfEvent } from "./entries";
import { attendeeKeys } from "./fields";
import { calendarLocations } from "./place";
import { type CalendarStep, calendarStep, type EventFields, seedProperty } from "./steps";

/** Runs one step. Each finds what an earlier try already did, so a repeated step changes nothing more. */

type Step<C extends CalendarStep["call"]> = Extract<CalendarStep, { call: C }>;

const isCode = (error: unknown, ...codes: readonly HubError["code"][]): boolean => error instanceof HubError && codes.includes(error.code);

function locationOf(calendar: string, event: CalendarEvent, context: MountContext) {
  if (isSeries(event)) return calendarLocations.series(calendar, event.id);
  return calendarLocations.event(calendar, monthOfEvent(event, context.timeZone), event.id);
}

const resultOf = (calendar: string, event: CalendarEvent, context: MountContext): StepResult => ({
  location: locationOf(calendar, event, context),
  output: { event: event.id, url: event.htmlLink ?? null },
});

/** The id is made from the seed, so that a second insert is refused; the event that is there is ours if it bears the seed. */
async function insert(step: Step<"events.insert">, api: CalendarApi, context: MountContext): Promise<StepResult> {
  const body = { ...step.fields, id: step.id, extendedProperties: { private: { [seedProperty]: step.seed } } };
  try {
    return resultOf(step.calendar, await api.insertEvent(step.calendar, body, context.call), context);
  } catch (error) {
    if (!isCode(error, "EEXIST")) throw error;
    const event = await api.getEvent(step.calendar, step.id, context.call);
    if (event.extendedProperties?.private?.[seedProperty] !== step.seed) throw error;
    if (event.status === "cancelled") {
      throw new HubError("ESTALE", "This event was made, and deleted again in Google Calendar. Plan the change again.", { cause: error });
    }
    return resultOf(step.calendar, event, context);
  }
}

/** Whether the event has these values already: what an earlier try of the same patch left. */
function hasAlready(event: CalendarEvent, fields: EventFields, timeZone: string): boolean {
  const times = timesOf(event, timeZone);
  const extras = extrasOf(event);
  const sameTime = (key: "start" | "end") => {
    const wanted = findMoment(fields[key], timeZone);
    return wanted === null || ("date" in wanted === "date" in times[key] && momentMs(wanted) === momentMs(times[key]));
  };
  const same: Readonly<Record<keyof EventFields, () => boolean>> = {
    summary: () => (event.summary ?? "") === fields.summary,
    description: () => (event.description ?? "") === fields.description,
    location: () => (event.location || null) === (fields.location || null),
    start: () => sameTime("start"),
    end: () => sameTime("end"),
    attendees: () => attendeeKeys(event.attendees ?? []) === attendeeKeys(fields.attendees ?? []),
    recurrence: () => (event.recurrence ?? []).join("\n") === (fields.recurrence ?? []).join("\n"),
    status: () => extras.status === fields.status,
    visibility: () => extras.visibility === fields.visibility,
    transparency: () => extras.transparency === fields.transparency,
  };
  return (Object.keys(fields) as (keyof EventFields)[]).every((key) => same[key]());
}

async function patch(step: Step<"events.patch">, api: CalendarApi, context: MountContext): Promise<StepResult> {
  try {
    return resultOf(step.calendar, await api.patchEvent(step.calendar, step.event, step.etag, step.fields, context.call), context);
  } catch (error) {
    if (!isCode(error, "ESTALE")) throw error;
    // Somebody changed it, or this very patch did, whose answer was lost.
    const event = await api.getEvent(step.calendar, step.event, context.call);
    if (event.status !== "cancelled" && hasAlready(event, step.fields, context.timeZone)) return resultOf(step.calendar, event, context);
    throw error;
  }
}

async function remove(step: Step<"events.delete">, api: CalendarApi, context: MountContext): Promise<StepResult> {
  try {
    await api.deleteEvent(step.calendar, step.event, step.etag, context.call);
  } catch (error) {
    // 410: it was deleted before (https://developers.google.com/workspace/calendar/api/guides/errors).
    if (!isCode(error, "ENOENT")) throw error;
  }
  return { location: null };
}

/** Runs a stored step. ESTALE when what it was made against changed, or when another version of the hub made it. */
export async function performCalendarStep(draft: DraftStep, api: CalendarApi, context: MountContext): Promise<StepResult> {
  const parsed = calendarStep.safeParse(draft.args);
  if (!parsed.success) {
    throw new HubError("ESTALE", "This plan is of another version of the hub. Plan the change again.", { cause: parsed.error });
  }
  const step = parsed.data;
  switch (step.call) {
    case "events.insert":
      return await insert(step, api, context);
    case "events.patch":
      return await patch(step, api, context);
    case "events.delete":
      return await remove(step, api, context);
  }
}
