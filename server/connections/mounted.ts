import type { Database } from "@/db/client";
import { scopeUserId, type WorkspaceScope } from "@/db/scope";
import type { IntegrationEnv } from "@/server/env";
import { HubError } from "@/server/errors";
import { encodeId } from "@/server/ids";
import type { ConnectionStatus } from "@/server/integrations/catalogue";
import type { Integration, IntegrationSettings, Manifest } from "@/server/integrations/contract";
import type { Send, TokenSource } from "@/server/transport/send";
import type { ToolMount } from "@/server/vfs/tool-mount";
import { type GrantedUse, usableCapabilities } from "./capabilities";
import { type ConnectionRecord, listConnections } from "./connection-store";
import { listPendingFlows } from "./flow-store";
import { isOwner, unsharedAreas } from "./personal-areas";
import type { Tokens } from "./token-contract";
import { catalogueStatus, connectionStatus, isUsable, mountPath } from "./views";

/** What the file system needs of connections: the tools a scope sees, each with a mount that speaks with the connection's own token. */

export interface MountedConnection {
  /** The connection's uuid. */
  readonly id: string;
  /** `con_…` */
  readonly publicId: string;
  readonly manifest: Manifest;
  /** `/context/tools/linear`, or `/context/user/tools/linear`. */
  readonly path: string;
  readonly mountName: string;
  readonly visibility: "private" | "workspace";
  /** The uuid that its private rows carry; null for a shared connection. */
  readonly ownerId: string | null;
  readonly status: ConnectionStatus;
  /** Whether calls still go through: also while it has to be connected again, until its access ends. */
  readonly usable: boolean;
  readonly accountName: string;
  readonly accountEmail: string | null;
  readonly orgName: string | null;
  readonly timeZone: string;
  readonly mirrorPolicy: "titles" | "full";
  /** The names at its root that only who connected it sees: personal, and not shared by name. */
  readonly personal: readonly string[];
  /** Whether the scope is who connected it. */
  readonly isOwner: boolean;
  readonly capabilities: readonly string[];
  /** What its row says: switched on, and granted. */
  readonly use: GrantedUse;
  /** Null when the hub cannot call the tool at all: its connector or its credentials are gone. */
  readonly tool: { readonly mount: ToolMount; readonly send: Send } | null;
}

/** A tool of the catalogue that nobody in this scope's view connected. */
export interface UnconnectedTool {
  readonly path: string;
  readonly manifest: Manifest;
  readonly status: ConnectionStatus;
}

export interface MountedTools {
  readonly connections: readonly MountedConnection[];
  readonly unconnected: readonly UnconnectedTool[];
}

export interface MountedOptions {
  readonly db: Database;
  readonly tokens: Tokens;
  readonly manifests: readonly Manifest[];
  readonly findIntegration: (id: string) => Integration | null;
  readonly settingsOf: (manifest: Manifest) => IntegrationEnv;
  /** Transport with the token layer. */
  readonly sendFor: (integration: Integration, settings: IntegrationSettings, token: TokenSource) => Send;
  readonly now: () => Date;
}

export interface Mounted {
  /** Everything that stands under `tools` for the scope. One statement where every tool is connected. */
  list(scope: WorkspaceScope): Promise<MountedTools>;
  /** The connection's authorised `Send`. ENOENT outside the scope's view, ENOTCONN when it cannot be used. */
  authorizedSend(scope: WorkspaceScope, connectionId: string): Promise<Send>;
  /** The names at a connection's root that hold a person's own things, shared or not; none where the hub cannot call the tool. */
  personalNames(record: ConnectionRecord): readonly string[];
}

/** Mounts and their sends are kept between requests, the least recently used first out. */
const keptAtMost = 1000;

