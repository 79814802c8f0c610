import { type ErrorCode, HubError } from "@/server/errors";
import type { ToolRequest, ToolResponse, VendorReading } from "@/server/transport/send";
import { downloadOperation } from "./api/asana-api";
import { failure, oauthFailure } from "./schema";

/** Asana's failures as HubErrors: by HTTP status, and where one status means several things, by the sentence (https://developers.asana.com/docs/errors). */

function parseJson(response: ToolResponse): unknown {
  try {
    return response.json();
  } catch {
    return null;
  }
}

interface Said {
  readonly message: string;
  readonly phrase: string | null;
}

/** The first error of the body; never more than 300 characters of its sentence. */
function readFailure(response: ToolResponse): Said {
  const parsed = failure.safeParse(parseJson(response));
  const first = parsed.success ? parsed.data.errors[0] : undefined;
  return { message: (first?.message ?? "").trim().slice(0, 300), phrase: first?.phrase ?? null };
}

/** The scope that a 403 names. Asana documents the status; the words may change, so only the scope's shape is looked for. */
const scopeShape = /\b([a-z_.]+:(?:read|write|delete))\b/;

interface Meaning {
  readonly code: ErrorCode;
  readonly says: string;
  readonly retryable?: boolean;
}

const byStatus: Readonly<Record<number, Meaning>> = {
  401: { code: "ENOTCONN", says: "Asana no longer accepts this connection. Connect Asana again." },
  402: { code: "EACCES", says: "The Asana workspace's plan does not have this feature." },
  403: { code: "EACCES", says: "Asana does not allow this to the person who connected it." },
  404: { code: "ENOENT", says: "Asana has no such record, or the person who connected it may not see it." },
  412: { code: "ESTALE", says: "Asana does not know this sync token any more; everything has to be read again." },
  413: { code: "EFBIG", says: "Asana refused the request as too large." },
  // Box, Vimeo and the like, where a linked file is (OpenAPI: getAttachment).
  424: { code: "EIO", says: "The service that keeps this file for Asana did not answer.", retryable: true },
  429: { code: "EAGAIN", says: "Asana's rate limit is reached. Try again later.", retryable: true },
  451: { code: "EACCES", says: "Asana refuses requests from where this hub runs." },
};

function readBadRequest(message: string): Meaning {
  // "Offset tokens expire after some time."
  if (/pagination token/i.test(message))
    return { code: "ESTALE", says: "Asana does not know this place in the list any more. List again." };
  if (/result (?:is|was|has been) (?:too large|truncated)|too many results/i.test(message)) {
    return { code: "EFBIG", says: "Asana gives this list no further." };
  }
  return { code: "EINVAL", says: message === "" ? "Asana refused the values." : `Asana refused the values: ${message}` };
}

function classifyApi(response: ToolResponse): HubError | null {
  if (response.status >= 200 && response.status < 300) return null;
  const { status } = response;
  const { message } = readFailure(response);
  const cause = new Error(`Asana: HTTP ${status} ${message}`.trim());
  const details = { vendorStatus: status };
  const scope = status === 403 && /scope/i.test(message) ? scopeShape.exec(message)?.[1] : undefined;
  if (scope !== undefined) {
    return new HubError("ESCOPE", `The Asana connection lacks the scope "${scope}".`, { details: { ...details, scope }, cause });
  }
  const meaning = status === 400 ? readBadRequest(message) : byStatus[status];
  if (meaning === undefined) {
    return new HubError("EIO", `Asana answered with status ${status}.`, { retryable: status >= 500, details, cause });
  }
  const { code, says, retryable } = meaning;
  return new HubError(code, says, {
    ...(retryable === undefined ? {} : { retryable }),
    details: { ...details, ...(status === 400 && code === "ESTALE" ? { restart: true } : {}) },
    cause,
  });
}

/** The file store behind `download_url`: not Asana's API, and its sentences are not for people. */
function classifyDownload(response: ToolResponse): HubError | null {
  const { status } = response;
  if (status >= 200 && status < 300) return null;
  const details = { vendorStatus: status };
  if (status === 416) return new HubError("EINVAL", "The range begins behind the end of the file.", { details });
  if (status === 404 || status === 410) return new HubError("ENOENT", "Asana's file store does not have this file any more.", { details });
  return new HubError("EIO", `Asana's file store answered with status ${status}.`, { retryable: status >= 500 || status === 429, details });
}

/** OAuth's own calls (RFC 6749 §5.2). Only `invalid_grant` ends a connection; all else is our configuration or a passing failure. */
function classifyToken(response: ToolResponse): HubError | null {
  if (response.status >= 200 && response.status < 300) return null;
  const parsed = oauthFailure.safeParse(parseJson(response));
  const error = parsed.success ? parsed.data.error : "";
  const cause = new Error(`Asana's token endpoint: ${response.status} ${error}`.trim());
  const details = { vendorStatus: response.status };
  if (error === "invalid_grant") {
    return new HubError("ENOTCONN", "The authorization at Asana has ended. Connect Asana again.", { details, cause });
  }
  if (response.status === 429) {
    return new HubError("EAGAIN", "Asana's rate limit is reached. Try again later.", { details, cause });
  }
  const refused = { details: { ...details, outcome: "not_done" as const }, cause };
  if (error === "invalid_client" || error === "unauthorized_client") {
    return new HubError(
      "EIO",
      "Asana does not accept the hub's client id and secret. Whoever runs the hub must check ASANA_CLIENT_ID and ASANA_CLIENT_SECRET.",
      refused,
    );
  }
  const message = `Asana's token endpoint answered with status ${response.status}.`;
  if (response.status >= 400 && response.status < 500) return new HubError("EIO", message, refused);
  return new HubError("EIO", message, { retryable: true, details, cause });
}

export const asanaReading: VendorReading = {
  classify(response: ToolResponse, request: ToolRequest): HubError | null {
    if (request.operation === downloadOperation) return classifyDownload(response);
    if (new URL(request.url).pathname.startsWith("/-/")) return classifyToken(response);
    return classifyApi(response);
  },
  // "There are no headers that say what is left"; `Retry-After` of a 429 is read for every tool alike.
  limits: () => [],
  // Asana's support asks for the phrase that a 500 bears.
  requestId: (response) => response.headers.get("x-request-id") ?? (response.status >= 500 ? readFailure(response).phrase : null),
  loggedQuery: new Set(["limit", "opt_fields", "workspace", "project", "parent", "assignee"]),
};
