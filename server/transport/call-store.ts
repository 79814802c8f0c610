import { sql } from "drizzle-orm";
import type { Database } from "@/db/client";
import type { WorkspaceScope } from "@/db/scope";
import type { WriteCalls } from "./call-sink";

/** The owner of what nobody is to see (the Nil UUID of RFC 9562 §5.9): no person has it. */
const nobody = "00000000-0000-0000-0000-000000000000";

/**
 * Writes records into `api_call`, one statement a batch. A call of a private connection carries its owner, so that nobody else sees it; of
 * a connection that is gone, or not there yet, nobody knows whether it is shared, so its call is its caller's alone, and nobody's where a job
 * made it. `scopeOf` gives the hub's own scope in a workspace: the log belongs to it, whoever called.
 */
export function createCallWriter(db: Database, scopeOf: (workspaceId: string) => WorkspaceScope): WriteCalls {
  return async (workspaceId, calls) => {
    const rows = JSON.stringify(calls);
    await db.batchInScope(scopeOf(workspaceId), [
      sql`
        insert into api_call (id, workspace_id, connection_id, owner_id, integration, call_id, attempt, operation, method, url, status, error_code,
          duration_ms, wait_ms, request_bytes, response_bytes, vendor_request_id, limits, path, actor_user_id, actor_job, actor_key_id, at, sent, reason)
        select r.id, r."workspaceId", r."connectionId",
          case when c.id is null then coalesce(r."actorUserId", ${nobody}::uuid) when c.visibility = 'private' then c.owner_id end,
          r.integration, r."callId", r.attempt, r.operation, r.method, r.url, r.status, r."errorCode",
          r."durationMs", r."waitMs", r."requestBytes", r."responseBytes", r."vendorRequestId", r.limits, r.path, r."actorUserId", r."actorJob", r."actorKeyId", r.at,
          r.sent, r.reason
        from jsonb_to_recordset(${rows}::jsonb) as r (id uuid, "workspaceId" uuid, "connectionId" uuid, integration text, "callId" uuid,
          attempt int, operation text, method text, url text, status int, "errorCode" text, "durationMs" float8, "waitMs" float8,
          "requestBytes" bigint, "responseBytes" bigint, "vendorRequestId" text, limits jsonb, path text, "actorUserId" uuid, "actorJob" text, "actorKeyId" uuid,
          at timestamptz, sent boolean, reason text)
        left join connection c on c.workspace_id = r."workspaceId" and c.id = r."connectionId"`,
    ]);
  };
}
