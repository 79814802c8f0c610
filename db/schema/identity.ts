import { sql } from "drizzle-orm";
import { index, integer, jsonb, pgTable, primaryKey, text, timestamp, uniqueIndex, uuid } from "drizzle-orm/pg-core";

/**
 * People, outside any workspace: the tables Auth.js's adapter needs, reached under the role `hub_auth` only. Session and verification
 * tokens are kept as SHA-256, so a copy of the database signs nobody in.
 */

const at = (name: string) => timestamp(name, { withTimezone: true, mode: "date" });

export const users = pgTable(
  "user",
  {
    id: uuid("id").primaryKey(),
    name: text("name"),
    email: text("email").notNull().unique(),
    emailVerified: at("email_verified"),
    image: text("image"),
    createdAt: at("created_at").notNull().default(sql`now()`),
  },
  // One person an address, however it is capitalised.
  (table) => [uniqueIndex("user_email_lower").on(sql`lower(${table.email})`)],
);

/** A link to an OIDC identity. No token of it is kept: signing in needs none. */
export const accounts = pgTable(
  "account",
  {
    userId: uuid("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    type: text("type").notNull(),
    provider: text("provider").notNull(),
    providerAccountId: text("provider_account_id").notNull(),
  },
  (table) => [primaryKey({ columns: [table.provider, table.providerAccountId] }), index("account_by_user").on(table.userId)],
);

export const sessions = pgTable(
  "session",
  {
    sessionToken: text("session_token_hash").primaryKey(),
    userId: uuid("user_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    expires: at("expires").notNull(),
  },
  (table) => [index("session_by_user").on(table.userId), index("session_expires").on(table.expires)],
);

export const verificationTokens = pgTable(
  "verification_token",
  { identifier: text("identifier").notNull(), token: text("token_hash").notNull(), expires: at("expires").notNull() },
  (table) => [primaryKey({ columns: [table.identifier, table.token] }), index("verification_token_expires").on(table.expires)],
);

/** Counts sign-in attempts in fixed windows; `key` is a hash of the address or of the e-mail, never either itself. */
export const signInAttempts = pgTable(
  "sign_in_attempt",
  { key: text("key").notNull(), windowStart: at("window_start").notNull(), count: integer("count").notNull() },
  (table) => [uniqueIndex("sign_in_attempt_key").on(table.key, table.windowStart), index("sign_in_attempt_window").on(table.windowStart)],
);

/** What came of one connection of a workspace that was deleted, in words that name no account. */
export interface DeletionReceipt {
  /** `con_…` */
  readonly connection: string;
  /** The tool's name. */
  readonly tool: string;
  readonly revoked: string;
  readonly proof: string;
  readonly requestId: string | null;
  /** ISO 8601. */
  readonly at: string;
}

/** What a person keeps of a workspace that they deleted: how far it is, and what became of its connections. Outlives the workspace. */
export const workspaceDeletions = pgTable(
  "workspace_deletion",
  {
    /** The workspace's. */
    id: uuid("id").primaryKey(),
    userId: uuid("user_id").references(() => users.id, { onDelete: "set null" }),
    name: text("name").notNull(),
    requestedAt: at("requested_at").notNull().default(sql`now()`),
    finishedAt: at("finished_at"),
    /** Until when somebody works on it. */
    heldUntil: at("held_until"),
    /** How many connections there were. */
    connections: integer("connections").notNull().default(0),
    /** How many rows were deleted so far. */
    erased: integer("erased").notNull().default(0),
    receipts: jsonb("receipts").$type<readonly DeletionReceipt[]>().notNull().default([]),
  },
  (table) => [index("workspace_deletion_requested").on(table.requestedAt)],
);
