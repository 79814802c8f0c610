import type { WorkspaceScope } from "@/db/scope";
import { scopeUserId } from "@/db/scope";
import type { IntegrationEnv } from "@/server/env";
import { encodeId } from "@/server/ids";
import type { CapabilityState, CatalogueEntry, ConnectionStatus, ConnectionView } from "@/server/integrations/catalogue";
import type { Manifest } from "@/server/integrations/contract";
import { listCapabilities } from "@/server/integrations/manifests";
import type { ConnectionRecord } from "./connection-store";

/** What people and programs see of connections: one status in words for the card, for `stat` and for the API. */

const listWords = (words: readonly string[]): string =>
  words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;

/** Where a person mends a connection. */
const integrationUrl = (slug: string, integration: string): string => `/${slug}/integrations/${integration}`;

/** The path at which a connection stands for those who see it. */
export const mountPath = (visibility: "private" | "workspace", mountName: string): string =>
  visibility === "private" ? `/context/user/tools/${mountName}` : `/context/tools/${mountName}`;

/** The status of one connection, the most pressing thing first. */
export function connectionStatus(record: ConnectionRecord, manifest: Manifest, slug: string, now: Date): ConnectionStatus {
  const { row, token, blockedUntil } = record;
  const since = row.statusSince.toISOString();
  const actionUrl = integrationUrl(slug, manifest.id);
  if (row.status === "disconnecting") {
    return {
      state: "disconnecting",
      since,
      reason: row.statusReason ?? "Being disconnected; disconnect again if it does not end.",
      actionUrl,
    };
  }
  if (row.status === "reauth_required" || token === null || token.terminal) {
    const reason = row.statusReason ?? `${manifest.name} no longer accepts this connection's authorization. Connect it again.`;
    return { state: "reauth_required", since, reason, actionUrl };
  }
  if (row.status === "failed") {
    return { state: "failed", since, reason: row.statusReason ?? `${manifest.name} does not answer as expected.`, actionUrl };
  }
  const missing = manifest.oauth.scopes.filter((scope) => !row.scopes.includes(scope));
  if (missing.length > 0) {
    const reason = `${manifest.name} did not grant ${listWords(missing)}, so some of it cannot be used. Connect again to grant it.`;
    return { state: "missing_scope", since, reason, actionUrl };
  }
  if (blockedUntil !== null && blockedUntil > now) {
    const seconds = Math.ceil((blockedUntil.getTime() - now.getTime()) / 1000);
    const reason = `${manifest.name} allows no more calls for another ${seconds} s; it works again by itself.`;
    return { state: "limited", since: now.toISOString(), reason, actionUrl: null };
  }
  return { state: "connected", since, reason: `Connected as ${row.accountName}.`, actionUrl: null };
}

/**
 * Each capability, given those that connections may be used for (null without a connection). One that was not ticked is `missing_scope`
 * like one that was not granted: connecting again with it ticked switches it on. `webhooks` are not received by this version of the hub.
 */
export function capabilityStates(manifest: Manifest, usable: readonly string[] | null): Record<string, CapabilityState> {
  const stateOf = (capability: string): CapabilityState => {
    if (!manifest.available) return "not_available_yet";
    if (usable === null) return "not_connected";
    return usable.includes(capability) ? "granted" : "missing_scope";
  };
  return {
    ...Object.fromEntries(listCapabilities(manifest).map((capability) => [capability, stateOf(capability)])),
    webhooks: "not_available_yet",
  };
}

