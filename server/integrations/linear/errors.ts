import { type ErrorCode, HubError } from "@/server/errors";
import { longestWaitMs, parseRetryAfter } from "@/server/transport/backoff";
import type { ToolRequest, ToolResponse, VendorReading } from "@/server/transport/send";
import { readLimits } from "./limits";
import { type GraphqlError, graphqlAnswer, oauthFailure } from "./schema";

/**
 * Linear's failures as HubErrors. GraphQL errors can come with HTTP 200 and beside partial data, so the body decides, by
 * `extensions.type` as Linear's own SDK does (linear/linear packages/sdk/src/error.ts); partial data counts as a failure.
 */

/** What an error of each `extensions.type` is here; an unknown type is EIO. */
const byType: Readonly<Record<string, { code: ErrorCode; retryable: boolean; says: string }>> = {
  "authentication error": { code: "ENOTCONN", retryable: false, says: "Linear no longer accepts this connection. Connect Linear again." },
  forbidden: { code: "EACCES", retryable: false, says: "Linear does not allow this to the person who connected it." },
  "feature not accessible": { code: "EACCES", retryable: false, says: "The Linear workspace's plan does not have this feature." },
  ratelimited: { code: "EAGAIN", retryable: true, says: "Linear's rate limit is reached. Try again later." },
  "usage limit exceeded": { code: "EDQUOT", retryable: false, says: "The Linear workspace has reached a limit of its plan." },
  "invalid input": { code: "EINVAL", retryable: false, says: "Linear refused the values" },
  "user error": { code: "EINVAL", retryable: false, says: "Linear refused the request" },
  "graphql error": { code: "EINVAL", retryable: false, says: "Linear refused the request" },
  "internal error": { code: "EIO", retryable: true, says: "Linear failed." },
  "network error": { code: "EIO", retryable: true, says: "Linear could not be reached." },
  "lock timeout": { code: "EIO", retryable: true, says: "Linear was too busy with this record." },
  "bootstrap error": { code: "EIO", retryable: true, says: "Linear failed." },
};

/** `extensions.code` where the type is missing. */
const typeOfCode: Readonly<Record<string, string>> = {
  AUTHENTICATION_ERROR: "authentication error",
  FORBIDDEN: "forbidden",
  RATELIMITED: "ratelimited",
  USAGE_LIMIT_EXCEEDED: "usage limit exceeded",
  INPUT_ERROR: "invalid input",
  INVALID_INPUT: "invalid input",
  GRAPHQL_VALIDATION_FAILED: "graphql error",
  INTERNAL_SERVER_ERROR: "internal error",
};

/** Of several errors, the one that decides: what no repetition mends before what one may. */
const weight: Readonly<Record<string, number>> = {
  ENOTCONN: 6,
  ESCOPE: 5,
  EACCES: 4,
  EDQUOT: 4,
  ENOENT: 3,
  EINVAL: 3,
  EEXIST: 3,
  EAGAIN: 2,
  EIO: 1,
};

const resetHeaders = ["x-ratelimit-requests", "x-ratelimit-complexity", "x-ratelimit-endpoint-requests"] as const;

/** Milliseconds to wait by `Retry-After` or by the latest reset of an empty limit (resets are epoch milliseconds); null when it does not say. */
function readWaitMs(headers: Headers, nowMs: number): number | null {
  const asked = parseRetryAfter(headers.get("retry-after"), nowMs);
  if (asked !== null) return asked;
  const resets = resetHeaders.flatMap((name) => {
    const reset = Number(headers.get(`${name}-reset`) ?? Number.NaN);
    return Number.isFinite(reset) ? [{ reset, empty: headers.get(`${name}-remaining`) === "0" }] : [];
  });
  const relevant = resets.some((one) => one.empty) ? resets.filter((one) => one.empty) : resets;
  const latest = Math.max(...relevant.map((one) => one.reset));
  return Number.isFinite(latest) ? Math.min(longestWaitMs, Math.max(0, latest - nowMs)) : null;
}

