import { html, type Markup } from "../../http/html";
import { table, when, written } from "../../pages/frame";
import type { Account } from "../area";
import { type ListContext, listEvents } from "./lists";
import { instantOf } from "./recurrence";
import type { CalendarStore, EventTime, StoredEvent } from "./store";

/** What a person sees in the simulated Calendar: the weeks around today, and one event whole. */

const dayMs = 86_400_000;

const shownTime = (time: EventTime): Markup | string =>
  time.date === undefined ? when(new Date(time.dateTime ?? "").toISOString()) : time.date;

/** The list of one person's events from a week ago to a month ahead, calendar by calendar. */
export function calendarPage(
  account: Account,
  store: CalendarStore,
  contextOf: (calendar: string) => ListContext,
  nowMs: number,
): { readonly title: string; readonly main: Markup } {
  const window = new URLSearchParams({
    singleEvents: "true",
    orderBy: "startTime",
    maxResults: "2500",
    timeMin: new Date(nowMs - 7 * dayMs).toISOString(),
    timeMax: new Date(nowMs + 31 * dayMs).toISOString(),
  });
  const sections = (store.state.lists.get(account.sub) ?? []).map(({ calendar, accessRole }) => {
    const found = store.calendar(calendar);
    const { events } = listEvents(window, { ...contextOf(calendar), emptyFirstPage: false });
    return html`<section><h2><bdi>${found?.summary ?? calendar}</bdi></h2><p class="quiet">${accessRole}, ${found?.timeZone ?? ""}; from a week ago to a month ahead</p>${table(
      found?.summary ?? calendar,
      ["From", "To", "Event", "People", "Status"],
      events.map((event) => [
        shownTime(event.start),
        shownTime(event.end),
        html`<a href="/home/${account.sub}/calendar/event/${encodeURIComponent(event.id)}"><bdi>${event.summary ?? "(No title)"}</bdi></a>`,
        String(event.attendees.length),
        event.status,
      ]),
    )}</section>`;
  });
  return { title: "Calendar", main: html`<h1>Calendar</h1>${sections}` };
}

/** One event with all that is kept of it. */
export function eventPage(event: StoredEvent): { readonly title: string; readonly main: Markup } {
  const title = event.summary ?? "(No title)";
  const rows: [string, Markup | string][] = [
    ["From", shownTime(event.start)],
    ["To", shownTime(event.end)],
    ["Where", event.location ?? ""],
    ["Repeats", (event.recurrence ?? []).join(" ")],
    ["Organizer", event.organizer.email],
    ["Status", event.status],
    ["Changed", when(event.updated)],
    ["Length", `${Math.round((instantOf(event.end, "UTC") - instantOf(event.start, "UTC")) / 60_000)} minutes`],
  ];
  return {
    title,
    main: html`<h1><bdi>${title}</bdi></h1>${table("Event", ["", ""], rows)}<h2>Description</h2>${written(event.description ?? "")}<h2>People</h2>${table(
      "People",
      ["Person", "Answer"],
      event.attendees.map((one) => [html`<bdi>${one.displayName ?? one.email}</bdi> ${one.email}`, one.responseStatus]),
    )}`,
  };
}
