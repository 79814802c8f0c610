import { sql } from "drizzle-orm";
import { z } from "zod";
import type { Database } from "@/db/client";
import type { WorkspaceScope } from "@/db/scope";

/** Deleting what a connection brought here. */

/** What the mirror shows of a tool; texts go with their nodes, by foreign key. */
export const mirrorTables = ["vfs_node", "vfs_print", "vfs_directory_state"] as const;
export type PurgedTable = (typeof mirrorTables)[number] | "vfs_handle" | "vfs_plan" | "vfs_idempotency";

/** Rows a statement: none takes over 100 ms (`architecture.md`, Scale). */
const batch = 2000;

const countShape = z.object({ rows: z.tuple([z.object({ count: z.coerce.number() })]) });

/** Deletes the connection's rows of one table, as far as the scope sees them, a transaction a batch; answers how many there were. */
export async function purgeTable(db: Database, scope: WorkspaceScope, connectionId: string, table: PurgedTable): Promise<number> {
  const name = sql.identifier(table);
  for (let total = 0; ; ) {
    const result = await db.withScope(scope, (tx) =>
      tx.execute(sql`with gone as (
        delete from ${name} where ctid = any(array(
          select ctid from ${name} where workspace_id = ${scope.workspaceId}::uuid and connection_id = ${connectionId}::uuid limit ${batch}
        )) returning 1) select count(*)::int as count from gone`),
    );
    const deleted = countShape.parse({ rows: result.rows }).rows[0].count;
    total += deleted;
    if (deleted < batch) return total;
  }
}

/** Empties a connection's mirror; it is read anew, as far as the connection may. Names stay: handles are kept. */
export async function purgeMirror(db: Database, scope: WorkspaceScope, connectionId: string): Promise<void> {
  for (const table of mirrorTables) await purgeTable(db, scope, connectionId, table);
}
