import { z } from "zod";
import { badRequest, forbidden, notFound } from "../failures";
import { type Call, many, nothing, one, parameter, type Route, requireWorkspace } from "../router";
import type { WebhookRow } from "../rows";
import type { Webhooks } from "../webhooks";

/** Making, looking at and ending webhooks. */

const filtersShape = z.array(
  z.strictObject({
    resource_type: z.string().optional(),
    resource_subtype: z.string().optional(),
    action: z.enum(["changed", "added", "removed", "deleted", "undeleted"]).optional(),
    fields: z.array(z.string()).optional(),
  }),
);

function readFilters(value: unknown): WebhookRow["filters"] {
  const filters = filtersShape.safeParse(value ?? []);
  if (!filters.success) throw badRequest("filters: Not as documented");
  if (filters.data.some(({ fields, action }) => fields !== undefined && action !== "changed")) {
    throw badRequest('filters: "fields" is only allowed with the action "changed"');
  }
  return filters.data;
}

/** Webhooks are seen by the app that made them. */
function requireWebhook(call: Call): WebhookRow {
  const gid = parameter(call, "webhook_gid");
  const webhook = call.store.tables.webhooks.get(gid);
  if (webhook === undefined) throw notFound("webhook", gid);
  if (webhook.clientId !== call.viewer.clientId) throw forbidden("webhook: You do not have access to this webhook.");
  return webhook;
}

/** Projects and tasks tell everything; what is above them needs filters, and never tells of tasks and stories. */
function requireResource(call: Call, gid: unknown, filters: WebhookRow["filters"]): string {
  const { tasks, projects, workspaces } = call.store.tables;
  const resource = String(gid ?? "");
  if (tasks.get(resource)?.deletedAt === null || projects.has(resource)) return resource;
  if (!workspaces.has(resource)) throw notFound("resource", resource);
  if (filters.length === 0) throw badRequest("filters: Required for webhooks on workspaces, teams and portfolios");
  if (filters.some(({ resource_type }) => resource_type === undefined || resource_type === "task" || resource_type === "story")) {
    throw badRequest("filters: Tasks and stories are only told to webhooks on projects and tasks");
  }
  return resource;
}

export const webhookRoutes = (webhooks: Webhooks): readonly Route[] => [
  {
    method: "GET",
    path: "/webhooks",
    scope: "webhooks:read",
    handle(call) {
      const workspace = requireWorkspace(call, call.query.get("workspace") ?? "");
      const { tasks, projects } = call.store.tables;
      const resource = call.query.get("resource");
      const rows = [...call.store.tables.webhooks.values()].filter((row) => {
        const of = tasks.get(row.resourceGid)?.workspaceGid ?? projects.get(row.resourceGid)?.workspaceGid ?? row.resourceGid;
        return row.clientId === call.viewer.clientId && of === workspace.gid && (resource === null || row.resourceGid === resource);
      });
      return many(call, "webhook", rows, "full");
    },
  },
  {
    method: "POST",
    path: "/webhooks",
    scope: "webhooks:write",
    async handle(call) {
      const { resource, target } = call.data;
      if (typeof target !== "string") throw badRequest("target: Missing input");
      const filters = readFilters(call.data.filters);
      const { userGid: ownerGid, clientId } = call.viewer;
      const resourceGid = requireResource(call, resource, filters);
      const webhook = await webhooks.create({ resourceGid, target, filters, ownerGid, clientId }, call.settings.localWebhookTargets);
      return one(call, "webhook", webhook, { status: 201, beside: { "X-Hook-Secret": webhook.secret } });
    },
  },
  { method: "GET", path: "/webhooks/{webhook_gid}", scope: "webhooks:read", handle: (call) => one(call, "webhook", requireWebhook(call)) },
  {
    method: "PUT",
    path: "/webhooks/{webhook_gid}",
    scope: "webhooks:write",
    handle(call) {
      const webhook = requireWebhook(call);
      webhook.filters = readFilters(call.data.filters);
      return one(call, "webhook", webhook);
    },
  },
  {
    method: "DELETE",
    path: "/webhooks/{webhook_gid}",
    scope: "webhooks:delete",
    handle(call) {
      call.store.tables.webhooks.delete(requireWebhook(call).gid);
      return nothing;
    },
  },
];
