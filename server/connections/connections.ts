import type { Database, Tx } from "@/db/client";
import { scopeUserId, type WorkspaceScope } from "@/db/scope";
import type { IntegrationEnv } from "@/server/env";
import { HubError } from "@/server/errors";
import { decodeId } from "@/server/ids";
import type { CatalogueEntry, ConnectionHealth, ConnectionView } from "@/server/integrations/catalogue";
import type { Integration, IntegrationSettings, Manifest } from "@/server/integrations/contract";
import type { Log } from "@/server/log";
import type { Send, TokenSource } from "@/server/transport/send";
import { recordAudit } from "@/server/workspaces/audit";
import { roleHas } from "@/server/workspaces/roles";
import { createSealedAuth, type OAuthSends } from "./auth";
import { checkCapabilities } from "./available";
import { missingConsents } from "./capabilities";
import { type ConnectionRecord, getConnection, listConnections, switchCapability } from "./connection-store";
import { disconnect, listTogether } from "./disconnect";
import type { Flows, ScopeMaker } from "./flow-contract";
import { listPendingFlows } from "./flow-store";
import { createFlows } from "./flows";
import { describeHealth } from "./health";
import { findLastFailure, findTokenFacts, listBudgets } from "./health-facts";
import { createIssuers } from "./issuers";
import { keepTokensAlive } from "./keep-alive";
import { createMounted, type Mounted } from "./mounted";
import { type PersonalAreas, personalAreasOf, sharePersonalArea } from "./personal-areas";
import { type DisconnectReceipt, getReceipt, listReceipts, type ReceiptPage } from "./receipts";
import { type DisconnectPreview, previewOf } from "./revocation";
import type { Tokens } from "./token-contract";
import type { Vault } from "./vault";
import { catalogueEntry, connectionStatus, connectionView, consentUrl } from "./views";

/** Connections, joined: what routes and routers call. `compose` makes the one of a process. */

export interface ConnectionsOptions {
  readonly db: Database;
  readonly tokens: Tokens;
  readonly vault: Vault;
  readonly workspaces: ScopeMaker;
  /** The catalogue, in its order. */
  readonly manifests: readonly Manifest[];
  /** The built integration of that id, or null. */
  readonly findIntegration: (id: string) => Integration | null;
  /** What the environment says of an integration. */
  readonly settingsOf: (manifest: Manifest) => IntegrationEnv;
  /** Transport for OAuth's own calls, without the token layer. */
  readonly oauthSends: (integration: Integration, settings: IntegrationSettings) => OAuthSends;
  /** Transport with a connection's token. */
  readonly sendFor: (integration: Integration, settings: IntegrationSettings, token: TokenSource) => Send;
  /** The hub's own scope in a workspace that is known to be there. */
  readonly jobScopeOf: (workspaceId: string) => WorkspaceScope;
  /** The hub's configured origin. */
  readonly origin: string;
  readonly authSecret: string;
  readonly log: Log;
  readonly now?: () => Date;
}

