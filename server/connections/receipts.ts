import { and, desc, eq, lt, or, sql } from "drizzle-orm";
import { z } from "zod";
import type { Tx } from "@/db/client";
import { users } from "@/db/schema/identity";
import { auditEvents } from "@/db/schema/workspaces";
import { scopeUserId, type WorkspaceScope } from "@/db/scope";
import { HubError } from "@/server/errors";
import { decodeId, encodeId, newId } from "@/server/ids";
import { isAtLeast } from "@/server/workspaces/roles";
import type { RevocationAnswer } from "./revocation";

/** What a disconnect leaves behind: an audit event that can be read again. */

export interface DisconnectReceipt {
  /** `con_…` */
  readonly connection: string;
  readonly integration: string;
  /** The tool's name. */
  readonly tool: string;
  /** Whose account it was; null for a private connection, whose account is its owner's business. */
  readonly account: string | null;
  readonly visibility: "private" | "workspace";
  /** ISO 8601. */
  readonly at: string;
  /** Who asked for it, `a former member` when they have left since; null when the hub did (its owner had left). */
  readonly by: string | null;
  /** What is known of the grant at the tool. `failed`: it could not be ended there; `proof` says what to do. */
  readonly revoked: RevocationAnswer;
  /** `con_…` of the connections of this workspace that ended with it at the tool. */
  readonly alsoEnded: readonly string[];
  /** How many entries of the mirror were deleted. */
  readonly purged: { readonly files: number };
  /** The same in a few sentences. */
  readonly summary: string;
}

const receiptAction = "connection.disconnected";

/** What a receipt is made of. */
export interface ReceiptEntry {
  readonly connectionId: string;
  readonly integration: string;
  readonly tool: string;
  readonly visibility: "private" | "workspace";
  readonly ownerId: string;
  readonly account: string;
  /** Who asked; null for the hub itself. */
  readonly askedBy: string | null;
  readonly revoked: RevocationAnswer;
  readonly alsoEnded: readonly string[];
  readonly files: number;
  readonly summary: string;
}

/** Writes the receipt, in the transaction that deletes the connection's row. A private connection's account is left out. */
export async function writeReceipt(tx: Tx, scope: WorkspaceScope, entry: ReceiptEntry): Promise<void> {
  const { revoked } = entry;
  await tx.insert(auditEvents).values({
    id: newId(),
    workspaceId: scope.workspaceId,
    actorUserId: entry.askedBy,
    actorJob: entry.askedBy === null && scope.actor.type === "job" ? scope.actor.name : null,
    action: receiptAction,
    subject: encodeId("connection", entry.connectionId),
    detail: {
      integration: entry.integration,
      tool: entry.tool,
      visibility: entry.visibility,
      revoked: revoked.outcome,
      proof: revoked.proof,
      requestId: revoked.requestId,
      alsoEnded: entry.alsoEnded.join(" "),
      files: entry.files,
      summary: entry.summary,
      ...(entry.visibility === "private" ? { owner: encodeId("user", entry.ownerId) } : { account: entry.account }),
    },
  });
}

const detailShape = z.object({
  integration: z.string(),
  visibility: z.enum(["private", "workspace"]),
  revoked: z.enum(["revoked", "already_revoked", "not_offered", "failed"]),
  // Receipts of the first version say less.
  tool: z.string().nullable().default(null),
  proof: z.string().default(""),
  requestId: z.string().nullable().default(null),
  alsoEnded: z.string().default(""),
  files: z.number(),
  summary: z.string().default(""),
  account: z.string().nullable().default(null),
});

const selection = {
  id: auditEvents.id,
  subject: auditEvents.subject,
  detail: auditEvents.detail,
  at: auditEvents.at,
  actorUserId: auditEvents.actorUserId,
  name: users.name,
  email: users.email,
};
interface ReceiptRow {
  readonly subject: string;
  readonly detail: unknown;
  readonly at: Date;
  readonly actorUserId: string | null;
  readonly name: string | null;
  readonly email: string | null;
}

