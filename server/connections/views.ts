import type { WorkspaceScope } from "@/db/scope";
import { scopeUserId } from "@/db/scope";
import type { IntegrationEnv } from "@/server/env";
import { encodeId } from "@/server/ids";
import type { CapabilityState, CapabilitySwitch, CatalogueEntry, ConnectionStatus, ConnectionView } from "@/server/integrations/catalogue";
import type { Manifest } from "@/server/integrations/contract";
import { listCapabilities, missingScopes, scopesToAsk } from "@/server/integrations/manifests";
import type { AccessStop } from "@/server/workspaces/access";
import { type GrantedUse, missingConsents, scopesOfConsent, usableCapabilities } from "./capabilities";
import { type ConnectionRecord, type ConnectionRow, isAlive } from "./connection-store";
import { tokenWords } from "./health";

/** What people and programs see of connections: one status in words for the card, for `stat` and for the API. */

const listWords = (words: readonly string[]): string =>
  words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;

/** Where a person mends a connection. */
const integrationUrl = (slug: string, integration: string): string => `/${slug}/integrations/${integration}`;

/** The page that offers exactly the consent which mends this connection, or switches these capabilities of it on; it asks before it starts. */
export function consentUrl(
  slug: string,
  { id, integration }: Pick<ConnectionRow, "id" | "integration">,
  enable: readonly string[] = [],
): string {
  const query = new URLSearchParams([["connection", encodeId("connection", id)], ...enable.map((capability) => ["enable", capability])]);
  return `${integrationUrl(slug, integration)}?${query}`;
}

/** The path at which a connection stands for those who see it. */
export const mountPath = (visibility: "private" | "workspace", mountName: string): string =>
  visibility === "private" ? `/context/user/tools/${mountName}` : `/context/tools/${mountName}`;

/** A stop in words: by whom, when, and that nothing is lost. */
function stopWords({ at, by }: AccessStop): string {
  const when = `${at.slice(0, 10)} at ${at.slice(11, 16)} UTC`;
  return `${by ?? "A former member"} stopped all access to tools on ${when}. An admin can resume it in the settings.`;
}

/** Whether calls still go through: who has to connect again may call until the access ends, if it is not known to have ended. */
export function isUsable({ row, token, stop }: ConnectionRecord, now: Date): boolean {
  if (token === null || stop !== null || row.status === "disconnecting") return false;
  const waitsForPerson = row.status === "reauth_required" || token.terminal;
  return !waitsForPerson || token.expiresAt === null || token.expiresAt > now;
}

/** Until when a connection that has to be connected again still works, by the clock of the account's place. */
function lastsWords({ row, token }: ConnectionRecord, now: Date): string {
  const until = token?.expiresAt;
  if (until === null || until === undefined) return "It may still work for a while; connect it again before it stops.";
  const isSoon = until.getTime() - now.getTime() < 12 * 3_600_000;
  const time = new Intl.DateTimeFormat("en-GB", {
    timeZone: row.timeZone,
    ...(isSoon ? {} : { day: "numeric", month: "short" }),
    hour: "2-digit",
    minute: "2-digit",
    timeZoneName: "short",
  }).format(until);
  return `It still works until ${time}; connect it again before then.`;
}

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
  if (record.stop !== null) {
    return { state: "stopped", since: record.stop.at, reason: stopWords(record.stop), actionUrl: `/${slug}/settings` };
  }
  if (row.status === "reauth_required" || token === null || token.terminal) {
    const why = row.statusReason ?? `${manifest.name} no longer accepts this connection's authorization. Connect it again.`;
    const reason = isUsable(record, now) ? `${why} ${lastsWords(record, now)}` : why;
    return { state: "reauth_required", since, reason, actionUrl: consentUrl(slug, row) };
  }
  if (row.status === "failed") {
    return { state: "failed", since, reason: row.statusReason ?? `${manifest.name} does not answer as expected.`, actionUrl };
  }
  const missing = missingConsents(manifest, row);
  if (missing.length > 0) {
    const scopes = [...new Set(missing.flatMap((consent) => consent.scopes))];
    const words = missing.map(({ capability }) => capabilityWords(capability));
    const reason = `${manifest.name} did not grant ${listWords(scopes)}, which it takes to ${listWords(words)}. The rest works.`;
    const enable = missing.map(({ capability }) => capability);
    return { state: "missing_scope", since, reason, actionUrl: consentUrl(slug, row, enable) };
  }
  if (blockedUntil !== null && blockedUntil > now) {
    const seconds = Math.ceil((blockedUntil.getTime() - now.getTime()) / 1000);
    const reason = `${manifest.name} allows no more calls for another ${seconds} s; it works again by itself.`;
    return { state: "limited", since: now.toISOString(), reason, actionUrl: null };
  }
  return { state: "connected", since, reason: `Connected as ${row.accountName}.`, actionUrl: null };
}

