import { createServer } from "node:http";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { HubError } from "@/server/errors";
import type { TokenSource } from "./send";
import { failure, listen, startTestTool, type TestTool } from "./test-tool";
import { fixedToken, testContext } from "./testing";
import { plainReading } from "./transport";

let tool: TestTool;
beforeAll(async () => {
  tool = await startTestTool();
});
afterAll(() => tool.close());
beforeEach(() => {
  tool.seen = [];
});

describe("where a call may go", () => {
  it("is the tool's own origins only: anything else is refused before a token or a byte leaves", async () => {
    const { send, calls } = tool.setUp();
    for (const url of [
      "http://169.254.169.254/latest/meta-data",
      `${tool.origin}.evil.test/thing`,
      tool.origin.replace("127.0.0.1", "localhost"),
      tool.origin.replace("http://", "http://user:pass@"),
      `${tool.origin.replace("http:", "https:")}/thing`,
      "file:///etc/passwd",
      "/thing",
    ]) {
      expect(await failure(send, tool.request({ url }))).toMatchObject({ code: "EINVAL" });
    }
    expect(tool.seen).toEqual([]);
    expect(calls).toEqual([]);
  });

  it("is not decided by a redirect: it is not followed, within the tool's tool.origin or out of it", async () => {
    const reached: (string | undefined)[] = [];
    const other = createServer((asked, response) => {
      reached.push(asked.headers.authorization);
      response.end();
    });
    const otherOrigin = await listen(other);
    try {
      for (const location of [`${otherOrigin}/steal`, "/elsewhere"]) {
        tool.handler = (_request, response) => {
          response.writeHead(302, { location });
          response.end();
        };
        expect(await failure(tool.setUp().send, tool.request())).toMatchObject({ code: "EIO", details: { vendorStatus: 302 } });
        expect(await failure(tool.setUp({ reading: plainReading }).send, tool.request())).toMatchObject({ code: "EIO" });
      }
      expect(reached).toEqual([]);
      expect(tool.seen.map((call) => call.url)).not.toContain("/elsewhere");
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
      tool.handler = (_request, response, body) => {
        response.writeHead(status, { location: "https://x.test/?code=canary-code", "www-authenticate": "canary-answer" });
        response.end(`{"error":"canary-answer","echo":${JSON.stringify(body)}`);
      };
      const { send, calls } = tool.setUp({ token: renewing });
      const asked = tool.request({
        method: "POST",
        repeatability: "unsafe",
        url: `${tool.origin}/oauth/token?code=canary-code&page=2#canary-fragment`,
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
