import { existsSync } from "node:fs";
import { join } from "node:path";

/**
 * A file or folder of `db/` that is read at run time. The standalone server and the scripts run at the root of the product; tests and
 * bundles that moved the code elsewhere are given the place.
 */
export function findOwnFile(name: string, given?: string): string {
  const candidates =
    given === undefined
      ? [
          // Read at run time, named in next.config.ts: the bundler would take both for "the whole project".
          join(/*turbopackIgnore: true*/ process.cwd(), "db", name),
          join(/*turbopackIgnore: true*/ import.meta.dirname ?? ".", name),
        ]
      : [given];
  const found = candidates.find((candidate) => existsSync(candidate));
  if (found === undefined) {
    throw new Error(`The hub's file db/${name} is missing; looked in ${candidates.join(" and ")}.`);
  }
  return found;
}
