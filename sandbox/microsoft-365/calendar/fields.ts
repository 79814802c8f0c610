import { DateTime } from "luxon";
import { z } from "zod";
import { badRequest } from "../failures";
import { bodyShape, extendedShape, recipientShape, storedBody } from "../mail/fields";
import type { AttendeeRow, EventFields, LocalTime, RecurrenceRow } from "../rows";
import { momentOf } from "./events";
import { windowsName, zoneOf } from "./zones";

/** What a caller may write of an event; the shapes are the CSDL's. */

const time = z.strictObject({ dateTime: z.string(), timeZone: z.string(), "@odata.type": z.string().optional() });
const weekday = z.enum(["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]);

const recurrenceShape = z.strictObject({
  pattern: z.strictObject({
    type: z.enum(["daily", "weekly", "absoluteMonthly", "relativeMonthly", "absoluteYearly", "relativeYearly"]),
    interval: z.int().min(1),
    month: z.int().min(0).max(12).default(0),
    dayOfMonth: z.int().min(0).max(31).default(0),
    daysOfWeek: z.array(weekday).default([]),
    firstDayOfWeek: weekday.default("sunday"),
    index: z.enum(["first", "second", "third", "fourth", "last"]).default("first"),
  }),
  range: z.strictObject({
    type: z.enum(["endDate", "noEnd", "numbered"]),
    startDate: z.iso.date(),
    endDate: z.iso.date().default("0001-01-01"),
    numberOfOccurrences: z.int().min(0).default(0),
    recurrenceTimeZone: z.string().default(""),
  }),
});

const shape = z
  .strictObject({
    subject: z.string().nullable(),
    body: bodyShape,
    start: time,
    end: time,
    isAllDay: z.boolean(),
    location: z.looseObject({ displayName: z.string().nullish() }),
    attendees: z.array(
      recipientShape.extend({ type: z.enum(["required", "optional", "resource"]).default("required"), status: z.unknown().optional() }),
    ),
    recurrence: recurrenceShape.nullable(),
    showAs: z.enum(["free", "tentative", "busy", "oof", "workingElsewhere", "unknown"]),
    sensitivity: z.enum(["normal", "personal", "private", "confidential"]),
    importance: z.enum(["low", "normal", "high"]),
    categories: z.array(z.string()),
    isReminderOn: z.boolean(),
    reminderMinutesBeforeStart: z.int(),
    responseRequested: z.boolean(),
    allowNewTimeProposals: z.boolean(),
    hideAttendees: z.boolean(),
    isOnlineMeeting: z.boolean(),
    onlineMeetingProvider: z.enum(["unknown", "teamsForBusiness"]),
    transactionId: z.string().nullable(),
    singleValueExtendedProperties: extendedShape,
    "@odata.type": z.string(),
    "@odata.etag": z.string(),
  })
  .partial();
export type WrittenEvent = z.output<typeof shape>;

/** Reads an event out of a body; 400 names the property that is wrong. */
export function readEvent(body: unknown): WrittenEvent {
  const parsed = shape.safeParse(body);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const name = issue?.code === "unrecognized_keys" ? issue.keys.join(", ") : (issue?.path.join("/") ?? "");
  throw badRequest(
    `Cannot convert the literal or the property '${name}' does not exist or cannot be written on type 'microsoft.graph.event'.`,
    "RequestBodyRead",
  );
}

function storedTime({ dateTime, timeZone }: z.output<typeof time>): LocalTime {
  const local = DateTime.fromISO(dateTime, { zone: "utc", setZone: false });
  if (!local.isValid) throw badRequest(`The value '${dateTime}' is no date and time.`, "ErrorPropertyValidationFailure");
  const text = /(?:Z|[+-]\d{2}:?\d{2})$/.test(dateTime)
    ? DateTime.fromISO(dateTime, { zone: zoneOf(timeZone) }).toFormat("yyyy-MM-dd'T'HH:mm:ss")
    : local.toFormat("yyyy-MM-dd'T'HH:mm:ss");
  return { dateTime: text, timeZone: windowsName(zoneOf(timeZone)) };
}

const toAttendee = (written: NonNullable<WrittenEvent["attendees"]>[number], before: readonly AttendeeRow[]): AttendeeRow => {
  const address = written.emailAddress.address ?? "";
  const known = before.find((one) => one.address.toLowerCase() === address.toLowerCase());
  return { name: written.emailAddress.name ?? known?.name ?? address, address, type: written.type, response: known?.response ?? "none" };
};

/** The fields after what was written; 400 for times that make no event. */
export function changedFields(before: EventFields, written: WrittenEvent): EventFields {
  const fields: EventFields = {
    ...before,
    ...(written.subject === undefined ? {} : { subject: written.subject ?? "" }),
    ...(written.body === undefined ? {} : { body: storedBody(written.body) }),
    ...(written.start === undefined ? {} : { start: storedTime(written.start) }),
    ...(written.end === undefined ? {} : { end: storedTime(written.end) }),
    ...(written.isAllDay === undefined ? {} : { isAllDay: written.isAllDay }),
    ...(written.location === undefined ? {} : { location: written.location.displayName ?? "" }),
    ...(written.attendees === undefined ? {} : { attendees: written.attendees.map((each) => toAttendee(each, before.attendees)) }),
    ...(written.showAs === undefined ? {} : { showAs: written.showAs }),
    ...(written.sensitivity === undefined ? {} : { sensitivity: written.sensitivity }),
    ...(written.importance === undefined ? {} : { importance: written.importance }),
  };
  if (momentOf(fields.end) < momentOf(fields.start)) {
    throw badRequest(
      "The meeting's duration must not be negative: End time must be greater than or equal to Start time.",
      "ErrorPropertyValidationFailure",
    );
  }
  const atMidnight = [fields.start, fields.end].every(({ dateTime }) => dateTime.slice(11) === "00:00:00");
  if (
    fields.isAllDay &&
    (!atMidnight || fields.start.timeZone !== fields.end.timeZone || momentOf(fields.end) === momentOf(fields.start))
  ) {
    throw badRequest(
      "The Event.Start and Event.End of an all-day event must be midnight, in one time zone, and a day apart at least.",
      "ErrorInvalidRequest",
    );
  }
  return fields;
}

/** A written recurrence, its zone filled in from the start. */
export function storedRecurrence(written: NonNullable<WrittenEvent["recurrence"]>, start: LocalTime): RecurrenceRow {
  const { pattern, range } = written;
  if (["weekly", "relativeMonthly", "relativeYearly"].includes(pattern.type) && pattern.daysOfWeek.length === 0) {
    throw badRequest("The recurrence pattern needs daysOfWeek.", "ErrorPropertyValidationFailure");
  }
  if (["absoluteMonthly", "absoluteYearly"].includes(pattern.type) && pattern.dayOfMonth === 0) {
    throw badRequest("The recurrence pattern needs dayOfMonth.", "ErrorPropertyValidationFailure");
  }
  if (["absoluteYearly", "relativeYearly"].includes(pattern.type) && pattern.month === 0) {
    throw badRequest("The recurrence pattern needs month.", "ErrorPropertyValidationFailure");
  }
  if (range.startDate !== start.dateTime.slice(0, 10)) {
    throw badRequest("The range's startDate must be the date of the event's start.", "ErrorPropertyValidationFailure");
  }
  if (range.type === "numbered" && range.numberOfOccurrences === 0)
    throw badRequest("The range needs numberOfOccurrences.", "ErrorPropertyValidationFailure");
  return { pattern, range: { ...range, recurrenceTimeZone: range.recurrenceTimeZone === "" ? start.timeZone : range.recurrenceTimeZone } };
}
