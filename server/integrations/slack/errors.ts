import { type ErrorCode, HubError } from "@/server/errors";
import type { ToolRequest, ToolResponse, VendorReading } from "@/server/transport/send";
import { readLimits } from "./limits";
import { envelope } from "./schema";

/**
 * Slack's failures as HubErrors. A failed call is HTTP 200 with `ok: false` and an `error` from a list that each method has; of the statuses only
 * 429 and those of gateways mean something.
 */

interface Meaning {
  readonly code: ErrorCode;
  readonly says: string;
  readonly retryable?: boolean;
  readonly outcome?: "not_done";
}

const ended = "Slack no longer accepts this connection. Connect Slack again.";
const missing = (what: string): Meaning => ({ code: "ENOENT", says: `Slack has no such ${what}, or the app may not see it.` });
const refused = (says: string): Meaning => ({ code: "EACCES", says });
const passing: Meaning = { code: "EIO", says: "Slack failed.", retryable: true };

/** Errors that say the token is not accepted; the token layer then renews it once. */
const tokenErrors = new Set(["invalid_auth", "token_revoked", "token_expired", "account_inactive", "not_authed"]);

const meanings: Readonly<Record<string, Meaning>> = {
  channel_not_found: missing("conversation"),
  message_not_found: missing("message"),
  thread_not_found: missing("thread"),
  user_not_found: missing("person"),
  user_not_visible: missing("person"),
  users_not_found: missing("person"),
  file_not_found: missing("file"),
  no_reaction: missing("reaction"),
  already_reacted: { code: "EEXIST", says: "The app has reacted with this emoji already." },
  not_in_channel: refused("The app is not in this conversation. Invite it in Slack (/invite and the app's name), then try again."),
  is_archived: refused("This conversation is archived in Slack. Unarchive it there first."),
  cant_update_message: refused("Slack lets an app edit only messages that it posted itself."),
  cant_delete_message: refused("Slack lets an app delete only messages that it posted itself."),
  edit_window_closed: refused("The time in which this Slack workspace lets messages be edited is over."),
  compliance_exports_prevent_deletion: refused("This Slack workspace keeps its messages for compliance; they cannot be deleted."),
  ekm_access_denied: refused("The administrators of this Slack workspace have suspended access to its messages."),
  org_login_required: refused("This Slack workspace is being moved into an organisation; nothing can be done until that is over."),
  team_access_not_granted: refused("The app is not allowed in this Slack workspace of the organisation. Its administrators can allow it."),
  accesslimited: refused("Slack allows this app no access from here."),
  access_denied: refused("Slack does not allow this to the app."),
  method_not_supported_for_channel_type: { code: "ENOTSUP", says: "Slack has no such call for this kind of conversation." },
  too_many_emoji: { code: "EDQUOT", says: "This message has as many different reactions as Slack allows." },
  too_many_reactions: { code: "EDQUOT", says: "The app has reacted to this message as often as Slack allows." },
  message_limit_exceeded: { code: "EDQUOT", says: "The Slack workspace has reached the number of messages of its plan." },
  msg_too_long: { code: "EFBIG", says: "The message is longer than Slack allows." },
  metadata_too_large: { code: "EFBIG", says: "What the hub adds to the message is larger than Slack allows." },
  no_text: { code: "EINVAL", says: "A message needs some text." },
  invalid_name: { code: "EINVAL", says: "Slack has no emoji of this name." },
  invalid_cursor: { code: "EINVAL", says: "Slack no longer takes this cursor. Start the list again." },
  ratelimited: { code: "EAGAIN", says: "Slack's rate limit is reached. Try again later." },
  rate_limited: { code: "EAGAIN", says: "Slack's rate limit is reached. Try again later." },
  internal_error: passing,
  fatal_error: passing,
  service_unavailable: passing,
  // "The POST data was either missing or truncated": nothing was read, so nothing was done.
  request_timeout: { ...passing, says: "Slack did not get the whole request.", outcome: "not_done" },
  team_added_to_org: { ...passing, says: "This Slack workspace is being moved into an organisation.", outcome: "not_done" },
};

/** Errors that come in families. */
const families: readonly (readonly [RegExp, Meaning])[] = [
  [/^restricted_action/, refused("A setting of this Slack workspace forbids this to the app. Its administrators can allow it.")],
  [/^(?:invalid|bad|missing)_|_(?:too_long|too_short)$/, { code: "EINVAL", says: "Slack refused the values" }],
];

/** An error's name as Slack may send it, safe to print. */
const printable = (error: string): string => (/^[a-z0-9_.:-]{1,80}$/i.test(error) ? error : "an unnamed error");

const causePrefix = "Slack: ";

/** Slack's own name of what failed (`no_reaction`), or null for an error that is not of a call of its API. */
export function slackErrorOf(error: unknown): string | null {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause.message.startsWith(causePrefix)) return cause.message.slice(causePrefix.length);
  }
  return null;
}

