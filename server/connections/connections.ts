import type { Database } from "@/db/client";
import { scopeUserId, type WorkspaceScope } from "@/db/scope";
import type { IntegrationEnv } from "@/server/env";
import { HubError } from "@/server/errors";
import { decodeId } from "@/server/ids";
import type { CatalogueEntry, ConnectionView } from "@/server/integrations/catalogue";
import type { Integration, IntegrationSettings, Manifest } from "@/server/integrations/contract";
import type { Log } from "@/server/log";
import type { Send, TokenSource } from "@/server/transport/send";
import { createSealedAuth, type OAuthSends } from "./auth";
import { getConnection, listConnections } from "./connection-store";
import { type DisconnectReceipt, disconnect } from "./disconnect";
import { listPendingFlows } from "./flow-store";
import { createFlows, type Flows, type ScopeMaker } from "./flows";
import { createMounted, type Mounted } from "./mounted";
import type { Tokens } from "./token-contract";
import { catalogueEntry, connectionView } from "./views";

/** Connections, joined: what routes and routers call. `compose` makes the one of a process. */

export interface ConnectionsOptions {
  readonly db: Database;
  readonly tokens: Tokens;
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
  /** Revokes, deletes and reports. The scope's permission was checked by the caller. */
  disconnect(scope: WorkspaceScope, connection: string): Promise<DisconnectReceipt>;
  /** `<origin>/oauth/callback/<id>` of every tool of the catalogue. */
  readonly redirectUris: readonly string[];
}

/** Joins flows, mounts and views over one database; nothing is opened or called before a method is. */
export function createConnections(options: ConnectionsOptions): Connections {
  const { db, tokens, manifests, findIntegration, settingsOf, log, now = () => new Date() } = options;
  const manifestOf = (id: string): Manifest | undefined =>
    manifests.find((manifest) => manifest.id === id) ?? findIntegration(id)?.manifest;
  const auth = createSealedAuth({ origin: options.origin, authSecret: options.authSecret });

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

  return {
    flows: createFlows({ ...options, auth, now, sendsFor: options.oauthSends }),
    mounted: createMounted({ ...options, now }),
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
      const id = decodeId("connection", connection);
      const record = await db.withScope(scope, (tx) => getConnection(tx, scope, id), { readOnly: true });
      const manifest = manifestOf(record.row.integration);
      if (manifest === undefined) throw new HubError("ENOENT", "There is no such connection.");
      return connectionView(scope, record, manifest, now());
    },
    async disconnect(scope, connection) {
      const id = decodeId("connection", connection);
      const sendFor = (integration: Integration, settings: IntegrationSettings) => options.oauthSends(integration, settings).call;
      return disconnect({ db, tokens, findIntegration, settingsOf, sendFor, now, log }, scope, id);
    },
    redirectUris: manifests.map((manifest) => `${options.origin}/oauth/callback/${manifest.id}`),
  };
}
