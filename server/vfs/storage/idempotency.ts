import { sql } from "drizzle-orm";
import type { Database } from "@/db/client";
import type { ErrorBody } from "@/server/errors";
import type { Receipt } from "../node";
import { type KeyState, type KeyStore, keyLifetimeMs } from "../stores";
import { asDate, run, time } from "./node-rows";
import { personOf } from "./plans";

/** Idempotency keys in `vfs_idempotency`: the primary key lets one of two callers begin. */
export function createKeyStore(db: Database): KeyStore {
  return {
    begin(scope, key, contentHash, now) {
      const owner = personOf(scope);
      const expiresAt = new Date(now.getTime() + keyLifetimeMs);
      return db.withScope(scope, async (tx): Promise<KeyState> => {
        const begun = await run(
          tx,
          sql`insert into vfs_idempotency (workspace_id, owner_id, key, content_hash, created_at, expires_at) values (${scope.workspaceId}, ${owner}, ${key}, ${contentHash}, ${time(now)}, ${time(expiresAt)}) on conflict (workspace_id, owner_id, key) do update set content_hash = excluded.content_hash, receipt = null, failure = null, created_at = excluded.created_at, expires_at = excluded.expires_at where vfs_idempotency.expires_at <= excluded.created_at returning key`,
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
    async succeed(scope, key, receipt) {
      const owner = personOf(scope);
      await db.withScope(scope, (tx) =>
        run(
          tx,
          sql`update vfs_idempotency set receipt = ${JSON.stringify(receipt)}::jsonb where workspace_id = ${scope.workspaceId} and owner_id = ${owner} and key = ${key}`,
        ),
      );
    },
    async fail(scope, key, failure) {
      const owner = personOf(scope);
      await db.withScope(scope, (tx) =>
        run(
          tx,
          sql`update vfs_idempotency set failure = ${JSON.stringify(failure)}::jsonb where workspace_id = ${scope.workspaceId} and owner_id = ${owner} and key = ${key}`,
        ),
      );
    },
    async release(scope, key) {
      const owner = personOf(scope);
      await db.withScope(scope, (tx) =>
        run(
          tx,
          sql`delete from vfs_idempotency where workspace_id = ${scope.workspaceId} and owner_id = ${owner} and key = ${key} and receipt is null and failure is null`,
        ),
      );
    },
  };
}
