import { z } from "zod";
import { badRequest, GoogleRefusal } from "../failures";
import type { EventTime } from "./store";

/** Bodies of writes, as the discovery document of Calendar v3 has them. A name that it does not have is refused. */

const time = z.strictObject({
  date: z.string().nullish(),
  dateTime: z.string().nullish(),
  timeZone: z.string().nullish(),
});

const attendee = z.strictObject({
  id: z.string().nullish(),
  email: z.string(),
  displayName: z.string().nullish(),
  organizer: z.boolean().nullish(),
  self: z.boolean().nullish(),
  resource: z.boolean().nullish(),
  optional: z.boolean().nullish(),
  responseStatus: z.enum(["needsAction", "declined", "tentative", "accepted"]).nullish(),
  comment: z.string().nullish(),
  additionalGuests: z.number().int().nonnegative().nullish(),
});

const properties = z.record(z.string().max(44), z.string().max(1024).nullable());

/** What is not changed by a write (`etag`, `htmlLink`, …) may be sent back; Calendar does not look at it. */
const readOnly = z.unknown().optional();

export const eventBody = z.strictObject({
  kind: readOnly,
  etag: readOnly,
  htmlLink: readOnly,
  created: readOnly,
  updated: readOnly,
  creator: readOnly,
  organizer: readOnly,
  hangoutLink: readOnly,
  recurringEventId: readOnly,
  originalStartTime: readOnly,
  sequence: readOnly,
  locked: readOnly,
  id: z.string().nullish(),
  iCalUID: z.string().nullish(),
  status: z.enum(["confirmed", "tentative", "cancelled"]).nullish(),
  summary: z.string().nullish(),
  description: z.string().max(8192, { message: "too long" }).nullish(),
  location: z.string().nullish(),
  colorId: z.string().nullish(),
  start: time.nullish(),
  end: time.nullish(),
  recurrence: z.array(z.string()).nullish(),
  attendees: z.array(attendee).nullish(),
  visibility: z.enum(["default", "public", "private", "confidential"]).nullish(),
  transparency: z.enum(["opaque", "transparent"]).nullish(),
  guestsCanInviteOthers: z.boolean().nullish(),
  guestsCanModify: z.boolean().nullish(),
  guestsCanSeeOtherGuests: z.boolean().nullish(),
  eventType: z.enum(["default"]).nullish(),
  reminders: z
    .strictObject({
      useDefault: z.boolean().nullish(),
      overrides: z.array(z.strictObject({ method: z.enum(["email", "popup"]), minutes: z.number().int().min(0).max(40_320) })).nullish(),
    })
    .nullish(),
  extendedProperties: z.strictObject({ private: properties.nullish(), shared: properties.nullish() }).nullish(),
  source: z.strictObject({ url: z.string(), title: z.string().nullish() }).nullish(),
  conferenceData: z
    .looseObject({
      createRequest: z
        .strictObject({ requestId: z.string(), conferenceSolutionKey: z.strictObject({ type: z.string() }).nullish() })
        .nullish(),
    })
    .nullish(),
});
export type EventBody = z.output<typeof eventBody>;

/** The body of a write; 400 with the first fault. */
export function readBody<T>(schema: z.ZodType<T>, body: string): T {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw new GoogleRefusal(400, "parseError", "Parse Error");
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  if (issue?.code === "unrecognized_keys") {
    throw badRequest(
      `Invalid JSON payload received. Unknown name "${issue.keys[0]}"${issue.path.length === 0 ? "" : ` at '${issue.path.join(".")}'`}: Cannot find field.`,
    );
  }
  throw new GoogleRefusal(400, "invalid", `Invalid value for: ${issue?.path.join(".") || "body"}`);
}

const offsetAtEnd = /(?:Z|[+-]\d{2}:\d{2})$/i;
const dateShape = /^\d{4}-\d{2}-\d{2}$/;
const dateTimeShape = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})?$/i;

function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** A time as it is kept: a date, or a dateTime with offset in its zone. `repeats` wants a zone, for it rules the rest of the series. */
export function readTime(
  value: z.output<typeof time> | null | undefined,
  which: "start" | "end",
  zone: { readonly calendar: string; readonly toOffset: (local: string, zone: string) => string },
  repeats: boolean,
): EventTime {
  if (value === null || value === undefined || (!value.date && !value.dateTime)) {
    throw new GoogleRefusal(400, "required", `Missing ${which} time.`, {});
  }
  if (value.timeZone && !isZone(value.timeZone)) {
    throw new GoogleRefusal(400, "invalid", `Invalid time zone definition for ${which} time.`);
  }
  if (value.date) {
    if (value.dateTime || !dateShape.test(value.date) || Number.isNaN(Date.parse(value.date))) {
      throw new GoogleRefusal(400, "invalid", `Invalid value for: ${which}.date`);
    }
    return { date: value.date };
  }
  const text = value.dateTime ?? "";
  if (!dateTimeShape.test(text) || Number.isNaN(Date.parse(offsetAtEnd.test(text) ? text : `${text}Z`))) {
    throw new GoogleRefusal(400, "invalid", `Invalid value for: ${which}.dateTime`);
  }
  if ((repeats || !offsetAtEnd.test(text)) && !value.timeZone) {
    throw new GoogleRefusal(400, "required", `Missing time zone definition for ${which} time.`);
  }
  const timeZone = value.timeZone ?? zone.calendar;
  return { dateTime: zone.toOffset(text, timeZone), timeZone };
}
