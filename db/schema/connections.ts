import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  check,
  doublePrecision,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
  unique,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import { users } from "./identity";
import { bytes } from "./types";
import { workspaces } from "./workspaces";

const at = (name: string) => timestamp(name, { withTimezone: true, mode: "date" });
const workspaceId = () =>
  uuid("workspace_id")
    .notNull()
    .references(() => workspaces.id, { onDelete: "cascade" });

/** The workspace's data key, wrapped by the master key named in `kekId`. */
export const workspaceKeys = pgTable(
  "workspace_key",
  {
    workspaceId: workspaceId(),
    version: integer("version").notNull(),
    kekId: text("kek_id").notNull(),
    wrapped: bytes("wrapped").notNull(),
    createdAt: at("created_at").notNull().default(sql`now()`),
  },
  (table) => [primaryKey({ columns: [table.workspaceId, table.version] })],
);

/**
 * One authorised use of an integration. `visibility = 'private'` rows are visible to `ownerId` only, by policy. Keyed by the vendor's
 * stable ids (`externalOrgId`, `externalAccountId`), so that a reconnection cannot silently become another account.
 */
export const connections = pgTable(
  "connection",
  {
    id: uuid("id").primaryKey(),
    workspaceId: workspaceId(),
    integration: text("integration").notNull(),
    ownerId: uuid("owner_id")
      .notNull()
      .references(() => users.id),
    visibility: text("visibility").$type<"private" | "workspace">().notNull(),
    mountName: text("mount_name").notNull(),
    status: text("status").$type<"connected" | "reauth_required" | "failed" | "disconnecting">().notNull(),
    statusSince: at("status_since").notNull().default(sql`now()`),
    statusReason: text("status_reason"),
    externalOrgId: text("external_org_id").notNull(),
    externalAccountId: text("external_account_id").notNull(),
    accountName: text("account_name").notNull(),
    accountEmail: text("account_email"),
    orgName: text("org_name"),
    scopes: text("scopes").array().notNull(),
    capabilities: text("capabilities").array().notNull(),
    timeZone: text("time_zone").notNull(),
    mirrorPolicy: text("mirror_policy").$type<"titles" | "full">().notNull().default("titles"),
    lastSyncAt: at("last_sync_at"),
    createdAt: at("created_at").notNull().default(sql`now()`),
  },
  (table) => [
    // What a row of a connection refers to: with the workspace in the key, a row can never point into another workspace (foreign keys
    // are checked without row-level security).
    unique("connection_workspace_id").on(table.workspaceId, table.id),
    check("connection_visibility", sql`visibility in ('private', 'workspace')`),
    check("connection_status", sql`status in ('connected', 'reauth_required', 'failed', 'disconnecting')`),
    check("connection_mirror_policy", sql`mirror_policy in ('titles', 'full')`),
    check(
      "connection_mount_name",
      sql`mount_name ~ '^[^/[:cntrl:]]+$' and mount_name not in ('.', '..') and octet_length(mount_name) <= 255`,
    ),
    uniqueIndex("connection_account").on(
      table.workspaceId,
      table.integration,
      table.externalOrgId,
      table.externalAccountId,
      table.visibility,
      table.ownerId,
    ),
    uniqueIndex("connection_mount_shared").on(table.workspaceId, table.mountName).where(sql`visibility = 'workspace'`),
    uniqueIndex("connection_mount_private").on(table.workspaceId, table.ownerId, table.mountName).where(sql`visibility = 'private'`),
  ],
);

/**
 * The vault's rows. Ciphertext is `iv12|tag16|ct` under the data key `keyVersion`, with additional data that binds it to this workspace,
 * row and field. `version` decides which token answer wins; the lease only prevents double calls (`data.md` §10).
 */
export const connectionTokens = pgTable(
  "connection_token",
  {
    workspaceId: workspaceId(),
    connectionId: uuid("connection_id").notNull(),
    ownerId: uuid("owner_id"),
    version: integer("version").notNull().default(1),
    keyVersion: integer("key_version").notNull(),
    accessEnc: bytes("access_enc").notNull(),
    refreshEnc: bytes("refresh_enc"),
    accessExpiresAt: at("access_expires_at"),
    refreshedAt: at("refreshed_at"),
    leaseBy: text("lease_by"),
    leaseUntil: at("lease_until"),
    intentAt: at("intent_at"),
    terminalError: text("terminal_error"),
    failures: integer("failures").notNull().default(0),
    backoffUntil: at("backoff_until"),
  },
  (table) => [
    primaryKey({ columns: [table.workspaceId, table.connectionId] }),
    foreignKey({
      name: "connection_token_connection",
      columns: [table.workspaceId, table.connectionId],
      foreignColumns: [connections.workspaceId, connections.id],
    }).onDelete("cascade"),
    index("connection_token_expiry").on(table.accessExpiresAt),
  ],
);

