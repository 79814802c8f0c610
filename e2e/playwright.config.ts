import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { defineConfig } from "@playwright/test";
import { portsOf } from "../scripts/sandbox-ports";

/**
 * The journeys, against the demo as a newcomer starts it: `npm run demo` on ports and a data folder of its own. `npm test` builds first
 * and passes the browser it found.
 */
const port = Number(process.env.HUB_E2E_PORT ?? 3180);
// The config is evaluated in every worker: the folder is made once, by the first, passed on, and removed when the first ends.
if (process.env.HUB_E2E_DATA_DIR === undefined) {
  const made = mkdtempSync(path.join(tmpdir(), "hub-e2e-"));
  process.env.HUB_E2E_DATA_DIR = made;
  process.once("exit", () => {
    for (const left of [made, `${made}.log`]) rmSync(left, { recursive: true, force: true });
  });
}

export const baseURL = `http://localhost:${port}`;
const sandboxPort = port + 1;
/** Of each simulated tool, by id. */
export const sandboxPorts = portsOf(sandboxPort).tools;
export const controlPort = portsOf(sandboxPort).control;
/** The demo's data folder. */
export const dataDir = process.env.HUB_E2E_DATA_DIR;
/** Everything that the demo says, the hub's log included. */
export const logFile = `${dataDir}.log`;

export default defineConfig({
  testDir: ".",
  outputDir: "../test-results",
  fullyParallel: false,
  workers: 2,
  // Only what fails waits so long: on a busy machine a journey takes minutes, and time decides no test.
  timeout: 240_000,
  expect: { timeout: 30_000 },
  forbidOnly: process.env.CI !== undefined,
  reporter: process.env.PLAYWRIGHT_JSON_OUTPUT_NAME === undefined ? "list" : [["list"], ["json"]],
  use: {
    baseURL,
    trace: "retain-on-failure",
    actionTimeout: 30_000,
    navigationTimeout: 60_000,
    launchOptions: {
      executablePath: process.env.HUB_E2E_BROWSER ?? "/usr/bin/chromium",
      args: JSON.parse(process.env.HUB_E2E_BROWSER_ARGS ?? "[]"),
    },
  },
  webServer: {
    // A test reads the log afterwards; a start that fails shows the end of it.
    command: `node scripts/run.cjs scripts/demo.ts >"${logFile}" 2>&1 || { tail -n 40 "${logFile}" >&2; exit 1; }`,
    cwd: path.resolve(import.meta.dirname, ".."),
    url: `${baseURL}/api/health/ready`,
    timeout: 180_000,
    reuseExistingServer: false,
    stdout: "ignore",
    stderr: "pipe",
    gracefulShutdown: { signal: "SIGINT", timeout: 15_000 },
    // The log at its most talkative: what may never be in it must not be there either.
    env: { PORT: String(port), SANDBOX_PORT: String(sandboxPort), HUB_DATA_DIR: dataDir, LOG_LEVEL: "debug" },
  },
});
