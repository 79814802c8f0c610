import { describe, expect, it } from "vitest";
import type { ConnectionBudget, ConnectionFailure, ConnectionStatus } from "@/server/integrations/catalogue";
import { describeHealth, type HealthFacts, spanWords, type TokenFacts, tokenWords } from "./health";

const now = new Date("2026-11-23T12:00:00.000Z");
const inMs = (ms: number) => new Date(now.getTime() + ms);
const minutes = (count: number) => inMs(count * 60_000);

const connected: ConnectionStatus = { state: "connected", since: now.toISOString(), reason: "Connected as Ann.", actionUrl: null };
const token = (over: Partial<TokenFacts> = {}): TokenFacts => ({
  expiresAt: minutes(42),
  refreshedAt: minutes(-18),
  renews: true,
  terminal: false,
  failures: 0,
  pauseMs: 0,
  refreshExpiresAt: null,
  ...over,
});
const budget = (over: Partial<ConnectionBudget> = {}): ConnectionBudget => ({
  group: "default",
  left: 38.7,
  capacity: 50,
  windowSeconds: 60,
  blockedUntil: null,
  ...over,
});
const failure = (over: Partial<ConnectionFailure> = {}): ConnectionFailure => ({
  call: "cal_1",
  at: minutes(-3).toISOString(),
  operation: "issueUpdate",
  code: "EIO",
  status: 502,
  vendorRequestId: "req-1",
  path: "/context/tools/slack/x",
  what: "Slack failed (502).",
  advice: null,
  isOver: false,
  ...over,
});
const facts = (over: Partial<HealthFacts> = {}): HealthFacts => ({
  tool: "Slack",
  now,
  status: connected,
  token: token(),
  scopes: ["read"],
  missing: [],
  lastSync: null,
  budgets: [],
  lastFailure: null,
  ...over,
});
const words = (over: Partial<HealthFacts> = {}) => describeHealth(facts(over)).sentences.join(" ");

