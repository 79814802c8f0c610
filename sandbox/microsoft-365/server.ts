import { z } from "zod";
import { serveTool } from "../http/serve-tool";
import { json, type SandboxRequest, type SandboxResponse } from "../http/server";
import type { Subject } from "../oauth/dialect";
import type { SavedGrants } from "../oauth/grants";
import { createOAuth } from "../oauth/oauth";
import { answerStylesheet } from "../pages/frame";
import type { RunningTool, ToolOptions } from "../tool";
import { changesOf } from "./changes";
import { failureBody, GraphFailure } from "./failures";
import { answerContent, contentPrefix } from "./files/content";
import { createGraph } from "./graph";
import { createHome } from "./home";
import { createLimits } from "./limits";
import { microsoftLook } from "./look";
import { entraDialect, entraRefusal, openIdConfiguration } from "./oauth/dialect";
import { seedTenants } from "./seed/seed";
import { documentedSettings, type Settings, settingsSchema } from "./settings";
import { createStore, type SavedStore } from "./store";
import { createSubscriptions } from "./subscriptions";

/** What `spend` takes: calls of a person's mailbox or drive by an app. */
const spentShape = z.strictObject({
  clientId: z.string(),
  email: z.string(),
  mailbox: z.int().min(0).max(10_000).default(0),
  drive: z.int().min(0).max(3_000).default(0),
});

/** What lives on over a restart: rows and grants. Settings, limits and subscriptions do not. */
interface SavedMicrosoft365 {
  readonly store: SavedStore;
  readonly grants: SavedGrants;
}

/** What is in it, in numbers. */
export type Microsoft365Inspected = Readonly<{
  grants: Readonly<Record<string, number>>;
  subscriptions: number;
  /** The most calls that a mailbox had at once. */
  mostAtOnce: number;
  mailboxes: readonly Readonly<{ address: string; messages: number; events: number; contacts: number; files: number }>[];
}>;

/** What refusals of refreshes say, by the setting. */
const refreshRefusals = {
  interaction_required: {
    error: "interaction_required",
    number: 50076,
    status: 400,
    description: "Due to a configuration change made by your administrator, you must use multi-factor authentication.",
    suberror: "basic_action",
  },
  consent_required: {
    error: "consent_required",
    number: 65001,
    status: 400,
    description: "The user or administrator has not consented to use the application.",
  },
  temporarily_unavailable: {
    error: "temporarily_unavailable",
    number: 90033,
    status: 503,
    description: "A transient error has occurred. Please try again.",
  },
} as const;

const authPath = /^\/([^/]+)\/(oauth2\/v2\.0\/(?:authorize|token)|v2\.0\/\.well-known\/openid-configuration|discovery\/v2\.0\/keys)$/;

