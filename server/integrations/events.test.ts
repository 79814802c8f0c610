import fc from "fast-check";
import ICAL from "ical.js";
import { describe, expect, it } from "vitest";
import { type CalendarObject, printCalendarFile } from "./calendar-file";
import { type EventFile, type EventTimes, parseEventFile, printEventFile, resolveTimes, sameMoment } from "./events";
import { parseMailbox, printMailbox, toMailbox } from "./mailboxes";
import { type EventMoment, isAllDay, momentMs, monthOf, parseMoment, printMoment, toMoment } from "./moments";

const zones = ["UTC", "Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Asia/Beirut"];
const zone = fc.constantFrom(...zones);
const instant = fc.integer({ min: Date.UTC(2005, 0, 1) / 1000, max: Date.UTC(2038, 0, 1) / 1000 }).map((seconds) => seconds * 1000);
const text = fc.oneof(
  fc.constantFrom("", "Sync", "😀 𝒳", "مرحبا", "/".repeat(300), "a: b # c", "null", "2026-01-01", "line\r\nline", '"q"'),
  fc.string({ unit: "grapheme" }),
);
const mailbox = fc
  .tuple(
    fc.oneof(fc.constantFrom("Ann", "Smith, Ann", 'A "B" <c>', "日本 太郎", "a\\b"), fc.string({ unit: "grapheme" })),
    fc.constantFrom("ann@byte.example", "x+y@z.example"),
  )
  .map(([name, address]) => toMailbox(name, address));
const onePerAddress = fc.uniqueArray(mailbox, { selector: ({ address }) => address, maxLength: 2 });
const times: fc.Arbitrary<EventTimes> = fc.oneof(
  fc
    .tuple(instant, fc.integer({ min: 0, max: 100_000 }), zone, zone)
    .map(([ms, more, a, b]) => ({ start: toMoment(ms, a), end: toMoment(ms + more * 1000, b) })),
  fc.tuple(instant, fc.integer({ min: 1, max: 30 })).map(([ms, days]) => {
    const day = (at: number) => new Date(at).toISOString().slice(0, 10);
    return { start: { date: day(ms) }, end: { date: day(ms + days * 86_400_000) } };
  }),
);
const body = text.map((one) => one.replaceAll("\r", ""));
const file: fc.Arbitrary<EventFile> = fc
  .record({
    title: text,
    location: fc.option(text.filter((one) => one.trim() !== "")),
    attendees: onePerAddress,
    optional_attendees: onePerAddress,
    resources: onePerAddress,
    recurrence: fc.option(
      fc.constantFrom<readonly string[]>(
        [],
        ["RRULE:FREQ=WEEKLY;BYDAY=MO"],
        ["RRULE:FREQ=DAILY;COUNT=3", "EXDATE;TZID=Europe/Paris:20261123T090000"],
      ),
    ),
    body,
    times,
  })
  .map(({ times: { start, end }, ...rest }) => ({ ...rest, start, end }));

