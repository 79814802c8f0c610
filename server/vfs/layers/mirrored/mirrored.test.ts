import { sql } from "drizzle-orm";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { Database } from "@/db/client";
import type { WorkspaceScope } from "@/db/scope";
import { createTestDb, seedMember, seedWorkspace } from "@/db/testing";
import { HubError } from "@/server/errors";
import type { FileSystem } from "../../file-system";
import type { FixtureTool } from "../../fixture-tool";
import type { ListPage } from "../../node";
import { codeOf, failing } from "../../storage/testing";
import { type FixtureHub, items, minuteMs, root, startFixtureHub } from "./testing";
import type { WalkRunner } from "./walk-runner";

let db: Database;
let scope: WorkspaceScope;
let viewer: WorkspaceScope;
let hub: FixtureHub;
let fs: FileSystem;
let tool: FixtureTool;
let walks: WalkRunner;
let now = new Date("2026-11-23T12:00:00.000Z");
const later = (ms: number): void => {
  now = new Date(now.getTime() + ms);
};

beforeAll(async () => {
  db = await createTestDb();
  scope = (await seedWorkspace(db, { slug: "mirror" })).scope;
  viewer = (await seedMember(db, scope, { email: "viewer@mirror.test", role: "viewer" })).scope;
});
afterAll(() => db.close());
beforeEach(async () => {
  hub = await startFixtureHub(db, scope, () => now);
  ({ files: fs, tool, walks } = hub);
});

const names = (page: ListPage) => page.nodes.map(({ name }) => name);
/** Lists until the directory is known wholly. */
async function listed(path: string): Promise<ListPage> {
  await fs.list(scope, { path });
  await walks.idle();
  return fs.list(scope, { path });
}

