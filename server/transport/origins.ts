import { HubError } from "@/server/errors";
import type { Layer } from "./send";

/**
 * Lets a call go only to the integration's configured origins, before anything is spent on it: a URL that came out of a tool's answer
 * cannot make the hub carry a token elsewhere or reach into its own network.
 */
export function withinOrigins(origins: Iterable<string>): Layer {
  const allowed = new Set([...origins].map((origin) => new URL(origin).origin));
  return (next) => async (request, context) => {
    const url = URL.canParse(request.url) ? new URL(request.url) : null;
    if (url === null || !allowed.has(url.origin) || url.username !== "" || url.password !== "") {
      throw new HubError("EINVAL", `The call ${request.operation} names an address that is not one of the tool's.`, {
        details: { outcome: "not_done" },
      });
    }
    return next(request, context);
  };
}
