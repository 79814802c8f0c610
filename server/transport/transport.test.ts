import { createServer, type ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { BudgetAsk, BudgetStore } from "./budget";
import type { Clock, HeldToken, LimitReport, TokenSource } from "./send";
import { failure, type Handler, listen, startTestTool, type TestTool } from "./test-tool";
import { fixedToken, testContext, unlimitedBudget } from "./testing";

let tool: TestTool;
beforeAll(async () => {
  tool = await startTestTool();
});
afterAll(() => tool.close());
beforeEach(() => {
  tool.seen = [];
});

describe("a call", () => {
  it("brings the answer, and is logged with who, what, where, how long and how much", async () => {
    tool.handler = (_request, response) => {
      response.setHeader("x-request-id", "vendor-7");
      response.setHeader("x-ratelimit-remaining", "41");
      response.setHeader("x-ratelimit-limit", "50");
      response.end('{"a":1}');
    };
    const { send, calls } = tool.setUp();
    const response = await send(tool.request({ method: "POST", body: "grüße", repeatability: "idempotent" }), testContext());
    expect(response.json()).toEqual({ a: 1 });
    expect(tool.seen).toMatchObject([{ authorization: "Bearer token-1", body: "grüße" }]);
    expect(calls).toMatchObject([
      {
        integration: "plain",
        attempt: 1,
        operation: "GET /thing",
        method: "POST",
        url: `${tool.origin}/thing`,
        status: 200,
        errorCode: null,
        requestBytes: 7,
        responseBytes: 7,
        vendorRequestId: "vendor-7",
        limits: { "default.remaining": "41", "default.limit": "50" },
        path: "/context/tools/plain/thing",
        actorUserId: testContext().actor.userId,
      },
    ]);
    expect(calls[0]?.durationMs).toBeGreaterThanOrEqual(0);
  });

  it("logs every attempt of one call under one call id, with the wait before each", async () => {
    let answers = 0;
    tool.handler = (_request, response) => {
      answers += 1;
      response.statusCode = answers === 1 ? 503 : answers === 2 ? 429 : 200;
      if (answers === 2) response.setHeader("retry-after", "2");
      response.end();
    };
    const { send, calls } = tool.setUp();
    await send(tool.request(), testContext());
    expect(calls.map(({ attempt, status, errorCode }) => ({ attempt, status, errorCode }))).toEqual([
      { attempt: 1, status: 503, errorCode: "EIO" },
      { attempt: 2, status: 429, errorCode: "EAGAIN" },
      { attempt: 3, status: 200, errorCode: null },
    ]);
    expect(new Set(calls.map((call) => call.callId)).size).toBe(1);
    expect(calls[1]?.waitMs).toBe(125);
    expect(calls[2]?.waitMs).toBeGreaterThanOrEqual(2000);
  });
});

describe("limits of the vendor", () => {
  it("are waited for as the vendor says: in seconds, as a date, or by its own reset", async () => {
    const forms: Record<string, (response: ServerResponse) => void> = {
      seconds: (response) => response.setHeader("retry-after", "3"),
      date: (response) => response.setHeader("retry-after", new Date(Date.now() + 4000).toUTCString()),
      reset: (response) => {
        response.setHeader("x-ratelimit-remaining", "0");
        response.setHeader("x-ratelimit-reset", String(Date.now() + 5000));
      },
    };
    for (const set of Object.values(forms)) {
      let refused = false;
      tool.handler = (_request, response) => {
        if (!refused) {
          refused = true;
          response.statusCode = 429;
          set(response);
        }
        response.end();
      };
      const { send, calls } = tool.setUp();
      await send(tool.request({ method: "POST", repeatability: "unsafe" }), testContext());
      expect(calls.length).toBe(2);
      expect(calls[1]?.waitMs).toBeGreaterThan(1900);
      expect(calls[1]?.waitMs).toBeLessThan(5500);
    }
  });

  it("that make no sense do not fail the call", async () => {
    tool.handler = (_request, response) => {
      response.setHeader("x-ratelimit-remaining", "-1");
      response.setHeader("x-ratelimit-limit", "1e308");
      response.setHeader("x-ratelimit-reset", "9e20");
      response.end("{}");
    };
    const { send, calls } = tool.setUp();
    expect((await send(tool.request(), testContext())).status).toBe(200);
    expect(calls[0]?.limits).toEqual({ "default.remaining": "-1", "default.limit": "1e+308" });
  });

  it("close the bucket for everyone, and what is left is learnt", async () => {
    const blocked: number[] = [];
    const learnt: LimitReport[] = [];
    const budget: BudgetStore = {
      take: async () => ({ outcome: "granted" }),
      block: async (_ask, _charges, forMs) => {
        blocked.push(forMs);
      },
      learn: (_ask, _charge, report) => learnt.push(report),
    };
    let answers = 0;
    tool.handler = (_request, response) => {
      answers += 1;
      response.statusCode = answers === 1 ? 429 : 200;
      if (answers === 1) response.setHeader("retry-after", "1");
      else response.setHeader("x-ratelimit-remaining", "9");
      response.end();
    };
    const { send } = tool.setUp({ budget });
    await send(tool.request(), testContext());
    expect(blocked).toEqual([1000]);
    expect(learnt).toEqual([{ group: "default", remaining: 9, limit: undefined, resetAtMs: undefined }]);
  });
});

describe("the rate budget", () => {
  it("is asked before each attempt, with all that the call pays and the token's version", async () => {
    const asks: BudgetAsk[] = [];
    const budget: BudgetStore = {
      ...unlimitedBudget,
      take: async (ask) => {
        asks.push(ask);
        return { outcome: "granted" };
      },
    };
    let answers = 0;
    tool.handler = (_request, response) => {
      answers += 1;
      response.statusCode = answers === 1 ? 500 : 200;
      response.end();
    };
    const { send } = tool.setUp({ budget });
    const pays = [
      { group: "search", cost: 5 },
      { group: "posts", key: "C1" },
      { group: "posts", key: "C1", cost: 2 },
    ];
    await send(tool.request({ pays }), testContext({ priority: "background" }));
    expect(asks.length).toBe(2);
    expect(asks[0]).toMatchObject({ tokenVersion: 1, priority: "background", operation: "GET /thing", leaseMs: 35_000 });
    expect(asks[0]?.charges.map(({ bucket, cost }) => [bucket, cost])).toEqual([
      ["search", 5],
      ["posts|C1", 3],
    ]);
  });

  it("makes a call wait, and refuses with EAGAIN what would wait past the caller's bound, sending nothing", async () => {
    tool.handler = (_request, response) => response.end();
    let takes = 0;
    const waitOnce: BudgetStore = {
      ...unlimitedBudget,
      take: async () => {
        takes += 1;
        return takes === 1 ? { outcome: "wait", waitMs: 700 } : { outcome: "granted" };
      },
    };
    const patient = tool.setUp({ budget: waitOnce });
    await patient.send(tool.request(), testContext());
    expect(patient.calls[0]?.waitMs).toBe(700);

    tool.seen = [];
    const spent: BudgetStore = { ...unlimitedBudget, take: async () => ({ outcome: "wait", waitMs: 60_000 }) };
    const error = await failure(tool.setUp({ budget: spent }).send, tool.request());
    expect(error).toMatchObject({ code: "EAGAIN", retryAfterMs: 60_000 });
    expect(tool.seen).toEqual([]);
  });

  it("refuses a connection that is gone, and takes up a newer token without sending the old one", async () => {
    tool.handler = (_request, response) => response.end();
    const gone: BudgetStore = {
      ...unlimitedBudget,
      take: async () => ({ outcome: "unusable", reason: "This connection was disconnected." }),
    };
    expect(await failure(tool.setUp({ budget: gone }).send, tool.request())).toMatchObject({ code: "ENOTCONN", retryable: false });
    expect(tool.seen).toEqual([]);

    const newer: BudgetStore = {
      ...unlimitedBudget,
      take: async (ask) => (ask.tokenVersion < 2 ? { outcome: "stale_token" } : { outcome: "granted" }),
    };
    const token: TokenSource = { ...fixedToken("old"), reload: async (): Promise<HeldToken> => ({ accessToken: "new", version: 2 }) };
    await tool.setUp({ budget: newer, token }).send(tool.request(), testContext());
    expect(tool.seen.map((call) => call.authorization)).toEqual(["Bearer new"]);
  });
});

describe("failures", () => {
  it("of a POST at the tool send it once, and say that the outcome is unknown", async () => {
    for (const breakIt of [
      (response: ServerResponse) => {
        response.statusCode = 500;
        response.end();
      },
      (response: ServerResponse) => response.destroy(),
      (response: ServerResponse) => {
        response.writeHead(200, { "content-length": "100" });
        response.write("half");
        setImmediate(() => response.destroy());
      },
    ]) {
      tool.seen = [];
      tool.handler = (_request, response) => breakIt(response);
      const error = await failure(tool.setUp().send, tool.request({ method: "POST", repeatability: "unsafe" }));
      expect(error).toMatchObject({ code: "EIO", retryable: false, details: { outcome: "unknown" } });
      expect(error.cause).toBeDefined();
      expect(tool.seen.length).toBe(1);
    }
  });

  it("in the middle of an answer repeat a read", async () => {
    let answers = 0;
    tool.handler = (_request, response) => {
      answers += 1;
      if (answers === 1) {
        response.writeHead(200, { "content-length": "100" });
        response.write("half");
        setImmediate(() => response.destroy());
      } else {
        response.end("whole");
      }
    };
    const { send, calls } = tool.setUp();
    expect((await send(tool.request(), testContext())).text()).toBe("whole");
    expect(calls.map((call) => [call.status, call.errorCode])).toEqual([
      [null, "EIO"],
      [200, null],
    ]);
  });

  it("to connect are repeated for an unsafe call too, since it never left", async () => {
    const closed = createServer();
    const closedOrigin = await listen(closed);
    await new Promise((resolve) => closed.close(resolve));
    const { send, calls } = tool.setUp({ origins: [closedOrigin] });
    const error = await failure(send, tool.request({ url: `${closedOrigin}/x`, method: "POST", repeatability: "unsafe" }), {
      maxWaitMs: 2000,
    });
    expect(error).toMatchObject({ code: "EIO", retryable: true, details: { outcome: "not_done" } });
    expect(calls.length).toBeGreaterThan(1);
  });

  it("by time end the attempt, in the middle of a body too", async () => {
    for (const sendsHead of [false, true]) {
      let fire: () => void = () => {};
      tool.handler = (_request, response) => {
        if (sendsHead) {
          response.writeHead(200);
          response.write("slowly");
        }
        setImmediate(() => fire());
      };
      const clock: Clock = {
        now: () => 0,
        timer: (_ms, run) => {
          fire = run;
          return () => {};
        },
      };
      const error = await failure(tool.setUp({ clock }).send, tool.request({ method: "POST", repeatability: "unsafe", timeoutMs: 50 }));
      expect(error).toMatchObject({ code: "EIO", details: { outcome: "unknown" } });
      expect(error.message).toContain("50 ms");
    }
  });
});

describe("an answer that is too big", () => {
  it("is EFBIG, whether it says its length, streams without an end, or grows when decompressed", async () => {
    const big: Handler[] = [
      (_request, response) => {
        response.setHeader("content-length", "5000");
        response.end("x".repeat(5000));
      },
      (_request, response) => {
        const pour = () => {
          if (!response.destroyed) response.write("x".repeat(400), () => setImmediate(pour));
        };
        pour();
      },
      (_request, response) => {
        response.setHeader("content-encoding", "gzip");
        response.end(gzipSync("x".repeat(100_000)));
      },
    ];
    for (const answer of big) {
      tool.handler = answer;
      const { send, calls } = tool.setUp();
      expect(await failure(send, tool.request({ maxResponseBytes: 1000 }))).toMatchObject({ code: "EFBIG", details: { limit: 1000 } });
      expect(calls.length).toBe(1);
    }
  });
});
