import { GraphFailure } from "./failures";
import type { Settings } from "./settings";

/** Outlook's limits of one app and one mailbox, and OneDrive's of one app and one person (https://learn.microsoft.com/graph/throttling-limits). */

interface Spent {
  /** When each call began, epoch milliseconds. */
  times: number[];
  underWay: number;
  mostAtOnce: number;
}

export interface Limits {
  /** Begins a call, or throws 429; the answer ends it. */
  enter(caller: string, kind: "mailbox" | "drive", settings: Settings): () => void;
  spend(caller: string, kind: "mailbox" | "drive", requests: number): void;
  /** The most calls that one mailbox ever had at once. */
  mostAtOnce(): number;
  clear(): void;
}

export function createLimits(clock: () => number): Limits {
  const spent = new Map<string, Spent>();
  const of = (caller: string, kind: string): Spent => {
    const key = `${kind}\n${caller}`;
    const found = spent.get(key) ?? { times: [], underWay: 0, mostAtOnce: 0 };
    spent.set(key, found);
    return found;
  };

  return {
    enter(caller, kind, settings) {
      const state = of(caller, kind);
      const windowMs = kind === "mailbox" ? 600_000 : 300_000;
      const most = kind === "mailbox" ? settings.requestsPer10Minutes : settings.driveRequestsPer5Minutes;
      const now = clock();
      const first = state.times.findIndex((time) => time > now - windowMs);
      state.times = first < 0 ? [] : state.times.slice(first);
      // Throttled calls count too.
      state.times.push(now);
      if (kind === "mailbox" && state.underWay >= settings.concurrentRequests) {
        throw new GraphFailure(429, "ApplicationThrottled", "Application is over its MailboxConcurrency limit.", { "retry-after": "1" });
      }
      if (state.times.length > most) {
        const waitSeconds = Math.max(1, Math.ceil(((state.times[state.times.length - most] ?? now) + windowMs - now) / 1000));
        const code = kind === "mailbox" ? "ApplicationThrottled" : "activityLimitReached";
        throw new GraphFailure(429, code, "The app or user has been throttled.", { "retry-after": String(waitSeconds) });
      }
      state.underWay += 1;
      state.mostAtOnce = Math.max(state.mostAtOnce, state.underWay);
      return () => {
        state.underWay -= 1;
      };
    },
    spend(caller, kind, requests) {
      of(caller, kind).times.push(...Array.from({ length: requests }, () => clock()));
    },
    mostAtOnce: () => Math.max(0, ...[...spent.entries()].map(([key, state]) => (key.startsWith("mailbox") ? state.mostAtOnce : 0))),
    clear: () => spent.clear(),
  };
}
