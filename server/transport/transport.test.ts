import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { HubError } from "@/server/errors";
import type { BudgetAsk, BudgetStore } from "./budget";
import { systemClock } from "./clock";
import type { CallContext, Clock, HeldToken, LimitReport, Send, TokenSource, ToolRequest } from "./send";
import { createMemoryCallSink, fixedToken, plainVendor, testContext, unlimitedBudget } from "./testing";
import { createTransport, plainReading } from "./transport";

/** A tool that misbehaves as each test asks, over real HTTP. */
type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void;
let handler: Handler = (_request, response) => response.end();
let seen: { method: string; url: string; authorization: string | undefined; body: string }[] = [];
let server: Server;
let origin = "";

function listen(target: Server): Promise<string> {
  return new Promise((resolve) => {
    target.listen(0, "127.0.0.1", () => {
      const address = target.address();
      resolve(`http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`);
    });
  });
}

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on("end", () => {
      seen.push({ method: request.method ?? "", url: request.url ?? "", authorization: request.headers.authorization, body });
      handler(request, response, body);
    });
  });
  origin = await listen(server);
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  seen = [];
});

/** Waits cost no time: each timer that is a wait of the transport's own fires at once, and moves the clock on. */
function hurriedClock(): Clock {
  let skippedMs = 0;
  return {
    now: () => Date.now() + skippedMs,
    timer(ms, run) {
      // Attempts' time limits are real and long; tests that need them short give them their own clock.
      if (ms >= 30_000) return systemClock.timer(ms, run);
      const timer = setImmediate(() => {
        skippedMs += ms;
        run();
      });
      return () => clearImmediate(timer);
    },
  };
}

function setUp(
  options: { token?: TokenSource; budget?: BudgetStore; clock?: Clock; reading?: typeof plainVendor; origins?: string[] } = {},
) {
  const sink = createMemoryCallSink();
  const transport = createTransport({
    calls: sink,
    budget: options.budget ?? unlimitedBudget,
    clock: options.clock ?? hurriedClock(),
    random: () => 0.5,
  });
  const send = transport.sendFor({
    integration: { manifest: { id: "plain" }, reading: plainVendor, rateGroups: [] },
    origins: Object.fromEntries((options.origins ?? [origin]).map((value, index) => [`role${index}`, value])),
    token: options.token ?? fixedToken("token-1"),
    ...(options.reading === undefined ? {} : { reading: options.reading }),
  });
  return { send, calls: sink.calls };
}

function request(over: Partial<ToolRequest> = {}): ToolRequest {
  return {
    method: "GET",
    url: `${origin}/thing`,
    repeatability: "safe",
    operation: "GET /thing",
    authorization: "connection",
    ...over,
  };
}

async function failure(send: Send, asked: ToolRequest, context: Partial<CallContext> = {}): Promise<HubError> {
  try {
    await send(asked, testContext(context));
  } catch (error) {
    if (error instanceof HubError) return error;
    throw error;
  }
  throw new Error("The call was expected to fail.");
}

