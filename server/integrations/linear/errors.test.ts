import { describe, expect, it } from "vitest";
import { toToolResponse } from "../testing";
import { createLinearReading } from "./errors";
import { failed, graphql, now } from "./testing";

const reading = createLinearReading(() => now);

describe("Linear's answers", () => {
  it("never carry more of a vendor's text than a sentence", () => {
    const long = failed("x".repeat(5_000), { type: "invalid input" });
    const error = reading.classify(toToolResponse(400, {}, JSON.stringify(long)), graphql);
    expect(error?.message.length).toBeLessThan(400);
  });

  it("never repeat what the caller wrote", () => {
    const answer = failed('Variable "$input" got invalid value "my secret plan" at "input.dueDate".', {
      code: "GRAPHQL_VALIDATION_FAILED",
    });
    const error = reading.classify(toToolResponse(400, {}, JSON.stringify(answer)), graphql);
    expect(error?.code).toBe("EINVAL");
    expect(`${error?.message} ${error?.cause}`).not.toContain("secret plan");
  });

  it("say what is left of each limit, in epoch milliseconds", () => {
    const response = toToolResponse(
      200,
      {
        "x-ratelimit-requests-limit": "5000",
        "x-ratelimit-requests-remaining": "4999",
        "x-ratelimit-requests-reset": "1790000000000",
        "x-complexity": "177",
        "x-ratelimit-complexity-limit": "2000000",
        "x-ratelimit-complexity-remaining": "1999900",
        "x-ratelimit-endpoint-name": "searchIssues",
        "x-ratelimit-endpoint-requests-remaining": "29",
        "x-request-id": "req-1",
      },
      "{}",
    );
    expect(reading.limits(response)).toEqual([
      { group: "default", limit: 5000, remaining: 4999, resetAtMs: 1_790_000_000_000 },
      { group: "complexity", cost: 177, limit: 2_000_000, remaining: 1_999_900, resetAtMs: undefined },
      { group: "endpoint", key: "searchIssues", limit: undefined, remaining: 29, resetAtMs: undefined },
    ]);
    expect(reading.requestId(response)).toBe("req-1");
    expect(reading.limits(toToolResponse(200, {}, "{}"))).toEqual([]);
  });
});
