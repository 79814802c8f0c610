import type { SQL } from "drizzle-orm";
import type { QueryResultRow } from "pg";
import type { Driver } from "./driver";
import { DatabaseOpenError, toSqlError } from "./errors";
import { migrate } from "./migrate";
import { isNeonHost, type NeonProxy, openNeon } from "./neon";
import { openPglite } from "./pglite";
import { openPostgres } from "./postgres";
import { scopePrincipalId, type WorkspaceScope } from "./scope";
import { refuseInsideScope, runBatch, runTransaction, type TransactionOptions, type Tx } from "./transaction";

export type { Tx } from "./transaction";

export interface DatabaseOptions {
  /**
   * `memory:` (tests), `pglite:<folder>`, or `postgres://…`. A Neon host is reached by Neon's own driver over WebSockets unless `driver` says
   * `pg`, which is faster where TCP to port 5432 is open.
   */
  readonly url: string;
  readonly driver?: "pg" | "neon" | undefined;
  /** Where `db/pglite-worker.mjs` and `db/migrations` are, if neither below the working directory nor beside this file. */
  readonly workerFile?: string | undefined;
  readonly migrationsFolder?: string | undefined;
  /** For tests of Neon's driver. */
  readonly neonProxy?: NeonProxy | undefined;
}

export interface Database {
  readonly kind: "pglite" | "pg" | "neon";
  /**
   * One transaction inside one workspace, as its person, key or job: role `hub_app` and the settings that the policies read. Commits when the work
   * resolves, rolls back when it throws. No other scope may be opened inside, and nothing slow (HTTP above all) awaited: on PGlite the whole
   * database waits, on PostgreSQL the transaction is ended after 30 s of idling.
   */
  withScope<T>(scope: WorkspaceScope, work: (tx: Tx) => Promise<T>, options?: TransactionOptions): Promise<T>;
  /**
   * `withScope` for statements that need none of each other's answers: one round trip in all. Answers the rows of each as the driver reads
   * them, in order; all are kept or none.
   */
  batchInScope(scope: WorkspaceScope, statements: readonly SQL[]): Promise<readonly (readonly Record<string, unknown>[])[]>;
  /** One transaction over the identity tables, role `hub_auth`: people, sign-in links, sessions, sign-in attempts. No workspace is visible. */
  withIdentity<T>(work: (tx: Tx) => Promise<T>, options?: TransactionOptions): Promise<T>;
  /** One transaction that may call the `hub_…` functions of migration 0002 and read no table: for finding the scope to work in. */
  withSystem<T>(work: (tx: Tx) => Promise<T>, options?: TransactionOptions): Promise<T>;
  /** A statement as the owner, outside every scope: for the job queue's own schema, nothing else. Without values, several statements. */
  executeSql<Row extends QueryResultRow>(text: string, values?: readonly unknown[]): Promise<{ rows: Row[]; rowCount: number | null }>;
  /** Round trips to the database so far; what is sent while an answer is outstanding shares its trip. For the bench. */
  readonly roundTrips: number;
  close(): Promise<void>;
}

const uuid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** A setting's value inside the opening, which has no parameters: only uuids are let through. */
function quoteUuid(value: string): string {
  if (!uuid.test(value)) {
    throw new TypeError("A scope's ids are uuids.");
  }
  return `'${value}'`;
}

/** Everything local to the transaction. A session's setting would reach the next user of a pooled connection (data.md §2: measured). */
function openingFor(kind: Driver["kind"], role: "hub_app" | "hub_auth" | "hub_system", options: TransactionOptions | undefined): string {
  // PGlite enforces no timeouts.
  const limits = kind === "pglite" ? "" : "; set local statement_timeout = '60s'; set local idle_in_transaction_session_timeout = '30s'";
  return `begin${options?.readOnly === true ? " read only" : ""}${limits}; set local role ${role}`;
}

function scopeSettings(scope: WorkspaceScope): string {
  const principalId = scopePrincipalId(scope);
  const user = principalId === null ? "''" : quoteUuid(principalId);
  return `; set local app.workspace_id = ${quoteUuid(scope.workspaceId)}; set local app.user_id = ${user}; set local app.actor = '${scope.actor.type}'`;
}

