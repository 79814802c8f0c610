import { z } from "zod";
import { HubError } from "@/server/errors";
import type { ToolResponse, VendorReading } from "@/server/transport/send";

/** The answers of an OpenID Provider: RFC 6749 §5.2 at the token endpoint, RFC 6750 §3 at userinfo. */

const oauthFailure = z.object({ error: z.string() });

function errorWord(response: ToolResponse): string {
  try {
    const read = oauthFailure.safeParse(response.json());
    return read.success ? read.data.error : "";
  } catch {
    return "";
  }
}

function classifyToken(response: ToolResponse): HubError {
  const details = { vendorStatus: response.status };
  if (errorWord(response) === "invalid_grant") {
    return new HubError("ENOTCONN", "The authorization at the OpenID Provider has ended. Connect it again.", { details });
  }
  if (response.status === 429) return new HubError("EAGAIN", "The OpenID Provider asks to wait.", { details });
  const message = `The OpenID Provider answered with status ${response.status}.`;
  if (response.status >= 500) return new HubError("EIO", message, { retryable: true, details });
  return new HubError("EIO", message, { details: { ...details, outcome: "not_done" } });
}

function classifyApi(response: ToolResponse): HubError {
  const details = { vendorStatus: response.status };
  switch (response.status) {
    case 400:
      return new HubError("EINVAL", "The OpenID Provider refused the request.", { details });
    case 401:
      return new HubError("ENOTCONN", "The OpenID Provider does not accept this connection any more. Connect it again.", { details });
    case 403:
      return errorWord(response) === "insufficient_scope"
        ? new HubError("ESCOPE", "The connection lacks a scope.", { details })
        : new HubError("EACCES", "The OpenID Provider does not allow this.", { details });
    case 404:
      return new HubError("ENOENT", "The OpenID Provider has no such thing.", { details });
    case 429:
      return new HubError("EAGAIN", "The OpenID Provider asks to wait.", { details });
    default:
      return new HubError("EIO", `The OpenID Provider answered with status ${response.status}.`, {
        retryable: response.status >= 500,
        details,
      });
  }
}

export const oidcReading: VendorReading = {
  classify(response, request) {
    if (response.status >= 200 && response.status < 300) return null;
    const { pathname } = new URL(request.url);
    return pathname.startsWith("/token") ? classifyToken(response) : classifyApi(response);
  },
  limits: () => [],
  requestId: () => null,
  loggedQuery: new Set(),
};
