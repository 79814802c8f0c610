import "server-only";
import { setTimeout } from "node:timers/promises";
import { and, eq, isNull, sql } from "drizzle-orm";
import { z } from "zod";
import type { Database } from "@/db/client";
import { type DeletionReceipt, workspaceDeletions } from "@/db/schema/identity";
import { workspaces } from "@/db/schema/workspaces";
import { scopeUserId, type WorkspaceScope } from "@/db/scope";
import type { ReceiptPage } from "@/server/connections/receipts";
import { HubError } from "@/server/errors";
import { decodeId, encodeId } from "@/server/ids";
import { countEnding, type EndingParts, endingScope, endMarked, markEverything } from "./endings";

/**
 * Deleting a workspace: found by nobody from the first moment, its connections ended one by one with a receipt each, its rows deleted in
 * small batches, its own row last. What the person who deleted it may read of it is a row of theirs, outside every workspace.
 */

export interface DeletionParts extends EndingParts {
  /** Gives back what consents of the workspace hold. */
  readonly giveBackHeld: (scope: WorkspaceScope) => Promise<unknown>;
  /** The receipts of a workspace, newest first. */
  readonly receipts: (scope: WorkspaceScope, page: { cursor?: string; limit: number }) => Promise<ReceiptPage>;
  /** Writes what this process still holds for the call log. */
  readonly flush: () => Promise<void>;
  /** Forgets the workspace's data keys that this process holds. */
  readonly forgetKeys: (workspaceId: string) => void;
}

/** How far a deletion is. */
export interface DeletionView {
  /** The workspace's, `wsp_…` */
  readonly id: string;
  readonly name: string;
  /** ISO 8601. */
  readonly requestedAt: string;
  readonly finishedAt: string | null;
  /** How many connections there were, and how many of them are not ended yet. */
  readonly connections: number;
  readonly connectionsLeft: number;
  /** How many rows were deleted. */
  readonly erased: number;
  readonly receipts: DeletionReceipt[];
}

/** Rows a statement: none takes over 100 ms (`architecture.md`, Scale). */
const batchRows = 500;
/** For so long a deletion is its holder's alone; one that broke off is taken up by the job after it. */
const holdMs = 120_000;
/** Between looks at connections that somebody else is disconnecting. */
const lookMs = 1_000;
/** After so many looks without a connection fewer it breaks off: the job that comes back to it has other workspaces to go on with. */
const looksAtMost = 20;

const held = () => sql`clock_timestamp() + make_interval(secs => ${holdMs}::float8 / 1000)`;
const erasedRow = z.object({ erased_table: z.string(), erased: z.number() });

/** Begins. EINVAL when the name that was typed is not the workspace's, EACCES when the person is no owner at this moment. */
export async function beginDeletion(db: Database, scope: WorkspaceScope, typedName: string): Promise<string> {
  const [row] = await db.withScope(scope, (tx) =>
    tx.select({ name: workspaces.name }).from(workspaces).where(eq(workspaces.id, scope.workspaceId)),
  );
  if (row === undefined) throw new HubError("ENOENT", "There is no such workspace.");
  if (typedName.trim() !== row.name) throw new HubError("EINVAL", "Type the workspace's name exactly as it is, to delete it.");
  const { rows } = await db.withSystem((tx) =>
    tx.execute(sql`select hub_begin_workspace_deletion(${scope.workspaceId}::uuid, ${scopeUserId(scope)}::uuid) as begun`),
  );
  if (rows[0]?.begun !== true) throw new HubError("EACCES", "Only an owner can delete a workspace.");
  return scope.workspaceId;
}

/** A deletion as the person who asked for it sees it. ENOENT for everybody else. */
export async function getDeletion(db: Database, userId: string, deletion: string): Promise<DeletionView> {
  const id = decodeId("workspace", deletion);
  const [row] = await db.withIdentity(
    (tx) =>
      tx
        .select()
        .from(workspaceDeletions)
        .where(and(eq(workspaceDeletions.id, id), eq(workspaceDeletions.userId, userId))),
    { readOnly: true },
  );
  if (row === undefined) throw new HubError("ENOENT", "There is no such deletion.");
  return {
    id: encodeId("workspace", row.id),
    name: row.name,
    requestedAt: row.requestedAt.toISOString(),
    finishedAt: row.finishedAt?.toISOString() ?? null,
    connections: row.connections,
    connectionsLeft: row.finishedAt === null ? await countEnding(db, row.id) : 0,
    erased: row.erased,
    receipts: [...row.receipts],
  };
}

