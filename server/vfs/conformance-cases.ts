import { expect } from "vitest";
import type { WorkspaceScope } from "@/db/scope";
import { HubError } from "@/server/errors";
import type { ChangeAnswer } from "./changes";
import type { FileSystem } from "./file-system";
import type { Node, ReadFormat } from "./node";
import type { OpenInput } from "./operations";
import { etagOf } from "./text";

/** The cases of the mount suite, and what each must show. */

/** Paths are whole display paths; a human name without its handle will do. */
export type ConformanceCase = { readonly words?: readonly string[] } & (
  | { readonly does: "list"; readonly path: string; readonly atLeast: number }
  | { readonly does: "read"; readonly path: string; readonly as?: ReadFormat; readonly contains: string }
  | { readonly does: "create"; readonly path: string; readonly text: string; readonly contains: string }
  | { readonly does: "edit"; readonly path: string; readonly find: string; readonly replace: string }
  | { readonly does: "append"; readonly path: string; readonly text: string; readonly contains: string }
  | { readonly does: "remove"; readonly path: string }
  /** A file of bytes, or a text: the door's answer, whole and in ranges. */
  | { readonly does: "open"; readonly path: string; readonly as?: ReadFormat; readonly mediaType: string; readonly contains?: string }
  /** `leaves`: it is gone from view then, as a mail that was sent. */
  | { readonly does: "move"; readonly path: string; readonly to: string; readonly leaves?: true }
  | { readonly does: "upload"; readonly path: string; readonly mediaType: string; readonly bytes: Uint8Array }
  /** A name that its directory's list does not show. */
  | { readonly does: "find"; readonly path: string }
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
  /** Of the same workspace, and not who connected it; and the names at the root that are not there for them. */
  readonly colleague?: { readonly scope: WorkspaceScope; readonly hidden: readonly string[] };
  readonly close?: () => Promise<void>;
}

/** Runs one case, with the guarantees that every mount gives for it. */
export async function runCase(harness: MountHarness, each: ConformanceCase): Promise<void> {
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

    case "open": {
      const whole = await openWhole(harness, path, each.as === undefined ? {} : { as: each.as });
      expect(whole.mediaType).toContain(each.mediaType);
      if (each.contains !== undefined) expect(whole.bytes.toString("latin1")).toContain(each.contains);
      expect(whole.bytes.length).toBeGreaterThan(0);
      return;
    }

    case "move": {
      const { path: canonical } = await files.stat(scope, { path });
      const planned = await files.move(scope, { path, to: each.to, dryRun: true });
      if (planned.kind !== "plan") throw new Error("a plan was expected");
      expect(planned.plan.steps.length).toBeGreaterThan(0);
      expect((await files.stat(scope, { path: canonical, fresh: true })).path).toBe(canonical);
      const receipt = receiptOf(await files.execute(scope, { plan: planned.plan.id }));
      expect(receipt).toMatchObject({ operation: "move", changed: true });
      if (canonical !== receipt.canonicalPath) {
        const left = await files.stat(scope, { path: canonical }).catch(() => null);
        // A new name alone: the handle still finds it.
        expect(left?.path ?? receipt.canonicalPath).toBe(receipt.canonicalPath);
      }
      if (each.leaves !== true) expect((await files.stat(scope, { path: receipt.canonicalPath })).path).toBe(receipt.canonicalPath);
      else await refused(files.stat(scope, { path: canonical }), "ENOENT");
      return;
    }

    case "upload": {
      const { bytes, mediaType } = each;
      const content = { sizeBytes: bytes.byteLength, stream: () => streamOf(bytes) };
      const input = { path, mediaType, digest: etagOf(Buffer.from(bytes).toString("latin1")), idempotencyKey: `upload ${path}` };
      expect(await files.uploadLimit(scope, path)).toBeGreaterThanOrEqual(bytes.byteLength);
      const receipt = await files.upload(scope, input, content);
      expect(receipt).toMatchObject({ operation: "write", changed: true });
      expect(await files.upload(scope, input, content)).toEqual(receipt);
      await refused(files.upload(scope, { ...input, idempotencyKey: `again ${path}` }, content), "EEXIST");
      await refused(files.uploadLimit(scope, path), "EEXIST");
      const made = await openWhole(harness, receipt.canonicalPath, {});
      expect(made.bytes.equals(bytes)).toBe(true);
      const siblings = await listWhole(harness, receipt.canonicalPath.slice(0, receipt.canonicalPath.lastIndexOf("/")));
      expect(siblings.filter((node) => node.path === receipt.canonicalPath)).toHaveLength(1);
      return;
    }

    case "find": {
      const found = await files.stat(scope, { path });
      expect(found.path).toBe(path);
      const siblings = await listWhole(harness, path.slice(0, path.lastIndexOf("/")));
      expect(siblings.map((node) => node.path)).not.toContain(path);
      expect((await files.stat(scope, { path })).path).toBe(path);
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

const streamOf = (bytes: Uint8Array): ReadableStream<Uint8Array> =>
  new ReadableStream({
    start(controller) {
      if (bytes.byteLength > 0) controller.enqueue(bytes);
      controller.close();
    },
  });

/** A file by the streaming door's operation, read to its end; what it says of its length and its range is so. */
export async function openWhole({ files, scope }: MountHarness, path: string, more: Pick<OpenInput, "as" | "range">) {
  const opened = await files.open(scope, { path, ...more });
  const bytes = Buffer.from(await new Response(opened.body).arrayBuffer());
  const { range, sizeBytes } = opened;
  if (range !== null) expect(bytes.length).toBe(range.end - range.start + 1);
  else if (sizeBytes !== null) expect(bytes.length).toBe(sizeBytes);
  return { bytes, mediaType: opened.mediaType, isPart: range !== null };
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

/** The HubError that work ends in; throws when it ended otherwise. */
export async function refused(work: Promise<unknown>, code?: HubError["code"]): Promise<HubError> {
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
export async function listPaged({ files, scope }: MountHarness, path: string, paging: Paging): Promise<readonly Node[]> {
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

/** The rows of a directory when it has been read to its end. */
export async function listWhole(harness: MountHarness, path: string): Promise<readonly Node[]> {
  await harness.files.list(harness.scope, { path });
  await harness.settle?.();
  return listPaged(harness, path, { limit: 1000 });
}
