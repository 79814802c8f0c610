import { createHash, randomUUID } from "node:crypto";
import type { FaultBox } from "../control/faults";
import type { Journal } from "../control/journal";
import { json, listen, type SandboxRequest, type SandboxResponse } from "../http/server";
import { createAuthorizeEndpoint, type Subject } from "../oauth/authorize-endpoint";
import { createGrantBook, type Grant, type OAuthClient, type SavedGrants } from "../oauth/grants";
import { answerRevoke, answerToken } from "../oauth/token-endpoint";
import { operationsOf } from "./execute";
import { callerOf, createGraphqlEndpoint, scriptedRateLimit } from "./graphql-endpoint";
import { createHome } from "./home";
import { createLimits } from "./limits";
import { linearAuthorize, linearToken, metadata, stylesheetPath } from "./oauth";
import type { UserRow, Workspace } from "./rows";
import { seedWorkspaces } from "./seed";
import { documentedSettings, type LinearSettings } from "./settings";
import { createStore, seedId } from "./store";
import { stylesheet } from "./stylesheet";

export interface LinearOptions {
  readonly port: number;
  /** Epoch milliseconds. */
  readonly clock: () => number;
  readonly clients: readonly OAuthClient[];
  readonly faults: FaultBox;
  readonly journal: Journal;
  /** Where `url` fields lead; the sandbox's own pages by default. */
  readonly webOrigin?: string;
  readonly settings?: Partial<LinearSettings>;
  /** What an earlier run saved; the seed without it. */
  readonly saved?: SavedLinear | null;
  /** Called after every request that may have changed something. */
  readonly onChange?: () => void;
}

/** What lives on over a restart: rows and grants. Settings, limits and faults do not. */
export interface SavedLinear {
  readonly workspaces: ReadonlyMap<string, Workspace>;
  readonly grants: SavedGrants;
}

/** The simulated Linear on one origin: consent, tokens, GraphQL and the pages that show what is in it. */
export async function startLinear(options: LinearOptions) {
  const { clock, clients, faults, journal } = options;
  const initial: LinearSettings = { ...documentedSettings, ...options.settings };
  let settings = initial;
  let origin = "";
  const webOrigin = () => options.webOrigin ?? origin;
  const store = createStore({ clock, seed: seedWorkspaces });
  const limits = createLimits(clock);
  const book = createGrantBook({ clock, policy: () => settings, tokenPrefix: "lin" });
  if (options.saved !== null && options.saved !== undefined) {
    store.restore(options.saved.workspaces);
    book.restore(options.saved.grants);
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

  const listening = await listen({
    port: options.port,
    handler: async (request) => {
      const response = await route(request);
      if (request.method === "POST") options.onChange?.();
      return { ...response, headers: { ...response.headers, "x-request-id": randomUUID() } };
    },
    scripted: {
      faults,
      journal,
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
    },
  });
  origin = `http://localhost:${listening.port}`;

  return {
    origin,
    close: listening.close,
    settings: () => settings,
    set(changes: Partial<LinearSettings>) {
      settings = { ...settings, ...changes };
    },
    /** A grant without the consent page, for tests of what comes after it. Throws when the app or the person is unknown. */
    connect({ clientId, email, scopes }: { clientId: string; email: string; scopes: readonly string[] }) {
      const subject = subjects().find((known) => known.email === email);
      const client = clients.find((known) => known.clientId === clientId);
      if (subject === undefined || client === undefined) throw new Error("No such person or app is in the sandbox.");
      const { userId, workspaceId } = subject;
      return linearToken.answer(book.issueTokens({ clientId, userId, workspaceId, actor: "user", scopes, usedPkce: false }));
    },
    /** Spends of a person's limits with this app, as its other installations do. Throws when the app or the person is unknown. */
    spend({ clientId, email, ...amount }: { clientId: string; email: string; requests: number; complexity: number }) {
      const subject = subjects().find((known) => known.email === email);
      if (subject === undefined) throw new Error("No such person is in the sandbox.");
      limits.spend(callerOf({ clientId, userId: subject.userId }), settings, amount);
    },
    expireAccessTokens: (email?: string) => book.expireAccessTokens(grantedBy(email)),
    revokeGrants: (email?: string) => book.revokeAll(grantedBy(email)),
    /** Back to the seed, the first settings, and no grants. */
    reset() {
      settings = initial;
      store.reset();
      book.clear();
      limits.clear();
    },
    save: (): SavedLinear => ({ workspaces: store.workspaces, grants: book.save() }),
    /** What is in it, in numbers; no token and no text. */
    inspect: () => ({
      grants: book.counts(),
      settings,
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

export type LinearSandbox = Awaited<ReturnType<typeof startLinear>>;
