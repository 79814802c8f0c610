import { sql } from "drizzle-orm";

import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Database } from "@/db/client";
import type { WorkspaceScope } from "@/db/scope";
import { createTestDb, seedMember, seedWorkspace } from "@/db/testing";
import { type ErrorDetails, HubError } from "@/server/errors";
import { decodeId } from "@/server/ids";
import type { FileSystem } from "../../file-system";
import type { FixtureTool } from "../../fixture-tool";
import type { ListPage } from "../../node";
import { codeOf, failing, planOf, receiptOf } from "../../storage/testing";
import { type FixtureHub, items, minuteMs, root, startFixtureHub } from "./testing";
import type { WalkRunner } from "./walk-runner";

let db: Database;
let scope: WorkspaceScope;
let member: WorkspaceScope;
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
  member = (await seedMember(db, scope, { email: "member@mirror.test", role: "member" })).scope;
  viewer = (await seedMember(db, scope, { email: "viewer@mirror.test", role: "viewer" })).scope;
});
afterAll(() => db.close());
beforeEach(async () => {
  hub = await startFixtureHub(db, scope, () => now);
  ({ files: fs, tool, walks } = hub);
});

/** Lists until the directory is known wholly. */
async function listed(path: string): Promise<ListPage> {
  await fs.list(scope, { path });
  await walks.idle();
  return fs.list(scope, { path });
}

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

  it("refuses a plan of a connection whose mount name is another's by now", async () => {
    const { text, etag } = await fs.read(scope, { path });
    const plan = planOf(await fs.write(scope, { path, text: text.replace("broken", "planned"), ifMatch: etag, dryRun: true }));
    const kept = await db.withScope(scope, (tx) =>
      tx.execute(sql`select connection_id from vfs_plan where id = ${decodeId("plan", plan.id)}`),
    );
    expect(kept.rows[0]?.connection_id).toBe(hub.connection.id);
    const other = await startFixtureHub(db, scope, () => now);
    expect(await codeOf(other.files.execute(scope, { plan: plan.id }))).toBe("ESTALE");
    expect(other.tool.calls.filter((call) => call.startsWith("perform"))).toEqual([]);
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
    tool.failNext("perform comment", new Error("the database is gone"));
    const broken = () => fs.append(scope, { path: comments, text: "hello", idempotencyKey: "broken" });
    expect(await failing(broken())).toMatchObject({ code: "EIO", details: { outcome: "unknown" } });
    expect(await failing(broken())).toMatchObject({ code: "EIO", details: { outcome: "unknown" } });
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

  it("makes a record for each plan under one key, and another when the key is free again after a day", async () => {
    const count = () => tool.teams.get("t1")?.items.size ?? 0;
    const before = count();
    const create = (name: string, dryRun: boolean) =>
      fs.write(scope, { path: `${items}/${name}.md`, text: "x", dryRun, idempotencyKey: "daily" });
    const plans = [planOf(await create("First", true)), planOf(await create("Second", true))];
    for (const { id } of plans) await fs.execute(scope, { plan: id });
    expect(count()).toBe(before + 2);
    await create("Third", false);
    later(25 * 60 * minuteMs);
    await create("Fourth", false);
    expect(count()).toBe(before + 4);
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

  it("without the scope it needs says where to switch it on", async () => {
    const { text, etag } = await fs.read(scope, { path });
    const refusedWith = (details: ErrorDetails) => {
      tool.failNext("plan update", new HubError("ESCOPE", "write:items is not switched on.", { details }));
      return failing(fs.write(scope, { path, text: `${text}x`, ifMatch: etag }));
    };
    expect(await refusedWith({ scope: "write", capability: "write:items" })).toMatchObject({
      code: "ESCOPE",
      actionUrl: "https://hub.test/integrations?enable=write%3Aitems",
      details: { scope: "write", capability: "write:items" },
    });
    // The tool itself may miss a scope without saying what for.
    expect(await refusedWith({ scope: "write" })).toMatchObject({
      actionUrl: "https://hub.test/integrations",
      details: { scope: "write" },
    });
  });

  it("is recorded with who, what and where, never the contents", async () => {
    await fs.edit(scope, { path, find: "broken", replace: "secret-content" });
    const { rows } = await db.withScope(scope, (tx) => tx.execute(sql`select * from audit_event order by at desc limit 1`));
    expect(rows[0]).toMatchObject({ action: "vfs.edit", detail: { outcome: "done" } });
    expect(JSON.stringify(rows)).not.toContain("secret-content");
  });
});
