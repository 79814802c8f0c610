import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { deserialize, serialize } from "node:v8";

interface Saved {
  /** What the tool's rows look like, and of how large a company: another stamp cannot be read. */
  readonly stamp: string;
  readonly state: unknown;
}

/** Keeps one tool's state in one file. */
export interface Keeper {
  /** What an earlier run left; null when there is nothing that this version can read. */
  load(): unknown;
  /** Something may have changed: it is written within a quarter of a second. */
  changed(): void;
  /** Writes now what is not written yet. */
  flush(): void;
}

function isSaved(value: unknown): value is Saved {
  return typeof value === "object" && value !== null && "stamp" in value && "state" in value;
}

/** A file that is replaced whole, readable by its owner only: it holds the sandbox's tokens. `take` gives the state to write. */
export function createKeeper(file: string, stamp: string, take: () => unknown): Keeper {
  let timer: NodeJS.Timeout | null = null;

  function write(): void {
    timer = null;
    const saved: Saved = { stamp, state: take() };
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(`${file}.new`, serialize(saved), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  }

  return {
    load() {
      try {
        const value: unknown = deserialize(readFileSync(file));
        return isSaved(value) && value.stamp === stamp ? value.state : null;
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
