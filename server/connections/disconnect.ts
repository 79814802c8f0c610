import { setTimeout } from "node:timers/promises";
import { and, asc, eq, ne, sql } from "drizzle-orm";
import type { Database, Tx } from "@/db/client";
import { connections, type StoredRevocation } from "@/db/schema/connections";
import { scopeUserId, type WorkspaceScope } from "@/db/scope";
import type { IntegrationEnv } from "@/server/env";
import { HubError } from "@/server/errors";
import { encodeId } from "@/server/ids";
import type { Integration, IntegrationSettings, Manifest } from "@/server/integrations/contract";
import { findManifest } from "@/server/integrations/manifests";
import type { Log } from "@/server/log";
import type { Send } from "@/server/transport/send";
import { type ConnectionRow, getConnection } from "./connection-store";
import { mirrorTables, purgeTable } from "./purge";
import { type DisconnectReceipt, findReceipt, writeReceipt } from "./receipts";
import { reachWords, revokeAtVendor } from "./revocation";
import type { Tokens } from "./token-contract";
import { mountPath } from "./views";

/** Ending a connection: the tool's grant first, then everything that the connection brought here, and a receipt that stays. */

export interface DisconnectOptions {
  readonly db: Database;
  readonly tokens: Tokens;
  readonly findIntegration: (id: string) => Integration | null;
  readonly settingsOf: (manifest: Manifest) => IntegrationEnv;
  readonly sendFor: (integration: Integration, settings: IntegrationSettings) => Send;
  /** The hub's own scope in a workspace, which sees private rows. */
  readonly jobScopeOf: (workspaceId: string) => WorkspaceScope;
  readonly log: Log;
}

/**
 * Tables emptied before the connection's row goes, in batches; texts go with their nodes, tokens and buckets with the connection, by
 * foreign key. Plans and receipts are their people's alone, but of a connection that is ending a job meets all.
 */
const purgedTables = [...mirrorTables, "vfs_handle", "vfs_plan", "vfs_idempotency"] as const;

/** For so long a disconnect is its holder's alone, and one that broke off is taken up by a job after it. Longer than a revocation takes. */
const holdMs = 120_000;
/** How long someone who asks for a disconnect that is under way waits for its receipt, and how often they look. */
const waitMs = 10_000;
const lookMs = 200;

const held = () => sql`clock_timestamp() + make_interval(secs => ${holdMs}::float8 / 1000)`;
const connectionIs = (scope: WorkspaceScope, id: string) => and(eq(connections.workspaceId, scope.workspaceId), eq(connections.id, id));

/** The tool's name, as people know it. */
export function toolName(options: Pick<DisconnectOptions, "findIntegration">, id: string): string {
  return (findManifest(id) ?? options.findIntegration(id)?.manifest)?.name ?? id;
}

/**
 * Disconnects. The status becomes `disconnecting` first, so nothing new is read and no token is stored any more; asked again after an
 * interruption it goes on from there. Whatever the tool says to the revocation is in the receipt, and the hub forgets the tokens in any case.
 * ENOENT when the scope does not see the connection, EAGAIN when somebody else is still at it.
 */
export async function disconnect(options: DisconnectOptions, scope: WorkspaceScope, connectionId: string): Promise<DisconnectReceipt> {
  const { db } = options;
  const row = await db.withScope(scope, (tx) => take(tx, scope, connectionId));
  if (row === null) return awaitReceipt(db, scope, connectionId);
  // From here on as the hub: whoever asked, everything of the connection goes.
  const job = options.jobScopeOf(scope.workspaceId);
  const revoked = row.revocation ?? (await revokeAndForget(options, job, row, scope));
  let files = 0;
  for (const table of purgedTables) {
    await db.withScope(job, (tx) => tx.update(connections).set({ endingUntil: held() }).where(connectionIs(job, row.id)));
    const deleted = await purgeTable(db, job, connectionId, table);
    if (table === "vfs_node") files = deleted;
  }
  const receipt = await db.withScope(job, async (tx) => {
    const gone = await tx.delete(connections).where(connectionIs(job, row.id)).returning({ id: connections.id });
    // Someone who took it up after a pause of this process was here first; theirs is the receipt.
    if (gone.length > 0) await writeReceipt(tx, job, entryOf(options, row, revoked, files));
    return findReceipt(tx, job, connectionId);
  });
  if (receipt === null) throw new HubError("ENOENT", "There is no such connection.");
  return receipt;
}

