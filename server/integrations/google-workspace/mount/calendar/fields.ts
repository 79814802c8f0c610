import { HubError } from "@/server/errors";
import type { FieldChange } from "@/server/vfs/node";
import { type EventFile, type EventTimes, type ParsedEvent, parseEventFile, sameMoment } from "../../../events";
import { invalidField, type ParsedField, textOf } from "../../../front-matter";
import { type Mailbox, printMailbox } from "../../../mailboxes";
import { type EventMoment, isAllDay, printMoment } from "../../../moments";
import { markdownToDescription } from "../../format/description";
import {
  extraDefaults,
  extraKeys,
  listOfAttendee,
  readOnlyKeys,
  statuses,
  transparencies,
  visibilities,
  type WritableExtra,
  writableExtras,
} from "../../format/event";
import type { CalendarEvent, EventAttendee } from "../../schema/calendar";
import type { EventFields } from "./steps";

/** A caller's file of an event as the fields that Calendar is sent, and as a diff in words. */

const allowed: Readonly<Record<WritableExtra, readonly string[]>> = {
  status: statuses,
  visibility: visibilities,
  transparency: transparencies,
};

export interface WantedEvent extends ParsedEvent {
  readonly extras: { readonly [K in WritableExtra]?: string };
}

/** Takes an event's file apart, Calendar's own fields included. EINVAL names key and line. */
export function parseWanted(text: string): WantedEvent {
  const parsed = parseEventFile(text, extraKeys);
  const extras: { [K in WritableExtra]?: string } = {};
  for (const key of writableExtras) {
    const field = parsed.fields.get(key);
    if (field === undefined) continue;
    const value = textOf(key, field) ?? extraDefaults[key];
    if (!allowed[key].includes(value)) {
      throw invalidField(key, field, `"${value}" is none of ${allowed[key].join(", ")}.`, [...allowed[key]]);
    }
    extras[key] = value;
  }
  return { ...parsed, extras };
}

/** Refuses changes of what is Google's own: against the file as it was, or, of a new event, anything at all. */
export function refuseReadOnly(wanted: WantedEvent, base: ParsedEvent | null): void {
  const said = (field: ParsedField | undefined) => JSON.stringify(field?.value ?? null);
  for (const key of readOnlyKeys) {
    const field = wanted.fields.get(key);
    if (field === undefined || said(field) === said(base?.fields.get(key))) continue;
    if (base === null && (said(field) === "[]" || (key === "event_type" && field.value === "default"))) continue;
    const message =
      base === null
        ? "Google sets this itself; leave it out of a new event."
        : "this is Google's own and cannot be changed here; leave it as it was or out.";
    throw invalidField(key, field, message);
  }
}

/** A moment as Calendar takes it. A patch is merged into what is there, so it clears what the other form had. */
export function toTime(moment: EventMoment, patches: boolean): NonNullable<EventFields["start"]> {
  if (isAllDay(moment)) return { date: moment.date, ...(patches ? { dateTime: null, timeZone: null } : {}) };
  return { ...(patches ? { date: null } : {}), dateTime: moment.dateTime, timeZone: moment.timeZone };
}

const lists = ["attendees", "optional_attendees", "resources"] as const;
type List = (typeof lists)[number];

const addressed = (mailbox: Mailbox): string => mailbox.address.toLowerCase();

/**
 * The whole list of attendees: Calendar replaces it by what it is sent. Who stays keeps the answer and all else that Calendar has; EINVAL for
 * somebody in two of the lists.
 */
function toAttendees(wanted: Readonly<Record<List, readonly Mailbox[]>>, current: readonly EventAttendee[]): EventFields["attendees"] {
  const seen = new Set<string>();
  const result: (EventAttendee & { email: string })[] = [];
  for (const list of lists) {
    for (const mailbox of wanted[list]) {
      const key = addressed(mailbox);
      if (seen.has(key))
        throw new HubError("EINVAL", `${mailbox.address} can be in one of ${lists.join(", ")} only.`, { details: { key: list } });
      seen.add(key);
      const old = current.find(({ email }) => email?.toLowerCase() === key);
      const { optional: _, resource: __, ...kept } = old ?? {};
      result.push({
        ...kept,
        email: old?.email ?? mailbox.address,
        ...(mailbox.name === null ? {} : { displayName: mailbox.name }),
        ...(list === "optional_attendees" ? { optional: true } : {}),
        ...(list === "resources" ? { resource: true } : {}),
      });
    }
  }
  return result;
}

