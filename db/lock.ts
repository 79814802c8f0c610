import { mkdirSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { DatabaseOpenError } from "./errors";

/**
 * One process a data folder. PGlite does not lock, and two processes on one folder silently destroy each other's rows (data.md §1). The lock is
 * the kernel's, taken through SQLite: gone the moment the process is, however it died, and never stolen as a heartbeat or a pid file can be.
 */
export function lockFolder(folder: string): { release(): void } {
  const path = resolve(folder);
  mkdirSync(dirname(path), { recursive: true });
  const { DatabaseSync } = loadSqlite();
  const database = new DatabaseSync(`${path}.lock`, { timeout: 0 });
  try {
    database.exec("PRAGMA journal_mode=OFF");
    database.exec("BEGIN EXCLUSIVE");
  } catch (cause) {
    database.close();
    throw new DatabaseOpenError(
      "locked",
      `The data folder ${path} is in use by another process of the hub; stop that one first, or give this one its own folder.`,
      { cause },
    );
  }
  return { release: () => database.close() };
}

/** `node:sqlite`, without the line it prints on stderr when first loaded: what is used of it here is stable. */
function loadSqlite(): typeof import("node:sqlite") {
  const emitWarning = process.emitWarning;
  process.emitWarning = () => undefined;
  try {
    return process.getBuiltinModule("node:sqlite");
  } finally {
    process.emitWarning = emitWarning;
  }
}