/** Takes a connection's ending in hand, as the person who asked first; null when somebody else has it. */
async function take(tx: Tx, scope: WorkspaceScope, id: string): Promise<ConnectionRow | null> {
  await getConnection(tx, scope, id);
  const [row] = await tx
    .update(connections)
    .set({
      status: "disconnecting",
      statusSince: sql`case when ${connections.status} = 'disconnecting' then ${connections.statusSince} else clock_timestamp() end`,
      statusReason: null,
      endingBy: sql`coalesce(${connections.endingBy}, ${scopeUserId(scope)}::uuid)`,
      endingUntil: held(),
    })
    .where(
      and(
        connectionIs(scope, id),
        sql`(${connections.status} <> 'disconnecting' or ${connections.endingUntil} is null or ${connections.endingUntil} <= clock_timestamp())`,
      ),
    )
    .returning();
  return row ?? null;
}

/** The receipt that somebody else is about to write. */
async function awaitReceipt(db: Database, scope: WorkspaceScope, id: string): Promise<DisconnectReceipt> {
  for (const untilMs = performance.now() + waitMs; ; ) {
    const found = await db.withScope(scope, (tx) => findReceipt(tx, scope, id), { readOnly: true });
    if (found !== null) return found;
    if (performance.now() >= untilMs) break;
    await setTimeout(lookMs);
  }
  throw new HubError("EAGAIN", "This connection is being disconnected; it goes on by itself.", { retryAfterMs: waitMs });
}

/**
 * Ends the grant at the tool, then forgets the tokens, and keeps what the tool answered with the connection: whatever happens next, the hub
 * can no longer act as this account, and whoever goes on after an interruption knows what was proven. Connections of the same account that
 * the tool ended with it say so from here on.
 */
async function revokeAndForget(
  options: DisconnectOptions,
  job: WorkspaceScope,
  row: ConnectionRow,
  scope: WorkspaceScope,
): Promise<StoredRevocation> {
  const { db, tokens } = options;
  const integration = options.findIntegration(row.integration);
  const name = toolName(options, row.integration);
  const context = {
    workspaceId: job.workspaceId,
    connectionId: row.id,
    actor: { userId: row.endingBy, job: scope.actor.type === "job" ? scope.actor.name : null },
    path: null,
    priority: "person" as const,
  };
  const answer = await revokeAtVendor(
    { ...options, integration },
    { id: row.id, integration: row.integration, name },
    () => tokens.find(job, row.id),
    context,
  );
  const endsOthers = answer.outcome === "revoked" && integration?.oauth.revocationEnds === "account";
  const others = endsOthers ? await db.withScope(job, (tx) => listTogether(tx, job, row), { readOnly: true }) : [];
  const reason = `Another connection of this account was disconnected, and ${name} ends all of them at once. Connect ${name} again.`;
  for (const { id } of others) await tokens.end(job, id, reason);
  const revocation = { ...answer, alsoEnded: others.map(({ id, path }) => ({ id, path })) };
  await db.withScope(job, async (tx) => {
    await tokens.remove(tx, row.id);
    await tx.update(connections).set({ revocation }).where(connectionIs(job, row.id));
  });
  return revocation;
}

/** The other connections of the same account in the workspace, as far as the scope sees them; `path` is null for a private one. */
export async function listTogether(
  tx: Tx,
  scope: WorkspaceScope,
  row: Pick<ConnectionRow, "id" | "integration" | "externalAccountId">,
): Promise<readonly { readonly id: string; readonly path: string | null; readonly accountName: string }[]> {
  const rows = await tx
    .select({
      id: connections.id,
      visibility: connections.visibility,
      mountName: connections.mountName,
      accountName: connections.accountName,
    })
    .from(connections)
    .where(
      and(
        eq(connections.workspaceId, scope.workspaceId),
        eq(connections.integration, row.integration),
        eq(connections.externalAccountId, row.externalAccountId),
        ne(connections.id, row.id),
        ne(connections.status, "disconnecting"),
      ),
    )
    .orderBy(asc(connections.createdAt), asc(connections.id));
  return rows.map(({ visibility, mountName, ...rest }) => ({
    ...rest,
    path: visibility === "private" ? null : mountPath(visibility, mountName),
  }));
}

function entryOf(options: DisconnectOptions, row: ConnectionRow, revoked: StoredRevocation, files: number) {
  const name = toolName(options, row.integration);
  const paths = revoked.alsoEnded.flatMap(({ path }) => path ?? []);
  const reach = revoked.outcome === "revoked" ? reachWords(options.findIntegration(row.integration), name, paths) : "";
  const kept = `The hub deleted its tokens and ${files === 1 ? "one mirrored entry" : `${files} mirrored entries`}.`;
  return {
    connectionId: row.id,
    integration: row.integration,
    tool: name,
    visibility: row.visibility,
    ownerId: row.ownerId,
    account: row.accountName,
    askedBy: row.endingBy,
    revoked: { outcome: revoked.outcome, proof: revoked.proof, requestId: revoked.requestId },
    alsoEnded: revoked.alsoEnded.flatMap(({ id, path }) => (path === null ? [] : encodeId("connection", id))),
    files,
    summary: [revoked.proof, reach, kept].filter((part) => part !== "").join(" "),
  };
}
