import { z } from "zod";
import { serveTool } from "../http/serve-tool";
import type { SandboxRequest, SandboxResponse } from "../http/server";
import type { Subject } from "../oauth/dialect";
import { findClient } from "../oauth/grant-book";
import type { Grant, SavedGrants } from "../oauth/grants";
import { createOAuth } from "../oauth/oauth";
import { answerStylesheet } from "../pages/frame";
import type { RunningTool, ToolOptions } from "../tool";
import { callerOf, createApiEndpoint, limitedAnswer, methodOf } from "./endpoint";
import { createEvents } from "./events";
import { createHome } from "./home";
import { createLimits } from "./limits";
import { slackLook } from "./look";
import { slackDialect } from "./oauth";
import type { BotRow, Workspace } from "./rows";
import { installApp, seedWorkspaces } from "./seed";
import { documentedSettings, type SlackSettings, slackSettings } from "./settings";

/** What `spend` takes: so many calls of a method. */
const spentShape = z.strictObject({ clientId: z.string(), email: z.string(), method: z.string(), calls: z.int().min(1).max(1_000) });

/** What lives on over a restart. */
interface SavedSlack {
  readonly workspaces: ReadonlyMap<string, Workspace>;
  readonly grants: SavedGrants;
}

const tokenPath = "/api/oauth.v2.access";

