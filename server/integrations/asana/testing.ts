import type { ToolRequest } from "@/server/transport/send";
import type { AnswerExample } from "../conformance";
import { downloadOperation } from "./api/asana-api";

/** Recorded answers of Asana and what they mean here. */

/** A call of the API, for answers that name none. */
export const exampleRequest: ToolRequest = {
  method: "GET",
  url: "https://app.asana.com/api/1.0/tasks/12058",
  repeatability: "safe",
  operation: "GET /tasks/{task_gid}",
  authorization: "connection",
};
const token: ToolRequest = {
  ...exampleRequest,
  method: "POST",
  url: "https://app.asana.com/-/oauth_token",
  operation: "POST /-/oauth_token",
};
const download: ToolRequest = { ...exampleRequest, url: "https://s3.amazonaws.com/assets/1/a.png", operation: downloadOperation };

const help =
  "For more information on API status codes and how to handle them, read the docs on errors: https://developers.asana.com/docs/errors";
const failed = (message: string, more: Readonly<Record<string, unknown>> = {}) => ({ errors: [{ message, help, ...more }] });

/** Answers in the shapes of Asana's documentation, its OpenAPI description and its forum, as the fact sheet quotes them. */
export const examples: readonly AnswerExample[] = [
  { what: "an answer with data passes", status: 200, body: { data: { gid: "12058" } }, expected: null },
  { what: "a created record passes", status: 201, body: { data: { gid: "12058" } }, expected: null },
  {
    what: "a refused token, which the token layer renews",
    status: 401,
    body: failed("Not Authorized"),
    expected: { code: "ENOTCONN", retryable: false, details: { vendorStatus: 401 } },
  },
  {
    what: "a token whose hour is over",
    status: 401,
    body: failed(
      "The bearer token has expired. If you have a refresh token, please use it to request a new bearer token, otherwise allow the user to re-authenticate.",
    ),
    expected: { code: "ENOTCONN", details: { vendorStatus: 401 } },
  },
  { what: "a refused token without a body", status: 401, body: "", expected: { code: "ENOTCONN", details: { vendorStatus: 401 } } },
  {
    what: "a feature that the plan lacks",
    status: 402,
    body: failed("Search is only available to premium users."),
    expected: { code: "EACCES", retryable: false, message: "The Asana workspace's plan does not have this feature." },
  },
  { what: "what the person may not do", status: 403, body: failed("Forbidden"), expected: { code: "EACCES", retryable: false } },
  {
    what: "a scope that the connection lacks, by name",
    status: 403,
    body: failed("Your app does not have the required scope tasks:write for this request."),
    expected: { code: "ESCOPE", details: { scope: "tasks:write" } },
  },
  {
    what: "a second webhook on the same resource and target",
    status: 403,
    body: failed("Duplicated webhook on the same resource and target."),
    expected: { code: "EACCES" },
  },
  {
    what: "a record that is not there",
    status: 404,
    body: failed("task: Unknown object: 123"),
    expected: { code: "ENOENT", retryable: false },
  },
  {
    what: "values that Asana refuses, in its own words",
    status: 400,
    body: failed("due_on: Not a date"),
    expected: { code: "EINVAL", retryable: false, message: "Asana refused the values: due_on: Not a date" },
  },
  {
    what: "rich text that is no XML",
    status: 400,
    body: failed("xml: XML is invalid: a tag is closed that was not opened"),
    expected: { code: "EINVAL" },
  },
  {
    what: "an offset that has aged",
    status: 400,
    body: failed("offset: Your pagination token has expired."),
    expected: { code: "ESTALE", details: { restart: true } },
  },
  {
    what: "an offset that Asana never gave",
    status: 400,
    body: failed("offset: Your pagination token is invalid."),
    expected: { code: "ESTALE", details: { restart: true } },
  },
  {
    what: "a list that is too long to be given at once",
    status: 400,
    body: failed("The result is too large. You should use pagination (may require specifying a workspace)!"),
    expected: { code: "EFBIG", retryable: false },
  },
  {
    what: "a sync token that has aged",
    status: 412,
    body: { ...failed("Sync token invalid or too old."), sync: "de4774f6915eae04714ca93bb2f5ee81" },
    expected: { code: "ESTALE" },
  },
  { what: "a file that is too large", status: 413, body: failed("Too large"), expected: { code: "EFBIG" } },
  {
    what: "a service behind a linked file that failed",
    status: 424,
    body: failed("Failed Dependency"),
    expected: { code: "EIO", retryable: true },
  },
  {
    what: "a spent limit",
    status: 429,
    headers: { "retry-after": "42" },
    body: failed("You've made too many requests and hit a rate limit. Please retry after the given amount of time."),
    expected: { code: "EAGAIN", retryable: true },
  },
  {
    what: "an embargoed address",
    status: 451,
    body: failed("Unavailable For Legal Reasons"),
    expected: { code: "EACCES", retryable: false },
  },
  {
    what: "a failure inside Asana",
    status: 500,
    body: failed("Server Error", { phrase: "6 sad squid snuggle softly" }),
    expected: { code: "EIO", retryable: true, details: { vendorStatus: 500 } },
  },
  { what: "a gateway's page", status: 502, body: "<html>Bad gateway</html>", expected: { code: "EIO", retryable: true } },
  { what: "a status nobody documented", status: 418, body: "teapot", expected: { code: "EIO", retryable: false } },
  {
    what: "a dead refresh token",
    status: 400,
    request: token,
    body: {
      error: "invalid_grant",
      error_description: "The `refresh_token` provided was invalid.",
      error_uri: "https://asana.com/developers/documentation/getting-started/authentication",
    },
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
    what: "a refresh without a token, which is our mistake",
    status: 400,
    request: token,
    body: { error: "invalid_request", error_description: "The `refresh_token` parameter was missing." },
    expected: { code: "EIO", retryable: false, details: { outcome: "not_done" } },
  },
  { what: "a busy token endpoint", status: 429, request: token, body: "", expected: { code: "EAGAIN" } },
  { what: "a failing token endpoint", status: 503, request: token, body: "", expected: { code: "EIO", retryable: true } },
  { what: "a token answer passes", status: 200, request: token, body: { access_token: "x" }, expected: null },
  { what: "a part of a file passes", status: 206, request: download, body: "bytes", expected: null },
  { what: "a range behind a file's end", status: 416, request: download, body: "", expected: { code: "EINVAL" } },
  { what: "a file that is gone", status: 404, request: download, body: "<Error/>", expected: { code: "ENOENT" } },
  {
    what: "a download address that has aged",
    status: 403,
    request: download,
    body: "<Error/>",
    expected: { code: "EIO", retryable: false },
  },
];
