import { sql } from "drizzle-orm";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Database } from "@/db/client";
import type { WorkspaceScope } from "@/db/scope";
import { createTestDb, seedMember, seedWorkspace } from "@/db/testing";
import { createHubFileSystem } from "@/server/compose/file-system";
import { HubError } from "@/server/errors";
import type { FileSystem } from "../../file-system";
import { createFixtureTool, type FixtureTool } from "../../fixture-tool";
import type { ListPage } from "../../node";
import { codeOf, failing, planOf, receiptOf, seedConnection } from "../../storage/testing";
import type { MirroredConnection } from "./mirror";
import { mirrored } from "./mirrored";
import { createWalkRunner, type WalkRunner } from "./walk-runner";

const minuteMs = 60_000;
const root = "/context/tools/fixture";
let db: Database;
let fs: FileSystem;
let scope: WorkspaceScope;
let member: WorkspaceScope;
let viewer: WorkspaceScope;
let tool: FixtureTool;
let walks: WalkRunner;
let connection: MirroredConnection;
let now = new Date("2026-11-23T12:00:00.000Z");
const later = (ms: number): void => {
  now = new Date(now.getTime() + ms);
};

beforeAll(async () => {
  db = await createTestDb();
  scope = (await seedWorkspace(db, { slug: "mirror" })).scope;
  member = (await seedMember(db, scope, { email: "member@mirror.test", role: "member" })).scope;
  viewer = (await seedMember(db, scope, { email: "viewer@mirror.test", role: "viewer" })).scope;
});
afterAll(() => db.close());

beforeEach(async () => {
  tool = createFixtureTool();
  tool.teams.set("t1", { id: "t1", title: "ENG", items: new Map() });
  tool.teams.set("t2", { id: "t2", title: "OPS", items: new Map() });
  tool.addItem("t1", { id: "i1", title: "Fix login", body: "It is broken.", starred: true });
  tool.addItem("t1", { id: "i2", title: "Twin" });
  tool.addItem("t1", { id: "i3", title: "Twin" });
  tool.addItem("t1", { id: "i4", title: "a/b ~ 😀 .md" });
  const id = crypto.randomUUID();
  await seedConnection(db, scope, id, "workspace");
  connection = {
    id,
    integration: "fixture",
    ownerId: null,
    mountPath: root,
    view: {
      id: `con_${id.replaceAll("-", "")}`,
      integration: "fixture",
      status: "connected",
      since: null,
      reason: null,
      actionUrl: "https://hub.test/mend",
      visibility: "workspace",
      accountName: "Ann",
      timeZone: "UTC",
    },
    actsAs: { type: "person", name: "Ann Smith" },
    timeZone: "UTC",
    mirrorPolicy: "titles",
    capabilities: ["write:items"],
    isAuthorized: true,
  };
  walks = createWalkRunner({ warn: () => undefined });
  fs = createHubFileSystem({
    db,
    connections: async () => ({ mounts: [mirrored({ db, tool: tool.mount, connection, walks })], placeholders: [] }),
    allows: (who, permission) => permission === "files.read" || who.role !== "viewer",
    cursorSecret: "secret",
    clock: () => now,
  });
});

const items = `${root}/teams/ENG/items`;
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
    const wanted = handleOf(connection.id, object);
    await db.withScope(scope, (tx) =>
      tx.execute(
        sql`insert into vfs_handle (workspace_id, connection_id, handle, object_kind, external_id) values (${scope.workspaceId}, ${connection.id}, ${wanted}, 'item', 'first')`,
      ),
    );
    const mirror = { connection } as Parameters<typeof assignHandles>[1];
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

describe("a dead authorization", () => {
  it("leaves mirrored reads, as stale, and refuses the rest with the way to mend it", async () => {
    await listed(items);
    const { path } = await fs.stat(scope, { path: `${items}/Fix login.md` });
    await fs.read(scope, { path });
    connection = { ...connection, isAuthorized: false };
    later(60 * minuteMs);
    expect(await fs.list(scope, { path: items })).toMatchObject({ complete: true, freshness: { stale: true } });
    expect((await fs.stat(scope, { path })).freshness.stale).toBe(true);
    for (const refused of [
      () => fs.read(scope, { path }),
      () => fs.write(scope, { path, text: "x", ifMatch: "y" }),
      () => fs.list(scope, { path: `${root}/teams/OPS` }),
    ]) {
      expect(await failing(refused())).toMatchObject({ code: "ENOTCONN", actionUrl: "https://hub.test/mend" });
    }
  });

  it("under policy full still reads bodies", async () => {
    connection = { ...connection, mirrorPolicy: "full" };
    const { text, node } = await fs.read(scope, { path: `${items}/Fix login.md` });
    later(60 * minuteMs);
    tool.failNext("read", new HubError("ENOTCONN", "revoked"));
    expect(await fs.read(scope, { path: node.path })).toMatchObject({ text, freshness: { stale: true } });
  });
});