/** One started consent: single-use, bound to workspace, person and integration; found at the callback by the hash of `state`. */
export const oauthFlows = pgTable(
  "oauth_flow",
  {
    id: uuid("id").primaryKey(),
    workspaceId: workspaceId(),
    userId: uuid("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    integration: text("integration").notNull(),
    stateHash: text("state_hash").notNull().unique(),
    visibility: text("visibility").$type<"private" | "workspace">().notNull(),
    capabilities: text("capabilities").array().notNull(),
    returnPath: text("return_path").notNull(),
    popup: boolean("popup").notNull(),
    status: text("status").$type<"pending" | "exchanging" | "connected" | "denied" | "failed">().notNull().default("pending"),
    reason: text("reason"),
    connectionId: uuid("connection_id"),
    createdAt: at("created_at").notNull().default(sql`now()`),
    expiresAt: at("expires_at").notNull(),
    consumedAt: at("consumed_at"),
  },
  (table) => [
    check("oauth_flow_visibility", sql`visibility in ('private', 'workspace')`),
    check("oauth_flow_status", sql`status in ('pending', 'exchanging', 'connected', 'denied', 'failed')`),
    index("oauth_flow_expiry").on(table.expiresAt),
    index("oauth_flow_workspace").on(table.workspaceId, table.createdAt),
  ],
);

/** A token bucket a connection and method group, shared by all processes. `blockedUntil` is set by the vendor's own answer. */
export const rateBuckets = pgTable(
  "rate_bucket",
  {
    workspaceId: workspaceId(),
    connectionId: uuid("connection_id").notNull(),
    ownerId: uuid("owner_id"),
    group: text("method_group").notNull(),
    tokens: doublePrecision("tokens").notNull(),
    capacity: doublePrecision("capacity").notNull(),
    refillPerSecond: doublePrecision("refill_per_second").notNull(),
    at: at("at").notNull().default(sql`clock_timestamp()`),
    blockedUntil: at("blocked_until"),
  },
  (table) => [
    primaryKey({ columns: [table.workspaceId, table.connectionId, table.group] }),
    foreignKey({
      name: "rate_bucket_connection",
      columns: [table.workspaceId, table.connectionId],
      foreignColumns: [connections.workspaceId, connections.id],
    }).onDelete("cascade"),
  ],
);

/** Every attempt of every call to a tool. The URL has its secrets removed; bodies are never kept. */
export const apiCalls = pgTable(
  "api_call",
  {
    id: uuid("id").primaryKey(),
    workspaceId: workspaceId(),
    connectionId: uuid("connection_id"),
    ownerId: uuid("owner_id"),
    integration: text("integration").notNull(),
    callId: uuid("call_id").notNull(),
    attempt: integer("attempt").notNull(),
    operation: text("operation").notNull(),
    method: text("method").notNull(),
    url: text("url").notNull(),
    status: integer("status"),
    errorCode: text("error_code"),
    durationMs: doublePrecision("duration_ms").notNull(),
    waitMs: doublePrecision("wait_ms").notNull().default(0),
    requestBytes: bigint("request_bytes", { mode: "number" }).notNull(),
    responseBytes: bigint("response_bytes", { mode: "number" }),
    vendorRequestId: text("vendor_request_id"),
    limits: jsonb("limits").$type<Record<string, string>>().notNull().default({}),
    path: text("path"),
    actorUserId: uuid("actor_user_id"),
    actorJob: text("actor_job"),
    at: at("at").notNull(),
  },
  (table) => [
    // Ascending: `order by at desc, id desc` reads them backwards. (Drizzle's `.desc()` is NULLS LAST, which no plain DESC order can use.)
    index("api_call_at").on(table.workspaceId, table.at, table.id),
    index("api_call_connection").on(table.workspaceId, table.connectionId, table.at, table.id),
    index("api_call_prune").on(table.at),
  ],
);