const sameList = (a: readonly Mailbox[], b: readonly Mailbox[]): boolean =>
  a.map(printMailbox).toSorted().join("\n") === b.map(printMailbox).toSorted().join("\n");

const orNull = (text: string): string | null => (text === "" ? null : text);
const inWords = (moment: EventMoment): string => (isAllDay(moment) ? moment.date : `${printMoment(moment)} ${moment.timeZone}`);

export interface EventChanges {
  readonly fields: EventFields;
  readonly changes: readonly FieldChange[];
  /** The attendees that were not there before, and those that are taken off. */
  readonly invited: readonly Mailbox[];
  readonly uninvited: readonly Mailbox[];
}

/**
 * What a file changes of an event (or makes of a new one, where `from` is null): only what the caller said otherwise. `current` is the
 * event as Calendar has it, for the attendees that stay.
 */
export function changesOf(
  wanted: WantedEvent,
  times: EventTimes,
  from: { file: EventFile; extras: WantedEvent["extras"] } | null,
  current: CalendarEvent | null,
): EventChanges {
  const { values, extras, body } = wanted;
  const old = from?.file ?? null;
  const patches = old !== null;
  const changes: FieldChange[] = [];
  const note = (field: string, before: string | null, after: string | null) => changes.push({ field, from: before, to: after });
  let fields: EventFields = {};

  if (values.title !== undefined && values.title !== (old?.title ?? null)) {
    fields = { ...fields, summary: values.title };
    note("title", old === null ? null : orNull(old.title), values.title);
  }
  for (const key of ["start", "end"] as const) {
    if (old !== null && sameMoment(times[key], old[key])) continue;
    fields = { ...fields, [key]: toTime(times[key], patches) };
    note(key, old === null ? null : inWords(old[key]), inWords(times[key]));
  }
  if (values.location !== undefined && values.location !== (old?.location ?? null)) {
    fields = { ...fields, location: values.location };
    note("location", old?.location ?? null, values.location);
  }
  const wantedLists = Object.fromEntries(lists.map((list) => [list, values[list] ?? old?.[list] ?? []])) as Record<
    List,
    readonly Mailbox[]
  >;
  const oldLists = Object.fromEntries(lists.map((list) => [list, old?.[list] ?? []])) as Record<List, readonly Mailbox[]>;
  const changedLists = lists.filter((list) => !sameList(wantedLists[list], oldLists[list]));
  for (const list of changedLists)
    note(list, orNull(oldLists[list].map(printMailbox).join(", ")), orNull(wantedLists[list].map(printMailbox).join(", ")));
  if (changedLists.length > 0) {
    if (current?.attendeesOmitted === true) {
      throw new HubError("ENOTSUP", "Google does not tell all attendees of this event, so the list cannot be replaced here.", {
        details: { operation: "write", key: changedLists[0] ?? "attendees" },
      });
    }
    fields = { ...fields, attendees: toAttendees(wantedLists, current?.attendees ?? []) };
  }
  const oldRecurrence = old?.recurrence ?? [];
  if (values.recurrence !== undefined && values.recurrence.join("\n") !== oldRecurrence.join("\n")) {
    fields = { ...fields, recurrence: [...values.recurrence] };
    note("recurrence", orNull(oldRecurrence.join(" ")), orNull(values.recurrence.join(" ")));
  }
  for (const key of writableExtras) {
    const before = from?.extras[key] ?? (patches ? undefined : extraDefaults[key]);
    if (extras[key] === undefined || extras[key] === before) continue;
    fields = { ...fields, [key]: extras[key] };
    note(key, patches ? (before ?? null) : null, extras[key]);
  }
  if (body !== null && body !== (old?.body ?? "")) {
    fields = { ...fields, description: markdownToDescription(body) };
    note("description", orNull(old?.body ?? ""), orNull(body));
  }
  const [all, before] = [Object.values(wantedLists).flat(), Object.values(oldLists).flat()];
  const without = (people: readonly Mailbox[], others: readonly Mailbox[]) =>
    people.filter((one) => !others.some((other) => addressed(other) === addressed(one)));
  return { fields, changes, invited: without(all, before), uninvited: without(before, all) };
}

/** In which list of the file an attendee of Calendar is; for comparing what is there with what was sent. */
export const attendeeKeys = (attendees: readonly EventAttendee[]): string =>
  attendees
    .map((one) => `${one.email?.toLowerCase()} ${listOfAttendee(one)}`)
    .toSorted()
    .join("\n");
