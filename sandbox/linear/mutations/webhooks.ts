import { randomBytes } from "node:crypto";
import { authorized, type RequestContext, requireScope } from "../context";
import { invalidArgument, invalidInput, notFound } from "../failures";
import type { WebhookRow, Workspace } from "../rows";
import { findTeam } from "../store";
import { done, given, type Mutation, newId, type WriteArguments } from "./shared";

interface WebhookInput {
  readonly id?: string | null;
  readonly url?: string | null;
  readonly label?: string | null;
  readonly enabled?: boolean | null;
  readonly resourceTypes?: readonly string[] | null;
  readonly teamId?: string | null;
  readonly allPublicTeams?: boolean | null;
  readonly secret?: string | null;
}

/** SDL: the values of `WebhookResourceType`. Those of things that the sandbox does not have are taken and never sent. */
const resourceTypes: ReadonlySet<string> = new Set([
  "AgentSessionEvent",
  "AppUserNotification",
  "Attachment",
  "Comment",
  "Customer",
  "CustomerNeed",
  "Cycle",
  "Document",
  "Initiative",
  "InitiativeUpdate",
  "Issue",
  "IssueLabel",
  "IssueSLA",
  "OAuthAuthorization",
  "PermissionChange",
  "Project",
  "ProjectLabel",
  "ProjectUpdate",
  "Reaction",
  "Release",
  "ReleaseNote",
  "User",
]);

/** Admins, and apps with the scope (https://linear.app/developers/webhooks). */
function administered(context: RequestContext) {
  const caller = authorized(context);
  if (!caller.viewer.admin) requireScope(caller.grant, "admin");
  return caller;
}

function checkTypes(types: readonly string[] | null | undefined): readonly string[] {
  if (!given(types) || types.length === 0) throw invalidArgument("resourceTypes", "arrayNotEmpty", "resourceTypes should not be empty");
  const unknown = types.find((type) => !resourceTypes.has(type));
  if (unknown !== undefined) throw invalidArgument("resourceTypes", "isIn", `${unknown} is not a resource type of webhooks`);
  return types;
}

/** Public HTTPS; plain HTTP only to the computer that the sandbox runs on, where Linear itself could not reach. */
function checkUrl(url: string | null | undefined): string {
  const parsed = given(url) && URL.canParse(url) ? new URL(url) : null;
  const isLocal = parsed?.protocol === "http:" && ["localhost", "127.0.0.1"].includes(parsed.hostname);
  if (parsed === null || (parsed.protocol !== "https:" && !isLocal)) throw invalidArgument("url", "isUrl", "url must be a URL address");
  return parsed.href;
}

function getWebhook(workspace: Workspace, id: string): WebhookRow {
  const webhook = workspace.webhooks.get(id);
  if (webhook === undefined) throw notFound("Webhook");
  return webhook;
}

function webhookCreate({ input }: WriteArguments<WebhookInput>, context: RequestContext) {
  const { workspace, viewer } = administered(context);
  const team = given(input.teamId) ? findTeam(workspace, input.teamId) : null;
  if (given(input.teamId) && team === null) throw notFound("Team");
  if ((team === null) === (input.allPublicTeams !== true)) {
    throw invalidInput("Exactly one of teamId and allPublicTeams is required", "Give a team, or say that it is of all public teams.");
  }
  const at = context.store.writeTime();
  const webhook: WebhookRow = {
    id: newId(input.id, "Webhook", (taken) => workspace.webhooks.has(taken)),
    createdAt: at,
    updatedAt: at,
    archivedAt: null,
    url: checkUrl(input.url),
    label: input.label ?? null,
    enabled: input.enabled ?? true,
    resourceTypes: checkTypes(input.resourceTypes),
    teamId: team?.id ?? null,
    secret: input.secret ?? `lin_wh_${randomBytes(24).toString("base64url")}`,
    creatorId: viewer.id,
    failures: [],
  };
  workspace.webhooks.set(webhook.id, webhook);
  return done(workspace, { webhook });
}

function webhookUpdate(args: WriteArguments<WebhookInput>, context: RequestContext) {
  const { workspace } = administered(context);
  const webhook = getWebhook(workspace, args.id);
  const { input } = args;
  if (input.url !== undefined) webhook.url = checkUrl(input.url);
  if (input.label !== undefined) webhook.label = input.label;
  if (given(input.enabled)) webhook.enabled = input.enabled;
  if (input.resourceTypes !== undefined) webhook.resourceTypes = checkTypes(input.resourceTypes);
  if (given(input.secret)) webhook.secret = input.secret;
  webhook.updatedAt = context.store.writeTime();
  return done(workspace, { webhook });
}

function webhookDelete(id: string, context: RequestContext) {
  const { workspace } = administered(context);
  workspace.webhooks.delete(getWebhook(workspace, id).id);
  return done(workspace, { entityId: id });
}

export const webhookMutations: Readonly<Record<string, Mutation<WebhookInput>>> = {
  webhookCreate: (_source, args, context) => webhookCreate(args, context),
  webhookUpdate: (_source, args, context) => webhookUpdate(args, context),
  webhookDelete: (_source, { id }, context) => webhookDelete(id, context),
};
