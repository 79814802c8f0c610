import { randomUUID } from "node:crypto";
import { z } from "zod";
import { serveTool } from "../http/serve-tool";
import { json, type SandboxRequest, type SandboxResponse } from "../http/server";
import type { Subject } from "../oauth/dialect";
import type { GrantBook, OAuthClient, SavedGrants } from "../oauth/grants";
import { createOAuth } from "../oauth/oauth";
import { answerStylesheet } from "../pages/frame";
import type { RunningTool, ToolOptions } from "../tool";
import { operationsOf } from "./execute";
import { callerOf, createGraphqlEndpoint, scriptedRateLimit } from "./graphql-endpoint";
import { createHome } from "./home";
import { createLimits } from "./limits";
import { linearLook } from "./look";
import { linearDialect, metadata } from "./oauth";
import type { UserRow, Workspace } from "./rows";
import { seedWorkspaces } from "./seed";
import { documentedSettings, type LinearSettings, linearSettings } from "./settings";
import { createStore, seedId } from "./store";
import { createWebhooks, type Webhooks } from "./webhooks/deliveries";

/** What `spend` takes. */
const spentShape = z.strictObject({
  clientId: z.string(),
  email: z.string(),
  requests: z.number().min(0).default(0),
  complexity: z.number().min(0).default(0),
});

/** What lives on over a restart: rows and grants. Settings, limits and faults do not. */
export interface SavedLinear {
  readonly workspaces: ReadonlyMap<string, Workspace>;
  readonly grants: SavedGrants;
}

/** What is in it, in numbers; no token and no text. */
export type LinearInspected = Readonly<{
  grants: ReturnType<GrantBook["counts"]>;
  deliveries: ReturnType<Webhooks["counts"]>;
  workspaces: readonly Readonly<{
    id: string;
    urlKey: string;
    name: string;
    teams: number;
    users: number;
    projects: number;
    cycles: number;
    issues: number;
    comments: number;
    attachments: number;
    webhooks: number;
  }>[];
}>;

/** The simulated Linear on one origin: consent, tokens, GraphQL and the pages that show what is in it. */
export async function startLinear(options: ToolOptions): Promise<RunningTool> {
  const { clock } = options;
  const initial: LinearSettings = { ...documentedSettings, ...linearSettings.partial().parse(options.settings ?? {}) };
  let settings = initial;
  let origin = "";
  const webOrigin = () => options.webOrigin ?? origin;
  const store = createStore({ clock, seed: (nowMs) => seedWorkspaces(options.companies, nowMs) });
  const limits = createLimits(clock);
  const subjects = (): readonly Subject[] =>
    [...store.workspaces.values()].flatMap(({ organization, users }) =>
      [...users.values()]
        .filter(({ active, app }) => active && !app)
        .map(({ id, name, email, admin }) => ({
          userId: id,
          workspaceId: organization.id,
          name,
          email,
          workspaceName: organization.name,
          admin,
        })),
    );

  /** An app that acts as itself has an account of its own in the workspace. */
  function appAccount(client: OAuthClient, workspaceId: string): string {
    const id = seedId("app", client.clientId, workspaceId);
    const at = store.writeTime();
    const account: UserRow = {
      id,
      createdAt: at,
      updatedAt: at,
      archivedAt: null,
      name: client.name,
      displayName: client.name.toLowerCase().replace(/[^a-z0-9]+/g, "-"),
      email: `${id}@oauthapp.linear.app`,
      active: true,
      admin: false,
      guest: false,
      app: true,
      title: null,
      timezone: null,
      avatarBackgroundColor: "#5e6ad2",
    };
    const users = store.workspaces.get(workspaceId)?.users;
    if (users !== undefined && !users.has(id)) users.set(id, account);
    return id;
  }

  const oauth = createOAuth({ tool: options, dialect: linearDialect(() => settings), settings: () => settings, subjects, appAccount });
  if (options.saved !== null && options.saved !== undefined) {
    // The keeper gives back what `save` gave it in this state version.
    const saved = options.saved as SavedLinear;
    store.restore(saved.workspaces);
    oauth.restore(saved.grants);
  }

  const webhooks = createWebhooks({
    clock,
    webOrigin,
    findWorkspace: (id) => store.workspaces.get(id),
    onChange: options.onChange,
  });
  const graphql = createGraphqlEndpoint({ store, book: oauth.book, limits, settings: () => settings, webhooks, webOrigin });
  const home = createHome({ store, webOrigin: () => origin });

  async function route(request: SandboxRequest): Promise<SandboxResponse> {
    const { pathname } = request.url;
    if (pathname === "/graphql") return graphql(request);
    if (pathname === "/oauth/authorize") return oauth.authorize(request);
    if (pathname === "/oauth/token") return oauth.token(request);
    if (pathname === "/oauth/revoke") return oauth.revoke(request);
    if (request.method !== "GET" && request.method !== "HEAD") return { status: 405, headers: { allow: "GET, HEAD" } };
    if (pathname === "/.well-known/oauth-authorization-server") return json(200, metadata(origin));
    const stylesheet = answerStylesheet(linearLook, pathname);
    if (stylesheet !== null) return stylesheet;
    return home(request);
  }

  const listening = await serveTool("linear", options, {
    handler: async (request) => {
      const response = await route(request);
      return { ...response, headers: { ...response.headers, "x-request-id": randomUUID() } };
    },
    operationsOf: (request) =>
      request.url.pathname === "/graphql"
        ? operationsOf(request.body)
        : request.url.pathname === "/oauth/token"
          ? oauth.grantTypesOf(request)
          : [],
    emailOf: oauth.emailOf,
    credentialOf: (request) => (request.url.pathname === "/oauth/token" ? oauth.credentialOf(request) : null),
    rateLimited: ({ form, seconds }) => scriptedRateLimit(form, seconds, clock()),
  });
  origin = `http://localhost:${listening.port}`;

  return {
    origin,
    close: async () => {
      webhooks.close();
      await listening.close();
    },
    settings: () => settings,
    set(changes) {
      settings = { ...settings, ...linearSettings.partial().parse(changes) };
    },
    connect: oauth.connect,
    /** Spends of a person's limits with this app, as its other installations do. Throws when the app or the person is unknown. */
    spend(spent) {
      const { clientId, email, ...amount } = spentShape.parse(spent);
      const subject = subjects().find((known) => known.email === email);
      if (subject === undefined) throw new Error("No such person is in the sandbox.");
      limits.spend(callerOf({ clientId, userId: subject.userId }), settings, amount);
    },
    expireAccessTokens: oauth.expireAccessTokens,
    revokeGrants: oauth.revokeGrants,
    /** Back to the seed, the first settings, and no grants. */
    reset() {
      settings = initial;
      store.reset();
      oauth.clear();
      limits.clear();
      webhooks.clear();
    },
    save: (): SavedLinear => ({ workspaces: store.workspaces, grants: oauth.save() }),
    inspect: (): LinearInspected => ({
      grants: oauth.counts(),
      deliveries: webhooks.counts(),
      workspaces: [...store.workspaces.values()].map((workspace) => ({
        id: workspace.organization.id,
        urlKey: workspace.organization.urlKey,
        name: workspace.organization.name,
        teams: workspace.teams.size,
        users: workspace.users.size,
        projects: workspace.projects.size,
        cycles: workspace.cycles.size,
        issues: workspace.issues.size,
        comments: workspace.comments.size,
        attachments: workspace.attachments.size,
        webhooks: workspace.webhooks.size,
      })),
    }),
  };
}
