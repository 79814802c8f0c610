import type { ChangeEvent } from "../context";
import type { AttachmentRow, CommentRow, IssueRow, Workspace } from "../rows";
import { getRow } from "../store";
import { commentUrl, issueUrl, profileUrl, projectUrl } from "../urls";

/** What a webhook is sent, after SDL `EntityWebhookPayload` and the payload of each type; `schema.test.ts` compares the fields. */

interface PayloadScope {
  readonly workspace: Workspace;
  readonly webOrigin: string;
}

const priorityLabels = ["No priority", "Urgent", "High", "Medium", "Low"];

function childUser({ workspace, webOrigin }: PayloadScope, id: string | null) {
  const user = workspace.users.get(id ?? "");
  if (user === undefined) return null;
  const url = profileUrl(webOrigin, workspace.organization.urlKey, user);
  return { id: user.id, name: user.name, email: user.email, url, avatarUrl: null };
}

function childTeam({ workspace }: PayloadScope, id: string) {
  const team = getRow(workspace.teams, id);
  return { id: team.id, key: team.key, name: team.name };
}

function childIssue(scope: PayloadScope, id: string) {
  const issue = scope.workspace.issues.get(id);
  if (issue === undefined) return null;
  const { identifier, title, teamId } = issue;
  const url = issueUrl(scope.webOrigin, scope.workspace.organization.urlKey, issue);
  return { id: issue.id, identifier, title, url, teamId, team: childTeam(scope, teamId) };
}

export function issueData(scope: PayloadScope, issue: IssueRow) {
  const { workspace, webOrigin } = scope;
  const state = getRow(workspace.states, issue.stateId);
  const project = workspace.projects.get(issue.projectId ?? "");
  const cycle = workspace.cycles.get(issue.cycleId ?? "");
  const { urlKey } = workspace.organization;
  return {
    id: issue.id,
    createdAt: issue.createdAt,
    updatedAt: issue.updatedAt,
    archivedAt: issue.archivedAt,
    number: issue.number,
    identifier: issue.identifier,
    previousIdentifiers: issue.previousIdentifiers,
    title: issue.title,
    description: issue.description,
    priority: issue.priority,
    priorityLabel: priorityLabels[issue.priority] ?? "No priority",
    prioritySortOrder: 0,
    estimate: issue.estimate,
    dueDate: issue.dueDate,
    sortOrder: issue.sortOrder,
    startedAt: issue.startedAt,
    completedAt: issue.completedAt,
    canceledAt: issue.canceledAt,
    trashed: issue.trashed,
    teamId: issue.teamId,
    team: childTeam(scope, issue.teamId),
    stateId: issue.stateId,
    state: { id: state.id, name: state.name, type: state.type, color: state.color },
    creatorId: issue.creatorId,
    creator: childUser(scope, issue.creatorId),
    assigneeId: issue.assigneeId,
    assignee: childUser(scope, issue.assigneeId),
    projectId: issue.projectId,
    project: project === undefined ? null : { id: project.id, name: project.name, url: projectUrl(webOrigin, urlKey, project) },
    cycleId: issue.cycleId,
    cycle:
      cycle === undefined ? null : { id: cycle.id, name: cycle.name, number: cycle.number, startsAt: cycle.startsAt, endsAt: cycle.endsAt },
    parentId: issue.parentId,
    labelIds: issue.labelIds,
    labels: issue.labelIds.map((id) => {
      const { name, color, parentId } = getRow(workspace.labels, id);
      return { id, name, color, parentId };
    }),
    subscriberIds: [...new Set([issue.creatorId, issue.assigneeId])].filter((id) => id !== null),
    reactionData: [],
    url: issueUrl(webOrigin, urlKey, issue),
  };
}

export function commentData(scope: PayloadScope, comment: CommentRow) {
  return {
    id: comment.id,
    createdAt: comment.createdAt,
    updatedAt: comment.updatedAt,
    archivedAt: comment.archivedAt,
    body: comment.body,
    editedAt: comment.editedAt,
    resolvedAt: comment.resolvedAt,
    quotedText: comment.quotedText,
    reactionData: [],
    issueId: comment.issueId,
    issue: childIssue(scope, comment.issueId),
    parentId: comment.parentId,
    userId: comment.userId,
    user: childUser(scope, comment.userId),
  };
}

export const attachmentData = (attachment: AttachmentRow) => ({
  id: attachment.id,
  createdAt: attachment.createdAt,
  updatedAt: attachment.updatedAt,
  archivedAt: attachment.archivedAt,
  issueId: attachment.issueId,
  title: attachment.title,
  subtitle: attachment.subtitle,
  url: attachment.url,
  sourceType: attachment.sourceType,
  source: attachment.sourceType === null ? null : { type: attachment.sourceType },
  creatorId: attachment.creatorId,
  groupBySource: attachment.groupBySource,
  metadata: attachment.metadata,
});

function describe(scope: PayloadScope, event: ChangeEvent): { readonly data: object; readonly url: string } {
  const { workspace, webOrigin } = scope;
  const { urlKey } = workspace.organization;
  if (event.type === "Issue") return { data: issueData(scope, event.row), url: issueUrl(webOrigin, urlKey, event.row) };
  const issue = workspace.issues.get(event.row.issueId);
  if (event.type === "Attachment") return { data: attachmentData(event.row), url: event.row.url };
  return { data: commentData(scope, event.row), url: issue === undefined ? webOrigin : commentUrl(webOrigin, urlKey, issue, event.row) };
}

/** The old values of what changed; `updatedAt` is always among them. */
function changedFrom(before: object, now: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(before).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(Reflect.get(now, name))),
  );
}

/** The body of a delivery, without what each attempt and webhook adds. */
export function payloadOf(scope: PayloadScope, event: ChangeEvent, actorId: string, at: string) {
  const actor = childUser(scope, actorId);
  return {
    action: event.action,
    type: event.type,
    createdAt: at,
    organizationId: scope.workspace.organization.id,
    actor: actor === null ? null : { ...actor, type: "user" },
    ...describe(scope, event),
    ...(event.before === undefined ? {} : { updatedFrom: changedFrom(event.before, event.row) }),
  };
}
