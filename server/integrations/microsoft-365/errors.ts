import { z } from "zod";
import { type ErrorCode, type ErrorDetails, HubError } from "@/server/errors";
import { parseRetryAfter } from "@/server/transport/backoff";
import type { ToolRequest, ToolResponse, VendorReading } from "@/server/transport/send";
import { readLimits } from "./limits";

/**
 * Graph's and Entra's failures as HubErrors. Graph answers `{error: {code, message, innerError}}`
 * (https://learn.microsoft.com/graph/errors): the HTTP status decides, and the code where one status means several things. Codes differ
 * in letter case between Outlook and OneDrive, so they are compared without it.
 */

const graphFailure = z.object({
  error: z.object({
    code: z.string().catch(""),
    message: z.string().catch(""),
    innerError: z.object({ "request-id": z.string().optional(), code: z.string().optional() }).optional().catch(undefined),
  }),
});

/** RFC 6749 §5.2, with Entra's numbers, which Microsoft says may change: `error` decides. */
const tokenFailure = z.object({
  error: z.string(),
  error_codes: z.array(z.number()).optional().catch(undefined),
  suberror: z.string().optional().catch(undefined),
});

interface Meaning {
  readonly code: ErrorCode;
  readonly retryable?: boolean;
  readonly says: string;
}

const reconnect: Meaning = { code: "ENOTCONN", says: "Microsoft no longer accepts this connection. Connect Microsoft 365 again." };
const refused: Meaning = { code: "EACCES", says: "Microsoft does not allow this to the person who connected it." };
const gone: Meaning = { code: "ENOENT", says: "Microsoft 365 has no such item, or it was moved." };
const changed: Meaning = { code: "ESTALE", says: "The item was changed in Microsoft 365 since it was read. Read it again." };
const taken: Meaning = { code: "EEXIST", says: "Microsoft 365 already has an item with this name or key." };
const limited: Meaning = { code: "EAGAIN", says: "Microsoft's rate limit is reached. Try again later." };
const full: Meaning = { code: "EDQUOT", says: "The mailbox or drive has reached its quota." };
const outdated: Meaning = { code: "ESTALE", says: "Microsoft no longer takes this place in the list. Start the list again." };
const busy: Meaning = { code: "EIO", retryable: true, says: "Microsoft 365 failed." };

/** Codes, in lower case, that say more than their status. */
const byCode: Readonly<Record<string, Meaning>> = {
  invalidauthenticationtoken: reconnect,
  erroraccessdenied: refused,
  accessdenied: refused,
  erroritemnotfound: gone,
  itemnotfound: gone,
  // An id that is no id, or one of another mailbox: a path that leads nowhere.
  errorinvalididmalformed: gone,
  errorinvalidmailboxitemid: gone,
  // The fact sheet leaves its status open: there is no cloud mailbox behind this account.
  mailboxnotenabledforrestapi: {
    code: "EACCES",
    says: "This account has no mailbox in Microsoft's cloud, so it has no mail, calendar and contacts here.",
  },
  errormailboxnotenabledforrestapi: {
    code: "EACCES",
    says: "This account has no mailbox in Microsoft's cloud, so it has no mail, calendar and contacts here.",
  },
  resourcenotfound: gone,
  errorirresolvableconflict: changed,
  resourcemodified: changed,
  errorchangekeyrequired: changed,
  namealreadyexists: taken,
  errorduplicatetransactionid: taken,
  syncstatenotfound: outdated,
  resyncrequired: outdated,
  resyncchangesapplydifferences: outdated,
  resyncchangesuploaddifferences: outdated,
  applicationthrottled: limited,
  activitylimitreached: limited,
  toomanyrequests: limited,
  mailboxconcurrency: limited,
  quotalimitreached: full,
  errorquotaexceeded: full,
  errormessagesizeexceeded: { code: "EFBIG", says: "The message is larger than the mailbox takes." },
  notallowed: refused,
  servicenotavailable: busy,
  generalexception: busy,
  errorinternalservererror: busy,
  errormailboxstoreunavailable: busy,
};

