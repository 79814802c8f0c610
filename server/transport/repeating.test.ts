import type { ServerResponse } from "node:http";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { HubError } from "@/server/errors";
import type { Repeatability } from "./send";
import { failure, startTestTool, type TestTool } from "./test-tool";
import { testContext } from "./testing";

/** The table of cases: what the vendor does to the first attempt of a POST, and whether there is a second. Over real HTTP. */

let tool: TestTool;
beforeAll(async () => {
  tool = await startTestTool();
});
afterAll(() => tool.close());
beforeEach(() => {
  tool.seen = [];
});

type Answer = (response: ServerResponse) => void;
const status =
  (code: number, headers: Record<string, string> = {}): Answer =>
  (response) => {
    response.writeHead(code, headers);
    response.end();
  };

/** Nobody knows whether the vendor did what it was asked. */
const unknown: Readonly<Record<string, Answer>> = {
  "500": status(500),
  "502": status(502),
  "503": status(503),
  "503 with Retry-After in seconds": status(503, { "retry-after": "1" }),
  "503 with Retry-After as a date": status(503, { "retry-after": new Date(Date.now() + 1000).toUTCString() }),
  "504": status(504),
  "a connection that breaks before the answer": (response) => response.destroy(),
  "a connection that breaks in the middle of the answer": (response) => {
    response.writeHead(200, { "content-length": "100" });
    response.write("half");
    setImmediate(() => response.destroy());
  },
};

/** The vendor refused, so nothing happened. */
const refused: Readonly<Record<string, Answer>> = {
  "429": status(429),
  "429 with Retry-After in seconds": status(429, { "retry-after": "1" }),
  "429 with Retry-After as a date": status(429, { "retry-after": new Date(Date.now() + 1000).toUTCString() }),
  "429 with a date in the past": status(429, { "retry-after": "Thu, 01 Jan 1970 00:00:00 GMT" }),
  "429 with a negative time": status(429, { "retry-after": "-5" }),
  "429 with nonsense": status(429, { "retry-after": "soon" }),
};

/** The same next time. */
const final: Readonly<Record<string, Answer>> = { "400": status(400), "403": status(403), "404": status(404), "302": status(302) };

async function attemptsAfter(first: Answer, repeatability: Repeatability): Promise<number> {
  let answered = 0;
  tool.handler = (_request, response) => {
    answered += 1;
    if (answered === 1) first(response);
    else response.end("{}");
  };
  await tool.setUp().send(tool.request({ method: "POST", body: "{}", repeatability }), testContext());
  return tool.seen.length;
}

async function failureAfter(first: Answer, repeatability: Repeatability): Promise<HubError> {
  tool.handler = (_request, response) => first(response);
  return failure(tool.setUp().send, tool.request({ method: "POST", body: "{}", repeatability }));
}

describe("a call that may be repeated", () => {
  it.each(Object.entries({ ...unknown, ...refused }))("is sent again after %s", async (_what, first) => {
    for (const repeatability of ["safe", "idempotent"] as const) {
      tool.seen = [];
      expect(await attemptsAfter(first, repeatability)).toBe(2);
    }
  });
});

describe("a call that may not be repeated", () => {
  it.each(Object.entries(unknown))("is sent once, and its outcome called unknown, after %s", async (_what, first) => {
    expect(await failureAfter(first, "unsafe")).toMatchObject({ code: "EIO", retryable: false, details: { outcome: "unknown" } });
    expect(tool.seen.length).toBe(1);
  });

  it.each(Object.entries(refused))("is sent again after %s", async (_what, first) => {
    expect(await attemptsAfter(first, "unsafe")).toBe(2);
  });
});

describe("no call", () => {
  it.each(Object.entries(final))("is sent again after %s", async (_what, first) => {
    for (const repeatability of ["safe", "idempotent", "unsafe"] as const) {
      tool.seen = [];
      expect((await failureAfter(first, repeatability)).retryable).toBe(false);
      expect(tool.seen.length).toBe(1);
    }
  });

  it("waits for a time that is far off: it ends at once and says for how long", async () => {
    const error = await failureAfter(status(429, { "retry-after": "999999999" }), "safe");
    expect(error).toMatchObject({ code: "EAGAIN", retryable: true, retryAfterMs: 24 * 3_600_000 });
    expect(tool.seen.length).toBe(1);
  });
});
