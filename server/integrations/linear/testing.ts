import type { ToolRequest } from "@/server/transport/send";
import type { AnswerExample } from "../conformance";

/** Recorded answers of Linear and what they mean here. */

/** When the examples were answered. */
export const now = Date.UTC(2026, 10, 23);
export const graphql: ToolRequest = {
  method: "POST",
  url: "https://api.linear.app/graphql",
  repeatability: "safe",
  operation: "issue",
  authorization: "connection",
};
const token: ToolRequest = { ...graphql, url: "https://api.linear.app/oauth/token", operation: "POST /oauth/token refresh" };
const revoke: ToolRequest = { ...graphql, url: "https://api.linear.app/oauth/revoke", operation: "POST /oauth/revoke" };

export const failed = (message: string, extensions: Record<string, unknown>, data: unknown = null) => ({
  data,
  errors: [{ message, path: ["issue"], extensions }],
});

/** Answers in the shapes of Linear's documentation, its SDK and the recorded probes of the fact sheet. */
export const examples: readonly AnswerExample[] = [
  { what: "an answer with data passes", status: 200, body: { data: { issue: {} } }, expected: null },
  {
    what: "a refused token, which the token layer renews",
    status: 401,
    body: failed("Authentication required, not authenticated", {
      type: "authentication error",
      code: "AUTHENTICATION_ERROR",
      statusCode: 401,
      userError: true,
    }),
    expected: { code: "ENOTCONN", retryable: false, details: { vendorStatus: 401 } },
  },
  { what: "a refused token without a body", status: 401, body: "", expected: { code: "ENOTCONN", details: { vendorStatus: 401 } } },
  {
    what: "a refused token under status 200",
    status: 200,
    body: failed("Authentication required", { code: "AUTHENTICATION_ERROR" }),
    expected: { code: "ENOTCONN", details: { vendorStatus: 401 } },
  },
  {
    what: "a spent limit, which Linear says with status 400; the wait is the reset of the empty one",
    status: 400,
    headers: {
      "x-ratelimit-requests-remaining": "4990",
      "x-ratelimit-requests-reset": String(now + 3_600_000),
      "x-ratelimit-complexity-remaining": "0",
      "x-ratelimit-complexity-reset": String(now + 42_000),
    },
    body: failed("Rate limit exceeded", { type: "ratelimited", code: "RATELIMITED", statusCode: 429 }),
    expected: { code: "EAGAIN", retryable: true, retryAfterMs: 42_000 },
  },
  {
    what: "a spent limit with Retry-After",
    status: 429,
    headers: { "retry-after": "7" },
    body: failed("Rate limit exceeded", { code: "RATELIMITED" }),
    expected: { code: "EAGAIN", retryAfterMs: 7_000 },
  },
  {
    what: "a spent limit with Retry-After as a date",
    status: 429,
    headers: { "retry-after": new Date(now + 9_000).toUTCString() },
    body: "slow down",
    expected: { code: "EAGAIN", retryAfterMs: 9_000 },
  },
  {
    what: "what the person may not do",
    status: 403,
    body: failed("You don't have permission to do this", { type: "forbidden", code: "FORBIDDEN", statusCode: 403 }),
    expected: { code: "EACCES", retryable: false },
  },
  {
    what: "a scope that the connection lacks, by name",
    status: 403,
    body: failed("Invalid scope: `write` required", { type: "forbidden", code: "FORBIDDEN", statusCode: 403 }),
    expected: { code: "ESCOPE", details: { scope: "write" } },
  },
  {
    what: "a feature that the plan lacks",
    status: 200,
    body: failed("Cycles are not available", { type: "feature not accessible" }),
    expected: { code: "EACCES" },
  },
  {
    what: "a record that is not there, which has no type of its own",
    status: 400,
    body: failed("Entity not found: Issue", {
      type: "invalid input",
      code: "INPUT_ERROR",
      statusCode: 400,
      userPresentableMessage: "Could not find referenced Issue.",
    }),
    expected: { code: "ENOENT", retryable: false },
  },
  {
    what: "the same under status 200",
    status: 200,
    body: failed("Entity not found: Issue - Could not find referenced Issue.", { type: "invalid input", code: "INPUT_ERROR" }),
    expected: { code: "ENOENT" },
  },
  {
    what: "a repeated create, whose record is there already",
    status: 400,
    body: failed("conflict on insert of Issue", {
      type: "invalid input",
      code: "INPUT_ERROR",
      userPresentableMessage: "Entity Issue with id 5f4c already exists.",
    }),
    expected: { code: "EEXIST" },
  },
  {
    what: "values that Linear refuses, in its own words for people",
    status: 400,
    body: failed("Argument Validation Error", {
      type: "invalid input",
      code: "INPUT_ERROR",
      userPresentableMessage: "stateId must belong to the same team as the issue.",
    }),
    expected: {
      code: "EINVAL",
      retryable: false,
      message: "Linear refused the values: stateId must belong to the same team as the issue.",
    },
  },
  {
    what: "a document that Linear does not understand",
    status: 400,
    body: failed('Cannot query field "x" on type "Issue".', { code: "GRAPHQL_VALIDATION_FAILED", type: "graphql error" }),
    expected: { code: "EINVAL" },
  },
  {
    what: "a limit of the plan, which no waiting mends",
    status: 400,
    body: failed("Usage limit exceeded", { type: "usage limit exceeded", code: "USAGE_LIMIT_EXCEEDED" }),
    expected: { code: "EDQUOT", retryable: false },
  },
  {
    what: "a failure inside Linear",
    status: 500,
    body: failed("Internal server error", { type: "internal error", code: "INTERNAL_SERVER_ERROR", statusCode: 500 }),
    expected: { code: "EIO", retryable: true },
  },
  {
    what: "a lock that Linear could not get",
    status: 200,
    body: failed("Lock timeout", { type: "lock timeout" }),
    expected: { code: "EIO", retryable: true },
  },
  { what: "a gateway's page", status: 502, body: "<html>Bad gateway</html>", expected: { code: "EIO", retryable: true } },
  {
    what: "a type nobody documented",
    status: 200,
    body: failed("Strange", { type: "strange" }),
    expected: { code: "EIO", retryable: false },
  },
  {
    what: "data beside an error: a part is not the whole",
    status: 200,
    body: failed("Internal server error", { type: "internal error" }, { issue: { id: "1" } }),
    expected: { code: "EIO", retryable: true },
  },
  {
    what: "of several errors, the one that no repetition mends",
    status: 200,
    body: {
      data: null,
      errors: [...failed("Lock timeout", { type: "lock timeout" }).errors, ...failed("no", { type: "forbidden" }).errors],
    },
    expected: { code: "EACCES" },
  },
  {
    what: "a dead refresh token",
    status: 400,
    request: token,
    body: { error: "invalid_grant", error_description: "The refresh token is invalid." },
    expected: { code: "ENOTCONN", retryable: false },
  },
  {
    what: "our own client being refused, which does not end the connection",
    status: 401,
    request: token,
    body: { error: "invalid_client" },
    expected: { code: "EIO", retryable: false, details: { outcome: "not_done" } },
  },
  {
    what: "Linear's own shape of an OAuth error",
    status: 400,
    request: token,
    body: { error: "Error", error_description: "Client does not support the client_credentials grant type" },
    expected: { code: "EIO", retryable: false },
  },
  { what: "a failing token endpoint", status: 503, request: token, body: "", expected: { code: "EIO", retryable: true } },
  { what: "a token answer passes", status: 200, request: token, body: { access_token: "x" }, expected: null },
  { what: "a token revoked before, which revoke reads itself", status: 400, request: revoke, body: {}, expected: null },
  { what: "a revocation that failed", status: 500, request: revoke, body: "", expected: { code: "EIO", retryable: true } },
];
