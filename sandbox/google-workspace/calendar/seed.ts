import { DateTime } from "luxon";
import { meetingTimes } from "../../company/moments";
import type { Company, MeetingSeed } from "../../company/work";
import { idAlphabets, stableId } from "../../ids";
import type { Accounts } from "../area";
import { type CalendarState, type CalendarStore, createStore, type EventTime, emptyState, type StoredEvent } from "./store";
import { meetCode } from "./writes";

/** The company's meetings in the calendars of who takes part. */

const mailbox = /^(.*?)\s*<([^<>]+)>$/;

function attendeeOf(text: string, company: string, accounts: Accounts, organizer: boolean): StoredEvent["attendees"][number] | null {
  const account = accounts.byHandle(company, text);
  if (account !== null) return { email: account.email, displayName: account.name, responseStatus: organizer ? "accepted" : "needsAction" };
  const [, name = "", address] = mailbox.exec(text) ?? [];
  // Who left the company has no address any more.
  return address === undefined ? null : { email: address.toLowerCase(), displayName: name, responseStatus: "needsAction" };
}

/** Days without the meeting as the EXDATE line of its series. */
function exceptions(nowMs: number, meeting: MeetingSeed, zone: string): readonly string[] {
  const days = meeting.repeats?.exceptDays ?? [];
  if (days.length === 0) return [];
  const dates = days.map((inDays) => meetingTimes(nowMs, { ...meeting, inDays }));
  if (meeting.allDay === true) return [`EXDATE;VALUE=DATE:${dates.map(({ startDay }) => startDay.replaceAll("-", "")).join(",")}`];
  return [`EXDATE;TZID=${zone}:${dates.map(({ startLocal }) => startLocal.replaceAll(/[-:]/g, "")).join(",")}`];
}

function timesOf(nowMs: number, meeting: MeetingSeed): { readonly start: EventTime; readonly end: EventTime } {
  const times = meetingTimes(nowMs, meeting);
  if (meeting.allDay === true) return { start: { date: times.startDay }, end: { date: times.endDay } };
  const at = (ms: number): EventTime => ({
    dateTime: DateTime.fromMillis(ms, { zone: meeting.timeZone }).toFormat("yyyy-MM-dd'T'HH:mm:ssZZ"),
    timeZone: meeting.timeZone,
  });
  return { start: at(times.startMs), end: at(times.endMs) };
}

/** The calendar that a whole company shares; everybody may write into it, and nobody organizes from it. */
export const teamCalendarId = (company: string): string =>
  `c_${stableId(idAlphabets.base32hex, 26, "team calendar", company)}@group.calendar.google.com`;

function seedCompany(store: CalendarStore, company: Company, accounts: Accounts, nowMs: number): void {
  const people = accounts.all.filter((account) => account.company === company.urlKey);
  const [first] = people;
  if (first === undefined) return;
  const team = teamCalendarId(company.urlKey);
  store.state.calendars.set(team, {
    id: team,
    summary: `${company.name}: away`,
    description: "Who is not there, and when.",
    timeZone: first.timeZone,
  });
  for (const account of people) {
    store.state.calendars.set(account.email, { id: account.email, summary: account.email, timeZone: account.timeZone });
    store.state.lists.set(account.sub, [
      { calendar: account.email, accessRole: "owner", primary: true, hidden: false },
      // A guest of the company sees when people are away, and changes nothing.
      {
        calendar: team,
        accessRole: account === first ? "owner" : account.domain === null ? "reader" : "writer",
        primary: false,
        hidden: false,
      },
    ]);
  }
  const created = (days: number) => new Date(nowMs - days * 86_400_000).toISOString();
  for (const meeting of company.meetings) {
    const organizer = accounts.byHandle(company.urlKey, meeting.organizer);
    if (organizer === null) continue;
    const id = stableId(idAlphabets.base32hex, 26, "event", company.urlKey, meeting.key);
    const attendees = [
      ...(meeting.attendees.length === 0 ? [] : [attendeeOf(meeting.organizer, company.urlKey, accounts, true)]),
      ...meeting.attendees.map((one) => attendeeOf(one, company.urlKey, accounts, false)),
    ].filter((one) => one !== null);
    const event: Omit<StoredEvent, "version"> = {
      calendar: organizer.email,
      id,
      iCalUID: `${id}@google.com`,
      status: "confirmed",
      created: created(30),
      updated: created(30),
      sequence: 0,
      creator: { email: organizer.email },
      organizer: { email: organizer.email, displayName: organizer.name },
      ...timesOf(nowMs, meeting),
      ...(meeting.repeats === undefined
        ? {}
        : { recurrence: [`RRULE:${meeting.repeats.rule}`, ...exceptions(nowMs, meeting, meeting.timeZone)] }),
      ...(meeting.title === "" ? {} : { summary: meeting.title }),
      ...(meeting.text === "" ? {} : { description: meeting.text }),
      ...(meeting.place === undefined ? {} : { location: meeting.place }),
      ...(meeting.online === true ? { meetCode: meetCode(meeting.key) } : {}),
      attendees,
    };
    store.put(event);
    for (const { email } of attendees) {
      if (email !== organizer.email && store.calendar(email) !== null) store.put({ ...event, calendar: email });
    }
  }
}

/** The state that everything starts from. */
export function seedCalendars(companies: readonly Company[], accounts: Accounts, nowMs: number): CalendarState {
  const store = createStore(emptyState(), () => undefined);
  for (const company of companies) seedCompany(store, company, accounts, nowMs);
  return store.state;
}
