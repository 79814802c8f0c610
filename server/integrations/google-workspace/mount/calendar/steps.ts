import { z } from "zod";

/** What a planned step carries to `perform`: JSON, stored until the plan is executed, so it is checked again when it comes back. */

const time = z.object({
  date: z.string().nullable().optional(),
  dateTime: z.string().nullable().optional(),
  timeZone: z.string().nullable().optional(),
});

const attendee = z.looseObject({ email: z.string() });

/** The fields of an event that the hub sets. */
export const eventFields = z
  .object({
    summary: z.string(),
    description: z.string(),
    location: z.string().nullable(),
    start: time,
    end: time,
    attendees: z.array(attendee),
    recurrence: z.array(z.string()),
    status: z.string(),
    visibility: z.string(),
    transparency: z.string(),
  })
  .partial();
export type EventFields = z.infer<typeof eventFields>;

export const calendarStep = z.discriminatedUnion("call", [
  z.object({ call: z.literal("events.insert"), calendar: z.string(), id: z.string(), seed: z.string(), fields: eventFields }),
  z.object({
    call: z.literal("events.patch"),
    calendar: z.string(),
    event: z.string(),
    etag: z.string(),
    isSeries: z.boolean(),
    fields: eventFields,
  }),
  z.object({ call: z.literal("events.delete"), calendar: z.string(), event: z.string(), etag: z.string() }),
]);
export type CalendarStep = z.infer<typeof calendarStep>;

/** Calendar takes ids of base32hex (a–v, 0–9), 5 to 1,024 of them; the digits of a UUID are such. */
export const toEventId = (seed: string): string => seed.replaceAll("-", "").toLowerCase();

/** The private property by which the hub knows an event that it made: a lost answer to an insert is resolved by it. */
export const seedProperty = "byteHubSeed";
