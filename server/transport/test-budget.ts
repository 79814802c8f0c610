import { sql } from "drizzle-orm";
import type { Database } from "@/db/client";
import type { SeededWorkspace } from "@/db/testing";
import { seedConnection, seedToken } from "@/server/connections/test-connection";
import type { RateGroup } from "@/server/integrations/contract";
import type { BudgetAnswer, BudgetAsk, Charge } from "./budget";
import { type BudgetStoreOptions, createBudgetStore } from "./budget-store";

/** For tests of the rate budget: a workspace's processes over one database, connections whose token is at version 3, and time that passes at will. */
export interface BudgetWorld {
  readonly db: Database;
  readonly workspace: SeededWorkspace;
  connect(visibility?: "private" | "workspace"): Promise<string>;
  /** One process, with a memory of its own. */
  startProcess(over?: Partial<BudgetStoreOptions>): ReturnType<typeof createBudgetStore>;
  /** As if so many seconds had passed for the connection's buckets and slots. Whole slices of their windows, which are a twentieth each. */
  pass(connectionId: string, seconds: number): Promise<void>;
}

export function budgetWorld(db: Database, workspace: SeededWorkspace): BudgetWorld {
  return {
    db,
    workspace,
    connect: (visibility = "workspace") =>
      seedConnection(db, workspace.scope, {
        visibility,
        also: async (tx, connectionId) => {
          const ownerId = visibility === "private" ? workspace.userId : null;
          await seedToken(tx, { workspaceId: workspace.workspaceId, connectionId, ownerId, version: 3 });
        },
      }),
    startProcess: (over) => createBudgetStore({ db, scopeOf: () => workspace.jobScope, log: { warn: () => {} }, ...over }),
    async pass(connectionId, seconds) {
      const by = sql`make_interval(secs => ${seconds}::float8)`;
      await db.batchInScope(workspace.jobScope, [
        sql`update rate_bucket set at = at - ${by}, slice = slice - round(${seconds}::float8 / window_seconds * 20)::bigint,
          blocked_until = blocked_until - ${by}, people_until = people_until - ${by}, background_since = background_since - ${by},
          background_until = background_until - ${by} where connection_id = ${connectionId}`,
        sql`update rate_slot set lease_until = lease_until - ${by} where connection_id = ${connectionId}`,
      ]);
    },
  };
}

/** What a call costs a bucket of the group, or of one key of it. */
export function chargeFor(group: RateGroup, cost = 1, key?: string): Charge {
  return { group, bucket: key === undefined ? group.group : `${group.group}|${key}`, cost };
}

/** A person's ask who does not wait. */
export function askFor(world: BudgetWorld, connectionId: string, charges: readonly Charge[], over: Partial<BudgetAsk> = {}): BudgetAsk {
  return {
    workspaceId: world.workspace.workspaceId,
    connectionId,
    operation: "test",
    charges,
    priority: "person",
    tokenVersion: 3,
    waitedMs: 0,
    patienceMs: 0,
    leaseMs: 60_000,
    ...over,
  };
}

export function countOf(answers: readonly BudgetAnswer[], outcome: BudgetAnswer["outcome"]): number {
  return answers.filter((answer) => answer.outcome === outcome).length;
}

/** The wait that an ask was answered with; fails where it was not. */
export function waitOf(answer: BudgetAnswer): number {
  if (answer.outcome !== "wait") throw new Error(`The ask was to wait, and is ${answer.outcome}.`);
  return answer.waitMs;
}
