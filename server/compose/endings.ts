import "server-only";
import { and, eq, ne, sql } from "drizzle-orm";
import { z } from "zod";
import type { Database } from "@/db/client";
import { connections } from "@/db/schema/connections";
import { auditEvents } from "@/db/schema/workspaces";
import { scopeUserId, type WorkspaceScope } from "@/db/scope";
import { encodeId, newId } from "@/server/ids";
import type { Log } from "@/server/log";
import { jobScope } from "@/server/workspaces/scopes";

/** Ending many connections: all of a workspace at once, and those that an interruption or a departure left behind. */

export interface EndingParts {
  readonly db: Database;
  readonly log: Log;
  /** Ends one connection, `con_…`, and writes its receipt. */
  readonly disconnect: (scope: WorkspaceScope, connection: string) => Promise<unknown>;
}

/** Connections disconnected beside each other; each waits for a tool's answer. */
const atOnce = 3;
/** Ids asked for at a time. */
const page = 100;

const idRows = z.array(z.object({ workspace_id: z.uuid(), connection_id: z.uuid() }));

/** The hub's own scope for endings. It is made of an id in hand, because a workspace that is being deleted is found by nobody. */
export const endingScope = (workspaceId: string): WorkspaceScope => jobScope(workspaceId, "ending");

/**
 * Marks every connection of the workspace, other people's private ones too, as being disconnected: from here on none of them is used, and
 * each is ended by whoever comes to it first. Answers how many are to be ended.
 */
export async function markEverything(db: Database, workspaceId: string, askedBy: string | null): Promise<number> {
  const job = endingScope(workspaceId);
  return db.withScope(job, async (tx) => {
    await tx
      .update(connections)
      .set({ status: "disconnecting", statusSince: sql`clock_timestamp()`, statusReason: null, endingBy: askedBy, endingUntil: null })
      .where(and(eq(connections.workspaceId, workspaceId), ne(connections.status, "disconnecting")));
    return tx.$count(connections, and(eq(connections.workspaceId, workspaceId), eq(connections.status, "disconnecting")));
  });
}

/** How many connections of the workspace are still being disconnected, other people's private ones too. */
export async function countEnding(db: Database, workspaceId: string): Promise<number> {
  return db.withScope(
    endingScope(workspaceId),
    (tx) => tx.$count(connections, and(eq(connections.workspaceId, workspaceId), eq(connections.status, "disconnecting"))),
    { readOnly: true },
  );
}

/** Ends every marked connection of the workspace, a few at a time. One that fails is logged, keeps no other, and is left for the job. */
export async function endMarked(parts: EndingParts, workspaceId: string): Promise<void> {
  const job = endingScope(workspaceId);
  const marked = await parts.db.withScope(job, (tx) =>
    tx
      .select({ id: connections.id })
      .from(connections)
      .where(and(eq(connections.workspaceId, workspaceId), eq(connections.status, "disconnecting"))),
  );
  const waiting = marked.map(({ id }) => id);
  const work = async () => {
    for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) await endOne(parts, job, id);
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}

async function endOne({ disconnect, log }: EndingParts, job: WorkspaceScope, id: string): Promise<boolean> {
  const connection = encodeId("connection", id);
  try {
    await disconnect(job, connection);
    return true;
  } catch (error) {
    log.error({ error, connection }, "a connection could not be ended; a job tries again");
    return false;
  }
}

/** "Disconnect everything": marks all and writes down who asked; `endMarked` does the rest. Answers how many are to be ended. */
export async function beginEverything(db: Database, scope: WorkspaceScope): Promise<number> {
  const total = await markEverything(db, scope.workspaceId, scopeUserId(scope));
  await db.withScope(scope, (tx) =>
    tx.insert(auditEvents).values({
      id: newId(),
      workspaceId: scope.workspaceId,
      actorUserId: scopeUserId(scope),
      action: "workspace.disconnected_everything",
      subject: scope.slug,
      detail: { connections: total },
    }),
  );
  return total;
}

/**
 * What a process that died, or a departure, left behind, in all workspaces: disconnects that nobody works on, and private connections of
 * people who are no members any more. Each is looked at once a run.
 */
export async function finishEndings(parts: EndingParts): Promise<{ finished: number; orphaned: number }> {
  return {
    finished: await endListed(parts, "hub_list_endings"),
    orphaned: await endListed(parts, "hub_list_orphaned_connections"),
  };
}

async function endListed(parts: EndingParts, list: "hub_list_endings" | "hub_list_orphaned_connections"): Promise<number> {
  const seen = new Set<string>();
  for (let ended = 0; ; ) {
    const { rows } = await parts.db.withSystem((tx) => tx.execute(sql`select * from ${sql.identifier(list)}(${page})`), { readOnly: true });
    const fresh = idRows.parse(rows).filter(({ connection_id: id }) => !seen.has(id));
    for (const { workspace_id: workspaceId, connection_id: id } of fresh) {
      seen.add(id);
      if (await endOne(parts, endingScope(workspaceId), id)) ended += 1;
    }
    if (fresh.length === 0) return ended;
  }
}
