import { sql } from "drizzle-orm";
import type { Database } from "@/db/client";
import { scopePrincipalId, type WorkspaceScope } from "@/db/scope";
import { HubError } from "@/server/errors";
import { decodeId, newId } from "@/server/ids";
import type { MountPlan } from "../mount";
import { type PlanStore, planLifetimeMs, plansAtMost } from "../stores";
import { run, time } from "./node-rows";

/** Plans in `vfs_plan`: visible to and executable by their maker only, once, for 15 minutes. */
export function createPlanStore(db: Database): PlanStore {
  return {
    async save(scope, plan, connection, now) {
      const owner = principalOf(scope);
      const id = newId();
      const connectionId = connection === null ? null : decodeId("connection", connection);
      const expiresAt = new Date(now.getTime() + planLifetimeMs);
      await db.withScope(scope, async (tx) => {
        await run(
          tx,
          sql`insert into vfs_plan (id, workspace_id, owner_id, connection_id, path, base_etag, plan, created_at, expires_at) values (${id}, ${scope.workspaceId}, ${owner}, ${connectionId}::uuid, ${plan.path}, ${plan.baseEtag}, ${JSON.stringify(plan)}::jsonb, ${time(now)}, ${time(expiresAt)})`,
        );
        // Somebody who looks and never executes fills nobody's disk. At most a batch: there was one too many.
        await run(
          tx,
          sql`delete from vfs_plan where id = any(array(select id from vfs_plan where workspace_id = ${scope.workspaceId} and owner_id = ${owner} and state <> 'running'
            order by created_at desc, id desc offset ${plansAtMost} limit 100))`,
        );
      });
      return { id, expiresAt };
    },
    async claim(scope, id, now) {
      const owner = principalOf(scope);
      const rows = await db.withScope(scope, (tx) =>
        run(
          tx,
          sql`update vfs_plan set state = 'running' where workspace_id = ${scope.workspaceId} and id = ${id} and owner_id = ${owner} and state = 'ready' and expires_at > ${time(now)} returning plan`,
        ),
      );
      const row = rows[0];
      return row === undefined ? null : (row.plan as MountPlan);
    },
    async finish(scope, id) {
      await db.withScope(scope, (tx) =>
        run(tx, sql`update vfs_plan set state = 'done' where workspace_id = ${scope.workspaceId} and id = ${id}`),
      );
    },
  };
}

/** The person or API key behind a scope; plans and idempotency keys belong to one of them. */
export function principalOf(scope: WorkspaceScope): string {
  const principalId = scopePrincipalId(scope);
  if (principalId !== null) return principalId;
  throw new HubError("EACCES", "Plans and idempotency keys belong to a person or an API key; a job has none.");
}
