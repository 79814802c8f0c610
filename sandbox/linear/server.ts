import { createHash, randomUUID } from "node:crypto";
import { z } from "zod";
import { serveTool } from "../http/serve-tool";
import { json, type SandboxRequest, type SandboxResponse } from "../http/server";
import { createAuthorizeEndpoint, type Subject } from "../oauth/authorize-endpoint";
import { createGrantBook, type Grant, type GrantBook, type OAuthClient, type SavedGrants } from "../oauth/grants";
import { answerRevoke, answerToken } from "../oauth/token-endpoint";
import type { RunningTool, ToolOptions } from "../tool";
import { operationsOf } from "./execute";
import { callerOf, createGraphqlEndpoint, scriptedRateLimit } from "./graphql-endpoint";
import { createHome } from "./home";
import { createLimits } from "./limits";
import { linearAuthorize, linearToken, metadata, stylesheetPath } from "./oauth";
import type { UserRow, Workspace } from "./rows";
import { seedWorkspaces } from "./seed";
import { documentedSettings, type LinearSettings, linearSettings } from "./settings";
import { createStore, seedId } from "./store";
import { stylesheet } from "./stylesheet";

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
  }>[];
}>;

/** The simulated Linear on one origin: consent, tokens, GraphQL and the pages that show what is in it. */
export async function startLinear(options: ToolOptions): Promise<RunningTool> {
  const { clock, clients } = options;
  const initial: LinearSettings = { ...documentedSettings, ...linearSettings.partial().parse(options.settings ?? {}) };
  let settings = initial;
  let origin = "";
  const webOrigin = () => options.webOrigin ?? origin;
  const store = createStore({ clock, seed: (nowMs) => seedWorkspaces(options.companies, nowMs) });
  const limits = createLimits(clock);
  const book = createGrantBook({ clock, policy: () => settings, tokenPrefix: "lin" });
  if (options.saved !== null && options.saved !== undefined) {
    // The keeper gives back what `save` gave it in this state version.
    const saved = options.saved as SavedLinear;
    store.restore(saved.workspaces);
    book.restore(saved.grants);
  }

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

  /** Whether a grant is of the person with this address; without one, every grant is. */
  function grantedBy(email: string | undefined): (grant: Grant) => boolean {
    return ({ userId, workspaceId }) => email === undefined || store.workspaces.get(workspaceId)?.users.get(userId)?.email === email;
  }

  const authorize = createAuthorizeEndpoint({
    book,
    clients,
    dialect: linearAuthorize,
    clock,
    settings: () => settings,
    subjects,
    appAccount,
  });
  const graphql = createGraphqlEndpoint({ store, book, limits, settings: () => settings, webOrigin });
  const endpoint = { book, clients, dialect: linearToken };
  const home = createHome({ store, webOrigin: () => origin });

  async function route(request: SandboxRequest): Promise<SandboxResponse> {
    const { pathname } = request.url;
    if (pathname === "/graphql") return graphql(request);
    if (pathname === "/oauth/authorize") return authorize(request);
    if (pathname === "/oauth/token" || pathname === "/oauth/revoke") {
      if (request.method !== "POST") return { status: 405, headers: { allow: "POST" } };
      return pathname === "/oauth/token" ? answerToken(request, endpoint) : answerRevoke(request, endpoint);
    }
    if (request.method !== "GET" && request.method !== "HEAD") return { status: 405, headers: { allow: "GET, HEAD" } };
    if (pathname === "/.well-known/oauth-authorization-server") return json(200, metadata(origin));
    if (pathname === stylesheetPath) {
      return { status: 200, headers: { "content-type": "text/css; charset=utf-8", "x-content-type-options": "nosniff" }, body: stylesheet };
    }
    return home(request);
  }

  const listening = await serveTool("linear", options, {
    handler: async (request) => {
      const response = await route(request);
      return { ...response, headers: { ...response.headers, "x-request-id": randomUUID() } };
    },
    operationsOf(request) {
      if (request.url.pathname === "/graphql") return operationsOf(request.body);
      const grantType = request.url.pathname === "/oauth/token" ? new URLSearchParams(request.body).get("grant_type") : null;
      return grantType === null ? [] : [grantType.slice(0, 60)];
    },
    emailOf(request) {
      const token = /^Bearer (.+)$/.exec(request.headers.get("authorization") ?? "")?.[1];
      const grant = token === undefined ? null : book.findGrant(token);
      return grant === null ? null : (store.workspaces.get(grant.workspaceId)?.users.get(grant.userId)?.email ?? null);
    },
    credentialOf({ url, body }) {
      if (url.pathname !== "/oauth/token") return null;
      const form = new URLSearchParams(body);
      const sent = form.get("refresh_token") ?? form.get("code");
      return sent === null ? null : createHash("sha256").update(sent).digest("base64url").slice(0, 16);
    },
    rateLimited: ({ form, seconds }) => scriptedRateLimit(form, seconds, clock()),
  });
  origin = `http://localhost:${listening.port}`;

  return {
    origin,
    close: listening.close,
    settings: () => settings,
    set(changes) {
      settings = { ...settings, ...linearSettings.partial().parse(changes) };
    },
    /** A grant without the consent page, for tests of what comes after it. Throws when the app or the person is unknown. */
    connect({ clientId, email, scopes }) {
      const subject = subjects().find((known) => known.email === email);
      const client = clients.find((known) => known.clientId === clientId);
      if (subject === undefined || client === undefined) throw new Error("No such person or app is in the sandbox.");
      const { userId, workspaceId } = subject;
      return linearToken.answer(book.issueTokens({ clientId, userId, workspaceId, actor: "user", scopes, usedPkce: false }));
    },
    /** Spends of a person's limits with this app, as its other installations do. Throws when the app or the person is unknown. */
    spend(spent) {
      const { clientId, email, ...amount } = spentShape.parse(spent);
      const subject = subjects().find((known) => known.email === email);
      if (subject === undefined) throw new Error("No such person is in the sandbox.");
      limits.spend(callerOf({ clientId, userId: subject.userId }), settings, amount);
    },
    expireAccessTokens: (email) => book.expireAccessTokens(grantedBy(email)),
    revokeGrants: (email) => book.revokeAll(grantedBy(email)),
    /** Back to the seed, the first settings, and no grants. */
    reset() {
      settings = initial;
      store.reset();
      book.clear();
      limits.clear();
    },
    save: (): SavedLinear => ({ workspaces: store.workspaces, grants: book.save() }),
    inspect: (): LinearInspected => ({
      grants: book.counts(),
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
      })),
    }),
  };
}
