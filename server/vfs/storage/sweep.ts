import { type SQL, sql } from "drizzle-orm";
import type { Database } from "@/db/client";
import type { WorkspaceScope } from "@/db/scope";
import { run, time } from "./node-rows";

/** What expires, as `hub_list_expired` names it. */
export const sweptKinds = ["node", "print", "plan", "idempotency", "alias"] as const;
export type SweptKind = (typeof sweptKinds)[number];

const batchSize = 500;

/**
 * Deletes what has expired in one workspace, in batches no statement of which is long. `scope` is a job's: it sees everybody's expired
 * rows. Answers the number of rows a kind. What is expired is invisible before; sweeping only frees the space.
 */
export async function sweepExpired(db: Database, scope: WorkspaceScope, now = new Date()): Promise<Readonly<Record<SweptKind, number>>> {
  const counts: Record<SweptKind, number> = { node: 0, print: 0, plan: 0, idempotency: 0, alias: 0 };
  for (const kind of sweptKinds) {
    for (;;) {
      const removed = await db.withScope(scope, (tx) => run(tx, statements[kind](scope.workspaceId, now)));
      counts[kind] += removed.length;
      if (removed.length < batchSize) break;
    }
  }
  return counts;
}

const simple =
  (table: "vfs_print" | "vfs_plan" | "vfs_idempotency" | "vfs_alias") =>
  (workspaceId: string, now: Date): SQL =>
    sql`delete from ${sql.identifier(table)} where ctid in (select ctid from ${sql.identifier(table)} where workspace_id = ${workspaceId} and expires_at <= ${time(now)} limit ${batchSize} for update skip locked) returning 1`;

const statements: Readonly<Record<SweptKind, (workspaceId: string, now: Date) => SQL>> = {
  node: (workspaceId, now) =>
    sql`with gone as (delete from vfs_node n where n.ctid in (select ctid from vfs_node where workspace_id = ${workspaceId} and expires_at <= ${time(now)} order by expires_at limit ${batchSize} for update skip locked) returning n.node_id), content as (delete from vfs_content c using gone where c.workspace_id = ${workspaceId} and c.node_id = gone.node_id) select node_id from gone`,
  print: simple("vfs_print"),
  plan: simple("vfs_plan"),
  idempotency: simple("vfs_idempotency"),
  alias: simple("vfs_alias"),
};
