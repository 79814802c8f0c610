import type { WriteBench, WriteChecks } from "@/server/integrations/live-writes";
import type { Change, Entry, Location } from "@/server/vfs/tool-mount";
import type { Account } from "./account";
import { placeOf } from "./walk";

/** Writes through a connector, each planned and done as the hub does, and taken back at the end whatever happened. */

export interface Written {
  /** What was done, a line each. */
  readonly done: readonly string[];
  readonly failure: unknown;
  /** What could not be taken back, and why. */
  readonly left: readonly string[];
}

async function* pagesOf({ mount, context }: Account, directory: Location): AsyncGenerator<Entry> {
  for (let cursor: string | null = null, more = true; more; more = cursor !== null) {
    const page = await mount.list(directory, { cursor, limit: 100 }, context);
    yield* page.entries;
    cursor = page.nextCursor;
  }
}

export async function runWriteChecks(account: Account, checks: WriteChecks): Promise<Written> {
  const { mount, context } = account;
  const done: string[] = [];
  const left: string[] = [];
  const cleaning: { what: string; work: () => Promise<void> }[] = [];

  async function change(what: string, of: Change, bytes?: Uint8Array): Promise<Location | null> {
    const plan = await mount.plan(of, context);
    let location: Location | null = null;
    let output = {};
    for (const step of plan.steps) {
      const content =
        bytes === undefined ? undefined : { sizeBytes: bytes.length, stream: () => new Blob([Uint8Array.from(bytes)]).stream() };
      const result = await mount.perform({ ...step, args: { ...step.args, ...output } }, context, content);
      location = result.location;
      output = { ...output, ...result.output };
    }
    done.push(`${what}: ${plan.steps.map((step) => step.call).join(", ") || "nothing to do"}`);
    return location;
  }
  const made = (location: Location | null, what: string): Location => {
    if (location === null) throw new Error(`${what} was made, and its place is not known.`);
    return location;
  };

  const bench: WriteBench = {
    async find(directory, title) {
      for await (const entry of pagesOf(account, directory)) {
        if (typeof title === "string" ? entry.title === title : title.test(entry.title))
          return { location: [...directory, entry.segment], entry };
      }
      throw new Error(`Nothing in ${placeOf(directory)} is named ${String(title)}.`);
    },
    list: async (directory) => (await mount.list(directory, { cursor: null, limit: 50 }, context)).entries,
    read: async (location) => (await mount.read(location, null, context)).text,
    create: async (parent, name, extension, text) =>
      made(
        await change(`create in ${placeOf(parent)}`, { type: "create", parent, name, extension, text, seed: crypto.randomUUID() }),
        name,
      ),
    async edit(location, edit) {
      const { text, entry } = await mount.read(location, null, context);
      await change(`edit ${placeOf(location)}`, { type: "update", location, base: text, revision: entry.revision, text: edit(text) });
    },
    append: (location, text) => change(`append to ${placeOf(location)}`, { type: "append", location, text, seed: crypto.randomUUID() }),
    async remove(location) {
      await change(`remove ${placeOf(location)}`, { type: "remove", location, revision: null });
    },
    move: (location, to) =>
      change(`move ${placeOf(location)}`, { type: "move", location, to, name: null, revision: null, seed: crypto.randomUUID() }),
    upload: async (parent, name, mediaType, bytes) =>
      made(
        await change(
          `upload into ${placeOf(parent)}`,
          { type: "upload", parent, name, mediaType, sizeBytes: bytes.length, seed: crypto.randomUUID() },
          bytes,
        ),
        name,
      ),
    expect(what, holds) {
      if (!holds) throw new Error(`Expected: ${what}.`);
      done.push(`seen: ${what}`);
    },
    cleanUp: (what, work) => void cleaning.push({ what, work }),
  };
  let failure: unknown = null;
  try {
    await checks(bench);
  } catch (error) {
    failure = error ?? new Error("The checks failed.");
  }
  for (const { what, work } of cleaning.reverse()) {
    try {
      await work();
    } catch (error) {
      left.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return { done, failure, left };
}
