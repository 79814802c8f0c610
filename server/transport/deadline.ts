import type { Clock } from "./send";

/** A timer that comes later than this was held up, and with it the reading of what has arrived. */
const heldUpMs = 100;
/** The time in which what has arrived is read then. */
const readUpMs = 1_000;

/** A time limit that movement puts off and that can pause, as a transfer's has to: it is the silence that ends it, not its length. */
export interface Deadline {
  /** Something moved: the time begins again. */
  touch(): void;
  /** Whoever is waited for is not the vendor: no time passes. `touch` goes on. */
  pause(): void;
  end(): void;
}

/**
 * Runs `expire` when nothing moved for `ms`. A process that was paused, or a machine that slept, finds its timers due before it has read what the
 * network brought meanwhile: an answer that is there already must not be thrown away, least of all a rotated token.
 */
export function startDeadline(clock: Clock, ms: number, expire: () => void): Deadline {
  let dueAtMs = 0;
  let state: "runs" | "paused" | "over" = "runs";
  let cancel: (() => void) | null = null;

  /** One timer for many movements: when it fires it looks whether there were any. */
  const arm = (inMs: number, isLast = false): void => {
    const armedFor = dueAtMs;
    cancel = clock.timer(inMs, () => {
      cancel = null;
      if (state !== "runs") return;
      const nowMs = clock.now();
      if (dueAtMs !== armedFor) arm(Math.max(0, dueAtMs - nowMs));
      else if (!isLast && nowMs - dueAtMs > heldUpMs) arm(readUpMs, true);
      else expire();
    });
  };

  const deadline: Deadline = {
    touch() {
      if (state === "over") return;
      state = "runs";
      dueAtMs = clock.now() + ms;
      if (cancel === null) arm(ms);
    },
    pause() {
      if (state === "runs") state = "paused";
    },
    end() {
      state = "over";
      cancel?.();
      cancel = null;
    },
  };
  deadline.touch();
  return deadline;
}
