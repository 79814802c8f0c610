import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { serveTool } from "../http/serve-tool";
import { json, type SandboxRequest, type SandboxResponse } from "../http/server";
import type { Subject } from "../oauth/dialect";
import type { SavedGrants } from "../oauth/grants";
import { createOAuth } from "../oauth/oauth";
import { answerStylesheet } from "../pages/frame";
import type { RunningTool, ToolOptions } from "../tool";
import { answerDownload } from "./download";
import { AsanaRefusal, badRequest, refused, tooManyRequests } from "./failures";
import { createHome } from "./home";
import type { Viewer } from "./kinds";
import { createLimits } from "./limits";
import { asanaLook } from "./look";
import { answerTokenInfo, asanaDialect, userinfo } from "./oauth";
import { findRoute, type Route, run, toResponse } from "./router";
import { attachmentRoutes, maxAttachmentBytes } from "./routes/attachments";
import { batchRoute } from "./routes/batch";
import { eventRoutes } from "./routes/events";
import { placeRoutes } from "./routes/places";
import { searchRoutes } from "./routes/search";
import { storyRoutes } from "./routes/stories";
import { taskRoutes } from "./routes/tasks";
import { webhookRoutes } from "./routes/webhooks";
import { seedTables } from "./seed";
import { type AsanaSettings, asanaSettings, documentedSettings } from "./settings";
import { createStore, type Tables } from "./store";
import { createWebhooks } from "./webhooks";

/** What `spend` takes. */
const spentShape = z.strictObject({ clientId: z.string(), email: z.string(), requests: z.number().min(0) });

/** What lives on over a restart: rows and grants. Settings, limits and faults do not. */
interface SavedAsana {
  readonly tables: Tables;
  readonly grants: SavedGrants;
}

const api = "/api/1.0";
/** How often webhooks look for what is due: heartbeats and retries. */
const webhookTickMs = 1_000;

const unauthorized = (message: string) => new AsanaRefusal(401, message, { headers: { "www-authenticate": 'Bearer realm="Asana"' } });

function readJson(request: SandboxRequest): unknown {
  if (request.bytes.byteLength === 0) return undefined;
  const type = request.headers.get("content-type") ?? "";
  // A form of parts is read by its own route.
  if (type.startsWith("multipart/form-data")) return undefined;
  if (!type.startsWith("application/json")) throw badRequest("The request must be sent as application/json.");
  try {
    return JSON.parse(request.body);
  } catch {
    throw badRequest("Could not parse request data, invalid JSON");
  }
}

