import { sql } from "drizzle-orm";
import { bigint, boolean, check, foreignKey, index, jsonb, pgTable, primaryKey, text, timestamp, unique, uuid } from "drizzle-orm/pg-core";
import { connections } from "./connections";
import { bytewise } from "./types";
import { workspaces } from "./workspaces";

const at = (name: string) => timestamp(name, { withTimezone: true, mode: "date" });
const workspaceId = () =>
  uuid("workspace_id")
    .notNull()
    .references(() => workspaces.id, { onDelete: "cascade" });

/**
 * The tree. For tool mounts `path` is the id path (`/context/con/<connection uuid>/teams/<handle>/…`) and `name` the display segment, so a
 * rename changes one row; for memory and user the path is the text (`/context/memory/…`, `/context/user/<user uuid>/…`).
 * `ownerId` is set on what only one person may see; `connectionId` on what a connection brought.
 */
export const vfsNodes = pgTable(
  "vfs_node",
  {
    workspaceId: workspaceId(),
    path: bytewise("path").notNull(),
    parentPath: bytewise("parent_path").notNull(),
    name: bytewise("name").notNull(),
    kind: text("kind").$type<"directory" | "file" | "link">().notNull(),
    nodeId: uuid("node_id").notNull(),
    ownerId: uuid("owner_id"),
    connectionId: uuid("connection_id"),
    /** Tool mounts: the kind and id of the record, and the route the mount knows it by. */
    objectKind: text("object_kind"),
    externalId: text("external_id"),
    canonicalPath: bytewise("canonical_path"),
    etag: text("etag"),
    /** The tool's own revision, compared before a write. */
    revision: text("revision"),
    sizeBytes: bigint("size_bytes", { mode: "number" }),
    mediaType: text("media_type"),
    webUrl: text("web_url"),
    createdAt: at("created_at"),
    modifiedAt: at("modified_at"),
    /** Storage tiers with retention: soft expiry moves with use, hard expiry never does. */
    expiresAt: at("expires_at"),
    hardExpiresAt: at("hard_expires_at"),
    lastUsedAt: at("last_used_at"),
    /** An asked-for expiry is fixed: use does not move it. */
    expiryFixed: boolean("expiry_fixed").notNull().default(false),
    attributes: jsonb("attributes").$type<Record<string, string | number | boolean | null>>().notNull().default({}),
    syncedAt: at("synced_at").notNull().default(sql`now()`),
  },
  (table) => [
    primaryKey({ columns: [table.workspaceId, table.path] }),
    foreignKey({
      name: "vfs_node_connection",
      columns: [table.workspaceId, table.connectionId],
      foreignColumns: [connections.workspaceId, connections.id],
    }).onDelete("cascade"),
    // A longer path would not fit a b-tree's row (2,704 bytes) beside the list index's other columns.
    check("vfs_node_path_length", sql`octet_length(path) <= 1024`),
    check("vfs_node_name_length", sql`octet_length(name) <= 255`),
    check("vfs_node_parent", sql`parent_path = '/' or starts_with(path, parent_path || '/')`),
    check("vfs_node_kind", sql`kind in ('directory', 'file', 'link')`),
    unique("vfs_node_id").on(table.workspaceId, table.nodeId),
    index("vfs_node_list").on(table.workspaceId, table.parentPath, table.name, table.path),
    index("vfs_node_by_time").on(
      table.workspaceId,
      table.parentPath,
      sql`(case when modified_at is null then '-infinity' else modified_at end)`,
      table.path,
    ),
    index("vfs_node_by_size").on(
      table.workspaceId,
      table.parentPath,
      sql`(case when size_bytes is null then -1 else size_bytes end)`,
      table.path,
    ),
    index("vfs_node_external").on(table.workspaceId, table.connectionId, table.externalId),
    index("vfs_node_expiry").on(table.expiresAt).where(sql`expires_at is not null`),
  ],
);

/** Bodies, apart from the skeleton: a metadata update does not rewrite them (`data.md` §3.2). */
export const vfsContents = pgTable(
  "vfs_content",
  {
    workspaceId: workspaceId(),
    nodeId: uuid("node_id").notNull(),
    ownerId: uuid("owner_id"),
    connectionId: uuid("connection_id"),
    body: text("body").notNull(),
    etag: text("etag").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.workspaceId, table.nodeId] }),
    foreignKey({
      name: "vfs_content_node",
      columns: [table.workspaceId, table.nodeId],
      foreignColumns: [vfsNodes.workspaceId, vfsNodes.nodeId],
    }).onDelete("cascade"),
  ],
);

