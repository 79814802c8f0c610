import { z } from "zod";
import { itemBody, recipient } from "./mail";

/** What the hub reads of Graph's calendars (https://learn.microsoft.com/graph/api/resources/event); unknown fields are dropped. */

export const calendar = z.object({
  id: z.string().min(1),
  name: z.string().nullish(),
  canEdit: z.boolean().nullish(),
  isDefaultCalendar: z.boolean().nullish(),
  changeKey: z.string().nullish(),
  owner: z.object({ name: z.string().nullish(), address: z.string().nullish() }).nullish(),
});
export type Calendar = z.infer<typeof calendar>;

/** Local time with a zone; seven digits of fractions and no offset: `2026-11-23T09:00:00.0000000`. */
export const dateTimeTimeZone = z.object({ dateTime: z.string().min(1), timeZone: z.string().min(1) });
export type DateTimeTimeZone = z.infer<typeof dateTimeTimeZone>;

export const eventTypes = ["singleInstance", "occurrence", "exception", "seriesMaster"] as const;

const daysOfWeek = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"] as const;

export const recurrence = z.object({
  pattern: z.object({
    type: z.enum(["daily", "weekly", "absoluteMonthly", "relativeMonthly", "absoluteYearly", "relativeYearly"]),
    interval: z.number(),
    month: z.number().nullish(),
    dayOfMonth: z.number().nullish(),
    daysOfWeek: z.array(z.enum(daysOfWeek)).nullish(),
    firstDayOfWeek: z.enum(daysOfWeek).nullish().catch(null),
    index: z.enum(["first", "second", "third", "fourth", "last"]).nullish(),
  }),
  range: z.object({
    type: z.enum(["endDate", "noEnd", "numbered"]),
    startDate: z.string().nullish(),
    endDate: z.string().nullish(),
    numberOfOccurrences: z.number().nullish(),
    recurrenceTimeZone: z.string().nullish(),
  }),
});
export type Recurrence = z.infer<typeof recurrence>;

/** What a list of events asks for. */
export const eventRowFields = [
  "id",
  "subject",
  "type",
  "start",
  "end",
  "isAllDay",
  "isCancelled",
  "seriesMasterId",
  "createdDateTime",
  "lastModifiedDateTime",
  "changeKey",
  "webLink",
] as const;

export const eventRow = z.object({
  "@odata.etag": z.string().nullish(),
  id: z.string().min(1),
  subject: z.string().nullish(),
  type: z.enum(eventTypes).nullish().catch(null),
  start: dateTimeTimeZone,
  end: dateTimeTimeZone,
  isAllDay: z.boolean().nullish(),
  isCancelled: z.boolean().nullish(),
  seriesMasterId: z.string().nullish(),
  createdDateTime: z.string().nullish(),
  lastModifiedDateTime: z.string().nullish(),
  changeKey: z.string().nullish(),
  webLink: z.string().nullish(),
});
export type EventRow = z.infer<typeof eventRow>;

export const eventFields = [
  ...eventRowFields,
  "body",
  "location",
  "attendees",
  "organizer",
  "isOrganizer",
  "recurrence",
  "originalStart",
  "originalStartTimeZone",
  "originalEndTimeZone",
  "showAs",
  "sensitivity",
  "importance",
  "categories",
  "isOnlineMeeting",
  "onlineMeeting",
  "responseStatus",
  "iCalUId",
  "hasAttachments",
] as const;

export const event = eventRow.extend({
  body: itemBody.nullish(),
  location: z.object({ displayName: z.string().nullish() }).nullish(),
  attendees: z
    .array(
      recipient.extend({
        type: z.string().nullish(),
        status: z.object({ response: z.string().nullish() }).nullish(),
      }),
    )
    .nullish()
    .transform((list) => list ?? []),
  organizer: recipient.nullish(),
  isOrganizer: z.boolean().nullish(),
  recurrence: recurrence.nullish(),
  originalStart: z.string().nullish(),
  originalStartTimeZone: z.string().nullish(),
  originalEndTimeZone: z.string().nullish(),
  showAs: z.string().nullish(),
  sensitivity: z.string().nullish(),
  importance: z.string().nullish(),
  categories: z
    .array(z.string())
    .nullish()
    .transform((list) => list ?? []),
  isOnlineMeeting: z.boolean().nullish(),
  onlineMeeting: z.object({ joinUrl: z.string().nullish() }).nullish(),
  responseStatus: z.object({ response: z.string().nullish() }).nullish(),
  iCalUId: z.string().nullish(),
  hasAttachments: z.boolean().nullish(),
});
export type Event = z.infer<typeof event>;
