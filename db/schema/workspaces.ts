import { sql } from "drizzle-orm";
import { check, index, integer, jsonb, pgTable, primaryKey, text, timestamp, uuid } from "drizzle-orm/pg-core";
import type { Role } from "../scope";
import { users } from "./identity";

const at = (name: string) => timestamp(name, { withTimezone: true, mode: "date" });

export const workspaces = pgTable(
  "workspace",
  {
    id: uuid("id").primaryKey(),
    slug: text("slug").notNull().unique(),
    name: text("name").notNull(),
    createdAt: at("created_at").notNull().default(sql`now()`),
    /** Since when no call to any tool leaves for this workspace; null while they may. */
    stoppedAt: at("stopped_at"),
    stoppedBy: uuid("stopped_by").references(() => users.id, { onDelete: "set null" }),
    /** Since when it is being deleted; from then on it is found by nobody. */
    deletingAt: at("deleting_at"),
    /** Days that the call log is kept; null: the hub's default. */
    callLogDays: integer("call_log_days"),
  },
  () => [
    check("workspace_slug", sql`slug ~ '^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$'`),
    check("workspace_call_log_days", sql`call_log_days between 1 and 365`),
  ],
);

const workspaceId = () =>
  uuid("workspace_id")
    .notNull()
    .references(() => workspaces.id, { onDelete: "cascade" });

export const members = pgTable(
  "member",
  {
    workspaceId: workspaceId(),
    userId: uuid("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    role: text("role").$type<Role>().notNull(),
    joinedAt: at("joined_at").notNull().default(sql`now()`),
  },
  (table) => [
    primaryKey({ columns: [table.workspaceId, table.userId] }),
    index("member_user").on(table.userId),
    check("member_role", sql`role in ('viewer', 'member', 'admin', 'owner')`),
  ],
);

/** A single-use link; only the SHA-256 of its token is kept. */
export const invitations = pgTable(
  "invitation",
  {
    id: uuid("id").primaryKey(),
    workspaceId: workspaceId(),
    role: text("role").$type<Role>().notNull(),
    tokenHash: text("token_hash").notNull().unique(),
    invitedBy: uuid("invited_by").references(() => users.id, { onDelete: "set null" }),
    createdAt: at("created_at").notNull().default(sql`now()`),
    expiresAt: at("expires_at").notNull(),
    acceptedBy: uuid("accepted_by").references(() => users.id, { onDelete: "set null" }),
    acceptedAt: at("accepted_at"),
  },
  (table) => [
    index("invitation_workspace").on(table.workspaceId, table.createdAt),
    check("invitation_role", sql`role in ('viewer', 'member', 'admin', 'owner')`),
  ],
);

/** Who did what in the workspace; `detail` holds names and ids, never contents. */
export const auditEvents = pgTable(
  "audit_event",
  {
    id: uuid("id").primaryKey(),
    workspaceId: workspaceId(),
    actorUserId: uuid("actor_user_id"),
    actorJob: text("actor_job"),
    /** An API key; its name is in `api_key`, whose rows stay when the key is revoked. */
    actorKeyId: uuid("actor_key_id"),
    action: text("action").notNull(),
    subject: text("subject").notNull(),
    detail: jsonb("detail").$type<Record<string, string | number | boolean | null>>().notNull().default({}),
    at: at("at").notNull().default(sql`now()`),
  },
  (table) => [
    index("audit_event_at").on(table.workspaceId, table.at, table.id),
    index("audit_event_prune").on(table.at),
    index("audit_event_receipt").on(table.workspaceId, table.at, table.id).where(sql`action = 'connection.disconnected'`),
  ],
);

/** What an API key may do: `read` looks, `read_write` also changes files. */
export const keyAccesses = ["read", "read_write"] as const;
export type KeyAccess = (typeof keyAccesses)[number];

/** The workspace's API keys; only the SHA-256 of a key is kept. A revoked one stays, so that the logs can name it. */
export const apiKeys = pgTable(
  "api_key",
  {
    id: uuid("id").primaryKey(),
    workspaceId: workspaceId(),
    name: text("name").notNull(),
    access: text("access").$type<KeyAccess>().notNull(),
    keyHash: text("key_hash").notNull().unique(),
    /** Its last four characters, by which people tell keys apart. */
    hint: text("hint").notNull(),
    createdBy: uuid("created_by").references(() => users.id, { onDelete: "set null" }),
    createdAt: at("created_at").notNull().default(sql`now()`),
    /** To the minute. */
    lastUsedAt: at("last_used_at"),
    revokedAt: at("revoked_at"),
  },
  (table) => [
    index("api_key_workspace").on(table.workspaceId, table.createdAt),
    check("api_key_access", sql`access in ('read', 'read_write')`),
  ],
);