describe("a call", () => {
  it("brings the answer, and is logged with who, what, where, how long and how much", async () => {
    handler = (_request, response) => {
      response.setHeader("x-request-id", "vendor-7");
      response.setHeader("x-ratelimit-remaining", "41");
      response.setHeader("x-ratelimit-limit", "50");
      response.end('{"a":1}');
    };
    const { send, calls } = setUp();
    const response = await send(request({ method: "POST", body: "grüße", repeatability: "idempotent" }), testContext());
    expect(response.json()).toEqual({ a: 1 });
    expect(seen).toMatchObject([{ authorization: "Bearer token-1", body: "grüße" }]);
    expect(calls).toMatchObject([
      {
        integration: "plain",
        attempt: 1,
        operation: "GET /thing",
        method: "POST",
        url: `${origin}/thing`,
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
    handler = (_request, response) => {
      answers += 1;
      response.statusCode = answers === 1 ? 503 : answers === 2 ? 429 : 200;
      if (answers === 2) response.setHeader("retry-after", "2");
      response.end();
    };
    const { send, calls } = setUp();
    await send(request(), testContext());
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
      handler = (_request, response) => {
        if (!refused) {
          refused = true;
          response.statusCode = 429;
          set(response);
        }
        response.end();
      };
      const { send, calls } = setUp();
      await send(request({ method: "POST", repeatability: "unsafe" }), testContext());
      expect(calls.length).toBe(2);
      expect(calls[1]?.waitMs).toBeGreaterThan(1900);
      expect(calls[1]?.waitMs).toBeLessThan(5500);
    }
  });

  it("close the bucket for everyone, and what is left is learnt", async () => {
    const blocked: number[] = [];
    const learnt: LimitReport[] = [];
    const budget: BudgetStore = {
      take: async () => ({ outcome: "granted" }),
      block: async (_ask, forMs) => {
        blocked.push(forMs);
      },
      learn: (_ask, report) => learnt.push(report),
    };
    let answers = 0;
    handler = (_request, response) => {
      answers += 1;
      response.statusCode = answers === 1 ? 429 : 200;
      if (answers === 1) response.setHeader("retry-after", "1");
      else response.setHeader("x-ratelimit-remaining", "9");
      response.end();
    };
    const { send } = setUp({ budget });
    await send(request(), testContext());
    expect(blocked).toEqual([1000]);
    expect(learnt).toEqual([{ group: "default", remaining: 9, limit: undefined, resetAtMs: undefined }]);
  });
});

describe("the rate budget", () => {
  it("is asked before each attempt, with the group, its cost and the token's version", async () => {
    const asks: BudgetAsk[] = [];
    const budget: BudgetStore = {
      ...unlimitedBudget,
      take: async (ask) => {
        asks.push(ask);
        return { outcome: "granted" };
      },
    };
    let answers = 0;
    handler = (_request, response) => {
      answers += 1;
      response.statusCode = answers === 1 ? 500 : 200;
      response.end();
    };
    const { send } = setUp({ budget });
    await send(request({ group: "search", cost: 5 }), testContext({ priority: "background" }));
    expect(asks.length).toBe(2);
    expect(asks[0]).toMatchObject({ group: { group: "search" }, cost: 5, tokenVersion: 1, priority: "background" });
  });

  it("makes a call wait, and refuses with EAGAIN what would wait past the caller's bound, sending nothing", async () => {
    handler = (_request, response) => response.end();
    let takes = 0;
    const waitOnce: BudgetStore = {
      ...unlimitedBudget,
      take: async () => {
        takes += 1;
        return takes === 1 ? { outcome: "wait", waitMs: 700 } : { outcome: "granted" };
      },
    };
    const patient = setUp({ budget: waitOnce });
    await patient.send(request(), testContext());
    expect(patient.calls[0]?.waitMs).toBe(700);

    seen = [];
    const spent: BudgetStore = { ...unlimitedBudget, take: async () => ({ outcome: "wait", waitMs: 60_000 }) };
    const error = await failure(setUp({ budget: spent }).send, request());
    expect(error).toMatchObject({ code: "EAGAIN", retryAfterMs: 60_000 });
    expect(seen).toEqual([]);
  });

  it("refuses a connection that is gone, and takes up a newer token without sending the old one", async () => {
    handler = (_request, response) => response.end();
    const gone: BudgetStore = {
      ...unlimitedBudget,
      take: async () => ({ outcome: "unusable", reason: "This connection was disconnected." }),
    };
    expect(await failure(setUp({ budget: gone }).send, request())).toMatchObject({ code: "ENOTCONN", retryable: false });
    expect(seen).toEqual([]);

    const newer: BudgetStore = {
      ...unlimitedBudget,
      take: async (ask) => (ask.tokenVersion < 2 ? { outcome: "stale_token" } : { outcome: "granted" }),
    };
    const token: TokenSource = { ...fixedToken("old"), reload: async (): Promise<HeldToken> => ({ accessToken: "new", version: 2 }) };
    await setUp({ budget: newer, token }).send(request(), testContext());
    expect(seen.map((call) => call.authorization)).toEqual(["Bearer new"]);
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
      seen = [];
      handler = (_request, response) => breakIt(response);
      const error = await failure(setUp().send, request({ method: "POST", repeatability: "unsafe" }));
      expect(error).toMatchObject({ code: "EIO", retryable: false, details: { outcome: "unknown" } });
      expect(error.cause).toBeDefined();
      expect(seen.length).toBe(1);
    }
  });

  it("in the middle of an answer repeat a read", async () => {
    let answers = 0;
    handler = (_request, response) => {
      answers += 1;
      if (answers === 1) {
        response.writeHead(200, { "content-length": "100" });
        response.write("half");
        setImmediate(() => response.destroy());
      } else {
        response.end("whole");
      }
    };
    const { send, calls } = setUp();
    expect((await send(request(), testContext())).text()).toBe("whole");
    expect(calls.map((call) => [call.status, call.errorCode])).toEqual([
      [null, "EIO"],
      [200, null],
    ]);
  });

  it("to connect are repeated for an unsafe call too, since it never left", async () => {
    const closed = createServer();
    const closedOrigin = await listen(closed);
    await new Promise((resolve) => closed.close(resolve));
    const { send, calls } = setUp({ origins: [closedOrigin] });
    const error = await failure(send, request({ url: `${closedOrigin}/x`, method: "POST", repeatability: "unsafe" }), { maxWaitMs: 2000 });
    expect(error).toMatchObject({ code: "EIO", retryable: true, details: { outcome: "not_done" } });
    expect(calls.length).toBeGreaterThan(1);
  });

  it("by time end the attempt, in the middle of a body too", async () => {
    for (const sendsHead of [false, true]) {
      let fire: () => void = () => {};
      handler = (_request, response) => {
        if (sendsHead) {
          response.writeHead(200);
          response.write("slowly");
        }
        setImmediate(() => fire());
      };
      const clock: Clock = {
        now: () => Date.now(),
        timer: (_ms, run) => {
          fire = run;
          return () => {};
        },
      };
      const error = await failure(setUp({ clock }).send, request({ method: "POST", repeatability: "unsafe", timeoutMs: 50 }));
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
      handler = answer;
      const { send, calls } = setUp();
      expect(await failure(send, request({ maxResponseBytes: 1000 }))).toMatchObject({ code: "EFBIG", details: { limit: 1000 } });
      expect(calls.length).toBe(1);
    }
  });
});

describe("where a call may go", () => {
  it("is the tool's own origins only: anything else is refused before a token or a byte leaves", async () => {
    const { send, calls } = setUp();
    for (const url of [
      "http://169.254.169.254/latest/meta-data",
      `${origin}.evil.test/thing`,
      origin.replace("127.0.0.1", "localhost"),
      origin.replace("http://", "http://user:pass@"),
      `${origin.replace("http:", "https:")}/thing`,
      "file:///etc/passwd",
      "/thing",
    ]) {
      expect(await failure(send, request({ url }))).toMatchObject({ code: "EINVAL" });
    }
    expect(seen).toEqual([]);
    expect(calls).toEqual([]);
  });

  it("is not decided by a redirect: it is not followed, within the tool's origin or out of it", async () => {
    const reached: (string | undefined)[] = [];
    const other = createServer((asked, response) => {
      reached.push(asked.headers.authorization);
      response.end();
    });
    const otherOrigin = await listen(other);
    try {
      for (const location of [`${otherOrigin}/steal`, "/elsewhere"]) {
        handler = (_request, response) => {
          response.writeHead(302, { location });
          response.end();
        };
        expect(await failure(setUp().send, request())).toMatchObject({ code: "EIO", details: { vendorStatus: 302 } });
        expect(await failure(setUp({ reading: plainReading }).send, request())).toMatchObject({ code: "EIO" });
      }
      expect(reached).toEqual([]);
      expect(seen.map((call) => call.url)).not.toContain("/elsewhere");
    } finally {
      other.close();
    }
  });
});

describe("secrets", () => {
  it("that pass through every layer are in no log record and in no error", async () => {
    const canaries = ["canary-token-1", "canary-token-2", "canary-code", "canary-body", "canary-answer", "canary-fragment"];
    const renewing: TokenSource = { ...fixedToken("canary-token-1"), renew: async () => ({ accessToken: "canary-token-2", version: 2 }) };
    const errors: HubError[] = [];
    const records: unknown[] = [];
    for (const status of [200, 302, 400, 401, 403, 404, 429, 500]) {
      handler = (_request, response, body) => {
        response.writeHead(status, { location: "https://x.test/?code=canary-code", "www-authenticate": "canary-answer" });
        response.end(`{"error":"canary-answer","echo":${JSON.stringify(body)}`);
      };
      const { send, calls } = setUp({ token: renewing });
      const asked = request({
        method: "POST",
        repeatability: "unsafe",
        url: `${origin}/oauth/token?code=canary-code&page=2#canary-fragment`,
        headers: { cookie: "session=canary-body" },
        body: "client_secret=canary-body",
      });
      try {
        (await send(asked, testContext({ maxWaitMs: 0 }))).json();
      } catch (error) {
        if (!(error instanceof HubError)) throw error;
        errors.push(error);
      }
      records.push(...calls);
    }
    expect(errors.length).toBe(8);
    expect(records.length).toBeGreaterThan(8);
    const printed = JSON.stringify(records) + errors.map(printWhole).join("\n");
    for (const canary of canaries) expect(printed).not.toContain(canary);
  });
});

/** All that a logger could print of an error: message, stack, details, and the same of its causes. */
function printWhole(error: unknown): string {
  if (!(error instanceof Error)) return JSON.stringify(error) ?? "";
  return `${error.stack} ${JSON.stringify(error)} ${error.cause === undefined ? "" : printWhole(error.cause)}`;
}
