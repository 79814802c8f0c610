import { sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import type { WorkspaceScope } from "@/db/scope";
import { HubError } from "@/server/errors";
import { newId } from "@/server/ids";
import { printSegment } from "../../identity";
import { parentOf } from "../../path";
import { below, type NodeRow, nodeColumns, nodeRow, run, time } from "../../storage/node-rows";
import type { Entry, Location } from "../../tool-mount";
import { assignHandles, handleIn, idSegmentOf, type Mirror, objectsOf } from "./mirror";

/** A tool's entries as rows of the mirror. */

/** The id path of an entry in its directory. */
const joined = (parent: string, segment: string): string => `${parent}/${segment}`;

/**
 * Holds until the transaction ends that the connection may be used for all that it might when this mirror was made: who takes something of
 * it away empties the mirror after that, and must not be followed by what was read before. EAGAIN when it was taken away meanwhile.
 */
async function requireUse(tx: Tx, { connection }: Mirror, scope: WorkspaceScope): Promise<void> {
  const { capabilities, scopes } = connection.use;
  const [row] = await run(
    tx,
    sql`select 1 from connection c where c.workspace_id = ${scope.workspaceId} and c.id = ${connection.id} and c.capabilities @> ${sql.param(capabilities)}::text[] and c.scopes @> ${sql.param(scopes)}::text[] for key share`,
  );
  if (row === undefined) {
    throw new HubError("EAGAIN", "What this connection may be used for was changed just now. Ask again.", { retryAfterMs: 0 });
  }
}

/**
 * Puts entries into the mirror, below the directory with id path `directory`. A companion's row stands under its item instead, so that
 * no list shows it, nor an `unlisted` one, until a walk sees it after all. A changed revision makes the etag unknown. `walkStartedAt` is
 * given by a walk for what it sees. What anybody else stores counts as seen by the walk under way, whose page may be older than the entry,
 * so that its end does not forget it. Answers the rows. EAGAIN when something of what the connection may be used for was taken away since the mirror was made.
 */
export async function storeEntries(
  tx: Tx,
  mirror: Mirror,
  scope: WorkspaceScope,
  directory: string,
  entries: readonly Entry[],
  now: Date,
  seen: { readonly walkStartedAt?: Date; readonly unlisted?: boolean } = {},
): Promise<readonly NodeRow[]> {
  if (entries.length === 0) return [];
  const { walkStartedAt } = seen;
  const isListed = seen.unlisted !== true;
  await requireUse(tx, mirror, scope);
  const objects = entries.flatMap((entry) => [...objectsOf([entry.segment]), ...objectsOf(entry.canonical ?? [])]);
  const handles = await assignHandles(tx, mirror, scope, objects);
  const pathOf = (location: Location): string => [mirror.root, ...location.map((segment) => idSegmentOf(segment, handles))].join("/");
  const rows = new Map<string, readonly (string | number | null)[]>();
  for (const entry of entries) {
    const { segment } = entry;
    const isCompanion = segment.type === "object" && segment.companion === true;
    const path = joined(directory, idSegmentOf(segment, handles));
    const name =
      segment.type === "fixed" ? segment.name : printSegment(entry.title, handleIn(handles, segment), isCompanion ? ".d" : entry.extension);
    const attributes = {
      ...(entry.companion === true ? { companion: true } : {}),
      ...(isCompanion ? { isCompanion: true } : {}),
      ...(entry.schemaKind === undefined ? {} : { schemaKind: entry.schemaKind }),
      ...(entry.creates === undefined ? {} : { creates: entry.creates }),
      ...(entry.binary === true ? { binary: true } : {}),
      ...(entry.unlisted === true ? { unlisted: true } : {}),
      ...(isListed ? {} : { isUnlisted: true }),
    };
    rows.set(path, [
      path,
      isCompanion ? parentOf(path) : directory,
      name,
      entry.kind,
      newId(),
      segment.type === "object" ? segment.kind : null,
      segment.type === "object" ? segment.externalId : null,
      entry.canonical === undefined ? null : pathOf(entry.canonical),
      entry.revision,
      entry.sizeBytes,
      entry.mediaType,
      entry.webUrl,
      entry.createdAt,
      entry.modifiedAt,
      JSON.stringify(attributes),
    ]);
  }
  // In one order everywhere: two processes that store the same directory must not wait for each other in a circle.
  const columns = [...rows].toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([, row]) => row);
  const column = (index: number) => sql.param(columns.map((row) => row[index] ?? null));
  const seenAt =
    walkStartedAt === undefined
      ? sql`greatest(${time(now)}, (select greatest(s.walk_started_at, s.listed_at) from vfs_directory_state s where s.workspace_id = ${scope.workspaceId} and s.path = ${directory}))`
      : time(walkStartedAt > now ? walkStartedAt : now);
  // What the mirror itself notes of a row stays; that no list shows it, until a walk sees it after all.
  const unlisted = walkStartedAt === undefined ? sql`n.attributes->'isUnlisted'` : sql`null::jsonb`;
  const kept = sql`jsonb_strip_nulls(jsonb_build_object('children', n.attributes->'children', 'printedAt', n.attributes->'printedAt', 'isUnlisted', ${unlisted}))`;
  const stored = await run(
    tx,
    sql`insert into vfs_node as n (workspace_id, path, parent_path, name, kind, node_id, owner_id, connection_id, object_kind, external_id, canonical_path, revision, size_bytes, media_type, web_url, created_at, modified_at, attributes, synced_at)
      select ${scope.workspaceId}::uuid, t.path, t.parent_path, t.name, t.kind, t.node_id, ${mirror.connection.ownerId}::uuid, ${mirror.connection.id}::uuid, t.object_kind, t.external_id, t.canonical_path, t.revision, t.size_bytes, t.media_type, t.web_url, t.created_at, t.modified_at, t.attributes::jsonb, ${seenAt}
      from unnest(${column(0)}::text[], ${column(1)}::text[], ${column(2)}::text[], ${column(3)}::text[], ${column(4)}::uuid[], ${column(5)}::text[], ${column(6)}::text[], ${column(7)}::text[], ${column(8)}::text[], ${column(9)}::bigint[], ${column(10)}::text[], ${column(11)}::text[], ${column(12)}::timestamptz[], ${column(13)}::timestamptz[], ${column(14)}::text[])
        as t(path, parent_path, name, kind, node_id, object_kind, external_id, canonical_path, revision, size_bytes, media_type, web_url, created_at, modified_at, attributes)
      on conflict (workspace_id, path) do update set name = excluded.name, kind = excluded.kind, canonical_path = excluded.canonical_path, revision = excluded.revision, media_type = excluded.media_type, web_url = excluded.web_url, created_at = excluded.created_at, modified_at = excluded.modified_at, attributes = (excluded.attributes - 'isUnlisted') || ${kept}, synced_at = greatest(n.synced_at, excluded.synced_at),
        etag = case when n.revision = excluded.revision then n.etag end,
        size_bytes = coalesce(excluded.size_bytes, case when n.revision = excluded.revision then n.size_bytes end)
      returning ${nodeColumns}`,
  );
  return stored.map(nodeRow);
}

