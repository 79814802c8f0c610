import type { ToolRequest } from "@/server/transport/send";
import type { AnswerExample } from "../conformance";

/** Recorded answers of Graph and Entra, and what they mean here. */

/** When the examples were answered. */
export const now = Date.UTC(2026, 10, 23);
export const graphCall: ToolRequest = {
  method: "GET",
  url: "https://graph.microsoft.com/v1.0/me/messages/AAkALg",
  repeatability: "safe",
  operation: "GET /me/messages/{id}",
  authorization: "connection",
};
const token: ToolRequest = {
  ...graphCall,
  method: "POST",
  url: "https://login.microsoftonline.com/common/oauth2/v2.0/token",
  operation: "POST /oauth2/v2.0/token refresh",
};

export const failed = (code: string, message: string) => ({
  error: { code, message, innerError: { date: "2026-11-23T09:00:00", "request-id": "3f1b", "client-request-id": "3f1b" } },
});

const entra = (error: string, number: number, description: string, more: object = {}) => ({
  error,
  error_description: `AADSTS${number}: ${description}`,
  error_codes: [number],
  timestamp: "2026-11-23 09:00:00Z",
  trace_id: "t",
  correlation_id: "c",
  ...more,
});

/** Answers in the shapes of Microsoft's documentation and of the issues that the fact sheet names. */
export const examples: readonly AnswerExample[] = [
  { what: "an answer", status: 200, body: { id: "1" }, expected: null },
  { what: "an accepted mail, which has no body", status: 202, body: "", expected: null },
  {
    what: "a redirect to a file's content",
    status: 302,
    headers: { location: "https://contoso.sharepoint.com/x" },
    body: "",
    expected: null,
  },
  {
    what: "a token that ended, which the token layer renews",
    status: 401,
    body: failed("InvalidAuthenticationToken", "Lifetime validation failed, the token is expired."),
    expected: { code: "ENOTCONN", retryable: false, details: { vendorStatus: 401, vendorRequestId: "3f1b" } },
  },
  {
    what: "a claims challenge, which a new token does not mend: the second refusal asks for a person",
    status: 401,
    headers: { "www-authenticate": 'Bearer realm="", error="insufficient_claims", claims="eyJ9"' },
    body: failed("InvalidAuthenticationToken", "Continuous access evaluation resulted in challenge."),
    expected: { code: "ENOTCONN", details: { vendorStatus: 401 } },
  },
  { what: "a refused token without a body", status: 401, body: "", expected: { code: "ENOTCONN", details: { vendorStatus: 401 } } },
  {
    what: "what the consent or a policy does not allow, in Outlook's words",
    status: 403,
    body: failed("ErrorAccessDenied", "Access is denied. Check credentials and try again."),
    expected: { code: "EACCES", retryable: false },
  },
  { what: "the same in OneDrive's words", status: 403, body: failed("accessDenied", "Access denied"), expected: { code: "EACCES" } },
  {
    what: "a permission that is missing, by name",
    status: 403,
    body: failed("Forbidden", "Insufficient permissions: one of the scopes 'Mail.ReadWrite' is required."),
    expected: { code: "ESCOPE", details: { scope: "Mail.ReadWrite" } },
  },
  {
    what: "an account without a cloud mailbox",
    status: 404,
    body: failed("MailboxNotEnabledForRESTAPI", "The mailbox is either inactive, soft-deleted, or is hosted on-premise."),
    expected: {
      code: "EACCES",
      message: "This account has no mailbox in Microsoft's cloud, so it has no mail, calendar and contacts here.",
    },
  },
  {
    what: "an item that is gone or moved",
    status: 404,
    body: failed("ErrorItemNotFound", "The specified object was not found in the store."),
    expected: { code: "ENOENT", retryable: false },
  },
  {
    what: "a file that is gone",
    status: 404,
    body: failed("itemNotFound", "The resource could not be found."),
    expected: { code: "ENOENT" },
  },
  {
    what: "an id that is none, which is a path that leads nowhere",
    status: 400,
    body: failed("ErrorInvalidIdMalformed", "Id is malformed."),
    expected: { code: "ENOENT" },
  },
  {
    what: "a request that Graph does not understand, without the caller's words",
    status: 400,
    body: failed("BadRequest", "Invalid filter clause: Syntax error at 'my secret'."),
    expected: { code: "EINVAL", message: "Microsoft refused the request: Invalid filter clause: Syntax error at …." },
  },
  {
    what: "a change key of before somebody else's change",
    status: 412,
    body: failed("ErrorIrresolvableConflict", "The send or update operation could not be performed because the change key passed is old."),
    expected: { code: "ESTALE", retryable: false },
  },
  {
    what: "the same in OneDrive's words",
    status: 412,
    body: failed("resourceModified", "ETag does not match."),
    expected: { code: "ESTALE" },
  },
  { what: "a name that is taken", status: 409, body: failed("nameAlreadyExists", "Name already exists"), expected: { code: "EEXIST" } },
  {
    what: "a delta link that aged",
    status: 410,
    headers: { location: "https://graph.microsoft.com/v1.0/me/drive/root/delta?token=x" },
    body: failed("resyncRequired", "Resync required."),
    expected: { code: "ESTALE", details: { restart: true } },
  },
  {
    what: "Outlook's word for the same",
    status: 400,
    body: failed("SyncStateNotFound", "The sync state generation is not found."),
    expected: { code: "ESTALE", details: { restart: true } },
  },
  {
    what: "a limit that is spent, with its wait",
    status: 429,
    headers: { "retry-after": "12" },
    body: failed("ApplicationThrottled", "Application is over its MailboxConcurrency limit."),
    expected: { code: "EAGAIN", retryable: true, retryAfterMs: 12_000 },
  },
  {
    what: "a wait as a date",
    status: 429,
    headers: { "retry-after": new Date(now + 9_000).toUTCString() },
    body: failed("activityLimitReached", "The app or user has been throttled."),
    expected: { code: "EAGAIN", retryAfterMs: 9_000 },
  },
  {
    what: "a range behind the end of a file",
    status: 416,
    headers: { "content-range": "bytes */5000" },
    body: "",
    expected: { code: "EINVAL", details: { key: "range", limit: 5_000 } },
  },
  { what: "a locked file", status: 423, body: failed("resourceLocked", "The resource is locked."), expected: { code: "EACCES" } },
  {
    what: "a full drive",
    status: 507,
    body: failed("quotaLimitReached", "Insufficient space"),
    expected: { code: "EDQUOT", retryable: false },
  },
  { what: "a page that took too long", status: 504, body: failed("UnknownError", ""), expected: { code: "EIO", retryable: true } },
  { what: "a gateway's page", status: 502, body: "<html>Bad gateway</html>", expected: { code: "EIO", retryable: true } },
  {
    what: "a status nobody documented",
    status: 418,
    headers: { "request-id": "9d2c" },
    body: failed("Strange", "?"),
    expected: { code: "EIO", retryable: false, details: { vendorStatus: 418, vendorRequestId: "9d2c" } },
  },
  {
    what: "a refresh token that was not used for 90 days",
    status: 400,
    request: token,
    body: entra("invalid_grant", 700082, "The refresh token has expired due to inactivity."),
    expected: { code: "ENOTCONN", retryable: false },
  },
  {
    what: "a grant that an admin revoked",
    status: 400,
    request: token,
    body: entra("invalid_grant", 50173, "The provided grant has expired due to it being revoked."),
    expected: { code: "ENOTCONN" },
  },
  {
    what: "a second factor that is asked for",
    status: 400,
    request: token,
    body: entra("interaction_required", 50076, "You must use multi-factor authentication.", { suberror: "basic_action", claims: "{}" }),
    expected: { code: "ENOTCONN", retryable: false },
  },
  {
    what: "a consent that was taken back",
    status: 400,
    request: token,
    body: entra("consent_required", 65001, "The user or administrator has not consented."),
    expected: { code: "ENOTCONN" },
  },
  {
    what: "the hub's secret being wrong, which does not end the connection",
    status: 401,
    request: token,
    body: entra("invalid_client", 7000215, "Invalid client secret provided."),
    expected: { code: "EIO", retryable: false, details: { outcome: "not_done" } },
  },
  {
    what: "an app that the tenant does not know",
    status: 400,
    request: token,
    body: entra("unauthorized_client", 700016, "Application was not found in the directory."),
    expected: { code: "EIO", details: { outcome: "not_done" } },
  },
  {
    what: "a scope that does not exist",
    status: 400,
    request: token,
    body: entra("invalid_scope", 70011, "The provided value for the input parameter 'scope' is not valid."),
    expected: { code: "EIO", retryable: false },
  },
  {
    what: "an outage of the sign-in",
    status: 503,
    request: token,
    body: entra("temporarily_unavailable", 90033, "A transient error has occurred."),
    expected: { code: "EIO", retryable: true, details: { outcome: "not_done" } },
  },
  {
    what: "a client that asks in a loop",
    status: 400,
    request: token,
    body: entra("invalid_request", 50196, "The server terminated an operation because it encountered a client request loop."),
    expected: { code: "EAGAIN" },
  },
  { what: "a failing token endpoint", status: 500, request: token, body: "", expected: { code: "EIO", retryable: true } },
  { what: "a token answer", status: 200, request: token, body: { access_token: "x" }, expected: null },
];