describe("changing", () => {
  const path = `${items}/Fix login.md`;

  it("needs the etag that was read, and sends only what was changed", async () => {
    expect(await failing(fs.write(scope, { path, text: "x" }))).toMatchObject({ code: "EINVAL", details: { key: "ifMatch" } });
    expect(await codeOf(fs.write(scope, { path, text: "x", ifNoneMatch: "*" }))).toBe("EEXIST");
    const { text, etag } = await fs.read(scope, { path });
    const receipt = receiptOf(await fs.write(scope, { path, text: text.replace("broken", "mended"), ifMatch: etag }));
    expect(receipt).toMatchObject({
      changed: true,
      actsAs: { name: "Ann Smith" },
      steps: [{ call: "set body", outcome: "done", changes: [{ field: "body", from: "It is broken.", to: "It is mended." }] }],
    });
    const after = await fs.read(scope, { path });
    expect(after).toMatchObject({ etag: receipt.etag });
    expect(after.text).toContain("mended");
  });

  it("sends nothing when the file says it already", async () => {
    const { text, etag } = await fs.read(scope, { path });
    expect(receiptOf(await fs.write(scope, { path, text, ifMatch: etag }))).toMatchObject({ changed: false, etag, steps: [] });
    expect(tool.calls.filter((call) => call.startsWith("perform"))).toEqual([]);
  });

  it("is stale when someone else changed the file, and says what it is now", async () => {
    const { text, etag } = await fs.read(scope, { path });
    tool.addItem("t1", { id: "i1", title: "Fix login", body: "Other.", revision: 7 });
    const refusal = await failing(fs.write(scope, { path, text: `${text}more`, ifMatch: etag }));
    expect(refusal.code).toBe("ESTALE");
    expect((await fs.read(scope, { path })).etag).toBe(refusal.details.etag);
  });

  it("goes on when the revision moved but the file is the same", async () => {
    const { text, etag } = await fs.read(scope, { path });
    tool.addItem("t1", { id: "i1", title: "Fix login", body: "It is broken.", revision: 7, starred: true });
    expect(receiptOf(await fs.write(scope, { path, text: text.replace("broken", "ok"), ifMatch: etag })).changed).toBe(true);
  });

  it("renames: the path follows, the old one still leads there", async () => {
    const { text, etag, node } = await fs.read(scope, { path });
    const receipt = receiptOf(await fs.write(scope, { path, text: text.replace("Fix login", "New name"), ifMatch: etag }));
    expect(receipt.canonicalPath).toBe(node.path.replace("Fix login", "New name"));
    expect((await fs.stat(scope, { path: node.path })).canonicalPath).toBe(receipt.canonicalPath);
  });

  it("shows the plan first and runs exactly that, once", async () => {
    const { text, etag } = await fs.read(scope, { path });
    const plan = planOf(await fs.write(scope, { path, text: text.replace("broken", "planned"), ifMatch: etag, dryRun: true }));
    expect(plan).toMatchObject({ baseEtag: etag, effects: [], steps: [{ call: "set body" }] });
    expect(tool.calls.filter((call) => call.startsWith("perform"))).toEqual([]);
    expect(receiptOf(await fs.execute(scope, { plan: plan.id }))).toMatchObject({ operation: "write", changed: true });
    expect(await codeOf(fs.execute(scope, { plan: plan.id }))).toBe("ESTALE");
    expect((await fs.read(scope, { path })).text).toContain("planned");
  });

  it("refuses a plan whose base changed", async () => {
    const { text, etag } = await fs.read(scope, { path });
    const plan = planOf(await fs.write(scope, { path, text: text.replace("broken", "planned"), ifMatch: etag, dryRun: true }));
    tool.addItem("t1", { id: "i1", title: "Fix login", body: "Other.", revision: 7 });
    expect(await codeOf(fs.execute(scope, { plan: plan.id }))).toBe("ESTALE");
    expect(tool.calls.filter((call) => call.startsWith("perform"))).toEqual([]);
  });

  it("of several steps that breaks off says what was done, and keeps that as the key's answer", async () => {
    const { etag } = await fs.read(scope, { path });
    tool.failNext("perform set body", new HubError("EIO", "The tool failed.", { details: { outcome: "not_done" } }));
    const change = { path, text: '---\ntitle: "Both"\n---\nchanged\n', ifMatch: etag, idempotencyKey: "several" };
    const refusal = await failing(fs.write(scope, change));
    expect(refusal.details.receipt?.steps.map(({ outcome }) => outcome)).toEqual(["done", "failed"]);
    const again = await failing(fs.write(scope, change));
    expect(again.details.receipt).toEqual(refusal.details.receipt);
    expect(tool.calls.filter((call) => call.startsWith("perform"))).toHaveLength(2);
  });

  it("whose outcome is unknown is never sent again under its key; a refused one may be", async () => {
    const comments = `${items}/Fix login.d/comments.md`;
    tool.failNext("perform comment", new HubError("EIO", "lost", { details: { outcome: "unknown" } }));
    const append = () => fs.append(scope, { path: comments, text: "hello", idempotencyKey: "lost" });
    expect(await failing(append())).toMatchObject({ code: "EIO", details: { outcome: "unknown" } });
    expect(await failing(append())).toMatchObject({ code: "EIO", details: { outcome: "unknown" } });
    tool.failNext("perform comment", new HubError("EAGAIN", "limited"));
    const other = () => fs.append(scope, { path: comments, text: "hello", idempotencyKey: "limited" });
    expect(await codeOf(other())).toBe("EAGAIN");
    const receipt = receiptOf(await other());
    expect(receiptOf(await other())).toEqual(receipt);
    expect(tool.teams.get("t1")?.items.get("i1")?.comments).toEqual(["hello"]);
    expect((await fs.read(scope, { path: comments })).text).toBe("- hello\n");
  });

  it("creates where the directory takes files, and keeps the name that was used as an alias of its creator's", async () => {
    await listed(items);
    const used = `${items}/Made here.md`;
    const made = receiptOf(await fs.write(scope, { path: used, text: "hello", ifNoneMatch: "*" }));
    expect(made.canonicalPath).toMatch(/\/items\/Made here~[a-z2-7]{8}\.md$/);
    expect((await fs.list(scope, { path: items })).total).toBe(5);
    const named = receiptOf(await fs.write(scope, { path: `${items}/draft.md`, text: '---\ntitle: "Real title"\n---\nx\n' }));
    expect(named.canonicalPath).toMatch(/\/items\/Real title~/);
    expect((await fs.stat(scope, { path: `${items}/draft.md` })).canonicalPath).toBe(named.canonicalPath);
    expect(await codeOf(fs.stat(member, { path: `${items}/draft.md` }))).toBe("ENOENT");
    later(24 * 60 * minuteMs);
    expect(await codeOf(fs.stat(scope, { path: `${items}/draft.md` }))).toBe("ENOENT");
    expect(await codeOf(fs.write(scope, { path: `${root}/teams/new.md`, text: "x" }))).toBe("ENOTSUP");
  });

  it("edits in place, and refuses what the tool has no way to do", async () => {
    expect(receiptOf(await fs.edit(scope, { path, find: "broken", replace: "fine" })).operation).toBe("edit");
    expect((await fs.read(scope, { path })).text).toContain("fine");
    expect(await codeOf(fs.move(scope, { path, to: `${items}/other.md` }))).toBe("ENOTSUP");
    expect(await codeOf(fs.mkdir(scope, { path: `${items}/dir` }))).toBe("ENOTSUP");
    expect(await codeOf(fs.remove(scope, { path: items, recursive: true }))).toBe("ENOTSUP");
    expect(await codeOf(fs.remove(scope, { path: `${root}/organization.json` }))).toBe("ENOTSUP");
    expect(await codeOf(fs.write(viewer, { path, text: "x", ifMatch: "y" }))).toBe("EACCES");
  });

  it("is recorded with who, what and where, never the contents", async () => {
    await fs.edit(scope, { path, find: "broken", replace: "secret-content" });
    const { rows } = await db.withScope(scope, (tx) => tx.execute(sql`select * from audit_event order by at desc limit 1`));
    expect(rows[0]).toMatchObject({ action: "vfs.edit", detail: { outcome: "done" } });
    expect(JSON.stringify(rows)).not.toContain("secret-content");
  });
});
