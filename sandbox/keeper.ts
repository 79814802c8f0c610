import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { deserialize, serialize } from "node:v8";
import type { SavedLinear } from "./linear/server";

/** Written into the file; another number means rows of another shape, and the sandbox starts from the seed. */
const formatVersion = 1;

interface Saved {
  readonly formatVersion: number;
  readonly linear: SavedLinear;
}

/** Keeps the sandbox's state in one file. */
export interface Keeper {
  /** What an earlier run left; null when there is nothing that this version can read. */
  load(): SavedLinear | null;
  /** Something may have changed: it is written within a quarter of a second. */
  changed(): void;
  /** Writes now what is not written yet. */
  flush(): void;
}

function isSaved(value: unknown): value is Saved {
  return (
    typeof value === "object" && value !== null && "formatVersion" in value && value.formatVersion === formatVersion && "linear" in value
  );
}

/** A file that is replaced whole, readable by its owner only: it holds the sandbox's tokens. */
export function createKeeper(file: string, take: () => SavedLinear): Keeper {
  let timer: NodeJS.Timeout | null = null;

  function write(): void {
    timer = null;
    const saved: Saved = { formatVersion, linear: take() };
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(`${file}.new`, serialize(saved), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  }

  return {
    load() {
      try {
        const value: unknown = deserialize(readFileSync(file));
        return isSaved(value) ? value.linear : null;
      } catch {
        // No file yet, or one that is not ours: the seed is a good place to begin, and the next write replaces it.
        return null;
      }
    },
    changed() {
      timer ??= setTimeout(write, 250).unref();
    },
    flush() {
      if (timer === null) return;
      clearTimeout(timer);
      write();
    },
  };
}
