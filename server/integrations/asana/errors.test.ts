import { describe, expect, it } from "vitest";
import { toToolResponse } from "../testing";
import { asanaReading } from "./errors";
import { exampleRequest } from "./testing";

const answer = (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}) =>
  toToolResponse(status, headers, typeof body === "string" ? body : JSON.stringify(body));

describe("Asana's answers", () => {
  it("never carry more of a vendor's text than a sentence", () => {
    const error = asanaReading.classify(answer(400, { errors: [{ message: "x".repeat(5_000) }] }), exampleRequest);
    expect(error?.code).toBe("EINVAL");
    expect(error?.message.length).toBeLessThan(400);
  });

  it("that nobody documented keep their status, and what Asana's support asks for", () => {
    const teapot = answer(418, "<html>teapot</html>", { "x-request-id": "req-1" });
    expect(asanaReading.classify(teapot, exampleRequest)).toMatchObject({ code: "EIO", retryable: false, details: { vendorStatus: 418 } });
    expect(asanaReading.requestId(teapot)).toBe("req-1");
    const failed = answer(500, { errors: [{ message: "Server Error", phrase: "6 sad squid snuggle softly" }] });
    expect(asanaReading.requestId(failed)).toBe("6 sad squid snuggle softly");
    expect(asanaReading.requestId(answer(404, { errors: [{ message: "no", phrase: "not this" }] }))).toBeNull();
  });

  it("are logged without what names people or holds places in lists", () => {
    for (const name of ["offset", "sync", "query", "text"]) expect(asanaReading.loggedQuery.has(name)).toBe(false);
  });
});
