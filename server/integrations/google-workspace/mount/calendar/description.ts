import type { FieldSchema, KindSchema } from "@/server/vfs/tool-mount";
import { statuses, transparencies, visibilities } from "../../format/event";

/** What can be written in calendars, for callers to read before they write. */

const field = (
  name: string,
  type: FieldSchema["type"],
  writable: boolean,
  description: string,
  more: Partial<FieldSchema> = {},
): FieldSchema => ({
  name,
  type,
  writable,
  description,
  ...more,
});

const people = "People by e-mail address, or name and address (Ann Smith <ann@byte.example>); the list replaces the old one.";

const shared: readonly FieldSchema[] = [
  field("title", "string", true, "The title. Left out of a new event, the file's name is taken.", { required: true }),
  field("start", "datetime", true, 'Wall time in `time_zone` ("2026-11-23T09:00:00"), or a day ("2026-11-23") for an all-day event.', {
    required: true,
  }),
  field("end", "datetime", true, "As start; exclusive, so an all-day event ends on the day after its last.", { required: true }),
  field("time_zone", "string", true, "The zone of start and end (Europe/Paris); the mount's without one. null for all-day events."),
  field("end_time_zone", "string", true, "The zone of end, where it is another one."),
  field("location", "string", true, "Where; null clears it."),
  field("attendees", "strings", true, people),
  field("optional_attendees", "strings", true, people),
  field("resources", "strings", true, "Rooms and equipment, by their calendar's address."),
];

const own: readonly FieldSchema[] = [
  field("status", "enum", true, "Whether it is certain.", { values: statuses }),
  field("visibility", "enum", true, "Who of those that see the calendar sees more than busy.", { values: visibilities }),
  field("transparency", "enum", true, "opaque shows as busy, transparent as free.", { values: transparencies }),
  field("organizer", "string", false, "Who organizes it."),
  field("responses", "strings", false, "What each attendee answered: needsAction, accepted, declined, tentative."),
  field("join", "url", false, "Where to join the video call."),
  field("event_type", "string", false, "default, outOfOffice, focusTime, workingLocation, birthday or fromGmail."),
  field("created_at", "datetime", false, "When it was made."),
  field("id", "string", false, "Google's id."),
];

const nothing = { body: null, create: false, update: false, append: false, remove: null } as const;

const formats = ["markdown", "json", "raw"] as const;

const writable = { body: "description", create: true, update: true, append: false, writeCapability: "write:calendar" } as const;

export const calendarKinds: readonly KindSchema[] = [
  {
    ...writable,
    kind: "event",
    formats,
    fields: [
      ...shared,
      ...own,
      field("series", "reference", false, "The series that this is one occurrence of."),
      field("original_start", "datetime", false, "When this occurrence of a series was first to begin."),
    ],
    remove: "Deletes this one occurrence or event; nobody is mailed. Calendar keeps it in its trash for 30 days.",
  },
  {
    ...writable,
    kind: "series",
    formats,
    fields: [
      ...shared,
      field("recurrence", "strings", true, 'RFC 5545 lines, such as "RRULE:FREQ=WEEKLY;BYDAY=MO".', { required: true }),
      ...own,
    ],
    remove: "Deletes the series with all its occurrences; nobody is mailed. Calendar keeps it in its trash for 30 days.",
  },
  { ...nothing, kind: "calendar", fields: [] },
];