/** Takes an object out of the mirror, with its companion and all else below it. Answers how many rows its directory lost. */
export async function forgetPath(tx: Tx, scope: WorkspaceScope, path: string): Promise<number> {
  const gone = await run(
    tx,
    sql`with gone as (delete from vfs_node n where n.workspace_id = ${scope.workspaceId} and (n.path = ${path} or ${below(path)}) returning n.node_id, n.path), content as (delete from vfs_content c using gone where c.workspace_id = ${scope.workspaceId} and c.node_id = gone.node_id) select path from gone`,
  );
  await run(
    tx,
    sql`delete from vfs_directory_state n where n.workspace_id = ${scope.workspaceId} and (n.path = ${path} or ${below(path)})`,
  );
  return gone.filter((row) => row.path === path).length;
}

/** Keeps a directory's count right when the hub itself adds or takes a child; a walk counts anew. */
export async function countChild(tx: Tx, scope: WorkspaceScope, path: string, difference: number): Promise<void> {
  if (difference === 0) return;
  await run(
    tx,
    sql`update vfs_node set attributes = attributes || jsonb_build_object('children', (attributes->>'children')::int + ${difference}::int) where workspace_id = ${scope.workspaceId} and path = ${parentOf(path)} and attributes ? 'children'`,
  );
}
