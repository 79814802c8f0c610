import { sql } from "drizzle-orm";
import type { Database, Tx } from "@/db/client";
import { HubError } from "@/server/errors";
import { bytesOfText } from "../bytes";
import { unsupported } from "../layers/capabilities";
import type { Mount, MountFile, MountInfo, MountReadRequest } from "../mount";
import { countChildren, live, nodeColumns, nodeRow, pageOf, run } from "./node-rows";
import { operationsOf, type StoragePolicy } from "./policies";
import { createStorageChanges } from "./storage-changes";
import {
  getRow,
  isUseToRecord,
  mediaTypeOf,
  missing,
  naturalFormat,
  recordUse,
  rootNode,
  type StorageContext,
  storageFreshness,
  storageNode,
  storedPath,
} from "./storage-nodes";

/** A mount of files in our own database: a memory tier, or a person's preferences or history. */
export function createStorageMount(db: Database, policy: StoragePolicy): Mount {
  const info: MountInfo = {
    path: policy.path,
    kind: "storage",
    integration: null,
    connection: null,
    actsAs: { type: "hub", name: "Byte Integration Hub" },
    settingsUrl: null,
    whoMends: null,
    ownersOnly: policy.personal ? [policy.path] : [],
    operations: operationsOf(policy),
  };
  const context: StorageContext = { db, policy, info };
  const { plan, perform } = createStorageChanges(context);

  async function read(request: MountReadRequest): Promise<MountFile> {
    const { scope, now } = request;
    if (request.segments.length === 0) throw new HubError("EISDIR", "This is a directory: list it.", { path: request.path });
    const path = storedPath(policy, scope, request.segments);
    const look = async (tx: Tx) => {
      const rows = await run(
        tx,
        sql`select ${nodeColumns}, c.body from vfs_node n left join vfs_content c on c.workspace_id = n.workspace_id and c.node_id = n.node_id where n.workspace_id = ${scope.workspaceId} and n.path = ${path} and ${live(now)}`,
      );
      const found = rows[0];
      if (found === undefined) throw await missing(tx, context, request);
      return { row: nodeRow(found), body: String(found.body ?? "") };
    };
    const { row, body } = await db.withScope(scope, look, { readOnly: true });
    if (row.kind === "file" && isUseToRecord(context, request, row)) {
      await db.withScope(scope, (tx) => recordUse(tx, context, request, row));
    }
    if (row.kind !== "file") throw new HubError("EISDIR", "This is a directory: list it.", { path: request.path });
    const natural = naturalFormat(row.name);
    if (request.as !== null && request.as !== "raw" && request.as !== natural) {
      throw new HubError("ENOTSUP", `This file cannot be read as ${request.as}; it is ${natural}.`, {
        path: request.path,
        details: { operation: "read" },
      });
    }
    const node = storageNode(context, scope, row, now);
    return { node, as: request.as ?? natural, mediaType: mediaTypeOf(row.name), text: body, etag: row.etag ?? "" };
  }

  return {
    info,
    plan,
    perform,
    schema: () => ({
      path: policy.path,
      guard: "atomic",
      kinds: [
        {
          kind: "file",
          fields: [],
          body: "text",
          create: policy.shape === "tree",
          update: policy.shape === "tree",
          append: true,
          remove: policy.shape === "tree" ? "deletes the file; it cannot be undone" : null,
        },
      ],
    }),

    async open(request) {
      return bytesOfText(await read(request), request.range);
    },

    async uploadLimit({ path }) {
      throw unsupported("write", path, "Files of bytes cannot be kept here, only texts; uploading");
    },

    read,

    async stat(request) {
      if (request.segments.length === 0) return rootNode(context, request.now);
      const row = await db.withScope(request.scope, (tx) => getRow(tx, context, request), { readOnly: true });
      return storageNode(context, request.scope, row, request.now);
    },

    async list(request) {
      const { scope, now } = request;
      const parentPath = storedPath(policy, scope, request.segments);
      const listing = { workspaceId: scope.workspaceId, parentPath, shows: "storage", ...request } as const;
      const { page, total } = await db.withScope(
        scope,
        async (tx) => {
          const found = await pageOf(tx, listing);
          if (found.rows.length === 0 && request.segments.length > 0) {
            const row = await getRow(tx, context, request);
            if (row.kind !== "directory") throw new HubError("ENOTDIR", "This is a file: read it.", { path: request.path });
          }
          const whole = request.after === null && found.next === null;
          return { page: found, total: whole ? found.rows.length : await countChildren(tx, scope.workspaceId, parentPath, now) };
        },
        { readOnly: true },
      );
      return {
        nodes: page.rows.map((row) => storageNode(context, scope, row, now)),
        next: page.next,
        total,
        complete: true,
        freshness: storageFreshness(now),
      };
    },
  };
}
