import { backoffMs } from "./backoff";
import type { CallRecord, CallSink } from "./call-log";
import { sleep } from "./clock";
import type { Clock } from "./send";

/** Writes one workspace's records in one transaction. */
export type WriteCalls = (workspaceId: string, calls: readonly CallRecord[]) => Promise<void>;

export interface CallSinkOptions {
  readonly write: WriteCalls;
  readonly clock: Clock;
  readonly random: () => number;
  /** Told when records could not be written after all attempts; the one way that a record is lost. */
  readonly onLost: (lost: { readonly workspaceId: string; readonly count: number; readonly error: unknown }) => void;
  /** Records in one statement. */
  readonly maxBatch?: number;
  /** How long a record waits for company, in milliseconds. */
  readonly intervalMs?: number;
  /** Records held before callers have to wait. */
  readonly maxQueued?: number;
  readonly maxAttempts?: number;
}

export interface BatchingCallSink extends CallSink {
  /** Writes what is held; resolves when every record taken so far is written or reported as lost. For shut-down and tests. */
  flush(): Promise<void>;
}

/** Gathers records and writes them in batches, one batch at a time, so that a call costs the database no round trip of its own. */
export function createCallSink(options: CallSinkOptions): BatchingCallSink {
  const { write, clock, random, onLost, maxBatch = 200, intervalMs = 200, maxQueued = 5000, maxAttempts = 5 } = options;
  let queue: CallRecord[] = [];
  let draining: Promise<void> | null = null;
  let cancelTimer: (() => void) | null = null;
  let waiting: (() => void)[] = [];

  function schedule(): void {
    if (draining !== null) return;
    if (queue.length >= maxBatch) {
      void drain();
    } else if (queue.length > 0 && cancelTimer === null) {
      cancelTimer = clock.timer(intervalMs, () => {
        cancelTimer = null;
        void drain();
      });
    }
  }

  function drain(): Promise<void> {
    cancelTimer?.();
    cancelTimer = null;
    draining ??= run().finally(() => {
      draining = null;
      schedule();
    });
    return draining;
  }

  async function run(): Promise<void> {
    // The first batch goes even when it is small; what arrives meanwhile waits for its own company or its own time.
    do {
      const batch = queue.slice(0, maxBatch);
      queue = queue.slice(maxBatch);
      for (const [workspaceId, calls] of byWorkspace(batch)) await writeOrReport(workspaceId, calls);
      if (queue.length < maxQueued) {
        const ready = waiting;
        waiting = [];
        for (const wake of ready) wake();
      }
    } while (queue.length >= maxBatch);
  }

  async function writeOrReport(workspaceId: string, calls: readonly CallRecord[]): Promise<void> {
    for (let failures = 0; ; failures += 1) {
      try {
        await write(workspaceId, calls);
        return;
      } catch (error) {
        if (failures + 1 >= maxAttempts) {
          onLost({ workspaceId, count: calls.length, error });
          return;
        }
        await sleep(clock, backoffMs(failures, random));
      }
    }
  }

  return {
    record(call) {
      queue.push(call);
      schedule();
      return queue.length < maxQueued ? undefined : new Promise((resolve) => waiting.push(resolve));
    },
    async flush() {
      while (queue.length > 0 || draining !== null) await drain();
    },
  };
}

function byWorkspace(calls: readonly CallRecord[]): Map<string, CallRecord[]> {
  const groups = new Map<string, CallRecord[]>();
  for (const call of calls) {
    const group = groups.get(call.workspaceId);
    if (group === undefined) groups.set(call.workspaceId, [call]);
    else group.push(call);
  }
  return groups;
}
