import { HubError } from "@/server/errors";
import type { Layer, ToolRequest } from "./send";

export interface AllowedOrigins {
  /** The integration's own, environment applied. */
  readonly origins: Iterable<string>;
  /** `Manifest.contentOrigins`, environment applied. */
  readonly contentOrigins?: Iterable<string> | undefined;
}

/** Whether a URL is the integration's own, or one where only bytes are; null where no call may go. */
export type FindPlace = (url: string) => "own" | "content" | null;

/** Reads origins once. `https://*.vendor.com` stands for every host below `vendor.com`, on https and its default port alone. */
export function placesOf({ origins, contentOrigins = [] }: AllowedOrigins): FindPlace {
  const own = new Set([...origins].map((origin) => new URL(origin).origin));
  const content = new Set<string>();
  const suffixes: string[] = [];
  for (const origin of contentOrigins) {
    if (origin.startsWith("https://*.")) suffixes.push(origin.slice("https://*".length).toLowerCase());
    else content.add(new URL(origin).origin);
  }
  return (text) => {
    if (!URL.canParse(text)) return null;
    const url = new URL(text);
    if (url.username !== "" || url.password !== "") return null;
    if (own.has(url.origin)) return "own";
    if (content.has(url.origin)) return "content";
    const isBelow = url.protocol === "https:" && url.port === "" && suffixes.some((suffix) => url.hostname.endsWith(suffix));
    return isBelow ? "content" : null;
  };
}

const carriesCredentials = ({ authorization, headers }: ToolRequest): boolean =>
  authorization !== "none" || ["authorization", "cookie", "proxy-authorization"].some((name) => new Headers({ ...headers }).has(name));

/**
 * Lets a call go only to the integration's configured origins, and without credentials to those that hold its bytes, before anything is
 * spent on it: a URL that came out of a tool's answer cannot make the hub carry a token elsewhere or reach into its own network.
 */
export function withinOrigins(placeOf: FindPlace): Layer {
  return (next) => async (request, context) => {
    const place = placeOf(request.url);
    if (place === null || (place === "content" && carriesCredentials(request))) {
      throw new HubError("EINVAL", `The call ${request.operation} names an address that is not one of the tool's.`, {
        details: { outcome: "not_done" },
      });
    }
    return next(request, context);
  };
}