describe("listing", () => {
  it("reads a directory through: an incomplete page at once, the whole later, then from the mirror alone", async () => {
    for (let index = 0; index < 10; index += 1) tool.addItem("t2", { id: `x${index}`, title: `Item ${index}` });
    const path = `${root}/teams/OPS/items`;
    const first = await fs.list(scope, { path });
    expect(first).toMatchObject({ complete: false, total: null });
    expect(first.nodes).toHaveLength(3);
    await walks.idle();
    const whole = await fs.list(scope, { path });
    expect(whole).toMatchObject({ complete: true, total: 10, freshness: { source: "mirror", stale: false } });
    expect(whole.nodes).toHaveLength(10);
    const asked = tool.calls.length;
    await fs.list(scope, { path });
    await fs.stat(scope, { path: whole.nodes[0]?.path ?? "" });
    expect(tool.calls).toHaveLength(asked);
  });

  it("prints a name with its handle, shows no companion, and says what can be done", async () => {
    const page = await listed(items);
    expect(page.nodes).toHaveLength(4);
    const login = page.nodes.find(({ name }) => name.startsWith("Fix login"));
    expect(login?.name).toMatch(/^Fix login~[a-z2-7]{8}\.md$/);
    expect(login).toMatchObject({
      kind: "file",
      objectKind: "item",
      externalId: "i1",
      can: ["stat", "read", "write", "edit", "remove"],
      companion: `${page.nodes[0]?.path.slice(0, page.nodes[0].path.lastIndexOf("/"))}/${login?.name.replace(".md", ".d")}`,
    });
    const directory = await fs.stat(scope, { path: items });
    expect(directory.can).toEqual(["stat", "list", "write"]);
    expect((await fs.list(viewer, { path: items })).nodes[0]?.can).toEqual(["stat", "read"]);
  });

  it("pages every child exactly once, equal names too, at any page size", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom("Same", "same", "a~b", "😀", "é", "x/y", ""), { maxLength: 8 }),
        fc.integer({ min: 1, max: 4 }),
        async (titles, limit) => {
          const team = crypto.randomUUID();
          tool.teams.set(team, { id: team, title: team, items: new Map() });
          titles.forEach((title, index) => {
            tool.addItem(team, { id: `${team}-${index}`, title });
          });
          later(6 * minuteMs);
          await listed(`${root}/teams`);
          const path = `${root}/teams/${team}/items`;
          await listed(path);
          const seen: (string | null)[] = [];
          let cursor: string | undefined;
          do {
            const page = await fs.list(scope, { path, limit, ...(cursor === undefined ? {} : { cursor }) });
            expect(page).toMatchObject({ complete: true, total: titles.length });
            seen.push(...page.nodes.map(({ externalId }) => externalId));
            cursor = page.nextCursor ?? undefined;
          } while (cursor !== undefined);
          expect(seen.toSorted()).toEqual(titles.map((_, index) => `${team}-${index}`).toSorted());
        },
      ),
      { numRuns: 10 },
    );
  });

  it("says on every page of a list that began incomplete that it is", async () => {
    for (let index = 0; index < 10; index += 1) tool.addItem("t2", { id: `x${index}`, title: `Item ${9 - index}` });
    const path = `${root}/teams/OPS/items`;
    const first = await fs.list(scope, { path, limit: 2 });
    await walks.idle();
    const second = await fs.list(scope, { path, limit: 100, cursor: first.nextCursor ?? "" });
    expect([first.complete, second.complete]).toEqual([false, false]);
    expect((await fs.list(scope, { path })).complete).toBe(true);
  });

  it("walks an old listing again in the background: what is gone disappears, a rename keeps the node", async () => {
    const before = await listed(items);
    const login = before.nodes.find(({ externalId }) => externalId === "i1");
    tool.teams.get("t1")?.items.delete("i2");
    tool.addItem("t1", { id: "i1", title: "Renamed", revision: 2 });
    later(6 * minuteMs);
    expect(names(await fs.list(scope, { path: items }))).toEqual(names(before));
    await walks.idle();
    const after = await fs.list(scope, { path: items });
    expect(after.nodes.map(({ externalId }) => externalId)).not.toContain("i2");
    const renamed = after.nodes.find(({ externalId }) => externalId === "i1");
    expect(renamed).toMatchObject({ id: login?.id, name: login?.name.replace("Fix login", "Renamed") });
    expect((await fs.stat(scope, { path: login?.path ?? "" })).canonicalPath).toBe(renamed?.path);
  });

  it("notes on the connection when a directory was last read to its end, at most once a minute", async () => {
    const lastSync = async (): Promise<string | null> => {
      const { rows } = await db.withScope(viewer, (tx) =>
        tx.execute<{ at: string | null }>(sql`select last_sync_at::text as at from connection where id = ${hub.connection.id}`),
      );
      const at = rows[0]?.at ?? null;
      return at === null ? null : new Date(at).toISOString();
    };
    for (let index = 0; index < 10; index += 1) tool.addItem("t2", { id: `x${index}`, title: `Item ${index}` });
    await fs.stat(viewer, { path: `${root}/teams/OPS` });
    await db.withScope(scope, (tx) => tx.execute(sql`update connection set last_sync_at = null where id = ${hub.connection.id}`));
    tool.failNext("list", new HubError("EIO", "down"));
    expect(await codeOf(fs.list(viewer, { path: `${root}/teams/OPS/items` }))).toBe("EIO");
    expect(await lastSync()).toBeNull();
    await fs.list(viewer, { path: `${root}/teams/OPS/items` });
    await walks.idle();
    const first = now.toISOString();
    expect(await lastSync()).toBe(first);
    later(59_000);
    await fs.list(viewer, { path: items, fresh: true });
    await walks.idle();
    expect(await lastSync()).toBe(first);
    later(1_000);
    await fs.list(viewer, { path: items, fresh: true });
    await walks.idle();
    expect(await lastSync()).toBe(now.toISOString());
  });

  it("looks at the tool first when asked for fresh", async () => {
    await listed(items);
    tool.teams.get("t1")?.items.delete("i1");
    later(1000);
    expect((await fs.list(scope, { path: items, fresh: true })).nodes).toHaveLength(3);
  });

  it("goes on from where a walk broke off", async () => {
    for (let index = 0; index < 7; index += 1) tool.addItem("t2", { id: `x${index}`, title: `Item ${index}` });
    const path = `${root}/teams/OPS/items`;
    await fs.stat(scope, { path });
    tool.failNext("list /teams/t2/items", new HubError("EIO", "reset"));
    expect(await codeOf(fs.list(scope, { path }))).toBe("EIO");
    await fs.list(scope, { path });
    tool.failNext("list /teams/t2/items", new HubError("EIO", "reset"));
    await walks.idle();
    await fs.list(scope, { path });
    await walks.idle();
    expect(await fs.list(scope, { path })).toMatchObject({ complete: true, total: 7 });
  });

  it("shows links with their canonical path and reads through them", async () => {
    await listed(items);
    const [link] = (await fs.list(scope, { path: `${root}/starred` })).nodes;
    expect(link).toMatchObject({ kind: "link" });
    expect(link?.canonicalPath).toMatch(/\/teams\/ENG~[a-z2-7]{8}\/items\/Fix login~/);
    expect((await fs.read(scope, { path: link?.path ?? "" })).text).toContain("It is broken.");
  });
});