function fromDriver(driver: Driver): Database {
  return {
    kind: driver.kind,
    withScope: async (scope, work, options) =>
      runTransaction(driver, openingFor(driver.kind, "hub_app", options) + scopeSettings(scope), work, options),
    batchInScope: async (scope, statements) =>
      runBatch(driver, openingFor(driver.kind, "hub_app", undefined) + scopeSettings(scope), statements),
    withIdentity: (work, options) => runTransaction(driver, openingFor(driver.kind, "hub_auth", options), work, options),
    withSystem: (work, options) => runTransaction(driver, openingFor(driver.kind, "hub_system", options), work, options),
    executeSql: async <Row extends QueryResultRow>(text: string, values?: readonly unknown[]) => {
      refuseInsideScope("executeSql");
      const lease = await driver.acquire();
      try {
        const { rows, rowCount } = await lease.query({ text }, values === undefined || values.length === 0 ? undefined : values);
        return { rows: rows as Row[], rowCount };
      } catch (error) {
        // Several statements with a BEGIN among them leave the connection inside the failed transaction.
        await lease.query({ text: "rollback" }).catch(() => undefined);
        throw toSqlError(error);
      } finally {
        lease.release();
      }
    },
    get roundTrips() {
      return driver.roundTrips;
    },
    close: () => driver.close(),
  };
}

/** The kind of database a URL asks for, without opening it. Throws DatabaseOpenError `refused` on a URL it does not know. */
export function databaseKind(url: string, driver?: "pg" | "neon"): Driver["kind"] {
  if (url === "memory:" || url.startsWith("pglite:")) {
    return "pglite";
  }
  if (!/^postgres(?:ql)?:\/\//.test(url) || !URL.canParse(url)) {
    throw new DatabaseOpenError("refused", "The database's URL is none of postgres://…, pglite:<folder> and memory:.");
  }
  return driver ?? (isNeonHost(new URL(url).hostname) ? "neon" : "pg");
}

async function openDriver(options: DatabaseOptions): Promise<Driver> {
  const { url } = options;
  switch (databaseKind(url, options.driver)) {
    case "pglite":
      return openPglite({ folder: url === "memory:" ? null : url.slice("pglite:".length), workerFile: options.workerFile });
    case "neon":
      return openNeon(url, options.neonProxy);
    case "pg":
      return openPostgres(url);
  }
}

/** One sentence for a server that cannot be talked to, naming host and database, never the URL. */
function explainConnection(error: unknown, url: string): DatabaseOpenError {
  const { host, pathname } = new URL(url);
  const place = `The database ${decodeURIComponent(pathname.slice(1))} at ${host}`;
  const code = (error as { code?: unknown }).code;
  if (typeof code === "string" && /^(?:28|3D|42|53|57)/.test(code)) {
    const said = error instanceof Error ? error.message : code;
    return new DatabaseOpenError("refused", `${place} refuses the connection (${said}); check DATABASE_URL.`);
  }
  const said = typeof code === "string" ? code : error instanceof Error ? error.message : "no answer";
  return new DatabaseOpenError("unreachable", `${place} cannot be reached (${said}); check that it runs and that DATABASE_URL is right.`);
}

/**
 * Opens the database and brings its schema up to date. Throws DatabaseOpenError, whose message is one sentence that says what to do. One
 * instance a process: on PGlite the folder's lock refuses a second one.
 */
export async function createDb(options: DatabaseOptions): Promise<Database> {
  const driver = await openDriver(options);
  try {
    if (driver.kind !== "pglite") {
      await probe(driver, options.url);
    }
    await migrate(driver, options.migrationsFolder);
    return fromDriver(driver);
  } catch (error) {
    await driver.close().catch(() => undefined);
    throw error;
  }
}

async function probe(driver: Driver, url: string): Promise<void> {
  try {
    const lease = await driver.acquire();
    lease.release();
  } catch (error) {
    throw explainConnection(error, url);
  }
}

/** For tests, which open the driver themselves. */
export const databaseOver = fromDriver;
