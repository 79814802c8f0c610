import { HubError } from "@/server/errors";
import type { DraftStep, Location, MountContext, StepResult } from "@/server/vfs/tool-mount";
import type { CalendarApi } from "../../api/calendar";
import { isAmbiguous } from "../../api/http";
import { monthsOf } from "../../format/event";
import type { EventRow } from "../../schema/calendar";
import { otherVersion } from "../area";
import { hasValues, toEventFields } from "./fields";
import { calendarLocations } from "./place";
import { type CalendarStep, calendarStep } from "./steps";

/** Runs one step. Each finds what an earlier try already did, so a repeated step changes nothing more. */

type Step<C extends CalendarStep["call"]> = Extract<CalendarStep, { call: C }>;

const moved = (): HubError => new HubError("ESTALE", "The event was changed in Outlook since the plan was made. Read it again.");

/** Where an event stands in the tree. */
export const locationOf = (row: EventRow, calendar: string, timeZone: string): Location =>
  row.type === "seriesMaster"
    ? calendarLocations.seriesEvent(calendar, row.id)
    : calendarLocations.event(calendar, monthsOf(row, timeZone).first, row.id);

async function update(step: Step<"eventUpdate">, api: CalendarApi, context: MountContext): Promise<StepResult> {
  const get = () => api.getEvent(step.calendar, step.id, context.call);
  const event = await get();
  if (!hasValues(event, step.after)) {
    if (!hasValues(event, step.before)) throw moved();
    try {
      // The etag closes the gap between this look and the write; Exchange answers another one with 412.
      await api.updateEvent(step.calendar, step.id, toEventFields(step.after, step.times), event["@odata.etag"] ?? null, context.call);
    } catch (error) {
      const mayBeDone = isAmbiguous(error) || (error instanceof HubError && error.code === "ESTALE");
      if (!mayBeDone || !hasValues(await get(), step.after)) throw error;
    }
  }
  return { location: locationOf(await get(), step.calendar, context.timeZone) };
}

async function remove(step: Step<"eventDelete">, api: CalendarApi, context: MountContext): Promise<StepResult> {
  try {
    const event = await api.getEvent(step.calendar, step.id, context.call);
    if (step.etag !== null && event["@odata.etag"] !== step.etag) throw moved();
    await api.deleteEvent(step.calendar, step.id, context.call);
  } catch (error) {
    // Gone is what was asked for, whoever did it.
    if (!(error instanceof HubError) || error.code !== "ENOENT") throw error;
  }
  return { location: null };
}

/** Runs a stored step. ESTALE when what it was made against changed, or when another version of the hub made it. */
export async function performCalendar(draft: DraftStep, api: CalendarApi, context: MountContext): Promise<StepResult> {
  const parsed = calendarStep.safeParse(draft.args);
  if (!parsed.success) throw otherVersion(parsed.error);
  const step = parsed.data;
  switch (step.call) {
    case "eventCreate": {
      const row = await api.createEvent(step.calendar, toEventFields(step.values, step.times), step.seed, context.call);
      return { location: locationOf(row, step.calendar, context.timeZone), output: { id: row.id, url: row.webLink ?? null } };
    }
    case "eventUpdate":
      return await update(step, api, context);
    case "eventDelete":
      return await remove(step, api, context);
  }
}
