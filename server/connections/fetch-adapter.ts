import type { CallContext, Send, ToolRequest } from "@/server/transport/send";

/**
 * Lets a library that wants `fetch` go through transport, so that its calls are in the call log (bodies omitted), timed and limited
 * like every other. Without the token layer: OAuth's own calls carry their own credentials.
 */

const methods = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;

function readMethod(method: string | undefined): ToolRequest["method"] {
  const upper = (method ?? "GET").toUpperCase();
  const known = methods.find((candidate) => candidate === upper);
  if (known === undefined) throw new TypeError(`Transport does not send ${upper}.`);
  return known;
}

function readBody(body: BodyInit | null | undefined): string | undefined {
  if (body === null || body === undefined) return undefined;
  if (typeof body === "string") return body;
  if (body instanceof URLSearchParams) return body.toString();
  throw new TypeError("Transport sends text and form bodies only.");
}

const urlOf = (input: RequestInfo | URL): string => (input instanceof Request ? input.url : input.toString());

/**
 * A `fetch` over `send`. Calls are `unsafe` to repeat: an authorization code is single-use (RFC 6749 §4.1.2).
 * Throws what `send` throws; TypeError for methods and bodies that OAuth never uses.
 */
export function fetchOver(send: Send, context: CallContext): typeof fetch {
  return async (input, init) => {
    const url = urlOf(input);
    const body = readBody(init?.body);
    const method = readMethod(init?.method);
    const response = await send(
      {
        method,
        url,
        headers: Object.fromEntries(new Headers(init?.headers)),
        ...(body === undefined ? {} : { body }),
        repeatability: "unsafe",
        operation: `${method} ${new URL(url).pathname}`,
        authorization: "none",
      },
      context,
    );
    const bodyless = response.status === 204 || response.status === 205 || response.status === 304;
    return new Response(bodyless ? null : response.body, { status: response.status, headers: response.headers });
  };
}
