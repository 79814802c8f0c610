import "server-only";
import { randomUUID } from "node:crypto";
import { findCurrentPerson } from "@/server/auth/request";
import { getHub } from "@/server/compose/hub";
import type { RequestContext } from "./init";

/** The context of this request, for the HTTP door and for pages that prefetch. */
export async function createRequestContext(): Promise<RequestContext> {
  const hub = await getHub();
  const requestId = randomUUID();
  return { hub, person: await findCurrentPerson(), requestId, log: hub.log.child({ requestId }) };
}

/**
 * Whether a request that changes something comes from a page of the hub itself. Browsers send Origin on every POST (Fetch §3.1); cookies
 * are SameSite=Lax, and this also stops sibling sites and other ports of localhost, which are same-site.
 */
export const isSameOrigin = (request: Request, origin: string): boolean => request.headers.get("origin") === origin;
