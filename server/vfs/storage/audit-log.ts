import { sql } from "drizzle-orm";
import type { Database } from "@/db/client";
import { newId } from "@/server/ids";
import type { AuditSink } from "../stores";
import { run } from "./node-rows";

/** Writes who changed what into `audit_event`. */
export function createAuditSink(db: Database): AuditSink {
  return async (scope, record) => {
    const { actor } = scope;
    await db.withScope(scope, (tx) =>
      run(
        tx,
        sql`insert into audit_event (id, workspace_id, actor_user_id, actor_job, actor_key_id, action, subject, detail) values (${newId()}, ${scope.workspaceId}, ${actor.type === "person" ? actor.userId : null}, ${actor.type === "job" ? actor.name : null}, ${actor.type === "key" ? actor.keyId : null}::uuid, ${record.action}, ${record.subject}, ${JSON.stringify(record.detail)}::jsonb)`,
      ),
    );
  };
}
