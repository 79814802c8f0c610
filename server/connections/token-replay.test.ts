import { describe, expect, it } from "vitest";
import { type ErrorDetails, HubError } from "@/server/errors";
import { lostWords, provesNothingDone, replayOf } from "./token-replay";

const minute = 60_000;

describe("a refresh token whose last use has no known outcome", () => {
  it.each([
    ["always", { intentMs: 900 * minute, isHeld: false }, "send"],
    [{ graceMs: 30 * minute }, { intentMs: 29 * minute, isHeld: true }, "send"],
    [{ graceMs: 30 * minute }, { intentMs: 30 * minute, isHeld: false }, "lost"],
    ["never", { intentMs: 1, isHeld: false }, "lost"],
    // Its holder's lease has run out, but it may be slow or paused, with the answer in its hands.
    ["never", { intentMs: 89_999, isHeld: true }, "wait"],
    ["never", { intentMs: 90_000, isHeld: true }, "lost"],
  ] as const)("under %j, after %j: %s", (rule, row, expected) => {
    expect(replayOf(rule, row, 90_000)).toBe(expected);
  });

  it("is no matter where nothing is open", () => {
    for (const rule of ["always", "never", { graceMs: 1 }] as const)
      expect(replayOf(rule, { intentMs: null, isHeld: false }, 0)).toBe("send");
  });
});

describe("a failed refresh", () => {
  const failure = (details: ErrorDetails) => new HubError("EIO", "It failed.", { details });

  it.each([
    ["that never left", { outcome: "not_done" }, true],
    ["refused as 400", { vendorStatus: 400 }, true],
    ["refused as 401", { vendorStatus: 401, outcome: "unknown" }, true],
    ["refused by limit", { vendorStatus: 429 }, true],
    ["put off with 503", { vendorStatus: 503, outcome: "unknown" }, true],
    ["redirected", { vendorStatus: 302, outcome: "not_done" }, true],
    ["that broke with 500", { vendorStatus: 500 }, false],
    ["lost behind a gateway, 502", { vendorStatus: 502 }, false],
    ["lost behind a gateway, 504", { vendorStatus: 504 }, false],
    ["answered with 200 and nonsense", { vendorStatus: 200, outcome: "unknown" }, false],
    ["whose answer did not come", { outcome: "unknown" }, false],
    ["of which nothing is known", {}, false],
  ] as const)("%s: proven that nothing was done? %j → %s", (_, details, expected) => {
    expect(provesNothingDone(failure(details))).toBe(expected);
  });

  it("that is no error of ours proves nothing", () => {
    expect(provesNothingDone(new TypeError("undefined is not a function"))).toBe(false);
  });
});

describe("the words for a lost renewal", () => {
  it("say why it is not asked again, and what to do", () => {
    expect(lostWords("Linear", { graceMs: 1_800_000 })).toBe(
      "The answer of Linear to a renewal was lost, and the 30 minutes in which Linear lets the hub ask again are over. Connect Linear again.",
    );
    expect(lostWords("Acme", "never")).toBe(
      "The answer of Acme to a renewal was lost, and Acme lets the hub ask only once. Connect Acme again.",
    );
  });
});
