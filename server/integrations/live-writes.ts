import type { Entry, Location } from "@/server/vfs/tool-mount";

/**
 * The write checks of a tool for `npm run verify:live <tool> -- --write`: its folder's `live-writes.ts` gives `liveWrites`. They write only
 * into a container of their own making (an issue, a folder, a draft) and say how to take it back; `scripts/verify/write-bench.ts` runs them.
 */

export interface WriteBench {
  /** The entry below a directory whose title is this or matches; throws where there is none. */
  find(directory: Location, title: string | RegExp): Promise<{ readonly location: Location; readonly entry: Entry }>;
  list(directory: Location): Promise<readonly Entry[]>;
  read(location: Location): Promise<string>;
  /** A new file; answers where it stands. */
  create(parent: Location, name: string, extension: string, text: string): Promise<Location>;
  /** Writes what `edit` makes of the file's text. */
  edit(location: Location, edit: (text: string) => string): Promise<void>;
  append(location: Location, text: string): Promise<Location | null>;
  remove(location: Location): Promise<void>;
  move(location: Location, to: Location): Promise<Location | null>;
  /** Bytes as a new file. */
  upload(parent: Location, name: string, mediaType: string, bytes: Uint8Array): Promise<Location>;
  /** Throws, with what was expected, unless it holds. */
  expect(what: string, holds: boolean): void;
  /** Runs at the end, the last one said first; a failure of one is told and does not stop the others. */
  cleanUp(what: string, work: () => Promise<void>): void;
}

/** A tool's write checks, `server/integrations/<id>/live-writes.ts`: in a container of their own making. */
export type WriteChecks = (bench: WriteBench) => Promise<void>;
