import { type ErrorCode, HubError } from "@/server/errors";
import { parseRetryAfter } from "@/server/transport/backoff";
import type { ToolRequest, ToolResponse, VendorReading } from "@/server/transport/send";
import { readLimits } from "./limits";
import { apiFailure, oauthFailure } from "./schema/errors";

/**
 * Google's failures as HubErrors. One status stands for many things (403 is a limit, a missing scope or a missing permission), so the
 * reason decides (https://developers.google.com/workspace/drive/api/guides/handle-errors, the like pages of Calendar and Gmail).
 */

interface Meaning {
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly says: string;
}

const refusal = (code: ErrorCode, says: string): Meaning => ({ code, retryable: false, says });
const limited: Meaning = { code: "EAGAIN", retryable: true, says: "Google's rate limit is reached. Try again later." };
const noPermission = refusal("EACCES", "Google does not allow this to the person who connected it.");
const notSetUp = refusal(
  "EIO",
  "The API is not switched on in the hub's Google Cloud project. Whoever runs the hub must enable the Drive, Docs, Calendar and Gmail APIs.",
);

/** By `errors[].reason`, or `details[].reason` of the newer shape. */
const byReason: Readonly<Record<string, Meaning>> = {
  rateLimitExceeded: limited,
  userRateLimitExceeded: limited,
  RATE_LIMIT_EXCEEDED: limited,
  sharingRateLimitExceeded: limited,
  // A day's or a storage limit: waiting as long as a caller does mends neither.
  dailyLimitExceeded: refusal("EDQUOT", "The hub's Google Cloud project has used up its limit for today."),
  quotaExceeded: refusal("EDQUOT", "A usage limit of the Google account is reached."),
  storageQuotaExceeded: refusal("EDQUOT", "The Google account has no storage left."),
  teamDriveFileLimitExceeded: refusal("EDQUOT", "The shared drive can hold no more files."),
  accessNotConfigured: notSetUp,
  SERVICE_DISABLED: notSetUp,
  domainPolicy: refusal("EACCES", "The administrator of the Google Workspace does not allow this app."),
  appNotAuthorizedToFile: refusal("EACCES", "Google lets the hub change only those files that were made with it."),
  insufficientFilePermissions: noPermission,
  insufficientParentPermissions: noPermission,
  teamDriveMembershipRequired: noPermission,
  cannotDownloadFile: refusal("EACCES", "The owner of this file does not let it be downloaded."),
  cannotExportFile: refusal("EACCES", "The owner of this file does not let it be downloaded."),
  cannotDownloadAbusiveFile: refusal("EACCES", "Google marked this file as malware or spam, and gives it to its owner only."),
  requiredAccessLevel: noPermission,
  forbidden: noPermission,
  forbiddenForNonOrganizer: refusal("EACCES", "Only the organizer may change this."),
  fileNotDownloadable: refusal("ENOTSUP", "This file has no bytes of its own to download."),
  fileNotExportable: refusal("ENOTSUP", "Google does not export this kind of file."),
  exportSizeLimitExceeded: refusal("EFBIG", "Google exports at most 10 MB of a document."),
  uploadTooLarge: refusal("EFBIG", "Google refused the request as too large."),
  notFound: refusal("ENOENT", "Google has no such item, or the person who connected it may not see it."),
  duplicate: refusal("EEXIST", "Google already has an item with that id."),
  deleted: refusal("ENOENT", "This was deleted in Google."),
  fullSyncRequired: refusal("ESTALE", "Google no longer knows what was read before. Read it anew."),
  updatedMinTooLongAgo: refusal("ESTALE", "Google no longer knows what was read before. Read it anew."),
  conditionNotMet: refusal("ESTALE", "It was changed in Google since it was read. Read it again."),
  backendError: { code: "EIO", retryable: true, says: "Google failed." },
  internalError: { code: "EIO", retryable: true, says: "Google failed." },
  transientError: { code: "EIO", retryable: true, says: "Google failed." },
};

const scopeReasons = new Set(["insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"]);

/** Where no reason is known: by HTTP status. */
const byStatus: Readonly<Record<number, Meaning>> = {
  400: refusal("EINVAL", "Google refused the request"),
  403: noPermission,
  404: refusal("ENOENT", "Google has no such item, or the person who connected it may not see it."),
  409: refusal("EEXIST", "Google already has an item with that id."),
  410: refusal("ENOENT", "This was deleted in Google."),
  412: refusal("ESTALE", "It was changed in Google since it was read. Read it again."),
  413: refusal("EFBIG", "Google refused the request as too large."),
  416: refusal("EINVAL", "The asked-for range begins behind the end of the file."),
  429: limited,
};

function parseJson(response: ToolResponse): unknown {
  try {
    return response.json();
  } catch {
    return null;
  }
}

/** `WWW-Authenticate: Bearer …, scope="https://…/a https://…/b"` (RFC 6750 §3): any one of them would do, the first is the narrowest. */
function readScope(headers: Headers): string | null {
  const scopes = /scope="([^"]+)"/.exec(headers.get("www-authenticate") ?? "")?.[1];
  return scopes?.split(" ")[0] ?? null;
}

/** Gmail writes "Retry after 2026-11-23T09:00:00.000Z" into the message and sends no header. */
function readWaitMs(message: string, headers: Headers, nowMs: number): number | null {
  const asked = parseRetryAfter(headers.get("retry-after"), nowMs);
  if (asked !== null) return asked;
  const time = /retry after (\d{4}-\d\d-\d\dT[\d:.]+Z)/i.exec(message)?.[1];
  return time === undefined ? null : Math.max(0, Date.parse(time) - nowMs);
}

