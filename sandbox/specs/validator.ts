import type { RecordedExchange, RecordedMessage } from "./recording";

/** What a validator of one tool's published description does. */

export interface Violation {
  /** Where: `request body`, `query`, `answer`, with the path inside it. */
  readonly where: string;
  readonly what: string;
}

export type Verdict =
  /** Not of the described API: the vendor's OAuth, its pages, an upload's own address. Says which. */
  | { readonly kind: "outside"; readonly what: string }
  /** A method that is newer than the description, by name. */
  | { readonly kind: "not describable"; readonly operation: string }
  /** `refused`: the tool answered that the request is malformed, so only the answer was judged. */
  | { readonly kind: "checked"; readonly operation: string; readonly refused: boolean; readonly violations: readonly Violation[] };

export interface SpecValidator {
  /** The tool's id. */
  readonly tool: string;
  /** The files of the description. */
  readonly files: readonly string[];
  check(exchange: RecordedExchange): Promise<Verdict> | Verdict;
}

export const outside = (what: string): Verdict => ({ kind: "outside", what });

/** A path or method that the description does not have is a violation, unless it is outside of it. */
export const unknownOperation = (method: string, path: string): Verdict => ({
  kind: "checked",
  operation: `${method} ${path}`,
  refused: false,
  violations: [{ where: "request", what: "the description has no such operation" }],
});

export const textOf = (message: RecordedMessage): string => new TextDecoder().decode(message.body);

/** Media type without parameters, in lower case; empty where none is said. */
export const mediaTypeOf = (message: RecordedMessage): string =>
  (message.headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase() ?? "";

/** The body as JSON; undefined where it is none. */
export function jsonOf(message: RecordedMessage): unknown {
  try {
    return JSON.parse(textOf(message));
  } catch {
    return undefined;
  }
}

/** A request that was answered as malformed: it may break the description, which is what the test was after. */
export const isRefusal = (status: number): boolean => status === 400 || status === 405 || status === 415 || status === 422;

/** Pages of the sandbox itself, which no vendor describes. */
export function isPage(exchange: RecordedExchange): boolean {
  return exchange.method === "GET" && /^text\/(?:html|css)\b/.test(exchange.response.headers["content-type"] ?? "");
}