describe("a link to what the mirror has not seen", () => {
  it("names its canonical path all the same, and leads there", async () => {
    await listed(`${root}/teams`);
    const [link] = (await fs.list(scope, { path: `${root}/starred` })).nodes;
    expect(link?.canonicalPath).toMatch(/\/teams\/ENG~[a-z2-7]{8}\/items\/Fix login~[a-z2-7]{8}\.md$/);
    expect((await fs.read(scope, { path: link?.canonicalPath ?? "" })).node).toMatchObject({ kind: "file", externalId: link?.externalId });
  });
});

describe("names", () => {
  it("resolve by handle whatever the human part, and by a human name that is unique", async () => {
    const page = await listed(items);
    const login = page.nodes.find(({ externalId }) => externalId === "i1");
    const handle = /~([a-z2-7]{8})/.exec(login?.name ?? "")?.[1] ?? "";
    for (const name of [`anything~${handle}.md`, `~${handle}`, "Fix login.md", "Fix login"]) {
      expect((await fs.stat(scope, { path: `${items}/${name}` })).externalId).toBe("i1");
    }
    expect(await codeOf(fs.stat(scope, { path: `${items}/Fix login~aaaaaaaa.md` }))).toBe("ENOENT");
    expect(await codeOf(fs.stat(scope, { path: `${items}/x~${handle}.json` }))).toBe("ENOENT");
    const ambiguous = await failing(fs.stat(scope, { path: `${items}/Twin.md` }));
    expect(ambiguous.code).toBe("EINVAL");
    expect(ambiguous.details.candidates).toHaveLength(2);
  });

  it("take a tail that is no handle for human text", async () => {
    tool.addItem("t1", { id: "i9", title: "about~aaaaaaaa" });
    expect((await fs.stat(scope, { path: `${items}/about~aaaaaaaa.md` })).externalId).toBe("i9");
  });

  it("lengthen a handle that another object has", async () => {
    await listed(items);
    const { name } = await fs.stat(scope, { path: `${items}/Fix login.md` });
    const handle = /~([a-z2-7]{8})/.exec(name)?.[1] ?? "";
    const { handleOf } = await import("../../identity");
    const { assignHandles, handleIn } = await import("./mirror");
    const object = { kind: "item", externalId: "collides" };
    const wanted = handleOf(hub.connection.id, object);
    await db.withScope(scope, (tx) =>
      tx.execute(
        sql`insert into vfs_handle (workspace_id, connection_id, handle, object_kind, external_id) values (${scope.workspaceId}, ${hub.connection.id}, ${wanted}, 'item', 'first')`,
      ),
    );
    const mirror = { connection: hub.connection } as Parameters<typeof assignHandles>[1];
    const handles = await db.withScope(scope, (tx) => assignHandles(tx, mirror, scope, [object]));
    expect(handleIn(handles, object)).toMatch(new RegExp(`^${wanted}[a-z2-7]$`));
    expect(handle).not.toBe(wanted);
  });

  it("lead into a companion, which is named after its item and dies with it", async () => {
    await listed(items);
    const item = await fs.stat(scope, { path: `${items}/Fix login.md` });
    const comments = await fs.stat(scope, { path: `${item.companion}/comments.md` });
    expect(comments).toMatchObject({ path: `${item.companion}/comments.md`, can: ["stat", "read", "append"] });
    expect((await fs.stat(scope, { path: `${items}/Fix login.d` })).path).toBe(item.companion);
    await fs.remove(scope, { path: item.path });
    expect(await codeOf(fs.stat(scope, { path: comments.path }))).toBe("ENOENT");
    expect(await codeOf(fs.stat(scope, { path: item.path }))).toBe("ENOENT");
  });

  it("answer as POSIX does to the wrong kind", async () => {
    expect(await codeOf(fs.read(scope, { path: items }))).toBe("EISDIR");
    expect(await codeOf(fs.list(scope, { path: `${items}/Fix login.md` }))).toBe("ENOTDIR");
    expect(await codeOf(fs.stat(scope, { path: `${items}/Fix login.md/below` }))).toBe("ENOTDIR");
    expect(await codeOf(fs.stat(scope, { path: `${root}/nothing` }))).toBe("ENOENT");
  });
});

