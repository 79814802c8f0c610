import { describe, expect, it } from "vitest";
import { type CallEvents, explainCall } from "./call-story";
import type { AttemptView, CallView } from "./call-views";

const at = new Date("2026-11-23T14:03:02.000Z");

/** A call of these attempts, each 100 ms long unless it says otherwise. */
function callOf(...endings: readonly Partial<AttemptView>[]): CallView {
  let nowMs = at.getTime();
  const attempts = endings.map((ending, n): AttemptView => {
    const attempt: AttemptView = {
      id: `att_${n}`,
      attempt: n + 1,
      sent: true,
      url: "https://api.linear.test/graphql",
      status: 200,
      errorCode: null,
      reason: null,
      durationMs: 100,
      waitMs: 0,
      requestBytes: 1,
      responseBytes: 1,
      vendorRequestId: null,
      limits: {},
      at: "",
      ...ending,
    };
    const beganMs = nowMs + attempt.waitMs;
    nowMs = beganMs + attempt.durationMs;
    return { ...attempt, at: new Date(beganMs).toISOString() };
  });
  const last = attempts.at(-1);
  return {
    id: "cal_1",
    connection: "con_1",
    integration: "linear",
    operation: "issue",
    method: "POST",
    path: null,
    actor: "Ann",
    actorId: null,
    outcome: last?.errorCode === null && (last.status ?? 0) < 400 ? "ok" : "failed",
    status: last?.status ?? null,
    errorCode: last?.errorCode ?? null,
    elapsedMs: nowMs - at.getTime(),
    waitMs: attempts.reduce((sum, one) => sum + one.waitMs, 0),
    at: attempts[0]?.at ?? "",
    attempts,
  };
}

const refusedToken = { status: 401, errorCode: "ENOTCONN" };
const limited = { status: 429, errorCode: "EAGAIN" };
const broken = { status: 503, errorCode: "EIO" };
const unsent = (errorCode: string, reason: string | null) => ({ sent: false, status: null, errorCode, reason, durationMs: 0 });
const told = (call: CallView, renewals: readonly CallView[] = []): CallEvents => ({ call, renewals });

describe("why a call ended as it did", () => {
  it.each<[string, CallEvents, string, string | null]>([
    ["it went well", told(callOf({})), "Linear answered in 100 ms.", null],
    [
      "the tool was slow",
      told(callOf({ durationMs: 7_240 })),
      "Linear answered in 7.2 s.",
      "Linear itself was slow; the hub passed its answer on at once.",
    ],
    [
      "the token was refused and renewed",
      told(callOf(refusedToken, { waitMs: 250 }), [callOf({ durationMs: 240 })]),
      "Linear refused the token (401) at 14:03:02 UTC; the hub renewed the token in 240 ms; waited 250 ms for a new token, then the second attempt succeeded.",
      null,
    ],
    [
      "the token was refused and could not be renewed",
      told(callOf(refusedToken, unsent("ENOTCONN", "The authorization at Linear has ended. Connect Linear again.")), [
        callOf({ status: 400, errorCode: "ENOTCONN" }),
      ]),
      "Linear refused the token (401) at 14:03:02 UTC; the hub asked Linear for a new token and was answered with 400; the hub did not send it: The authorization at Linear has ended. Connect Linear again, at 14:03:02 UTC; the second attempt was the last.",
      "Open Linear under Integrations; if it says so there, connect it again.",
    ],
    [
      "it waited for a renewal before it was sent",
      told(callOf({ waitMs: 3_200 }), [callOf({ durationMs: 3_100 })]),
      "Waited 3.2 s for a new token, then Linear answered in 100 ms.",
      null,
    ],
    [
      "it waited for the budget, or for a busy hub",
      told(callOf({ waitMs: 3_200 })),
      "Waited 3.2 s for its turn, then Linear answered in 100 ms.",
      null,
    ],
    [
      "it was limited, waited, and went well",
      told(callOf(limited, { waitMs: 2_000 })),
      "Linear said that its rate limit is reached (429) at 14:03:02 UTC; waited 2.0 s for Linear's rate limit, then the second attempt succeeded.",
      null,
    ],
    [
      "the tool failed three times, then went well",
      told(callOf(broken, { ...broken, waitMs: 200 }, { ...broken, waitMs: 400 }, { waitMs: 900 })),
      "Linear failed (503) 3 times at 14:03:02 UTC; waited 900 ms before trying again, then the fourth attempt succeeded.",
      null,
    ],
    [
      "the tool failed to the end",
      told(callOf(broken, { ...broken, waitMs: 200, vendorRequestId: "req-9" })),
      "Linear failed (503) at 14:03:02 UTC; waited 200 ms before trying again, then Linear failed (503) at 14:03:02 UTC; the second attempt was the last.",
      "Nothing to mend here: try again later. If it stays so, ask Linear's support about the request id req-9.",
    ],
    [
      "the limit did not lift in time",
      told(callOf({ ...limited, limits: { "default.remaining": "0", "default.reset": "2026-11-23T14:10:00.000Z", "other.reset": "x" } })),
      "Linear said that its rate limit is reached (429) at 14:03:02 UTC.",
      "Try again later, after 14:10:00 UTC. Other work on the same connection uses the same limit.",
    ],
    [
      "the budget refused it",
      told(callOf(unsent("EAGAIN", "The tool's rate limit for this connection is used up for now."))),
      "The hub did not send it: The tool's rate limit for this connection is used up for now, at 14:03:02 UTC.",
      "Try again in a moment. Where it goes on, the connection's page says what it waits for.",
    ],
    [
      "no answer came",
      told(callOf({ status: null, errorCode: "EIO", reason: "The tool did not answer within 30000 ms." })),
      "The tool did not answer within 30000 ms, at 14:03:02 UTC.",
      "Try again. If this was a change, look in Linear first: it may have been made although no answer came.",
    ],
    [
      "a scope is missing",
      told(callOf({ status: 403, errorCode: "ESCOPE" })),
      "Linear refused because the connection lacks a scope (403) at 14:03:02 UTC.",
      "Open Linear under Integrations and switch on what is missing; Linear then asks for that consent.",
    ],
    [
      "whoever asked gave up",
      told(callOf({ status: null, errorCode: "aborted" })),
      "Whoever asked gave up before the answer came, at 14:03:02 UTC.",
      "Nothing to mend: a page was left, or the request behind it ended.",
    ],
    [
      "an answer that cannot be read",
      told(callOf({ status: 200, errorCode: "EIO" })),
      "Linear answered 200, but with an error or with something the hub cannot read, at 14:03:02 UTC.",
      "Nothing to mend here: try again later.",
    ],
    [
      "a redirect",
      told(callOf({ status: 302, errorCode: "EIO" })),
      "Linear answered with a redirect (302), which the hub does not follow, at 14:03:02 UTC.",
      "Nothing to mend here: try again later.",
    ],
    ["an answer that its caller reads itself", told(callOf({ status: 400 })), "Linear refused the call (400) at 14:03:02 UTC.", null],
  ])("%s", (_name, events, what, advice) => {
    expect(explainCall(events, "Linear")).toEqual({ what, advice });
  });

  it.each(["EACCES", "ENOENT", "EINVAL", "EEXIST", "ESTALE", "EDQUOT", "EFBIG", "ENOTSUP"])("%s has words and advice", (errorCode) => {
    const { what, advice } = explainCall(told(callOf({ status: 409, errorCode })), "Linear");
    expect(what).toMatch(/^Linear .*\(409\) at 14:03:02 UTC\.$/);
    expect(advice).toMatch(/\.$/);
  });
});