/** `write comments` of `write:comments`. */
const capabilityWords = (capability: string): string => capability.replace(":", " ");

/**
 * Each capability of one connection: one that is switched off is `not_connected`, one that is switched on and not granted `missing_scope`.
 * Without a connection every one is `not_connected`. `webhooks` are not received by this version of the hub.
 */
export function capabilityStates(manifest: Manifest, use: GrantedUse | null): Record<string, CapabilityState> {
  const usable = use === null ? [] : usableCapabilities(manifest, use);
  const stateOf = (capability: string): CapabilityState => {
    if (!manifest.available) return "not_available_yet";
    if (usable.includes(capability)) return "granted";
    return use?.capabilities.includes(capability) === true ? "missing_scope" : "not_connected";
  };
  return {
    ...Object.fromEntries(listCapabilities(manifest).map((capability) => [capability, stateOf(capability)])),
    webhooks: "not_available_yet",
  };
}

/** The same over all of a tool's connections: what any of them can is granted, what any of them lacks is missing. */
function sharedStates(manifest: Manifest, connections: readonly ConnectionView[]): Record<string, CapabilityState> {
  const states = capabilityStates(manifest, null);
  const among = (capability: string, state: CapabilityState) => connections.some((one) => one.capabilityStates[capability] === state);
  for (const capability of listCapabilities(manifest)) {
    const state = (["granted", "missing_scope"] as const).find((wanted) => among(capability, wanted));
    if (state !== undefined) states[capability] = state;
  }
  return states;
}

/** Each capability's switch: whether it is on, and which consent it waits for. */
function switchesOf(manifest: Manifest, use: GrantedUse & { readonly isAlive: boolean }): Record<string, CapabilitySwitch> {
  const switchOf = (capability: string): CapabilitySwitch => {
    const missing = missingScopes(manifest, capability, use.scopes);
    const asks = missing.length === 0 && use.isAlive ? [] : scopesOfConsent(manifest, use, [capability]);
    return { on: use.capabilities.includes(capability), missing, asks };
  };
  return Object.fromEntries(listCapabilities(manifest).map((capability) => [capability, switchOf(capability)]));
}

/** A connection as the catalogue, the API and the pages show it. Holds no token, nor anything made of one. */
export function connectionView(scope: WorkspaceScope, record: ConnectionRecord, manifest: Manifest, now: Date): ConnectionView {
  const { row, token } = record;
  const use = { ...row, isAlive: isAlive(record) };
  return {
    id: encodeId("connection", row.id),
    integration: row.integration,
    mountName: row.mountName,
    path: mountPath(row.visibility, row.mountName),
    visibility: row.visibility,
    mine: row.ownerId === scopeUserId(scope),
    status: connectionStatus(record, manifest, scope.slug, now),
    usable: isUsable(record, now),
    accountName: row.accountName,
    accountEmail: row.accountEmail,
    orgName: row.orgName,
    scopes: row.scopes,
    capabilities: usableCapabilities(manifest, row),
    capabilityStates: capabilityStates(manifest, row),
    switches: switchesOf(manifest, use),
    signInAsks: scopesOfConsent(manifest, use, []),
    timeZone: row.timeZone,
    connectedAt: row.createdAt.toISOString(),
    connectedBy: record.ownerName ?? "a former member",
    lastSync: row.lastSyncAt?.toISOString() ?? null,
    tokenExpiresAt: token?.expiresAt?.toISOString() ?? null,
    tokenRefreshedAt: token?.refreshedAt?.toISOString() ?? null,
    renews: token?.renews ?? false,
    tokenWords: tokenWords(manifest.name, token, now),
  };
}

/** Which of several connections' states the card shows: what needs a person first. */
const pressing: readonly ConnectionStatus["state"][] = [
  "stopped",
  "reauth_required",
  "failed",
  "missing_scope",
  "limited",
  "disconnecting",
  "syncing",
  "connected",
];

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
  return {
    id: manifest.id,
    name: manifest.name,
    description: manifest.description,
    category: manifest.category,
    icon: manifest.icon,
    gradient: manifest.gradient,
    connected: connections.some((connection) => connection.usable && connection.status.state !== "failed"),
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
    capabilityStates: sharedStates(manifest, connections),
    capabilityAsks: Object.fromEntries(listCapabilities(manifest).map((capability) => [capability, scopesToAsk(manifest, [capability])])),
    actsAs: manifest.actsAs,
    connections,
  };
}
