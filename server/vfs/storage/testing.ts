import { sql } from "drizzle-orm";
import type { Database } from "@/db/client";
import { scopeUserId, type WorkspaceScope } from "@/db/scope";
import { HubError } from "@/server/errors";
import type { ChangeAnswer } from "../changes";
import type { Plan, Receipt } from "../node";

/** Helpers of this folder's tests. */

export function receiptOf(answer: ChangeAnswer): Receipt {
  if (answer.kind === "receipt") return answer.receipt;
  throw new Error("a receipt was expected");
}

export function planOf(answer: ChangeAnswer): Plan {
  if (answer.kind === "plan") return answer.plan;
  throw new Error("a plan was expected");
}

/** The HubError that the work ends with. */
export async function failing(work: Promise<unknown>): Promise<HubError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof HubError) return error;
    throw error;
  }
  throw new Error("a refusal was expected");
}

export const codeOf = async (work: Promise<unknown>): Promise<string> => (await failing(work)).code;

/** A connection's row, which mirrored rows belong to. */
export async function seedConnection(db: Database, scope: WorkspaceScope, id: string, visibility: "private" | "workspace"): Promise<void> {
  await db.withScope(scope, (tx) =>
    tx.execute(sql`insert into connection (id, workspace_id, integration, owner_id, visibility, mount_name, status, external_org_id, external_account_id, account_name, scopes, capabilities, time_zone)
      values (${id}, ${scope.workspaceId}, 'fixture', ${scopeUserId(scope)}, ${visibility}, ${id}, 'connected', ${id}, 'account', 'Ann', '{}', '{}', 'UTC')`),
  );
}
