import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Database } from "@/db/client";
import type { WorkspaceScope } from "@/db/scope";
import { createTestDb, seedMember, seedWorkspace } from "@/db/testing";
import { createHubFileSystem } from "@/server/compose/file-system";
import type { FileSystem } from "../file-system";
import { codeOf, failing, planOf, receiptOf } from "./testing";

const hourMs = 60 * 60 * 1000;
let db: Database;
let fs: FileSystem;
let scope: WorkspaceScope;
let member: WorkspaceScope;
let viewer: WorkspaceScope;
let stranger: WorkspaceScope;
let job: WorkspaceScope;
let now = new Date("2026-11-23T12:00:00.000Z");

beforeAll(async () => {
  db = await createTestDb();
  const seeded = await seedWorkspace(db, { slug: "storage" });
  scope = seeded.scope;
  job = seeded.jobScope;
  member = (await seedMember(db, scope, { email: "member@storage.test", role: "member" })).scope;
  viewer = (await seedMember(db, scope, { email: "viewer@storage.test", role: "viewer" })).scope;
  stranger = (await seedWorkspace(db, { slug: "elsewhere" })).scope;
  fs = createHubFileSystem({
    db,
    connections: async () => ({ mounts: [], placeholders: [] }),
    allows: (who, permission) => permission === "files.read" || who.role !== "viewer",
    cursorSecret: "secret",
    clock: () => now,
  });
});
afterAll(() => db.close());

let counter = 0;
/** A directory of its own for a test. */
async function ownDirectory(tier = "facts"): Promise<string> {
  counter += 1;
  const path = `/context/memory/${tier}/test-${counter}`;
  await fs.mkdir(scope, { path });
  return path;
}

describe("the tree", () => {
  it("has its directories in every workspace", async () => {
    const names = async (path: string) => (await fs.list(scope, { path })).nodes.map(({ name }) => name);
    expect(await names("/")).toEqual(["context"]);
    expect(await names("/context")).toEqual(["memory", "tools", "user"]);
    expect(await names("/context/memory")).toEqual(["episodic", "experiential", "facts", "scratchpad"]);
    expect(await names("/context/user")).toEqual(["history", "preferences", "tools"]);
    expect(await codeOf(fs.stat(scope, { path: "/context/other" }))).toBe("ENOENT");
    expect(await codeOf(fs.write(scope, { path: "/context/note.md", text: "x" }))).toBe("ENOTSUP");
  });

  it("pages through its own directories too", async () => {
    const first = await fs.list(scope, { path: "/context/memory", limit: 3 });
    expect(first.total).toBe(4);
    const rest = await fs.list(scope, { path: "/context/memory", limit: 3, cursor: first.nextCursor ?? "" });
    expect([...first.nodes, ...rest.nodes].map(({ name }) => name)).toEqual(["episodic", "experiential", "facts", "scratchpad"]);
    expect(rest.nextCursor).toBeNull();
  });
});

