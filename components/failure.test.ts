import { TRPCClientError } from "@trpc/client";
import { expect, test } from "vitest";
import { readFailure } from "./failure";

const failed = (data: unknown) => new TRPCClientError("failed", { result: { error: { code: -32000, message: "failed", data } } });

test("the hub's own words, code and request id are kept", () => {
  const hub = {
    code: "ENOTCONN",
    message: "Linear is not connected.",
    retryable: false,
    actionUrl: "/acme/integrations/linear",
    details: {},
  };
  expect(readFailure(failed({ hub, requestId: "req-7" }))).toEqual({
    code: "ENOTCONN",
    message: "Linear is not connected.",
    retryable: false,
    retryAfterMs: null,
    actionUrl: "/acme/integrations/linear",
    details: {},
    requestId: "req-7",
  });
});

test.each([
  ["nothing came back", new TypeError("Failed to fetch")],
  ["the answer was a proxy's page", failed(undefined)],
  ["the answer has another form", failed({ hub: "down" })],
  ["something else was thrown", "oops"],
])("when %s it says so, and that it may be tried again", (_what, error) => {
  expect(readFailure(error)).toMatchObject({ code: null, retryable: true, requestId: null });
});