/** The simulated Slack on one origin: consent, the Web API, events, and the pages that show what is in it. */
export async function startSlack(options: ToolOptions): Promise<RunningTool> {
  const { clock } = options;
  const initial: SlackSettings = { ...documentedSettings, ...slackSettings.partial().parse(options.settings ?? {}) };
  let settings = initial;
  let origin = "";
  const workspaces = new Map<string, Workspace>();
  const seed = (): void => {
    workspaces.clear();
    for (const workspace of seedWorkspaces(options.companies, clock())) workspaces.set(workspace.id, workspace);
  };
  const baseOf = ({ domain }: Workspace): string => `${options.webOrigin ?? origin}/${domain}/`;
  const limits = createLimits(clock);

  const subjects = (): readonly Subject[] =>
    [...workspaces.values()].flatMap((workspace) =>
      [...workspace.users.values()].flatMap(({ id, name, email, admin, deleted, guest, botId }) =>
        deleted || guest || botId !== null || email === null
          ? []
          : [{ userId: id, workspaceId: workspace.id, name, email, workspaceName: workspace.name, admin }],
      ),
    );

  function workspaceOf(id: string): Workspace {
    const workspace = workspaces.get(id);
    if (workspace === undefined) throw new Error("The sandbox has no such workspace.");
    return workspace;
  }

  /** The bot of a grant, installed with the first one of the app in the workspace. */
  function botOf(grant: Grant): BotRow {
    const workspace = workspaceOf(grant.workspaceId);
    const appName = findClient(options.clients, grant.clientId)?.name ?? "App";
    const { invites } = settings;
    const userId = installApp({ workspace, clientId: grant.clientId, appName, installer: grant.userId, invites, nowMs: clock() });
    const bot = [...workspace.bots.values()].find((one) => one.userId === userId);
    if (bot === undefined) throw new Error("The sandbox lost a bot.");
    return bot;
  }

  const oauth = createOAuth({
    tool: options,
    dialect: slackDialect({
      settings: () => settings,
      install: (grant) => {
        const { appId, userId } = botOf(grant);
        const { id, name } = workspaceOf(grant.workspaceId);
        return { appId, botUserId: userId, team: { id, name } };
      },
    }),
    settings: () => settings,
    subjects,
  });
  if (options.saved === null || options.saved === undefined) seed();
  else {
    // The keeper gives back what `save` gave it in this state version.
    const saved = options.saved as SavedSlack;
    for (const [id, workspace] of saved.workspaces) workspaces.set(id, workspace);
    oauth.restore(saved.grants);
  }

  const events = createEvents({
    clock,
    settings: () => settings,
    scopesOf: (bot, workspace) =>
      [...oauth.save().grants.values()].flatMap((grant) =>
        !grant.revoked && grant.clientId === bot.clientId && grant.workspaceId === workspace.id ? grant.scopes : [],
      ),
  });
  const api = createApiEndpoint({
    oauth,
    clients: options.clients,
    clock,
    limits,
    settings: () => settings,
    findWorkspace: (id) => workspaces.get(id),
    botOf,
    baseOf,
    events,
  });
  const home = createHome({ workspaces: () => workspaces.values() });

  /** A file's bytes: only with a token that may read it, unlike its page. */
  function privateFile(request: SandboxRequest): SandboxResponse | null {
    const [, domain, id] = /^\/([^/]+)\/files-pri\/([A-Z0-9]+)$/.exec(request.url.pathname) ?? [];
    if (domain === undefined || id === undefined) return null;
    const grant = oauth.grantOf(request);
    const file = grant?.scopes.includes("files:read") === true ? workspaces.get(grant.workspaceId)?.files.get(id) : undefined;
    // Slack sends those who may not to its sign-in page.
    if (file === undefined) return { status: 302, headers: { location: `/${domain}/` } };
    return { status: 200, headers: { "content-type": file.mimetype }, body: file.text };
  }

  /** The picture of every app and workspace. */
  const picture = (pathname: string): SandboxResponse | null =>
    pathname.endsWith("/sandbox-app.svg")
      ? {
          status: 200,
          headers: {
            "content-type": "image/svg+xml",
            "x-content-type-options": "nosniff",
            "content-security-policy": "default-src 'none'; sandbox",
          },
          body: '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 72 72"><rect width="72" height="72" rx="14" fill="#6b2c71"/></svg>',
        }
      : null;

  function route(request: SandboxRequest): SandboxResponse {
    const { pathname } = request.url;
    if (pathname === tokenPath) return oauth.token(request);
    const method = methodOf(request);
    if (method !== null) return api(request, method);
    if (pathname === "/oauth/v2/authorize") return oauth.authorize(request);
    if (request.method !== "GET" && request.method !== "HEAD") return { status: 405, headers: { allow: "GET, HEAD" } };
    return answerStylesheet(slackLook, pathname) ?? picture(pathname) ?? privateFile(request) ?? home(request);
  }

  const listening = await serveTool("slack", options, {
    handler: route,
    operationsOf(request) {
      const method = methodOf(request);
      if (method === null) return [];
      return request.url.pathname === tokenPath ? [method, ...oauth.grantTypesOf(request)] : [method];
    },
    emailOf: oauth.emailOf,
    credentialOf: (request) => (request.url.pathname === tokenPath ? oauth.credentialOf(request) : null),
    rateLimited({ form, seconds }) {
      if (form !== "retry_after_date") return limitedAnswer(seconds);
      const answer = limitedAnswer(seconds);
      return { ...answer, headers: { ...answer.headers, "retry-after": new Date(clock() + seconds * 1000).toUTCString() } };
    },
  });
  origin = `http://localhost:${listening.port}`;
  events.settingsChanged();

  return {
    origin,
    async close() {
      events.close();
      await listening.close();
    },
    settings: () => settings,
    set(changes) {
      settings = { ...settings, ...slackSettings.partial().parse(changes) };
      events.settingsChanged();
    },
    connect: oauth.connect,
    spend(spent) {
      const { clientId, email, method, calls } = spentShape.parse(spent);
      const subject = subjects().find((known) => known.email === email);
      if (subject === undefined) throw new Error("No such person is in the sandbox.");
      limits.spend(callerOf({ clientId, workspaceId: subject.workspaceId }), method, calls);
    },
    expireAccessTokens: oauth.expireAccessTokens,
    revokeGrants: oauth.revokeGrants,
    reset() {
      settings = initial;
      seed();
      oauth.clear();
      limits.clear();
      events.clear();
      events.settingsChanged();
    },
    save: (): SavedSlack => ({ workspaces, grants: oauth.save() }),
    inspect: () => ({
      grants: oauth.counts(),
      events: events.counts(),
      workspaces: [...workspaces.values()].map(({ id, domain, name, users, bots, conversations }) => ({
        id,
        domain,
        name,
        users: users.size,
        bots: bots.size,
        conversations: conversations.size,
        messages: [...conversations.values()].reduce((sum, { messages }) => sum + messages.size, 0),
      })),
    }),
  };
}
