import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Driver, Lease } from "./driver";
import { DatabaseOpenError, toSqlError } from "./errors";
import { findOwnFile } from "./files";

interface Migration {
  readonly name: string;
  readonly text: string;
  readonly hash: string;
}

/** Any number, the same in every process: who holds it migrates. */
const migrationLock = 4_701_246_132;

/**
 * `0000_hub.sql`, `0001_….sql`, …, in order. A new one is written by hand (`drizzle-kit export` prints what the schema wants, without the
 * policies and grants that every table needs); `db/schema.test.ts` fails until schema and database agree.
 */
export function readMigrations(folder?: string): Migration[] {
  const directory = findOwnFile("migrations", folder);
  return readdirSync(directory)
    .filter((file) => /^\d{4}_.*\.sql$/.test(file))
    .sort()
    .map((file) => {
      const text = readFileSync(join(directory, file), "utf8");
      return { name: file.slice(0, -".sql".length), text, hash: createHash("sha256").update(text).digest("hex") };
    });
}

/**
 * Brings the schema up to date: all missing migrations in one transaction, as the owner, so a failing one leaves nothing behind. The advisory
 * lock makes processes that start together take turns; it is the transaction's, so it also holds behind a pooler and dies with the process.
 * A migration that changed after it was applied, or a database newer than this build, is refused rather than guessed at.
 */
export async function migrate(driver: Driver, folder?: string): Promise<void> {
  const migrations = readMigrations(folder);
  const lease = await driver.acquire();
  try {
    if (pending(migrations, await readApplied(lease)).length > 0) {
      await apply(lease, migrations);
    }
  } catch (error) {
    await lease.query({ text: "rollback" }).catch(() => undefined);
    if (error instanceof DatabaseOpenError) {
      throw error;
    }
    const cause = toSqlError(error);
    throw new DatabaseOpenError(
      "refused",
      `The database could not be brought up to date (${cause instanceof Error ? cause.message : "unknown error"}); it is unchanged.`,
      { cause },
    );
  } finally {
    lease.release();
  }
}

async function readApplied(lease: Lease): Promise<Map<string, string>> {
  const { rows: tables } = await lease.query({ text: "select to_regclass('public.hub_migration') is not null as present" });
  if (tables[0]?.present !== true) {
    return new Map();
  }
  const { rows } = await lease.query({ text: "select name, hash from public.hub_migration" });
  return new Map(rows.map((row) => [String(row.name), String(row.hash)]));
}

function pending(migrations: readonly Migration[], applied: ReadonlyMap<string, string>): Migration[] {
  const known = new Set(migrations.map((migration) => migration.name));
  for (const name of applied.keys()) {
    if (!known.has(name)) {
      throw new DatabaseOpenError(
        "refused",
        `The database was already brought to ${name} by a newer version of the hub; run that version.`,
      );
    }
  }
  for (const { name, hash } of migrations) {
    const before = applied.get(name);
    if (before !== undefined && before !== hash) {
      throw new DatabaseOpenError("refused", `The database was made by another state of migration ${name}; start with an empty database.`);
    }
  }
  return migrations.filter((migration) => !applied.has(migration.name));
}

async function apply(lease: Lease, migrations: readonly Migration[]): Promise<void> {
  await lease.query({ text: `begin; select pg_advisory_xact_lock(${migrationLock})` });
  await lease.query({
    text: "create table if not exists public.hub_migration (name text primary key, hash text not null, applied_at timestamptz not null default now())",
  });
  // Read again under the lock: another process may have done it meanwhile.
  for (const migration of pending(migrations, await readApplied(lease))) {
    await lease.query({ text: migration.text });
    await lease.query({ text: "insert into public.hub_migration (name, hash) values ($1, $2)" }, [migration.name, migration.hash]);
  }
  const { command } = await lease.query({ text: "commit" });
  if (command !== "COMMIT") {
    throw new Error(`the server answered ${command} to COMMIT`);
  }
}
