/**
 * The one validator of return paths (`next`, `returnPath`, Auth.js's callback URL): what comes out always leads to a page of the hub,
 * whatever comes in. Browser-safe.
 */
const base = "http://hub.invalid";
const maximumLength = 4096;

/** The path (with query and fragment) when `value` is a relative path of the hub itself; null otherwise. */
export function findSafePath(value: unknown): string | null {
  if (typeof value !== "string" || value.length > maximumLength) return null;
  // Browsers read `\` as `/`, drop tabs and line ends inside a URL, and take `//host` for another site (WHATWG URL §4.4).
  if (!/^\/(?![/\\])[^\\\p{Cc}]*$/u.test(value) || !URL.canParse(value, base)) return null;
  const url = new URL(value, base);
  const path = `${url.pathname}${url.search}${url.hash}`;
  // `/.//host` is normalised to `//host`.
  return url.origin === base && !path.startsWith("//") ? path : null;
}

/** Like `findSafePath`, with `fallback` in place of null. */
export const safePath = (value: unknown, fallback = "/"): string => findSafePath(value) ?? fallback;
