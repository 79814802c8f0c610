import { and, desc, eq, gt, inArray, isNotNull, isNull, lt, sql } from "drizzle-orm";
import { z } from "zod";
import type { Database, Tx } from "@/db/client";
import { oauthFlows } from "@/db/schema/connections";
import type { WorkspaceScope } from "@/db/scope";
import type { Identity } from "@/server/integrations/contract";
import type { FlowProblem } from "./flow-words";

/** The rows of started consents. Neither a state nor a code is ever in one, and a token only sealed, while the person is asked. */

export type FlowRow = typeof oauthFlows.$inferSelect;
export type NewFlow = Pick<
  FlowRow,
  | "id"
  | "userId"
  | "integration"
  | "stateHash"
  | "visibility"
  | "capabilities"
  | "askedScopes"
  | "targetConnectionId"
  | "returnPath"
  | "popup"
  | "createdAt"
  | "expiresAt"
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
 * The condition is in the statement, so no read before it decides. `until`: what is not done by then was interrupted.
 */
export async function claimFlow(tx: Tx, scope: WorkspaceScope, id: string, now: Date, until: Date): Promise<boolean> {
  const claimed = await tx
    .update(oauthFlows)
    .set({ status: "exchanging", consumedAt: now, expiresAt: until })
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

/** The flow with that uuid in that state: where every change of a state begins. */
const flowIn = (scope: WorkspaceScope, id: string, ...from: FlowRow["status"][]) =>
  and(eq(oauthFlows.workspaceId, scope.workspaceId), eq(oauthFlows.id, id), inArray(oauthFlows.status, from));

/** Why a flow ended, as its row keeps it. */
export interface FlowEnd {
  readonly code: FlowProblem;
  readonly detail?: string;
}

const reasonOf = ({ code, detail }: FlowEnd): string => (detail === undefined ? code : `${code}:${detail}`);

/** Ends a flow without a connection, and tells whether this call did. Only one that is `from` ends, so a finished flow's outcome never changes. */
export async function failFlow(
  tx: Tx,
  scope: WorkspaceScope,
  id: string,
  from: "pending" | "exchanging" | "asking",
  problem: FlowEnd,
  now: Date,
): Promise<boolean> {
  const failed = await tx
    .update(oauthFlows)
    .set({ status: problem.code === "denied" ? "denied" : "failed", reason: reasonOf(problem), consumedAt: now })
    .where(flowIn(scope, id, from))
    .returning({ id: oauthFlows.id });
  return failed.length === 1;
}

/**
 * Ends an exchanging flow with its connection, which takes over what the flow held; false when it ended otherwise meanwhile: then the
 * transaction must not commit.
 */
export async function completeFlow(tx: Tx, scope: WorkspaceScope, id: string, connectionId: string): Promise<boolean> {
  const completed = await tx
    .update(oauthFlows)
    .set({ status: "connected", connectionId, heldEnc: null, heldIdentity: null })
    .where(flowIn(scope, id, "exchanging"))
    .returning({ id: oauthFlows.id });
  return completed.length === 1;
}

/** Keeps what was granted with the flow, which asks from now on. False when the flow ended otherwise meanwhile. */
export async function holdConsent(
  tx: Tx,
  scope: WorkspaceScope,
  id: string,
  held: { readonly enc: Uint8Array; readonly identity: Identity; readonly until: Date },
): Promise<boolean> {
  const holding = await tx
    .update(oauthFlows)
    .set({ status: "asking", heldEnc: held.enc, heldIdentity: held.identity, expiresAt: held.until })
    .where(flowIn(scope, id, "exchanging"))
    .returning({ id: oauthFlows.id });
  return holding.length === 1;
}

/** Takes what a flow holds, to store it: of several callers at the same moment one gets the row. Null when it asks nothing, or no longer. */
export async function claimAnswer(tx: Tx, scope: WorkspaceScope, id: string, now: Date, until: Date): Promise<FlowRow | null> {
  const [claimed] = await tx
    .update(oauthFlows)
    .set({ status: "exchanging", expiresAt: until })
    .where(and(flowIn(scope, id, "asking"), gt(oauthFlows.expiresAt, now)))
    .returning();
  return claimed ?? null;
}

/** Flows that hold what was granted: of one person where `userId` is given, those whose time was over at `expiredAt` where that is. */
export function listHeld(
  tx: Tx,
  scope: WorkspaceScope,
  which: { readonly userId?: string | undefined; readonly expiredAt?: Date | undefined },
): Promise<FlowRow[]> {
  return tx
    .select()
    .from(oauthFlows)
    .where(
      and(
        eq(oauthFlows.workspaceId, scope.workspaceId),
        isNotNull(oauthFlows.heldEnc),
        which.userId === undefined ? undefined : eq(oauthFlows.userId, which.userId),
        which.expiredAt === undefined ? undefined : lt(oauthFlows.expiresAt, which.expiredAt),
      ),
    )
    .orderBy(desc(oauthFlows.createdAt), desc(oauthFlows.id));
}

/** Deletes what an ended flow held, and keeps why. */
export async function forgetHeld(tx: Tx, scope: WorkspaceScope, id: string, end: FlowEnd): Promise<void> {
  await tx
    .update(oauthFlows)
    .set({ heldEnc: null, heldIdentity: null, reason: reasonOf(end) })
    .where(flowIn(scope, id, "failed"));
}
