import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { HubError } from "@/server/errors";
import type { BudgetStore } from "./budget";
import { systemClock } from "./clock";
import type { IsStopped } from "./letting-out";
import type { CallContext, Clock, Send, TokenSource, ToolRequest, VendorReading } from "./send";
import { createMemoryCallSink, fixedToken, neverStopped, plainVendor, testContext, unlimitedBudget } from "./testing";
import { createTransport } from "./transport";

export type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void;

/** For tests: a tool that misbehaves as each test asks, over real HTTP, and a transport to it whose waits cost no time. */
export interface TestTool {
  readonly origin: string;
  handler: Handler;
  seen: { method: string; url: string; authorization: string | undefined; body: string }[];
  setUp(options?: SetUp): { send: Send; calls: ReturnType<typeof createMemoryCallSink>["calls"] };
  request(over?: Partial<ToolRequest>): ToolRequest;
  close(): void;
}

interface SetUp {
  readonly token?: TokenSource;
  readonly budget?: BudgetStore;
  readonly isStopped?: IsStopped;
  readonly clock?: Clock;
  readonly reading?: VendorReading;
  readonly origins?: readonly string[];
  readonly contentOrigins?: readonly string[];
}

export function listen(target: Server): Promise<string> {
  return new Promise((resolve) => {
    target.listen(0, "127.0.0.1", () => {
      const address = target.address();
      resolve(`http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`);
    });
  });
}

/** Each timer that is a wait of the transport's own fires at once, and moves the clock on. */
function hurriedClock(): Clock {
  let skippedMs = 0;
  return {
    now: () => Date.now() + skippedMs,
    timer(ms, run) {
      // Attempts' time limits are real and long; tests that need them short give their own clock.
      if (ms >= 30_000) return systemClock.timer(ms, run);
      const timer = setImmediate(() => {
        skippedMs += ms;
        run();
      });
      return () => clearImmediate(timer);
    },
  };
}

export async function startTestTool(): Promise<TestTool> {
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on("end", () => {
      tool.seen.push({ method: request.method ?? "", url: request.url ?? "", authorization: request.headers.authorization, body });
      tool.handler(request, response, body);
    });
  });
  const origin = await listen(server);
  const tool: TestTool = {
    origin,
    handler: (_request, response) => response.end(),
    seen: [],
    setUp(options = {}) {
      const sink = createMemoryCallSink();
      const transport = createTransport({
        calls: sink,
        budget: options.budget ?? unlimitedBudget,
        isStopped: options.isStopped ?? neverStopped,
        clock: options.clock ?? hurriedClock(),
        random: () => 0.5,
      });
      const send = transport.sendFor({
        integration: { manifest: { id: "plain" }, reading: plainVendor, rateGroups: [] },
        origins: Object.fromEntries((options.origins ?? [origin]).map((value, index) => [`role${index}`, value])),
        contentOrigins: options.contentOrigins,
        token: options.token ?? fixedToken("token-1"),
        ...(options.reading === undefined ? {} : { reading: options.reading }),
      });
      return { send, calls: sink.calls };
    },
    request: (over = {}) => ({
      method: "GET",
      url: `${origin}/thing`,
      repeatability: "safe",
      operation: "GET /thing",
      authorization: "connection",
      ...over,
    }),
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
  return tool;
}

/** The HubError that a call ends in. */
export async function failure(send: Send, asked: ToolRequest, context: Partial<CallContext> = {}): Promise<HubError> {
  try {
    await send(asked, testContext(context));
  } catch (error) {
    if (error instanceof HubError) return error;
    throw error;
  }
  throw new Error("The call was expected to fail.");
}
