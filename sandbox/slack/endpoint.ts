import { createHmac, randomBytes, randomUUID } from "node:crypto";
import { json, type SandboxRequest, type SandboxResponse } from "../http/server";
import { findClient } from "../oauth/grant-book";
import { type Grant, type OAuthClient, sameSecret } from "../oauth/grants";
import type { OAuth } from "../oauth/oauth";
import { type Answer, Arguments, type Call, type Cursors, Failure, Limited, type Method, requireScope } from "./call";
import type { Events } from "./events";
import type { Limits } from "./limits";
import { createChatMethods } from "./methods/chat";
import { conversationMethods } from "./methods/conversations";
import { historyMethods } from "./methods/history";
import { createUninstall, peopleMethods } from "./methods/people";
import { reactionMethods } from "./methods/reactions";
import type { BotRow, Workspace } from "./rows";
import type { SlackSettings } from "./settings";

/** `/api/<method>`: the Web API (docs.slack.dev/apis/web-api). */

export interface EndpointOptions {
  readonly oauth: OAuth;
  readonly clients: readonly OAuthClient[];
  readonly clock: () => number;
  readonly limits: Limits;
  readonly settings: () => SlackSettings;
  readonly findWorkspace: (id: string) => Workspace | undefined;
  /** The app's bot of a grant. */
  readonly botOf: (grant: Grant) => BotRow;
  readonly baseOf: (workspace: Workspace) => string;
  readonly events: Events;
}

/** The method that a request names; null for other paths. */
export const methodOf = (request: SandboxRequest): string | null => /^\/api\/([A-Za-z0-9.]+)$/.exec(request.url.pathname)?.[1] ?? null;

/** Who pays: an app in a workspace. */
export const callerOf = (grant: Pick<Grant, "clientId" | "workspaceId">): string => `${grant.clientId} ${grant.workspaceId}`;

/** Slack's way to say that the limit is reached. */
export function limitedAnswer(seconds: number): SandboxResponse {
  return json(429, { ok: false, error: "ratelimited" }, { "retry-after": String(Math.max(1, Math.ceil(seconds))) });
}

function createCursors(clock: () => number, settings: () => SlackSettings): Cursors {
  const key = randomBytes(32);
  const sign = (text: string) => createHmac("sha256", key).update(text).digest("base64url").slice(0, 12);
  return {
    issue(method, position) {
      const text = JSON.stringify([method, position, clock()]);
      return Buffer.from(`next:${sign(text)}:${text}`).toString("base64");
    },
    read(method, cursor) {
      const [, signature = "", text = ""] = /^next:([^:]+):(.*)$/s.exec(Buffer.from(cursor, "base64").toString("utf8")) ?? [];
      if (text === "" || !sameSecret(signature, sign(text))) throw new Failure("invalid_cursor");
      const [of, position, issuedMs] = JSON.parse(text) as [string, string, number];
      if (of !== method || clock() - issuedMs > settings().cursorSeconds * 1000) throw new Failure("invalid_cursor");
      return position;
    },
  };
}

export function createApiEndpoint(options: EndpointOptions): (request: SandboxRequest, method: string) => SandboxResponse {
  const { oauth, clients, clock, limits, settings, events } = options;
  const cursors = createCursors(clock, settings);
  const methods: Readonly<Record<string, Method>> = {
    ...conversationMethods,
    ...historyMethods,
    ...reactionMethods,
    ...peopleMethods,
    ...createChatMethods({
      takePost: (call, channel) =>
        limits.takePost(callerOf({ clientId: call.bot.clientId, workspaceId: call.workspace.id }), channel, settings()),
    }),
    "apps.uninstall": createUninstall((clientId, secret) => {
      const client = findClient(clients, clientId);
      if (client === null) return "unknown";
      return client.clientSecret !== null && sameSecret(client.clientSecret, secret) ? "right" : "wrong";
    }),
  };

  /** What an app without a token may ask. */
  function apiTest(request: SandboxRequest): Answer {
    const args = Arguments.read(request, true);
    const error = args.text("error");
    if (error !== null) throw new Failure(error);
    return { args: {} };
  }

  function tokenOf(request: SandboxRequest, args: Arguments): string | null {
    return /^Bearer +(\S+)$/i.exec(request.headers.get("authorization") ?? "")?.[1] ?? args.text("token");
  }

  function authorize(token: string | null): Grant {
    if (token === null) throw new Failure("not_authed");
    const known = oauth.book.look(token);
    if (known === null) throw new Failure("invalid_auth");
    if (known.state === "expired") throw new Failure("token_expired");
    if (known.state === "revoked") throw new Failure(known.grant.revoked ? "account_inactive" : "token_revoked");
    return known.grant;
  }

  function run(request: SandboxRequest, name: string, told: { scopes: readonly string[]; accepted: readonly string[] }): Answer {
    if (name === "api.test") return apiTest(request);
    const method = Object.hasOwn(methods, name) ? methods[name] : undefined;
    if (method === undefined) throw new Failure("unknown_method", { req_method: name });
    const args = Arguments.read(request, method.json);
    const token = tokenOf(request, args);
    const grant = authorize(token);
    const workspace = options.findWorkspace(grant.workspaceId);
    if (workspace === undefined) throw new Failure("invalid_auth");
    told.scopes = grant.scopes;
    told.accepted = method.anyScope;
    const now = settings();
    const capped = now.marketplaceCap && (name === "conversations.history" || name === "conversations.replies");
    const seconds = limits.take(callerOf(grant), name, capped ? 1 : now.tiers[method.tier], now);
    if (seconds !== null) throw new Limited(seconds);
    const bot = options.botOf(grant);
    const call: Call = {
      args,
      workspace,
      bot,
      scopes: grant.scopes,
      settings: now,
      nowMs: clock(),
      base: options.baseOf(workspace),
      events,
      cursors,
      revokeToken: () => void oauth.book.revoke(token ?? "", null, "token"),
      uninstall() {
        events.tellUninstalled(workspace, bot);
        oauth.book.revokeAll(({ clientId, workspaceId }) => clientId === bot.clientId && workspaceId === workspace.id);
      },
    };
    requireScope(call, ...method.anyScope);
    return method.run(call);
  }

  return (request, name) => {
    const told: { scopes: readonly string[]; accepted: readonly string[] } = { scopes: [], accepted: [] };
    const headers = () => ({
      "x-slack-req-id": randomUUID().replaceAll("-", ""),
      "x-oauth-scopes": told.scopes.join(","),
      "x-accepted-oauth-scopes": told.accepted.join(","),
    });
    try {
      if (request.method !== "GET" && request.method !== "POST") return { status: 405, headers: { allow: "GET, POST" } };
      return json(200, { ok: true, ...run(request, name, told) }, headers());
    } catch (error) {
      if (error instanceof Limited) {
        const answer = limitedAnswer(error.seconds);
        return { ...answer, headers: { ...answer.headers, ...headers() } };
      }
      if (error instanceof Failure) return json(error.status, { ok: false, error: error.error, ...error.more }, headers());
      throw error;
    }
  };
}