describe("reading", () => {
  it("asks the tool, and absorbs a burst of reads", async () => {
    const path = `${items}/Fix login.md`;
    const first = await fs.read(scope, { path });
    expect(first).toMatchObject({ as: "markdown", freshness: { source: "live" } });
    const reads = () => tool.calls.filter((call) => call.startsWith("read")).length;
    expect(await fs.read(scope, { path })).toMatchObject({ text: first.text, etag: first.etag, freshness: { source: "mirror" } });
    expect(reads()).toBe(1);
    await fs.read(scope, { path, fresh: true });
    expect(reads()).toBe(2);
    later(5000);
    await fs.read(scope, { path });
    expect(reads()).toBe(3);
    expect((await fs.stat(scope, { path })).etag).toBe(first.etag);
    expect(await fs.read(scope, { path, as: "json" })).toMatchObject({ as: "json", mediaType: "application/json" });
    expect(await codeOf(fs.read(scope, { path, as: "thread" }))).toBe("ENOTSUP");
  });

  it("of what is gone in the tool is ENOENT, and so is its row", async () => {
    const { path } = await fs.stat(scope, { path: `${items}/Fix login.md` });
    tool.teams.get("t1")?.items.delete("i1");
    expect(await codeOf(fs.read(scope, { path }))).toBe("ENOENT");
    expect((await listed(items)).nodes.map(({ externalId }) => externalId)).not.toContain("i1");
  });
});

it.each(["capabilities", "scopes"] as const)("what was read before %s were taken away is not kept after it", async (column) => {
  const set = (value: string) =>
    db.withScope(scope, (tx) =>
      tx.execute(sql`update connection set ${sql.identifier(column)} = ${value}::text[] where id = ${hub.connection.id}`),
    );
  await set("{a,b}");
  hub.connection = { ...hub.connection, use: { capabilities: [], scopes: [], [column]: ["a", "b"] } };
  const { list } = tool.mount;
  vi.spyOn(tool.mount, "list").mockImplementationOnce(async (...asked) => {
    const page = await list(...asked);
    await set("{a}");
    return page;
  });
  expect(await codeOf(fs.list(scope, { path: root }))).toBe("EAGAIN");
  await walks.idle();
  const kept = await db.withScope(scope, (tx) => tx.execute(sql`select 1 from vfs_node where connection_id = ${hub.connection.id}`));
  expect(kept.rows).toEqual([]);
  hub.connection = { ...hub.connection, use: { capabilities: [], scopes: [], [column]: ["a"] } };
  expect(names(await fs.list(scope, { path: root }))).not.toEqual([]);
});

describe("a dead authorization", () => {
  it("leaves mirrored reads, as stale, and refuses the rest with the way to mend it", async () => {
    await listed(items);
    const { path } = await fs.stat(scope, { path: `${items}/Fix login.md` });
    await fs.read(scope, { path });
    hub.connection = { ...hub.connection, isAuthorized: false };
    later(60 * minuteMs);
    expect(await fs.list(scope, { path: items })).toMatchObject({ complete: true, freshness: { stale: true } });
    expect((await fs.stat(scope, { path })).freshness.stale).toBe(true);
    for (const refused of [
      () => fs.read(scope, { path }),
      () => fs.write(scope, { path, text: "x", ifMatch: "y" }),
      () => fs.list(scope, { path: `${root}/teams/OPS` }),
      () => fs.stat(scope, { path: `${root}/teams/OPS/items` }),
      () => fs.stat(scope, { path, fresh: true }),
      () => fs.list(scope, { path: items, fresh: true }),
    ]) {
      expect(await failing(refused())).toMatchObject({ code: "ENOTCONN", actionUrl: "https://hub.test/mend" });
    }
  });

  it("under policy full still reads bodies", async () => {
    hub.connection = { ...hub.connection, mirrorPolicy: "full" };
    const { text, node } = await fs.read(scope, { path: `${items}/Fix login.md` });
    later(60 * minuteMs);
    tool.failNext("read", new HubError("ENOTCONN", "revoked"));
    expect(await fs.read(scope, { path: node.path })).toMatchObject({ text, freshness: { stale: true } });
    tool.failNext("read", new HubError("ENOTCONN", "revoked"));
    expect(await codeOf(fs.read(scope, { path: node.path, fresh: true }))).toBe("ENOTCONN");
  });
});
