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
import { bytes, dataKeyVersion } from "./types";
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

/** Rotations of the vault; at most one is unfinished. It belongs to no workspace. */
export const vaultRotations = pgTable(
  "vault_rotation",
  {
    id: uuid("id").primaryKey().defaultRandom(),
    startedAt: at("started_at").notNull().default(sql`clock_timestamp()`),
    endedAt: at("ended_at"),
  },
  (table) => [uniqueIndex("vault_rotation_unfinished").on(sql`(${table.endedAt} is null)`).where(sql`ended_at is null`)],
);

/** What came of a revocation, kept with the connection until its receipt is written. */
export interface StoredRevocation {
  readonly outcome: "revoked" | "already_revoked" | "not_offered" | "failed";
  readonly proof: string;
  /** The vendor's request id of the answer, for its support. */
  readonly requestId: string | null;
  /** Connections of the same account that ended with it at the vendor; `path` is null for a private one. */
  readonly alsoEnded: readonly { readonly id: string; readonly path: string | null }[];
}

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
    /** What it is switched on for; of that it can be used for what `scopes` cover (`server/connections/capabilities.ts`). */
    capabilities: text("capabilities").array().notNull(),
    /** Of what is personal in a shared one, by its names at the mount's root, what everybody sees (`server/connections/personal-areas.ts`). */
    sharedAreas: text("shared_areas").array().notNull().default(sql`'{}'`),
    timeZone: text("time_zone").notNull(),
    mirrorPolicy: text("mirror_policy").$type<"titles" | "full">().notNull().default("titles"),
    lastSyncAt: at("last_sync_at"),
    createdAt: at("created_at").notNull().default(sql`now()`),
    /** Of a disconnect under way: who asked for it (null: the hub itself), until when somebody works on it, what the vendor answered. */
    endingBy: uuid("ending_by"),
    endingUntil: at("ending_until"),
    revocation: jsonb("revocation").$type<StoredRevocation>(),
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
    uniqueIndex("connection_account_shared")
      .on(table.workspaceId, table.integration, table.externalOrgId, table.externalAccountId)
      .where(sql`visibility = 'workspace'`),
    index("connection_external_account").on(table.integration, table.externalOrgId, table.externalAccountId),
    uniqueIndex("connection_mount_shared").on(table.workspaceId, table.mountName).where(sql`visibility = 'workspace'`),
    uniqueIndex("connection_mount_private").on(table.workspaceId, table.ownerId, table.mountName).where(sql`visibility = 'private'`),
    index("connection_ending").on(table.endingUntil).where(sql`status = 'disconnecting'`),
  ],
);

/**
 * The vault's rows. A ciphertext names its data key, and additional data binds it to this workspace, row and field; sealing it anew under
 * another data key leaves `version` as it is, because the token is the same. `version` decides which token answer wins; the lease only prevents double calls (`data.md` §10).
 */
export const connectionTokens = pgTable(
  "connection_token",
  {
    workspaceId: workspaceId(),
    connectionId: uuid("connection_id").notNull(),
    ownerId: uuid("owner_id"),
    version: integer("version").notNull().default(1),
    accessEnc: bytes("access_enc").notNull(),
    accessKeyVersion: dataKeyVersion("access_key_version", "access_enc"),
    refreshEnc: bytes("refresh_enc"),
    refreshKeyVersion: dataKeyVersion("refresh_key_version", "refresh_enc"),
    accessExpiresAt: at("access_expires_at"),
    refreshedAt: at("refreshed_at"),
    leaseBy: text("lease_by"),
    leaseUntil: at("lease_until"),
    intentAt: at("intent_at"),
    terminalError: text("terminal_error"),
    failures: integer("failures").notNull().default(0),
    backoffUntil: at("backoff_until"),
    refreshExpiresAt: at("refresh_expires_at"),
    /** When the hub looks after the token though nobody calls; null when there is nothing to look after. */
    keepAliveAt: at("keep_alive_at"),
  },
  (table) => [
    primaryKey({ columns: [table.workspaceId, table.connectionId] }),
    foreignKey({
      name: "connection_token_connection",
      columns: [table.workspaceId, table.connectionId],
      foreignColumns: [connections.workspaceId, connections.id],
    }).onDelete("cascade"),
    foreignKey({
      name: "connection_token_access_data_key",
      columns: [table.workspaceId, table.accessKeyVersion],
      foreignColumns: [workspaceKeys.workspaceId, workspaceKeys.version],
    }),
    foreignKey({
      name: "connection_token_refresh_data_key",
      columns: [table.workspaceId, table.refreshKeyVersion],
      foreignColumns: [workspaceKeys.workspaceId, workspaceKeys.version],
    }),
    index("connection_token_expiry").on(table.accessExpiresAt),
    index("connection_token_keep_alive").on(table.keepAliveAt),
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
    askedScopes: text("asked_scopes").array().notNull().default(sql`'{}'`),
    /** The connection that the consent is meant for; another account's answer is then asked about. Null for a plain one. */
    targetConnectionId: uuid("target_connection_id"),
    returnPath: text("return_path").notNull(),
    popup: boolean("popup").notNull(),
    status: text("status").$type<"pending" | "exchanging" | "asking" | "connected" | "denied" | "failed">().notNull().default("pending"),
    reason: text("reason"),
    connectionId: uuid("connection_id"),
    /** What was granted, sealed by the vault for this row, until the person has said what to do with it. */
    heldEnc: bytes("held_enc"),
    heldKeyVersion: dataKeyVersion("held_key_version", "held_enc"),
    /** Whose account that is: `Identity`, as the tool gave it. */
    heldIdentity: jsonb("held_identity"),
    createdAt: at("created_at").notNull().default(sql`now()`),
    expiresAt: at("expires_at").notNull(),
    consumedAt: at("consumed_at"),
  },
  (table) => [
    check("oauth_flow_visibility", sql`visibility in ('private', 'workspace')`),
    check("oauth_flow_status", sql`status in ('pending', 'exchanging', 'asking', 'connected', 'denied', 'failed')`),
    check(
      "oauth_flow_held",
      sql`(status <> 'asking' or held_enc is not null) and (held_enc is null or status in ('asking', 'exchanging', 'failed'))`,
    ),
    foreignKey({
      name: "oauth_flow_held_data_key",
      columns: [table.workspaceId, table.heldKeyVersion],
      foreignColumns: [workspaceKeys.workspaceId, workspaceKeys.version],
    }),
    index("oauth_flow_expiry").on(table.expiresAt),
    index("oauth_flow_held_until").on(table.expiresAt).where(sql`held_enc is not null`),
    index("oauth_flow_workspace").on(table.workspaceId, table.createdAt),
  ],
);