/** A connection as the catalogue, the API and the pages show it. Holds no token, nor anything made of one. */
export function connectionView(scope: WorkspaceScope, record: ConnectionRecord, manifest: Manifest, now: Date): ConnectionView {
  const { row, token } = record;
  return {
    id: encodeId("connection", row.id),
    integration: row.integration,
    mountName: row.mountName,
    path: mountPath(row.visibility, row.mountName),
    visibility: row.visibility,
    mine: row.ownerId === scopeUserId(scope),
    status: connectionStatus(record, manifest, scope.slug, now),
    accountName: row.accountName,
    accountEmail: row.accountEmail,
    orgName: row.orgName,
    scopes: row.scopes,
    capabilities: row.capabilities,
    capabilityStates: capabilityStates(manifest, row.capabilities),
    timeZone: row.timeZone,
    connectedAt: row.createdAt.toISOString(),
    connectedBy: record.ownerName ?? "a former member",
    lastSync: row.lastSyncAt?.toISOString() ?? null,
    tokenExpiresAt: token?.expiresAt?.toISOString() ?? null,
    tokenRefreshedAt: token?.refreshedAt?.toISOString() ?? null,
    renews: token?.renews ?? false,
  };
}

/** Which of several connections' states the card shows: what needs a person first. */
const pressing: readonly ConnectionStatus["state"][] = [
  "reauth_required",
  "failed",
  "missing_scope",
  "limited",
  "disconnecting",
  "syncing",
  "connected",
];

/** States in which a connection still serves its files. */
const live: ReadonlySet<ConnectionStatus["state"]> = new Set(["connected", "syncing", "limited", "missing_scope"]);

export interface EntryOptions {
  readonly scope: WorkspaceScope;
  readonly manifest: Manifest;
  /** What the environment says of it. */
  readonly environment: IntegrationEnv;
  readonly connections: readonly ConnectionView[];
  /** When the person's newest waiting consent for it was started. */
  readonly pendingSince: Date | null;
}

function entryStatus(options: EntryOptions): ConnectionStatus {
  const worst = pressing
    .map((state) => options.connections.find((connection) => connection.status.state === state)?.status)
    .find((status) => status !== undefined);
  return worst ?? catalogueStatus({ ...options, slug: options.scope.slug });
}

/** The status of a tool without a connection. */
export function catalogueStatus(options: {
  readonly slug: string;
  readonly manifest: Manifest;
  readonly environment: IntegrationEnv;
  readonly pendingSince: Date | null;
}): ConnectionStatus {
  const { slug, manifest, environment, pendingSince } = options;
  const actionUrl = integrationUrl(slug, manifest.id);
  if (!environment.configured) {
    return {
      state: "not_configured",
      since: null,
      reason: `Waits for ${listWords(environment.missingVariables)} in the hub's environment.`,
      actionUrl: null,
      missingVariables: environment.missingVariables,
    };
  }
  if (pendingSince !== null) {
    const reason = `Waits for your consent at ${manifest.name}.`;
    return { state: "connecting", since: pendingSince.toISOString(), reason, actionUrl };
  }
  const reason = manifest.available ? "Not connected." : `${manifest.name} is not available yet.`;
  return { state: "disconnected", since: null, reason, actionUrl: manifest.available ? actionUrl : null };
}

/** The catalogue entry of one integration for the workspace and person that ask. */
export function catalogueEntry(options: EntryOptions): CatalogueEntry {
  const { manifest, environment, connections } = options;
  const alive = connections.filter((connection) => live.has(connection.status.state));
  const usable = connections.length === 0 ? null : connections.flatMap((connection) => connection.capabilities);
  return {
    id: manifest.id,
    name: manifest.name,
    description: manifest.description,
    category: manifest.category,
    icon: manifest.icon,
    gradient: manifest.gradient,
    connected: alive.length > 0,
    connectionDate: connections.map((connection) => connection.connectedAt).sort()[0] ?? null,
    lastSync: connections.flatMap((connection) => connection.lastSync ?? []).sort()[0] ?? null,
    status: entryStatus(options),
    available: manifest.available,
    oauth: {
      authUrl: manifest.oauth.authUrl,
      tokenUrl: manifest.oauth.tokenUrl,
      clientId: environment.configured ? environment.settings.clientId : environment.clientId,
      scopes: manifest.oauth.scopes,
      redirectUri: environment.configured ? environment.settings.redirectUri : environment.redirectUri,
    },
    vfsPath: manifest.vfsPath,
    capabilities: manifest.capabilities,
    capabilityStates: capabilityStates(manifest, usable),
    actsAs: manifest.actsAs,
    connections,
  };
}