describe("files of our own", () => {
  it("are written, read, appended to, edited and removed", async () => {
    const path = `${await ownDirectory()}/note.md`;
    const written = receiptOf(await fs.write(scope, { path, text: "one\n" }));
    expect(written).toMatchObject({ operation: "write", changed: true, canonicalPath: path });
    const read = await fs.read(scope, { path });
    expect(read).toMatchObject({ text: "one\n", etag: written.etag, as: "markdown", truncated: false, sizeBytes: 4 });
    const appended = receiptOf(await fs.append(scope, { path, text: "twö\n" }));
    const after = await fs.read(scope, { path });
    expect(after).toMatchObject({ text: "one\ntwö\n", etag: appended.etag, sizeBytes: 9 });
    expect((await fs.stat(scope, { path })).etag).toBe(appended.etag);
    expect(await codeOf(fs.edit(scope, { path, find: "three", replace: "" }))).toBe("EINVAL");
    await fs.edit(scope, { path, find: "twö", replace: "2" });
    expect((await fs.read(scope, { path })).text).toBe("one\n2\n");
    await fs.remove(scope, { path });
    expect(await codeOf(fs.read(scope, { path }))).toBe("ENOENT");
  });

  it("are left alone when they already say it", async () => {
    const path = `${await ownDirectory()}/note.md`;
    const first = receiptOf(await fs.write(scope, { path, text: "same" }));
    expect(receiptOf(await fs.write(scope, { path, text: "same" }))).toMatchObject({ changed: false, etag: first.etag, steps: [] });
  });

  it("answer as POSIX does to the wrong kind", async () => {
    const directory = await ownDirectory();
    const file = `${directory}/a.md`;
    await fs.write(scope, { path: file, text: "x" });
    expect(await codeOf(fs.write(scope, { path: `${directory}/no/where.md`, text: "x" }))).toBe("ENOENT");
    expect(await codeOf(fs.write(scope, { path: `${file}/below.md`, text: "x" }))).toBe("ENOTDIR");
    expect(await codeOf(fs.stat(scope, { path: `${file}/below.md` }))).toBe("ENOTDIR");
    expect(await codeOf(fs.list(scope, { path: file }))).toBe("ENOTDIR");
    expect(await codeOf(fs.read(scope, { path: directory }))).toBe("EISDIR");
    expect(await codeOf(fs.write(scope, { path: directory, text: "x" }))).toBe("EISDIR");
    expect(await codeOf(fs.append(scope, { path: directory, text: "x" }))).toBe("EISDIR");
    expect(await codeOf(fs.mkdir(scope, { path: file }))).toBe("EEXIST");
    expect(await codeOf(fs.remove(scope, { path: directory }))).toBe("ENOTEMPTY");
    expect((await fs.stat(scope, { path: file })).kind).toBe("file");
    await fs.remove(scope, { path: directory, recursive: true });
    expect(await codeOf(fs.stat(scope, { path: file }))).toBe("ENOENT");
    expect(await codeOf(fs.remove(scope, { path: "/context/memory/facts", recursive: true }))).toBe("EACCES");
  });

  it("let one of many racing writers win, the others know", async () => {
    const path = `${await ownDirectory()}/race.md`;
    const { etag } = receiptOf(await fs.write(scope, { path, text: "start" }));
    const outcomes = await Promise.allSettled(
      Array.from({ length: 8 }, (_, index) => fs.write(scope, { path, text: `writer ${index}`, ifMatch: etag ?? "" })),
    );
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const outcome of outcomes) if (outcome.status === "rejected") expect(outcome.reason).toMatchObject({ code: "ESTALE" });
    const created = await Promise.allSettled(
      Array.from({ length: 8 }, (_, index) => fs.write(scope, { path: `${path}.new`, text: `${index}`, ifNoneMatch: "*" })),
    );
    expect(created.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const outcome of created) if (outcome.status === "rejected") expect(outcome.reason).toMatchObject({ code: "EEXIST" });
  });

  it("lose no append and no edit to a race", async () => {
    const path = `${await ownDirectory()}/log.md`;
    await fs.write(scope, { path, text: "" });
    await Promise.all(Array.from({ length: 10 }, (_, index) => fs.append(scope, { path, text: `line ${index}\n` })));
    const lines = (await fs.read(scope, { path })).text.trim().split("\n");
    expect(lines.toSorted()).toEqual(Array.from({ length: 10 }, (_, index) => `line ${index}`));
    await Promise.all([0, 1, 2].map((index) => fs.edit(scope, { path, find: `line ${index}\n`, replace: `edited ${index}\n` })));
    expect((await fs.read(scope, { path })).text.match(/edited/g)).toHaveLength(3);
  });

  it("hold text, and no NUL", async () => {
    const path = `${await ownDirectory()}/nul.md`;
    expect(await codeOf(fs.write(scope, { path, text: "a\0b" }))).toBe("EINVAL");
    expect(await codeOf(fs.write(scope, { path, text: "half a pair: \ud800", dryRun: true }))).toBe("EINVAL");
    expect(await codeOf(fs.write(scope, { path, text: "a", idempotencyKey: "a\0b" }))).toBe("EINVAL");
    expect(await codeOf(fs.write(scope, { path, text: "a", ifMatch: "a\0b" }))).toBe("EINVAL");
  });

  it("name the current etag when the caller's is old", async () => {
    const path = `${await ownDirectory()}/stale.md`;
    const first = receiptOf(await fs.write(scope, { path, text: "1" }));
    const second = receiptOf(await fs.write(scope, { path, text: "2" }));
    const refusal = await failing(fs.write(scope, { path, text: "3", ifMatch: first.etag ?? "" }));
    expect(refusal).toMatchObject({ code: "ESTALE", path, details: { etag: second.etag } });
  });

  it("move with all below them, keep their creation time, and never over something", async () => {
    const directory = await ownDirectory();
    await fs.mkdir(scope, { path: `${directory}/☂ from` });
    await fs.write(scope, { path: `${directory}/☂ from/a~b 😀.md`, text: "x" });
    const before = await fs.stat(scope, { path: `${directory}/☂ from/a~b 😀.md` });
    now = new Date(now.getTime() + hourMs);
    await fs.move(scope, { path: `${directory}/☂ from`, to: `${directory}/to` });
    const after = await fs.stat(scope, { path: `${directory}/to/a~b 😀.md` });
    expect(after).toMatchObject({ id: before.id, createdAt: before.createdAt, etag: before.etag });
    expect(await codeOf(fs.stat(scope, { path: `${directory}/☂ from` }))).toBe("ENOENT");
    expect(await codeOf(fs.move(scope, { path: `${directory}/to`, to: `${directory}/to/in` }))).toBe("EINVAL");
    await fs.write(scope, { path: `${directory}/b.md`, text: "x" });
    expect(await codeOf(fs.move(scope, { path: `${directory}/b.md`, to: `${directory}/to` }))).toBe("EEXIST");
    expect(await codeOf(fs.move(scope, { path: `${directory}/b.md`, to: "/context/memory/episodic/b.md" }))).toBe("ENOTSUP");
  });

  it("refuse more than a file may hold, naming the limit", async () => {
    const path = `${await ownDirectory()}/big.md`;
    expect(await failing(fs.write(scope, { path, text: "x".repeat(1024 * 1024 + 1) }))).toMatchObject({
      code: "EFBIG",
      details: { limit: 1024 * 1024 },
    });
    await fs.write(scope, { path, text: "x".repeat(1024 * 1024) });
    expect(await codeOf(fs.append(scope, { path, text: "y" }))).toBe("EFBIG");
  });

  it("list every child exactly once, whatever the names and the page", async () => {
    const name = fc.oneof(
      fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 }),
      fc.constantFrom("A", "a", "a~b", "😀", "z.md", "%41", "#"),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(name, { maxLength: 12, selector: (text) => text.normalize("NFC") }),
        fc.integer({ min: 1, max: 5 }),
        fc.constantFrom("name", "modifiedAt", "sizeBytes"),
        fc.constantFrom("ascending", "descending"),
        async (names, limit, sort, order) => {
          const directory = await ownDirectory();
          const made: string[] = [];
          for (const each of names) {
            const path = `${directory}/${each}`;
            if ((await fs.write(scope, { path, text: each }).catch(() => null)) !== null) made.push(each.normalize("NFC"));
          }
          const seen: string[] = [];
          let cursor: string | undefined;
          do {
            const page = await fs.list(scope, { path: directory, limit, sort, order, ...(cursor === undefined ? {} : { cursor }) });
            expect(page.nodes.length).toBeLessThanOrEqual(limit);
            expect(page).toMatchObject({ total: made.length, complete: true });
            seen.push(...page.nodes.map((node) => node.name));
            cursor = page.nextCursor ?? undefined;
          } while (cursor !== undefined);
          expect(seen.toSorted()).toEqual(made.toSorted());
        },
      ),
      { numRuns: 12 },
    );
  });

  it("take no other list's cursor", async () => {
    const directory = await ownDirectory();
    for (const name of ["a", "b", "c"]) await fs.write(scope, { path: `${directory}/${name}`, text: name });
    const { nextCursor } = await fs.list(scope, { path: directory, limit: 1 });
    const cursor = nextCursor ?? "";
    expect(await codeOf(fs.list(scope, { path: directory, limit: 1, cursor, order: "descending" }))).toBe("EINVAL");
    expect(await codeOf(fs.list(scope, { path: "/context/memory/facts", limit: 1, cursor }))).toBe("EINVAL");
    expect(await codeOf(fs.list(member, { path: directory, limit: 1, cursor }))).toBe("EINVAL");
    expect(await codeOf(fs.list(scope, { path: directory, limit: 1, cursor: "junk" }))).toBe("EINVAL");
    const before = now;
    now = new Date(now.getTime() + 25 * hourMs);
    expect(await failing(fs.list(scope, { path: directory, limit: 1, cursor }))).toMatchObject({
      code: "ESTALE",
      details: { restart: true },
    });
    now = before;
  });
});