function byStatus(status: number): Meaning | null {
  if (status === 401) return reconnect;
  if (status === 403) return refused;
  if (status === 404) return gone;
  if (status === 409) return taken;
  if (status === 410) return outdated;
  if (status === 412) return changed;
  if (status === 413) return { code: "EFBIG", says: "Microsoft refused the request as too large." };
  if (status === 423) return { code: "EACCES", says: "The item is locked in Microsoft 365." };
  if (status === 429) return limited;
  if (status === 507) return full;
  if (status === 400 || status === 405 || status === 422) return { code: "EINVAL", says: "Microsoft refused the request" };
  if (status >= 500) return busy;
  return null;
}

function parseJson(response: ToolResponse): unknown {
  try {
    return response.json();
  } catch {
    return null;
  }
}

const requestIdOf = (response: ToolResponse): string | null =>
  response.headers.get("request-id") ?? response.headers.get("x-ms-request-id") ?? response.headers.get("client-request-id");

/** Graph's words without what may be the caller's own text, which it repeats in quotation marks; errors are logged, texts are not. */
const withoutValues = (message: string): string =>
  message
    .replaceAll(/'[^']*'|"[^"]*"/g, "…")
    .replaceAll(/\s+/g, " ")
    .trim()
    .slice(0, 200);

/** The scope that a missing-scope message names, or null: `… requires one of 'Mail.ReadWrite, Mail.Send' …`. */
function readMissingScope(message: string): string | null {
  if (!/scope|permission|privilege/i.test(message)) return null;
  return /\b((?:Mail|Calendars|Files|Contacts|User)\.(?:Read|ReadWrite|Send)(?:\.\w+)?)\b/.exec(message)?.[1] ?? null;
}

function classifyGraph(response: ToolResponse, nowMs: number): HubError | null {
  const { status } = response;
  // 3xx: the caller reads `location` (OneDrive's content) or asked with `If-None-Match`.
  if (status < 400) return null;
  const parsed = graphFailure.safeParse(parseJson(response));
  const failure = parsed.success ? parsed.data.error : { code: "", message: "", innerError: undefined };
  const requestId = requestIdOf(response) ?? failure.innerError?.["request-id"] ?? null;
  const details: ErrorDetails = { vendorStatus: status, ...(requestId === null ? {} : { vendorRequestId: requestId }) };
  const cause = new Error(`Graph: HTTP ${status} ${failure.code}`.trim());

  const statusMeaning = byStatus(status);
  if (status === 416) {
    // RFC 9110 §15.5.17: the answer says how long the file is.
    const size = /^bytes \*\/(\d+)$/.exec(response.headers.get("content-range") ?? "")?.[1];
    const range = { ...details, key: "range", ...(size === undefined ? {} : { limit: Number(size) }) };
    return new HubError("EINVAL", "The file has no such range.", { details: range, cause });
  }
  // A token that is not accepted is one whatever its code is (`InvalidAuthenticationToken`, `insufficient_claims` in `WWW-Authenticate`).
  const meaning = status === 401 ? reconnect : (byCode[failure.code.toLowerCase()] ?? statusMeaning);
  if (meaning === null) return new HubError("EIO", `Microsoft answered with status ${status}.`, { details, cause });
  if (meaning.code === "EACCES") {
    const scope = readMissingScope(failure.message);
    if (scope !== null)
      return new HubError("ESCOPE", `The Microsoft 365 connection lacks the scope "${scope}".`, { details: { ...details, scope }, cause });
  }
  if (meaning.code === "ENOTCONN") return new HubError("ENOTCONN", meaning.says, { details: { ...details, vendorStatus: 401 }, cause });
  if (meaning.code === "EAGAIN") {
    const waitMs = parseRetryAfter(response.headers.get("retry-after"), nowMs);
    return new HubError("EAGAIN", meaning.says, { ...(waitMs === null ? {} : { retryAfterMs: waitMs }), details, cause });
  }
  const words = meaning.code === "EINVAL" && failure.message !== "" ? `${meaning.says}: ${withoutValues(failure.message)}` : meaning.says;
  return new HubError(meaning.code, /[.!?]$/.test(words) ? words : `${words}.`, {
    retryable: meaning.retryable ?? false,
    details: meaning === outdated ? { ...details, restart: true } : details,
    cause,
  });
}

