import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { findSpecs } from "../sandbox/specs/folder";
import { findBrowser } from "./browser";
import { root, runCommand, startNode, type Variables } from "./processes";
import { buildProduction, isBuildCurrent } from "./production-build";

/**
 * `npm test`: every check and test, one stage after the other; a stage that fails does not hide the next. Its last line is
 * `N passed, N failed`, summed over the runners, after how many were skipped; a check counts as one.
 */

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

const bin = (file: string): string => path.join(root, "node_modules", file);
const results = mkdtempSync(path.join(tmpdir(), "hub-test-"));

async function run(args: readonly string[], env: Variables = {}): Promise<boolean> {
  return (await startNode(args, { env: { NEXT_TELEMETRY_DISABLED: "1", ...env } }).exited) === 0;
}

async function check(args: readonly string[]): Promise<Counts> {
  const passed = await run(args);
  return { passed: passed ? 1 : 0, failed: passed ? 0 : 1, skipped: 0 };
}

/** A runner's own JSON report; a runner that died without one is one failure. */
function readReport(file: string, ok: boolean, read: (report: never) => Counts): Counts {
  let counts: Counts;
  try {
    counts = read(JSON.parse(readFileSync(file, "utf8")) as never);
  } catch (cause) {
    console.error(`No report from this stage: ${String(cause)}`);
    return { passed: 0, failed: 1, skipped: 0 };
  }
  // A runner can fail without a failed test: an unhandled error, a hook, a file that does not load.
  if (!ok && counts.failed === 0) counts.failed = 1;
  if (counts.passed === 0 && counts.failed === 0) counts.failed = 1;
  return counts;
}

async function vitest(config: string, env: Variables = {}): Promise<Counts> {
  const file = path.join(results, "vitest.json");
  rmSync(file, { force: true });
  const report = ["--reporter=dot", "--reporter=json", `--outputFile.json=${file}`];
  const ok = await run([bin("vitest/vitest.mjs"), "run", "--config", config, ...report], env);
  return readReport(
    file,
    ok,
    (report: { numPassedTests: number; numFailedTests: number; numPendingTests: number; numTodoTests: number }) => ({
      passed: report.numPassedTests,
      failed: report.numFailedTests,
      skipped: report.numPendingTests + report.numTodoTests,
    }),
  );
}

/** Where the unit tests keep their exchanges with the sandbox, for the stage after them; null where the vendors' descriptions are not. */
const exchanges = findSpecs() === null ? null : path.join(results, "exchanges");

/** What the unit tests sent and got, against the vendors' descriptions. */
async function specs(): Promise<Counts> {
  if (exchanges === null) {
    console.log("The vendors' descriptions are not here (SPECS_DIR): skipped.");
    return { passed: 0, failed: 0, skipped: 1 };
  }
  return await check(["scripts/run.cjs", "scripts/test-specs.ts", "--recorded", exchanges]);
}

async function build(): Promise<Counts> {
  if (!isBuildCurrent()) await buildProduction();
  return { passed: 1, failed: 0, skipped: 0 };
}

async function playwright(): Promise<Counts> {
  const browser = await findBrowser();
  console.log(`browser: ${browser.foundAs}`);
  const file = path.join(results, "playwright.json");
  const ok = await run([bin("@playwright/test/cli.js"), "test", "--config", "e2e/playwright.config.ts"], {
    HUB_E2E_BROWSER: browser.executablePath,
    HUB_E2E_BROWSER_ARGS: JSON.stringify(browser.args),
    PLAYWRIGHT_JSON_OUTPUT_NAME: file,
  });
  return readReport(file, ok, (report: { stats: { expected: number; unexpected: number; flaky: number; skipped: number } }) => ({
    passed: report.stats.expected,
    failed: report.stats.unexpected + report.stats.flaky,
    skipped: report.stats.skipped,
  }));
}

const stages: readonly [name: string, stage: () => Promise<Counts>][] = [
  ["types", () => check([bin("typescript/bin/tsc"), "--noEmit"])],
  ["biome", () => check([bin("@biomejs/biome/bin/biome"), "check", "--error-on-warnings", "."])],
  ["import rules", () => check(["scripts/run.cjs", "scripts/check-imports.ts"])],
  ["unit and integration", () => vitest("vitest.config.ts", exchanges === null ? {} : { SPECS_RECORD: exchanges })],
  ["specs", specs],
  ["faults", () => vitest("faults/vitest.config.ts")],
  ["build", build],
  ["end to end", playwright],
];

runCommand(async () => {
  const total: Counts = { passed: 0, failed: 0, skipped: 0 };
  const lines: string[] = [];
  if (process.env.TEST_DATABASE_URL === undefined)
    console.log("No TEST_DATABASE_URL: what needs a PostgreSQL is skipped and counted below.");
  for (const [name, stage] of stages) {
    console.log(`\n== ${name}`);
    const started = performance.now();
    const counts = await stage().catch((error: unknown) => {
      console.error(error instanceof Error ? error.message : error);
      return { passed: 0, failed: 1, skipped: 0 };
    });
    total.passed += counts.passed;
    total.failed += counts.failed;
    total.skipped += counts.skipped;
    const minutes = ((performance.now() - started) / 60_000).toFixed(1);
    lines.push(`${name}: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped in ${minutes} min`);
  }
  rmSync(results, { recursive: true, force: true });
  console.log(`\n${lines.join("\n")}`);
  console.log(`${total.skipped} skipped`);
  console.log(`${total.passed} passed, ${total.failed} failed`);
  if (total.failed > 0) process.exitCode = 1;
});
