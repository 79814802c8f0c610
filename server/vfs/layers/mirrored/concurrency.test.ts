import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createDb, type Database } from "@/db/client";
import type { WorkspaceScope } from "@/db/scope";
import { seedWorkspace } from "@/db/testing";
import { asAdmin, atOnce, createThrowAwayDatabase, type ThrowAwayDatabase, testDatabaseUrl } from "@/db/testing-postgres";
import type { MountContext } from "../../tool-mount";
import { assignHandles } from "./mirror";
import { type FixtureHub, minuteMs, root, startBeside, startFixtureHub } from "./testing";

/** Several processes of the hub over one connection, each with its own pool, as they run on PostgreSQL. */
describe.runIf(testDatabaseUrl !== null)("several processes over one mirror, on PostgreSQL", () => {
  const path = `${root}/teams/OPS/items`;
  const noon = new Date("2026-11-23T12:00:00.000Z");
  let database: ThrowAwayDatabase;
  let dbs: readonly Database[];
  let scope: WorkspaceScope;
  let one: FixtureHub;
  let other: FixtureHub;
  let now = noon;

  beforeAll(async () => {
    database = await createThrowAwayDatabase();
    await asAdmin([`alter database ${new URL(database.url).pathname.slice(1)} set deadlock_timeout = '50ms'`]);
    dbs = await Promise.all([createDb({ url: database.url }), createDb({ url: database.url })]);
    scope = (await seedWorkspace(first(), { slug: "walks" })).scope;
  });
  afterAll(async () => {
    await Promise.all((dbs ?? []).map((db) => db.close()));
    await database?.drop();
  });
  beforeEach(async () => {
    now = noon;
    one = await startFixtureHub(first(), scope, () => now);
    const [, second] = dbs;
    if (second === undefined) throw new Error("there are two databases");
    other = startBeside(second, one, () => now);
  });

  function first(): Database {
    const [db] = dbs;
    if (db === undefined) throw new Error("there are two databases");
    return db;
  }

  async function expectWhole(): Promise<void> {
    const ids = [...(one.tool.teams.get("t2")?.items.keys() ?? [])];
    for (const { files } of [one, other]) {
      const page = await files.list(scope, { path, limit: 1000 });
      expect(page).toMatchObject({ complete: true, total: ids.length, nextCursor: null });
      expect(page.nodes.map(({ externalId }) => externalId).toSorted()).toEqual(ids.toSorted());
    }
  }

  it("that walk one directory at once end in one complete listing, the first time and each time after", async () => {
    for (let index = 0; index < 60; index += 1) one.tool.addItem("t2", { id: `x${index}`, title: `Item ${index}`, starred: true });
    for (let round = 0; round < 4; round += 1) {
      now = new Date(noon.getTime() + round * 10 * minuteMs);
      one.tool.addItem("t2", { id: `new-${round}`, title: `New ${round}`, starred: true });
      await Promise.all(
        [one, other].flatMap(({ files }) => [
          files.list(scope, { path, fresh: round % 2 === 1 }),
          files.list(scope, { path: `${root}/starred` }),
        ]),
      );
      await Promise.all([one.walks.idle(), other.walks.idle()]);
      await expectWhole();
      one.tool.teams.get("t2")?.items.delete(`x${round}`);
    }
  });

  it("that look for one name at once both find it, however far in it is", async () => {
    for (let index = 0; index < 20; index += 1) one.tool.addItem("t2", { id: `x${index}`, title: `Item ${index}` });
    const nodes = await Promise.all(
      [one, other].flatMap(({ files }) => [1, 2].map(() => files.stat(scope, { path: `${path}/Item 19.md` }))),
    );
    for (const node of nodes) expect(node.externalId).toBe("x19");
    await Promise.all([one.walks.idle(), other.walks.idle()]);
  });

  it("do not forget what one makes while the other walks, though its page did not have it", async () => {
    for (const id of ["a", "b"]) one.tool.addItem("t2", { id, title: id });
    await one.files.list(scope, { path });
    const { mount } = other.tool;
    const list = mount.list.bind(mount);
    let made: Promise<unknown> | undefined;
    const started = now;
    Object.assign(mount, {
      list: async (location: Parameters<typeof list>[0], page: Parameters<typeof list>[1], context: MountContext) => {
        const answer = await list(location, page, context);
        // What makes it began before the walk did.
        now = started;
        made ??= one.files.write(scope, { path: `${path}/made.md`, text: "made" });
        await made;
        return answer;
      },
    });
    now = new Date(started.getTime() + minuteMs);
    await other.files.list(scope, { path, fresh: true });
    expect(one.tool.teams.get("t2")?.items.size).toBe(3);
    await expectWhole();
  });

  it("do not forget what both have seen when a page of the older walk arrives late", async () => {
    for (const id of ["a", "b"]) one.tool.addItem("t2", { id, title: id });
    await one.files.list(scope, { path });
    await one.walks.idle();
    const asked = Promise.withResolvers<void>();
    const late = Promise.withResolvers<void>();
    let older: Promise<unknown> | undefined;
    const { mount } = one.tool;
    const list = mount.list.bind(mount);
    let calls = 0;
    Object.assign(mount, {
      list: async (...[location, page, context]: Parameters<typeof list>) => {
        calls += 1;
        if (calls === 1) {
          const answer = await list(location, page, context);
          asked.resolve();
          await late.promise;
          return answer;
        }
        // The newer walk has its first page in the mirror when the older one's arrives.
        if (page.cursor !== null) {
          late.resolve();
          await older;
        }
        return list(location, { ...page, limit: 1 }, context);
      },
    });
    now = new Date(noon.getTime() + minuteMs);
    older = one.files.list(scope, { path, fresh: true });
    await asked.promise;
    now = new Date(noon.getTime() + 2 * minuteMs);
    await other.files.list(scope, { path, fresh: true });
    await Promise.all([older, one.walks.idle(), other.walks.idle()]);
    await expectWhole();
  });

  it("give each object one handle, in whatever order they meet it", async () => {
    const objects = Array.from({ length: 400 }, (_, index) => ({ kind: "item", externalId: `met-${index}` }));
    const mirror = (db: Database) => ({ db, connection: one.connection }) as Parameters<typeof assignHandles>[1];
    const assigned = await atOnce(
      first(),
      database.url,
      "vfs_handle",
      dbs.map(
        (db, index) => () =>
          db.withScope(scope, (tx) => assignHandles(tx, mirror(db), scope, index === 0 ? objects : objects.toReversed())),
      ),
    );
    const [mine, theirs] = assigned.map((outcome) => {
      if (outcome.status === "fulfilled") return outcome.value;
      throw outcome.reason;
    });
    expect(mine?.size).toBe(objects.length);
    expect([...(mine ?? [])].toSorted()).toEqual([...(theirs ?? [])].toSorted());
  });
});
