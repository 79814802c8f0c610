import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { backoffMs, longestWaitMs, maxDelayMs, parseRetryAfter } from "./backoff";

const now = Date.UTC(2026, 10, 23, 3, 0, 0);

describe("Retry-After", () => {
  it("is read in seconds and in each date form of RFC 9110", () => {
    expect(parseRetryAfter("120", now)).toBe(120_000);
    expect(parseRetryAfter(" 0 ", now)).toBe(0);
    expect(parseRetryAfter("Mon, 23 Nov 2026 03:00:30 GMT", now)).toBe(30_000);
    expect(parseRetryAfter("Monday, 23-Nov-26 03:00:30 GMT", now)).toBe(30_000);
    expect(parseRetryAfter("Mon Nov 23 03:00:30 2026", now)).toBe(30_000);
  });

  it("in the past is no wait, and further off than a day is a day", () => {
    expect(parseRetryAfter("Mon, 23 Nov 2026 02:00:00 GMT", now)).toBe(0);
    expect(parseRetryAfter("Thu, 01 Jan 1970 00:00:00 GMT", now)).toBe(0);
    expect(parseRetryAfter("999999999", now)).toBe(longestWaitMs);
    expect(parseRetryAfter("Fri, 31 Dec 9999 23:59:59 GMT", now)).toBe(longestWaitMs);
  });

  it("that is neither is not guessed at", () => {
    for (const value of [null, "", "soon", "-5", "2026-11-23", "1e9", "Monday", "99999999999999999999", "NaN", "Infinity", "10 s", "1,5"])
      expect(parseRetryAfter(value, now)).toBeNull();
  });

  it("never throws and never gives a negative wait", () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        const waitMs = parseRetryAfter(value, now);
        expect(waitMs === null || waitMs >= 0).toBe(true);
      }),
    );
  });
});

describe("backoff", () => {
  it("is below base × 2^failures and never above the cap, whatever the jitter", () => {
    fc.assert(
      fc.property(fc.nat(60), fc.double({ min: 0, max: 0.999999, noNaN: true }), (failures, jitter) => {
        const waitMs = backoffMs(failures, () => jitter);
        expect(waitMs).toBeGreaterThanOrEqual(0);
        expect(waitMs).toBeLessThanOrEqual(Math.min(maxDelayMs, 250 * 2 ** failures));
      }),
    );
  });
});
