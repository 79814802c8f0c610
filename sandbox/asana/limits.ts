import { tooManyRequests } from "./failures";
import type { AsanaSettings } from "./settings";

/** Asana's limits of one token: requests and searches a minute, and how many reads and writes are under way. */
export interface Limits {
  /** Counts a request; throws 429 when a limit is reached. Refused requests count too. The answer ends the request. */
  begin(request: { readonly token: string; readonly isRead: boolean; readonly isSearch: boolean }): () => void;
  /** Spends of a token's minute. */
  spend(token: string, requests: number): void;
  clear(): void;
}

interface Spent {
  minutes: number[];
  searches: number[];
  reads: number;
  writes: number;
}

const minuteMs = 60_000;

export function createLimits(clock: () => number, settings: () => AsanaSettings): Limits {
  const tokens = new Map<string, Spent>();

  function spentOf(token: string): Spent {
    const known = tokens.get(token) ?? { minutes: [], searches: [], reads: 0, writes: 0 };
    tokens.set(token, known);
    return known;
  }

  /** Seconds until there is room again, 0 when there is some now. */
  function pay(times: number[], limit: number): number {
    const now = clock();
    while (times[0] !== undefined && times[0] <= now - minuteMs) times.shift();
    times.push(now);
    const first = times[times.length - 1 - limit];
    return first === undefined ? 0 : Math.max(1, (first + minuteMs - now) / 1000);
  }

  return {
    begin({ token, isRead, isSearch }) {
      const spent = spentOf(token);
      const { plan, requestsPerMinuteFree, requestsPerMinutePaid, searchesPerMinute, concurrentReads, concurrentWrites } = settings();
      const waits = [
        pay(spent.minutes, plan === "free" ? requestsPerMinuteFree : requestsPerMinutePaid),
        ...(isSearch ? [pay(spent.searches, searchesPerMinute)] : []),
        (isRead ? spent.reads >= concurrentReads : spent.writes >= concurrentWrites) ? 1 : 0,
      ];
      const wait = Math.max(...waits);
      if (wait > 0) throw tooManyRequests(wait);
      const kind = isRead ? "reads" : "writes";
      spent[kind] += 1;
      return () => {
        spent[kind] -= 1;
      };
    },
    spend(token, requests) {
      const { minutes } = spentOf(token);
      for (let count = 0; count < requests; count += 1) minutes.push(clock());
    },
    clear: () => tokens.clear(),
  };
}
