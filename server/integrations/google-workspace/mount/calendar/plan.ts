import { HubError } from "@/server/errors";
import type { Change, DraftPlan, DraftStep, JsonObject, MountContext } from "@/server/vfs/tool-mount";
import { resolveTimes } from "../../../events";
import { isNamedAfter } from "../../../file-names";
import { invalidField } from "../../../front-matter";
import type { Mailbox } from "../../../mailboxes";
import { monthOf } from "../../../moments";
import type { CalendarApi } from "../../api/calendar";
import { lostInDescription } from "../../format/description";
import { isSeries, printEvent, timesOf } from "../../format/event";
import type { CalendarEvent } from "../../schema/calendar";
import { unsupported } from "../area";
import { changesOf, parseWanted, refuseReadOnly, type WantedEvent } from "./fields";
import { type EventPlace, getEventToChange } from "./records";
import { type CalendarStep, toEventId } from "./steps";

/** Changes of events as calls of Calendar. Nothing here changes anything. */

const emptyPlan: DraftPlan = { steps: [], effects: [], undo: null };

const toStep = (call: string, changes: DraftStep["changes"], step: CalendarStep): DraftStep => ({
  call,
  changes,
  args: step as unknown as JsonObject,
});

const namesOf = (people: readonly Mailbox[]): string => people.map(({ name, address }) => name ?? address).join(", ");

/** What people will notice. The hub never asks Google to mail anybody; without mail, people outside Google do not learn of it. */
function effectsOf(invited: readonly Mailbox[], uninvited: readonly Mailbox[], others: number): readonly string[] {
  return [
    ...(invited.length === 0
      ? []
      : [
          `The event appears in the Google calendars of ${namesOf(invited)}. Google mails nobody, so people without Google Calendar do not learn of it.`,
        ]),
    ...(uninvited.length === 0 ? [] : [`The event disappears from the calendars of ${namesOf(uninvited)}. Google mails nobody.`]),
    ...(others === 0 ? [] : [`The event changes in the calendars of its ${others} other attendees. Google mails nobody.`]),
  ];
}

const dayAndTitle = /^\d{4}-\d{2}-\d{2} (.*)$/su;

/** The title of a new event: the file's, or else its name, of which the day that names of occurrences begin with is no part. */
function titleOf(wanted: WantedEvent, name: string): string {
  const bare = dayAndTitle.exec(name)?.[1] ?? name;
  const { title } = wanted.values;
  if (title === undefined) return bare;
  const field = wanted.fields.get("title");
  if (field === undefined || title === "" || isNamedAfter(name, title) || isNamedAfter(bare, title)) return title;
  throw invalidField("title", field, `the file is named "${name}"; name it after its title, or leave the title out.`);
}

type NewEventPlace = { readonly calendar: string; readonly month: string | null };

/** A new event out of a file; its id is made from the seed. EINVAL where it belongs into another directory. */
export async function planEventCreate(
  change: Extract<Change, { type: "create" }>,
  place: NewEventPlace,
  api: CalendarApi,
  context: MountContext,
): Promise<DraftPlan> {
  if (change.extension !== ".md") throw new HubError("EINVAL", `An event's file ends in .md, not "${change.extension}".`);
  const parsed = parseWanted(change.text);
  refuseReadOnly(parsed, null);
  const wanted: WantedEvent = { ...parsed, values: { ...parsed.values, title: titleOf(parsed, change.name) } };
  const calendar = await api.getCalendar(place.calendar, context.call);
  if (calendar.accessRole !== "owner" && calendar.accessRole !== "writer" && calendar.accessRole !== "writerWithoutPrivateAccess") {
    throw new HubError("EACCES", `The calendar "${calendar.summary ?? calendar.id}" can be read only by the person who connected it.`);
  }
  const times = resolveTimes(wanted, null, context.timeZone);
  requireRecurrence(wanted, place.month === null, "new");
  const month = monthOf(times.start, context.timeZone);
  if (place.month !== null && month !== place.month) {
    const field = wanted.fields.get("start");
    const message = `this directory holds what begins in ${place.month}; put the file into ${month}.`;
    throw field === undefined ? new HubError("EINVAL", message) : invalidField("start", field, message);
  }
  const { fields, changes, invited } = changesOf(wanted, times, null, null);
  return {
    steps: [
      toStep(`events.insert in ${calendar.summary ?? calendar.id}`, changes, {
        call: "events.insert",
        calendar: place.calendar,
        id: toEventId(change.seed),
        seed: change.seed,
        fields,
      }),
    ],
    effects: effectsOf(invited, [], 0),
    undo: "Remove the new file (deletes the event).",
  };
}