/** The simulated Asana on one origin: consent, tokens, REST, files, webhooks, and the pages that show what is in it. */
export async function startAsana(options: ToolOptions): Promise<RunningTool> {
  const { clock } = options;
  const initial: AsanaSettings = { ...documentedSettings, ...asanaSettings.partial().parse(options.settings ?? {}) };
  let settings = initial;
  let origin = "";
  const webOrigin = () => options.webOrigin ?? origin;
  const store = createStore({ clock, seed: (nowMs) => seedTables(options.companies, nowMs) });
  const limits = createLimits(clock, () => settings);
  const subjects = (): readonly Subject[] =>
    [...store.tables.workspaces.values()]
      .filter(({ isOrganization }) => isOrganization)
      .flatMap((workspace) =>
        workspace.memberGids.flatMap((gid) => {
          const user = store.tables.users.get(gid);
          if (user === undefined || !user.active) return [];
          const { name, email, admin } = user;
          return [{ userId: gid, workspaceId: workspace.gid, name, email, workspaceName: workspace.name, admin }];
        }),
      );
  const oauth = createOAuth({
    tool: options,
    dialect: asanaDialect(
      () => settings,
      () => origin,
    ),
    settings: () => settings,
    subjects,
  });
  if (options.saved !== null && options.saved !== undefined) {
    // The keeper gives back what `save` gave it in this state version.
    const saved = options.saved as SavedAsana;
    store.restore(saved.tables);
    oauth.restore(saved.grants);
  }
  const webhooks = createWebhooks({ store, onChange: options.onChange });
  const tick = setInterval(() => void webhooks.deliverDue(), webhookTickMs);
  tick.unref();

  const context = (viewer: Viewer) => ({ viewer, store, settings, origin, webOrigin: webOrigin() });
  const tokenOf = ({ clientId, userGid }: Viewer): string => `${clientId} ${userGid}`;
  const plainRoutes: readonly Route[] = [
    // Before `/tasks/{task_gid}` and the like: a fixed segment goes first.
    ...searchRoutes,
    ...placeRoutes,
    ...taskRoutes,
    ...storyRoutes,
    ...attachmentRoutes,
    ...eventRoutes,
    ...webhookRoutes(webhooks),
  ];
  const routes: readonly Route[] = [
    ...plainRoutes,
    batchRoute({
      run: (call, routed) => run(plainRoutes, routed, context(call.viewer)),
      count: (call, method) => limits.begin({ token: tokenOf(call.viewer), isRead: method === "GET", isSearch: false })(),
    }),
  ];

  function viewerOf(request: SandboxRequest): Viewer {
    const known = oauth.access(request);
    if (known?.state === "expired") {
      throw unauthorized(
        "The bearer token has expired. If you have a refresh token, please use it to request a new bearer token, otherwise allow the user to re-authenticate.",
      );
    }
    if (known?.state !== "live") throw unauthorized("Not Authorized");
    return { clientId: known.grant.clientId, userGid: known.grant.userId, scopes: known.scopes };
  }

  async function answerApi(request: SandboxRequest): Promise<SandboxResponse> {
    const path = request.url.pathname.slice(api.length);
    try {
      const viewer = viewerOf(request);
      if (path === "/openid_connect/userinfo") {
        const subject = subjects().find(({ userId }) => userId === viewer.userGid);
        return subject === undefined ? refused(unauthorized("Not Authorized")) : json(200, userinfo(subject, viewer.scopes));
      }
      const end = limits.begin({ token: tokenOf(viewer), isRead: request.method === "GET", isSearch: path.endsWith("/tasks/search") });
      try {
        if (settings.latencyMs > 0) await delay(settings.latencyMs);
        const routed = { method: request.method, path, query: request.url.searchParams, body: readJson(request), request };
        return toResponse(await run(routes, routed, context(viewer)));
      } finally {
        end();
      }
    } catch (error) {
      if (error instanceof AsanaRefusal) return refused(error);
      throw error;
    }
  }

  const home = createHome({ store, origin: () => origin });

  async function route(request: SandboxRequest): Promise<SandboxResponse> {
    const { pathname } = request.url;
    if (pathname === "/-/oauth_authorize") return oauth.authorize(request);
    if (pathname === "/-/oauth_token") return oauth.token(request);
    if (pathname === "/-/oauth_revoke") return oauth.revoke(request);
    if (pathname === "/-/token_info") return answerTokenInfo(request, oauth, options.clients, clock());
    if (pathname.startsWith(`${api}/`)) return await answerApi(request);
    if (request.method !== "GET" && request.method !== "HEAD") return { status: 405, headers: { allow: "GET, HEAD" } };
    return answerDownload(request, store) ?? answerStylesheet(asanaLook, pathname) ?? home(request);
  }

  const listening = await serveTool("asana", options, {
    async handler(request) {
      const response = await route(request);
      // After the answer: a target that is asked while it waits for us would wait for ever.
      if (request.method !== "GET") setImmediate(() => void webhooks.deliverDue());
      return { ...response, headers: { ...response.headers, "x-request-id": randomUUID() } };
    },
    maxBodyBytes: (method, url) => (method === "POST" && url.pathname === `${api}/attachments` ? maxAttachmentBytes + 65_536 : 2_097_152),
    operationsOf(request) {
      const { pathname } = request.url;
      if (pathname === "/-/oauth_token") return oauth.grantTypesOf(request);
      if (!pathname.startsWith(api)) return [];
      const found = findRoute(routes, request.method, pathname.slice(api.length));
      return found === null ? [] : [`${found.route.method} ${found.route.path}`];
    },
    emailOf: oauth.emailOf,
    credentialOf: (request) => (request.url.pathname === "/-/oauth_token" ? oauth.credentialOf(request) : null),
    rateLimited({ form, seconds }) {
      const answer = refused(tooManyRequests(seconds));
      if (form !== "retry_after_date") return answer;
      return { ...answer, headers: { ...answer.headers, "retry-after": new Date(clock() + seconds * 1000).toUTCString() } };
    },
  });
  origin = `http://localhost:${listening.port}`;

  return {
    origin,
    close() {
      clearInterval(tick);
      return listening.close();
    },
    settings: () => settings,
    set(changes) {
      settings = { ...settings, ...asanaSettings.partial().parse(changes) };
    },
    connect: oauth.connect,
    /** Spends of a person's minute with this app, as its other installations do. Throws when the person is unknown. */
    spend(spent) {
      const { clientId, email, requests } = spentShape.parse(spent);
      const subject = subjects().find((known) => known.email === email);
      if (subject === undefined) throw new Error("No such person is in the sandbox.");
      limits.spend(tokenOf({ clientId, userGid: subject.userId, scopes: [] }), requests);
    },
    expireAccessTokens: oauth.expireAccessTokens,
    revokeGrants: oauth.revokeGrants,
    reset() {
      settings = initial;
      store.reset();
      oauth.clear();
      limits.clear();
    },
    save: (): SavedAsana => ({ tables: store.tables, grants: oauth.save() }),
    inspect: () => ({
      grants: oauth.counts(),
      workspaces: store.tables.workspaces.size,
      users: store.tables.users.size,
      projects: store.tables.projects.size,
      tasks: [...store.tables.tasks.values()].filter(({ deletedAt }) => deletedAt === null).length,
      comments: [...store.tables.stories.values()].filter(({ type }) => type === "comment").length,
      attachments: store.tables.attachments.size,
      webhooks: store.tables.webhooks.size,
    }),
  };
}
