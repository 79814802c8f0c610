import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Database } from "@/db/client";
import type { WorkspaceScope } from "@/db/scope";
import { createTestDb, seedWorkspace } from "@/db/testing";
import { createHubFileSystem } from "@/server/compose/file-system";
import type { FileSystem } from "../file-system";
import { sweepExpired } from "./sweep";
import { codeOf, receiptOf } from "./testing";

const hourMs = 60 * 60 * 1000;
let db: Database;
let fs: FileSystem;
let scope: WorkspaceScope;
let job: WorkspaceScope;
let now = new Date("2026-11-23T12:00:00.000Z");

beforeAll(async () => {
  db = await createTestDb();
  const seeded = await seedWorkspace(db, { slug: "retention" });
  scope = seeded.scope;
  job = seeded.jobScope;
  fs = createHubFileSystem({
    db,
    connections: async () => ({ mounts: [], placeholders: [] }),
    allows: () => true,
    cursorSecret: "secret",
    clock: () => now,
  });
});
afterAll(() => db.close());

let counter = 0;
/** A directory of its own for a test. */
async function _ownDirectory(tier = "facts"): Promise<string> {
  counter += 1;
  const path = `/context/memory/${tier}/test-${counter}`;
  await fs.mkdir(scope, { path });
  return path;
}

describe("retention", () => {
  it.each([
    ["scratchpad", 24, 72],
    ["episodic", 30 * 24, 90 * 24],
  ])("of %s: so long after use, never longer after creation", async (tier, softHours, hardHours) => {
    const created = now;
    const at = (hours: number) => new Date(created.getTime() + hours * hourMs);
    const path = `/context/memory/${tier}/kept.md`;
    const unused = `/context/memory/${tier}/unused.md`;
    await fs.write(scope, { path, text: "x" });
    await fs.write(scope, { path: unused, text: "x" });
    expect(await fs.stat(scope, { path })).toMatchObject({
      expiresAt: at(softHours).toISOString(),
      hardExpiresAt: at(hardHours).toISOString(),
    });
    now = at(softHours - 1);
    await fs.read(scope, { path });
    await fs.stat(scope, { path: unused });
    expect((await fs.stat(scope, { path })).expiresAt).toBe(at(2 * softHours - 1).toISOString());
    now = at(softHours);
    expect(await codeOf(fs.read(scope, { path: unused }))).toBe("ENOENT");
    expect((await fs.list(scope, { path: `/context/memory/${tier}` })).nodes.map(({ name }) => name)).toEqual(["kept.md"]);
    for (let hours = softHours; hours < hardHours; hours += softHours / 2) {
      now = at(hours);
      await fs.append(scope, { path, text: "y" });
    }
    now = at(hardHours);
    expect(await codeOf(fs.stat(scope, { path }))).toBe("ENOENT");
    expect(receiptOf(await fs.write(scope, { path, text: "again", ifNoneMatch: "*" })).changed).toBe(true);
    await fs.remove(scope, { path });
  });

  it("counts use once an hour, and only what reads or changes the file", async () => {
    const path = "/context/memory/scratchpad/used.md";
    const created = now;
    const expiresAt = async (hours: number) => {
      expect((await fs.stat(scope, { path })).expiresAt).toBe(new Date(created.getTime() + hours * hourMs).toISOString());
    };
    const at = (hours: number) => {
      now = new Date(created.getTime() + hours * hourMs);
    };
    await fs.write(scope, { path, text: "x" });
    at(0.9);
    await fs.read(scope, { path });
    await expiresAt(24);
    at(1);
    await fs.read(scope, { path });
    await expiresAt(25);
    at(3);
    await fs.list(scope, { path: "/context/memory/scratchpad" });
    await fs.stat(scope, { path });
    await fs.write(scope, { path, text: "planned", dryRun: true });
    await expiresAt(25);
    await fs.edit(scope, { path, find: "x", replace: "y" });
    await expiresAt(27);
    at(4);
    await fs.append(scope, { path, text: "z" });
    await expiresAt(28);
    at(5);
    await fs.move(scope, { path, to: `${path}.moved` });
    expect(await fs.stat(scope, { path: `${path}.moved` })).toMatchObject({
      createdAt: created.toISOString(),
      expiresAt: new Date(created.getTime() + 28 * hourMs).toISOString(),
      hardExpiresAt: new Date(created.getTime() + 72 * hourMs).toISOString(),
    });
    await fs.remove(scope, { path: `${path}.moved` });
  });

  it("lets an asked-for expiry inside the range stand, use or not, and refuses one outside", async () => {
    const path = "/context/memory/scratchpad/asked.md";
    const asked = new Date(now.getTime() + 48 * hourMs).toISOString();
    await fs.write(scope, { path, text: "x", expiresAt: asked });
    now = new Date(now.getTime() + 2 * hourMs);
    await fs.read(scope, { path });
    await fs.write(scope, { path, text: "y" });
    expect((await fs.stat(scope, { path })).expiresAt).toBe(asked);
    for (const hours of [1, 100]) {
      const expiresAt = new Date(now.getTime() + hours * hourMs).toISOString();
      expect(await codeOf(fs.write(scope, { path: `${path}.other`, text: "x", expiresAt }))).toBe("EINVAL");
    }
    expect(await codeOf(fs.write(scope, { path: "/context/memory/facts/asked.md", text: "x", expiresAt: asked }))).toBe("EINVAL");
    await fs.remove(scope, { path });
  });

  it("is swept by the job, and nothing live with it", async () => {
    await fs.write(scope, { path: "/context/memory/scratchpad/old.md", text: "x" });
    await fs.write(scope, { path: "/context/memory/facts/stays.md", text: "x" });
    await sweepExpired(db, job, now);
    expect(await sweepExpired(db, job, now)).toMatchObject({ node: 0 });
    now = new Date(now.getTime() + 80 * hourMs);
    await fs.write(scope, { path: "/context/memory/scratchpad/new.md", text: "x" });
    expect((await sweepExpired(db, job, now)).node).toBe(1);
    expect((await fs.read(scope, { path: "/context/memory/scratchpad/new.md" })).text).toBe("x");
    expect((await fs.read(scope, { path: "/context/memory/facts/stays.md" })).text).toBe("x");
  });
});
