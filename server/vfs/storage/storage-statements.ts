import { type SQL, sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { isUniqueViolation } from "@/db/errors";
import { scopeUserId } from "@/db/scope";
import { HubError } from "@/server/errors";
import { newId } from "@/server/ids";
import type { MountRequest } from "../mount";
import { maxPathBytes, nameOf, parentOf } from "../path";
import { etagOf, maxTextBytes } from "../text";
import { asNumber, below, findRow, live, run, time } from "./node-rows";
import { expiryOf, quotaBytes, quotaRoot, storedRoot } from "./policies";
import { displayPath, mediaTypeOf, missing, type StorageContext } from "./storage-nodes";

/** The statements that change storage. Each carries its guard, so of two racing writers one is ESTALE. */

export type Guard = { readonly type: "any" } | { readonly type: "absent" } | { readonly type: "etag"; readonly etag: string };

/** Why a guarded statement touched nothing. */
async function refusal(tx: Tx, context: StorageContext, request: MountRequest, path: string, guard: Guard): Promise<HubError> {
  const row = await findRow(tx, request.scope.workspaceId, path, request.now);
  if (row !== null && row.kind !== "file") return new HubError("EISDIR", "This is a directory; name a file in it.", { path: request.path });
  if (guard.type === "absent" && row !== null) return new HubError("EEXIST", "There is a file already.", { path: request.path });
  if (guard.type === "etag") {
    return new HubError("ESTALE", row === null ? "There is no such file any more." : "The file changed since it was read. Read it again.", {
      path: request.path,
      ...(row?.etag ? { details: { etag: row.etag } } : {}),
    });
  }
  return row === null
    ? missing(tx, context, request)
    : new HubError("EAGAIN", "Another change of this file is under way. Try again.", { path: request.path });
}

/** Removes what expired at a path, so that a new file can stand there. */
async function clearExpired(tx: Tx, workspaceId: string, path: string, now: Date): Promise<void> {
  await run(
    tx,
    sql`with gone as (delete from vfs_node n where n.workspace_id = ${workspaceId} and n.path = ${path} and not ${live(now)} returning n.node_id) delete from vfs_content c using gone where c.workspace_id = ${workspaceId} and c.node_id = gone.node_id`,
  );
}

/** Holds the parent in place until the end of the transaction: it cannot be removed while a child is made. */
async function holdParent(tx: Tx, context: StorageContext, request: MountRequest, path: string): Promise<void> {
  const parent = parentOf(path);
  if (parent === storedRoot(context.policy, request.scope)) return;
  const rows = await run(
    tx,
    sql`select n.kind from vfs_node n where n.workspace_id = ${request.scope.workspaceId} and n.path = ${parent} and ${live(request.now)} for share`,
  );
  const kind = rows[0]?.kind;
  if (kind === undefined) throw await missing(tx, context, request);
  if (kind !== "directory") throw new HubError("ENOTDIR", "The parent of this path is a file.", { path: request.path });
}

interface Usage {
  bytes: number;
  readonly at: number;
}
/** Sums are kept a minute a subtree: the quota stops runaway growth, and is not a meter. */
const usageKeptMs = 60_000;
const usages = new WeakMap<object, Map<string, Usage>>();

async function withinQuota(tx: Tx, context: StorageContext, request: MountRequest, addedBytes: number): Promise<void> {
  if (addedBytes <= 0) return;
  const { workspaceId } = request.scope;
  const root = quotaRoot(context.policy, request.scope);
  let kept = usages.get(context.db);
  if (kept === undefined) {
    kept = new Map();
    usages.set(context.db, kept);
  }
  const key = `${workspaceId} ${root}`;
  let usage = kept.get(key);
  if (usage === undefined || Math.abs(request.now.getTime() - usage.at) > usageKeptMs) {
    const rows = await run(
      tx,
      sql`select coalesce(sum(n.size_bytes), 0) as used from vfs_node n where n.workspace_id = ${workspaceId} and ${below(root)}`,
    );
    usage = { bytes: asNumber(rows[0]?.used) ?? 0, at: request.now.getTime() };
    kept.set(key, usage);
  }
  if (usage.bytes + addedBytes > quotaBytes) {
    throw new HubError("EDQUOT", `The files of this place may have ${quotaBytes / 1024 / 1024} MiB in all. Remove some first.`, {
      path: request.path,
      details: { limit: quotaBytes },
    });
  }
  usage.bytes += addedBytes;
}

/** Writes a file in one statement, node and body together; answers its etag. */
export async function writeFile(
  tx: Tx,
  context: StorageContext,
  request: MountRequest,
  path: string,
  text: string,
  guard: Guard,
  fixedExpiry: Date | null,
): Promise<string> {
  const { scope, now } = request;
  const { workspaceId } = scope;
  const etag = etagOf(text);
  const size = Buffer.byteLength(text);
  await clearExpired(tx, workspaceId, path, now);
  await withinQuota(tx, context, request, size);
  const retention = context.policy.retention;
  /** From the row's creation, not from now: a file that is written again does not live longer than its tier allows. */
  const kept =
    retention === null ? sql`null::timestamptz` : sql`least(${time(new Date(now.getTime() + retention.afterUseMs))}, n.hard_expires_at)`;
  const settings = sql`etag = ${etag}, size_bytes = ${size}, media_type = ${mediaTypeOf(path)}, modified_at = ${time(now)}, last_used_at = ${time(now)}, synced_at = ${time(now)}, expiry_fixed = n.expiry_fixed or ${fixedExpiry !== null}, expires_at = case when ${fixedExpiry !== null} then ${time(fixedExpiry)} when n.expiry_fixed then n.expires_at else ${kept} end`;
  const content = sql`content as (insert into vfs_content (workspace_id, node_id, owner_id, body, etag) select ${workspaceId}::uuid, node.node_id, ${ownerOf(context, request)}::uuid, ${text}, ${etag} from node on conflict (workspace_id, node_id) do update set body = excluded.body, etag = excluded.etag)`;
  if (guard.type === "etag") {
    const rows = await run(
      tx,
      sql`with node as (update vfs_node n set ${settings} where n.workspace_id = ${workspaceId} and n.path = ${path} and n.kind = 'file' and n.etag = ${guard.etag} and ${live(now)} returning n.node_id), ${content} select node_id from node`,
    );
    if (rows.length === 0) throw await refusal(tx, context, request, path, guard);
    return etag;
  }
  await holdParent(tx, context, request, path);
  const expiry = expiryOf(retention, now, now);
  const conflict = guard.type === "absent" ? sql`do nothing` : sql`(workspace_id, path) do update set ${settings} where n.kind = 'file'`;
  const rows = await run(
    tx,
    sql`with node as (insert into vfs_node as n (workspace_id, path, parent_path, name, kind, node_id, owner_id, etag, size_bytes, media_type, created_at, modified_at, last_used_at, expires_at, hard_expires_at, expiry_fixed, synced_at) values (${workspaceId}, ${path}, ${parentOf(path)}, ${nameOf(path)}, 'file', ${newId()}, ${ownerOf(context, request)}::uuid, ${etag}, ${size}, ${mediaTypeOf(path)}, ${time(now)}, ${time(now)}, ${time(now)}, ${time(fixedExpiry ?? expiry?.soft ?? null)}, ${time(expiry?.hard ?? null)}, ${fixedExpiry !== null}, ${time(now)}) on conflict ${conflict} returning n.node_id), ${content} select node_id from node`,
  );
  if (rows.length === 0) throw await refusal(tx, context, request, path, guard);
  return etag;
}

const appendAttempts = 5;

/** Adds to the end of a file in one statement, or makes it; answers its etag. */
export async function appendFile(
  tx: Tx,
  context: StorageContext,
  request: MountRequest,
  path: string,
  text: string,
  guard: Guard,
): Promise<string> {
  const { scope, now } = request;
  const { workspaceId } = scope;
  const size = Buffer.byteLength(text);
  const retention = context.policy.retention;
  const kept =
    retention === null ? sql`null::timestamptz` : sql`least(${time(new Date(now.getTime() + retention.afterUseMs))}, n.hard_expires_at)`;
  const guarded = guard.type === "etag" ? sql`and n.etag = ${guard.etag}` : sql``;
  if (guard.type !== "absent") await withinQuota(tx, context, request, size);
  for (let tried = 1; guard.type !== "absent"; tried += 1) {
    const rows = await run(
      tx,
      sql`with held as (select n.node_id from vfs_node n where n.workspace_id = ${workspaceId} and n.path = ${path} and n.kind = 'file' and ${live(now)} ${guarded} for update),
        content as (update vfs_content c set body = c.body || ${text}, etag = substr(encode(sha256(convert_to(c.body || ${text}, 'UTF8')), 'hex'), 1, 32) from held where c.workspace_id = ${workspaceId} and c.node_id = held.node_id and octet_length(c.body) + ${size}::int <= ${maxTextBytes}::int returning c.node_id, c.etag, octet_length(c.body) as size_bytes)
        update vfs_node n set etag = content.etag, size_bytes = content.size_bytes, modified_at = ${time(now)}, synced_at = ${time(now)}, last_used_at = ${time(now)}, expires_at = case when n.expiry_fixed then n.expires_at else ${kept} end from content where n.workspace_id = ${workspaceId} and n.node_id = content.node_id returning n.etag`,
    );
    const etag = rows[0]?.etag;
    if (typeof etag === "string") return etag;
    const row = await findRow(tx, workspaceId, path, now);
    const isTheFile = row?.kind === "file" && (guard.type !== "etag" || row.etag === guard.etag);
    if (isTheFile && (row.sizeBytes ?? 0) + size > maxTextBytes) {
      throw new HubError("EFBIG", "A text file holds at most 1 MiB.", { path: request.path, details: { limit: maxTextBytes } });
    }
    if (tried === appendAttempts || guard.type === "etag" || (row !== null && !isTheFile)) {
      throw await refusal(tx, context, request, path, guard);
    }
    // Another made the file, or is making it: then it has an end to append to.
    if (isTheFile) continue;
    try {
      return await writeFile(tx, context, request, path, text, { type: "absent" }, null);
    } catch (error) {
      if (!(error instanceof HubError) || error.code !== "EEXIST") throw error;
    }
  }
  return writeFile(tx, context, request, path, text, { type: "absent" }, null);
}

/** Makes a directory; EEXIST where something is. */
export async function makeDirectory(tx: Tx, context: StorageContext, request: MountRequest, path: string): Promise<void> {
  const { scope, now } = request;
  await clearExpired(tx, scope.workspaceId, path, now);
  await holdParent(tx, context, request, path);
  const rows = await run(
    tx,
    sql`insert into vfs_node (workspace_id, path, parent_path, name, kind, node_id, owner_id, created_at, modified_at, synced_at) values (${scope.workspaceId}, ${path}, ${parentOf(path)}, ${nameOf(path)}, 'directory', ${newId()}, ${ownerOf(context, request)}::uuid, ${time(now)}, ${time(now)}, ${time(now)}) on conflict do nothing returning node_id`,
  );
  if (rows.length === 0) throw new HubError("EEXIST", "There is something at this path already.", { path: request.path });
}

/** Moves a file or a directory with all below it, inside the mount; creation times and expiries stay. Answers the etag. */
export async function moveNode(
  tx: Tx,
  context: StorageContext,
  request: MountRequest,
  from: string,
  to: string,
  guard: Guard,
): Promise<string | null> {
  const { scope, now } = request;
  const { workspaceId } = scope;
  const target: MountRequest = {
    ...request,
    path: displayPath(context, scope, to),
    segments: to.slice(storedRoot(context.policy, scope).length + 1).split("/"),
  };
  if (to.startsWith(`${from}/`)) throw new HubError("EINVAL", "A directory cannot be moved into itself.", { path: target.path });
  if (to !== from) await clearExpired(tx, workspaceId, to, now);
  await holdParent(tx, context, target, to);
  if ((await findRow(tx, workspaceId, to, now)) !== null) {
    throw new HubError("EEXIST", "There is something at the path to move to.", { path: target.path });
  }
  const longest = await run(
    tx,
    sql`select max(octet_length(n.path)) as longest from vfs_node n where n.workspace_id = ${workspaceId} and ${below(from)}`,
  );
  const grown = (asNumber(longest[0]?.longest) ?? 0) - Buffer.byteLength(from) + Buffer.byteLength(to);
  if (grown > maxPathBytes) {
    throw new HubError("EINVAL", "A path below this directory would become longer than 1,024 bytes.", { path: target.path });
  }
  const guarded = guard.type === "etag" ? sql`and n.etag = ${guard.etag}` : sql``;
  const moved = await run(
    tx,
    sql`update vfs_node n set path = ${to}, parent_path = ${parentOf(to)}, name = ${nameOf(to)}, synced_at = ${time(now)} where n.workspace_id = ${workspaceId} and n.path = ${from} and ${live(now)} ${guarded} returning n.etag`,
  ).catch((error: unknown) => {
    if (isUniqueViolation(error)) throw new HubError("EEXIST", "There is something at the path to move to.", { path: target.path });
    throw error;
  });
  const first = moved[0];
  if (first === undefined) throw await refusal(tx, context, request, from, guard);
  await untilNoneIsBelow(
    tx,
    sql`update vfs_node n set path = ${to}::text || substr(n.path, char_length(${from}::text) + 1), parent_path = ${to}::text || substr(n.parent_path, char_length(${from}::text) + 1) where n.workspace_id = ${workspaceId} and ${below(from)} returning 1`,
  );
  return typeof first.etag === "string" ? first.etag : null;
}

/** Removes a file, an empty directory, or with `recursive` a directory and all below it. */
export async function removeNode(
  tx: Tx,
  context: StorageContext,
  request: MountRequest,
  path: string,
  guard: Guard,
  recursive: boolean,
): Promise<void> {
  const { scope, now } = request;
  const { workspaceId } = scope;
  const guarded = guard.type === "etag" ? sql`and n.etag = ${guard.etag}` : sql``;
  const removed = await run(
    tx,
    sql`with gone as (delete from vfs_node n where n.workspace_id = ${workspaceId} and n.path = ${path} and ${live(now)} ${guarded} returning n.node_id, n.kind), content as (delete from vfs_content c using gone where c.workspace_id = ${workspaceId} and c.node_id = gone.node_id) select kind from gone`,
  );
  const kind = removed[0]?.kind;
  if (kind === undefined) throw await refusal(tx, context, request, path, guard);
  if (kind !== "directory") return;
  if (!recursive) {
    const children = await run(
      tx,
      sql`select 1 from vfs_node n where n.workspace_id = ${workspaceId} and n.parent_path = ${path} and ${live(now)} limit 1`,
    );
    if (children.length > 0) {
      throw new HubError("ENOTEMPTY", "The directory is not empty. Remove what is in it first, or ask for recursive.", {
        path: request.path,
      });
    }
  }
  await untilNoneIsBelow(
    tx,
    sql`with gone as (delete from vfs_node n where n.workspace_id = ${workspaceId} and ${below(path)} returning n.node_id), content as (delete from vfs_content c using gone where c.workspace_id = ${workspaceId} and c.node_id = gone.node_id) select 1 from gone`,
  );
}

/**
 * Repeats a statement over a subtree until it finds nothing more: it waits for those who hold a directory there to make a file in it, and does
 * not see what they made. Whoever comes later finds the directory gone.
 */
async function untilNoneIsBelow(tx: Tx, statement: SQL): Promise<void> {
  while ((await run(tx, statement)).length > 0);
}

/** A person's own files belong to them; memory belongs to the workspace. */
function ownerOf(context: StorageContext, request: MountRequest): string | null {
  return context.policy.personal ? scopeUserId(request.scope) : null;
}
