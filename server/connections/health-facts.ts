import { and, desc, eq, gt, isNotNull, isNull, ne, sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { apiCalls, connectionTokens, rateBuckets } from "@/db/schema/connections";
import type { WorkspaceScope } from "@/db/scope";
import type { ConnectionBudget, ConnectionFailure } from "@/server/integrations/catalogue";
import { explainCall } from "@/server/transport/call-story";
import { loadCalls } from "@/server/transport/calls";
import type { TokenFacts } from "./health";

/** What a connection's health is made of, read in the scope of who asks: of somebody else's private connection nothing is found. */

/** The token's facts; null when there is none. */
export async function findTokenFacts(tx: Tx, connectionId: string): Promise<TokenFacts | null> {
  const [found] = await tx
    .select({
      expiresAt: connectionTokens.accessExpiresAt,
      refreshedAt: connectionTokens.refreshedAt,
      renews: sql<boolean>`${connectionTokens.refreshEnc} is not null`,
      terminal: sql<boolean>`${connectionTokens.terminalError} is not null`,
      failures: connectionTokens.failures,
      pauseMs: sql<number>`greatest(0, coalesce(extract(epoch from ${connectionTokens.backoffUntil} - clock_timestamp()) * 1000, 0))::float8`,
      refreshExpiresAt: connectionTokens.refreshExpiresAt,
    })
    .from(connectionTokens)
    .where(eq(connectionTokens.connectionId, connectionId));
  return found ?? null;
}

/** As many slices of a window as `rate_take` counts (migration 0008). */
const slicesOfWindow = 20;
const mostBudgets = 20;

/**
 * What each limit leaves at this moment: those in general first, then those of one key (a channel, a mailbox), the tightest first. Limits on calls
 * at the same time are left out: they are over in a moment.
 */
export async function listBudgets(tx: Tx, connectionId: string): Promise<ConnectionBudget[]> {
  const rows = await tx
    .select({
      bucket: rateBuckets,
      nowMs: sql<number>`(extract(epoch from clock_timestamp()) * 1000)::float8`,
    })
    .from(rateBuckets)
    .where(and(eq(rateBuckets.connectionId, connectionId), gt(rateBuckets.refillPerSecond, 0)));
  return rows
    .map(({ bucket, nowMs }) => ({
      group: bucket.group,
      left: leftOf(bucket, nowMs),
      capacity: bucket.capacity,
      windowSeconds: bucket.windowSeconds ?? bucket.capacity / bucket.refillPerSecond,
      blockedUntil: bucket.blockedUntil !== null && bucket.blockedUntil.getTime() > nowMs ? bucket.blockedUntil.toISOString() : null,
    }))
    .sort((a, b) => rank(a) - rank(b) || a.left / a.capacity - b.left / b.capacity)
    .slice(0, mostBudgets);
}

function rank({ group }: ConnectionBudget): number {
  if (group === "default") return 0;
  return group.includes("|") ? 2 : 1;
}

function leftOf(bucket: typeof rateBuckets.$inferSelect, nowMs: number): number {
  if (bucket.windowSeconds === null || bucket.spent === null || bucket.slice === null) {
    const elapsedSeconds = (nowMs - bucket.at.getTime()) / 1000;
    return Math.max(0, Math.min(bucket.capacity, bucket.tokens + elapsedSeconds * bucket.refillPerSecond));
  }
  const nowSlice = Math.floor((nowMs / 1000 / bucket.windowSeconds) * slicesOfWindow);
  const age = nowSlice - bucket.slice;
  const spent = bucket.spent.filter((_, index) => index + age <= slicesOfWindow).reduce((sum, slice) => sum + slice, 0);
  return Math.max(0, bucket.capacity - spent);
}

/** How many failing attempts are looked at for one that its call did not get over. */
const mostFailures = 20;

/** The newest call that failed; calls that whoever asked gave up are none. `tool` is the tool's name. */
export async function findLastFailure(
  tx: Tx,
  scope: WorkspaceScope,
  connectionId: string,
  tool: string,
): Promise<ConnectionFailure | null> {
  const ofConnection = and(eq(apiCalls.workspaceId, scope.workspaceId), eq(apiCalls.connectionId, connectionId));
  const failing = await tx
    .select({ callId: apiCalls.callId })
    .from(apiCalls)
    .where(and(ofConnection, isNotNull(apiCalls.errorCode), ne(apiCalls.errorCode, "aborted")))
    .orderBy(desc(apiCalls.at), desc(apiCalls.id))
    .limit(mostFailures);
  const calls = await loadCalls(tx, scope, [...new Set(failing.map((row) => row.callId))]);
  const call = calls.find((one) => one.outcome === "failed");
  const last = call?.attempts.at(-1);
  if (call === undefined || last === undefined) return null;
  const [later] = await tx
    .select({ id: apiCalls.id })
    .from(apiCalls)
    .where(and(ofConnection, isNull(apiCalls.errorCode), gt(apiCalls.at, new Date(last.at))))
    .limit(1);
  return {
    call: call.id,
    at: last.at,
    operation: call.operation,
    code: last.errorCode ?? "EIO",
    status: last.status,
    vendorRequestId: last.vendorRequestId,
    path: call.path,
    ...explainCall({ call, renewals: [] }, tool),
    isOver: later !== undefined,
  };
}