describe("health in words", () => {
  it("says how it stands, how its token lasts, what was synced and what the tool still allows", () => {
    expect(words({ lastSync: minutes(-2), budgets: [budget()] })).toBe(
      "Connected as Ann. Token renews itself in 42 min. Last renewed 18 min ago. Last sync 2 min ago. Slack allows 38 more calls this minute.",
    );
  });

  it.each<[string, Partial<TokenFacts>, string]>([
    ["renews itself", {}, "Token renews itself in 42 min."],
    ["renews itself when it is used next", { expiresAt: minutes(-1) }, "Token renews itself with the next call."],
    ["ends", { renews: false }, "Token ends in 42 min; then somebody signs in again."],
    ["has ended", { renews: false, expiresAt: now }, "Token has ended; somebody has to sign in again."],
    ["lasts for an unknown time", { expiresAt: null }, "Slack does not say how long the token works; it is renewed when Slack refuses it."],
    [
      "lasts for an unknown time and cannot be renewed",
      { expiresAt: null, renews: false },
      "Slack does not say how long the token works; when it ends, somebody signs in again.",
    ],
    [
      "is not renewed at the moment",
      { failures: 3, pauseMs: 20_000 },
      "Slack did not renew the token the last 3 times; the hub tries again in 20 s. The token works for another 42 min.",
    ],
    [
      "was not renewed in time",
      { failures: 1, expiresAt: minutes(-1) },
      "Slack did not renew the token the last time; the hub tries again with the next call.",
    ],
  ])("of a token that %s", (_, over, expected) => {
    expect(tokenWords("Slack", token(over), now)).toBe(expected);
    expect(words({ token: token(over) })).toContain(expected);
  });

  it("leave the token to the status where only a person can mend it", () => {
    expect(tokenWords("Slack", token({ terminal: true }), now)).toBeNull();
    expect(tokenWords("Slack", null, now)).toBeNull();
    const status: ConnectionStatus = {
      state: "reauth_required",
      since: now.toISOString(),
      reason: "It ended. It still works until 14:05 CET.",
      actionUrl: "/x",
    };
    expect(words({ status, token: token({ terminal: true, refreshedAt: null }) })).toBe("It ended. It still works until 14:05 CET.");
  });

  it("say when an authorization would lapse, and that the hub sees to it", () => {
    expect(words({ token: token({ refreshExpiresAt: inMs(29 * 86_400_000) }) })).toContain(
      "The authorization would lapse in 29 d; the hub renews it before that.",
    );
  });

  it.each<[string, Partial<ConnectionBudget>, string | null]>([
    ["an hour", { left: 1480, capacity: 1500, windowSeconds: 3600 }, "Slack allows 1,480 more calls this hour."],
    ["a day", { windowSeconds: 86_400 }, "Slack allows 38 more calls today."],
    ["ten minutes", { windowSeconds: 600 }, "Slack allows 38 more calls in 10 min."],
    ["nothing left", { left: -2 }, "Slack allows 0 more calls this minute."],
    ["a block", { blockedUntil: inMs(12_000).toISOString() }, "Slack lets no calls through for another 12 s."],
    ["a block that is over", { blockedUntil: now.toISOString() }, "Slack allows 38 more calls this minute."],
    ["another group with plenty left", { group: "search", left: 20 }, null],
    ["another group that runs low", { group: "search", left: 4 }, "Of search, Slack allows 4 of 50 this minute."],
    ["one key of a group", { group: "post|C7", left: 0, capacity: 1 }, "Of post C7, Slack allows 0 of 1 this minute."],
    [
      "a block of another group",
      { group: "search", blockedUntil: inMs(5000).toISOString() },
      "Slack lets no calls of search through for another 5 s.",
    ],
  ])("of a limit of %s", (_, over, expected) => {
    const sentences = describeHealth(facts({ budgets: [budget(over)] })).sentences;
    if (expected === null) expect(sentences.join(" ")).not.toContain("allows");
    else expect(sentences).toContain(expected);
  });

  it("tell of a failure that is news, and whether it is over", () => {
    expect(words({ lastFailure: failure() })).toContain("The last call failed 3 min ago.");
    expect(words({ lastFailure: failure({ isOver: true }) })).toContain("A call failed 3 min ago; calls after it succeeded.");
    const old = failure({ at: minutes(-60 * 25).toISOString() });
    expect(words({ lastFailure: old })).not.toContain("failed");
    expect(describeHealth(facts({ lastFailure: old })).lastFailure).toEqual(old);
  });

  it("are whole sentences, whatever the facts", () => {
    const each = <T>(...values: T[]) => values;
    for (const one of each(
      null,
      token(),
      token({ expiresAt: null }),
      token({ failures: 2, pauseMs: 1 }),
      token({ renews: false }),
      token({ terminal: true }),
    ))
      for (const lastSync of each(null, minutes(-2)))
        for (const budgets of each<ConnectionBudget[]>([], [budget(), budget({ group: "a|b", left: 0 })]))
          for (const lastFailure of each(null, failure())) {
            for (const sentence of describeHealth(facts({ token: one, lastSync, budgets, lastFailure })).sentences) {
              expect(sentence).toMatch(/^[A-Z].*\.$/);
              expect(sentence).not.toMatch(/undefined|null|NaN|Infinity|-\d/);
            }
          }
  });
});

describe("health as data", () => {
  it("has the same facts for programs", () => {
    const missing = [
      { capability: "write:issues", scopes: ["write"] },
      { capability: "write:comments", scopes: ["write", "comment"] },
    ];
    expect(describeHealth(facts({ missing, token: token({ failures: 2, refreshExpiresAt: minutes(9) }) }))).toMatchObject({
      token: {
        expiresAt: minutes(42).toISOString(),
        renews: true,
        renewedAt: minutes(-18).toISOString(),
        renewsAt: minutes(40).toISOString(),
        failedRenewals: 2,
        lapsesAt: minutes(9).toISOString(),
      },
      scopes: {
        granted: ["read"],
        missing: [
          { scope: "write", capabilities: ["write:issues", "write:comments"] },
          { scope: "comment", capabilities: ["write:comments"] },
        ],
      },
    });
    for (const one of [token({ terminal: true }), token({ expiresAt: null }), token({ renews: false })])
      expect(describeHealth(facts({ token: one })).token?.renewsAt).toBeNull();
  });
});

describe("a span in words", () => {
  it.each([
    [0, "1 s"],
    [1500, "2 s"],
    [119_000, "119 s"],
    [120_000, "2 min"],
    [7_199_000, "120 min"],
    [7_200_000, "2 h"],
    [172_800_000, "2 d"],
  ])("%d ms is %s", (ms, expected) => {
    expect(spanWords(ms)).toBe(expected);
  });
});
