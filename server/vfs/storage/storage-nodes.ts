import { sql } from "drizzle-orm";
import type { Database, Tx } from "@/db/client";
import type { WorkspaceScope } from "@/db/scope";
import { HubError } from "@/server/errors";
import { encodeId } from "@/server/ids";
import { splitName } from "../identity";
import type { MountInfo, MountRequest } from "../mount";
import { mountNode } from "../mount-table";
import type { Freshness, Node, Operation, ReadFormat } from "../node";
import { estimateTokens } from "../text";
import { findRow, type NodeRow, run, time } from "./node-rows";
import { expiryOf, type StoragePolicy, storedRoot, useIntervalMs } from "./policies";

/** Everything a storage mount's parts share. */
export interface StorageContext {
  readonly db: Database;
  readonly policy: StoragePolicy;
  readonly info: MountInfo;
}

/** Where segments below the mount stand in the table. */
export function storedPath(policy: StoragePolicy, scope: WorkspaceScope, segments: readonly string[]): string {
  return [storedRoot(policy, scope), ...segments].join("/");
}

/** The row at the request's path; ENOENT, or ENOTDIR below a file. */
export async function getRow(tx: Tx, context: StorageContext, request: MountRequest): Promise<NodeRow> {
  const path = storedPath(context.policy, request.scope, request.segments);
  const row = await findRow(tx, request.scope.workspaceId, path, request.now);
  if (row === null) throw await missing(tx, context, request);
  return row;
}

/** Why there is nothing: ENOTDIR when a file stands where a directory is needed, ENOENT otherwise. */
export async function missing(tx: Tx, context: StorageContext, request: MountRequest): Promise<HubError> {
  const root = storedRoot(context.policy, request.scope);
  const ancestors = request.segments.slice(0, -1).map((_, index) => [root, ...request.segments.slice(0, index + 1)].join("/"));
  for (const ancestor of ancestors) {
    const row = await findRow(tx, request.scope.workspaceId, ancestor, request.now);
    if (row === null) break;
    if (row.kind === "file") {
      return new HubError("ENOTDIR", `${JSON.stringify(row.name)} on this path is a file, not a directory.`, { path: request.path });
    }
  }
  return new HubError("ENOENT", "There is nothing at this path.", { path: request.path });
}

/** Use keeps a file of a tier with retention; it is recorded at most hourly. */
export function isUseToRecord(context: StorageContext, request: MountRequest, row: NodeRow): boolean {
  if (context.policy.retention === null) return false;
  return row.lastUsedAt === null || request.now.getTime() - row.lastUsedAt.getTime() >= useIntervalMs;
}

/** Records use: the soft expiry moves, unless an expiry was asked for. */
export async function recordUse(tx: Tx, context: StorageContext, request: MountRequest, row: NodeRow): Promise<void> {
  if (row.createdAt === null || !isUseToRecord(context, request, row)) return;
  const expiry = expiryOf(context.policy.retention, row.createdAt, request.now);
  if (expiry === null) return;
  await run(
    tx,
    sql`update vfs_node set last_used_at = ${time(request.now)}, expires_at = case when expiry_fixed then expires_at else ${time(expiry.soft)} end where workspace_id = ${request.scope.workspaceId} and node_id = ${row.nodeId}`,
  );
}

/** Storage is the truth itself: fresh as of now. */
export const storageFreshness = (now: Date): Freshness => ({ asOf: now.toISOString(), source: "storage", stale: false });

const mediaTypes: Readonly<Record<string, string>> = {
  ".md": "text/markdown",
  ".json": "application/json",
  ".csv": "text/csv",
  ".yaml": "application/yaml",
  ".yml": "application/yaml",
};

/** By the extension; `text/plain` for what is not known. */
export function mediaTypeOf(name: string): string {
  return mediaTypes[splitName(name).extension.toLowerCase()] ?? "text/plain";
}

/** The format that a file is read in when none is asked for. */
export function naturalFormat(name: string): ReadFormat {
  const mediaType = mediaTypeOf(name);
  return mediaType === "text/markdown" ? "markdown" : mediaType === "application/json" ? "json" : "raw";
}

const fileCan: readonly Operation[] = ["stat", "read", "write", "append", "edit", "move", "remove"];
const dailyFileCan: readonly Operation[] = ["stat", "read", "append"];
const directoryCan: readonly Operation[] = ["stat", "list", "write", "mkdir", "move", "remove"];
const rootCan: readonly Operation[] = ["stat", "list", "write", "mkdir"];
const dailyRootCan: readonly Operation[] = ["stat", "list", "append"];

/** The node of the mount's own directory. */
export function rootNode(context: StorageContext, now: Date): Node {
  return mountNode(context.info, storageFreshness(now), context.policy.shape === "daily" ? dailyRootCan : rootCan);
}

function canOf(policy: StoragePolicy, kind: NodeRow["kind"]): readonly Operation[] {
  if (kind === "file") return policy.shape === "daily" ? dailyFileCan : fileCan;
  return directoryCan;
}

/** A row as the caller sees it: the stored root replaced by the mount's path. */
export function storageNode(context: StorageContext, scope: WorkspaceScope, row: NodeRow, now: Date): Node {
  const path = displayPath(context, scope, row.path);
  return {
    id: encodeId("node", row.nodeId),
    path,
    canonicalPath: path,
    name: row.name,
    kind: row.kind,
    mediaType: row.kind === "file" ? mediaTypeOf(row.name) : null,
    sizeBytes: row.kind === "file" ? row.sizeBytes : null,
    etag: row.etag,
    createdAt: row.createdAt?.toISOString() ?? null,
    modifiedAt: row.modifiedAt?.toISOString() ?? null,
    expiresAt: row.expiresAt?.toISOString() ?? null,
    hardExpiresAt: row.hardExpiresAt?.toISOString() ?? null,
    webUrl: null,
    mount: context.info.path,
    integration: null,
    connection: null,
    actsAs: context.info.actsAs,
    externalId: null,
    objectKind: null,
    can: canOf(context.policy, row.kind),
    freshness: storageFreshness(now),
    tokenEstimate: row.kind === "file" ? estimateTokens(row.sizeBytes) : null,
    companion: null,
    binary: false,
    creates: null,
    uploadBytes: null,
    formats: row.kind === "file" ? [naturalFormat(row.name)] : [],
    parts: [],
  };
}

/** The path that the caller sees, from the stored one. */
export function displayPath(context: StorageContext, scope: WorkspaceScope, path: string): string {
  return `${context.policy.path}${path.slice(storedRoot(context.policy, scope).length)}`;
}
