import { HubError } from "@/server/errors";
import type { FieldChange } from "@/server/vfs/node";
import type { Change, DraftPlan, MountContext } from "@/server/vfs/tool-mount";
import { type EventTimes, type ParsedEvent, resolveTimes } from "../../../events";
import { isNamedAfter } from "../../../file-names";
import { invalidField } from "../../../front-matter";
import { printMailbox } from "../../../mailboxes";
import { type EventMoment, monthOf } from "../../../moments";
import type { CalendarApi } from "../../api/calendar";
import { eventReadOnlyExtras, type ParsedOutlookEvent, parseOutlookEvent, printEvent, timesOf } from "../../format/event";
import { refuseLoss, refuseReadOnly } from "../../format/message";
import type { Event } from "../../schema/calendar";
import { emptyPlan, toStep } from "../area";
import { lostOf, printMoment, sameValue, toEventFields, valuesOf } from "./fields";
import type { EventPlace } from "./place";
import type { CalendarStep, EventValues } from "./steps";

/** Changes of events as calls: what would be sent, field by field and in words. Nothing here changes anything. */

const step = (call: string, changes: readonly FieldChange[], args: CalendarStep) => toStep(call, changes, args);

const inWords = (value: unknown): string | null => {
  if (value === null || value === undefined || value === "") return null;
  if (Array.isArray(value)) return value.length === 0 ? null : value.join(", ");
  return typeof value === "object" ? printMoment(value as EventMoment) : String(value);
};

const changesOf = (after: EventValues, before: EventValues | null): readonly FieldChange[] =>
  Object.entries(after).map(([field, to]) => ({ field, from: inWords(before?.[field as keyof EventValues]), to: inWords(to) }));

/** What a file says beside its times. */
function saidBy(parsed: ParsedOutlookEvent): EventValues {
  const { values, extras, body } = parsed;
  const { attendees, optional_attendees, resources, recurrence, ...rest } = values;
  return {
    ...rest,
    ...(attendees === undefined ? {} : { attendees: attendees.map(printMailbox) }),
    ...(optional_attendees === undefined ? {} : { optional_attendees: optional_attendees.map(printMailbox) }),
    ...(resources === undefined ? {} : { resources: resources.map(printMailbox) }),
    ...(recurrence === undefined ? {} : { recurrence: [...recurrence] }),
    ...(extras.show_as === undefined ? {} : { show_as: extras.show_as }),
    ...(extras.sensitivity === undefined ? {} : { sensitivity: extras.sensitivity }),
    ...(extras.categories === undefined ? {} : { categories: [...extras.categories] }),
    ...(extras.online_meeting === undefined ? {} : { online_meeting: extras.online_meeting }),
    ...(body === null ? {} : { body }),
  };
}

/** A rule is looked at while the line that it stands in is known. */
function checkRecurrence(parsed: ParsedEvent, times: EventTimes): void {
  const field = parsed.fields.get("recurrence");
  if (field === undefined || parsed.values.recurrence === undefined) return;
  try {
    toEventFields({ recurrence: [...parsed.values.recurrence] }, times);
  } catch (error) {
    throw error instanceof HubError ? invalidField("recurrence", field, error.message) : error;
  }
}

const peopleOf = (values: EventValues): readonly string[] => [
  ...(values.attendees ?? []),
  ...(values.optional_attendees ?? []),
  ...(values.resources ?? []),
];

const countOf = (people: readonly string[]): string => (people.length === 1 ? "1 attendee" : `${people.length} attendees`);

/** Outlook mails attendees by itself; Graph has no way to ask it not to. */
const mails = (what: string, people: readonly string[]): readonly string[] =>
  people.length === 0
    ? []
    : [`Outlook mails ${what} to ${countOf(people)}: ${people.slice(0, 12).join(", ")}${people.length > 12 ? ", …" : ""}.`];

/** A new event out of a file: single in a month, repeating in `series`. EINVAL where path and file disagree. */
export function planCreate(
  change: Extract<Change, { type: "create" }>,
  place: { readonly calendar: string; readonly month: string | null },
  context: MountContext,
): DraftPlan {
  if (change.extension !== ".md") throw new HubError("EINVAL", `An event's file ends in .md, not "${change.extension}".`);
  const parsed = parseOutlookEvent(change.text);
  for (const key of eventReadOnlyExtras) {
    const field = parsed.fields.get(key);
    if (field !== undefined && field.value !== null)
      throw invalidField(key, field, "Outlook sets this itself; leave it out of a new event.");
  }
  const times = resolveTimes(parsed, null, context.timeZone);
  const said = saidBy(parsed);
  const plain = change.name.replace(/^\d{4}-\d{2}-\d{2}\s+/, "");
  const titleField = parsed.fields.get("title");
  if (
    said.title !== undefined &&
    said.title !== "" &&
    titleField !== undefined &&
    !isNamedAfter(plain, said.title) &&
    !isNamedAfter(change.name, said.title)
  ) {
    throw invalidField("title", titleField, `the file is named "${change.name}"; name it after its title, or leave the title out.`);
  }
  const repeats = (said.recurrence ?? []).length > 0;
  if (place.month === null && !repeats) {
    throw new HubError(
      "EINVAL",
      "A series needs recurrence in its front matter; an event that takes place once is written in its month's directory.",
      {
        details: { key: "recurrence" },
      },
    );
  }
  if (place.month !== null) {
    const recurrenceField = parsed.fields.get("recurrence");
    if (repeats && recurrenceField !== undefined)
      throw invalidField("recurrence", recurrenceField, "an event that repeats is written in the directory series.");
    const month = monthOf(times.start, context.timeZone);
    if (month !== place.month) {
      const field = parsed.fields.get("start") ?? { value: null, source: null, line: 1 };
      throw invalidField("start", field, `it is in ${month}; write the file in that month's directory.`);
    }
  }
  checkRecurrence(parsed, times);
  const values: EventValues = { ...said, title: said.title ?? plain, start: times.start, end: times.end };
  return {
    steps: [
      step("POST /me/calendars/{id}/events", changesOf(values, null), {
        call: "eventCreate",
        calendar: place.calendar,
        seed: change.seed,
        values,
        times,
      }),
    ],
    effects: mails("an invitation", peopleOf(values)),
    undo: "Remove the new file, or delete the event in Outlook.",
  };
}

