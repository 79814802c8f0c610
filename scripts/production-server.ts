import { existsSync } from "node:fs";
import path from "node:path";
import { type NodeOptions, onStop, type RunningProcess, root, StartError, startNode, stopProcess, type Variables } from "./processes";
import { standaloneDir } from "./production-build";

/** The production environment: `.env` beside package.json where there is one, then the process's own variables over it. */
export function loadEnvironmentFile(): void {
  const file = path.join(root, ".env");
  if (existsSync(file)) process.loadEnvFile(file);
}

/** Starts the standalone server as it runs in a container; the caller waits for its end. */
export function startServer(env: Variables, options: Pick<NodeOptions, "onlyLogs"> = {}): RunningProcess {
  const server = path.join(standaloneDir, "server.js");
  if (!existsSync(server)) throw new StartError('There is no build yet: run "npm run build" first.');
  return startNode([server], { ...options, cwd: standaloneDir, env: { NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1", ...env } });
}

/** Runs the standalone server in one role until it ends or Ctrl-C. */
export async function serve(env: Variables): Promise<void> {
  loadEnvironmentFile();
  const running = startServer(env);
  onStop(() => stopProcess(running));
  process.exitCode = await running.exited;
}
