import { asc, sql } from "drizzle-orm";
import type { Database } from "@/db/client";
import { workspaceKeys } from "@/db/schema/connections";
import type { KeyStore } from "./vault";

/** The wrapped data keys in `workspace_key`. */
export function createKeyStore(db: Database): KeyStore {
  return {
    list: (scope) =>
      db.withScope(
        scope,
        (tx) =>
          tx
            .select({ version: workspaceKeys.version, kekId: workspaceKeys.kekId, wrapped: workspaceKeys.wrapped })
            .from(workspaceKeys)
            .orderBy(asc(workspaceKeys.version)),
        { readOnly: true },
      ),
    async add(scope, key) {
      await db.withScope(scope, (tx) =>
        tx
          .insert(workspaceKeys)
          .values({ workspaceId: scope.workspaceId, ...key })
          .onConflictDoNothing(),
      );
    },
    async listKekIds() {
      const { rows } = await db.withSystem((tx) => tx.execute<{ kek_id: string }>(sql`select kek_id from hub_list_kek_ids()`), {
        readOnly: true,
      });
      return rows.map((row) => row.kek_id);
    },
  };
}