/**
 * A bucket a connection and method group (`group`, or `group|key` for a channel or a mailbox), shared by all processes. Leaky without
 * `windowSeconds`; with it, `spent[1]` is what slice number `slice` spent, a slice being a twentieth of the window, `spent[2]` the one
 * before. `tokens` is what was left at `at`, `refillPerSecond` the mean rate, 0 where only the calls at the same time are limited.
 * `blockedUntil` is set by the vendor's own answer; `peopleUntil` and `backgroundUntil` say that such a call waits its turn until then.
 */
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
    windowSeconds: doublePrecision("window_seconds"),
    spent: doublePrecision("spent").array(),
    slice: bigint("slice", { mode: "number" }),
    peopleUntil: at("people_until"),
    backgroundSince: at("background_since"),
    backgroundUntil: at("background_until"),
  },
  (table) => [
    primaryKey({ columns: [table.workspaceId, table.connectionId, table.group] }),
    check("rate_bucket_window", sql`(window_seconds is null) = (spent is null) and (spent is null) = (slice is null)`),
    foreignKey({
      name: "rate_bucket_connection",
      columns: [table.workspaceId, table.connectionId],
      foreignColumns: [connections.workspaceId, connections.id],
    }).onDelete("cascade"),
  ],
);

/** A call under way, of those that a vendor limits at the same time: goes when the call ends or, at the latest, at `leaseUntil`. */
export const rateSlots = pgTable(
  "rate_slot",
  {
    workspaceId: workspaceId(),
    connectionId: uuid("connection_id").notNull(),
    ownerId: uuid("owner_id"),
    group: text("method_group").notNull(),
    holder: uuid("holder").notNull(),
    leaseUntil: at("lease_until").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.workspaceId, table.connectionId, table.group, table.holder] }),
    foreignKey({
      name: "rate_slot_bucket",
      columns: [table.workspaceId, table.connectionId, table.group],
      foreignColumns: [rateBuckets.workspaceId, rateBuckets.connectionId, rateBuckets.group],
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
    actorKeyId: uuid("actor_key_id"),
    at: at("at").notNull(),
    /** False: the hub ended the attempt before anything left it. */
    sent: boolean("sent").notNull().default(true),
    /** A sentence of ours, where the tool gave no answer; null otherwise. */
    reason: text("reason"),
    /** The transaction that wrote the row: those who commit later have a higher one than the oldest under way. */
    writtenIn: bigint("written_in", { mode: "number" }).notNull().default(sql`pg_current_xact_id()::text::bigint`),
  },
  (table) => [
    // Ascending: `order by at desc, id desc` reads them backwards. (Drizzle's `.desc()` is NULLS LAST, which no plain DESC order can use.)
    // One read of what is shared and one of what is the reader's own: other people's private calls cost a list nothing.
    index("api_call_at").on(table.workspaceId, table.ownerId, table.at, table.id),
    index("api_call_connection").on(table.workspaceId, table.connectionId, table.at, table.id),
    index("api_call_call").on(table.workspaceId, table.callId, table.attempt),
    index("api_call_written").on(table.workspaceId, table.writtenIn, table.id),
    index("api_call_prune").on(table.workspaceId, table.at),
    index("api_call_failed").on(table.workspaceId, table.connectionId, table.at, table.id).where(sql`error_code is not null`),
  ],
);
