import "server-only";
import { isBuild } from "@/server/env";
import { scrub } from "@/server/log";
import { getHub } from "./hub";

/**
 * The start of a process: environment, database with its migrations, master key, and the jobs where they run here (in the worker; on the
 * embedded database in the hub itself). A failure is one sentence on standard error and exit code 1: Next would stay up and answer 500.
 */
export async function startHub(): Promise<void> {
  if (isBuild()) return;
  try {
    const hub = await getHub();
    if (hub.env.role === "worker" || hub.env.databaseKind === "pglite") await hub.jobs.start();
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      // Next ends the process once its connections are closed; meanwhile the hub writes down what it still holds.
      process.once(signal, () => void hub.close().catch((error: unknown) => hub.log.error({ error }, "closing failed")));
    }
    hub.log.info({ mode: hub.env.mode, role: hub.env.role, database: hub.db.kind }, "hub started");
  } catch (error) {
    process.stderr.write(`${scrub(error instanceof Error ? error.message : "The hub could not start.")}\n`);
    process.exit(1);
  }
}
