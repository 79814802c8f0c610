import { z } from "zod";

/** What a planned step of the calendar area carries to `perform`: JSON, stored until the plan is executed, so it is checked again. */

const moment = z.union([z.object({ date: z.string() }), z.object({ dateTime: z.string(), timeZone: z.string() })]);

/** Values as files say them; absent ones are not changed. */
const values = z
  .object({
    title: z.string(),
    start: moment,
    end: moment,
    location: z.string().nullable(),
    attendees: z.array(z.string()),
    optional_attendees: z.array(z.string()),
    resources: z.array(z.string()),
    recurrence: z.array(z.string()),
    /** Markdown. */
    body: z.string(),
    show_as: z.string(),
    sensitivity: z.string(),
    categories: z.array(z.string()),
    online_meeting: z.boolean(),
  })
  .partial();
export type EventValues = z.infer<typeof values>;

const times = z.object({ start: moment, end: moment });

export const calendarStep = z.discriminatedUnion("call", [
  z.object({ call: z.literal("eventCreate"), calendar: z.string(), seed: z.string(), values, times }),
  z.object({ call: z.literal("eventUpdate"), calendar: z.string(), id: z.string(), before: values, after: values, times }),
  z.object({ call: z.literal("eventDelete"), calendar: z.string(), id: z.string(), etag: z.string().nullable() }),
]);
export type CalendarStep = z.infer<typeof calendarStep>;
