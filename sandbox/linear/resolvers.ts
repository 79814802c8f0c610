import { authorized, type RequestContext, requireScope } from "./context";
import { invalidInput, notFound } from "./failures";
import {
  attachmentFilter,
  commentFilter,
  cycleFilter,
  cyclePhase,
  type FilterOf,
  issueFilter,
  labelFilter,
  passes,
  projectFilter,
  projectStatusFilter,
  stateFilter,
  teamFilter,
  userFilter,
} from "./filters";
import { type Connection, type PageArguments, paginate } from "./pagination";
import type {
  AttachmentRow,
  CommentRow,
  CycleRow,
  IssueRow,
  LabelRow,
  OrganizationRow,
  ProjectRow,
  Row,
  StateRow,
  TeamRow,
  UserRow,
  WebhookRow,
  Workspace,
} from "./rows";
import { findIssue, findTeam, getRow } from "./store";
import { commentUrl, issueUrl, profileUrl, projectUrl } from "./urls";

export type Arguments = PageArguments & {
  readonly filter?: unknown;
  readonly id?: string;
  readonly includeDisabled?: boolean | null;
  readonly term?: string;
  readonly teamId?: string | null;
  readonly includeComments?: boolean | null;
};
type Resolver<S> = (source: S, args: Arguments, context: RequestContext) => unknown;
type Resolvers<S> = Readonly<Record<string, Resolver<S>>>;

const priorityLabels = ["No priority", "Urgent", "High", "Medium", "Low"];

/** A page of the rows that pass the filter. */
function pageOf<T extends Row>(rows: Iterable<T>, filter: FilterOf<T>, args: Arguments, context: RequestContext): Connection<T> {
  const { workspace, viewer } = authorized(context);
  if (args.sort !== null && args.sort !== undefined) throw invalidInput("sort is internal", "The argument sort is internal to Linear.");
  const scope = { workspace, viewerId: viewer.id, nowMs: context.store.nowMs() };
  const conditions = typeof args.filter === "object" && args.filter !== null ? { ...args.filter } : {};
  return paginate(
    [...rows].filter((row) => passes(row, conditions, filter, scope)),
    args,
  );
}

const workspaceOf = (context: RequestContext): Workspace => authorized(context).workspace;

/** A connection over one table, narrowed to what belongs to the source. */
function related<S, T extends Row>(
  table: (workspace: Workspace) => ReadonlyMap<string, T>,
  filter: FilterOf<T>,
  belongs: (row: T, source: S) => boolean,
): Resolver<S> {
  return (source, args, context) =>
    pageOf(
      [...table(workspaceOf(context)).values()].filter((row) => belongs(row, source)),
      filter,
      args,
      context,
    );
}

/** The row that an id of the source names, or null. */
function reference<S, T extends Row>(
  table: (workspace: Workspace) => ReadonlyMap<string, T>,
  id: (source: S) => string | null,
): Resolver<S> {
  return (source, _args, context) => table(workspaceOf(context)).get(id(source) ?? "") ?? null;
}

const issues = (workspace: Workspace) => workspace.issues;
const comments = (workspace: Workspace) => workspace.comments;
const users = (workspace: Workspace) => workspace.users;
const teams = (workspace: Workspace) => workspace.teams;
const states = (workspace: Workspace) => workspace.states;
const labels = (workspace: Workspace) => workspace.labels;
const attachments = (workspace: Workspace) => workspace.attachments;
const cycles = (workspace: Workspace) => workspace.cycles;
const projects = (workspace: Workspace) => workspace.projects;

/** Disabled accounts are left out unless asked for. */
const listedUsers = (rows: Iterable<UserRow>, args: Arguments) => [...rows].filter(({ active }) => active || args.includeDisabled === true);

/** Done weighs one, started a quarter, everything else nothing. */
function progressOf(workspace: Workspace, rows: readonly IssueRow[]): number {
  const counted = rows.filter((issue) => issue.archivedAt === null && getRow(workspace.states, issue.stateId).type !== "canceled");
  const weight = (issue: IssueRow) => ({ completed: 1, started: 0.25 })[getRow(workspace.states, issue.stateId).type] ?? 0;
  return counted.length === 0 ? 0 : counted.reduce((sum, issue) => sum + weight(issue), 0) / counted.length;
}