/** The scope a "missing scope" message names, or null. Linear's words: `Invalid scope: \`write\` required`. */
function readMissingScope(message: string): string | null {
  if (!/scope/i.test(message)) return null;
  return /[`'":\s](read|write|admin|issues:create|comments:create|timeSchedule:write)\b/.exec(message)?.[1] ?? null;
}

/** A message without the caller's own text, which a GraphQL library repeats in "got invalid value"; errors are logged, files are not. */
const withoutValues = (message: string): string =>
  message
    .replace(/got invalid value [\s\S]*/, "got an invalid value.")
    .trim()
    .slice(0, 300);

/** Linear's own sentence for people where it has one; never more than 300 characters of it. */
const sentenceOf = (error: GraphqlError): string => withoutValues(error.extensions.userPresentableMessage ?? error.message);

function mapGraphqlError(error: GraphqlError, response: ToolResponse, requestId: string | null, nowMs: number): HubError {
  const details = { vendorStatus: response.status, ...(requestId === null ? {} : { vendorRequestId: requestId }) };
  const type = (error.extensions.type ?? typeOfCode[error.extensions.code ?? ""] ?? "").toLowerCase();
  const cause = new Error(`Linear: ${withoutValues(error.message)}`);
  const status = error.extensions.statusCode ?? response.status;
  const words = sentenceOf(error);

  if (type === "ratelimited" || status === 429) {
    const waitMs = readWaitMs(response.headers, nowMs);
    return new HubError("EAGAIN", "Linear's rate limit is reached. Try again later.", {
      ...(waitMs === null ? {} : { retryAfterMs: waitMs }),
      details,
      cause,
    });
  }
  if (type === "authentication error" || status === 401) {
    return new HubError("ENOTCONN", "Linear no longer accepts this connection. Connect Linear again.", {
      details: { ...details, vendorStatus: 401 },
      cause,
    });
  }
  const scope = readMissingScope(error.message);
  if (scope !== null && (type === "forbidden" || type === "" || status === 403)) {
    return new HubError("ESCOPE", `The Linear connection lacks the scope "${scope}".`, { details: { ...details, scope }, cause });
  }
  // No type of its own: a missing record is an invalid input whose message starts so.
  if (/^entity not found/i.test(error.message)) {
    return new HubError("ENOENT", "Linear has no such record, or the person who connected it may not see it.", { details, cause });
  }
  if (/conflict on insert|already exists/i.test(error.message)) {
    return new HubError("EEXIST", "Linear already has a record with that id.", { details, cause });
  }
  const known = byType[type];
  if (known !== undefined) {
    const message = known.code === "EINVAL" ? `${known.says}: ${words}` : known.says;
    return new HubError(known.code, message, {
      retryable: known.retryable,
      details,
      cause,
    });
  }
  return mapStatus(response.status === 200 ? status : response.status, details, cause);
}

/** A failure without a readable GraphQL error: by HTTP status. */
function mapStatus(status: number, details: Readonly<Record<string, unknown>>, cause: Error): HubError {
  const options = { details, cause };
  if (status === 403) return new HubError("EACCES", "Linear does not allow this to the person who connected it.", options);
  if (status === 404) return new HubError("ENOENT", "Linear has no such record.", options);
  if (status === 413) return new HubError("EFBIG", "Linear refused the request as too large.", options);
  if (status === 429) return new HubError("EAGAIN", "Linear's rate limit is reached. Try again later.", options);
  return new HubError("EIO", `Linear answered with status ${status}.`, { ...options, retryable: status >= 500 });
}

/** OAuth's own calls (RFC 6749 §5.2). Only `invalid_grant` ends a connection; all else is our configuration or a passing failure. */
function classifyToken(response: ToolResponse, nowMs: number): HubError | null {
  if (response.status >= 200 && response.status < 300) return null;
  const failure = oauthFailure.safeParse(parseJson(response));
  const error = failure.success ? failure.data.error : "";
  const cause = new Error(`Linear's token endpoint: ${response.status} ${error}`.trim());
  const details = { vendorStatus: response.status };
  if (error === "invalid_grant") {
    return new HubError("ENOTCONN", "The authorization at Linear has ended. Connect Linear again.", { details, cause });
  }
  if (response.status === 429 || /ratelimited/i.test(error)) {
    const waitMs = readWaitMs(response.headers, nowMs);
    return new HubError("EAGAIN", "Linear's rate limit is reached. Try again later.", {
      ...(waitMs === null ? {} : { retryAfterMs: waitMs }),
      details,
      cause,
    });
  }
  // The endpoint answered and refused, so nothing was rotated.
  const refused = { details: { ...details, outcome: "not_done" as const }, cause };
  if (error === "invalid_client" || error === "unauthorized_client") {
    return new HubError(
      "EIO",
      "Linear does not accept the hub's client id and secret. Whoever runs the hub must check LINEAR_CLIENT_ID and LINEAR_CLIENT_SECRET.",
      refused,
    );
  }
  const message = `Linear's token endpoint answered with status ${response.status}.`;
  if (response.status >= 400 && response.status < 500) return new HubError("EIO", message, refused);
  return new HubError("EIO", message, { retryable: true, details, cause });
}

function parseJson(response: ToolResponse): unknown {
  try {
    return response.json();
  } catch {
    return null;
  }
}

const requestIdOf = (response: ToolResponse): string | null => response.headers.get("x-request-id") ?? response.headers.get("cf-ray");

/** How Linear's answers are read; `now` gives epoch milliseconds, against which its resets are measured. */
export function createLinearReading(now: () => number): VendorReading {
  return {
    classify(response: ToolResponse, request: ToolRequest): HubError | null {
      const path = new URL(request.url).pathname;
      // 400 "already revoked" and 401 are answers that `revoke` reads itself.
      if (path === "/oauth/revoke") return [200, 400, 401].includes(response.status) ? null : classifyToken(response, now());
      if (path === "/oauth/token") return classifyToken(response, now());

      const answer = graphqlAnswer.safeParse(parseJson(response));
      const errors = answer.success ? (answer.data.errors ?? []) : [];
      const requestId = requestIdOf(response);
      const mapped = errors.map((error) => mapGraphqlError(error, response, requestId, now()));
      const [worst] = mapped.sort((a, b) => (weight[b.code] ?? 0) - (weight[a.code] ?? 0));
      if (worst !== undefined) return worst;
      if (response.status >= 200 && response.status < 300) return null;
      const details = { vendorStatus: response.status, ...(requestId === null ? {} : { vendorRequestId: requestId }) };
      const cause = new Error(`Linear: HTTP ${response.status}`);
      if (response.status === 401) {
        return new HubError("ENOTCONN", "Linear no longer accepts this connection. Connect Linear again.", { details, cause });
      }
      const waitMs = response.status === 429 ? readWaitMs(response.headers, now()) : null;
      if (waitMs !== null) {
        return new HubError("EAGAIN", "Linear's rate limit is reached. Try again later.", { retryAfterMs: waitMs, details, cause });
      }
      return mapStatus(response.status, details, cause);
    },
    limits: readLimits,
    requestId: requestIdOf,
    // One endpoint, everything in the body: no query parameter is worth a line.
    loggedQuery: new Set<string>(),
  };
}

export const linearReading = createLinearReading(Date.now);
