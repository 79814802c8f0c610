import { HubError } from "@/server/errors";
import type { Tally } from "./protocol";

/** Counts what becomes of calls while they are made. */
export interface RunningTally {
  /** Starts a call, whatever the earlier ones do. */
  add(call: () => Promise<unknown>): void;
  /** Awaits the calls under way. */
  end(): Promise<Tally>;
}

export function createTally(): RunningTally {
  let calls = 0;
  let succeeded = 0;
  let slowestMs = 0;
  const failures = new Map<string, number>();
  const underWay = new Set<Promise<void>>();

  async function count(call: () => Promise<unknown>): Promise<void> {
    const started = performance.now();
    try {
      await call();
      succeeded += 1;
    } catch (error) {
      const words = error instanceof HubError ? `${error.code}: ${error.message}` : String(error);
      failures.set(words, (failures.get(words) ?? 0) + 1);
    }
    slowestMs = Math.max(slowestMs, performance.now() - started);
  }

  return {
    add(call) {
      calls += 1;
      const counted = count(call);
      underWay.add(counted);
      void counted.finally(() => underWay.delete(counted));
    },
    async end() {
      await Promise.all(underWay);
      return { calls, succeeded, failures: Object.fromEntries(failures), slowestMs: Math.round(slowestMs) };
    },
  };
}
