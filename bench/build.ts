import { spawn } from "node:child_process";
import { root } from "@/scripts/processes";
import { isBuildCurrent } from "@/scripts/production-build";

/** Makes the production build unless it is of the sources on disk. What the build prints goes to standard error: standard output is figures only. */
export async function ensureBuild(): Promise<void> {
  if (isBuildCurrent()) return;
  const child = spawn(process.execPath, ["scripts/run.cjs", "scripts/build.ts"], {
    cwd: root,
    stdio: ["ignore", process.stderr, process.stderr],
  });
  const code = await new Promise<number | null>((resolve, reject) => child.once("error", reject).once("close", resolve));
  if (code !== 0) throw new Error("The build failed; its messages above say where.");
}
