import { and, desc, eq, gt, isNull, sql } from "drizzle-orm";
import { z } from "zod";
import type { Database, Tx } from "@/db/client";
import { oauthFlows } from "@/db/schema/connections";
import type { WorkspaceScope } from "@/db/scope";
import type { FlowProblem } from "./flow-words";

/** The rows of started consents. Neither a state nor a code nor a token is ever in one. */

export type FlowRow = typeof oauthFlows.$inferSelect;
export type NewFlow = Pick<
  FlowRow,
  "id" | "userId" | "integration" | "stateHash" | "visibility" | "capabilities" | "returnPath" | "popup" | "createdAt" | "expiresAt"
>;

const locationShape = z.object({ flow_id: z.uuid(), workspace_id: z.uuid(), user_id: z.uuid() });
const workspaceShape = z.object({ slug: z.string() });

export interface FlowLocation {
  readonly flowId: string;
  readonly workspaceId: string;
  readonly slug: string;
  readonly userId: string;
}

/** Where the flow with that state belongs; null when there is none. Works outside any workspace, so it answers ids only. */
export function findFlowLocation(db: Database, stateHash: string): Promise<FlowLocation | null> {
  return db.withSystem(async (tx) => {
    const found = await tx.execute(sql`select flow_id, workspace_id, user_id from hub_find_oauth_flow(${stateHash})`);
    const flow = locationShape.safeParse(firstRow(found));
    if (!flow.success) return null;
    const { flow_id, workspace_id, user_id } = flow.data;
    const workspace = workspaceShape.safeParse(firstRow(await tx.execute(sql`select slug from hub_find_workspace(${workspace_id}::uuid)`)));
    return workspace.success ? { flowId: flow_id, workspaceId: workspace_id, slug: workspace.data.slug, userId: user_id } : null;
  });
}

const rowsShape = z.object({ rows: z.array(z.unknown()) });
const firstRow = (result: unknown): unknown => rowsShape.parse(result).rows[0];

/** Keeps a consent that was started. Inside a scope of the person it belongs to. */
export async function insertFlow(tx: Tx, scope: WorkspaceScope, flow: NewFlow): Promise<void> {
  await tx.insert(oauthFlows).values({ ...flow, workspaceId: scope.workspaceId });
}

/** The flow with that uuid, or null; row-level security keeps other people's out. */
export async function findFlow(tx: Tx, scope: WorkspaceScope, id: string): Promise<FlowRow | null> {
  const [row] = await tx
    .select()
    .from(oauthFlows)
    .where(and(eq(oauthFlows.workspaceId, scope.workspaceId), eq(oauthFlows.id, id)));
  return row ?? null;
}

/** The person's flows of an integration that still wait, newest first. */
export function listPendingFlows(tx: Tx, scope: WorkspaceScope, userId: string, now: Date): Promise<FlowRow[]> {
  return tx
    .select()
    .from(oauthFlows)
    .where(
      and(
        eq(oauthFlows.workspaceId, scope.workspaceId),
        eq(oauthFlows.userId, userId),
        eq(oauthFlows.status, "pending"),
        gt(oauthFlows.expiresAt, now),
      ),
    )
    .orderBy(desc(oauthFlows.createdAt), desc(oauthFlows.id));
}

/**
 * Uses a flow up: of several callers at the same moment one gets true. What was used or has expired stays as it is.
 * The condition is in the statement, so no read before it decides.
 */
export async function claimFlow(tx: Tx, scope: WorkspaceScope, id: string, now: Date): Promise<boolean> {
  const claimed = await tx
    .update(oauthFlows)
    .set({ status: "exchanging", consumedAt: now })
    .where(
      and(
        eq(oauthFlows.workspaceId, scope.workspaceId),
        eq(oauthFlows.id, id),
        eq(oauthFlows.status, "pending"),
        isNull(oauthFlows.consumedAt),
        gt(oauthFlows.expiresAt, now),
      ),
    )
    .returning({ id: oauthFlows.id });
  return claimed.length === 1;
}

/** Ends a flow without a connection. Only one that is `from` ends, so a finished flow's outcome never changes. */
export async function failFlow(
  tx: Tx,
  scope: WorkspaceScope,
  id: string,
  from: "pending" | "exchanging",
  problem: { code: FlowProblem; detail?: string },
  now: Date,
): Promise<void> {
  const reason = problem.detail === undefined ? problem.code : `${problem.code}:${problem.detail}`;
  await tx
    .update(oauthFlows)
    .set({ status: problem.code === "denied" ? "denied" : "failed", reason, consumedAt: now })
    .where(and(eq(oauthFlows.workspaceId, scope.workspaceId), eq(oauthFlows.id, id), eq(oauthFlows.status, from)));
}

/** Ends an exchanging flow with its connection; one that ended otherwise stays as it is. */
export async function completeFlow(tx: Tx, scope: WorkspaceScope, id: string, connectionId: string): Promise<void> {
  await tx
    .update(oauthFlows)
    .set({ status: "connected", connectionId })
    .where(and(eq(oauthFlows.workspaceId, scope.workspaceId), eq(oauthFlows.id, id), eq(oauthFlows.status, "exchanging")));
}
