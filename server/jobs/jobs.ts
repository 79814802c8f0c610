import "server-only";
import { PgBoss } from "pg-boss";
import type { Database } from "@/db/client";
import type { Log } from "@/server/log";
import {
  type ExpiryOptions,
  expireFiles,
  expireFlows,
  expireSignIn,
  giveBackExpired,
  type HeldConsentOptions,
  pruneAuditEvents,
  pruneBuckets,
  pruneCallLog,
  vacuumEmbedded,
} from "./expiry";

/**
 * The hub's own work, on pg-boss: inside the hub on the embedded database, in the worker on Postgres. Any number of workers may run; a
 * queue's policy lets each job run once at a time over all of them.
 */
export interface JobDefinition {
  /** When, in UTC. */
  readonly cron: string;
  /** Answers what it did, counted, for the log. */
  run(): Promise<Readonly<Record<string, number>>>;
}

export interface JobsOptions extends ExpiryOptions, HeldConsentOptions {
  readonly log: Log;
  /** Jobs of the parts above, by name. */
  readonly also?: Readonly<Record<string, JobDefinition>>;
  /** Seconds between looks for work; each costs a query. Default 15. */
  readonly pollingSeconds?: number;
}

export interface Jobs {
  readonly names: readonly string[];
  /** Makes or upgrades the queue's schema, starts the workers and the schedule, and runs every job once. */
  start(): Promise<void>;
  /** Puts a job into its queue now; null when one is waiting already. */
  enqueue(name: string): Promise<string | null>;
  /** Lets what is running end, at most ten seconds, and stops. */
  stop(): Promise<void>;
}

const schema = "pgboss";
const expireInSeconds = 15 * 60;
const stopTimeoutMs = 10_000;

function jobDefinitions(options: JobsOptions): Readonly<Record<string, JobDefinition>> {
  const embedded = options.db.kind === "pglite";
  return {
    "expire-sign-in": { cron: "*/10 * * * *", run: () => expireSignIn(options) },
    "expire-files": { cron: "*/10 * * * *", run: () => expireFiles(options) },
    "expire-flows": { cron: "*/10 * * * *", run: () => expireFlows(options) },
    // Every minute: what nobody decided about is held for ten minutes at the most.
    "give-back-consents": { cron: "* * * * *", run: () => giveBackExpired(options) },
    "prune-buckets": { cron: "50 * * * *", run: () => pruneBuckets(options) },
    "prune-call-log": { cron: "20 * * * *", run: () => pruneCallLog(options) },
    "prune-audit-events": { cron: "30 3 * * *", run: () => pruneAuditEvents(options) },
    ...options.also,
    ...(embedded ? { "vacuum-embedded": { cron: "40 * * * *", run: () => vacuumEmbedded(options) } } : {}),
  };
}

/** pg-boss's door to the database: as the owner, whose schema of its own (`pgboss`) holds no workspace's data. */
const backendOf = (db: Database) => ({
  db: { executeSql: (text: string, values?: unknown[]) => db.executeSql(text, values) },
  backend: db.kind === "pglite" ? ("pglite" as const) : ("postgres" as const),
});

/** Makes the jobs of one process; nothing runs before `start`. */
export function createJobs(options: JobsOptions): Jobs {
  const { db, log } = options;
  const definitions = jobDefinitions(options);
  const names = Object.keys(definitions);
  const embedded = db.kind === "pglite";
  let started = false;
  const boss = new PgBoss({
    ...backendOf(db),
    schema,
    // The embedded database is one session for everybody: rebuilding indexes and watching a vacuum that it does not have would only hold it up.
    ...(embedded ? { reindex: false, monitorVacuum: false } : {}),
    cronMonitorIntervalSeconds: 45,
    cronWorkerIntervalSeconds: 45,
  });
  boss.on("error", (error) => log.error({ error }, "job queue failed"));
  boss.on("warning", (warning) => log.debug({ warning: warning.message }, "job queue warning"));

  return {
    names,
    async start() {
      started = true;
      await boss.start();
      for (const [name, { cron, run }] of Object.entries(definitions)) {
        await boss.createQueue(name, {
          policy: "exclusive",
          retryLimit: 2,
          retryDelay: 30,
          retryBackoff: true,
          expireInSeconds,
          deleteAfterSeconds: 86_400,
        });
        await boss.work(name, { pollingIntervalSeconds: options.pollingSeconds ?? 15 }, async () => {
          const startedAt = performance.now();
          try {
            const done = await run();
            log.info({ job: name, done, durationMs: Math.round(performance.now() - startedAt) }, "job done");
          } catch (error) {
            log.error({ job: name, error }, "job failed");
            // pg-boss keeps what is thrown in its table: a sentence of ours, not the cause.
            throw new Error(`${name} failed; its reason is in the log`);
          }
        });
        await boss.schedule(name, cron, {}, { tz: "UTC" });
        await boss.send(name, {});
      }
    },
    enqueue: (name) => boss.send(name, {}),
    async stop() {
      if (started) await boss.stop({ graceful: true, timeout: stopTimeoutMs, close: true });
      started = false;
    },
  };
}