/** How fresh a mirrored directory is, one row a directory. */
export const vfsDirectoryStates = pgTable(
  "vfs_directory_state",
  {
    workspaceId: workspaceId(),
    path: bytewise("path").notNull(),
    ownerId: uuid("owner_id"),
    connectionId: uuid("connection_id").notNull(),
    listedAt: at("listed_at"),
    /** The walk in progress: the tool's cursor for the next page, null when none is under way. */
    walkCursor: text("walk_cursor"),
    walkStartedAt: at("walk_started_at"),
    complete: boolean("complete").notNull().default(false),
  },
  (table) => [
    primaryKey({ columns: [table.workspaceId, table.path] }),
    foreignKey({
      name: "vfs_directory_state_connection",
      columns: [table.workspaceId, table.connectionId],
      foreignColumns: [connections.workspaceId, connections.id],
    }).onDelete("cascade"),
  ],
);

/** The id table: a handle is 8 lowercase base32 characters of a hash, longer on collision. */
export const vfsHandles = pgTable(
  "vfs_handle",
  {
    workspaceId: workspaceId(),
    connectionId: uuid("connection_id").notNull(),
    ownerId: uuid("owner_id"),
    handle: bytewise("handle").notNull(),
    objectKind: text("object_kind").notNull(),
    externalId: text("external_id").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.workspaceId, table.connectionId, table.handle] }),
    foreignKey({
      name: "vfs_handle_connection",
      columns: [table.workspaceId, table.connectionId],
      foreignColumns: [connections.workspaceId, connections.id],
    }).onDelete("cascade"),
    unique("vfs_handle_object").on(table.workspaceId, table.connectionId, table.objectKind, table.externalId),
  ],
);

/** What the hub printed for each etag, kept 24 h, so that a write can be compared with what its author saw. */
export const vfsPrints = pgTable(
  "vfs_print",
  {
    workspaceId: workspaceId(),
    connectionId: uuid("connection_id").notNull(),
    path: bytewise("path").notNull(),
    etag: text("etag").notNull(),
    ownerId: uuid("owner_id"),
    body: text("body").notNull(),
    revision: text("revision"),
    expiresAt: at("expires_at").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.workspaceId, table.path, table.etag] }),
    foreignKey({
      name: "vfs_print_connection",
      columns: [table.workspaceId, table.connectionId],
      foreignColumns: [connections.workspaceId, connections.id],
    }).onDelete("cascade"),
    index("vfs_print_expiry").on(table.expiresAt),
  ],
);

/** A plan that waits to be executed by the person who made it. `steps` holds what the mount needs to run them. */
export const vfsPlans = pgTable(
  "vfs_plan",
  {
    id: uuid("id").primaryKey(),
    workspaceId: workspaceId(),
    ownerId: uuid("owner_id").notNull(),
    connectionId: uuid("connection_id"),
    path: text("path").notNull(),
    baseEtag: text("base_etag"),
    plan: jsonb("plan").notNull(),
    state: text("state").$type<"ready" | "running" | "done">().notNull().default("ready"),
    createdAt: at("created_at").notNull().default(sql`now()`),
    expiresAt: at("expires_at").notNull(),
  },
  (table) => [
    check("vfs_plan_state", sql`state in ('ready', 'running', 'done')`),
    index("vfs_plan_expiry").on(table.expiresAt),
    index("vfs_plan_owner").on(table.workspaceId, table.ownerId, table.createdAt, table.id),
  ],
);

/** The first receipt of an idempotency key, kept 24 h. `receipt` is null while the first call is under way. */
export const vfsIdempotency = pgTable(
  "vfs_idempotency",
  {
    workspaceId: workspaceId(),
    ownerId: uuid("owner_id").notNull(),
    key: text("key").notNull(),
    /** The connection that the change went through, which takes its receipt along. */
    connectionId: uuid("connection_id"),
    contentHash: text("content_hash").notNull(),
    receipt: jsonb("receipt"),
    failure: jsonb("failure"),
    createdAt: at("created_at").notNull().default(sql`now()`),
    expiresAt: at("expires_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.workspaceId, table.ownerId, table.key] }), index("vfs_idempotency_expiry").on(table.expiresAt)],
);

/** For its creator, the name that a new object was written under stays an alias of it for 24 h. */
export const vfsAliases = pgTable(
  "vfs_alias",
  {
    workspaceId: workspaceId(),
    ownerId: uuid("owner_id").notNull(),
    parentPath: bytewise("parent_path").notNull(),
    name: bytewise("name").notNull(),
    path: bytewise("path").notNull(),
    expiresAt: at("expires_at").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.workspaceId, table.ownerId, table.parentPath, table.name] }),
    index("vfs_alias_expiry").on(table.expiresAt),
  ],
);