/** Deletions that were begun and that nobody works on. */
export async function listUnfinishedDeletions(db: Database): Promise<readonly string[]> {
  const rows = await db.withIdentity(
    (tx) => tx.select({ id: workspaceDeletions.id }).from(workspaceDeletions).where(unfinished()).limit(100),
    { readOnly: true },
  );
  return rows.map(({ id }) => id);
}

const unfinished = () =>
  and(
    isNull(workspaceDeletions.finishedAt),
    sql`(${workspaceDeletions.heldUntil} is null or ${workspaceDeletions.heldUntil} <= clock_timestamp())`,
  );

/**
 * Goes on with a deletion to its end, from wherever it was broken off. False when somebody else is at it, or it is done. EAGAIN when a
 * connection could not be disconnected.
 */
export async function runDeletion(parts: DeletionParts, id: string): Promise<boolean> {
  const { db } = parts;
  const change = (values: { connections?: number; erased?: number; receipts?: readonly DeletionReceipt[] }) =>
    db.withIdentity((tx) =>
      tx
        .update(workspaceDeletions)
        .set({ ...values, heldUntil: held() })
        .where(eq(workspaceDeletions.id, id)),
    );
  const [row] = await db.withIdentity((tx) =>
    tx
      .update(workspaceDeletions)
      .set({ heldUntil: held() })
      .where(and(eq(workspaceDeletions.id, id), unfinished()))
      .returning(),
  );
  if (row === undefined) return false;
  const job = endingScope(id);

  await parts.giveBackHeld(job);
  const total = (await markEverything(db, id, row.userId)) + row.receipts.length;
  await change({ connections: Math.max(total, row.connections) });
  let receipts = row.receipts;
  // Held on to with every connection: a tool that does not answer takes its time.
  const disconnect: DeletionParts["disconnect"] = (scope, connection) => parts.disconnect(scope, connection).finally(() => change({}));
  for (let left = Infinity, looks = 0; left !== 0; ) {
    await endMarked({ ...parts, disconnect }, id);
    const written = await receiptsSince(parts, job, row.requestedAt);
    // Once the trail is erased there are none to read; those that were kept stay.
    if (written.length > receipts.length) receipts = written;
    await change({ receipts });
    const before = left;
    left = await countEnding(db, id);
    looks = left < before ? 0 : looks + 1;
    if (looks === looksAtMost) {
      throw new HubError("EAGAIN", `${left} connections of a workspace that is being deleted could not be disconnected yet.`);
    }
    if (left > 0) await setTimeout(lookMs);
  }

  // What is held for the call log would come too late for its table.
  await parts.flush();
  let { erased } = row;
  for (let batches = 1; ; batches += 1) {
    const { rows } = await db.withSystem((tx) => tx.execute(sql`select * from hub_erase_workspace(${id}::uuid, ${batchRows})`));
    if (rows[0] === undefined) break;
    erased += erasedRow.parse(rows[0]).erased;
    if (batches % 20 === 0) await change({ erased });
  }
  parts.forgetKeys(id);
  await db.withIdentity((tx) =>
    tx.update(workspaceDeletions).set({ erased, finishedAt: sql`clock_timestamp()`, heldUntil: null }).where(eq(workspaceDeletions.id, id)),
  );
  return true;
}

/** What became of the connections since the deletion began, in words that name no account; in the order they ended. */
async function receiptsSince(parts: DeletionParts, job: WorkspaceScope, since: Date): Promise<readonly DeletionReceipt[]> {
  const found: DeletionReceipt[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const answer = await parts.receipts(job, { ...(cursor === undefined ? {} : { cursor }), limit: 100 });
    const fresh = answer.receipts.filter(({ at }) => at >= since.toISOString());
    found.push(
      ...fresh.map(({ connection, tool, revoked, at }) => ({
        connection,
        tool,
        revoked: revoked.outcome,
        proof: revoked.proof,
        requestId: revoked.requestId,
        at,
      })),
    );
    cursor = fresh.length < answer.receipts.length ? null : answer.cursor;
  }
  return found.reverse();
}
