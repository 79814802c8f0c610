import { existsSync } from "node:fs";
import path from "node:path";

const root = path.resolve(import.meta.dirname, "../..");

/**
 * The folder of the vendors' published descriptions, or null where there is none: `SPECS_DIR`, else `shared/specs` beside the repository
 * or beside the folder of its worktrees. The files are the vendors' and not part of this repository.
 */
export function findSpecs(): string | null {
  const named = process.env.SPECS_DIR;
  const candidates = named === undefined ? ["../shared/specs", "../../shared/specs"].map((folder) => path.resolve(root, folder)) : [named];
  return candidates.find((folder) => existsSync(folder)) ?? null;
}

/** One of the files; null where the folder or the file is not there. */
export function findSpec(file: string): string | null {
  const folder = findSpecs();
  const found = folder === null ? null : path.join(folder, file);
  return found !== null && existsSync(found) ? found : null;
}
