import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ConformanceCase, listPaged, listWhole, type MountHarness, openWhole, refused, runCase } from "./conformance-cases";
import type { Node, Operation } from "./node";
import { parsePath } from "./path";
import { etagOf } from "./text";

/**
 * What every mount must do, whatever stands behind it: one suite over the operations, gated by what the mount declares. A mount's own
 * test calls `mountConformance` with a harness, whose cases say which words of the catalogue (`read:issues`) they exercise; a declared
 * word that no case of a passing suite ran is a failure.
 */

export interface MountConformance {
  readonly start: () => Promise<MountHarness>;
  /** The operations the mount has; every other one must be refused. */
  readonly operations: readonly Operation[];
  /** The catalogue's words that this mount serves. */
  readonly words: readonly string[];
  /** Run in this order, each on what the ones before left. */
  readonly cases: readonly ConformanceCase[];
}

const walkedDirectories = 40;
const sampledRows = 40;
const sampledFiles = 12;

/** Registers the suite. Answers the map of words to the number of cases that ran, filled while it runs. */
export function mountConformance(name: string, mount: MountConformance): ReadonlyMap<string, number> {
  const covered = new Map<string, number>();

  describe(`${name} as a mount`, () => {
    let harness: MountHarness;
    beforeAll(async () => {
      harness = await mount.start();
      await directoriesOf(harness);
    }, 180_000);
    afterAll(() => harness.close?.());

    it("has a root that says what can be done in it, and nothing else", async () => {
      const { files, scope, root } = harness;
      const node = await files.stat(scope, { path: root });
      expect(node).toMatchObject({ path: root, canonicalPath: root, kind: "directory", mount: root });
      for (const operation of node.can) expect(mount.operations).toContain(operation);
    });

    it("lists every child exactly once, at any page size, both ways", async () => {
      for (const { path, rows } of await directoriesOf(harness)) {
        // A big directory is paged once: what differs by page size shows in the small ones.
        const limits = rows.length > 30 ? [Math.min(1000, Math.ceil(rows.length / 7))] : [1, 2, 7];
        for (const limit of limits) {
          const paged = await listPaged(harness, path, { limit });
          expect(paged.map(({ id }) => id)).toEqual(rows.map(({ id }) => id));
        }
        if (rows.length > 1000) continue;
        const backwards = await listPaged(harness, path, { limit: 1000, order: "descending" });
        expect(backwards.map(({ id }) => id)).toEqual(rows.map(({ id }) => id).toReversed());
        for (const sort of ["modifiedAt", "sizeBytes"] as const) {
          const sorted = await listPaged(harness, path, { limit: limits[0] ?? 1, sort });
          expect(sorted.map(({ id }) => id).toSorted()).toEqual(rows.map(({ id }) => id).toSorted());
        }
      }
    });

    it("finds every row by the path it was listed under", async () => {
      for (const { path, rows } of await directoriesOf(harness)) {
        for (const row of rows.slice(0, sampledRows)) {
          expect(row.path).toBe(`${path}/${row.name}`);
          expect(() => parsePath(row.path)).not.toThrow();
          for (const operation of row.can) expect(mount.operations).toContain(operation);
          const node = await harness.files.stat(harness.scope, { path: row.path });
          expect(node).toMatchObject({ id: row.id, path: row.path, kind: row.kind, name: row.name, mount: harness.root });
        }
      }
    });

    it("reads files whose etag is the hash of their text, whole and in parts", async () => {
      const { files, scope } = harness;
      for (const { path } of (await filesOf(harness)).filter(({ binary }) => !binary)) {
        const whole = await files.read(scope, { path });
        expect(whole.etag).toBe(etagOf(whole.text));
        expect(whole).toMatchObject({ sizeBytes: Buffer.byteLength(whole.text), offset: 0, truncated: false });
        expect((await files.stat(scope, { path })).etag).toBe(whole.etag);
        let joined = "";
        for (let offset = 0; offset < whole.sizeBytes; offset = Buffer.byteLength(joined)) {
          const part = await files.read(scope, { path, bytes: { offset, length: Math.ceil(whole.sizeBytes / 3) } });
          expect(part.etag).toBe(whole.etag);
          joined += part.text;
        }
        expect(joined).toBe(whole.text);
        const line = await files.read(scope, { path, lines: { from: 1, to: 1 } });
        expect(line.text.replace(/\n$/, "")).toBe(whole.text.split("\n")[0]);
      }
    });

    it("gives every file as bytes, whole and in ranges, and reads no bytes as text", async () => {
      const { files, scope } = harness;
      for (const { path, binary } of await filesOf(harness)) {
        const whole = await openWhole(harness, path, {});
        if (binary) await refused(files.read(scope, { path }), "ENOTSUP");
        else expect(whole.bytes.toString()).toBe((await files.read(scope, { path })).text);
        if (whole.bytes.length < 2) continue;
        const middle = Math.floor(whole.bytes.length / 2);
        const first = await openWhole(harness, path, { range: { start: 0, end: middle - 1 } });
        // A tool without ranges gives the whole.
        if (!first.isPart) continue;
        const second = await openWhole(harness, path, { range: { start: middle, end: null } });
        expect(Buffer.concat([first.bytes, second.bytes]).equals(whole.bytes)).toBe(true);
        const beyond = await refused(files.open(scope, { path, range: { start: whole.bytes.length, end: null } }), "EINVAL");
        expect(beyond.details.key).toBe("range");
      }
    });

    it("keeps what is personal from everybody else in the workspace", async () => {
      const { files, root, colleague } = harness;
      if (colleague === undefined) return;
      const seen = (await files.list(colleague.scope, { path: root })).nodes.map(({ name }) => name);
      for (const name of colleague.hidden) {
        expect(seen).not.toContain(name);
        await refused(files.stat(colleague.scope, { path: `${root}/${name}` }), "ENOENT");
        await refused(files.list(colleague.scope, { path: `${root}/${name}` }), "ENOENT");
      }
      for (const { path } of (await directoriesOf(harness)).filter(({ path: at }) =>
        colleague.hidden.some((name) => at.startsWith(`${root}/${name}/`)),
      )) {
        await refused(files.stat(colleague.scope, { path }), "ENOENT");
      }
    });

    it("answers as POSIX does where nothing is, and to the wrong kind", async () => {
      const { files, scope, root } = harness;
      await refused(files.stat(scope, { path: `${root}/no such thing` }), "ENOENT");
      await refused(files.read(scope, { path: `${root}/no such thing` }), "ENOENT");
      await refused(files.read(scope, { path: root }), "EISDIR");
      await refused(files.stat(scope, { path: `${root}//` }), "EINVAL");
      for (const { path } of (await filesOf(harness)).slice(0, 2)) {
        await refused(files.list(scope, { path }), "ENOTDIR");
        await refused(files.stat(scope, { path: `${path}/below` }), "ENOTDIR");
        expect(await refused(files.stat(scope, { path: `${path}/below` }), "ENOTDIR")).toMatchObject({ path: `${path}/below` });
      }
    });

    it("refuses what it does not have, naming it", async () => {
      const { files, scope, root } = harness;
      const path = (await filesOf(harness))[0]?.path ?? `${root}/file.md`;
      const attempts: Partial<Record<Operation, () => Promise<unknown>>> = {
        write: () => files.write(scope, { path, text: "x" }),
        append: () => files.append(scope, { path, text: "x" }),
        edit: () => files.edit(scope, { path, find: "x", replace: "y" }),
        mkdir: () => files.mkdir(scope, { path: `${root}/new` }),
        move: () => files.move(scope, { path, to: `${path}.moved` }),
        remove: () => files.remove(scope, { path }),
        copy: () => files.copy(scope, { path }),
        search: () => files.search(scope, { path }),
      };
      for (const [operation, attempt] of Object.entries(attempts)) {
        if (mount.operations.some((has) => has === operation)) continue;
        expect((await refused(attempt(), "ENOTSUP")).details.operation).toBe(operation);
      }
    });

    it("is not there for a stranger", async () => {
      const { files, stranger } = harness;
      if (stranger === undefined) return;
      for (const { path } of await filesOf(harness)) {
        const error = await refused(files.stat(stranger, { path }));
        expect(["ENOENT", "ENOTCONN"]).toContain(error.code);
      }
    });

    for (const [index, each] of mount.cases.entries()) {
      it(`${index + 1}: ${each.does} ${each.path}`, async () => {
        await runCase(harness, each);
        for (const word of each.words ?? []) covered.set(word, (covered.get(word) ?? 0) + 1);
      });
    }

    it("served every word it declares", () => {
      expect([...covered.keys()].toSorted()).toEqual([...mount.words].toSorted());
    });
  });

  return covered;
}

