import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { findSpecs } from "../sandbox/specs/folder";
import { readRecorded } from "../sandbox/specs/recording";
import { cover, printCoverage, violationsIn } from "../sandbox/specs/report";
import { createSpecValidator, describedTools } from "../sandbox/specs/validators";
import { root, runCommand, startNode } from "./processes";

/**
 * `npm run test:specs`: runs the connectors' and the sandbox's tests, keeps every exchange with the sandbox, and holds it against the
 * vendors' published descriptions. `-- <tool>` runs one tool's tests, `-- --recorded <folder>` only checks what another run kept,
 * `--operations` lists each operation that was seen. Exits 1 on a violation, and 2 where no descriptions are found.
 */

const argv = process.argv.slice(2);
const flag = (name: string): string | undefined => {
  const at = argv.indexOf(name);
  return at < 0 ? undefined : argv[at + 1];
};

/** The tests that talk to a tool's sandbox. */
const testsOf = (tool: string): readonly string[] => [`server/integrations/${tool}/`, `sandbox/${tool}/`];

async function record(folder: string, tests: readonly string[]): Promise<void> {
  const vitest = path.join(root, "node_modules", "vitest/vitest.mjs");
  const child = startNode([vitest, "run", "--reporter=dot", ...tests], { env: { SPECS_RECORD: folder } });
  if ((await child.exited) !== 0) console.error("Some of these tests failed; what they sent is checked all the same.\n");
}

runCommand(async () => {
  if (findSpecs() === null) {
    console.error("The vendors' descriptions are not here. Put them into ../shared/specs, or name their folder in SPECS_DIR.");
    process.exitCode = 2;
    return;
  }
  const recorded = flag("--recorded");
  const tools = argv.filter((word) => describedTools.includes(word));
  const wanted = tools.length === 0 ? describedTools : tools;
  const folder = recorded ?? mkdtempSync(path.join(tmpdir(), "hub-specs-"));
  if (recorded === undefined) await record(folder, tools.length === 0 ? ["server/integrations/", "sandbox/"] : wanted.flatMap(testsOf));
  const validators = wanted.map(createSpecValidator).filter((validator) => validator !== null);
  const coverage = await cover(validators, readRecorded(folder));
  console.log(printCoverage(coverage, argv.includes("--operations")));
  if (recorded === undefined) rmSync(folder, { recursive: true, force: true });

  const violations = violationsIn(coverage);
  const unseen = coverage.filter(({ exchanges }) => exchanges === 0).map(({ tool }) => tool);
  const missing = wanted.filter((tool) => !validators.some((validator) => validator.tool === tool));
  if (missing.length > 0) console.error(`\nThe description of ${missing.join(", ")} is not in ${findSpecs()}.`);
  if (unseen.length > 0) console.error(`\nNothing was seen of ${unseen.join(", ")}.`);
  console.log(`\n${violations} violations`);
  if (violations > 0 || unseen.length > 0 || missing.length > 0) process.exitCode = 1;
});
