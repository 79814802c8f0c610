import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { NodeFS } from "@electric-sql/pglite/nodefs";
import { ensureBuild } from "./build";
import { emit, type Load, measureLoad } from "./emit";
import { openHub } from "./hub";

const directory = "/context/memory/facts/bench";
const files = 400;
const fileName = (index: number): string => `note ${String(index).padStart(4, "0")}.md`;
const text = "A note of the size that notes have, with a few words in it.\n".repeat(20);

/** PGlite itself, in this process, without a scope, a layer or a worker: the same rows, asked with the same kind of statement. */
async function openBare(): Promise<{ queries: Record<"stat" | "list(200)" | "read", () => Promise<unknown>>; close(): Promise<void> }> {
  const folder = mkdtempSync(path.join(tmpdir(), "hub-bench-bare-"));
  const db = await PGlite.create({ fs: new NodeFS(folder) });
  await db.exec(`
    create table node (workspace_id uuid not null, path text collate "C" not null, parent_path text collate "C" not null, name text collate "C" not null,
      kind text not null, node_id uuid not null, etag text, size_bytes bigint, media_type text, modified_at timestamptz, primary key (workspace_id, path));
    create index node_list on node (workspace_id, parent_path, name, path);
    create table content (workspace_id uuid not null, node_id uuid not null, body text not null, primary key (workspace_id, node_id));`);
  const workspace = crypto.randomUUID();
  for (let index = 0; index < files; index++) {
    const id = crypto.randomUUID();
    const name = fileName(index);
    const row = [workspace, `${directory}/${name}`, directory, name, "file", id, "etag", text.length, "text/markdown"];
    await db.query("insert into node values ($1, $2, $3, $4, $5, $6, $7, $8, $9, now())", row);
    await db.query("insert into content values ($1, $2, $3)", [workspace, id, text]);
  }
  await db.exec("analyze");
  const target = `${directory}/${fileName(7)}`;
  return {
    queries: {
      stat: () => db.query("select * from node where workspace_id = $1 and path = $2", [workspace, target]),
      "list(200)": () =>
        db.query("select * from node where workspace_id = $1 and parent_path = $2 order by name, path limit 201", [workspace, directory]),
      read: () =>
        db.query("select n.*, c.body from node n join content c using (workspace_id, node_id) where n.workspace_id = $1 and n.path = $2", [
          workspace,
          target,
        ]),
    },
    close: async () => {
      await db.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** stat, list(200) and read over HTTP tRPC on the production build, against the same SQL through the bare driver and an empty route. */
export async function benchVfs(): Promise<void> {
  await ensureBuild();
  const hub = await openHub();
  const bare = await openBare();
  try {
    await hub.mutate("vfs.mkdir", { path: directory });
    for (let index = 0; index < files; index++) await hub.mutate("vfs.write", { path: `${directory}/${fileName(index)}`, text });
    const target = `${directory}/${fileName(7)}`;
    const calls = {
      stat: () => hub.query("vfs.stat", { path: target }),
      "list(200)": () => hub.query("vfs.list", { path: directory, limit: 200 }),
      read: () => hub.query("vfs.read", { path: target }),
    } as const;
    const emptyRoute = async (): Promise<unknown> => (await fetch(`${hub.origin}/api/health/live`)).arrayBuffer();
    for (const callers of [1, 32]) {
      const empty = await measureLoad(callers, emptyRoute);
      for (const name of ["stat", "list(200)", "read"] as const) {
        const sql = await measureLoad(callers, bare.queries[name]);
        const load = await measureLoad(callers, calls[name]);
        report(`${name} c=${callers}`, load, sql, "the same SQL through the bare driver");
        report(`${name} c=${callers} over an empty route`, load, empty, "an empty route of the same build");
      }
    }
  } finally {
    await bare.close();
    await hub.close();
  }
}

function report(name: string, load: Load, baseline: Load, against: string): void {
  emit({
    bench: "vfs",
    case: name,
    value: load.p50Ms,
    unit: "ms",
    baseline: baseline.p50Ms,
    detail: {
      metric: "p50",
      p99Ms: Number(load.p99Ms.toFixed(2)),
      perSecond: Math.round(load.perSecond),
      calls: load.calls,
      baseline: against,
    },
  });
}
