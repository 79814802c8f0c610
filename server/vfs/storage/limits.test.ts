import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Database } from "@/db/client";
import type { WorkspaceScope } from "@/db/scope";
import { createTestDb, seedWorkspace } from "@/db/testing";
import { createHubFileSystem } from "@/server/compose/file-system";
import type { FileSystem } from "../file-system";
import { pageStatement } from "./node-rows";
import { quotaBytes } from "./policies";
import { codeOf, failing } from "./testing";

let db: Database;
let fs: FileSystem;
let scope: WorkspaceScope;
let now = new Date("2026-11-23T12:00:00.000Z");

beforeAll(async () => {
  db = await createTestDb();
  scope = (await seedWorkspace(db, { slug: "limits" })).scope;
  fs = createHubFileSystem({
    db,
    connections: async () => ({ mounts: [], placeholders: [] }),
    allows: () => true,
    cursorSecret: "secret",
    clock: () => now,
  });
});
afterAll(() => db.close());

describe("a big directory", () => {
  it("answers a page in any order without reading or sorting the rest", async () => {
    const parentPath = "/context/memory/facts/big";
    await fs.mkdir(scope, { path: parentPath });
    await db.executeSql(
      `insert into vfs_node (workspace_id, path, parent_path, name, kind, node_id, size_bytes, modified_at, synced_at)
       select $1::uuid, $2 || '/' || i, $2, i::text, 'file', gen_random_uuid(), i % 997, $3::timestamptz - make_interval(secs => i * 7919 % 5003), now()
       from generate_series(1, 5000) i`,
      [scope.workspaceId, parentPath, now.toISOString()],
    );
    await db.executeSql("analyze vfs_node");
    for (const sort of ["name", "modifiedAt", "sizeBytes"] as const) {
      for (const descending of [false, true]) {
        const key = { name: "2500", modifiedAt: new Date(now.getTime() - 2500 * 1000).toISOString(), sizeBytes: "500" }[sort];
        for (const after of [null, { key, path: `${parentPath}/2500`, partial: false }]) {
          const page = pageStatement({
            shows: "storage",
            workspaceId: scope.workspaceId,
            parentPath,
            after,
            limit: 50,
            sort,
            descending,
            now,
          });
          const { rows } = await db.withScope(scope, (tx) => tx.execute<Record<string, unknown>>(sql`explain (costs off) ${page}`));
          const plan = rows.map((row) => String(row["QUERY PLAN"])).join("\n");
          expect(plan).toMatch(/Index (Only )?Scan/);
          expect(plan).not.toMatch(/^\s*(->)?\s*(Incremental )?Sort/m);
          if (after !== null) expect(plan).toMatch(/Index Cond: .*ROW\(/);
        }
      }
    }
    await fs.remove(scope, { path: parentPath, recursive: true });
  });
});

describe("a quota", () => {
  it("covers all tiers of memory together, and names its limit", async () => {
    const { scope: own } = await seedWorkspace(db, { slug: "quota" });
    await fs.write(own, { path: "/context/memory/facts/most.md", text: "x" });
    await db.executeSql("update vfs_node set size_bytes = $2 where workspace_id = $1::uuid", [own.workspaceId, quotaBytes - 10]);
    // Sums are kept a minute.
    now = new Date(now.getTime() + 61_000);
    await fs.write(own, { path: "/context/memory/episodic/small.md", text: "0123456789" });
    const path = "/context/memory/scratchpad/more.md";
    expect(await failing(fs.write(own, { path, text: "x" }))).toMatchObject({ code: "EDQUOT", path, details: { limit: quotaBytes } });
    expect(await codeOf(fs.append(own, { path: "/context/memory/episodic/small.md", text: "x" }))).toBe("EDQUOT");
    expect(await codeOf(fs.stat(own, { path }))).toBe("ENOENT");
    await fs.write(own, { path: "/context/user/preferences/mine.md", text: "another's quota" });
  });
});
