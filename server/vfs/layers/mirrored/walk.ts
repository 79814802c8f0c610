import { sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import type { WorkspaceScope } from "@/db/scope";
import { HubError } from "@/server/errors";
import type { MountRequest } from "../../mount";
import { asDate, asText, run, time } from "../../storage/node-rows";
import type { Location } from "../../tool-mount";
import { forgetPath, storeEntries } from "./entries";
import { type Mirror, toolContext } from "./mirror";

/**
 * Reading a directory through: page by page from the tool into the mirror. The walk's place is a row, so that any process can go on with
 * it; of two that do, the one whose cursor moved on first wins, and the other stops or takes up its place. What a whole walk did not see is
 * gone.
 */

export interface DirectoryState {
  /** When the last whole walk began; null before the first. */
  readonly listedAt: Date | null;
  /** Whether all children are known. */
  readonly complete: boolean;
  readonly walkStartedAt: Date | null;
  readonly walkCursor: string | null;
}

export interface Directory {
  /** Id path. */
  readonly path: string;
  readonly location: Location;
}

const unknown: DirectoryState = { listedAt: null, complete: false, walkStartedAt: null, walkCursor: null };

/** How far a directory is known; of one that was never looked at, nothing. */
export async function readState(tx: Tx, scope: WorkspaceScope, path: string): Promise<DirectoryState> {
  const rows = await run(
    tx,
    sql`select listed_at, complete, walk_started_at, walk_cursor from vfs_directory_state where workspace_id = ${scope.workspaceId} and path = ${path}`,
  );
  const row = rows[0];
  if (row === undefined) return unknown;
  return {
    listedAt: asDate(row.listed_at),
    complete: row.complete === true,
    walkStartedAt: asDate(row.walk_started_at),
    walkCursor: asText(row.walk_cursor),
  };
}

/** The most children asked for at once; the vendor's cap wins. */
const pageSize = 250;
/** Deleting what a walk did not see, that many subtrees at a time. */
const forgetBatch = 200;

/** Begins a walk, or takes up the one under way. Answers where it stands. */
async function beginWalk(mirror: Mirror, request: MountRequest, directory: Directory, anew: boolean): Promise<DirectoryState> {
  const { scope } = request;
  return mirror.db.withScope(scope, async (tx) => {
    await run(
      tx,
      sql`insert into vfs_directory_state as s (workspace_id, path, owner_id, connection_id, walk_started_at) values (${scope.workspaceId}, ${directory.path}, ${mirror.connection.ownerId}::uuid, ${mirror.connection.id}, ${time(request.now)}) on conflict (workspace_id, path) do update set walk_started_at = excluded.walk_started_at, walk_cursor = null where s.walk_started_at is null or ${anew}`,
    );
    return readState(tx, scope, directory.path);
  });
}

/**
 * Walks at most `pages` pages of a directory. Answers true when it was walked to its end. `anew` drops a walk under way, because the
 * caller wants what the tool says now.
 */
export async function walkDirectory(
  mirror: Mirror,
  request: MountRequest,
  directory: Directory,
  options: {
    readonly pages: number;
    readonly anew?: boolean;
    readonly priority: "person" | "background";
    readonly isStopped?: () => boolean;
  },
): Promise<boolean> {
  const { scope } = request;
  const context = toolContext(mirror, request, options.priority);
  let state = await beginWalk(mirror, request, directory, options.anew ?? false);
  for (let page = 0; page < options.pages; page += 1) {
    const startedAt = state.walkStartedAt;
    if (options.isStopped?.() === true) return false;
    if (startedAt === null) return state.complete;
    const cursor = state.walkCursor;
    const answer = await mirror.tool
      .list(directory.location, { cursor, limit: pageSize }, context)
      .catch((error: unknown) => outdated(cursor, error));
    if (answer === null) {
      state = await beginWalk(mirror, request, directory, true);
      continue;
    }
    const moved = await mirror.db.withScope(scope, async (tx) => {
      await storeEntries(tx, mirror, scope, directory.path, answer.entries, request.now, { walkStartedAt: startedAt });
      const same = sql`workspace_id = ${scope.workspaceId} and path = ${directory.path} and walk_started_at = ${time(startedAt)} and walk_cursor is not distinct from ${cursor}::text`;
      const rows =
        answer.nextCursor === null
          ? await run(
              tx,
              sql`update vfs_directory_state set listed_at = walk_started_at, complete = true, walk_started_at = null, walk_cursor = null where ${same} returning 1`,
            )
          : await run(tx, sql`update vfs_directory_state set walk_cursor = ${answer.nextCursor} where ${same} returning 1`);
      if (rows.length > 0 && answer.nextCursor === null) await recordSync(tx, mirror, request);
      return rows.length > 0;
    });
    if (!moved) {
      if (options.priority === "background") return false;
      // Somebody waits for this walk: it goes on from where the other one is.
      state = await mirror.db.withScope(scope, (tx) => readState(tx, scope, directory.path), { readOnly: true });
      continue;
    }
    if (answer.nextCursor === null) {
      await forgetUnseen(mirror, scope, directory, startedAt);
      return true;
    }
    state = { ...state, walkCursor: answer.nextCursor };
  }
  return false;
}

/** A connection's last sync is noted at most this often: walking a tree of directories writes its row once. */
const syncNotedEveryMs = 60_000;

async function recordSync(tx: Tx, mirror: Mirror, request: MountRequest): Promise<void> {
  const noted = new Date(request.now.getTime() - syncNotedEveryMs);
  await run(
    tx,
    sql`update connection set last_sync_at = ${time(request.now)} where workspace_id = ${request.scope.workspaceId} and id = ${mirror.connection.id} and (last_sync_at is null or last_sync_at <= ${time(noted)})`,
  );
}

/** Null for a cursor that the tool does not take any more, so that the walk begins again; anything else is the caller's. */
function outdated(cursor: string | null, error: unknown): null {
  if (cursor !== null && error instanceof HubError && (error.code === "EINVAL" || error.code === "ESTALE")) return null;
  throw error;
}

/** After a whole walk: children that it did not see are not there any more, and the rest are counted. */
async function forgetUnseen(mirror: Mirror, scope: WorkspaceScope, directory: Directory, startedAt: Date): Promise<void> {
  for (;;) {
    const gone = await mirror.db.withScope(scope, async (tx) => {
      const rows = await run(
        tx,
        sql`select n.path from vfs_node n where n.workspace_id = ${scope.workspaceId} and n.parent_path = ${directory.path} and n.synced_at < ${time(startedAt)} order by n.path limit ${forgetBatch} for update`,
      );
      for (const row of rows) await forgetPath(tx, scope, String(row.path));
      return rows.length;
    });
    if (gone < forgetBatch) break;
  }
  await mirror.db.withScope(scope, (tx) =>
    run(
      tx,
      sql`update vfs_node set attributes = attributes || jsonb_build_object('children', (select count(*) from vfs_node n where n.workspace_id = ${scope.workspaceId} and n.parent_path = ${directory.path} and not n.attributes ? 'isUnlisted')) where workspace_id = ${scope.workspaceId} and path = ${directory.path}`,
    ),
  );
}
