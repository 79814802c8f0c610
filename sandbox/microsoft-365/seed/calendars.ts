import { DateTime } from "luxon";
import { meetingTimes } from "../../company/moments";
import type { MeetingSeed } from "../../company/work";
import { joinBlock } from "../calendar/online";
import { recurrenceOfRule } from "../calendar/recurrence";
import { windowsName } from "../calendar/zones";
import { seedGuid } from "../ids";
import { escapeHtml, storedHtml } from "../mail/html";
import type { AttendeeRow, EventRow, User } from "../rows";
import { isoOf, type SeedWorld, seedItem } from "./world";

/** The company's meetings, in the calendars of everybody who is in them. */

const paragraphs = (text: string): string =>
  text
    .split(/\r?\n\r?\n/)
    .map((paragraph) => `<p>${escapeHtml(paragraph).replaceAll(/\r?\n/g, "<br>")}</p>`)
    .join("");

function eventOf(world: SeedWorld, meeting: MeetingSeed, user: User, calendar: string): EventRow {
  const { company, people, nowMs } = world;
  const times = meetingTimes(nowMs, meeting);
  const organizer = people.addressOf(meeting.organizer);
  const zone = meeting.allDay === true ? "UTC" : windowsName(meeting.timeZone);
  const joinUrl =
    meeting.online === true
      ? `https://teams.example/l/meetup-join/19%3ameeting_${seedGuid("join", company.urlKey, meeting.key).slice(0, 8)}%40thread.v2/0`
      : null;
  const mailbox = world.mailboxOf(user);
  const at = isoOf(Math.min(nowMs - 3_600_000, times.startMs - 7 * 86_400_000));
  const except = (meeting.repeats?.exceptDays ?? []).map(
    (days) => DateTime.fromMillis(nowMs, { zone: meeting.timeZone }).startOf("day").plus({ days }).toISODate() ?? "",
  );
  const attendees = meeting.attendees.map((each): AttendeeRow => ({ ...people.addressOf(each), type: "required", response: "none" }));
  return {
    ...seedItem(mailbox, `meeting-${meeting.key}`, at),
    calendar,
    subject: meeting.title.slice(0, 255),
    body: { contentType: "html", content: storedHtml(`${paragraphs(meeting.text)}${joinUrl === null ? "" : joinBlock(joinUrl)}`) },
    start: { dateTime: meeting.allDay === true ? `${times.startDay}T00:00:00` : times.startLocal, timeZone: zone },
    end: { dateTime: meeting.allDay === true ? `${times.endDay}T00:00:00` : times.endLocal, timeZone: zone },
    isAllDay: meeting.allDay === true,
    location: meeting.place ?? "",
    attendees,
    showAs: meeting.allDay === true ? "free" : "busy",
    sensitivity: "normal",
    importance: "normal",
    organizer,
    iCalUId: `040000008200E00074C5B7101A82E008${seedGuid("meeting", company.urlKey, meeting.key).replaceAll("-", "").toUpperCase()}`,
    transactionId: null,
    recurrence: meeting.repeats === undefined ? null : recurrenceOfRule(meeting.repeats.rule, times.startDay, zone),
    isCancelled: false,
    isOnlineMeeting: joinUrl !== null,
    joinUrl,
    exceptions: {},
    cancelled: except,
  };
}

export function seedCalendars(world: SeedWorld, users: readonly User[]): void {
  for (const user of users) {
    const mailbox = world.mailboxOf(user);
    const owner = { name: user.displayName, address: user.mail };
    mailbox.calendars.set("calendar", { key: "calendar", name: "Calendar", isDefault: true, canEdit: true, owner });
    mailbox.calendars.set("birthdays", { key: "birthdays", name: "Birthdays", isDefault: false, canEdit: false, owner });
  }
  for (const meeting of world.company.meetings) {
    const involved = [meeting.organizer, ...meeting.attendees]
      .map((each) => world.people.find(each))
      .filter((user): user is User => user !== null);
    for (const user of new Set(involved)) {
      const event = eventOf(world, meeting, user, "calendar");
      world.mailboxOf(user).events.set(event.key, event);
    }
  }
}