export const issueResolvers: Resolvers<IssueRow> = {
  assignee: reference(users, (issue) => issue.assigneeId),
  attachments: related(attachments, attachmentFilter, (row, issue) => row.issueId === issue.id),
  branchName: (issue) => `${issue.identifier.toLowerCase()}-${issueUrl("", "", issue).split("/").at(-1) ?? ""}`,
  children: related(issues, issueFilter, (row, issue) => row.parentId === issue.id),
  comments: related(comments, commentFilter, (row, issue) => row.issueId === issue.id),
  creator: reference(users, (issue) => issue.creatorId),
  cycle: reference(cycles, (issue) => issue.cycleId),
  // Attachments do not move between issues here.
  formerAttachments: related(attachments, attachmentFilter, () => false),
  labels: related(labels, labelFilter, (row, issue) => issue.labelIds.includes(row.id)),
  parent: reference(issues, (issue) => issue.parentId),
  priorityLabel: (issue) => priorityLabels[issue.priority] ?? "No priority",
  project: reference(projects, (issue) => issue.projectId),
  state: reference(states, (issue) => issue.stateId),
  subscribers: related(users, userFilter, (row, issue) => row.id === issue.creatorId || row.id === issue.assigneeId),
  team: reference(teams, (issue) => issue.teamId),
  url: (issue, _args, context) => issueUrl(context.webOrigin, workspaceOf(context).organization.urlKey, issue),
};

/** A hit of a search is the issue, and what was found about it. */
export const searchResultResolvers: Resolvers<IssueRow> = { ...issueResolvers, metadata: () => ({}) };

export const attachmentResolvers: Resolvers<AttachmentRow> = {
  creator: reference(users, (attachment) => attachment.creatorId),
  issue: reference(issues, (attachment) => attachment.issueId),
  source: (attachment) => (attachment.sourceType === null ? null : { type: attachment.sourceType }),
};

export const webhookResolvers: Resolvers<WebhookRow> = {
  allPublicTeams: (webhook) => webhook.teamId === null,
  creator: reference(users, (webhook) => webhook.creatorId),
  failures: (webhook) => webhook.failures.map((failure) => ({ ...failure, webhook, responseOrError: null })),
  team: reference(teams, (webhook) => webhook.teamId),
  teamIds: (webhook) => (webhook.teamId === null ? null : [webhook.teamId]),
};

export const commentResolvers: Resolvers<CommentRow> = {
  botActor: (comment) => (comment.botName === null ? null : { type: "integration", name: comment.botName }),
  bodyData: (comment) => JSON.stringify({ type: "doc", content: [{ type: "paragraph", content: [{ type: "text", text: comment.body }] }] }),
  createdIssues: related(issues, issueFilter, () => false),
  children: related(comments, commentFilter, (row, comment) => row.parentId === comment.id),
  issue: reference(issues, (comment) => comment.issueId),
  parent: reference(comments, (comment) => comment.parentId),
  url: (comment, _args, context) => {
    const workspace = workspaceOf(context);
    return commentUrl(context.webOrigin, workspace.organization.urlKey, getRow(workspace.issues, comment.issueId), comment);
  },
  user: reference(users, (comment) => comment.userId),
};

export const projectResolvers: Resolvers<ProjectRow> = {
  comments: related(comments, commentFilter, () => false),
  creator: reference(users, (project) => project.creatorId),
  issues: related(issues, issueFilter, (row, project) => row.projectId === project.id),
  lead: reference(users, (project) => project.leadId),
  members: (project, args, context) =>
    pageOf(
      listedUsers(workspaceOf(context).users.values(), args).filter(({ id }) => project.memberIds.includes(id)),
      userFilter,
      args,
      context,
    ),
  priorityLabel: (project) => priorityLabels[project.priority] ?? "No priority",
  progress: (project, _args, context) =>
    progressOf(
      workspaceOf(context),
      [...workspaceOf(context).issues.values()].filter(({ projectId }) => projectId === project.id),
    ),
  state: (project, _args, context) => getRow(workspaceOf(context).projectStatuses, project.statusId).type,
  status: reference(
    (workspace) => workspace.projectStatuses,
    (project) => project.statusId,
  ),
  teams: related(teams, teamFilter, (row, project) => project.teamIds.includes(row.id)),
  url: (project, _args, context) => projectUrl(context.webOrigin, workspaceOf(context).organization.urlKey, project),
};

const phase =
  (name: keyof ReturnType<typeof cyclePhase>): Resolver<CycleRow> =>
  (cycle, _args, context) =>
    cyclePhase(cycle, { workspace: workspaceOf(context), nowMs: context.store.nowMs() })[name];

export const cycleResolvers: Resolvers<CycleRow> = {
  isActive: phase("isActive"),
  isFuture: phase("isFuture"),
  isNext: phase("isNext"),
  isPast: phase("isPast"),
  isPrevious: phase("isPrevious"),
  issues: related(issues, issueFilter, (row, cycle) => row.cycleId === cycle.id),
  progress: (cycle, _args, context) =>
    progressOf(
      workspaceOf(context),
      [...workspaceOf(context).issues.values()].filter(({ cycleId }) => cycleId === cycle.id),
    ),
  team: reference(teams, (cycle) => cycle.teamId),
  uncompletedIssuesUponClose: related(
    issues,
    issueFilter,
    (row, cycle) => row.cycleId === cycle.id && cycle.completedAt !== null && row.completedAt === null && row.canceledAt === null,
  ),
};

