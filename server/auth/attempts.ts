import "server-only";
import { createHmac } from "node:crypto";
import { isIPv4, isIPv6 } from "node:net";
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
 * What counts as one client at an address: an IPv4 address, or the /64 that one IPv6 client has to itself (RFC 6177 §2) and could change
 * its address in for ever. Null for what is no address. A port, which some proxies write, is dropped.
 */
function clientOf(address: string): string | null {
  const bare = /^\[(.+)\](?::\d+)?$/.exec(address)?.[1] ?? /^([\d.]+):\d+$/.exec(address)?.[1] ?? address;
  const mapped = /^::ffff:([\d.]+)$/i.exec(bare)?.[1] ?? bare;
  if (isIPv4(mapped)) return mapped;
  if (!isIPv6(bare)) return null;
  // `::` stands for the groups that are missing of eight.
  const [head = "", tail] = (bare.split("%")[0] ?? "").split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const groups =
    tail === undefined ? before : [...before, ...Array<string>(Math.max(0, 8 - before.length - after.length)).fill("0"), ...after];
  const network = groups.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16));
  return `${network.join(":")}::/64`;
}

/**
 * The client as the outermost trusted proxy saw it: each proxy appends to X-Forwarded-For, so only the last `trustedHops` entries are not
 * the client's own invention. Null when no proxy is trusted, or the header is too short or names no address there.
 */
export function clientAddress(forwardedFor: string | null, trustedHops: number): string | null {
  if (trustedHops === 0 || forwardedFor === null) return null;
  const hops = forwardedFor.split(",").map((hop) => hop.trim());
  return clientOf(hops[hops.length - trustedHops] ?? "");
}
