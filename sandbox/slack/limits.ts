import type { SlackSettings } from "./settings";

/** Slack's limits (docs.slack.dev/apis/web-api/rate-limits): each method by its tier, for one app in one workspace, and posting in a channel. */

export type Tier = "tier1" | "tier2" | "tier3" | "tier4";

export interface Limits {
  /** Pays for one call; answers the seconds to wait where there is nothing left, and then nothing is paid. */
  take(caller: string, method: string, perMinute: number, settings: SlackSettings): number | null;
  /** The same for one message in a conversation. */
  takePost(caller: string, channel: string, settings: SlackSettings): number | null;
  /** What another process of the app asks: so many calls of a method. */
  spend(caller: string, method: string, calls: number): void;
  clear(): void;
}

export function createLimits(clock: () => number): Limits {
  const calls = new Map<string, number[]>();
  const posts = new Map<string, { left: number; atMs: number }>();

  return {
    take(caller, method, perMinute, { minuteSeconds }) {
      const windowMs = minuteSeconds * 1000;
      const key = `${caller} ${method}`;
      const recent = (calls.get(key) ?? []).filter((atMs) => atMs > clock() - windowMs);
      calls.set(key, recent);
      const oldest = recent[recent.length - perMinute];
      if (recent.length >= perMinute && oldest !== undefined) return Math.max(1, Math.ceil((oldest + windowMs - clock()) / 1000));
      recent.push(clock());
      return null;
    },
    takePost(caller, channel, { postsPerSecond, postBurst }) {
      const key = `${caller} ${channel}`;
      const bucket = posts.get(key) ?? { left: postBurst, atMs: clock() };
      bucket.left = Math.min(postBurst, bucket.left + ((clock() - bucket.atMs) / 1000) * postsPerSecond);
      bucket.atMs = clock();
      posts.set(key, bucket);
      if (bucket.left < 1) return Math.max(1, Math.ceil((1 - bucket.left) / postsPerSecond));
      bucket.left -= 1;
      return null;
    },
    spend(caller, method, count) {
      const key = `${caller} ${method}`;
      calls.set(key, [...(calls.get(key) ?? []), ...Array.from({ length: count }, () => clock())]);
    },
    clear() {
      calls.clear();
      posts.clear();
    },
  };
}