/** `error` values that only a person can mend: signing in again, a second factor, a consent. */
const terminal: ReadonlySet<string> = new Set(["invalid_grant", "interaction_required", "login_required", "consent_required", "bad_token"]);

/** Entra's token endpoint (https://learn.microsoft.com/entra/identity-platform/reference-error-codes). */
function classifyToken(response: ToolResponse, nowMs: number): HubError | null {
  const { status } = response;
  if (status >= 200 && status < 300) return null;
  const parsed = tokenFailure.safeParse(parseJson(response));
  const error = parsed.success ? parsed.data.error : "";
  const numbers = parsed.success ? (parsed.data.error_codes ?? []) : [];
  const cause = new Error(`Entra's token endpoint: ${status} ${error} ${numbers.map((number) => `AADSTS${number}`).join(" ")}`.trim());
  const requestId = requestIdOf(response);
  const details: ErrorDetails = { vendorStatus: status, ...(requestId === null ? {} : { vendorRequestId: requestId }) };
  // 90033 is `temporarily_unavailable` and 50196 a client that asks in a loop; both pass.
  if (error === "temporarily_unavailable" || numbers.includes(90_033)) {
    return new HubError("EIO", "Microsoft's sign-in is not available at the moment.", {
      retryable: true,
      details: { ...details, outcome: "not_done" },
      cause,
    });
  }
  if (status === 429 || numbers.includes(50_196)) {
    const waitMs = parseRetryAfter(response.headers.get("retry-after"), nowMs);
    return new HubError("EAGAIN", limited.says, { ...(waitMs === null ? {} : { retryAfterMs: waitMs }), details, cause });
  }
  if (terminal.has(error)) {
    const says =
      error === "invalid_grant"
        ? "The authorization at Microsoft has ended. Connect Microsoft 365 again."
        : "Microsoft asks the person who connected it to sign in again, or an admin to consent. Connect Microsoft 365 again.";
    return new HubError("ENOTCONN", says, { details, cause });
  }
  const notDone = { details: { ...details, outcome: "not_done" as const }, cause };
  if (error === "invalid_client" || error === "unauthorized_client") {
    return new HubError(
      "EIO",
      "Microsoft does not accept the hub's client id and secret. Whoever runs the hub must check MICROSOFT_365_CLIENT_ID and MICROSOFT_365_CLIENT_SECRET.",
      notDone,
    );
  }
  const message = `Microsoft's token endpoint answered with status ${status}.`;
  if (status >= 400 && status < 500) return new HubError("EIO", message, notDone);
  return new HubError("EIO", message, { retryable: true, details, cause });
}

/** How Microsoft's answers are read; `now` gives epoch milliseconds, against which `Retry-After` dates are measured. */
export function createMicrosoft365Reading(now: () => number): VendorReading {
  return {
    classify(response: ToolResponse, request: ToolRequest): HubError | null {
      if (new URL(request.url).pathname.endsWith("/oauth2/v2.0/token")) return classifyToken(response, now());
      return classifyGraph(response, now());
    },
    limits: readLimits,
    requestId: requestIdOf,
    // `$filter` holds markers and message ids, `$skiptoken` and `token` are the vendor's own, so neither is written down.
    loggedQuery: new Set(["$top", "$select", "$orderby", "$expand", "startDateTime", "endDateTime"]),
  };
}

export const microsoft365Reading = createMicrosoft365Reading(Date.now);
