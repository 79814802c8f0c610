import { expect, it } from "vitest";
import type { Clock, ToolRequest } from "./send";
import { testContext } from "./testing";
import { fetchWithTimeout } from "./timeout";

const request: ToolRequest = {
  method: "POST",
  url: "https://tool.test/oauth/token",
  repeatability: "unsafe",
  operation: "refresh",
  authorization: "none",
  timeoutMs: 30_000,
};

/** A clock whose timers run when the test says so, as late as it likes. */
function heldClock() {
  const timers: (() => void)[] = [];
  const clock: Clock & { nowMs: number } = {
    nowMs: 0,
    now: () => clock.nowMs,
    timer(_, run) {
      timers.push(run);
      return () => timers.splice(timers.indexOf(run), 1);
    },
  };
  return { clock, timers, fire: () => timers.shift()?.() };
}

function setUp() {
  const held = heldClock();
  const answer = Promise.withResolvers<Response>();
  const send = fetchWithTimeout({
    clock: held.clock,
    fetch: (_, { signal }) => {
      signal?.addEventListener("abort", () => answer.reject(signal.reason));
      return answer.promise;
    },
  });
  return { ...held, answer, sent: send(request, testContext()) };
}

it("an answer that arrived while the process was paused beyond the time limit is read", async () => {
  const { clock, fire, answer, sent } = setUp();
  clock.nowMs = 90_000;
  fire();
  answer.resolve(Response.json({ access_token: "rotated" }));
  expect((await sent).json()).toEqual({ access_token: "rotated" });
});

it("after a pause an answer has a second to arrive, and no more", async () => {
  const { clock, fire, timers, sent } = setUp();
  clock.nowMs = 90_000;
  fire();
  expect(timers.length).toBe(1);
  fire();
  await expect(sent).rejects.toMatchObject({ code: "EIO", details: { outcome: "unknown" } });
  expect(timers).toEqual([]);
});

it("a limit that passed on time ends the call", async () => {
  const { clock, fire, sent } = setUp();
  clock.nowMs = 30_000;
  fire();
  await expect(sent).rejects.toMatchObject({ message: "The tool did not answer within 30000 ms." });
});