/** Google's own sentence, without the caller's text, which it quotes. */
const withoutValues = (message: string): string => message.replace(/["'][^"']{40,}["']/g, "…").slice(0, 300);

function classifyApi(response: ToolResponse, nowMs: number): HubError | null {
  // A conditional read that found nothing new is an answer, not a failure.
  if ((response.status >= 200 && response.status < 300) || response.status === 304) return null;
  const failure = apiFailure.safeParse(parseJson(response));
  const error = failure.success ? failure.data.error : null;
  const message = error?.message ?? "";
  const reasons = [...(error?.errors ?? []), ...(error?.details ?? [])].flatMap(({ reason }) => (reason ? [reason] : []));
  const details = { vendorStatus: response.status };
  const cause = new Error(`Google: ${response.status} ${reasons.join(", ")} ${withoutValues(message)}`.trim());
  if (response.status === 401) {
    return new HubError("ENOTCONN", "Google no longer accepts this connection. Connect Google Workspace again.", { details, cause });
  }
  if (reasons.some((reason) => scopeReasons.has(reason))) {
    const scope = readScope(response.headers);
    const named = scope === null ? "a scope that this needs" : `the scope "${scope}"`;
    return new HubError("ESCOPE", `The Google connection lacks ${named}.`, {
      details: { ...details, ...(scope === null ? {} : { scope }) },
      cause,
    });
  }
  // Gmail says so of an id that none of its ids could be: there is no such message.
  const reason = /^invalid id value$/i.test(message) ? "notFound" : reasons.find((one) => Object.hasOwn(byReason, one));
  const meaning = (reason === undefined ? undefined : byReason[reason]) ?? byStatus[response.status];
  if (meaning === undefined) {
    return new HubError("EIO", `Google answered with status ${response.status}.`, { retryable: response.status >= 500, details, cause });
  }
  const says =
    meaning.code === "EINVAL" && response.status === 400 ? `${meaning.says}: ${withoutValues(message) || "no reason given"}` : meaning.says;
  const waitMs = meaning.code === "EAGAIN" ? readWaitMs(message, response.headers, nowMs) : null;
  return new HubError(meaning.code, says, {
    retryable: meaning.retryable,
    ...(waitMs === null ? {} : { retryAfterMs: waitMs }),
    details: { ...details, ...(reason === "fullSyncRequired" || reason === "updatedMinTooLongAgo" ? { restart: true } : {}) },
    cause,
  });
}

/** OAuth's own calls (RFC 6749 §5.2). Only `invalid_grant` ends a connection; all else is our configuration or a passing failure. */
function classifyToken(response: ToolResponse): HubError | null {
  if (response.status >= 200 && response.status < 300) return null;
  const failure = oauthFailure.safeParse(parseJson(response));
  const error = failure.success ? failure.data.error : "";
  const subtype = failure.success ? (failure.data.error_subtype ?? "") : "";
  const cause = new Error(`Google's token endpoint: ${response.status} ${error} ${subtype}`.trim());
  const details = { vendorStatus: response.status };
  if (error === "invalid_grant") {
    // `invalid_rapt`: the Workspace's session control wants the person to sign in again, which reconnecting does.
    return new HubError("ENOTCONN", "The authorization at Google has ended. Connect Google Workspace again.", { details, cause });
  }
  if (error === "admin_policy_enforced") {
    return new HubError("ENOTCONN", "The administrator of the Google Workspace does not allow this app any more.", { details, cause });
  }
  if (response.status === 429) return new HubError("EAGAIN", limited.says, { details, cause });
  const refused = { details: { ...details, outcome: "not_done" as const }, cause };
  if (error === "invalid_client" || error === "unauthorized_client") {
    return new HubError(
      "EIO",
      "Google does not accept the hub's client id and secret. Whoever runs the hub must check GOOGLE_WORKSPACE_CLIENT_ID and GOOGLE_WORKSPACE_CLIENT_SECRET.",
      refused,
    );
  }
  const message = `Google's token endpoint answered with status ${response.status}.`;
  if (response.status >= 400 && response.status < 500) return new HubError("EIO", message, refused);
  return new HubError("EIO", message, { retryable: true, details, cause });
}

/** How Google's answers are read; `now` gives epoch milliseconds, against which its times are measured. */
export function createGoogleReading(now: () => number): VendorReading {
  return {
    classify(response: ToolResponse, request: ToolRequest): HubError | null {
      const path = new URL(request.url).pathname;
      // 400 `invalid_token` is an answer that `revoke` reads itself.
      if (path === "/revoke") return [200, 400].includes(response.status) ? null : classifyToken(response);
      if (path === "/token") return classifyToken(response);
      return classifyApi(response, now());
    },
    limits: readLimits,
    // Google's request ids are for its own systems; no header of the APIs carries one that its support asks for.
    requestId: () => null,
    loggedQuery: new Set([
      "alt",
      "fields",
      "pageSize",
      "maxResults",
      "corpora",
      "supportsAllDrives",
      "includeItemsFromAllDrives",
      "includeTabsContent",
      "suggestionsViewMode",
      "mimeType",
      "uploadType",
      "format",
      "singleEvents",
      "sendUpdates",
      "timeMin",
      "timeMax",
    ]),
  };
}

export const googleReading = createGoogleReading(Date.now);
