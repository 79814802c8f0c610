import "server-only";
import { createHmac } from "node:crypto";
import { sql } from "drizzle-orm";
import type { Database } from "@/db/client";
import { signInAttempts } from "@/db/schema/identity";
import { HubError } from "@/server/errors";

export const attemptWindowMs = 10 * 60 * 1000;

/** How many sign-in mails may be asked for in one window of ten minutes. */
export interface AttemptLimits {
  readonly perEmail: number;
  readonly perAddress: number;
  /** When the client's address is not known (no trusted proxy), all share one counter. */
  readonly perUnknownAddress: number;
}

export const publicLimits: AttemptLimits = { perEmail: 5, perAddress: 30, perUnknownAddress: 300 };
/** In the demo everyone is the same machine, and mail costs nothing. */
export const demoLimits: AttemptLimits = { perEmail: 100, perAddress: 1000, perUnknownAddress: 1000 };

export interface AttemptOptions {
  readonly db: Database;
  /** Keys the hashes, so that a copy of the table does not tell which addresses tried. */
  readonly secret: string;
  readonly limits: AttemptLimits;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
}

/**
 * Counts one attempt for the address and the e-mail, in one statement each, so that any number of processes count together. EAGAIN when
 * either is over its limit; an attempt that is refused counts too.
 */
export async function countAttempt(options: AttemptOptions, attempt: { email: string; address: string | null }): Promise<void> {
  const now = options.clock();
  const windowStart = new Date(now - (now % attemptWindowMs));
  const hash = (kind: string, value: string) => createHmac("sha256", options.secret).update(`${kind}\n${value}`).digest("hex");
  const { limits } = options;
  const counters = [
    { key: hash("email", attempt.email), limit: limits.perEmail },
    attempt.address === null
      ? { key: hash("address", "unknown"), limit: limits.perUnknownAddress }
      : { key: hash("address", attempt.address), limit: limits.perAddress },
    // One order of locks for everyone, so that two attempts never wait for each other.
  ].sort((a, b) => (a.key < b.key ? -1 : 1));
  const isOver = await options.db.withIdentity(async (tx) => {
    let over = false;
    for (const { key, limit } of counters) {
      const rows = await tx
        .insert(signInAttempts)
        .values({ key, windowStart, count: 1 })
        .onConflictDoUpdate({
          target: [signInAttempts.key, signInAttempts.windowStart],
          // The integer would overflow before the window ends only under an attack; past the limit it no longer matters how many.
          set: { count: sql`least(${signInAttempts.count} + 1, 1000000)` },
        })
        .returning({ count: signInAttempts.count });
      over ||= (rows[0]?.count ?? 0) > limit;
    }
    return over;
  });
  if (!isOver) return;
  const retryAfterMs = windowStart.getTime() + attemptWindowMs - now;
  throw new HubError("EAGAIN", `Too many sign-in mails were asked for. Try again in ${Math.ceil(retryAfterMs / 60_000)} min.`, {
    retryAfterMs,
  });
}

/**
 * The client's address as the outermost trusted proxy saw it: each proxy appends to X-Forwarded-For, so only the last `trustedHops` entries
 * are not the client's own invention. Null when no proxy is trusted or the header is too short.
 */
export function clientAddress(forwardedFor: string | null, trustedHops: number): string | null {
  if (trustedHops === 0 || forwardedFor === null) return null;
  const hops = forwardedFor.split(",").map((hop) => hop.trim());
  const address = hops[hops.length - trustedHops];
  return address === undefined || address === "" || address.length > 64 ? null : address;
}
