import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addDays, addMonths, dayAt, dayPeriod, isDay, isMonth, monthAt, monthPeriod, pageDays, pageMonths } from "./days";

const zones = [
  "UTC",
  "Europe/Paris",
  "America/New_York",
  "Asia/Beirut",
  "Pacific/Apia",
  "Australia/Lord_Howe",
  "Asia/Kathmandu",
  "America/Sao_Paulo",
];
const instant = fc.integer({ min: Date.UTC(2004, 0, 1), max: Date.UTC(2040, 0, 1) });

describe("days and months", () => {
  it("puts every instant into exactly one day and one month", () => {
    fc.assert(
      fc.property(instant, fc.constantFrom(...zones), (ms, zone) => {
        for (const [name, period] of [
          [dayAt(ms, zone), dayPeriod(dayAt(ms, zone), zone)],
          [monthAt(ms, zone), monthPeriod(monthAt(ms, zone), zone)],
        ] as const) {
          expect(period.name).toBe(name);
          expect(period.startMs).toBeLessThanOrEqual(ms);
          expect(period.endMs).toBeGreaterThan(ms);
        }
      }),
    );
  });

  it("ends a day where the next begins", () => {
    fc.assert(
      fc.property(instant, fc.constantFrom(...zones), (ms, zone) => {
        const day = dayAt(ms, zone);
        expect(dayPeriod(addDays(day, 1), zone).startMs).toBe(dayPeriod(day, zone).endMs);
      }),
    );
  });

  it("knows days of 23, 24 and 25 hours, skipped midnights and a skipped day", () => {
    const hours = (day: string, zone: string) => (dayPeriod(day, zone).endMs - dayPeriod(day, zone).startMs) / 3_600_000;
    expect(hours("2026-03-29", "Europe/Paris")).toBe(23);
    expect(hours("2026-10-25", "Europe/Paris")).toBe(25);
    expect(hours("2026-11-23", "Europe/Paris")).toBe(24);
    expect(hours("2026-04-05", "Australia/Lord_Howe")).toBe(24.5);
    expect(new Date(dayPeriod("2026-03-29", "Asia/Beirut").startMs).toISOString()).toBe("2026-03-28T22:00:00.000Z");
    expect(hours("2026-03-29", "Asia/Beirut")).toBe(23);
    expect(hours("2011-12-30", "Pacific/Apia")).toBe(0);
    expect(hours("2011-12-29", "Pacific/Apia")).toBe(24);
  });

  it("knows a name from a date that does not exist", () => {
    expect([isDay("2026-02-28"), isDay("2026-02-29"), isDay("2026-2-3"), isDay("today"), isDay("2026-11")]).toEqual([
      true,
      false,
      false,
      false,
      false,
    ]);
    expect([isMonth("2026-02"), isMonth("2026-13"), isMonth("2026-02-01")]).toEqual([true, false, false]);
    expect(() => dayPeriod("2026-02-30", "UTC")).toThrow(expect.objectContaining({ code: "ENOENT" }));
    expect(() => dayAt(0, "Mars/Olympus")).toThrow(expect.objectContaining({ code: "EINVAL" }));
  });

  it("counts months over the ends of years", () => {
    expect(addMonths("2026-11", 24)).toBe("2028-11");
    expect(addMonths("2026-01", -1)).toBe("2025-12");
  });

  it("pages a range newest first, each name once, whatever the page's size", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 1, max: 50 }), (span, limit) => {
        const first = addDays("2026-11-23", -span);
        const names: string[] = [];
        let cursor: string | null = null;
        do {
          const page = pageDays({ first, last: "2026-11-23", cursor, limit });
          expect(page.names.length).toBeLessThanOrEqual(limit);
          names.push(...page.names);
          cursor = page.nextCursor;
        } while (cursor !== null);
        expect(names).toHaveLength(span + 1);
        expect(names).toEqual([...new Set(names)].sort().reverse());
      }),
      { numRuns: 25 },
    );
  });

  it("gives an empty page where the first is after the last, and refuses a foreign cursor", () => {
    expect(pageMonths({ first: "2026-12", last: "2026-11", cursor: null, limit: 5 })).toEqual({ names: [], nextCursor: null });
    expect(pageMonths({ first: "2026-10", last: "2026-11", cursor: null, limit: 5 }).names).toEqual(["2026-11", "2026-10"]);
    for (const cursor of ["x", "2027-01", "2026-11-01"]) {
      expect(() => pageMonths({ first: "2026-01", last: "2026-11", cursor, limit: 5 })).toThrow(
        expect.objectContaining({ code: "ESTALE" }),
      );
    }
  });
});
