import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { ensureBuild } from "./build";
import { emit } from "./emit";
import { startDemo } from "./hub";

/** Time of a bare `node:http` server from its command to its first line. */
async function startBareServer(): Promise<number> {
  const started = performance.now();
  const code = 'require("node:http").createServer((q, r) => r.end()).listen(0, () => console.log("up"))';
  const child = spawn(process.execPath, ["-e", code], { stdio: ["ignore", "pipe", "inherit"] });
  await new Promise<void>((resolve) => child.stdout.once("data", () => resolve()));
  const took = performance.now() - started;
  child.kill();
  return took;
}

/** `npm run demo` on a build that is there: with a data folder to make (cold) and with one that is there (warm). */
export async function benchStart(): Promise<void> {
  await ensureBuild();
  const dataDir = mkdtempSync(path.join(tmpdir(), "hub-bench-"));
  const bare = await startBareServer();
  for (const name of ["cold", "warm"] as const) {
    const demo = await startDemo(dataDir);
    await demo.stop();
    emit({
      bench: "start",
      case: name,
      value: demo.startedInMs,
      unit: "ms",
      baseline: bare,
      detail: { baseline: "a bare node:http server" },
    });
  }
  rmSync(dataDir, { recursive: true, force: true });
}
