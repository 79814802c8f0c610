import { createHmac, randomBytes } from "node:crypto";
import { invalidParameter } from "./failures";

/**
 * Opaque page tokens: good for the same list with the same other parameters, for some hours, and for nobody else. A token of another list
 * is refused.
 */
export interface PageTokens {
  /** The token of the page that begins behind `position`, for a list that its words name (caller, method, parameters). */
  issue(list: readonly string[], position: string): string;
  /** The position, null for the first page; 400 for a token that is not of this list, or too old. */
  read(list: readonly string[], token: string | null): string | null;
}

export function createPageTokens(options: { readonly clock: () => number; readonly goodSeconds: () => number }): PageTokens {
  const key = randomBytes(32);
  const seal = (list: readonly string[], body: string) =>
    createHmac("sha256", key)
      .update(`${list.join("\n")}\n${body}`)
      .digest("base64url")
      .slice(0, 22);
  const refuse = () => invalidParameter("pageToken", "Invalid Value");
  return {
    issue(list, position) {
      const body = Buffer.from(JSON.stringify([options.clock(), position])).toString("base64url");
      return `~!!~${body}${seal(list, body)}`;
    },
    read(list, token) {
      if (token === null) return null;
      if (!token.startsWith("~!!~") || token.length < 28) throw refuse();
      const body = token.slice(4, -22);
      if (seal(list, body) !== token.slice(-22)) throw refuse();
      const [issuedAtMs, position] = JSON.parse(Buffer.from(body, "base64url").toString("utf8")) as [number, string];
      if (options.clock() - issuedAtMs > options.goodSeconds() * 1000) throw refuse();
      return position;
    },
  };
}

/** A page size as Google reads it: absent is the default, above the cap is the cap; 400 where it is no positive number. */
export function readPageSize(query: URLSearchParams, name: "pageSize" | "maxResults", standard: number, cap: number): number {
  const text = query.get(name);
  if (text === null) return standard;
  const size = Number(text);
  if (!Number.isInteger(size) || size < 1)
    throw invalidParameter(name, `Invalid value '${text.slice(0, 40)}'. Values must be within the range: [1, ${cap}]`);
  return Math.min(size, cap);
}