describe("a person's own files", () => {
  it("are seen by nobody else", async () => {
    await fs.write(scope, { path: "/context/user/preferences/me.md", text: "mine" });
    expect((await fs.read(scope, { path: "/context/user/preferences/me.md" })).text).toBe("mine");
    expect(await codeOf(fs.read(member, { path: "/context/user/preferences/me.md" }))).toBe("ENOENT");
    expect((await fs.list(member, { path: "/context/user/preferences" })).nodes).toEqual([]);
    expect(await codeOf(fs.stat(job, { path: "/context/user/preferences/me.md" }))).toBe("ENOENT");
  });

  it("are no part of another workspace, nor is its memory", async () => {
    await fs.write(scope, { path: "/context/memory/facts/here.md", text: "x" });
    expect(await codeOf(fs.read(stranger, { path: "/context/memory/facts/here.md" }))).toBe("ENOENT");
    expect((await fs.list(stranger, { path: "/context/memory/facts" })).nodes).toEqual([]);
  });

  it("keep a history that only grows, by day", async () => {
    const today = `/context/user/history/${now.toISOString().slice(0, 10)}.md`;
    await fs.append(scope, { path: today, text: "hello\n" });
    await fs.append(scope, { path: today, text: "again\n" });
    expect((await fs.read(scope, { path: today })).text).toBe("hello\nagain\n");
    expect((await fs.stat(scope, { path: today })).can).toEqual(["stat", "read", "append"]);
    for (const refused of [
      fs.write(scope, { path: today, text: "x" }),
      fs.edit(scope, { path: today, find: "hello", replace: "" }),
      fs.remove(scope, { path: today }),
      fs.move(scope, { path: today, to: "/context/user/history/2020-01-01.md" }),
      fs.mkdir(scope, { path: "/context/user/history/dir" }),
    ]) {
      expect(await codeOf(refused)).toBe("ENOTSUP");
    }
    expect(await codeOf(fs.append(scope, { path: "/context/user/history/2020-01-01.md", text: "x" }))).toBe("EINVAL");
    expect(await codeOf(fs.append(scope, { path: "/context/user/history/notes.md", text: "x" }))).toBe("EINVAL");
  });
});

