import { describe, expect, it } from "vitest";
import { HubError } from "@/server/errors";
import type { RateGroup } from "@/server/integrations/contract";
import { type BudgetAnswer, type BudgetAsk, type BudgetStore, budgeting, type Charge } from "./budget";
import { toToolResponse } from "./response";
import type { CallContext, CallProgress, LimitReport, Send, ToolRequest } from "./send";
import { testContext, VirtualClock } from "./testing";

const groups: readonly RateGroup[] = [
  { group: "requests", capacity: 10, refillPerSecond: 1 },
  { group: "points", capacity: 100, refillPerSecond: 1 },
  { group: "endpoint", capacity: 5, windowMs: 60_000 },
];
const ok = toToolResponse({ status: 200, headers: new Headers() }, new Uint8Array());

function progressOf(startedAtMs: number): CallProgress {
  return {
    callId: "call",
    startedAtMs,
    attempts: 0,
    waitMs: 0,
    idleSinceMs: startedAtMs,
    tokenVersion: 3,
    tokenRenewed: false,
    answer: null,
  };
}

const request: ToolRequest = {
  method: "POST",
  url: "https://tool.test/",
  repeatability: "safe",
  operation: "op",
  authorization: "connection",
  pays: [{ group: "requests" }, { group: "points", cost: 7 }],
};

/** The layer over a store that answers as told and notes what it is asked, and a vendor that reports `limits`. */
function setUp(options: { answers?: BudgetAnswer[]; limits?: readonly LimitReport[]; error?: Error; send?: Send } = {}) {
  const clock = new VirtualClock();
  const asks: BudgetAsk[] = [];
  const blocked: { buckets: string[]; forMs: number }[] = [];
  const learnt: { bucket: string; report: LimitReport }[] = [];
  const answers = options.answers ?? [];
  const store: BudgetStore = {
    async take(ask) {
      asks.push(ask);
      return answers.shift() ?? { outcome: "granted" };
    },
    async block(_ask, charges: readonly Charge[], forMs) {
      blocked.push({ buckets: charges.map(({ bucket }) => bucket), forMs });
    },
    learn: (_ask, { bucket }, report) => learnt.push({ bucket, report }),
  };
  const vendor: Send = async (_request, { progress }) => {
    if (progress !== undefined) progress.answer = { status: 200, responseBytes: 0, requestId: null, limits: options.limits ?? [] };
    if (options.error !== undefined) throw options.error;
    return ok;
  };
  const layer = budgeting({ groups, store, clock })(options.send ?? vendor);
  const call = (over: Partial<ToolRequest> = {}, context: Partial<CallContext> = {}) =>
    clock.run(layer({ ...request, ...over }, testContext({ progress: progressOf(clock.now()), ...context })));
  return { call, asks, blocked, learnt };
}

const refusal = new HubError("EAGAIN", "The limit is reached.", { retryAfterMs: 4000 });

describe("the rate budget's layer", () => {
  it("asks for all that a call pays, in one ask, saying how long the caller still waits and has waited", async () => {
    const { call, asks } = setUp({ answers: [{ outcome: "wait", waitMs: 3000 }] });
    await call({}, { maxWaitMs: 8000 });
    expect(asks.map(({ waitedMs, patienceMs }) => [waitedMs, patienceMs])).toEqual([
      [0, 8000],
      [3000, 5000],
    ]);
    expect(asks[0]?.charges.map(({ bucket, cost }) => [bucket, cost])).toEqual([
      ["requests", 1],
      ["points", 7],
    ]);
  });

  it("never waits past the bound, whatever the store says", async () => {
    const forever = Array.from({ length: 100 }, () => ({ outcome: "wait" as const, waitMs: 300 }));
    const { call, asks } = setUp({ answers: forever });
    await expect(call({}, { maxWaitMs: 1000 })).rejects.toMatchObject({
      code: "EAGAIN",
      retryAfterMs: 300,
      details: { outcome: "not_done" },
    });
    expect(asks.map(({ waitedMs }) => waitedMs)).toEqual([0, 300, 600, 900]);
    const none = setUp({ answers: [{ outcome: "wait", waitMs: 1 }] });
    await expect(none.call({}, { maxWaitMs: 0 })).rejects.toMatchObject({ code: "EAGAIN" });
    expect(none.asks.length).toBe(1);
  });

  it("keys a bucket by the vendor's text, which may be anything", async () => {
    const { call, asks } = setUp();
    await call({ pays: [{ group: "endpoint", key: `a\0b${"x".repeat(500)}\ud800` }] });
    expect(asks[0]?.charges[0]?.bucket).toBe(`endpoint|ab${"x".repeat(197)}`);
  });

  it("gives slots back when the call ends, however it ends", async () => {
    for (const error of [undefined, new Error("broken"), refusal]) {
      let released = 0;
      const release = () => {
        released += 1;
      };
      const { call } = setUp({ answers: [{ outcome: "granted", release }], error });
      await call().catch(() => null);
      expect(released).toBe(1);
    }
  });

  it("closes, after a refusal, the buckets that the vendor calls empty, and all that the call paid where it names none", async () => {
    const named = setUp({
      error: refusal,
      limits: [
        { group: "points", remaining: 0 },
        { group: "requests", remaining: 5 },
      ],
    });
    await expect(named.call()).rejects.toBe(refusal);
    expect(named.blocked).toEqual([{ buckets: ["points"], forMs: 4000 }]);

    const endpoint = setUp({ error: refusal, limits: [{ group: "endpoint", key: "op", remaining: 0 }] });
    await expect(endpoint.call()).rejects.toBe(refusal);
    expect(endpoint.blocked).toEqual([{ buckets: ["endpoint|op"], forMs: 4000 }]);

    const silent = setUp({ error: refusal, limits: [{ group: "undeclared", remaining: 0 }] });
    await expect(silent.call()).rejects.toBe(refusal);
    expect(silent.blocked).toEqual([{ buckets: ["requests", "points"], forMs: 4000 }]);
  });

  it("closes nothing for a refusal of the hub's own, which no vendor made", async () => {
    const { call, blocked } = setUp({
      send: async () => {
        throw refusal;
      },
    });
    const stale = { status: 429, responseBytes: 0, requestId: null, limits: [{ group: "points", remaining: 0 }] };
    await expect(call({}, { progress: { ...progressOf(0), answer: stale } })).rejects.toBe(refusal);
    expect(blocked).toEqual([]);
  });

  it("passes on what the vendor says of each limit, also after a failure, and with the true cost", async () => {
    const limits = [
      { group: "points", cost: 3 },
      { group: "endpoint", key: "op", remaining: 2 },
    ];
    for (const error of [undefined, new Error("broken")]) {
      const { call, learnt } = setUp({ limits, error });
      await call().catch(() => null);
      expect(learnt.map(({ bucket }) => bucket)).toEqual(["points", "endpoint|op"]);
      expect(learnt[0]?.report.cost).toBe(3);
    }
  });

  it("asks nothing for a call without the connection's token", async () => {
    const { call, asks } = setUp();
    await call({ authorization: "none" });
    expect(asks).toEqual([]);
  });
});