export const teamResolvers: Resolvers<TeamRow> = {
  activeCycle: (team, _args, context) => {
    const workspace = workspaceOf(context);
    const active = (cycle: CycleRow) => cycle.teamId === team.id && cyclePhase(cycle, { workspace, nowMs: context.store.nowMs() }).isActive;
    return [...workspace.cycles.values()].find(active) ?? null;
  },
  cycles: related(cycles, cycleFilter, (row, team) => row.teamId === team.id),
  defaultIssueState: (team, _args, context) => findDefaultState(workspaceOf(context), team),
  displayName: (team) => team.name,
  issueCount: (team, args, context) =>
    [...workspaceOf(context).issues.values()].filter(
      (issue) => issue.teamId === team.id && (args.includeArchived === true || issue.archivedAt === null),
    ).length,
  issues: related(issues, issueFilter, (row, team) => row.teamId === team.id),
  labels: related(labels, labelFilter, (row, team) => row.teamId === team.id || row.teamId === null),
  members: (team, args, context) =>
    pageOf(
      listedUsers(workspaceOf(context).users.values(), args).filter(({ id }) => team.memberIds.includes(id)),
      userFilter,
      args,
      context,
    ),
  organization: (_team, _args, context) => workspaceOf(context).organization,
  projects: related(projects, projectFilter, (row, team) => row.teamIds.includes(team.id)),
  states: related(states, stateFilter, (row, team) => row.teamId === team.id),
  visibility: () => "public",
  webhooks: (team, args, context) =>
    pageOf(
      webhooksOf(context).filter(({ teamId }) => teamId === team.id),
      {},
      args,
      context,
    ),
};

export const userResolvers: Resolvers<UserRow> = {
  assignedIssues: related(issues, issueFilter, (row, user) => row.assigneeId === user.id),
  createdIssueCount: (user, _args, context) => [...workspaceOf(context).issues.values()].filter((row) => row.creatorId === user.id).length,
  createdIssues: related(issues, issueFilter, (row, user) => row.creatorId === user.id),
  // Work is delegated to agents, and there are none here.
  delegatedIssues: related(issues, issueFilter, () => false),
  initials: (user) =>
    user.name
      .split(/\s+/)
      .map((word) => Array.from(word)[0] ?? "")
      .slice(0, 2)
      .join("")
      .toUpperCase(),
  isAssignable: (user) => user.active && !user.app,
  isMe: (user, _args, context) => user.id === authorized(context).viewer.id,
  isMentionable: (user) => user.active,
  organization: (_user, _args, context) => workspaceOf(context).organization,
  owner: (user) => user.admin,
  teams: related(teams, teamFilter, (row, user) => row.memberIds.includes(user.id)),
  url: (user, _args, context) => profileUrl(context.webOrigin, workspaceOf(context).organization.urlKey, user),
};

export const stateResolvers: Resolvers<StateRow> = {
  issues: related(issues, issueFilter, (row, state) => row.stateId === state.id),
  team: reference(teams, (state) => state.teamId),
};

export const labelResolvers: Resolvers<LabelRow> = {
  children: related(labels, labelFilter, (row, label) => row.parentId === label.id),
  creator: reference(users, (label) => label.creatorId),
  issues: related(issues, issueFilter, (row, label) => row.labelIds.includes(label.id)),
  organization: (_label, _args, context) => workspaceOf(context).organization,
  parent: reference(labels, (label) => label.parentId),
  team: reference(teams, (label) => label.teamId),
};

export const organizationResolvers: Resolvers<OrganizationRow> = {
  labels: related(labels, labelFilter, (row) => row.teamId === null),
  projectStatuses: (_organization, _args, context) => [...workspaceOf(context).projectStatuses.values()],
  teams: related(teams, teamFilter, () => true),
  userCount: (_organization, _args, context) => [...workspaceOf(context).users.values()].filter(({ active, app }) => active && !app).length,
  users: (_organization, args, context) => pageOf(listedUsers(workspaceOf(context).users.values(), args), userFilter, args, context),
};

/** Where a new issue of the team starts: triage where it is on, else the first backlog state. */
export function findDefaultState(workspace: Workspace, team: TeamRow): StateRow | null {
  const type = team.triageEnabled ? "triage" : "backlog";
  const candidates = [...workspace.states.values()].filter((state) => state.teamId === team.id && state.type === type);
  return candidates.sort((left, right) => left.position - right.position)[0] ?? null;
}

/** Webhooks are for admins and for apps with the scope (https://linear.app/developers/webhooks). */
function webhooksOf(context: RequestContext): readonly WebhookRow[] {
  const { workspace, viewer, grant } = authorized(context);
  if (!viewer.admin) requireScope(grant, "admin");
  return [...workspace.webhooks.values()];
}

