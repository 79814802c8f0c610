import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDb, type Database } from "@/db/client";
import type { WorkspaceScope } from "@/db/scope";
import { seedWorkspace } from "@/db/testing";
import { asAdmin, atOnce, createThrowAwayDatabase, type ThrowAwayDatabase, testDatabaseUrl, untilWaiting } from "@/db/testing-postgres";
import { createHubFileSystem } from "@/server/compose/file-system";
import { HubError } from "@/server/errors";
import type { FileSystem } from "../file-system";
import { etagOf } from "../text";
import { sweepExpired } from "./sweep";
import { codeOf, planOf, receiptOf } from "./testing";

/**
 * What two at once may do to each other, on connections that are truly concurrent. Each test brings them to the same point by a lock, and
 * sees in the server's own view that they wait there, before it lets go.
 */
describe.runIf(testDatabaseUrl !== null)("at once, on PostgreSQL", () => {
  const hourMs = 60 * 60 * 1000;
  const noon = new Date("2026-11-23T12:00:00.000Z");
  let database: ThrowAwayDatabase;
  let db: Database;
  let files: FileSystem;
  let scope: WorkspaceScope;
  let job: WorkspaceScope;

  beforeAll(async () => {
    database = await createThrowAwayDatabase();
    // A circle of waiting is looked for after this long, and not after a second.
    await asAdmin([`alter database ${new URL(database.url).pathname.slice(1)} set deadlock_timeout = '50ms'`]);
    db = await createDb({ url: database.url });
    ({ scope, jobScope: job } = await seedWorkspace(db, { slug: "at-once" }));
    files = filesOver(db);
  });
  afterAll(async () => {
    await db?.close();
    await database?.drop();
  });

  const filesOver = (over: Database, now = noon): FileSystem =>
    createHubFileSystem({
      db: over,
      connections: async () => ({ mounts: [], placeholders: [] }),
      allows: () => true,
      cursorSecret: "secret",
      clock: () => now,
    });

  /** The database, its changing transactions done but for their COMMIT, which waits for `release`. */
  function paused(): { readonly over: Database; readonly reached: Promise<void>; release(): void } {
    const reached = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    const over: Database = {
      ...db,
      withScope: (who, work, options) =>
        db.withScope(
          who,
          async (tx) => {
            const result = await work(tx);
            if (options?.readOnly !== true) {
              reached.resolve();
              await released.promise;
            }
            return result;
          },
          options,
        ),
    };
    return { over, reached: reached.promise, release: () => released.resolve() };
  }

  const together = <T>(table: string, works: readonly (() => Promise<T>)[]) => atOnce(db, database.url, table, works);

  /** The codes of what was refused; anything but a HubError is a failure of the test. */
  function refusals(outcomes: readonly PromiseSettledResult<unknown>[]): readonly string[] {
    return outcomes.flatMap((outcome) => {
      if (outcome.status === "fulfilled") return [];
      if (outcome.reason instanceof HubError) return [outcome.reason.code];
      throw outcome.reason;
    });
  }

  /** Every row has its parent and its place, every file its body, every body its file. */
  async function expectWhole(): Promise<void> {
    await db.withScope(job, async (tx) => {
      const orphans = await tx.execute(
        sql`select n.path from vfs_node n where n.path <> n.parent_path || '/' || n.name or (n.parent_path not in ('/context/memory/facts', '/context/memory/scratchpad') and not exists (select 1 from vfs_node p where p.path = n.parent_path and p.kind = 'directory'))`,
      );
      expect(orphans.rows).toEqual([]);
      const bodies = await tx.execute<{ path: string | null; etag: string | null; body: string | null }>(
        sql`select n.path, n.etag, c.body from (select * from vfs_node where kind = 'file') n full join vfs_content c on c.node_id = n.node_id`,
      );
      for (const { path, etag, body } of bodies.rows)
        expect({ path, etag }).toEqual({ path: expect.any(String), etag: etagOf(body ?? "no body") });
    });
  }

  let counter = 0;
  async function ownDirectory(): Promise<string> {
    counter += 1;
    const path = `/context/memory/facts/test-${counter}`;
    await files.mkdir(scope, { path });
    return path;
  }

  it("of two writers with one etag one is ESTALE", async () => {
    const path = `${await ownDirectory()}/a.md`;
    const { etag } = receiptOf(await files.write(scope, { path, text: "base" }));
    const write = (text: string) => () => files.write(scope, { path, text, ifMatch: etag ?? "" });
    const outcomes = await together("vfs_node", [write("one"), write("two")]);
    expect(refusals(outcomes)).toEqual(["ESTALE"]);
    const winner = outcomes[0]?.status === "fulfilled" ? "one" : "two";
    expect((await files.read(scope, { path })).text).toBe(winner);
  });

  it("of two creators one is EEXIST, for files and for directories", async () => {
    const directory = await ownDirectory();
    const create = (text: string) => () => files.write(scope, { path: `${directory}/a.md`, text, ifNoneMatch: "*" });
    expect(refusals(await together("vfs_node", [create("one"), create("two")]))).toEqual(["EEXIST"]);
    const make = () => files.mkdir(scope, { path: `${directory}/sub` });
    expect(refusals(await together("vfs_node", [make, make]))).toEqual(["EEXIST"]);
    await expectWhole();
  });

  it("all appends land, and the etag is that of the whole", async () => {
    const path = `${await ownDirectory()}/log.md`;
    const lines = Array.from({ length: 8 }, (_, index) => `line ${index}\n`);
    const outcomes = await together(
      "vfs_node",
      lines.slice(0, 4).map((text) => () => files.append(scope, { path, text })),
    );
    expect(refusals(outcomes)).toEqual([]);
    expect(
      refusals(
        await together(
          "vfs_content",
          lines.slice(4).map((text) => () => files.append(scope, { path, text })),
        ),
      ),
    ).toEqual([]);
    const { text, etag } = await files.read(scope, { path });
    expect(text.split(/(?<=\n)/).toSorted()).toEqual(lines);
    expect(etag).toBe(etagOf(text));
  });

  it("one idempotency key has one effect, and its receipt for everybody who sends it", async () => {
    const path = `${await ownDirectory()}/once.md`;
    const send = () => files.append(scope, { path, text: "once\n", idempotencyKey: "k" });
    const outcomes = await together("vfs_idempotency", [send, send, send]);
    for (const code of refusals(outcomes)) expect(code).toBe("EAGAIN");
    const answers = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
    expect(answers.length).toBeGreaterThan(0);
    const again = await send();
    for (const answer of answers) expect(answer).toEqual(again);
    expect((await files.read(scope, { path })).text).toBe("once\n");
  });

  it("a plan that is executed twice runs once", async () => {
    const path = `${await ownDirectory()}/planned.md`;
    const { id } = planOf(await files.append(scope, { path, text: "planned\n", dryRun: true }));
    const execute = () => files.execute(scope, { plan: id });
    expect(refusals(await together("vfs_plan", [execute, execute]))).toEqual(["ESTALE"]);
    expect((await files.read(scope, { path })).text).toBe("planned\n");
  });

  describe("a subtree", () => {
    async function subtree(): Promise<string> {
      const directory = await ownDirectory();
      for (const path of ["from", "from/sub"]) await files.mkdir(scope, { path: `${directory}/${path}` });
      await files.write(scope, { path: `${directory}/from/sub/old.md`, text: "old" });
      return directory;
    }
    /** `second` starts while `first` is done but not committed, and waits for it; then both go on. */
    async function behind(first: (slow: FileSystem) => Promise<unknown>, second: () => Promise<unknown>): Promise<readonly string[]> {
      const { over, reached, release } = paused();
      const leading = first(filesOver(over));
      await Promise.race([reached, leading]);
      const following = second();
      await untilWaiting(db, 1, following);
      release();
      return refusals(await Promise.allSettled([leading, following]));
    }

    it.each(["write", "mkdir"] as const)("that is removed takes with it what a %s is making in its depth", async (operation) => {
      const directory = await subtree();
      const path = `${directory}/from/sub/new`;
      const make = (slow: FileSystem) => (operation === "write" ? slow.write(scope, { path, text: "x" }) : slow.mkdir(scope, { path }));
      expect(await behind(make, () => files.remove(scope, { path: `${directory}/from`, recursive: true }))).toEqual([]);
      expect(await codeOf(files.stat(scope, { path }))).toBe("ENOENT");
      expect((await files.list(scope, { path: directory })).nodes).toEqual([]);
      await expectWhole();
    });

    it("that is being removed takes no new file", async () => {
      const directory = await subtree();
      const remove = (slow: FileSystem) => slow.remove(scope, { path: `${directory}/from`, recursive: true });
      expect(await behind(remove, () => files.write(scope, { path: `${directory}/from/sub/new.md`, text: "x" }))).toEqual(["ENOENT"]);
      await expectWhole();
    });

    it("that is moved takes with it what is made in its depth", async () => {
      const directory = await subtree();
      const make = (slow: FileSystem) => slow.write(scope, { path: `${directory}/from/sub/new.md`, text: "x" });
      expect(await behind(make, () => files.move(scope, { path: `${directory}/from`, to: `${directory}/to` }))).toEqual([]);
      expect((await files.list(scope, { path: `${directory}/to/sub` })).nodes.map(({ name }) => name)).toEqual(["new.md", "old.md"]);
      await expectWhole();
    });

    it("is not moved over what is made at its new place", async () => {
      const directory = await subtree();
      const make = (slow: FileSystem) => slow.write(scope, { path: `${directory}/to`, text: "x" });
      expect(await behind(make, () => files.move(scope, { path: `${directory}/from`, to: `${directory}/to` }))).toEqual(["EEXIST"]);
      expect((await files.read(scope, { path: `${directory}/from/sub/old.md` })).text).toBe("old");
      await expectWhole();
    });

    it("stays whole under changes of all kinds, which end well or with a refusal", async () => {
      const directory = await ownDirectory();
      const places = ["a", "b", "a/c", "b/c", "a/c/d"].map((path) => `${directory}/${path}`);
      const one = (index: number): string => places[index % places.length] ?? directory;
      for (let round = 0; round < 12; round += 1) {
        const outcomes = await Promise.allSettled(
          places.flatMap((path, index) => [
            files.mkdir(scope, { path }),
            files.write(scope, { path: `${path}/x.md`, text: `${round}` }),
            files.append(scope, { path: `${path}/x.md`, text: "+" }),
            files.move(scope, { path, to: `${one(index + round)}/moved` }),
            ...(round % 3 === 2 ? [files.remove(scope, { path: one(index + 1), recursive: true })] : []),
          ]),
        );
        for (const code of refusals(outcomes)) expect(["ENOENT", "EEXIST", "EISDIR", "ENOTDIR", "EINVAL", "EAGAIN"]).toContain(code);
      }
      await expectWhole();
    });
  });

  describe("the sweep", () => {
    const path = "/context/memory/scratchpad/kept.md";
    const at = (hours: number) => new Date(noon.getTime() + hours * hourMs);

    it("leaves what is being read, whose life that makes longer", async () => {
      await files.write(scope, { path, text: "kept" });
      const { over, reached, release } = paused();
      const reading = filesOver(over, at(23)).read(scope, { path });
      await Promise.race([reached, reading]);
      expect(await sweepExpired(db, job, at(25))).toMatchObject({ node: 0 });
      release();
      expect((await reading).text).toBe("kept");
      expect(await sweepExpired(db, job, at(25))).toMatchObject({ node: 0 });
      expect((await filesOver(db, at(25)).read(scope, { path })).text).toBe("kept");
      await expectWhole();
      await files.remove(scope, { path });
    });

    it("is no failure of who reads what it takes, and leaves room for a new file", async () => {
      await files.write(scope, { path, text: "old" });
      const { over, reached, release } = paused();
      const sweeping = sweepExpired(over, job, at(25));
      await Promise.race([reached, sweeping]);
      const reading = filesOver(db, at(23)).read(scope, { path });
      const writing = filesOver(db, at(25)).write(scope, { path, text: "new" });
      await untilWaiting(db, 2, Promise.all([reading, writing]));
      release();
      expect((await reading).text).toBe("old");
      expect(receiptOf(await writing).changed).toBe(true);
      expect((await sweeping).node).toBe(1);
      expect((await filesOver(db, at(25)).read(scope, { path })).text).toBe("new");
      await expectWhole();
    });
  });
});
