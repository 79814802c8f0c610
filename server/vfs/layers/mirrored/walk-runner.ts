import type { Log } from "@/server/log";

/** Work on directories that goes on after the answer: one walk a directory, a few at a time in this process. */
export interface WalkRunner {
  /** Runs `work` later, unless a walk of this key waits or is under way. Once `isStopped` answers true, it should end. */
  start(key: string, work: (isStopped: () => boolean) => Promise<void>): void;
  /** Resolves when nothing waits and nothing is under way. */
  idle(): Promise<void>;
  /** Drops what waits, takes nothing more, and resolves when what is under way has ended. */
  stop(): Promise<void>;
}

const concurrency = 2;

/** `warn` hears of walks that broke off; the next list of that directory goes on where they stopped. */
export function createWalkRunner(log: Pick<Log, "warn">): WalkRunner {
  const waiting: { readonly key: string; readonly work: (isStopped: () => boolean) => Promise<void> }[] = [];
  const known = new Set<string>();
  const idlers: (() => void)[] = [];
  let running = 0;
  let isStopped = false;

  const next = (): void => {
    const job = running < concurrency ? waiting.shift() : undefined;
    if (job === undefined) {
      if (running === 0) for (const resolve of idlers.splice(0)) resolve();
      return;
    }
    running += 1;
    job
      .work(() => isStopped)
      .catch((error: unknown) => log.warn({ error }, "a directory's walk broke off"))
      .finally(() => {
        running -= 1;
        known.delete(job.key);
        next();
      });
    next();
  };

  const idle = (): Promise<void> =>
    running === 0 && waiting.length === 0 ? Promise.resolve() : new Promise((resolve) => idlers.push(resolve));

  return {
    start(key, work) {
      if (isStopped || known.has(key)) return;
      known.add(key);
      waiting.push({ key, work });
      next();
    },
    idle,
    stop() {
      isStopped = true;
      waiting.length = 0;
      return idle();
    },
  };
}