const foldedWords = (text: string): readonly string[] => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];

/** Issues that have every word of the term, those with more of them in the title first. */
function searchIssues(args: Arguments, context: RequestContext) {
  const { workspace } = authorized(context);
  const wanted = foldedWords(args.term ?? "");
  const hits = [...workspace.issues.values()].flatMap((issue) => {
    if (args.teamId !== null && args.teamId !== undefined && issue.teamId !== args.teamId) return [];
    const title = foldedWords(`${issue.identifier} ${issue.title}`);
    const said = args.includeComments === true ? [...workspace.comments.values()].filter(({ issueId }) => issueId === issue.id) : [];
    const rest = foldedWords([issue.description ?? "", ...said.map(({ body }) => body)].join(" "));
    const has = (words: readonly string[], word: string) => words.some((one) => one.startsWith(word));
    if (wanted.length === 0 || !wanted.every((word) => has(title, word) || has(rest, word))) return [];
    return [{ issue, rank: wanted.filter((word) => has(title, word)).length }];
  });
  const page = pageOf(
    hits.map(({ issue }) => issue),
    issueFilter,
    args,
    context,
  );
  const rankOf = new Map(hits.map(({ issue, rank }) => [issue.id, rank]));
  const byRank = <T>(nodes: readonly T[], read: (node: T) => IssueRow): readonly T[] =>
    nodes.toSorted((left, right) => (rankOf.get(read(right).id) ?? 0) - (rankOf.get(read(left).id) ?? 0));
  return {
    ...page,
    nodes: byRank(page.nodes, (node) => node),
    edges: byRank(page.edges, ({ node }) => node),
    totalCount: hits.length,
    archivePayload: { archive: "[]", databaseVersion: 0, includesDependencies: [] },
  };
}

const found = <T>(row: T | null | undefined, entity: string): T => {
  if (row === null || row === undefined) throw notFound(entity);
  return row;
};

export const queryResolvers: Resolvers<unknown> = {
  attachment: (_source, args, context) => found(workspaceOf(context).attachments.get(args.id ?? ""), "Attachment"),
  attachments: related(attachments, attachmentFilter, () => true),
  searchIssues: (_source, args, context) => searchIssues(args, context),
  webhook: (_source, args, context) =>
    found(
      webhooksOf(context).find(({ id }) => id === args.id),
      "Webhook",
    ),
  webhooks: (_source, args, context) => pageOf(webhooksOf(context), {}, args, context),
  comment: (_source, args, context) => found(workspaceOf(context).comments.get(args.id ?? ""), "Comment"),
  comments: related(comments, commentFilter, () => true),
  cycle: (_source, args, context) => found(workspaceOf(context).cycles.get(args.id ?? ""), "Cycle"),
  cycles: related(cycles, cycleFilter, () => true),
  issue: (_source, args, context) => found(findIssue(workspaceOf(context), args.id ?? ""), "Issue"),
  issueLabel: (_source, args, context) => found(workspaceOf(context).labels.get(args.id ?? ""), "IssueLabel"),
  issueLabels: related(labels, labelFilter, () => true),
  issues: related(issues, issueFilter, () => true),
  organization: (_source, _args, context) => workspaceOf(context).organization,
  project: (_source, args, context) => {
    const all = workspaceOf(context).projects;
    return found(all.get(args.id ?? "") ?? [...all.values()].find(({ slugId }) => slugId === args.id), "Project");
  },
  projects: related(projects, projectFilter, () => true),
  projectStatus: (_source, args, context) => found(workspaceOf(context).projectStatuses.get(args.id ?? ""), "ProjectStatus"),
  projectStatuses: related(
    (workspace) => workspace.projectStatuses,
    projectStatusFilter,
    () => true,
  ),
  rateLimitStatus: (_source, _args, context) => ({
    identifier: authorized(context).viewer.id,
    kind: "oauth",
    limits: Object.entries(context.limits).map(([type, { limit, remaining, resetMs }]) => ({
      type,
      requestedAmount: 1,
      allowedAmount: limit,
      period: 3_600_000,
      remainingAmount: remaining,
      reset: resetMs,
    })),
  }),
  team: (_source, args, context) => found(findTeam(workspaceOf(context), args.id ?? ""), "Team"),
  teams: related(teams, teamFilter, () => true),
  user: (_source, args, context) => found(workspaceOf(context).users.get(args.id ?? ""), "User"),
  users: (_source, args, context) => pageOf(listedUsers(workspaceOf(context).users.values(), args), userFilter, args, context),
  viewer: (_source, _args, context) => authorized(context).viewer,
  workflowState: (_source, args, context) => found(workspaceOf(context).states.get(args.id ?? ""), "WorkflowState"),
  workflowStates: related(states, stateFilter, () => true),
};
