import { z } from "zod";

/** What the hub reads of Calendar v3 (its discovery document); unknown fields are dropped. */

export const calendarListEntry = z.object({
  id: z.string().min(1),
  etag: z.string().nullish(),
  summary: z.string().nullish(),
  summaryOverride: z.string().nullish(),
  description: z.string().nullish(),
  timeZone: z.string().nullish(),
  accessRole: z.string().nullish(),
  primary: z.boolean().nullish(),
});
export type CalendarListEntry = z.infer<typeof calendarListEntry>;

export const calendarListPage = z.object({
  items: z.array(calendarListEntry).default([]),
  nextPageToken: z.string().nullish(),
});

const eventTime = z.object({ date: z.string().nullish(), dateTime: z.string().nullish(), timeZone: z.string().nullish() });
export type EventTime = z.infer<typeof eventTime>;

const person = z.object({ email: z.string().nullish(), displayName: z.string().nullish(), self: z.boolean().nullish() });

/** Kept whole, because a change sends the list back as it is. */
const attendee = z.looseObject({
  email: z.string().nullish(),
  displayName: z.string().nullish(),
  optional: z.boolean().nullish(),
  resource: z.boolean().nullish(),
  organizer: z.boolean().nullish(),
  self: z.boolean().nullish(),
  responseStatus: z.string().nullish(),
});
export type EventAttendee = z.infer<typeof attendee>;

/** What the rows of a directory need; an event that was deleted may have its id alone. */
export const eventRow = z.object({
  id: z.string().min(1),
  etag: z.string().nullish(),
  status: z.string().nullish(),
  summary: z.string().nullish(),
  created: z.string().nullish(),
  updated: z.string().nullish(),
  htmlLink: z.string().nullish(),
  start: eventTime.nullish(),
  end: eventTime.nullish(),
  recurrence: z.array(z.string()).nullish(),
  recurringEventId: z.string().nullish(),
});
export type EventRow = z.infer<typeof eventRow>;

export const calendarEvent = eventRow.extend({
  description: z.string().nullish(),
  location: z.string().nullish(),
  visibility: z.string().nullish(),
  transparency: z.string().nullish(),
  eventType: z.string().nullish(),
  iCalUID: z.string().nullish(),
  sequence: z.number().nullish(),
  originalStartTime: eventTime.nullish(),
  organizer: person.nullish(),
  attendees: z.array(attendee).nullish(),
  attendeesOmitted: z.boolean().nullish(),
  hangoutLink: z.string().nullish(),
  conferenceData: z
    .object({ entryPoints: z.array(z.object({ entryPointType: z.string().nullish(), uri: z.string().nullish() })).nullish() })
    .nullish(),
  extendedProperties: z.object({ private: z.record(z.string(), z.string()).nullish() }).nullish(),
});
export type CalendarEvent = z.infer<typeof calendarEvent>;

export const eventsPage = z.object({
  items: z.array(eventRow).default([]),
  nextPageToken: z.string().nullish(),
  timeZone: z.string().nullish(),
});
export type EventsPage = z.infer<typeof eventsPage>;

/** Exceptions of a series, whole. */
export const wholeEventsPage = z.object({ items: z.array(calendarEvent).default([]), nextPageToken: z.string().nullish() });
