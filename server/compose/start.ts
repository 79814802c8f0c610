import "server-only";
import { isBuild } from "@/server/env";
import { scrub } from "@/server/log";
import { getHub, type Hub } from "./hub";

/**
 * The start of a process: environment, database with its migrations, master key, and the jobs where they run here (in the worker; on the
 * embedded database in the hub itself). A failure is one sentence on standard error and exit code 1: Next would stay up and answer 500.
 */
export async function startHub(): Promise<void> {
  if (isBuild()) return;
  try {
    const hub = await getHub();
    if (hub.env.role === "worker" || hub.env.databaseKind === "pglite") await hub.jobs.start();
    closeBeforeExit(hub);
    hub.log.info({ mode: hub.env.mode, role: hub.env.role, database: hub.db.kind }, "hub started");
  } catch (error) {
    process.stderr.write(`${scrub(error instanceof Error ? error.message : "The hub could not start.")}\n`);
    process.exit(1);
  }
}

/** Requests under way when the process is asked to end have this long before the database is closed. */
const drainMs = 5_000;

/**
 * Next ends the process as soon as its connections are closed, and waits for nobody. What the hub holds must be put down first: the jobs and
 * walks under way, the calls not yet in the log. So Next's exit, which comes when the last request is answered, is where closing begins.
 */
function closeBeforeExit(hub: Hub): void {
  const exit = process.exit.bind(process);
  let isClosing = false;
  const close = (): void => {
    if (isClosing) return;
    isClosing = true;
    hub.close().then(
      () => {
        hub.log.info({}, "hub stopped");
        exit(0);
      },
      (error: unknown) => {
        hub.log.error({ error }, "closing failed");
        exit(1);
      },
    );
  };
  let isAsked = false;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      if (isAsked) return;
      isAsked = true;
      process.exit = close as typeof process.exit;
      setTimeout(close, drainMs);
    });
  }
}
