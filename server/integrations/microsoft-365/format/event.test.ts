import fc from "fast-check";
import { IANAZone } from "luxon";
import { describe, expect, it } from "vitest";
import { HubError } from "@/server/errors";
import { resolveTimes, sameMoment } from "../../events";
import { type EventMoment, toMoment } from "../../moments";
import { event, type Recurrence } from "../schema/calendar";
import { type EventExtras, momentOf, monthsOf, parseOutlookEvent, printIcs, printOutlookEvent, sensitivities, showAsWords } from "./event";
import { parseRecurrence, printRecurrence } from "./recurrence";
import { ianaZone, windowsZoneNames } from "./time-zones";

const text = fc.string({ unit: "binary" });
const filled = fc.string({ unit: "binary", minLength: 1 });
const zone = fc.constantFrom("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Apia");
const minute = fc.integer({ min: 0, max: 60_000_000 }).map((count) => Date.UTC(2020, 0, 1) + count * 60_000);
const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

const times: fc.Arbitrary<{ start: EventMoment; end: EventMoment }> = fc.oneof(
  fc.tuple(minute, fc.integer({ min: 0, max: 10_000 }), zone).map(([start, minutes, timeZone]) => ({
    start: toMoment(start, timeZone),
    end: toMoment(start + minutes * 60_000, timeZone),
  })),
  fc
    .tuple(minute, fc.integer({ min: 1, max: 30 }))
    .map(([start, days]) => ({ start: { date: dayOf(start) }, end: { date: dayOf(start + days * 86_400_000) } })),
);

const extras: fc.Arbitrary<EventExtras> = fc.record({
  show_as: fc.constantFrom(...showAsWords),
  sensitivity: fc.constantFrom(...sensitivities),
  categories: fc.uniqueArray(
    text.map((one) => one.trim()).filter((one) => one !== ""),
    { maxLength: 3 },
  ),
  online_meeting: fc.boolean(),
  organizer: fc.option(filled),
  response: fc.option(filled),
  join_url: fc.option(filled),
  ical_uid: fc.option(filled),
  created_at: fc.option(filled),
  id: filled,
});

describe("an event's file", () => {
  it("is parsed back to exactly what was printed", () => {
    const location = fc.option(text.filter((one) => one.trim() !== ""));
    fc.assert(
      fc.property(times, extras, text, location, fc.string({ unit: "binary", maxLength: 1_000 }), (when, own, title, place, body) => {
        const file = { title, ...when, location: place, attendees: [], optional_attendees: [], resources: [], recurrence: [], body };
        const parsed = parseOutlookEvent(printOutlookEvent(file, own));
        expect(parsed.values).toMatchObject({ title, location: place });
        const { show_as, sensitivity, categories, online_meeting } = own;
        expect(parsed.extras).toEqual({ show_as, sensitivity, categories, online_meeting });
        expect(parsed.body ?? "").toBe(body);
        const resolved = resolveTimes(parsed, null, "UTC");
        expect([sameMoment(resolved.start, when.start), sameMoment(resolved.end, when.end)]).toEqual([true, true]);
      }),
    );
  });

  it("is of the day that Outlook means, whichever way it shows a whole day", () => {
    const shown = (dateTime: string, original: string) => momentOf({ dateTime, timeZone: "UTC" }, original, true);
    expect(shown("2026-11-23T00:00:00.0000000", "W. Europe Standard Time")).toEqual({ date: "2026-11-23" });
    expect(shown("2026-11-22T23:00:00.0000000", "W. Europe Standard Time")).toEqual({ date: "2026-11-23" });
    expect(shown("2026-11-23T05:00:00.0000000", "Eastern Standard Time")).toEqual({ date: "2026-11-23" });
  });

  it("stands in the months that it takes place in, its exclusive end aside", () => {
    const row = (start: string, end: string, isAllDay: boolean) =>
      event.parse({ id: "1", start: { dateTime: start, timeZone: "UTC" }, end: { dateTime: end, timeZone: "UTC" }, isAllDay });
    expect(monthsOf(row("2026-11-30T00:00:00", "2026-12-01T00:00:00", true), "America/New_York")).toEqual({
      first: "2026-11",
      last: "2026-11",
    });
    expect(monthsOf(row("2026-11-30T22:00:00", "2026-12-01T00:00:00", false), "UTC")).toEqual({ first: "2026-11", last: "2026-11" });
    expect(monthsOf(row("2026-11-30T22:00:00", "2026-12-01T00:00:00", false), "Europe/Berlin")).toEqual({
      first: "2026-11",
      last: "2026-12",
    });
    expect(monthsOf(row("2026-12-01T00:00:00", "2026-12-01T00:00:00", false), "UTC")).toEqual({ first: "2026-12", last: "2026-12" });
  });

  it("is an iCalendar file that says which occurrence it is", () => {
    const exception = event.parse({
      id: "1",
      iCalUId: "uid-1",
      type: "exception",
      subject: "Weekly; sync, ünïcode 👩🏽‍🚀",
      start: { dateTime: "2026-11-24T09:00:00.0000000", timeZone: "UTC" },
      end: { dateTime: "2026-11-24T10:00:00.0000000", timeZone: "UTC" },
      originalStart: "2026-11-23T09:00:00Z",
      originalStartTimeZone: "W. Europe Standard Time",
      attendees: [{ type: "optional", emailAddress: { name: "Ben", address: "ben@acme.example" }, status: { response: "accepted" } }],
    });
    const printed = printIcs(exception).replaceAll("\r\n ", "");
    expect(printed).toContain("DTSTART;TZID=Europe/Berlin:20261124T100000");
    expect(printed).toContain("RECURRENCE-ID;TZID=Europe/Berlin:20261123T100000");
    expect(printed).toContain("SUMMARY:Weekly\\; sync\\, ünïcode 👩🏽‍🚀");
    expect(printed).toMatch(/ATTENDEE;.*ROLE=OPT-PARTICIPANT;PARTSTAT=ACCEPTED:mailto:ben@acme\.example/);
  });
});

