import { startTestTool } from "@/sandbox/testing";
import type { ToolRequest } from "@/server/transport/send";
import type { AnswerExample, RunningVendor } from "../conformance";
import type { Integration } from "../contract";
import { createGoogleReading } from "./errors";
import { googleWorkspace } from "./index";
import { googleWorkspaceManifest } from "./manifest";

/** Recorded answers of Google and what they mean here, and a sandbox to talk to. */

/** When the examples were answered. */
export const now = Date.UTC(2026, 10, 23, 9);

/** Google read at the time of its recorded answers, with limits that pace no test. */
export const recorded: Integration = {
  ...googleWorkspace,
  reading: createGoogleReading(() => now),
  rateGroups: googleWorkspace.rateGroups.map(({ group }) => ({ group, capacity: 10_000_000, windowMs: 1_000 })),
};

/** A sandbox as the vendor. */
export async function startVendor(settings: Readonly<Record<string, unknown>> = {}): Promise<RunningVendor> {
  const tool = await startTestTool("google-workspace", { settings });
  return { settings: tool.settingsFor(googleWorkspaceManifest), authorize: (scopes) => tool.connect(scopes), close: tool.close };
}

export const driveCall: ToolRequest = {
  method: "GET",
  url: "https://www.googleapis.com/drive/v3/files/1AbC?fields=id",
  repeatability: "safe",
  operation: "drive.files.get",
  authorization: "connection",
};
const token: ToolRequest = { ...driveCall, method: "POST", url: "https://oauth2.googleapis.com/token", operation: "POST /token refresh" };
const revoke: ToolRequest = { ...driveCall, method: "POST", url: "https://oauth2.googleapis.com/revoke", operation: "POST /revoke" };
const docs: ToolRequest = { ...driveCall, url: "https://docs.googleapis.com/v1/documents/1AbC", operation: "docs.documents.get" };

const failed = (code: number, reason: string, message: string, domain = "global") => ({
  error: { code, message, errors: [{ message, domain, reason }] },
});