const stale = (): HubError => new HubError("ESTALE", "The event was changed in Outlook since it was read. Read it again.");

/** What a file changes of what was printed, as one `PATCH` of the series or of the one occurrence, as the path says. */
export async function planUpdate(
  change: Extract<Change, { type: "update" }>,
  place: EventPlace,
  api: CalendarApi,
  context: MountContext,
): Promise<DraftPlan> {
  const base = parseOutlookEvent(change.base);
  const wanted = parseOutlookEvent(change.text);
  refuseReadOnly(eventReadOnlyExtras, wanted.fields, base.fields);
  const event = await api.getEvent(place.calendar, place.id, context.call);
  if (change.revision !== (event["@odata.etag"] ?? null) && printEvent(event) !== change.base) throw stale();
  const times = resolveTimes(wanted, timesOf(event), context.timeZone);
  const before = valuesOf(event);
  const [was, now] = [saidBy(base), saidBy(wanted)];
  const said: EventValues = Object.fromEntries(
    Object.entries(now).filter(
      ([key, value]) => JSON.stringify(value) !== JSON.stringify(was[key as keyof EventValues] ?? (key === "body" ? "" : undefined)),
    ),
  );
  if (said.recurrence !== undefined) refuseRecurrence(place, wanted, event);
  const moves = !sameValue("start", times.start, before.start) || !sameValue("end", times.end, before.end);
  const people = said.attendees !== undefined || said.optional_attendees !== undefined || said.resources !== undefined;
  const after: EventValues = {
    ...said,
    ...(moves ? { start: times.start, end: times.end } : {}),
    // The three kinds of attendees are one list at Graph, so all are written where one is.
    ...(people
      ? {
          attendees: said.attendees ?? before.attendees,
          optional_attendees: said.optional_attendees ?? before.optional_attendees,
          resources: said.resources ?? before.resources,
        }
      : {}),
  };
  if (Object.keys(after).length === 0) return emptyPlan;
  if (after.body !== undefined) refuseLoss(lostOf(event));
  if (after.online_meeting === false) {
    throw invalidField(
      "online_meeting",
      wanted.fields.get("online_meeting") ?? { value: null, source: null, line: 1 },
      "an online meeting stays one; remove the event instead.",
    );
  }
  checkRecurrence(wanted, times);
  const touched: EventValues = Object.fromEntries(Object.keys(after).map((key) => [key, before[key as keyof EventValues]]));
  const changes = changesOf(after, touched);
  const everybody = [...new Set([...peopleOf(before), ...peopleOf(after)])];
  return {
    steps: [
      step("PATCH /me/calendars/{id}/events/{id}", changes, {
        call: "eventUpdate",
        calendar: place.calendar,
        id: event.id,
        before: touched,
        after,
        times,
      }),
    ],
    effects:
      event.isOrganizer === true &&
      (moves ||
        people ||
        said.title !== undefined ||
        said.location !== undefined ||
        said.body !== undefined ||
        said.recurrence !== undefined)
        ? mails("the change", everybody)
        : [],
    undo: `Write the old values back: ${changes.map(({ field, from }) => (field === "body" ? field : `${field}: ${from ?? "none"}`)).join(", ")}.`,
  };
}

function refuseRecurrence(place: EventPlace, wanted: ParsedOutlookEvent, event: Event): void {
  const field = wanted.fields.get("recurrence") ?? { value: null, source: null, line: 1 };
  if (event.type === "occurrence" || event.type === "exception") {
    throw invalidField("recurrence", field, "one occurrence does not repeat; change the file in the directory series.");
  }
  const isEmpty = (wanted.values.recurrence ?? []).length === 0;
  if (place.at === "seriesEvent" && isEmpty) {
    throw invalidField("recurrence", field, "a series cannot become a single event here; remove it and write the event in its month.");
  }
  if (place.at === "event" && !isEmpty)
    throw invalidField("recurrence", field, "a single event cannot become a series here; write a new file in the directory series.");
}

/** Removing an event: one occurrence in a month, all of them in `series`. ESTALE when it changed since it was read. */
export async function planRemove(
  change: Extract<Change, { type: "remove" }>,
  place: EventPlace,
  api: CalendarApi,
  context: MountContext,
): Promise<DraftPlan> {
  const event = await api.getEvent(place.calendar, place.id, context.call);
  const etag = event["@odata.etag"] ?? null;
  if (change.revision !== null && change.revision !== etag) throw stale();
  const people = event.attendees.flatMap(({ emailAddress }) => (emailAddress?.address ? [emailAddress.address] : []));
  const what = place.at === "seriesEvent" ? "series" : "event";
  return {
    steps: [
      step("DELETE /me/calendars/{id}/events/{id}", [{ field: what, from: event.subject ?? "", to: null }], {
        call: "eventDelete",
        calendar: place.calendar,
        id: event.id,
        etag,
      }),
    ],
    effects:
      event.isOrganizer === true
        ? mails("a cancellation", people)
        : people.length === 0
          ? []
          : ["The organizer is not told; answer the invitation in Outlook to decline it."],
    undo: event.isOrganizer === true ? null : "Recover it from Deleted Items in Outlook.",
  };
}