const weekdays = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] as const;
const interval = fc.integer({ min: 1, max: 12 });
const someDays = fc.subarray([...weekdays], { minLength: 1 });
const index = fc.constantFrom("first", "second", "third", "fourth", "last");
const month = fc.integer({ min: 1, max: 12 });
const dayOfMonth = fc.integer({ min: 1, max: 28 });

const pattern: fc.Arbitrary<Recurrence["pattern"]> = fc.oneof(
  fc.record({ type: fc.constant("daily" as const), interval }),
  fc.record({ type: fc.constant("weekly" as const), interval, daysOfWeek: someDays, firstDayOfWeek: fc.constantFrom(...weekdays) }),
  fc.record({ type: fc.constant("absoluteMonthly" as const), interval, dayOfMonth }),
  fc.record({ type: fc.constant("relativeMonthly" as const), interval, daysOfWeek: someDays, index }),
  fc.record({ type: fc.constant("absoluteYearly" as const), interval, dayOfMonth, month }),
  fc.record({ type: fc.constant("relativeYearly" as const), interval, daysOfWeek: someDays, index, month }),
);

const startDate = "2026-11-23";
const range = (timeZone: string | null): fc.Arbitrary<Recurrence["range"]> => {
  const own = { startDate: fc.constant(startDate), ...(timeZone === null ? {} : { recurrenceTimeZone: fc.constant(timeZone) }) };
  return fc.oneof(
    fc.record({ ...own, type: fc.constant("noEnd" as const) }),
    fc.record({ ...own, type: fc.constant("numbered" as const), numberOfOccurrences: fc.integer({ min: 1, max: 500 }) }),
    fc.record({ ...own, type: fc.constant("endDate" as const), endDate: minute.map(dayOf).filter((day) => day > startDate) }),
  );
};

describe("a recurrence", () => {
  it("is the same pattern after it was a rule, for times and for whole days", () => {
    for (const timeZone of ["Europe/Berlin", "America/New_York", "Pacific/Apia", null]) {
      fc.assert(
        fc.property(pattern, range(timeZone), (each, until) => {
          const start = { date: startDate, timeZone };
          const lines = printRecurrence({ pattern: each, range: until }, start);
          expect(lines).toHaveLength(1);
          expect(parseRecurrence(lines, start)).toEqual({ pattern: each, range: until });
        }),
        { numRuns: 60 },
      );
    }
  });

  it("is refused, in words, where Outlook has none like it", () => {
    const start = { date: startDate, timeZone: "UTC" };
    for (const line of [
      "RRULE:FREQ=SECONDLY",
      "RRULE:FREQ=MONTHLY;BYMONTHDAY=1,15",
      "RRULE:FREQ=MONTHLY;BYMONTHDAY=-1",
      "RRULE:FREQ=MONTHLY;BYDAY=MO",
      "RRULE:FREQ=MONTHLY;BYDAY=5MO",
      "RRULE:FREQ=YEARLY;BYWEEKNO=3",
      "EXDATE:20261124T090000Z",
    ]) {
      expect(() => parseRecurrence([line], start), line).toThrow(HubError);
    }
    expect(() => parseRecurrence(["RRULE:FREQ=DAILY", "RRULE:FREQ=WEEKLY"], start)).toThrow(/one RRULE/);
    expect(parseRecurrence([], start)).toBeNull();
    expect(parseRecurrence(["RRULE:FREQ=WEEKLY"], start)?.pattern).toMatchObject({ type: "weekly", daysOfWeek: ["monday"] });
  });
});

describe("a time zone of Windows", () => {
  it("is one of IANA's, whichever it is; what is neither is UTC", () => {
    for (const [name, iana] of Object.entries(windowsZoneNames)) expect(IANAZone.isValidZone(iana), name).toBe(true);
    expect(ianaZone("W. Europe Standard Time")).toBe("Europe/Berlin");
    expect(ianaZone("Asia/Tokyo")).toBe("Asia/Tokyo");
    expect([ianaZone("tzone://Microsoft/Custom"), ianaZone(null), ianaZone("UTC")]).toEqual(["UTC", "UTC", "UTC"]);
  });
});
