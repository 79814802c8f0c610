import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { json, type SandboxRequest, type SandboxResponse } from "../http/server";
import type { OAuth } from "../oauth/oauth";
import { answerBatch } from "./batch";
import { calendarRoutes } from "./calendar/routes";
import { contactRoutes } from "./contacts/routes";
import { type GraphContext, readPreferences } from "./context";
import { directoryRoutes } from "./directory";
import { badRequest, failureBody, GraphFailure, unauthorized } from "./failures";
import { fileRoutes } from "./files/routes";
import type { Limits } from "./limits";
import { folderRoutes } from "./mail/folder-routes";
import { settleOutbox } from "./mail/messages";
import { mailRoutes } from "./mail/routes";
import { findRoute, type Route, stepsOf } from "./route";
import type { Settings } from "./settings";
import type { Store } from "./store";
import type { Subscriptions } from "./subscriptions";

/** Graph v1.0 over HTTP: who asks, what for, within which limits. */

export interface GraphOptions {
  readonly store: Store;
  readonly oauth: OAuth;
  readonly limits: Limits;
  readonly subscriptions: Subscriptions;
  readonly settings: () => Settings;
  readonly origin: () => string;
  readonly webOrigin: () => string;
}

const changesNothing = new Set(["GET", "HEAD"]);

/** OneDrive's refusals have names of its own. */
function missingScope(route: Route): GraphFailure {
  if (route.limit === "drive") return new GraphFailure(403, "accessDenied", "The caller does not have permission to perform the action.");
  if (route.limit === "directory")
    return new GraphFailure(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.");
  return new GraphFailure(403, "ErrorAccessDenied", "Access is denied. Check credentials and try again.");
}

export function createGraph(options: GraphOptions) {
  const { store, oauth, limits, subscriptions, settings, origin, webOrigin } = options;
  const routes: readonly Route[] = [
    ...directoryRoutes,
    ...folderRoutes,
    ...mailRoutes,
    ...calendarRoutes,
    ...contactRoutes,
    ...fileRoutes,
    ...subscriptions.routes,
  ];

  /** `/users/{me}` is `/me`, `/drives/{mine}` is `/me/drive`; another's is refused as a delegated token is. */
  function normalised(steps: readonly string[], userId: string, mail: string): readonly string[] {
    const [first, second = "", ...rest] = steps;
    if (first !== "users") return steps;
    if (second !== userId && second.toLowerCase() !== mail.toLowerCase())
      throw new GraphFailure(403, "ErrorAccessDenied", "Access is denied. Check credentials and try again.");
    return ["me", ...rest];
  }

  async function work(request: SandboxRequest): Promise<SandboxResponse> {
    const known = oauth.access(request);
    if (request.headers.get("authorization") === null) throw unauthorized("Access token is empty.");
    if (known === null) throw unauthorized("IDX14100: JWT is not well formed, there are no dots (.).");
    if (known.state === "expired") throw unauthorized("Lifetime validation failed, the token is expired.");
    if (known.state === "revoked") throw unauthorized("Access token validation failure.");
    if (settings().claimsChallenge) {
      const claims = Buffer.from(JSON.stringify({ access_token: { acrs: { essential: true, value: "c1" } } })).toString("base64");
      throw new GraphFailure(401, "InvalidAuthenticationToken", "Continuous access evaluation resulted in challenge.", {
        "www-authenticate": `Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/v2.0/authorize", error="insufficient_claims", claims="${claims}"`,
      });
    }
    const { grant, scopes } = known;
    const user = store.users.get(grant.userId);
    if (user === undefined) throw unauthorized("The user account does not exist.");
    const mailbox = store.mailboxOf(user.id);
    const below = request.url.pathname.replace(/^\/v1\.0/, "");
    const found = findRoute(routes, request.method, normalised(stepsOf(below), user.id, user.mail));
    if (!("route" in found)) {
      if (found.length > 0)
        throw new GraphFailure(
          405,
          "Request_BadRequest",
          `Specified HTTP method is not allowed for the request target. Allowed: ${found.join(", ")}.`,
        );
      throw badRequest(`Resource not found for the segment '${below.split("/").at(-1) ?? ""}'.`);
    }
    const { route, parameters } = found;
    if (!route.scopes.some((scope) => scopes.includes(scope))) throw missingScope(route);
    const context: GraphContext = {
      store,
      settings: settings(),
      user,
      mailbox,
      scopes,
      clientId: grant.clientId,
      request,
      url: request.url,
      origin: origin(),
      webOrigin: webOrigin(),
      preferences: readPreferences(request.headers.get("prefer")),
    };
    const leave = route.limit === "directory" ? () => undefined : limits.enter(`${grant.clientId} ${user.id}`, route.limit, settings());
    try {
      if (settings().answerDelayMs > 0) await delay(settings().answerDelayMs, undefined, { ref: false });
      settleOutbox(context);
      const answer = await route.run(context, parameters);
      if (!changesNothing.has(request.method)) for (const other of store.mailboxes.values()) subscriptions.notify(other.userId);
      return answer;
    } finally {
      leave();
    }
  }

  async function answer(request: SandboxRequest): Promise<SandboxResponse> {
    const requestId = randomUUID();
    const headers = { "request-id": requestId, "client-request-id": request.headers.get("client-request-id") ?? requestId };
    try {
      if (request.url.pathname === "/v1.0/$batch" && request.method === "POST") {
        const response = await answerBatch(request, answer);
        return { ...response, headers: { ...response.headers, ...headers } };
      }
      const response = await work(request);
      return { ...response, headers: { ...response.headers, ...headers } };
    } catch (error) {
      if (error instanceof URIError) return answerFailure(badRequest("The URL is not well-formed."), requestId, headers);
      if (!(error instanceof GraphFailure)) throw error;
      return answerFailure(error, requestId, headers);
    }
  }

  function answerFailure(failure: GraphFailure, requestId: string, headers: Readonly<Record<string, string>>): SandboxResponse {
    return json(failure.status, failureBody(failure, requestId, store.nowMs()), { ...headers, ...failure.headers });
  }

  return {
    answer,
    /** The vendor's name of a call, for the journal: `GET /me/messages/{message}`. */
    operationOf(request: SandboxRequest): string | null {
      try {
        const found = findRoute(routes, request.method, stepsOf(request.url.pathname.replace(/^\/v1\.0/, "")));
        return "route" in found ? `${found.route.method} ${found.route.pattern}` : null;
      } catch {
        return null;
      }
    },
  };
}
