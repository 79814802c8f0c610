import { type EventTimes, sameMoment } from "../../../events";
import { type Mailbox, parseMailbox, printMailbox } from "../../../mailboxes";
import { type EventMoment, isAllDay, wallTime } from "../../../moments";
import { lostInMarkdown, markdownToHtml } from "../../../rich-text";
import { toEventExtras, toEventFile } from "../../format/event";
import { bodyOf, innerHtml } from "../../format/message";
import { parseRecurrence } from "../../format/recurrence";
import type { Event } from "../../schema/calendar";
import type { EventValues } from "./steps";

/** An event's values as files say them, in Graph's words and back. */

export const printMoment = (moment: EventMoment): string => (isAllDay(moment) ? moment.date : `${wallTime(moment)} ${moment.timeZone}`);

function toTime(moment: EventMoment): { readonly dateTime: string; readonly timeZone: string } {
  // "Regardless of whether it is a single-day or multi-day event, start and end must be midnight and in one time zone" (resources/event).
  return isAllDay(moment)
    ? { dateTime: `${moment.date}T00:00:00`, timeZone: "UTC" }
    : { dateTime: wallTime(moment), timeZone: moment.timeZone };
}

const toAttendee = (type: string) => (text: string) => {
  const { name, address } = parseMailbox(text);
  return { type, emailAddress: { address, ...(name === null ? {} : { name }) } };
};

/** What Graph is sent for these values; `times` are those that the event has after them. */
export function toEventFields(values: EventValues, times: EventTimes): Readonly<Record<string, unknown>> {
  const { title, location, attendees, optional_attendees, resources, recurrence, body } = values;
  const invites = attendees !== undefined || optional_attendees !== undefined || resources !== undefined;
  const { start, end } = times;
  const seriesStart = isAllDay(start)
    ? { date: start.date, timeZone: null }
    : { date: wallTime(start).slice(0, 10), timeZone: start.timeZone };
  return {
    ...(title === undefined ? {} : { subject: title }),
    ...(values.start === undefined && values.end === undefined
      ? {}
      : { start: toTime(start), end: toTime(end), isAllDay: isAllDay(start) }),
    ...(location === undefined ? {} : { location: { displayName: location ?? "" } }),
    // Graph has one list of attendees, so the three are always sent together.
    ...(invites
      ? {
          attendees: [
            ...(attendees ?? []).map(toAttendee("required")),
            ...(optional_attendees ?? []).map(toAttendee("optional")),
            ...(resources ?? []).map(toAttendee("resource")),
          ],
        }
      : {}),
    ...(recurrence === undefined ? {} : { recurrence: parseRecurrence(recurrence, seriesStart) }),
    ...(body === undefined ? {} : { body: { contentType: "html", content: markdownToHtml(body, { breaks: true }) } }),
    ...(values.show_as === undefined ? {} : { showAs: values.show_as }),
    ...(values.sensitivity === undefined ? {} : { sensitivity: values.sensitivity }),
    ...(values.categories === undefined ? {} : { categories: values.categories }),
    ...(values.online_meeting === undefined
      ? {}
      : { isOnlineMeeting: values.online_meeting, ...(values.online_meeting ? { onlineMeetingProvider: "teamsForBusiness" } : {}) }),
  };
}

const printed = (mailboxes: readonly Mailbox[]): string[] => mailboxes.map(printMailbox);

/** All values that an event has now. */
export function valuesOf(event: Event): Required<EventValues> {
  const file = toEventFile(event);
  const extras = toEventExtras(event);
  return {
    title: file.title,
    start: file.start,
    end: file.end,
    location: file.location,
    attendees: printed(file.attendees),
    optional_attendees: printed(file.optional_attendees),
    resources: printed(file.resources),
    recurrence: [...(file.recurrence ?? [])],
    body: file.body,
    show_as: extras.show_as ?? "busy",
    sensitivity: extras.sensitivity ?? "normal",
    categories: [...extras.categories],
    online_meeting: extras.online_meeting,
  };
}

const addresses = (texts: readonly string[]): string =>
  JSON.stringify(texts.map((text) => parseMailbox(text).address.toLowerCase()).sort());

/** Whether one value says the same: people by their addresses, times by what they mean, a body as it comes back from HTML. */
export function sameValue(key: keyof EventValues, a: unknown, b: unknown): boolean {
  if (key === "start" || key === "end") return sameMoment(a as EventMoment, b as EventMoment);
  if (key === "attendees" || key === "optional_attendees" || key === "resources")
    return addresses(a as string[]) === addresses(b as string[]);
  if (key === "categories") return JSON.stringify([...(a as string[])].sort()) === JSON.stringify([...(b as string[])].sort());
  if (key === "body") {
    const normal = (text: unknown) => bodyOf({ contentType: "html", content: markdownToHtml(String(text), { breaks: true }) });
    return normal(a) === normal(b);
  }
  return JSON.stringify(a ?? null) === JSON.stringify(b ?? null);
}

/** Whether an event has these values. */
export function hasValues(event: Event, values: EventValues): boolean {
  const now = valuesOf(event);
  return (Object.keys(values) as (keyof EventValues)[]).every((key) => sameValue(key, now[key], values[key]));
}

/** What of an event's body a Markdown body would lose: the block to join an online meeting, and what Markdown does not have. */
export function lostOf(event: Event): readonly string[] {
  if (event.isOnlineMeeting === true) return ["the block to join the online meeting"];
  return event.body?.contentType.toLowerCase() === "html" ? lostInMarkdown(innerHtml(event.body.content ?? "")) : [];
}