export interface Connections {
  readonly flows: Flows;
  readonly mounted: Mounted;
  /** The catalogue for the workspace and person that ask. */
  listCatalogue(scope: WorkspaceScope): Promise<CatalogueEntry[]>;
  /** One entry; ENOENT when the catalogue has none of that id. */
  getCatalogueEntry(scope: WorkspaceScope, integration: string): Promise<CatalogueEntry>;
  /** The connections that the scope sees, oldest first. */
  list(scope: WorkspaceScope): Promise<ConnectionView[]>;
  /** One of them by `con_…`; ENOENT otherwise. */
  get(scope: WorkspaceScope, connection: string): Promise<ConnectionView>;
  /** How it does, in words and as data; the last failure only for those who may see calls. ENOENT likewise. */
  health(scope: WorkspaceScope, connection: string): Promise<ConnectionHealth>;
  /**
   * Switches a capability of a connection on or off, as far as the grant goes: ESCOPE, with the page that starts the missing consent,
   * otherwise. Switched off, its scopes stay granted at the tool. The scope's permission was checked by the caller. ENOENT, EINVAL.
   */
  switchCapability(scope: WorkspaceScope, connection: string, change: { capability: string; on: boolean }): Promise<ConnectionView>;
  /** What is personal in a shared connection, and what of it everybody sees. ENOENT as `get`. */
  personalAreas(scope: WorkspaceScope, connection: string): Promise<PersonalAreas>;
  /** Shares one of its personal areas with the workspace, or takes it back; EACCES for all but who connected it. ENOENT, EINVAL. */
  sharePersonalArea(scope: WorkspaceScope, connection: string, change: { area: string; shared: boolean }): Promise<PersonalAreas>;
  /** Revokes, deletes and reports. The scope's permission was checked by the caller. */
  disconnect(scope: WorkspaceScope, connection: string): Promise<DisconnectReceipt>;
  /** A job: renews the tokens that are due though nobody uses them, in all workspaces. Answers how many were, and how many not. */
  keepTokensAlive(): Promise<{ renewed: number; left: number }>;
  /** What disconnecting will do at the tool, before it is done. ENOENT when the scope does not see the connection. */
  disconnectPreview(scope: WorkspaceScope, connection: string): Promise<DisconnectPreview>;
  /** The receipts of ended connections that the scope may read, newest first. */
  receipts(scope: WorkspaceScope, page: { readonly cursor?: string | undefined; readonly limit: number }): Promise<ReceiptPage>;
  /** One of them by `con_…`; ENOENT otherwise. */
  receipt(scope: WorkspaceScope, connection: string): Promise<DisconnectReceipt>;
  /** `<origin>/oauth/callback/<id>` of every tool of the catalogue. */
  readonly redirectUris: readonly string[];
}

