import { HubError } from "@/server/errors";
import type { HeldToken, Layer, TokenSource, ToolRequest } from "./send";

const staleTokens = new WeakSet<object>();

/** The connection has a newer token than the attempt carries: nothing was sent, and the token layer starts again with that one. */
export function staleToken(): HubError {
  const error = new HubError("EAGAIN", "The connection's token was replaced just now.", { retryAfterMs: 0 });
  staleTokens.add(error);
  return error;
}

function isStaleToken(error: unknown): boolean {
  return typeof error === "object" && error !== null && staleTokens.has(error);
}

/** Whether the vendor refused the token itself (see `VendorReading.classify`). */
function isTokenRefusal(error: unknown): error is HubError {
  return error instanceof HubError && error.code === "ENOTCONN" && error.details.vendorStatus === 401;
}

const maxReloads = 5;

/**
 * Puts the connection's token on calls that ask for it. A refused token costs a call one refresh and one replay, for unsafe calls too,
 * since nothing happened (RFC 6750 §3.1); a second refusal ends it as ENOTCONN.
 */
export function authorizing(source: TokenSource | null): Layer {
  return (next) => async (request, context) => {
    const { progress } = context;
    if (request.authorization === "none") {
      if (progress !== undefined) progress.tokenVersion = null;
      return next(request, context);
    }
    if (source === null) throw new HubError("ENOTCONN", `The call ${request.operation} needs a connection, and there is none.`);
    let held = await source.current(context);
    let renewed = progress?.tokenRenewed ?? false;
    for (let reloads = 0; ; ) {
      if (progress !== undefined) progress.tokenVersion = held.version;
      try {
        return await next(withToken(request, held), context);
      } catch (error) {
        if (isStaleToken(error) && reloads < maxReloads) {
          reloads += 1;
          held = await source.reload(context);
        } else if (!isTokenRefusal(error)) {
          throw error;
        } else if (renewed) {
          source.refused(held);
          throw error;
        } else {
          // A renewal that failed was none: the call may wait and try it again, and the token is not yet known to be worthless.
          held = await source.renew(held, context);
          renewed = true;
          if (progress !== undefined) progress.tokenRenewed = true;
        }
      }
    }
  };
}

function withToken(request: ToolRequest, held: HeldToken): ToolRequest {
  return { ...request, headers: { ...request.headers, authorization: `Bearer ${held.accessToken}` } };
}
