import { json, type SandboxResponse } from "../http/server";

/**
 * A refusal in the shape of Google's APIs (https://developers.google.com/workspace/drive/api/guides/handle-errors). Drive and Calendar name
 * a domain and a reason for each error; Docs and Gmail a canonical status, Gmail beside the reasons.
 */
export class GoogleRefusal extends Error {
  override readonly name = "GoogleRefusal";
  readonly status: number;
  readonly reason: string;
  readonly options: RefusalOptions;

  constructor(status: number, reason: string, message: string, options: RefusalOptions = {}) {
    super(message);
    this.status = status;
    this.reason = reason;
    this.options = options;
  }
}

export interface RefusalOptions {
  readonly domain?: string;
  readonly location?: string;
  readonly locationType?: "parameter" | "header";
  readonly headers?: Readonly<Record<string, string>>;
}

/** Canonical names of https://google.aip.dev/193, by HTTP status. */
const canonical: Readonly<Record<number, string>> = {
  400: "INVALID_ARGUMENT",
  401: "UNAUTHENTICATED",
  403: "PERMISSION_DENIED",
  404: "NOT_FOUND",
  409: "ALREADY_EXISTS",
  412: "FAILED_PRECONDITION",
  429: "RESOURCE_EXHAUSTED",
  500: "INTERNAL",
  503: "UNAVAILABLE",
};

/** `list`: Drive's and Calendar's shape. `status`: the shape of Docs. `both`: Gmail's. */
export type RefusalShape = "list" | "status" | "both";

/** The answer that says so. */
export function refusalAnswer(refusal: GoogleRefusal, shape: RefusalShape): SandboxResponse {
  const { status, reason, message, options } = refusal;
  const errors = [
    {
      message,
      domain: options.domain ?? "global",
      reason,
      ...(options.location === undefined ? {} : { location: options.location, locationType: options.locationType ?? "parameter" }),
    },
  ];
  const error = {
    code: status,
    message,
    ...(shape === "status" ? {} : { errors }),
    ...(shape === "list" ? {} : { status: canonical[status] ?? "UNKNOWN" }),
    ...(shape === "status" && detailReasons.has(reason)
      ? { details: [{ "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason: detailReasons.get(reason), domain: "googleapis.com" }] }
      : {}),
  };
  return json(status, { error }, options.headers);
}

/** Reasons as the newer shape names them. */
const detailReasons: ReadonlyMap<string, string> = new Map([
  ["insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"],
  ["rateLimitExceeded", "RATE_LIMIT_EXCEEDED"],
]);

export const invalidParameter = (name: string, message: string): GoogleRefusal =>
  new GoogleRefusal(400, "invalidParameter", message, { location: name });

export const badRequest = (message: string): GoogleRefusal => new GoogleRefusal(400, "badRequest", message);

export const notFound = (message: string, location?: string): GoogleRefusal =>
  new GoogleRefusal(404, "notFound", message, location === undefined ? {} : { location });

export const unauthenticated = (): GoogleRefusal =>
  new GoogleRefusal(
    401,
    "authError",
    "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.",
    {
      location: "Authorization",
      locationType: "header",
      headers: { "www-authenticate": 'Bearer realm="https://accounts.google.com/", error="invalid_token"' },
    },
  );

/** RFC 6750 §3.1; the scopes named are those of which one would do. */
export const insufficientScopes = (anyOf: readonly string[]): GoogleRefusal =>
  new GoogleRefusal(403, "insufficientPermissions", "Request had insufficient authentication scopes.", {
    headers: {
      "www-authenticate": `Bearer realm="https://accounts.google.com/", error="insufficient_scope", scope="${anyOf.join(" ")}"`,
    },
  });
