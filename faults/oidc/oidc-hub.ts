import type { Database } from "@/db/client";
import { createHub, type Hub } from "@/server/compose/hub";
import type { Catalogue } from "@/server/compose/tools";
import { type Browser, type ConnectHub, startConnectHub } from "@/server/connections/testing-hub";
import { decodeId } from "@/server/ids";
import type { Integration } from "@/server/integrations/contract";
import { createOidc } from "./integration";
import { type OidcServer, startOidcServer } from "./server";

/** A hub with OpenID Providers for tools, each a server of its own, and browsers in front of it. */

export interface OidcTool {
  readonly integration: Integration;
  readonly server: OidcServer;
}

export interface OidcHub extends Omit<ConnectHub, "tool"> {
  /** The tool with that id. */
  tool(id: string): OidcTool;
  /** Connects through the doors and the server's own pages; the answer is the connection and what the vault holds of it. */
  connect(browser: Browser, options?: { integration?: string; login?: string; fields?: Record<string, unknown> }): Promise<OidcConnection>;
  /** What the vault holds of a connection now. */
  tokensOf(browser: Browser, connection: string): Promise<{ accessToken: string; refreshToken: string }>;
  /** A second hub over the same tools and the same secrets, with connections of its own to the database: as another process is. */
  beside(db: Database): Hub;
  /** Reads the person's profile through the file system, from the server and not from the mirror. */
  readProfile(browser: Browser, integration?: string): Promise<string>;
}

export interface OidcConnection {
  /** `con_…` */
  readonly id: string;
  readonly accessToken: string;
  readonly refreshToken: string;
}

export interface OidcHubTool {
  readonly id: string;
  readonly change?: (integration: Integration) => Integration;
}

/** Starts a hub whose catalogue is these tools, over the database given or one in memory. */
export async function startOidcHub(wanted: readonly OidcHubTool[] = [{ id: "oidc" }], db?: Database): Promise<OidcHub> {
  const tools = new Map<string, OidcTool>();
  const toolOf = (id: string): OidcTool => {
    const found = tools.get(id);
    if (found === undefined) throw new Error(`There is no tool ${id}.`);
    return found;
  };
  const catalogueOf = (origin: string): Catalogue => ({
    manifests: [...tools.values()].map(({ integration }) => integration.manifest),
    findIntegration: (id) => tools.get(id)?.integration ?? null,
    settingsOf: ({ id }) => ({ configured: true, settings: toolOf(id).server.settings(origin) }),
  });
  const { tool: _unused, ...world } = await startConnectHub(async (origin) => {
    for (const { id, change = (same: Integration) => same } of wanted) {
      tools.set(id, {
        integration: change(createOidc(id)),
        server: await startOidcServer({ integration: id, hubOrigin: origin }),
      });
    }
    return catalogueOf(origin);
  }, db);

  const tokensOf: OidcHub["tokensOf"] = async (browser, connection) => {
    const held = await world.hub.tools.tokens.find(browser.scope, decodeId("connection", connection));
    if (held?.refreshToken == null) throw new Error("The vault holds no tokens of this connection.");
    return { accessToken: held.accessToken, refreshToken: held.refreshToken };
  };

  return {
    ...world,
    tool: toolOf,
    tokensOf,
    async connect(browser, { integration = "oidc", login = "ann", fields = {} } = {}) {
      const begun = await browser.begin(integration, fields);
      await browser.follow(await toolOf(integration).server.consent(begun.url, { login }));
      const view = await world.hub.connections.flows.view(browser.scope, begun.flow);
      if (view.connection === null) throw new Error(`The flow ended as ${view.status}: ${view.reason}`);
      return { id: view.connection.id, ...(await tokensOf(browser, view.connection.id)) };
    },
    beside: (other) => {
      const { env, log } = world.hub;
      return createHub({ env, log, db: other, catalogue: catalogueOf(world.origin) });
    },
    async readProfile(browser, integration = "oidc") {
      return (await world.hub.files.read(browser.scope, { path: `/context/tools/${integration}/person/profile.json`, fresh: true })).text;
    },
    async close() {
      await world.close();
      for (const { server } of tools.values()) await server.close();
    },
  };
}
