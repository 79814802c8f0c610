import type { Log } from "@/server/log";

/** Work on directories that goes on after the answer: one walk a directory, a few at a time in this process. */
export interface WalkRunner {
  /** Runs `work` unless a walk of this key is waiting or under way; resolves at once. */
  start(key: string, work: () => Promise<void>): void;
  /** Resolves when nothing waits and nothing is under way. */
  idle(): Promise<void>;
}

const concurrency = 2;

/** `warn` hears of walks that broke off; the next list of that directory goes on where they stopped. */
export function createWalkRunner(log: Pick<Log, "warn">): WalkRunner {
  const waiting: { readonly key: string; readonly work: () => Promise<void> }[] = [];
  const known = new Set<string>();
  const idlers: (() => void)[] = [];
  let running = 0;

  const next = (): void => {
    const job = running < concurrency ? waiting.shift() : undefined;
    if (job === undefined) {
      if (running === 0) for (const resolve of idlers.splice(0)) resolve();
      return;
    }
    running += 1;
    job
      .work()
      .catch((error: unknown) => log.warn({ error }, "a directory's walk broke off"))
      .finally(() => {
        running -= 1;
        known.delete(job.key);
        next();
      });
    next();
  };

  return {
    start(key, work) {
      if (known.has(key)) return;
      known.add(key);
      waiting.push({ key, work });
      next();
    },
    idle: () => (running === 0 && waiting.length === 0 ? Promise.resolve() : new Promise((resolve) => idlers.push(resolve))),
  };
}