/** Keeps each connection's mount and authorised `Send` between requests; a reconnection with other scopes gets new ones. */
export function createMounted(options: MountedOptions): Mounted {
  const kept = new Map<string, { mount: ToolMount; send: Send }>();

  const toolOf = (
    { row }: ConnectionRecord,
    integration: Integration | null,
    capabilities: readonly string[],
  ): MountedConnection["tool"] => {
    if (integration === null) return null;
    const environment = options.settingsOf(integration.manifest);
    if (!environment.configured) return null;
    // Everything that the mount was made of is in the key, so a reconnection with other scopes is another mount.
    const key = JSON.stringify([row.id, capabilities, row.externalAccountId, row.externalOrgId]);
    const held = kept.get(key);
    if (held !== undefined) {
      kept.delete(key);
      kept.set(key, held);
      return held;
    }
    const { settings } = environment;
    const token = options.tokens.sourceFor({ connectionId: row.id, workspaceId: row.workspaceId, integration, settings });
    const send = options.sendFor(integration, settings, token);
    const identity = { accountId: row.externalAccountId, orgId: row.externalOrgId };
    const tool = { send, mount: integration.mount({ send, settings, capabilities, identity }) };
    kept.set(key, tool);
    for (const oldest of kept.keys()) {
      if (kept.size <= keptAtMost) break;
      kept.delete(oldest);
    }
    return tool;
  };

  const mountedOf = (scope: WorkspaceScope, record: ConnectionRecord, manifest: Manifest): MountedConnection => {
    const { row } = record;
    const capabilities = usableCapabilities(manifest, row);
    const tool = toolOf(record, options.findIntegration(row.integration), capabilities);
    return {
      id: row.id,
      publicId: encodeId("connection", row.id),
      manifest,
      path: mountPath(row.visibility, row.mountName),
      mountName: row.mountName,
      visibility: row.visibility,
      ownerId: row.visibility === "private" ? row.ownerId : null,
      status: connectionStatus(record, manifest, scope.slug, options.now()),
      usable: isUsable(record, options.now()),
      accountName: row.accountName,
      accountEmail: row.accountEmail,
      orgName: row.orgName,
      timeZone: row.timeZone,
      mirrorPolicy: row.mirrorPolicy,
      personal: unsharedAreas(row, tool?.mount.description.personal ?? []),
      isOwner: isOwner(row, scope),
      capabilities,
      use: { capabilities: row.capabilities, scopes: row.scopes },
      tool,
    };
  };

  const manifestOf = (id: string): Manifest | undefined =>
    options.manifests.find((manifest) => manifest.id === id) ?? options.findIntegration(id)?.manifest;

  return {
    async list(scope) {
      const at = options.now();
      const userId = scopeUserId(scope);
      const { records, pending } = await options.db.withScope(
        scope,
        async (tx) => {
          const found = await listConnections(tx, scope);
          // A consent is looked for only where a tool waits for one, so that calls on connected tools stay one statement.
          const waits = options.manifests.some(({ available, id }) => available && !found.some(({ row }) => row.integration === id));
          return { records: found, pending: waits && userId !== null ? await listPendingFlows(tx, scope, userId, at) : [] };
        },
        { readOnly: true },
      );
      const connections = records.flatMap((record) => {
        const manifest = manifestOf(record.row.integration);
        return manifest === undefined || record.row.status === "disconnecting" ? [] : [mountedOf(scope, record, manifest)];
      });
      const taken = new Set(connections.map((connection) => connection.path));
      const unconnected = options.manifests
        .filter((manifest) => !taken.has(manifest.vfsPath))
        .map((manifest) => ({
          path: manifest.vfsPath,
          manifest,
          status: catalogueStatus({
            slug: scope.slug,
            manifest,
            environment: options.settingsOf(manifest),
            pendingSince: pending.find((flow) => flow.integration === manifest.id)?.createdAt ?? null,
          }),
        }));
      return { connections, unconnected };
    },

    personalNames(record) {
      const manifest = manifestOf(record.row.integration);
      const capabilities = manifest === undefined ? [] : usableCapabilities(manifest, record.row);
      return toolOf(record, options.findIntegration(record.row.integration), capabilities)?.mount.description.personal ?? [];
    },

    async authorizedSend(scope, connectionId) {
      const [record] = await options.db.withScope(scope, (tx) => listConnections(tx, scope, connectionId), { readOnly: true });
      const manifest = record === undefined ? undefined : manifestOf(record.row.integration);
      if (record === undefined || manifest === undefined) throw new HubError("ENOENT", "There is no such connection.");
      const { tool, status, usable } = mountedOf(scope, record, manifest);
      if (tool === null || !usable) {
        const actionUrl = status.actionUrl === null ? {} : { actionUrl: status.actionUrl };
        throw new HubError("ENOTCONN", status.reason, actionUrl);
      }
      return tool.send;
    },
  };
}
