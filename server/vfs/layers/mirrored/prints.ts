import { sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import type { WorkspaceScope } from "@/db/scope";
import type { MountRequest } from "../../mount";
import type { ReadFormat } from "../../node";
import { asText, type NodeRow, nodeColumns, nodeRow, run, time } from "../../storage/node-rows";
import { etagOf } from "../../text";
import type { Location, PrintedFile } from "../../tool-mount";
import { storeEntries } from "./entries";
import { type Mirror, toolContext } from "./mirror";

/** What the hub printed for each etag, kept a day, so that a write can be compared with what its author saw. */

export const printLifetimeMs = 24 * 60 * 60 * 1000;

export interface Print {
  readonly text: string;
  readonly revision: string | null;
}

/** What was printed for that etag less than a day ago, or null. */
export async function findPrint(tx: Tx, scope: WorkspaceScope, path: string, etag: string, now: Date): Promise<Print | null> {
  const rows = await run(
    tx,
    sql`select body, revision from vfs_print where workspace_id = ${scope.workspaceId} and path = ${path} and etag = ${etag} and expires_at > ${time(now)}`,
  );
  const row = rows[0];
  return row === undefined ? null : { text: String(row.body), revision: asText(row.revision) };
}

/** A file as the tool prints it. NUL, which no text column holds, is shown as what it is: no character. */
export async function printLive(mirror: Mirror, request: MountRequest, location: Location, as: ReadFormat | null): Promise<PrintedFile> {
  const printed = await mirror.tool.read(location, as, toolContext(mirror, request));
  return printed.text.includes("\0") ? { ...printed, text: printed.text.replaceAll("\0", "\ufffd") } : printed;
}

export interface Stored {
  readonly row: NodeRow;
  readonly etag: string;
}

/** Keeps a file as it was just printed: its row, its print, and by policy `full` its body. `directory` is its parent's id path. */
export async function storePrint(mirror: Mirror, request: MountRequest, directory: string, printed: PrintedFile): Promise<Stored> {
  const { scope, now } = request;
  const { connection } = mirror;
  const etag = etagOf(printed.text);
  const sizeBytes = Buffer.byteLength(printed.text);
  return mirror.db.withScope(scope, async (tx) => {
    const [stored] = await storeEntries(tx, mirror, scope, directory, [printed.entry], now);
    if (stored === undefined) throw new Error("an entry was stored as no row");
    const rows = await run(
      tx,
      sql`update vfs_node n set etag = ${etag}, size_bytes = ${sizeBytes}, media_type = ${printed.mediaType}, attributes = n.attributes || jsonb_build_object('printedAt', ${now.getTime()}::float8) where n.workspace_id = ${scope.workspaceId} and n.path = ${stored.path} returning ${nodeColumns}`,
    );
    await run(
      tx,
      sql`insert into vfs_print (workspace_id, connection_id, path, etag, owner_id, body, revision, expires_at) values (${scope.workspaceId}, ${connection.id}, ${stored.path}, ${etag}, ${connection.ownerId}::uuid, ${printed.text}, ${printed.entry.revision}, ${time(new Date(now.getTime() + printLifetimeMs))}) on conflict (workspace_id, path, etag) do update set revision = excluded.revision, expires_at = excluded.expires_at`,
    );
    if (connection.mirrorPolicy === "full") {
      await run(
        tx,
        sql`insert into vfs_content (workspace_id, node_id, owner_id, connection_id, body, etag) values (${scope.workspaceId}, ${stored.nodeId}, ${connection.ownerId}::uuid, ${connection.id}, ${printed.text}, ${etag}) on conflict (workspace_id, node_id) do update set body = excluded.body, etag = excluded.etag`,
      );
    }
    return { row: rows[0] === undefined ? stored : nodeRow(rows[0]), etag };
  });
}

/** What was printed of a row within the window, or null: a burst of reads asks the tool once. */
export async function recentPrint(tx: Tx, mirror: Mirror, request: MountRequest, row: NodeRow): Promise<string | null> {
  const { printedAt } = row.attributes;
  if (row.etag === null || typeof printedAt !== "number") return null;
  const age = request.now.getTime() - printedAt;
  if (age < 0 || age >= mirror.printWindowMs) return null;
  return (await findPrint(tx, request.scope, row.path, row.etag, request.now))?.text ?? null;
}

/** The body that policy `full` keeps; null where there is none. */
export async function keptBody(
  tx: Tx,
  scope: WorkspaceScope,
  row: NodeRow,
): Promise<{ readonly text: string; readonly etag: string } | null> {
  const rows = await run(tx, sql`select body, etag from vfs_content where workspace_id = ${scope.workspaceId} and node_id = ${row.nodeId}`);
  const content = rows[0];
  return content === undefined ? null : { text: String(content.body), etag: String(content.etag) };
}

/** Printed as the tool does it, in a format of the caller's; `null` is the file's own, which etags are of. */
export function ownFormat(as: ReadFormat | null, natural: ReadFormat): ReadFormat | null {
  return as === natural ? null : as;
}
