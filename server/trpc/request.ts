import "server-only";
import { randomUUID } from "node:crypto";
import { TRPCError } from "@trpc/server";
import type { WorkspaceScope } from "@/db/scope";
import { findCurrentPerson } from "@/server/auth/request";
import { getHub, type Hub } from "@/server/compose/hub";
import { errorTable, HubError } from "@/server/errors";
import type { RequestContext } from "./init";

/** The context of a page that prefetches: the person's. */
export async function createRequestContext(): Promise<RequestContext> {
  const hub = await getHub();
  const requestId = randomUUID();
  return { hub, person: await findCurrentPerson(), requestId, log: hub.log.child({ requestId }) };
}

/** Whether the request names who asks by itself, without a cookie. */
export const hasCredential = (request: Request): boolean => request.headers.has("authorization");

/**
 * The scope that the request's API key opens (RFC 6750 section 2.1), or null where it bears none. EAUTH for anything else in `Authorization`, and for a
 * key that is unknown or revoked: what the caller meant to be is never replaced by a cookie's person.
 */
export async function findRequestKey(request: Request, { workspaces }: Hub): Promise<WorkspaceScope | null> {
  const header = request.headers.get("authorization");
  if (header === null) return null;
  const key = /^Bearer +(\S+)$/i.exec(header)?.[1];
  const scope = key === undefined ? null : await workspaces.apiKeys.findScope(key);
  if (scope !== null) return scope;
  const cause = new HubError("EAUTH", "This API key is unknown or was revoked. An admin of the workspace can make another.");
  // Made before any procedure runs, where tRPC takes the HTTP status from its own code only.
  throw new TRPCError({ code: errorTable[cause.code].trpc, message: cause.message, cause });
}

/** The context of a request to the API's door: an API key's, or the person's. */
export async function createCallContext(request: Request): Promise<RequestContext> {
  const hub = await getHub();
  const requestId = randomUUID();
  const keyScope = await findRequestKey(request, hub);
  return { hub, person: keyScope === null ? await findCurrentPerson() : null, keyScope, requestId, log: hub.log.child({ requestId }) };
}

/**
 * Whether a request that changes something comes from a page of the hub itself. Browsers send Origin on every POST (Fetch §3.1); cookies
 * are SameSite=Lax, and this also stops sibling sites and other ports of localhost, which are same-site.
 */
export const isSameOrigin = (request: Request, origin: string): boolean => request.headers.get("origin") === origin;