describe("an event as a file", () => {
  it("is read back as it was printed", () => {
    fc.assert(
      fc.property(file, (event) => {
        const parsed = parseEventFile(printEventFile(event, [{ name: "visibility", value: "default" }]), ["visibility"]);
        const { start, end, body: text, recurrence, ...rest } = event;
        expect(parsed.values).toEqual({ ...rest, ...(recurrence === null ? {} : { recurrence }) });
        expect(parsed.body ?? "").toBe(text);
        const resolved = resolveTimes(parsed, null, "UTC");
        expect([sameMoment(resolved.start, start), sameMoment(resolved.end, end)]).toEqual([true, true]);
      }),
    );
  });

  it("keeps what a file leaves out, and the wall time where only the zone changes", () => {
    const base: EventTimes = {
      start: toMoment("2026-11-23T09:00:00+01:00", "Europe/Paris"),
      end: toMoment("2026-11-23T10:00:00+01:00", "Europe/Paris"),
    };
    const resolve = (matter: string) => resolveTimes(parseEventFile(`---\n${matter}\n---\n`), base, "UTC");
    expect(resolve("title: x")).toEqual(base);
    expect(resolve('end: "2026-11-23T11:30"')).toEqual({
      ...base,
      end: { dateTime: "2026-11-23T11:30:00+01:00", timeZone: "Europe/Paris" },
    });
    expect(resolve("time_zone: America/New_York").start).toEqual({ dateTime: "2026-11-23T09:00:00-05:00", timeZone: "America/New_York" });
    expect(resolve('start: "2026-07-01T09:00:00"\nend: "2026-07-01T10:00:00"').start).toEqual({
      dateTime: "2026-07-01T09:00:00+02:00",
      timeZone: "Europe/Paris",
    });
    expect(resolve('start: "2026-11-23"\nend: "2026-11-24"')).toEqual({ start: { date: "2026-11-23" }, end: { date: "2026-11-24" } });
  });

  it.each([
    ['start: "2026-11-23T09:00"', /new event needs "end"/],
    ['start: "soon"\nend: "2026-11-23"', /Line 2, start: "soon" is neither a day/],
    ['start: "2026-02-30"\nend: "2026-03-01"', /Line 2, start:.*no date of the calendar/],
    ['start: "2026-03-29T02:30"\nend: "2026-03-29T04:00"\ntime_zone: Europe/Paris', /Clocks in Europe\/Paris skip/],
    ['start: "2026-11-23T09:00"\nend: "2026-11-23T08:00"', /Line 3, end: an event cannot end before/],
    ['start: "2026-11-23"\nend: "2026-11-23"', /the day after its last/],
    ['start: "2026-11-23"\nend: "2026-11-24T09:00"', /both be days/],
    ['start: "2026-11-23T09:00"\nend: "2026-11-23T10:00"\ntime_zone: Mars/Olympus', /no time zone/],
    ['start: "2026-11-23"\nend: "2026-11-24"\nattendees: [nobody]', /Line 4, attendees: "nobody" is no e-mail address/],
    ['start: "2026-11-23"\nend: "2026-11-24"\nrecurrence: ["RRULE:FREQ=SOMETIMES"]', /Line 4, recurrence/],
    ['start: "2026-11-23"\nend: "2026-11-24"\nrecurrence: [weekly]', /Line 4, recurrence/],
    ['start: "2026-11-23"\nend: "2026-11-24"\ncolour: red', /Line 4: "colour" is not a key/],
  ])("refuses %s", (matter, message) => {
    const act = () => resolveTimes(parseEventFile(`---\n${matter}\n---\n`), null, "Europe/Paris");
    expect(act).toThrow(expect.objectContaining({ code: "EINVAL", message: expect.stringMatching(message) }));
  });

  it("takes a bare rule for an RRULE", () => {
    expect(parseEventFile('---\nrecurrence: "FREQ=WEEKLY;BYDAY=MO"\n---\n').values.recurrence).toEqual(["RRULE:FREQ=WEEKLY;BYDAY=MO"]);
  });
});

describe("moments", () => {
  it("are read back as printed, also where clocks show a time twice", () => {
    fc.assert(
      fc.property(instant, zone, (ms, timeZone) => {
        const moment = toMoment(ms, timeZone);
        expect(parseMoment(printMoment(moment), timeZone)).toEqual(moment);
      }),
    );
    const second = toMoment("2026-10-25T01:30:00Z", "Europe/Paris");
    expect(printMoment(second)).toBe("2026-10-25T02:30:00+01:00");
    expect(parseMoment("2026-10-25T02:30", "Europe/Paris")).toEqual(toMoment("2026-10-25T00:30:00Z", "Europe/Paris"));
  });

  it("stand in the month of the mount's zone; a day stands in its own", () => {
    expect(monthOf(toMoment("2026-11-30T23:30:00Z", "UTC"), "Europe/Paris")).toBe("2026-12");
    expect(monthOf({ date: "2026-11-30" }, "Pacific/Kiritimati")).toBe("2026-11");
  });
});