/** Answers in the shapes of Google's pages on errors and of the issues that the fact sheet names (§10). */
export const examples: readonly AnswerExample[] = [
  { what: "an answer passes", status: 200, body: { id: "1AbC" }, expected: null },
  { what: "nothing new since the etag is an answer", status: 304, body: "", expected: null },
  {
    what: "a refused token, which the token layer renews",
    status: 401,
    body: failed(401, "authError", "Invalid Credentials"),
    expected: { code: "ENOTCONN", retryable: false, details: { vendorStatus: 401 } },
  },
  {
    what: "a scope that the connection lacks, by the header's name",
    status: 403,
    headers: {
      "www-authenticate":
        'Bearer realm="https://accounts.google.com/", error="insufficient_scope", scope="https://www.googleapis.com/auth/drive https://www.googleapis.com/auth/drive.readonly"',
    },
    body: failed(403, "insufficientPermissions", "Request had insufficient authentication scopes."),
    expected: { code: "ESCOPE", details: { scope: "https://www.googleapis.com/auth/drive" } },
  },
  {
    what: "the same in the newer shape, without a name",
    status: 403,
    request: docs,
    body: {
      error: {
        code: 403,
        message: "Request had insufficient authentication scopes.",
        status: "PERMISSION_DENIED",
        details: [{ "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason: "ACCESS_TOKEN_SCOPE_INSUFFICIENT" }],
      },
    },
    expected: { code: "ESCOPE" },
  },
  {
    what: "a person's limit, which Drive says with 403",
    status: 403,
    body: failed(403, "userRateLimitExceeded", "User Rate Limit Exceeded", "usageLimits"),
    expected: { code: "EAGAIN", retryable: true },
  },
  {
    what: "a project's limit, with 403",
    status: 403,
    body: failed(403, "rateLimitExceeded", "Rate Limit Exceeded", "usageLimits"),
    expected: { code: "EAGAIN", retryable: true },
  },
  {
    what: "a limit with Retry-After",
    status: 429,
    headers: { "retry-after": "7" },
    body: failed(429, "rateLimitExceeded", "Rate Limit Exceeded", "usageLimits"),
    expected: { code: "EAGAIN", retryAfterMs: 7_000 },
  },
  {
    what: "Gmail's limit, whose time is in the message",
    status: 429,
    body: failed(429, "rateLimitExceeded", `User-rate limit exceeded.  Retry after ${new Date(now + 42_000).toISOString()}`, "usageLimits"),
    expected: { code: "EAGAIN", retryAfterMs: 42_000 },
  },
  {
    what: "the day's limit of the project, which no wait of a caller mends",
    status: 403,
    body: failed(403, "dailyLimitExceeded", "Daily Limit Exceeded", "usageLimits"),
    expected: { code: "EDQUOT", retryable: false },
  },
  {
    what: "a full account",
    status: 403,
    body: failed(403, "storageQuotaExceeded", "The user's Drive storage quota has been exceeded."),
    expected: { code: "EDQUOT", retryable: false },
  },
  {
    what: "a file that the app did not make",
    status: 403,
    body: failed(403, "appNotAuthorizedToFile", "The user has not granted the app 123 write access to the file 1AbC."),
    expected: { code: "EACCES", retryable: false },
  },
  {
    what: "what the person may not do",
    status: 403,
    body: failed(403, "insufficientFilePermissions", "The user does not have sufficient permissions for file 1AbC."),
    expected: { code: "EACCES" },
  },
  {
    what: "what the administrator forbids",
    status: 403,
    body: failed(403, "domainPolicy", "The domain administrators have disabled Drive apps."),
    expected: { code: "EACCES" },
  },
  {
    what: "an API that is not switched on, which only the operator mends",
    status: 403,
    body: failed(403, "accessNotConfigured", "Google Drive API has not been used in project 123 before or it is disabled.", "usageLimits"),
    expected: { code: "EIO", retryable: false },
  },
  { what: "a refusal without a reason", status: 403, body: "", expected: { code: "EACCES" } },
  {
    what: "a file that has no bytes",
    status: 403,
    body: failed(403, "fileNotDownloadable", "Only files with binary content can be downloaded. Use Export with Docs Editors files."),
    expected: { code: "ENOTSUP" },
  },
  {
    what: "a document too large to be exported",
    status: 403,
    body: failed(403, "exportSizeLimitExceeded", "This file is too large to be exported."),
    expected: { code: "EFBIG" },
  },
  {
    what: "a file that is gone or not shared",
    status: 404,
    body: failed(404, "notFound", "File not found: 1AbC."),
    expected: { code: "ENOENT", retryable: false },
  },
  {
    what: "a document that is gone, in the shape of Docs",
    status: 404,
    request: docs,
    body: { error: { code: 404, message: "Requested entity was not found.", status: "NOT_FOUND" } },
    expected: { code: "ENOENT" },
  },
  {
    what: "an event's id that is taken",
    status: 409,
    body: failed(409, "duplicate", "The requested identifier already exists."),
    expected: { code: "EEXIST" },
  },
  {
    what: "an event that was deleted before",
    status: 410,
    body: failed(410, "deleted", "Resource has been deleted"),
    expected: { code: "ENOENT" },
  },
  {
    what: "a sync token that is too old",
    status: 410,
    body: failed(410, "fullSyncRequired", "Sync token is no longer valid, a full sync is required.", "calendar"),
    expected: { code: "ESTALE", details: { restart: true } },
  },
  {
    what: "an event that was changed since its etag",
    status: 412,
    body: failed(412, "conditionNotMet", "Precondition Failed"),
    expected: { code: "ESTALE" },
  },
  {
    what: "a range that begins behind the end",
    status: 416,
    body: failed(416, "requestedRangeNotSatisfiable", "Request range not satisfiable"),
    expected: { code: "EINVAL" },
  },
  {
    what: "values that Google refuses, in its own words",
    status: 400,
    body: failed(400, "invalidParameter", "Invalid field selection nope"),
    expected: { code: "EINVAL", retryable: false, message: "Google refused the request: Invalid field selection nope" },
  },
  {
    what: "an id that none of Gmail's could be",
    status: 400,
    body: failed(400, "invalidArgument", "Invalid id value"),
    expected: { code: "ENOENT" },
  },
  {
    what: "an Office file at the Docs API",
    status: 400,
    request: docs,
    body: { error: { code: 400, message: "This operation is not supported for this document", status: "FAILED_PRECONDITION" } },
    expected: { code: "EINVAL" },
  },
  {
    what: "a failure inside Google",
    status: 500,
    body: failed(500, "backendError", "Backend Error"),
    expected: { code: "EIO", retryable: true },
  },
  { what: "a gateway's page", status: 502, body: "<html>Bad gateway</html>", expected: { code: "EIO", retryable: true } },
  { what: "a status nobody documented", status: 418, body: "", expected: { code: "EIO", retryable: false } },
  {
    what: "a dead refresh token",
    status: 400,
    request: token,
    body: { error: "invalid_grant", error_description: "Token has been expired or revoked." },
    expected: { code: "ENOTCONN", retryable: false },
  },
  {
    what: "a session that the Workspace wants renewed",
    status: 400,
    request: token,
    body: { error: "invalid_grant", error_subtype: "invalid_rapt", error_description: "reauth related error (invalid_rapt)" },
    expected: { code: "ENOTCONN", retryable: false },
  },
  {
    what: "our own client being refused, which does not end the connection",
    status: 401,
    request: token,
    body: { error: "invalid_client", error_description: "Unauthorized" },
    expected: { code: "EIO", retryable: false, details: { outcome: "not_done" } },
  },
  { what: "a failing token endpoint", status: 503, request: token, body: "", expected: { code: "EIO", retryable: true } },
  { what: "a token answer passes", status: 200, request: token, body: { access_token: "x" }, expected: null },
  {
    what: "a token revoked before, which revoke reads itself",
    status: 400,
    request: revoke,
    body: { error: "invalid_token" },
    expected: null,
  },
  { what: "a revocation that failed", status: 500, request: revoke, body: "", expected: { code: "EIO", retryable: true } },
];
