import { createHash } from "node:crypto";
import { AsanaRefusal, badRequest, notFound } from "../failures";
import { type Answer, type Call, parameter, type Route } from "../router";
import type { EventRow, ResourceName } from "../rows";
import type { Tables } from "../store";

/** What happened since: `/events` with sync tokens that age. */

const eventsAtOnce = 100;

const sealOf = (body: string): string => createHash("sha256").update(`sync\n${body}`).digest("hex").slice(0, 16);

function tokenOf(resource: string, sequence: number, nowMs: number): string {
  const body = Buffer.from(JSON.stringify([resource, sequence, nowMs])).toString("base64url");
  return `${body}:${sealOf(body)}`;
}

/** How far the token has read; null when it is not one, of another resource, or too old. */
function readToken(text: string | null, call: Call, resource: string): number | null {
  const [body = "", seal] = (text ?? "").split(":");
  if (seal === undefined || sealOf(body) !== seal) return null;
  const [of, sequence, atMs] = JSON.parse(Buffer.from(body, "base64url").toString("utf8")) as [string, number, number];
  if (of !== resource || atMs + call.settings.syncTokenSeconds * 1000 <= call.store.nowMs()) return null;
  const oldest = call.store.tables.events[0]?.sequence ?? sequence + 1;
  return sequence + 1 < oldest ? null : sequence;
}

/** A resource as OpenAPI's AsanaNamedResource has it; webhooks tell the subtype too. */
function told(resource: ResourceName, by: "api" | "webhook"): Readonly<Record<string, unknown>> {
  const { gid, resource_type, name } = resource;
  return by === "webhook" ? { ...resource } : { gid, resource_type, ...(name === undefined ? {} : { name }) };
}

/** An event as the API and webhooks tell it: scalar values are left out. By the description the API has no `parent` where there is none. */
export function eventOf(event: EventRow, tables: Tables, by: "api" | "webhook"): Readonly<Record<string, unknown>> {
  const user = tables.users.get(event.userGid ?? "");
  const { change } = event;
  return {
    user: user === undefined ? null : { gid: user.gid, resource_type: "user", name: user.name },
    created_at: event.createdAt,
    type: event.resource.resource_type,
    action: event.action,
    resource: told(event.resource, by),
    ...(event.parent === null ? (by === "webhook" ? { parent: null } : {}) : { parent: told(event.parent, by) }),
    ...(change === null
      ? {}
      : {
          change: {
            field: change.field,
            action: change.action,
            ...(change.value === null
              ? {}
              : { [change.action === "changed" ? "new_value" : `${change.action}_value`]: told(change.value, by) }),
          },
        }),
  };
}

function readEvents(call: Call): Answer {
  const { tables } = call.store;
  const resource = call.query.get("resource") ?? "";
  if (resource === "") throw badRequest("resource: Missing input");
  if (!tables.tasks.has(resource) && !tables.projects.has(resource)) throw notFound("resource", resource);
  const after = readToken(call.query.get("sync"), call, resource);
  if (after === null) {
    throw new AsanaRefusal(
      412,
      "Sync token invalid or too old. If you are attempting to keep resources in sync, you must fetch the full dataset for this query now and use the new sync token for the next sync.",
      { beside: { sync: tokenOf(resource, tables.counters.events, call.store.nowMs()) } },
    );
  }
  const waiting = tables.events.filter((event) => event.sequence > after && event.streams.includes(resource));
  const page = waiting.slice(0, eventsAtOnce);
  const hasMore = waiting.length > page.length;
  const upTo = hasMore ? (page.at(-1)?.sequence ?? after) : tables.counters.events;
  return {
    data: page.map((event) => eventOf(event, tables, "api")),
    beside: { sync: tokenOf(resource, upTo, call.store.nowMs()), has_more: hasMore },
  };
}

export const eventRoutes: readonly Route[] = [
  { method: "GET", path: "/events", scope: null, handle: readEvents },
  {
    method: "GET",
    path: "/workspaces/{workspace_gid}/events",
    scope: null,
    handle(call) {
      throw new AsanaRefusal(
        403,
        `workspace: Events of ${parameter(call, "workspace_gid")} are for service accounts of the Enterprise+ plan.`,
      );
    },
  },
];
