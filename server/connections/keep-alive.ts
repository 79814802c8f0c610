import { sql } from "drizzle-orm";
import { z } from "zod";
import type { Database } from "@/db/client";
import type { IntegrationEnv } from "@/server/env";
import { encodeId } from "@/server/ids";
import type { Integration, Manifest } from "@/server/integrations/contract";
import type { Log } from "@/server/log";
import { listConnections } from "./connection-store";
import type { ScopeMaker } from "./flow-contract";
import type { ConnectionRef, Tokens } from "./token-contract";

/**
 * Tokens that nobody uses, used in time: refresh tokens die of idleness (Google's after six months, Microsoft's after 90 days, those of Slack's public
 * clients after 30), and a renewal that its process did not live to finish has to be settled while the vendor allows it.
 */

export interface KeepAliveOptions {
  readonly db: Database;
  readonly tokens: Tokens;
  readonly workspaces: Pick<ScopeMaker, "findJobScope">;
  readonly findIntegration: (id: string) => Integration | null;
  readonly settingsOf: (manifest: Manifest) => IntegrationEnv;
  readonly log: Log;
}

const batchSize = 50;
const atOnce = 4;
/** What is left over comes first in the next run. */
const mostInOneRun = 1000;

const dueRow = z.object({ workspace_id: z.uuid(), connection_id: z.uuid() });
type Due = z.infer<typeof dueRow>;

/** Looks after every token that is due, a few at a time; one that fails keeps no other waiting. Answers how many were renewed, and how many not. */
export async function keepTokensAlive(options: KeepAliveOptions): Promise<{ renewed: number; left: number }> {
  const counts = { renewed: 0, left: 0 };
  const seen = new Set<string>();
  while (seen.size < mostInOneRun) {
    const { rows } = await options.db.withSystem((tx) => tx.execute(sql`select * from hub_list_idle_tokens(${batchSize})`), {
      readOnly: true,
    });
    const fresh = z
      .array(dueRow)
      .parse(rows)
      .filter((due) => !seen.has(due.connection_id));
    if (fresh.length === 0) break;
    for (const due of fresh) seen.add(due.connection_id);
    const waiting = [...fresh];
    const work = async () => {
      for (let due = waiting.shift(); due !== undefined; due = waiting.shift()) {
        counts[(await keepOneAlive(options, due)) ? "renewed" : "left"] += 1;
      }
    };
    await Promise.all(Array.from({ length: atOnce }, work));
  }
  return counts;
}

async function keepOneAlive(options: KeepAliveOptions, due: Due): Promise<boolean> {
  const { workspace_id: workspaceId, connection_id: connectionId } = due;
  try {
    const scope = await options.workspaces.findJobScope(workspaceId, "keep-alive");
    if (scope === null) return false;
    return await options.tokens.keepAlive(scope, connectionId, async (): Promise<ConnectionRef | null> => {
      const [record] = await options.db.withScope(scope, (tx) => listConnections(tx, scope, connectionId), { readOnly: true });
      const integration = record === undefined ? null : options.findIntegration(record.row.integration);
      const environment = integration === null ? null : options.settingsOf(integration.manifest);
      if (integration === null || environment?.configured !== true) return null;
      return { connectionId, workspaceId, integration, settings: environment.settings };
    });
  } catch (error) {
    options.log.warn({ connection: encodeId("connection", connectionId), error }, "an idle token could not be renewed");
    return false;
  }
}