describe("what a role may", () => {
  it("lets a viewer read, and tells them so", async () => {
    await fs.write(scope, { path: "/context/memory/facts/shared.md", text: "x" });
    expect((await fs.read(viewer, { path: "/context/memory/facts/shared.md" })).node.can).toEqual(["stat", "read"]);
    expect(await codeOf(fs.write(viewer, { path: "/context/memory/facts/shared.md", text: "y" }))).toBe("EACCES");
    expect(await codeOf(fs.append(viewer, { path: "/context/user/preferences/me.md", text: "y" }))).toBe("EACCES");
  });
});

describe("plans", () => {
  it("are shown first, run once, and only by their maker", async () => {
    const path = `${await ownDirectory()}/planned.md`;
    const plan = planOf(await fs.write(scope, { path, text: "planned", dryRun: true }));
    expect(await codeOf(fs.stat(scope, { path }))).toBe("ENOENT");
    expect(await codeOf(fs.execute(member, { plan: plan.id }))).toBe("ESTALE");
    expect(receiptOf(await fs.execute(scope, { plan: plan.id }))).toMatchObject({ operation: "write", changed: true });
    expect((await fs.read(scope, { path })).text).toBe("planned");
    expect(await codeOf(fs.execute(scope, { plan: plan.id }))).toBe("ESTALE");
  });

  it("are stale when what they were made for changed, or after 15 minutes", async () => {
    const path = `${await ownDirectory()}/planned.md`;
    await fs.write(scope, { path, text: "base" });
    const plan = planOf(await fs.write(scope, { path, text: "planned", dryRun: true }));
    await fs.write(scope, { path, text: "other" });
    expect(await failing(fs.execute(scope, { plan: plan.id }))).toMatchObject({ code: "ESTALE", path });
    expect((await fs.read(scope, { path })).text).toBe("other");
    const late = planOf(await fs.remove(scope, { path, dryRun: true }));
    const before = now;
    now = new Date(now.getTime() + 15 * 60 * 1000);
    expect(await codeOf(fs.execute(scope, { plan: late.id }))).toBe("ESTALE");
    now = before;
  });
});

describe("idempotency keys", () => {
  it("give the first receipt again, and refuse another content", async () => {
    const path = `${await ownDirectory()}/once.md`;
    const first = await fs.append(scope, { path, text: "once\n", idempotencyKey: "k1" });
    expect(await fs.append(scope, { path, text: "once\n", idempotencyKey: "k1" })).toEqual(first);
    expect(await fs.append(scope, { path, text: "once\n", idempotencyKey: "k1", maxWaitMs: 500 })).toEqual(first);
    expect((await fs.read(scope, { path })).text).toBe("once\n");
    expect(await codeOf(fs.append(scope, { path, text: "twice\n", idempotencyKey: "k1" }))).toBe("EINVAL");
    await fs.append(member, { path, text: "member\n", idempotencyKey: "k1" });
    expect((await fs.read(scope, { path })).text).toBe("once\nmember\n");
  });

  it("let a refused call be tried again, and one call at a time through", async () => {
    const directory = await ownDirectory();
    const call = () => fs.append(scope, { path: `${directory}/sub/a.md`, text: "x", idempotencyKey: "k2" });
    expect(await codeOf(call())).toBe("ENOENT");
    await fs.mkdir(scope, { path: `${directory}/sub` });
    const outcomes = await Promise.allSettled([call(), call(), call()]);
    for (const outcome of outcomes) if (outcome.status === "rejected") expect(outcome.reason).toMatchObject({ code: "EAGAIN" });
    expect((await fs.read(scope, { path: `${directory}/sub/a.md` })).text).toBe("x");
  });
});

describe("what is not built yet", () => {
  it("is ENOTSUP naming the operation, and never in can", async () => {
    expect(await failing(fs.search(scope, {}))).toMatchObject({ code: "ENOTSUP", details: { operation: "search" } });
    const { can } = await fs.stat(scope, { path: "/context/memory/facts" });
    expect(can).not.toContain("search");
  });
});