/** Joins flows, mounts and views over one database; nothing is opened or called before a method is. */
export function createConnections(options: ConnectionsOptions): Connections {
  const { db, tokens, manifests, findIntegration, settingsOf, log, now = () => new Date() } = options;
  const manifestOf = (id: string): Manifest | undefined =>
    manifests.find((manifest) => manifest.id === id) ?? findIntegration(id)?.manifest;
  const originsOf = (manifest: Manifest) => {
    const environment = settingsOf(manifest);
    return environment.configured ? environment.settings.origins : environment.origins;
  };
  const issuers = createIssuers({ manifests, findIntegration, originsOf });
  const auth = createSealedAuth({ origin: options.origin, authSecret: options.authSecret, issuers });

  const entriesOf = async (scope: WorkspaceScope, wanted: readonly Manifest[]): Promise<CatalogueEntry[]> => {
    const userId = scopeUserId(scope);
    const at = now();
    const { records, pending } = await db.withScope(scope, async (tx) => ({
      records: await listConnections(tx, scope),
      pending: userId === null ? [] : await listPendingFlows(tx, scope, userId, at),
    }));
    return wanted.map((manifest) =>
      catalogueEntry({
        scope,
        manifest,
        environment: settingsOf(manifest),
        connections: records
          .filter((record) => record.row.integration === manifest.id)
          .map((record) => connectionView(scope, record, manifest, at)),
        pendingSince: pending.find((flow) => flow.integration === manifest.id)?.createdAt ?? null,
      }),
    );
  };

  const get = async (scope: WorkspaceScope, id: string): Promise<{ record: ConnectionRecord; manifest: Manifest }> => {
    const record = await db.withScope(scope, (tx) => getConnection(tx, scope, id), { readOnly: true });
    const manifest = manifestOf(record.row.integration);
    if (manifest === undefined) throw new HubError("ENOENT", "There is no such connection.");
    return { record, manifest };
  };

  const mounted = createMounted({ ...options, now });
  return {
    flows: createFlows({ ...options, auth, now, sendsFor: options.oauthSends }),
    mounted,
    listCatalogue: (scope) => entriesOf(scope, manifests),
    async getCatalogueEntry(scope, integration) {
      const manifest = manifestOf(integration);
      const [entry] = manifest === undefined ? [] : await entriesOf(scope, [manifest]);
      if (entry === undefined) throw new HubError("ENOENT", "There is no such integration in the catalogue.");
      return entry;
    },
    async list(scope) {
      const records = await db.withScope(scope, (tx) => listConnections(tx, scope), { readOnly: true });
      return records.flatMap((record) => {
        const manifest = manifestOf(record.row.integration);
        return manifest === undefined ? [] : [connectionView(scope, record, manifest, now())];
      });
    },
    async get(scope, connection) {
      const { record, manifest } = await get(scope, decodeId("connection", connection));
      return connectionView(scope, record, manifest, now());
    },
    async health(scope, connection) {
      const id = decodeId("connection", connection);
      const at = now();
      return db.withScope(
        scope,
        async (tx) => {
          const record = await getConnection(tx, scope, id);
          const manifest = manifestOf(record.row.integration);
          if (manifest === undefined) throw new HubError("ENOENT", "There is no such connection.");
          return describeHealth({
            tool: manifest.name,
            now: at,
            status: connectionStatus(record, manifest, scope.slug, at),
            token: await findTokenFacts(tx, id),
            scopes: record.row.scopes,
            missing: missingConsents(manifest, record.row),
            lastSync: record.row.lastSyncAt,
            budgets: await listBudgets(tx, id),
            lastFailure: roleHas(scope.role, "calls.read") ? await findLastFailure(tx, scope, id, manifest.name) : null,
          });
        },
        { readOnly: true },
      );
    },
    async switchCapability(scope, connection, { capability, on }) {
      const id = decodeId("connection", connection);
      const { record, manifest } = await get(scope, id);
      checkCapabilities(manifest, [capability]);
      const within = (tx: Tx) =>
        recordAudit(tx, scope, {
          action: on ? "connection.switched_on" : "connection.switched_off",
          subject: connection,
          detail: { capability },
        });
      const actionUrl = consentUrl(scope.slug, record.row, [capability]);
      await switchCapability(db, scope, id, manifest, { capability, on, actionUrl, within });
      return connectionView(scope, (await get(scope, id)).record, manifest, now());
    },
    async personalAreas(scope, connection) {
      const { record } = await get(scope, decodeId("connection", connection));
      return personalAreasOf(record.row, scope, mounted.personalNames(record));
    },
    async sharePersonalArea(scope, connection, { area, shared }) {
      const id = decodeId("connection", connection);
      const { record } = await get(scope, id);
      return sharePersonalArea(db, scope, id, { area, shared, personal: mounted.personalNames(record), subject: connection });
    },
    async disconnect(scope, connection) {
      const id = decodeId("connection", connection);
      const sendFor = (integration: Integration, settings: IntegrationSettings) => options.oauthSends(integration, settings).call;
      return disconnect({ db, tokens, findIntegration, settingsOf, sendFor, jobScopeOf: options.jobScopeOf, log }, scope, id);
    },
    keepTokensAlive: () => keepTokensAlive(options),
    async disconnectPreview(scope, connection) {
      const id = decodeId("connection", connection);
      return db.withScope(
        scope,
        async (tx) => {
          const { row } = await getConnection(tx, scope, id);
          return previewOf(findIntegration(row.integration), await listTogether(tx, scope, row));
        },
        { readOnly: true },
      );
    },
    receipts: (scope, page) => db.withScope(scope, (tx) => listReceipts(tx, scope, page), { readOnly: true }),
    receipt: (scope, connection) => db.withScope(scope, (tx) => getReceipt(tx, scope, connection), { readOnly: true }),
    redirectUris: manifests.map((manifest) => `${options.origin}/oauth/callback/${manifest.id}`),
  };
}
