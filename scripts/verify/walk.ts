import { HubError } from "@/server/errors";
import type { Entry, Location, LocationSegment } from "@/server/vfs/tool-mount";
import type { Account } from "./account";

/** A walk through what a mount has, a few of each kind, reading only. */

export interface WalkOptions {
  /** How many directories and files of one kind of place are looked at. */
  readonly samples: number;
  /** How many empty directories of one kind are passed over before it is given up. */
  readonly tries: number;
}

export interface Walked {
  readonly listed: number;
  readonly read: number;
  /** What was refused, by place and code. */
  readonly refusals: readonly string[];
}

const modest: WalkOptions = { samples: 3, tries: 12 };
const firstBytes = { start: 0, end: 1_023 };

/** Dates fold into one kind of place: every day of a channel is the same to us. */
const nameOf = (segment: LocationSegment): string => {
  if (segment.type === "object") return `<${segment.kind}>${segment.companion === true ? ".d" : ""}`;
  return segment.name.replace(/\d{4}-\d{2}(-\d{2})?/, "<date>").replace(/^\d+\.\d+/, "<ts>");
};
export const placeOf = (location: Location): string => `/${location.map(nameOf).join("/")}`;

/** The companion directory of an item. */
const companionOf = (location: Location): Location => {
  const last = location.at(-1);
  if (last === undefined || last.type !== "object") return location;
  return [...location.slice(0, -1), { ...last, companion: true }];
};

/** Lists and reads a few of each kind of place, from the root down. What the tool refuses is noted, and the walk goes on. */
export async function walkAccount({ mount, context }: Account, options: WalkOptions = modest): Promise<Walked> {
  const refusals = new Set<string>();
  const seen = new Map<string, number>();
  const tried = new Map<string, number>();
  let listed = 0;
  let read = 0;
  const kinds = new Map(mount.description.kinds.map((kind) => [kind.kind, kind]));

  async function noting<T>(location: Location, what: string, work: () => Promise<T>): Promise<T | null> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      refusals.add(`${what} ${placeOf(location)}: ${error.code}`);
      return null;
    }
  }
  const isNew = (counts: Map<string, number>, key: string, most: number): boolean => {
    const count = counts.get(key) ?? 0;
    if (count >= most) return false;
    counts.set(key, count + 1);
    return true;
  };

  async function readFile(location: Location, entry: Entry): Promise<void> {
    const last = location.at(-1);
    const kind = kinds.get(entry.schemaKind ?? (last?.type === "object" ? last.kind : ""));
    read += 1;
    if (entry.binary === true) {
      const opened = await noting(location, "open", async () => (await mount.open?.(location, { range: firstBytes }, context)) ?? null);
      await opened?.body.cancel();
      return;
    }
    await noting(location, "stat", () => mount.stat(location, context));
    for (const format of kind?.formats ?? [null])
      await noting(location, `read${format === null ? "" : ` as ${format}`}`, () => mount.read(location, format, context));
  }

  async function listDirectory(location: Location): Promise<readonly Entry[]> {
    listed += 1;
    const page = await noting(location, "list", () => mount.list(location, { cursor: null, limit: 50 }, context));
    if (page === null) return [];
    if (page.nextCursor !== null && isNew(seen, `next ${placeOf(location)}`, 1)) {
      await noting(location, "list", () => mount.list(location, { cursor: page.nextCursor, limit: 50 }, context));
    }
    return page.entries;
  }

  const waiting: Location[] = [[]];
  for (let directory = waiting.shift(); directory !== undefined; directory = waiting.shift()) {
    const place = placeOf(directory);
    if ((seen.get(place) ?? 0) >= options.samples || !isNew(tried, place, options.tries)) continue;
    const entries = await listDirectory(directory);
    // An empty one tells little, so it is not one of the samples.
    if (entries.length > 0) isNew(seen, place, options.samples);
    for (const entry of entries) {
      const location = [...directory, entry.segment];
      if (entry.kind === "directory") waiting.push(location);
      else if (entry.kind === "file" && isNew(seen, placeOf(location), options.samples)) {
        await readFile(location, entry);
        if (entry.companion === true) waiting.push(companionOf(location));
      }
    }
  }
  return { listed, read, refusals: [...refusals].sort() };
}
