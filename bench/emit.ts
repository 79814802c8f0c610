/** One measured figure: a line of JSON on standard output. */
export interface Measurement {
  readonly bench: string;
  readonly case: string;
  readonly value: number;
  readonly unit: string;
  /** What it is compared with, measured in the same run, in the same unit; null where there is nothing to compare with. */
  readonly baseline: number | null;
  readonly detail?: Readonly<Record<string, string | number | boolean>>;
}

const round = (value: number): number => Number(value.toPrecision(4));

/** Prints a measurement with its ratio to the baseline. */
export function emit({ bench, case: name, value, unit, baseline, detail }: Measurement): void {
  const ratio = baseline === null || baseline === 0 ? null : round(value / baseline);
  console.log(
    JSON.stringify({
      bench,
      case: name,
      value: round(value),
      unit,
      baseline: baseline === null ? null : round(baseline),
      ratio,
      detail: detail ?? {},
    }),
  );
}

export interface Load {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly perSecond: number;
  readonly calls: number;
}

/**
 * Runs `call` from `callers` loops at once, `warmUp` calls first and then for `forMs` milliseconds, and answers the latency's quantiles
 * and the rate. A call that throws ends the run: a benchmark of failures measures nothing.
 */
export async function measureLoad(callers: number, call: () => Promise<unknown>, { warmUp = 50, forMs = 3_000 } = {}): Promise<Load> {
  const loop = async (until: () => boolean, times: number[]): Promise<void> => {
    while (!until()) {
      const started = performance.now();
      await call();
      times.push(performance.now() - started);
    }
  };
  let left = warmUp;
  await Promise.all(Array.from({ length: callers }, () => loop(() => left-- <= 0, [])));
  const times: number[] = [];
  const started = performance.now();
  const end = started + forMs;
  await Promise.all(Array.from({ length: callers }, () => loop(() => performance.now() >= end, times)));
  const seconds = (performance.now() - started) / 1_000;
  times.sort((a, b) => a - b);
  const quantile = (q: number): number => times[Math.min(times.length - 1, Math.floor(times.length * q))] ?? 0;
  return { p50Ms: quantile(0.5), p99Ms: quantile(0.99), perSecond: times.length / seconds, calls: times.length };
}