/** A series repeats, and only a series does. */
function requireRecurrence(wanted: WantedEvent, isSeriesFile: boolean, of: "new" | "old"): void {
  const field = wanted.fields.get("recurrence");
  const repeats = (wanted.values.recurrence ?? []).length > 0;
  if (isSeriesFile && !repeats && (of === "new" || field !== undefined)) {
    const message = 'a series needs a rule, such as "RRULE:FREQ=WEEKLY;BYDAY=MO". An event that does not repeat goes into its month.';
    throw field === undefined
      ? new HubError("EINVAL", `In series/, ${message}`, { details: { key: "recurrence" } })
      : invalidField("recurrence", field, message);
  }
  if (!isSeriesFile && repeats && field !== undefined) {
    throw invalidField(
      "recurrence",
      field,
      "what stands in a month happens once. An event that repeats goes into the calendar's series directory.",
    );
  }
}

function refuseLostBody(event: CalendarEvent): void {
  const lost = lostInDescription(event.description ?? "");
  if (lost.length === 0) return;
  throw unsupported(
    "write",
    `The description holds what Markdown cannot carry back: ${lost.join(", ")}. Change it in Google Calendar; the fields above it can be changed here.`,
  );
}

/** What a caller's file changes of what was printed, as one patch that Calendar takes only of the event that was read. */
export async function planEventUpdate(
  change: Extract<Change, { type: "update" }>,
  place: EventPlace,
  api: CalendarApi,
  context: MountContext,
): Promise<DraftPlan> {
  const base = parseWanted(change.base);
  const wanted = parseWanted(change.text);
  refuseReadOnly(wanted, base);
  requireRecurrence(wanted, place.at === "series", "old");
  const baseTimes = resolveTimes(base, null, context.timeZone);
  const times = resolveTimes(wanted, baseTimes, context.timeZone);
  const { title = "", location = null, attendees = [], optional_attendees = [], resources = [], recurrence = null } = base.values;
  const from = {
    file: { title, location, attendees, optional_attendees, resources, recurrence, ...baseTimes, body: base.body ?? "" },
    extras: base.extras,
  };
  if (changesOf(wanted, times, from, null).changes.length === 0) return emptyPlan;

  const event = await getEventToChange(api, place, context);
  if (change.revision !== event.etag && (await printEvent(event, context.timeZone, context)) !== change.base) {
    throw new HubError("ESTALE", "The event was changed in Google since it was read. Read it again.");
  }
  const { fields, changes, invited, uninvited } = changesOf(wanted, times, from, event);
  if (fields.description !== undefined) refuseLostBody(event);
  const staying = (event.attendees ?? []).filter(({ self }) => self !== true).length - uninvited.length;
  return {
    steps: [
      toStep(`events.patch ${event.summary ?? event.id}`, changes, {
        call: "events.patch",
        calendar: place.calendar,
        event: event.id,
        etag: etagOf(event),
        isSeries: isSeries(event),
        fields,
      }),
    ],
    effects: [
      ...effectsOf(invited, uninvited, Math.max(0, staying)),
      ...(place.at === "series" ? ["Every occurrence of the series changes, but for those that were changed by themselves."] : []),
    ],
    undo: `Write the old values back: ${changes.map(({ field, from: old }) => (field === "description" ? field : `${field}: ${old ?? "none"}`)).join(", ")}.`,
  };
}

const etagOf = (event: CalendarEvent): string => {
  if (event.etag) return event.etag;
  throw new HubError("EIO", "Google told no etag of this event, so it cannot be changed safely.");
};

/** Deleting one occurrence, one event or a whole series, as the path says; ESTALE when it changed since it was read. */
export async function planEventRemove(
  change: Extract<Change, { type: "remove" }>,
  place: EventPlace,
  api: CalendarApi,
  context: MountContext,
): Promise<DraftPlan> {
  const event = await getEventToChange(api, place, context);
  if (change.revision !== null && change.revision !== event.etag) {
    throw new HubError("ESTALE", "The event was changed in Google since it was read. Read it again.");
  }
  const others = (event.attendees ?? [])
    .filter(({ self }) => self !== true)
    .flatMap(({ email, displayName }) => displayName ?? email ?? []);
  const { start } = timesOf(event, context.timeZone);
  const what = place.at === "series" ? "the series with all its occurrences" : `the event of ${monthOf(start, context.timeZone)}`;
  return {
    steps: [
      toStep(`events.delete ${event.summary ?? event.id}`, [{ field: "deleted", from: "no", to: "yes" }], {
        call: "events.delete",
        calendar: place.calendar,
        event: event.id,
        etag: etagOf(event),
      }),
    ],
    effects:
      others.length === 0
        ? []
        : [`Deletes ${what} from the calendars of ${others.join(", ")} too, where this person organizes it. Google mails nobody.`],
    undo: "Restore it from the trash of the calendar in Google Calendar.",
  };
}