type Directories = readonly { readonly path: string; readonly rows: readonly Node[] }[];
const walked = new WeakMap<MountHarness, Promise<Directories>>();

/** The directories of the mount from its root on, breadth first, with their rows, as they are before the cases run. */
function directoriesOf(harness: MountHarness): Promise<Directories> {
  const known = walked.get(harness) ?? walkTree(harness);
  walked.set(harness, known);
  return known;
}

async function walkTree(harness: MountHarness): Promise<Directories> {
  const found: { path: string; rows: readonly Node[] }[] = [];
  const open = [harness.root];
  const shapes = new Map<string, number>();
  for (let path = open.shift(); path !== undefined && found.length < walkedDirectories; path = open.shift()) {
    // Of days and months some are as good as all; the newest may be empty.
    const shape = path.replace(/\d{4}-\d{2}(-\d{2})?/g, "<date>");
    const seen = (shapes.get(shape) ?? 0) + 1;
    shapes.set(shape, seen);
    if (shape !== path && seen > 6) continue;
    const rows = await listWhole(harness, path);
    found.push({ path, rows });
    open.push(...rows.filter(({ kind }) => kind === "directory").map((row) => row.path));
  }
  return found;
}

/** Some files of each directory, companions' files among them. */
async function filesOf(harness: MountHarness): Promise<readonly Node[]> {
  const found: Node[] = [];
  for (const { rows } of await directoriesOf(harness)) {
    const here = rows.filter(({ kind }) => kind === "file").slice(0, 3);
    found.push(...here);
    const companion = here.find((node) => node.companion !== null)?.companion;
    if (companion) found.push(...(await listWhole(harness, companion)).filter(({ kind }) => kind === "file"));
  }
  return found.slice(0, sampledFiles);
}
