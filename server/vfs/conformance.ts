import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { WorkspaceScope } from "@/db/scope";
import { HubError } from "@/server/errors";
import type { ChangeAnswer } from "./changes";
import type { FileSystem } from "./file-system";
import type { Node, Operation, ReadFormat } from "./node";
import { parsePath } from "./path";
import { etagOf } from "./text";

/**
 * What every mount must do, whatever stands behind it: one suite over the operations, gated by what the mount declares. A mount's own
 * test calls `mountConformance` with a harness, whose cases say which words of the catalogue (`read:issues`) they exercise; a declared
 * word that no case of a passing suite ran is a failure.
 */

/** Paths are whole display paths; a human name without its handle will do. */
export type ConformanceCase = { readonly words?: readonly string[] } & (
  | { readonly does: "list"; readonly path: string; readonly atLeast: number }
  | { readonly does: "read"; readonly path: string; readonly as?: ReadFormat; readonly contains: string }
  | { readonly does: "create"; readonly path: string; readonly text: string; readonly contains: string }
  | { readonly does: "edit"; readonly path: string; readonly find: string; readonly replace: string }
  | { readonly does: "append"; readonly path: string; readonly text: string; readonly contains: string }
  | { readonly does: "remove"; readonly path: string }
);

export interface MountHarness {
  readonly files: FileSystem;
  readonly scope: WorkspaceScope;
  /** Display path of the mount. */
  readonly root: string;
  /** Resolves when nothing goes on in the background. */
  readonly settle?: () => Promise<void>;
  /** Somebody who must not see what is here. */
  readonly stranger?: WorkspaceScope;
  readonly close?: () => Promise<void>;
}

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
      for (const { path } of await filesOf(harness)) {
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

async function runCase(harness: MountHarness, each: ConformanceCase): Promise<void> {
  const { files, scope } = harness;
  const { path } = each;
  const textOf = async (of: string): Promise<string> => (await files.read(scope, { path: of, fresh: true })).text;
  switch (each.does) {
    case "list":
      expect((await listWhole(harness, path)).length).toBeGreaterThanOrEqual(each.atLeast);
      return;

    case "read": {
      const file = await files.read(scope, { path, ...(each.as === undefined ? {} : { as: each.as }) });
      expect(file.text).toContain(each.contains);
      if (each.as !== undefined) expect(file.as).toBe(each.as);
      return;
    }

    case "create": {
      const change = { path, text: each.text, ifNoneMatch: "*", idempotencyKey: `create ${path}` } as const;
      expect((await files.write(scope, { ...change, dryRun: true })).kind).toBe("plan");
      await refused(files.stat(scope, { path }), "ENOENT");
      const answer = await files.write(scope, change);
      const receipt = receiptOf(answer);
      expect(receipt).toMatchObject({ operation: "write", changed: true });
      expect(await files.write(scope, change)).toEqual(answer);
      await refused(files.write(scope, { ...change, text: `${each.text}!` }), "EINVAL");
      expect(await textOf(path)).toContain(each.contains);
      expect(await textOf(receipt.canonicalPath)).toContain(each.contains);
      await refused(files.write(scope, { path, text: each.text, ifNoneMatch: "*" }), "EEXIST");
      const siblings = await listWhole(harness, receipt.canonicalPath.slice(0, receipt.canonicalPath.lastIndexOf("/")));
      expect(siblings.filter((node) => node.path === receipt.canonicalPath)).toHaveLength(1);
      return;
    }

    case "edit": {
      const before = await files.read(scope, { path, fresh: true });
      const stale = await refused(files.write(scope, { path, text: "other", ifMatch: "0".repeat(32) }), "ESTALE");
      expect(stale.details.etag).toBe(before.etag);
      const same = receiptOf(await files.write(scope, { path, text: before.text, ifMatch: before.etag }));
      expect(same).toMatchObject({ changed: false, steps: [], etag: before.etag });
      await refused(files.edit(scope, { path, find: "\u0001 is nowhere", replace: "" }), "EINVAL");
      const planned = await files.edit(scope, { path, find: each.find, replace: each.replace, dryRun: true });
      if (planned.kind !== "plan") throw new Error("a plan was expected");
      expect(planned.plan.baseEtag).toBe(before.etag);
      expect(planned.plan.steps.length).toBeGreaterThan(0);
      expect(await textOf(path)).toBe(before.text);
      const receipt = receiptOf(await files.execute(scope, { plan: planned.plan.id }));
      expect(receipt).toMatchObject({ operation: "edit", changed: true });
      const after = await files.read(scope, { path: receipt.canonicalPath });
      expect(after).toMatchObject({ etag: receipt.etag });
      expect(after.text).toContain(each.replace);
      await refused(files.execute(scope, { plan: planned.plan.id }), "ESTALE");
      await refused(files.write(scope, { path: receipt.canonicalPath, text: before.text, ifMatch: before.etag }), "ESTALE");
      if ((await files.schema(scope, path)).guard === "atomic") await race(harness, receipt.canonicalPath, after.etag);
      return;
    }

    case "append": {
      const change = { path, text: each.text, idempotencyKey: `append ${path}` };
      const answer = await files.append(scope, change);
      expect(receiptOf(answer).changed).toBe(true);
      expect(await files.append(scope, change)).toEqual(answer);
      expect((await textOf(path)).split(each.contains)).toHaveLength(2);
      return;
    }

    case "remove": {
      const { path: canonical } = await files.stat(scope, { path });
      const receipt = receiptOf(await files.remove(scope, { path }));
      expect(receipt).toMatchObject({ operation: "remove", changed: true, etag: null });
      await refused(files.stat(scope, { path: canonical }), "ENOENT");
      await refused(files.remove(scope, { path: canonical }), "ENOENT");
      return;
    }
  }
}

/** Of writers with one etag exactly one wins. */
async function race({ files, scope }: MountHarness, path: string, etag: string): Promise<void> {
  const outcomes = await Promise.allSettled(["one", "two", "three"].map((text) => files.write(scope, { path, text, ifMatch: etag })));
  expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  for (const outcome of outcomes) if (outcome.status === "rejected") expect(outcome.reason).toMatchObject({ code: "ESTALE" });
}

function receiptOf(answer: ChangeAnswer) {
  if (answer.kind === "receipt") return answer.receipt;
  throw new Error("a receipt was expected");
}

async function refused(work: Promise<unknown>, code?: HubError["code"]): Promise<HubError> {
  const outcome = await work.then(
    () => null,
    (error: unknown) => error,
  );
  if (!(outcome instanceof HubError)) throw outcome ?? new Error(`${code ?? "a refusal"} was expected`);
  if (code !== undefined) expect(outcome.code).toBe(code);
  return outcome;
}

interface Paging {
  readonly limit: number;
  readonly sort?: "name" | "modifiedAt" | "sizeBytes";
  readonly order?: "ascending" | "descending";
}

/** All rows, page by page; every page says that the directory is known. */
async function listPaged({ files, scope }: MountHarness, path: string, paging: Paging): Promise<readonly Node[]> {
  const rows: Node[] = [];
  let cursor: string | undefined;
  do {
    const page = await files.list(scope, { path, ...paging, ...(cursor === undefined ? {} : { cursor }) });
    expect(page.complete).toBe(true);
    expect(page.nodes.length).toBeLessThanOrEqual(paging.limit);
    rows.push(...page.nodes);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return rows;
}

async function listWhole(harness: MountHarness, path: string): Promise<readonly Node[]> {
  await harness.files.list(harness.scope, { path });
  await harness.settle?.();
  return listPaged(harness, path, { limit: 1000 });
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
  for (let path = open.shift(); path !== undefined && found.length < walkedDirectories; path = open.shift()) {
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