/** The simulated Microsoft 365 on one origin: Entra's sign-in, Graph, the addresses of files' content, and pages that show what is in it. */
export async function startMicrosoft365(options: ToolOptions): Promise<RunningTool> {
  const { clock } = options;
  const initial: Settings = { ...documentedSettings, ...settingsSchema.partial().parse(options.settings ?? {}) };
  let settings = initial;
  let origin = "";
  const store = createStore({ clock, seed: (nowMs) => seedTenants(options.companies, nowMs) });
  const limits = createLimits(clock);
  const subjects = (): readonly Subject[] =>
    [...store.users.values()].map((user) => ({
      userId: user.id,
      workspaceId: user.tenantId,
      name: user.displayName,
      email: user.mail,
      workspaceName: store.tenants.get(user.tenantId)?.displayName ?? "",
      admin: user.admin,
    }));
  const oauth = createOAuth({
    tool: options,
    dialect: entraDialect(
      () => settings,
      clock,
      () => origin,
    ),
    settings: () => settings,
    subjects,
  });
  const subscriptions = createSubscriptions({
    clock,
    changesOf: (userId, since, type, folder) => changesOf(store.mailboxOf(userId), since, type, folder),
  });
  const graph = createGraph({
    store,
    oauth,
    limits,
    subscriptions,
    settings: () => settings,
    origin: () => origin,
    webOrigin: () => options.webOrigin ?? origin,
  });
  const home = createHome(store);
  if (options.saved !== null && options.saved !== undefined) {
    // The keeper gives back what `save` gave it in this state version.
    const saved = options.saved as SavedMicrosoft365;
    store.restore(saved.store);
    oauth.restore(saved.grants);
  }

  function signIn(request: SandboxRequest, tenant: string, endpoint: string): SandboxResponse {
    const known = ["common", "organizations"].includes(tenant) || store.tenants.has(tenant);
    if (!known)
      return entraRefusal(
        { error: "invalid_request", number: 90002, status: 400, description: `Tenant '${tenant.slice(0, 60)}' not found.` },
        clock(),
      );
    if (endpoint.endsWith("/authorize")) return oauth.authorize(request);
    if (endpoint.endsWith("/keys")) return oauth.jwks();
    if (endpoint.endsWith("/openid-configuration")) return json(200, openIdConfiguration(origin, tenant));
    const refusal = settings.refuseRefresh;
    if (refusal !== "none" && oauth.grantTypesOf(request).includes("refresh_token")) return entraRefusal(refreshRefusals[refusal], clock());
    return oauth.token(request);
  }

  async function route(request: SandboxRequest): Promise<SandboxResponse> {
    const { pathname } = request.url;
    if (pathname.startsWith("/v1.0/")) return graph.answer(request);
    const [, tenant, endpoint] = authPath.exec(pathname) ?? [];
    if (tenant !== undefined && endpoint !== undefined) return signIn(request, tenant, endpoint);
    if (request.method !== "GET" && request.method !== "HEAD") return { status: 405, headers: { allow: "GET, HEAD" } };
    if (pathname.startsWith(contentPrefix)) return answerContent(request, store);
    return answerStylesheet(microsoftLook, pathname) ?? home(request);
  }

  const isTokenPath = (request: SandboxRequest): boolean => request.url.pathname.endsWith("/oauth2/v2.0/token");
  const listening = await serveTool("microsoft-365", options, {
    handler: route,
    // An upload of a small file is one request of at most 4 MiB and a little (driveitem-put-content says 250 MB since 2024).
    maxBodyBytes: (method, url) => (method === "PUT" && url.pathname.startsWith("/v1.0/") ? 100 * 1024 * 1024 : 5 * 1024 * 1024),
    operationsOf(request) {
      if (isTokenPath(request)) return oauth.grantTypesOf(request);
      const operation = request.url.pathname.startsWith("/v1.0/")
        ? graph.operationOf(request)
        : request.url.pathname.startsWith(contentPrefix)
          ? "GET content"
          : null;
      return operation === null ? [] : [operation];
    },
    emailOf: oauth.emailOf,
    credentialOf: (request) => (isTokenPath(request) ? oauth.credentialOf(request) : null),
    rateLimited({ form, seconds }) {
      const retryAfter = form === "retry_after_date" ? new Date(clock() + seconds * 1000).toUTCString() : String(Math.ceil(seconds));
      const failure = new GraphFailure(429, "ApplicationThrottled", "The application has been throttled.");
      return json(429, failureBody(failure, "scripted", clock()), { "retry-after": retryAfter });
    },
  });
  origin = `http://localhost:${listening.port}`;

  return {
    origin,
    async close() {
      await subscriptions.settled();
      await listening.close();
    },
    settings: () => settings,
    set(changes) {
      settings = { ...settings, ...settingsSchema.partial().parse(changes) };
    },
    connect: oauth.connect,
    /** Spends of a person's limits with an app, as its other installations do. Throws when the person is unknown. */
    spend(spent) {
      const { clientId, email, mailbox, drive } = spentShape.parse(spent);
      const user = store.findByAddress(email);
      if (user === null) throw new Error("No such person is in the sandbox.");
      limits.spend(`${clientId} ${user.id}`, "mailbox", mailbox);
      limits.spend(`${clientId} ${user.id}`, "drive", drive);
    },
    expireAccessTokens: oauth.expireAccessTokens,
    revokeGrants: oauth.revokeGrants,
    /** Back to the seed, the first settings, and no grants. */
    reset() {
      settings = initial;
      store.reset();
      oauth.clear();
      limits.clear();
      subscriptions.clear();
    },
    save: (): SavedMicrosoft365 => ({ store: store.save(), grants: oauth.save() }),
    inspect: (): Microsoft365Inspected => ({
      grants: oauth.counts(),
      subscriptions: subscriptions.count(),
      mostAtOnce: limits.mostAtOnce(),
      mailboxes: [...store.users.values()].map((user) => {
        const { messages, events, contacts, drive } = store.mailboxOf(user.id);
        return { address: user.mail, messages: messages.size, events: events.size, contacts: contacts.size, files: drive.size };
      }),
    }),
  };
}
