/** Waiting times: exponential with full jitter, and the two forms of `Retry-After`. */

const baseDelayMs = 250;
export const maxDelayMs = 30_000;
/**
 * The longest time that a vendor is believed, a day: no limit of theirs counts longer, and a wrong header or a wrong clock must not close a
 * connection for years.
 */
export const longestWaitMs = 24 * 3_600_000;

/** A random wait below `base × 2^failures`, capped: full jitter, so that callers who failed together do not return together. */
export function backoffMs(failures: number, random: () => number, baseMs = baseDelayMs, capMs = maxDelayMs): number {
  return random() * Math.min(capMs, baseMs * 2 ** Math.max(0, failures));
}

const seconds = /^\d{1,9}(?:\.\d+)?$/;
/** The three date forms of RFC 9110 §5.6.7 all begin with a day's name; `Date.parse` alone would take much more. */
const httpDate = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)/;

/**
 * Milliseconds to wait by a `Retry-After` value, in seconds or as an HTTP date (RFC 9110 §10.2.3); null when it is absent or neither.
 * A date in the past is 0, and what is longer than a day is a day. Fractions of a second are not in the RFC, but some vendors send them.
 */
export function parseRetryAfter(value: string | null, nowMs: number): number | null {
  const text = value?.trim() ?? "";
  if (seconds.test(text)) return Math.min(longestWaitMs, Math.ceil(Number(text) * 1000));
  if (!httpDate.test(text)) return null;
  const atMs = Date.parse(asUtc(text));
  return Number.isNaN(atMs) ? null : Math.min(longestWaitMs, Math.max(0, atMs - nowMs));
}

/** The asctime form carries no zone and means UTC; `Date.parse` would take it for local time. */
function asUtc(text: string): string {
  return /(?:GMT|UTC|[+-]\d{4})$/.test(text) ? text : `${text} GMT`;
}
