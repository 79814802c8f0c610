import { DateTime } from "luxon";
import { type GraphContext, seconds, shownItem } from "../context";
import { changeKeyOf, containerId, etagOf } from "../ids";
import { previewOf } from "../mail/html";
import { shownAddress, shownBody, textOf } from "../mail/views";
import type { Shown } from "../odata/filter";
import type { CalendarRow, LocalTime, Mailbox } from "../rows";
import { eventId, type Instance } from "./events";
import { zoneOf } from "./zones";

/** Calendars and events as Graph shows them. */

export const calendarId = (mailbox: Mailbox, key: string): string => containerId(mailbox.userId, "calendar", key);

export const shownCalendar = (mailbox: Mailbox, row: CalendarRow): Shown => ({
  id: calendarId(mailbox, row.key),
  name: row.name,
  color: "auto",
  hexColor: "",
  isDefaultCalendar: row.isDefault,
  changeKey: changeKeyOf(row.key, 1),
  canShare: row.isDefault,
  canViewPrivateItems: true,
  canEdit: row.canEdit,
  allowedOnlineMeetingProviders: ["teamsForBusiness"],
  defaultOnlineMeetingProvider: "teamsForBusiness",
  isTallyingResponses: row.isDefault,
  isRemovable: !row.isDefault,
  owner: row.owner,
});

/** A time in the preferred zone, UTC by default, with Graph's seven digits; whole days keep their midnight. */
function shownTime(context: GraphContext, time: LocalTime, isAllDay: boolean): LocalTime {
  const timeZone = context.preferences.timeZone ?? "UTC";
  if (isAllDay) return { dateTime: `${time.dateTime.slice(0, 10)}T00:00:00.0000000`, timeZone };
  const local = DateTime.fromISO(time.dateTime.slice(0, 19), { zone: zoneOf(time.timeZone) }).setZone(zoneOf(timeZone));
  return { dateTime: `${local.toFormat("yyyy-MM-dd'T'HH:mm:ss")}.0000000`, timeZone };
}

/** An instant as UTC, for `originalStart`. */
const shownInstant = (time: LocalTime): string =>
  DateTime.fromISO(time.dateTime.slice(0, 19), { zone: zoneOf(time.timeZone) })
    .toUTC()
    .toFormat("yyyy-MM-dd'T'HH:mm:ss'Z'");

function typeOf({ event, occurrence, isException }: Instance): string {
  if (occurrence !== null) return isException ? "exception" : "occurrence";
  return event.recurrence === null ? "singleInstance" : "seriesMaster";
}

export function shownEvent(context: GraphContext, instance: Instance): Shown {
  const { event, occurrence, fields } = instance;
  const { user } = context;
  const id = eventId(context, event, occurrence);
  const isOrganizer = event.organizer.address.toLowerCase() === user.mail.toLowerCase();
  const me = fields.attendees.find(({ address }) => address.toLowerCase() === user.mail.toLowerCase());
  const version = occurrence === null ? event.version : (event.exceptions[occurrence]?.version ?? 0) * 1_000 + event.version;
  const location = { displayName: fields.location, locationType: "default", uniqueId: fields.location, uniqueIdType: "private" };
  const original =
    occurrence === null || event.recurrence === null
      ? null
      : { ...event.start, dateTime: `${occurrence}${event.start.dateTime.slice(10)}` };
  return {
    ...shownItem(event, id),
    "@odata.etag": etagOf(event.key, version),
    changeKey: changeKeyOf(event.key, version),
    transactionId: event.transactionId,
    originalStartTimeZone: fields.start.timeZone,
    originalEndTimeZone: fields.end.timeZone,
    iCalUId: event.iCalUId,
    reminderMinutesBeforeStart: 15,
    isReminderOn: !fields.isAllDay,
    hasAttachments: false,
    subject: fields.subject,
    bodyPreview: previewOf(textOf(fields.body)),
    importance: fields.importance,
    sensitivity: fields.sensitivity,
    isAllDay: fields.isAllDay,
    isCancelled: event.isCancelled,
    isOrganizer,
    responseRequested: true,
    seriesMasterId: occurrence === null ? null : eventId(context, event, null),
    showAs: fields.showAs,
    type: typeOf(instance),
    webLink: `${context.webOrigin}/owa/?itemid=${encodeURIComponent(id)}&exvsurl=1&path=/calendar/item`,
    onlineMeetingUrl: null,
    isOnlineMeeting: event.isOnlineMeeting,
    onlineMeetingProvider: event.isOnlineMeeting ? "teamsForBusiness" : "unknown",
    allowNewTimeProposals: true,
    isDraft: false,
    hideAttendees: false,
    responseStatus: {
      response: isOrganizer ? "organizer" : (me?.response ?? "notResponded"),
      time: isOrganizer ? "0001-01-01T00:00:00Z" : seconds(event.createdAt),
    },
    body: shownBody(fields.body, context.preferences.bodyType),
    start: shownTime(context, fields.start, fields.isAllDay),
    end: shownTime(context, fields.end, fields.isAllDay),
    location,
    locations: fields.location === "" ? [] : [location],
    recurrence: occurrence === null ? event.recurrence : null,
    attendees: fields.attendees.map(({ type, response, ...address }) => ({
      type,
      status: { response, time: "0001-01-01T00:00:00Z" },
      ...shownAddress(address),
    })),
    organizer: shownAddress(event.organizer),
    onlineMeeting: event.joinUrl === null ? null : { joinUrl: event.joinUrl },
    ...(original === null ? {} : { originalStart: shownInstant(original) }),
  };
}
