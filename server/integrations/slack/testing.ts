import { expect } from "vitest";
import { startTestTool } from "@/sandbox/testing";
import type { ToolRequest } from "@/server/transport/send";
import type { AnswerExample } from "../conformance";
import type { Integration } from "../contract";
import { slack } from "./index";

/** What the tests of Slack share: a sandbox without limits in the way, and recorded answers. */

const plenty = 1_000_000;
/** Limits that no test meets by accident. */
export const unlimited = {
  tiers: { tier1: plenty, tier2: plenty, tier3: plenty, tier4: plenty },
  postsPerSecond: plenty,
  postBurst: plenty,
};

/** The connector without its own budget, which would pace a test as it paces a person. */
export const unpaced: Integration = { ...slack, rateGroups: slack.rateGroups.map((group) => ({ ...group, capacity: plenty })) };

/** The token endpoint's answer. */
export interface SlackTokens {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly bot_user_id: string;
  readonly scope: string;
}

/** The simulated Slack without limits; PKCE as the app in the demo has it. */
export const startSlackSandbox = (options: Parameters<typeof startTestTool>[1] = {}) =>
  startTestTool<SlackTokens>("slack", { ...options, settings: { ...unlimited, ...options.settings } });

export const call: ToolRequest = {
  method: "POST",
  url: "https://slack.com/api/conversations.history",
  repeatability: "safe",
  operation: "conversations.history",
  authorization: "connection",
};
const token: ToolRequest = { ...call, url: "https://slack.com/api/oauth.v2.access", operation: "oauth.v2.access refresh" };
const uninstall: ToolRequest = { ...call, url: "https://slack.com/api/apps.uninstall", operation: "apps.uninstall" };

const refused = (error: string, more: Readonly<Record<string, unknown>> = {}) => ({ ok: false, error, ...more });

/** Answers in the shapes of Slack's method pages. */
export const examples: readonly AnswerExample[] = [
  { what: "an answer that is ok passes", status: 200, body: { ok: true, messages: [] }, expected: null },
  { what: "a soft warning passes", status: 200, body: { ok: true, warning: "missing_charset" }, expected: null },
  ...["invalid_auth", "token_revoked", "account_inactive", "not_authed", "token_expired"].map((error) => ({
    what: `${error}, which the token layer renews once`,
    status: 200,
    body: refused(error),
    expected: { code: "ENOTCONN", retryable: false, details: { vendorStatus: 401 } },
  })),
  {
    what: "a scope that is missing, by name",
    status: 200,
    body: refused("missing_scope", { needed: "reactions:write", provided: "chat:write,channels:read" }),
    expected: { code: "ESCOPE", details: { scope: "reactions:write" } },
  },
  { what: "a missing scope without its name", status: 200, body: refused("no_permission"), expected: { code: "EACCES" } },
  {
    what: "a channel that the app is not in, with what to do",
    status: 200,
    body: refused("not_in_channel"),
    expected: { code: "EACCES", message: expect.stringContaining("Invite it") },
  },
  { what: "somebody else's message", status: 200, body: refused("cant_update_message"), expected: { code: "EACCES" } },
  {
    what: "a rule of the workspace, of a family",
    status: 200,
    body: refused("restricted_action_read_only_channel"),
    expected: { code: "EACCES" },
  },
  { what: "an archived channel", status: 200, body: refused("is_archived"), expected: { code: "EACCES" } },
  { what: "a channel that is not there", status: 200, body: refused("channel_not_found"), expected: { code: "ENOENT", retryable: false } },
  { what: "a message that is not there", status: 200, body: refused("message_not_found"), expected: { code: "ENOENT" } },
  { what: "a reaction that is there already", status: 200, body: refused("already_reacted"), expected: { code: "EEXIST" } },
  { what: "a text that is too long", status: 200, body: refused("msg_too_long"), expected: { code: "EFBIG" } },
  { what: "a cursor that is too old", status: 200, body: refused("invalid_cursor"), expected: { code: "EINVAL" } },
  {
    what: "values that Slack refuses, of a family",
    status: 200,
    body: refused("invalid_ts_latest"),
    expected: { code: "EINVAL", message: "Slack refused the values: invalid_ts_latest." },
  },
  { what: "a full plan", status: 200, body: refused("message_limit_exceeded"), expected: { code: "EDQUOT", retryable: false } },
  {
    what: "a limit by status",
    status: 429,
    headers: { "retry-after": "30" },
    body: refused("ratelimited"),
    expected: { code: "EAGAIN", retryable: true },
  },
  { what: "a limit without its status", status: 200, body: refused("ratelimited"), expected: { code: "EAGAIN" } },
  {
    what: "a failure inside Slack, which may have been half done",
    status: 200,
    body: refused("fatal_error"),
    expected: { code: "EIO", retryable: true },
  },
  {
    what: "a request that did not arrive whole, so that nothing was done",
    status: 200,
    body: refused("request_timeout"),
    expected: { code: "EIO", retryable: true, details: { outcome: "not_done" } },
  },
  {
    what: "a gateway's page",
    status: 502,
    body: "<html>Bad gateway</html>",
    expected: { code: "EIO", retryable: true, details: { vendorStatus: 502 } },
  },
  { what: "a page in the place of an answer", status: 200, body: "<html>Sign in</html>", expected: { code: "EIO", retryable: true } },
  {
    what: "an error that nobody documented, by its name",
    status: 200,
    body: refused("strange_new_error"),
    expected: { code: "EIO", retryable: false, message: 'Slack answered with the error "strange_new_error".' },
  },
  {
    what: "an error whose name is not safe to print",
    status: 200,
    body: refused("<script>"),
    expected: { code: "EIO", message: expect.not.stringContaining("<") },
  },
  { what: "a token answer passes", status: 200, request: token, body: { ok: true, access_token: "x" }, expected: null },
  {
    what: "a dead refresh token",
    status: 200,
    request: token,
    body: refused("invalid_refresh_token"),
    expected: { code: "ENOTCONN", retryable: false },
  },
  {
    what: "our own client being refused, which does not end the connection",
    status: 200,
    request: token,
    body: refused("bad_client_secret"),
    expected: { code: "EIO", retryable: false, details: { outcome: "not_done" } },
  },
  { what: "a limit of the token endpoint", status: 429, request: token, body: refused("ratelimited"), expected: { code: "EAGAIN" } },
  {
    what: "a token endpoint that fails",
    status: 200,
    request: token,
    body: refused("internal_error"),
    expected: { code: "EIO", retryable: true },
  },
  {
    what: "a refresh that is refused for what it says",
    status: 200,
    request: token,
    body: refused("invalid_grant_type"),
    expected: { code: "EIO", retryable: false, details: { outcome: "not_done" } },
  },
  {
    what: "a token that is dead already, which revoking reads itself",
    status: 200,
    request: uninstall,
    body: refused("token_revoked"),
    expected: null,
  },
  {
    what: "our own client being refused when it ends the access",
    status: 200,
    request: uninstall,
    body: refused("bad_client_secret"),
    expected: { code: "EIO", details: { outcome: "not_done" } },
  },
  {
    what: "an uninstallation that failed",
    status: 200,
    request: uninstall,
    body: refused("internal_error"),
    expected: { code: "EIO", retryable: true },
  },
];