function toReceipt({ subject, detail, at, actorUserId, name, email }: ReceiptRow): DisconnectReceipt {
  const { revoked, proof, requestId, alsoEnded, files, tool, ...rest } = detailShape.parse(detail);
  return {
    ...rest,
    tool: tool ?? rest.integration,
    connection: subject,
    at: at.toISOString(),
    by: name ?? email ?? (actorUserId === null ? null : "a former member"),
    revoked: { outcome: revoked, proof, requestId },
    alsoEnded: alsoEnded === "" ? [] : alsoEnded.split(" "),
    purged: { files },
  };
}

/** The receipts that the scope may read: the workspace's own; of private connections the person's own, and for admins all, without the account. */
function readable(scope: WorkspaceScope) {
  const own = encodeId("user", scopeUserId(scope) ?? scope.workspaceId);
  return and(
    eq(auditEvents.workspaceId, scope.workspaceId),
    sql`${auditEvents.action} = 'connection.disconnected'`,
    isAtLeast(scope.role, "admin")
      ? undefined
      : or(sql`${auditEvents.detail}->>'visibility' = 'workspace'`, sql`${auditEvents.detail}->>'owner' = ${own}`),
  );
}

/** The receipt of a connection that is gone, or null. */
export async function findReceipt(tx: Tx, scope: WorkspaceScope, connectionId: string): Promise<DisconnectReceipt | null> {
  const [row] = await tx
    .select(selection)
    .from(auditEvents)
    .leftJoin(users, eq(users.id, auditEvents.actorUserId))
    .where(and(readable(scope), eq(auditEvents.subject, encodeId("connection", connectionId))))
    .limit(1);
  return row === undefined ? null : toReceipt(row);
}

export interface ReceiptPage {
  readonly receipts: readonly DisconnectReceipt[];
  /** Where the next page begins; null at the end. */
  readonly cursor: string | null;
}

/** Microseconds since 1970 and the event's id: a timestamp of JavaScript would be too coarse to stand between two rows. */
const cursorShape = z.tuple([z.string().regex(/^\d{1,16}$/), z.uuid()]);

function readCursor(cursor: string): { micros: string; id: string } {
  try {
    const [micros, id] = cursorShape.parse(JSON.parse(Buffer.from(cursor, "base64url").toString("utf8")));
    return { micros, id };
  } catch (cause) {
    throw new HubError("EINVAL", "This cursor is none of the list's; start again without one.", { cause });
  }
}

/** The receipts, newest first. EINVAL for a cursor that is none of this list's. */
export async function listReceipts(
  tx: Tx,
  scope: WorkspaceScope,
  page: { readonly cursor?: string | undefined; readonly limit: number },
): Promise<ReceiptPage> {
  const after = page.cursor === undefined ? null : readCursor(page.cursor);
  const at = sql`'epoch'::timestamptz + ${after?.micros ?? "0"}::bigint * interval '1 microsecond'`;
  const rows = await tx
    .select({ ...selection, micros: sql<string>`(extract(epoch from ${auditEvents.at}) * 1000000)::bigint::text` })
    .from(auditEvents)
    .leftJoin(users, eq(users.id, auditEvents.actorUserId))
    .where(
      and(
        readable(scope),
        after === null ? undefined : or(lt(auditEvents.at, at), and(eq(auditEvents.at, at), lt(auditEvents.id, after.id))),
      ),
    )
    .orderBy(desc(auditEvents.at), desc(auditEvents.id))
    .limit(page.limit + 1);
  const shown = rows.slice(0, page.limit);
  const last = shown.at(-1);
  return {
    receipts: shown.map(toReceipt),
    cursor:
      rows.length > page.limit && last !== undefined ? Buffer.from(JSON.stringify([last.micros, last.id])).toString("base64url") : null,
  };
}

/** The receipt of `con_…`. ENOENT when there is none that the scope may read. */
export async function getReceipt(tx: Tx, scope: WorkspaceScope, connection: string): Promise<DisconnectReceipt> {
  const receipt = await findReceipt(tx, scope, decodeId("connection", connection));
  if (receipt === null) throw new HubError("ENOENT", "There is no such receipt.");
  return receipt;
}
