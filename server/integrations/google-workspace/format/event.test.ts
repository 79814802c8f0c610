import fc from "fast-check";
import ICAL from "ical.js";
import { describe, expect, it } from "vitest";
import { parseEventFile, resolveTimes } from "../../events";
import { momentMs } from "../../moments";
import { createTestContext } from "../../testing";
import type { CalendarEvent } from "../schema/calendar";
import { descriptionToMarkdown, lostInDescription, markdownToDescription } from "./description";
import { extraKeys, printEvent, printEventCalendar, timesOf, toEventFile } from "./event";

const context = createTestContext();

const event = (more: Partial<CalendarEvent> = {}): CalendarEvent => ({
  id: "abc123",
  etag: '"1"',
  status: "confirmed",
  summary: "Sync",
  created: "2026-09-01T10:00:00.000Z",
  start: { dateTime: "2026-09-02T09:00:00+02:00", timeZone: "Europe/Paris" },
  end: { dateTime: "2026-09-02T09:30:00+02:00", timeZone: "Europe/Paris" },
  ...more,
});

const words = fc.constantFrom(
  "plain",
  "a*b",
  "# x",
  "1. one",
  "- dash",
  "😀 𝒳",
  "مرحبا",
  "https://x.example/a_b?c=1&d=2",
  "ann@x.example",
  "**b**",
  "`c`",
  "a < b & c",
  "_i_",
  "[x](https://y.example)",
  "> q",
  "a\nb",
);

describe("descriptions", () => {
  it("are plain text where they say no more, and Calendar's HTML where they do", () => {
    expect(markdownToDescription("Agenda:\n1\\) one\n\nSee <https://x.example/a_b>")).toBe("Agenda:\n1) one\n\nSee https://x.example/a_b");
    expect(markdownToDescription("Bring **numbers**.\nAnd 😀.")).toBe("<p>Bring <strong>numbers</strong>.<br>And 😀.</p>");
    // Text that looks like HTML would be HTML to Calendar.
    expect(markdownToDescription("a \\<b> c")).toBe("<p>a &#x3C;b> c</p>");
  });

  it("are read as Calendar shows them: tags as HTML, line ends as breaks", () => {
    expect(descriptionToMarkdown("<b>Agenda</b>\none\ntwo<br>three")).toBe("**Agenda**\none\ntwo\nthree");
    expect(descriptionToMarkdown("<ul>\n<li>a</li>\n<li>b</li>\n</ul>")).toBe("- a\n- b");
    expect(descriptionToMarkdown("snake_case & co\r\n# no heading")).toBe("snake_case & co\n\\# no heading");
    expect(descriptionToMarkdown("<script>alert(1)</script><a href='javascript:x'>y</a>")).toBe("y");
  });

  it("written back as they were read say the same", () => {
    fc.assert(
      fc.property(fc.array(words, { minLength: 1, maxLength: 5 }), (parts) => {
        const markdown = descriptionToMarkdown(markdownToDescription(parts.join("\n\n")));
        expect(descriptionToMarkdown(markdownToDescription(markdown))).toBe(markdown);
      }),
    );
  });

  it("say what of them Markdown cannot carry back", () => {
    expect(lostInDescription("plain -- text")).toEqual([]);
    expect(lostInDescription("<b>a</b><u>b</u>")).toEqual(["<u>"]);
    expect(lostInDescription("-::~:~::~:~:~\nJoin with Google Meet: https://meet.google.com/x\n-::~:~::-")).toEqual([
      "the join block of Google Meet",
    ]);
  });
});

