import { describe, expect, it } from "vitest";
import { HubError } from "@/server/errors";
import { toToolResponse } from "./response";
import { retrying } from "./retry";
import type { CallContext, Repeatability, Send, ToolRequest } from "./send";
import { testContext, VirtualClock } from "./testing";

const ok = toToolResponse({ status: 200, headers: new Headers() }, new Uint8Array());

function call(repeatability: Repeatability): ToolRequest {
  return { method: "POST", url: "https://tool.test/", repeatability, operation: "test", authorization: "none" };
}

/** Answers with each error in turn, then with success; tells when it was asked. */
function scripted(clock: VirtualClock, errors: readonly unknown[]) {
  const askedAtMs: number[] = [];
  const next: Send = async () => {
    const error = errors[askedAtMs.length];
    askedAtMs.push(clock.now());
    if (error !== undefined) throw error;
    return ok;
  };
  return { next, askedAtMs };
}

async function attempt(repeatability: Repeatability, errors: readonly unknown[], context: Partial<CallContext> = {}, random = () => 0.5) {
  const clock = new VirtualClock();
  const startMs = clock.now();
  const { next, askedAtMs } = scripted(clock, errors);
  const outcome = await clock.run(
    retrying({ clock, random })(next)(call(repeatability), testContext(context)).then(
      (response) => ({ response, error: null }),
      (error: unknown) => ({ response: null, error }),
    ),
  );
  return { ...outcome, waits: askedAtMs.map((atMs) => atMs - startMs), tries: askedAtMs.length };
}

const failed = () => new HubError("EIO", "The tool failed.", { retryable: true });
const lost = () => new HubError("EIO", "The answer was lost.", { retryable: true, details: { outcome: "unknown" } });
const unsent = () => new HubError("EIO", "The tool could not be reached.", { retryable: true, details: { outcome: "not_done" } });
const limited = (retryAfterMs?: number) => new HubError("EAGAIN", "The limit was reached.", { retryAfterMs });

describe("retry", () => {
  it("repeats safe and idempotent calls after failures and lost answers, waiting exponentially", async () => {
    for (const repeatability of ["safe", "idempotent"] as const) {
      const result = await attempt(repeatability, [failed(), lost(), failed()]);
      expect(result.response).toBe(ok);
      expect(result.waits).toEqual([0, 125, 375, 875]);
    }
  });

  it("sends an unsafe call once when it failed at the tool, and says that the outcome is unknown", async () => {
    for (const error of [failed(), lost()]) {
      const result = await attempt("unsafe", [error]);
      expect(result.tries).toBe(1);
      expect(result.error).toMatchObject({ code: "EIO", retryable: false, details: { outcome: "unknown" }, cause: error });
    }
  });

  it("repeats an unsafe call after an answer, or a lack of one, that proves that nothing happened", async () => {
    expect((await attempt("unsafe", [limited(100), unsent()])).tries).toBe(3);
  });

  it("repeats nothing that is not retryable, for any call", async () => {
    for (const repeatability of ["safe", "idempotent", "unsafe"] as const) {
      const error = new HubError("EINVAL", "No.");
      const result = await attempt(repeatability, [error]);
      expect(result.tries).toBe(1);
      expect(result.error).toMatchObject({
        code: error.code,
        message: error.message,
        details: { call: expect.stringMatching(/^cal_/) },
        cause: error,
      });
    }
  });

  it("waits at least as long as the vendor asks", async () => {
    const result = await attempt("safe", [limited(3000)], {}, () => 0);
    expect(result.waits).toEqual([0, 3000]);
  });

  it("pauses more and more before a vendor that refuses and says that the time is over already", async () => {
    const result = await attempt("safe", [limited(0), limited(0), limited(0), limited(0)]);
    expect(result.waits).toEqual([0, 125, 375, 875, 1875]);
  });

  it("ends as EAGAIN with retryAfterMs, at once, when the vendor's wait would pass the caller's bound", async () => {
    const result = await attempt("safe", [limited(10_500)]);
    expect(result.tries).toBe(1);
    expect(result.error).toMatchObject({ code: "EAGAIN", retryAfterMs: 10_500 });
    const patient = await attempt("safe", [limited(10_500)], { maxWaitMs: 20_000 });
    expect(patient.response).toBe(ok);
    const outage = await attempt("safe", [new HubError("EIO", "Down.", { retryable: true, retryAfterMs: 60_000 })]);
    expect(outage.error).toMatchObject({ code: "EAGAIN", retryAfterMs: 60_000 });
  });

  it("never waits longer than the bound in all, and ends even when every wait is short", async () => {
    const many = Array.from({ length: 100 }, failed);
    const bounded = await attempt("safe", many, { maxWaitMs: 2000 }, () => 0.999);
    expect(bounded.waits.at(-1)).toBeLessThanOrEqual(2000);
    expect(bounded.error).toMatchObject({ code: "EIO", retryable: true });
    const short = await attempt("safe", many, {}, () => 0);
    expect(short.tries).toBeLessThan(20);
  });

  it("counts the waits of all calls of one request together, and each call's own where there is no request", async () => {
    const clock = new VirtualClock();
    const outcomeOf = async (context: Partial<CallContext>) => {
      const { next } = scripted(clock, [limited(6000)]);
      return clock.run(
        retrying({ clock, random: () => 0 })(next)(call("safe"), testContext(context)).then(
          () => "answered",
          (error: unknown) => (error instanceof HubError ? error.code : "unknown"),
        ),
      );
    };
    const request = { startedAtMs: null };
    expect([await outcomeOf({ request }), await outcomeOf({ request })]).toEqual(["answered", "EAGAIN"]);
    expect([await outcomeOf({}), await outcomeOf({})]).toEqual(["answered", "answered"]);
    expect(await outcomeOf({ request: { startedAtMs: null } })).toBe("answered");
  });

  it("stops when the caller gives up, with the caller's reason", async () => {
    const clock = new VirtualClock();
    const abort = new AbortController();
    const { next, askedAtMs } = scripted(clock, [limited(5000)]);
    const work = retrying({ clock, random: () => 0 })(next)(call("safe"), testContext({ signal: abort.signal }));
    const seen = work.catch((error: unknown) => error);
    await clock.advance(1000);
    abort.abort(new Error("gone"));
    await clock.advance(10_000);
    expect(await seen).toMatchObject({ message: "gone" });
    expect(askedAtMs.length).toBe(1);
  });
});
