import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { BudgetStore } from "./budget";
import { accessStopped, letOutMs } from "./letting-out";
import { failure, startTestTool, type TestTool } from "./test-tool";
import { testContext, unlimitedBudget, VirtualClock } from "./testing";

let tool: TestTool;
beforeAll(async () => {
  tool = await startTestTool();
});
afterAll(() => tool.close());
beforeEach(() => {
  tool.seen = [];
  tool.handler = (_request, response) => response.end();
});

const oauthCall = () => tool.request({ method: "POST", authorization: "none", repeatability: "unsafe" });

describe("a stopped workspace", () => {
  const isStopped = async () => true;

  it("lets no call of OAuth's own out, and says so in words that end no grant", async () => {
    const error = await failure(tool.setUp({ isStopped }).send, oauthCall());
    expect(error).toMatchObject({ code: "EAGAIN", message: accessStopped, retryable: false, details: { outcome: "not_done" } });
    expect(tool.seen).toEqual([]);
  });

  it("lets a call out that ends an access", async () => {
    await tool.setUp({ isStopped }).send(oauthCall(), testContext({ endsAccess: true }));
    expect(tool.seen).toHaveLength(1);
  });
});

describe("an answer that lets an attempt out", () => {
  it("counts for two seconds: an older one is asked for anew, so what was stopped meanwhile stays", async () => {
    const clock = new VirtualClock();
    let asked = 0;
    const isStopped = async () => {
      asked += 1;
      if (asked === 1) await clock.advance(letOutMs);
      return asked > 1;
    };
    const error = await failure(tool.setUp({ isStopped, clock }).send, oauthCall());
    expect(error.message).toBe(accessStopped);
    expect(asked).toBe(2);
    expect(tool.seen).toEqual([]);
  });

  it("is the budget's for calls with a token, and counts for as long", async () => {
    const clock = new VirtualClock();
    let takes = 0;
    const budget: BudgetStore = {
      ...unlimitedBudget,
      take: async () => {
        takes += 1;
        if (takes > 1) return { outcome: "unusable", reason: accessStopped };
        await clock.advance(letOutMs);
        return { outcome: "granted" };
      },
    };
    const error = await failure(tool.setUp({ budget, clock }).send, tool.request());
    expect(error).toMatchObject({ code: "ENOTCONN", message: accessStopped });
    expect(takes).toBe(2);
    expect(tool.seen).toEqual([]);
  });

  it("is asked for once more by a caller who has no time left, and no further: nothing was sent, and that is said", async () => {
    const clock = new VirtualClock();
    let asked = 0;
    const isStopped = async () => {
      asked += 1;
      await clock.advance(letOutMs);
      return false;
    };
    const error = await failure(tool.setUp({ isStopped, clock }).send, oauthCall(), { maxWaitMs: 0 });
    expect(error).toMatchObject({ code: "EAGAIN", retryable: true, retryAfterMs: letOutMs, details: { outcome: "not_done" } });
    expect(asked).toBe(2);
    expect(tool.seen).toEqual([]);
  });
});