describe("an event of Calendar as a file", () => {
  it("is read back as it was printed", async () => {
    const attendee = fc.record({
      email: fc.constantFrom("ann@x.example", "bo@x.example", "room@resource.example"),
      displayName: fc.constantFrom("Ann", "Smith, Ann", "日本", undefined),
      optional: fc.constantFrom(true, undefined),
      resource: fc.constantFrom(true, undefined),
      responseStatus: fc.constantFrom("accepted", "needsAction"),
    });
    const any = fc.record({
      summary: fc.oneof(fc.constantFrom("", "😀", "/".repeat(300)), fc.string({ unit: "grapheme" })),
      location: fc.constantFrom("", "Room 1", "a: b"),
      description: fc.array(words).map((parts) => parts.join("\n")),
      attendees: fc.uniqueArray(attendee, { selector: ({ email }) => email }),
      recurrence: fc.constantFrom(undefined, ["RRULE:FREQ=WEEKLY"]),
      visibility: fc.constantFrom(undefined, "private"),
    });
    await fc.assert(
      fc.asyncProperty(any, async (fields) => {
        const of = event(fields as Partial<CalendarEvent>);
        const file = toEventFile(of, "UTC");
        const parsed = parseEventFile(await printEvent(of, "UTC", context), extraKeys);
        const { start, end, body, recurrence, ...rest } = file;
        expect(parsed.values).toEqual({ ...rest, ...(recurrence === null ? {} : { recurrence }) });
        expect(parsed.body ?? "").toBe(body);
        expect(resolveTimes(parsed, null, "UTC")).toEqual({ start, end });
      }),
    );
  });

  it("has a time in a zone that it names, or else the mount's", () => {
    const bare = timesOf(
      event({ start: { dateTime: "2026-09-02T09:00:00Z" }, end: { dateTime: "2026-09-02T10:00:00Z", timeZone: "Not/AZone" } }),
      "Asia/Tokyo",
    );
    expect(bare).toEqual({
      start: { dateTime: "2026-09-02T18:00:00+09:00", timeZone: "Asia/Tokyo" },
      end: { dateTime: "2026-09-02T19:00:00+09:00", timeZone: "Asia/Tokyo" },
    });
  });

  it("as .ics is one event, or a series with its exceptions", () => {
    const series = event({ recurrence: ["RRULE:FREQ=WEEKLY;COUNT=3"], iCalUID: "abc123@google.com", description: "<b>Bold</b> & plain" });
    const exceptions = [
      event({
        id: "abc123_20260909T070000Z",
        recurringEventId: "abc123",
        status: "cancelled",
        originalStartTime: { dateTime: "2026-09-09T09:00:00+02:00", timeZone: "Europe/Paris" },
      }),
      event({
        id: "abc123_20260916T070000Z",
        recurringEventId: "abc123",
        summary: "Moved",
        originalStartTime: { dateTime: "2026-09-16T09:00:00+02:00", timeZone: "Europe/Paris" },
        start: { dateTime: "2026-09-17T09:00:00+02:00", timeZone: "Europe/Paris" },
        end: { dateTime: "2026-09-17T10:00:00+02:00", timeZone: "Europe/Paris" },
      }),
    ];
    const calendar = ICAL.Component.fromString(printEventCalendar(series, exceptions, "UTC"));
    ICAL.TimezoneService.reset();
    for (const zone of calendar.getAllSubcomponents("vtimezone")) ICAL.TimezoneService.register(new ICAL.Timezone(zone));
    const [first, moved] = calendar.getAllSubcomponents("vevent").map((one) => new ICAL.Event(one));
    expect(first?.description).toBe("**Bold** & plain");
    const starts: string[] = [];
    const iterator = first?.iterator();
    for (let next = iterator?.next(); next; next = iterator?.next()) starts.push(next.toJSDate().toISOString());
    expect(starts).toEqual(["2026-09-02T07:00:00.000Z", "2026-09-16T07:00:00.000Z"]);
    expect([
      moved?.summary,
      moved?.recurrenceId?.toJSDate().toISOString(),
      momentMs(timesOf(exceptions[1] ?? series, "UTC").start),
    ]).toEqual(["Moved", "2026-09-16T07:00:00.000Z", Date.UTC(2026, 8, 17, 7)]);
  });
});
