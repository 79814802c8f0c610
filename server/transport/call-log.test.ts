import { describe, expect, it } from "vitest";
import { HubError } from "@/server/errors";
import { encodeId } from "@/server/ids";
import type { BudgetStore } from "./budget";
import { sleep } from "./clock";
import type { CallContext, TokenSource, ToolRequest } from "./send";
import { createMemoryCallSink, fixedToken, neverStopped, plainVendor, testContext, unlimitedBudget, VirtualClock } from "./testing";
import { createTransport } from "./transport";

const request: ToolRequest = {
  method: "POST",
  url: "https://tool.test/thing",
  repeatability: "idempotent",
  operation: "thingUpdate",
  authorization: "connection",
};

/** A transport on a virtual clock whose tool answers these, in order; a number is a status, anything else is thrown. */
function setUp(answers: readonly unknown[], parts: { token?: TokenSource; budget?: BudgetStore; clock?: VirtualClock } = {}) {
  const clock = parts.clock ?? new VirtualClock();
  const sink = createMemoryCallSink();
  const left = [...answers];
  const transport = createTransport({
    calls: sink,
    budget: parts.budget ?? unlimitedBudget,
    isStopped: neverStopped,
    clock,
    random: () => 0,
    fetch: async () => {
      const answer = left.shift();
      if (typeof answer !== "number") throw answer;
      return new Response("the tool's own words: canary", { status: answer });
    },
  });
  const send = transport.sendFor({
    integration: { manifest: { id: "plain" }, reading: plainVendor, rateGroups: [] },
    origins: { api: "https://tool.test" },
    token: parts.token ?? fixedToken("secret-token"),
  });
  const call = (context: Partial<CallContext> = {}) => clock.run(send(request, testContext(context)).catch((error: unknown) => error));
  return { call, clock, calls: sink.calls };
}

const lines = (calls: ReturnType<typeof setUp>["calls"]) =>
  calls.map(({ attempt, sent, status, errorCode, reason }) => ({ attempt, sent, status, errorCode, reason }));

describe("what the call log records", () => {
  it("a failure without an answer, with the hub's own sentence", async () => {
    const { call, calls } = setUp([Object.assign(new Error("canary"), { code: "ECONNREFUSED" }), 200]);
    await call();
    expect(lines(calls)).toEqual([
      { attempt: 1, sent: true, status: null, errorCode: "EIO", reason: "The tool could not be reached." },
      { attempt: 2, sent: true, status: 200, errorCode: null, reason: null },
    ]);
  });

  it("a failure under the id that the caller's error names", async () => {
    const { call, calls } = setUp([400]);
    expect(await call()).toMatchObject({ details: { call: encodeId("call", calls[0]?.callId ?? "") } });
  });

  it("of a failure with an answer no sentence, since it may repeat the tool's words", async () => {
    const { call, calls } = setUp([400]);
    expect(await call()).toMatchObject({ code: "EINVAL" });
    expect(lines(calls)).toEqual([{ attempt: 1, sent: true, status: 400, errorCode: "EINVAL", reason: null }]);
    expect(JSON.stringify(calls)).not.toMatch(/canary|secret-token/);
  });

  it("a call that the rate budget refuses before anything is sent", async () => {
    const { call, calls } = setUp([], { budget: { ...unlimitedBudget, take: async () => ({ outcome: "wait", waitMs: 60_000 }) } });
    expect(await call()).toMatchObject({ code: "EAGAIN", retryAfterMs: 60_000 });
    const reason = "The tool's rate limit for this connection is used up for now.";
    expect(lines(calls)).toEqual([{ attempt: 1, sent: false, status: null, errorCode: "EAGAIN", reason }]);
  });

  it("a call for which there is no token, and one whose refused token could not be renewed", async () => {
    const dead: TokenSource = { ...fixedToken("t"), current: () => Promise.reject(new HubError("ENOTCONN", "Connect Plain again.")) };
    const ended = setUp([], { token: dead });
    await ended.call();
    expect(lines(ended.calls)).toEqual([{ attempt: 1, sent: false, status: null, errorCode: "ENOTCONN", reason: "Connect Plain again." }]);
    const refused = setUp([401]);
    await refused.call();
    expect(lines(refused.calls)).toEqual([
      { attempt: 1, sent: true, status: 401, errorCode: "ENOTCONN", reason: null },
      {
        attempt: 2,
        sent: false,
        status: null,
        errorCode: "ENOTCONN",
        reason: "The token was refused, and this test renews none.",
      },
    ]);
    expect(new Set(refused.calls.map(({ callId }) => callId)).size).toBe(1);
  });

  it("a caller who gave up before anything was sent, without their reason", async () => {
    const { call, calls } = setUp([200]);
    const abort = new AbortController();
    const waiting: BudgetStore = {
      ...unlimitedBudget,
      take: async () => {
        abort.abort(new Error("canary"));
        return { outcome: "wait", waitMs: 5 };
      },
    };
    const given = setUp([200], { budget: waiting });
    await given.call({ signal: abort.signal });
    expect(lines(given.calls)).toEqual([{ attempt: 1, sent: false, status: null, errorCode: "aborted", reason: null }]);
    await call();
    expect(calls).toHaveLength(1);
  });

  it("the wait for a new token as a wait, and the hub's own work not", async () => {
    const clock = new VirtualClock();
    const slow: TokenSource = {
      ...fixedToken("t"),
      current: async () => {
        await sleep(clock, 240);
        return { accessToken: "old", version: 1 };
      },
      renew: async () => {
        await sleep(clock, 3_200);
        return { accessToken: "new", version: 2 };
      },
    };
    const { call, calls } = setUp([401, 200], { token: slow, clock });
    await call();
    expect(calls.map(({ waitMs, status }) => [status, waitMs])).toEqual([
      [401, 0],
      [200, 3_200],
    ]);
  });

  it("each wait once, where retries and the budget both wait", async () => {
    const clock = new VirtualClock();
    const waits = [300, 0];
    const budget: BudgetStore = {
      ...unlimitedBudget,
      take: async () => {
        const waitMs = waits.shift() ?? 0;
        return waitMs === 0 ? { outcome: "granted" } : { outcome: "wait", waitMs };
      },
    };
    const { call, calls } = setUp([503, 200], { budget, clock });
    await call();
    expect(calls.map(({ waitMs }) => waitMs)).toEqual([300, 0]);
  });
});
