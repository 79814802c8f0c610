import { type SQL, sql } from "drizzle-orm";
import type { Database } from "@/db/client";
import type { WorkspaceScope } from "@/db/scope";
import type { ErrorBody } from "@/server/errors";
import { decodeId } from "@/server/ids";
import type { Receipt } from "../node";
import { type KeyState, type KeyStore, keyLifetimeMs } from "../stores";
import { asDate, run, time } from "./node-rows";
import { principalOf } from "./plans";

/** Idempotency keys in `vfs_idempotency`: the primary key lets one of two callers begin. */
export function createKeyStore(db: Database): KeyStore {
  /** The connection's row is held meanwhile, so that a disconnect either finds the answer or has begun before it is kept. */
  async function settle(scope: WorkspaceScope, key: string, answer: SQL, connection: string | null): Promise<void> {
    const owner = principalOf(scope);
    const id = connection === null ? null : decodeId("connection", connection);
    await db.withScope(scope, (tx) =>
      run(
        tx,
        sql`with through as (select id from connection where workspace_id = ${scope.workspaceId} and id = ${id}::uuid and status <> 'disconnecting' for share)
          update vfs_idempotency set ${answer}, connection_id = ${id}::uuid
          where workspace_id = ${scope.workspaceId} and owner_id = ${owner} and key = ${key} and (${id}::uuid is null or exists (select from through))`,
      ),
    );
  }

  return {
    begin(scope, key, contentHash, now) {
      const owner = principalOf(scope);
      const expiresAt = new Date(now.getTime() + keyLifetimeMs);
      return db.withScope(scope, async (tx): Promise<KeyState> => {
        const begun = await run(
          tx,
          sql`insert into vfs_idempotency (workspace_id, owner_id, key, content_hash, created_at, expires_at) values (${scope.workspaceId}, ${owner}, ${key}, ${contentHash}, ${time(now)}, ${time(expiresAt)}) on conflict (workspace_id, owner_id, key) do update set content_hash = excluded.content_hash, receipt = null, failure = null, connection_id = null, created_at = excluded.created_at, expires_at = excluded.expires_at where vfs_idempotency.expires_at <= excluded.created_at returning key`,
        );
        if (begun.length > 0) return { type: "new" };
        const rows = await run(
          tx,
          sql`select content_hash, receipt, failure, created_at from vfs_idempotency where workspace_id = ${scope.workspaceId} and owner_id = ${owner} and key = ${key}`,
        );
        const row = rows[0];
        if (row === undefined) return { type: "running", since: now };
        if (row.content_hash !== contentHash) return { type: "other_content" };
        if (row.receipt !== null) return { type: "receipt", receipt: row.receipt as Receipt };
        if (row.failure !== null) return { type: "failure", failure: row.failure as ErrorBody };
        return { type: "running", since: asDate(row.created_at) ?? now };
      });
    },
    succeed: (scope, key, receipt, connection) => settle(scope, key, sql`receipt = ${JSON.stringify(receipt)}::jsonb`, connection),
    fail: (scope, key, failure, connection) => settle(scope, key, sql`failure = ${JSON.stringify(failure)}::jsonb`, connection),
    async release(scope, key) {
      const owner = principalOf(scope);
      await db.withScope(scope, (tx) =>
        run(
          tx,
          sql`delete from vfs_idempotency where workspace_id = ${scope.workspaceId} and owner_id = ${owner} and key = ${key} and receipt is null and failure is null`,
        ),
      );
    },
  };
}