function meaningOf(error: string): Meaning | undefined {
  if (Object.hasOwn(meanings, error)) return meanings[error];
  return families.find(([pattern]) => pattern.test(error))?.[1];
}

function parseBody(response: ToolResponse): ReturnType<typeof envelope.safeParse> {
  try {
    return envelope.safeParse(response.json());
  } catch {
    return envelope.safeParse(null);
  }
}

/** A call of the API. */
function classifyCall(response: ToolResponse): HubError | null {
  const details = { vendorStatus: response.status };
  if (response.status === 429) {
    return new HubError("EAGAIN", "Slack's rate limit is reached. Try again later.", { details });
  }
  const body = parseBody(response);
  const isSuccess = response.status >= 200 && response.status < 300;
  if (!body.success) {
    const cause = new Error(`Slack: HTTP ${response.status}`);
    const message = isSuccess ? "Slack's answer is not one of its API." : `Slack answered with status ${response.status}.`;
    return new HubError("EIO", message, { retryable: isSuccess || response.status >= 500, details, cause });
  }
  if (body.data.ok) return null;
  const error = printable(body.data.error ?? "");
  const cause = new Error(`${causePrefix}${error}`);
  if (tokenErrors.has(error)) return new HubError("ENOTCONN", ended, { details: { vendorStatus: 401 }, cause });
  if (error === "missing_scope" || error === "no_permission") {
    const scope = body.data.needed?.split(",")[0]?.trim();
    if (scope === undefined || scope === "") {
      return new HubError("EACCES", "Slack does not allow this with the scopes that the connection has.", { details, cause });
    }
    return new HubError("ESCOPE", `The Slack connection lacks the scope "${printable(scope)}".`, {
      details: { ...details, scope: printable(scope) },
      cause,
    });
  }
  const meaning = meaningOf(error);
  if (meaning === undefined) return new HubError("EIO", `Slack answered with the error "${error}".`, { details, cause });
  const message = meaning.code === "EINVAL" && !meaning.says.endsWith(".") ? `${meaning.says}: ${error}.` : meaning.says;
  return new HubError(meaning.code, message, {
    ...(meaning.retryable === undefined ? {} : { retryable: meaning.retryable }),
    details: { ...details, ...(meaning.outcome === undefined ? {} : { outcome: meaning.outcome }) },
    cause,
  });
}

/** Refusals of a refresh that only a person can mend. */
const deadGrant = new Set(["invalid_refresh_token", "token_revoked", "token_expired", "account_inactive", "invalid_auth"]);
/** Refusals of the app itself. */
const deadClient = new Set(["bad_client_secret", "invalid_client_id", "invalid_client"]);

const clientRefused = (details: { readonly vendorStatus: number }, cause: Error): HubError =>
  new HubError(
    "EIO",
    "Slack does not accept the hub's client id and secret. Whoever runs the hub must check SLACK_CLIENT_ID and SLACK_CLIENT_SECRET.",
    { details: { ...details, outcome: "not_done" }, cause },
  );

/** The token endpoint: the grant's end, the hub's own configuration, or a passing failure. */
function classifyToken(response: ToolResponse): HubError | null {
  const body = parseBody(response);
  if (!body.success || response.status === 429) return classifyCall(response);
  if (body.data.ok) return null;
  const error = printable(body.data.error ?? "");
  const cause = new Error(`Slack's token endpoint: ${error}`);
  const details = { vendorStatus: response.status };
  if (deadGrant.has(error)) {
    return new HubError("ENOTCONN", "The authorization at Slack has ended. Connect Slack again.", { details, cause });
  }
  if (deadClient.has(error)) return clientRefused(details, cause);
  const meaning = meaningOf(error);
  if (meaning?.code === "EAGAIN") return new HubError("EAGAIN", meaning.says, { details, cause });
  if (meaning?.retryable === true) return new HubError("EIO", meaning.says, { retryable: true, details, cause });
  return new HubError("EIO", `Slack's token endpoint answered with the error "${error}".`, {
    details: { ...details, outcome: "not_done" },
    cause,
  });
}

export const slackReading: VendorReading = {
  classify(response: ToolResponse, request: ToolRequest): HubError | null {
    const { pathname } = new URL(request.url);
    if (pathname.endsWith("/oauth.v2.access")) return classifyToken(response);
    if (pathname.endsWith("/apps.uninstall") && response.status === 200) {
      const error = parseBody(response).data?.error ?? "";
      // A refused token is an answer that `revoke` reads itself: it may be what it wants to see.
      if (tokenErrors.has(error)) return null;
      if (deadClient.has(error)) return clientRefused({ vendorStatus: response.status }, new Error(`${causePrefix}${error}`));
    }
    return classifyCall(response);
  },
  limits: readLimits,
  requestId: (response) => response.headers.get("x-slack-req-id"),
  // Everything is in the body: no query parameter is worth a line.
  loggedQuery: new Set<string>(),
};
