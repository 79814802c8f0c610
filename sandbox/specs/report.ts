import type { RecordedExchange } from "./recording";
import type { SpecValidator, Violation } from "./validator";

/** What was seen of one tool. */
export interface Coverage {
  readonly tool: string;
  readonly exchanges: number;
  /** Operations by name, and how often each was checked. */
  readonly operations: ReadonlyMap<string, number>;
  /** Requests that the tool refused as malformed: only their answers were judged. */
  readonly refused: number;
  /** What lies outside of the description, and how often. */
  readonly outside: ReadonlyMap<string, number>;
  /** Methods newer than the description, by name. */
  readonly notDescribable: ReadonlyMap<string, number>;
  /** How often each violation was seen, by operation, place and words. */
  readonly violations: ReadonlyMap<string, number>;
}

const addTo = (counts: Map<string, number>, name: string): void => {
  counts.set(name, (counts.get(name) ?? 0) + 1);
};

const inWords = (operation: string, { where, what }: Violation): string => `${operation}: ${where}: ${what}`;

/** Checks every exchange; those of tools without a validator are left. */
export async function cover(
  validators: readonly SpecValidator[],
  exchanges: Iterable<RecordedExchange> | AsyncIterable<RecordedExchange>,
): Promise<readonly Coverage[]> {
  const byTool = new Map(
    validators.map((validator) => [
      validator.tool,
      {
        validator,
        exchanges: 0,
        refused: 0,
        operations: new Map<string, number>(),
        outside: new Map<string, number>(),
        notDescribable: new Map<string, number>(),
        violations: new Map<string, number>(),
      },
    ]),
  );
  for await (const exchange of exchanges) {
    const seen = byTool.get(exchange.tool);
    if (seen === undefined) continue;
    seen.exchanges += 1;
    const verdict = await seen.validator.check(exchange);
    if (verdict.kind === "outside") addTo(seen.outside, verdict.what);
    else if (verdict.kind === "not describable") addTo(seen.notDescribable, verdict.operation);
    else {
      addTo(seen.operations, verdict.operation);
      if (verdict.refused) seen.refused += 1;
      for (const violation of verdict.violations) addTo(seen.violations, inWords(verdict.operation, violation));
    }
  }
  return [...byTool.values()].map(({ validator, ...seen }) => ({ tool: validator.tool, ...seen }));
}

const sum = (counts: ReadonlyMap<string, number>): number => [...counts.values()].reduce((total, count) => total + count, 0);

function row(cells: readonly (string | number)[]): string {
  const widths = [18, 11, 10, 8, 8, 15];
  return cells
    .map((cell, index) => (index === 0 ? String(cell).padEnd(widths[0] ?? 0) : String(cell).padStart(widths[index] ?? 0)))
    .join("  ");
}

/** The coverage table and, below it, every violation and what is outside or not describable. */
export function printCoverage(coverage: readonly Coverage[], withOperations = false): string {
  const lines = [`${row(["tool", "operations", "exchanges", "refused", "outside", "not describable"])}  violations`];
  for (const seen of coverage) {
    const counts = [seen.operations.size, seen.exchanges, seen.refused, sum(seen.outside), sum(seen.notDescribable)];
    lines.push(`${row([seen.tool, ...counts])}  ${String(sum(seen.violations)).padStart(10)}`);
  }
  for (const { tool, outside, notDescribable, violations, operations } of coverage) {
    if (outside.size > 0)
      lines.push("", `${tool}, outside of its description: ${[...outside].map(([what, count]) => `${what} (${count})`).join(", ")}`);
    if (notDescribable.size > 0) lines.push(`${tool}, newer than its description: ${[...notDescribable.keys()].sort().join(", ")}`);
    if (withOperations) for (const [operation, count] of [...operations].sort()) lines.push(`  ${String(count).padStart(6)}  ${operation}`);
    if (violations.size > 0) lines.push("", `${tool}, violations:`);
    for (const [words, count] of [...violations].sort((left, right) => right[1] - left[1]))
      lines.push(`  ${String(count).padStart(6)} × ${words}`);
  }
  return lines.join("\n");
}

export const violationsIn = (coverage: readonly Coverage[]): number =>
  coverage.reduce((total, { violations }) => total + sum(violations), 0);