describe("mailboxes", () => {
  it("are read back as printed", () => {
    fc.assert(
      fc.property(mailbox, (one) => {
        expect(parseMailbox(printMailbox(one))).toEqual(one);
      }),
    );
    expect(printMailbox({ name: "Smith, Ann", address: "a@b.example" })).toBe('"Smith, Ann" <a@b.example>');
  });

  it.each(["", "ann", "ann@", "<ann@x", "a b@c.example", "Ann <ann>", "a@b@c"])("refuses %j", (one) => {
    expect(() => parseMailbox(one)).toThrow(expect.objectContaining({ code: "EINVAL" }));
  });
});

describe("an event as iCalendar", () => {
  const plain: CalendarObject = {
    uid: "abc@byte.example",
    title: "Weekly; sync, 😀",
    start: toMoment("2026-10-19T09:00:00+02:00", "Europe/Paris"),
    end: toMoment("2026-10-19T10:00:00+02:00", "Europe/Paris"),
    created: "2026-10-01T08:00:00Z",
    modified: "2026-10-02T08:00:00.123Z",
    sequence: 2,
    description: "Line one\nLine; two, three\\",
    location: null,
    organizer: { name: 'Ann "A" Smith', address: "ann@byte.example" },
    attendees: [{ mailbox: { name: null, address: "bo@byte.example" }, role: "OPT-PARTICIPANT", kind: "INDIVIDUAL", status: "ACCEPTED" }],
    status: "CONFIRMED",
    busy: true,
    visibility: "PUBLIC",
    url: "https://calendar.example/e?x=1",
    recurrence: ["RRULE:FREQ=WEEKLY;COUNT=3", "EXDATE;TZID=Europe/Paris:20261102T090000"],
    recurrenceId: null,
  };

  /** What another program makes of it: the instants of the occurrences, by the zone rules in the file alone. */
  function occurrences(ics: string): string[] {
    ICAL.TimezoneService.reset();
    const calendar = ICAL.Component.fromString(ics);
    for (const zone of calendar.getAllSubcomponents("vtimezone")) ICAL.TimezoneService.register(new ICAL.Timezone(zone));
    const event = new ICAL.Event(calendar.getFirstSubcomponent("vevent") ?? new ICAL.Component("vevent"));
    const found: string[] = [];
    const iterator = event.iterator();
    for (let next = iterator.next(); next; next = iterator.next()) found.push(next.toJSDate().toISOString());
    return found;
  }

  it("carries zone rules, so that a series keeps its wall time when clocks change", () => {
    const ics = printCalendarFile([plain]);
    expect(ics.split("\r\n").every((line) => Buffer.byteLength(line) <= 76)).toBe(true);
    expect(occurrences(ics)).toEqual(["2026-10-19T07:00:00.000Z", "2026-10-26T08:00:00.000Z"]);
    const event = new ICAL.Event(ICAL.Component.fromString(ics).getFirstSubcomponent("vevent") ?? new ICAL.Component("vevent"));
    expect([event.summary, event.description, event.uid, event.sequence]).toEqual([plain.title, plain.description, plain.uid, 2]);
  });

  it("says the same instant to another program, in every zone", () => {
    fc.assert(
      fc.property(instant, zone, (ms, timeZone) => {
        const start = toMoment(ms, timeZone);
        const text = printMoment(start);
        // Of a time that clocks show twice iCalendar means the first (RFC 5545 §3.3.5).
        fc.pre(!isAllDay(start) && sameMoment(parseMoment(text.slice(0, 19), timeZone), start));
        const ics = printCalendarFile([{ ...plain, start, end: start, recurrence: [] }]);
        expect(occurrences(ics)).toEqual([new Date(ms).toISOString()]);
      }),
      { numRuns: 15 },
    );
  });

  it("prints days as days, and an exception with the time it replaces", () => {
    const day: EventMoment = { date: "2026-11-23" };
    const ics = printCalendarFile([{ ...plain, start: day, end: { date: "2026-11-24" }, recurrenceId: day, recurrence: [] }]);
    expect(ics).toContain("DTSTART;VALUE=DATE:20261123\r\n");
    expect(ics).toContain("RECURRENCE-ID;VALUE=DATE:20261123\r\n");
    expect(ics).not.toContain("VTIMEZONE");
    expect(momentMs(day)).toBe(Date.UTC(2026, 10, 23));
  });
});
