import { expect, test } from "vitest";
import { formatAbsolute, formatBytes, formatDuration, formatRelative } from "./format-time";

const now = Date.UTC(2026, 10, 23, 12, 0, 0);
const at = (offsetMs: number) => new Date(now + offsetMs).toISOString();
const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

test.each([
  [0, "just now"],
  [-44_000, "just now"],
  [20_000, "just now"],
  [-50_000, "1 min ago"],
  [-59 * minute, "59 min ago"],
  [-90 * minute, "1 h ago"],
  [-day, "1 d ago"],
  [-6.9 * day, "6 d ago"],
  [-8 * day, "15 Nov 2026"],
  [42 * minute, "in 42 min"],
  [7 * day - 1_000, "in 7 d"],
  [8 * day, "1 Dec 2026"],
])("a distance of %d ms reads %j", (offsetMs, words) => {
  expect(formatRelative(at(offsetMs), now)).toBe(words);
});

test("an exact time is UTC, whatever the machine's zone", () => {
  expect(formatAbsolute("2026-11-23T02:41:10.512Z")).toBe("23 Nov 2026, 02:41:10 UTC");
  expect(formatAbsolute("2026-11-23T23:59:59-05:00")).toBe("24 Nov 2026, 04:59:59 UTC");
});

test.each([
  [0, "0 ms"],
  [839.6, "840 ms"],
  [2_400, "2.4 s"],
  [42_000, "42 s"],
  [65_000, "1 min 5 s"],
])("%d ms reads %j", (ms, words) => {
  expect(formatDuration(ms)).toBe(words);
});

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [1_000, "1.0 kB"],
  [999_999, "1.0 MB"],
  [1_340_000, "1.3 MB"],
  [52_000_000_000, "52 GB"],
])("%d bytes read %j", (bytes, words) => {
  expect(formatBytes(bytes)).toBe(words);
});
