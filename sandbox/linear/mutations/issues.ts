import { authorized, type RequestContext, requireScope } from "../context";
import { forbidden, invalidArgument, invalidInput, notFound } from "../failures";
import { findDefaultState } from "../resolvers";
import type { IssueRow, LabelRow, StateRow, TeamRow, UserRow, Workspace } from "../rows";
import { findIssue, findTeam, getRow } from "../store";
import { done, getIssue, given, type Mutation, newId, normalizeMarkdown, type WriteArguments } from "./shared";

/** The fields of `IssueCreateInput` and `IssueUpdateInput` that the sandbox obeys; `null` clears, absent leaves. */
interface IssueInput {
  readonly id?: string | null;
  readonly teamId?: string | null;
  readonly title?: string | null;
  readonly description?: string | null;
  readonly stateId?: string | null;
  readonly assigneeId?: string | null;
  readonly priority?: number | null;
  readonly estimate?: number | null;
  readonly dueDate?: string | null;
  readonly projectId?: string | null;
  readonly cycleId?: string | null;
  readonly parentId?: string | null;
  readonly labelIds?: readonly string[] | null;
  readonly addedLabelIds?: readonly string[] | null;
  readonly removedLabelIds?: readonly string[] | null;
  readonly trashed?: boolean | null;
}

function checkTitle(title: string): string {
  const trimmed = title.trim();
  if (trimmed === "") throw invalidArgument("title", "isNotEmpty", "title should not be empty");
  if (Array.from(trimmed).length > 512)
    throw invalidArgument("title", "maxLength", "title must be shorter than or equal to 512 characters");
  return trimmed.replace(/\s*\n\s*/g, " ");
}

function checkPriority(priority: number): number {
  if (priority < 0) throw invalidArgument("priority", "min", "priority must not be less than 0");
  if (priority > 4) throw invalidArgument("priority", "max", "priority must not be greater than 4");
  return priority;
}

function getState(workspace: Workspace, id: string, team: TeamRow): StateRow {
  const state = workspace.states.get(id);
  if (state === undefined) throw notFound("WorkflowState");
  if (state.teamId !== team.id) throw invalidInput("Discrepancy between issue team and state team", "The state belongs to another team.");
  return state;
}

function getLabels(workspace: Workspace, ids: readonly string[], team: TeamRow): readonly string[] {
  return [...new Set(ids)].map((id) => {
    const label: LabelRow | undefined = workspace.labels.get(id);
    if (label === undefined) throw notFound("IssueLabel");
    if (label.isGroup) throw invalidInput("Label is a group", "A label group cannot be added to an issue.");
    if (label.teamId !== null && label.teamId !== team.id) throw invalidInput("Label not in team", "The label belongs to another team.");
    return label.id;
  });
}

function getAssignee(workspace: Workspace, id: string): string {
  const user: UserRow | undefined = workspace.users.get(id);
  if (user === undefined) throw notFound("User");
  if (!user.active || user.app) throw invalidInput("User is not assignable", "This account cannot be assigned to issues.");
  return user.id;
}

function getProject(workspace: Workspace, id: string, team: TeamRow): string {
  const project = workspace.projects.get(id);
  if (project === undefined) throw notFound("Project");
  if (!project.teamIds.includes(team.id))
    throw invalidInput("Discrepancy between issue team and project teams", "The project is not of this team.");
  return project.id;
}

function getCycle(workspace: Workspace, id: string, team: TeamRow): string {
  const cycle = workspace.cycles.get(id);
  if (cycle === undefined) throw notFound("Cycle");
  if (cycle.teamId !== team.id) throw invalidInput("Discrepancy between issue team and cycle team", "The cycle belongs to another team.");
  return cycle.id;
}

function getParent(workspace: Workspace, id: string, issueId: string): string {
  const parent = findIssue(workspace, id);
  if (parent === null) throw notFound("Issue");
  for (let above: IssueRow | undefined = parent; above !== undefined; above = workspace.issues.get(above.parentId ?? "")) {
    if (above.id === issueId) throw invalidInput("Circular parent relationship", "An issue cannot be below itself.");
  }
  return parent.id;
}

/** A state's type decides which of the three times an issue bears. */
function enterState(issue: IssueRow, state: StateRow, at: string): void {
  issue.stateId = state.id;
  if (state.type === "started") issue.startedAt ??= at;
  if (state.type === "completed") issue.startedAt ??= at;
  issue.completedAt = state.type === "completed" ? (issue.completedAt ?? at) : null;
  issue.canceledAt = state.type === "canceled" || state.type === "duplicate" ? (issue.canceledAt ?? at) : null;
}

function clearable<T>(value: T | null | undefined, current: T | null, check: (value: T) => T): T | null {
  if (value === undefined) return current;
  return value === null ? null : check(value);
}

function applyInput(workspace: Workspace, draft: IssueRow, input: IssueInput, at: string): void {
  const team = getRow(workspace.teams, draft.teamId);
  if (given(input.title)) draft.title = checkTitle(input.title);
  draft.description = clearable(input.description, draft.description, normalizeMarkdown);
  if (draft.description === "") draft.description = null;
  if (given(input.priority)) draft.priority = checkPriority(input.priority);
  draft.estimate = clearable(input.estimate, draft.estimate, (estimate) => estimate);
  draft.dueDate = clearable(input.dueDate, draft.dueDate, (day) => day);
  draft.assigneeId = clearable(input.assigneeId, draft.assigneeId, (id) => getAssignee(workspace, id));
  draft.projectId = clearable(input.projectId, draft.projectId, (id) => getProject(workspace, id, team));
  draft.cycleId = clearable(input.cycleId, draft.cycleId, (id) => getCycle(workspace, id, team));
  draft.parentId = clearable(input.parentId, draft.parentId, (id) => getParent(workspace, id, draft.id));
  if (given(input.labelIds)) {
    if (given(input.addedLabelIds) || given(input.removedLabelIds)) {
      throw invalidInput("labelIds cannot be combined", "labelIds cannot be given together with addedLabelIds or removedLabelIds.");
    }
    draft.labelIds = getLabels(workspace, input.labelIds, team);
  }
  const removed = input.removedLabelIds ?? [];
  const kept = draft.labelIds.filter((id) => !removed.includes(id));
  draft.labelIds = [...new Set([...kept, ...getLabels(workspace, input.addedLabelIds ?? [], team)])];
  if (given(input.stateId)) enterState(draft, getState(workspace, input.stateId, team), at);
  draft.updatedAt = at;
}

/** Into another team: a new number, the old identifier kept as a former one; what belongs to the old team alone falls off. */
function moveToTeam(workspace: Workspace, issue: IssueRow, team: TeamRow, stateId: string | null | undefined, at: string): void {
  if (!given(stateId)) throw invalidInput("stateId is required", "Moving an issue to another team needs a state of that team.");
  const state = getState(workspace, stateId, team);
  issue.previousIdentifiers = [...issue.previousIdentifiers, issue.identifier];
  issue.teamId = team.id;
  issue.number = team.nextNumber;
  team.nextNumber += 1;
  issue.identifier = `${team.key}-${issue.number}`;
  issue.cycleId = null;
  issue.labelIds = issue.labelIds.filter((id) => workspace.labels.get(id)?.teamId === null);
  if (issue.projectId !== null && !getRow(workspace.projects, issue.projectId).teamIds.includes(team.id)) issue.projectId = null;
  enterState(issue, state, at);
}

function issueCreate(args: WriteArguments<IssueInput>, context: RequestContext) {
  const { workspace, viewer, grant } = authorized(context);
  requireScope(grant, "issues:create", "write");
  const { input } = args;
  const team = findTeam(workspace, input.teamId ?? "");
  if (team === null) throw notFound("Team");
  const id = newId(input.id, "Issue", (taken) => workspace.issues.has(taken));
  if (!given(input.title)) throw invalidArgument("title", "isNotEmpty", "title should not be empty");
  const at = context.store.writeTime();
  const initial = findDefaultState(workspace, team);
  if (initial === null) throw new Error(`The team ${team.key} has no state to begin in.`);
  const issue: IssueRow = {
    id,
    createdAt: at,
    updatedAt: at,
    archivedAt: null,
    number: team.nextNumber,
    identifier: `${team.key}-${team.nextNumber}`,
    previousIdentifiers: [],
    title: "",
    description: null,
    priority: 0,
    estimate: null,
    dueDate: null,
    teamId: team.id,
    stateId: initial.id,
    creatorId: viewer.id,
    assigneeId: null,
    projectId: null,
    cycleId: null,
    parentId: null,
    labelIds: [],
    startedAt: null,
    completedAt: null,
    canceledAt: null,
    trashed: null,
    sortOrder: -team.nextNumber,
  };
  applyInput(workspace, issue, input, at);
  team.nextNumber += 1;
  workspace.issues.set(id, issue);
  context.tell({ action: "create", type: "Issue", row: issue });
  return done(workspace, { issue });
}

/** All or nothing: what is refused half-way changes nothing. */
function updateIssue(workspace: Workspace, issue: IssueRow, input: IssueInput, context: RequestContext): IssueRow {
  const at = context.store.writeTime();
  const draft: IssueRow = { ...issue };
  if (given(input.teamId)) {
    const team = findTeam(workspace, input.teamId);
    if (team === null) throw notFound("Team");
    if (team.id !== draft.teamId) moveToTeam(workspace, draft, team, input.stateId, at);
  }
  applyInput(workspace, draft, input, at);
  if (input.trashed === true) Object.assign(draft, { trashed: true, archivedAt: at });
  if (input.trashed === false) Object.assign(draft, { trashed: null, archivedAt: null });
  const before = { ...issue };
  Object.assign(issue, draft);
  context.tell({ action: "update", type: "Issue", row: issue, before });
  return issue;
}

function issueUpdate(args: WriteArguments<IssueInput>, context: RequestContext) {
  const { workspace, grant } = authorized(context);
  requireScope(grant, "write");
  return done(workspace, { issue: updateIssue(workspace, getIssue(workspace, args.id), args.input, context) });
}

function issueBatchUpdate(args: WriteArguments<IssueInput>, context: RequestContext) {
  const { workspace, grant } = authorized(context);
  requireScope(grant, "write");
  if (args.ids.length > 50) throw invalidArgument("ids", "arrayMaxSize", "ids must contain no more than 50 elements");
  const issues = args.ids.map((id) => getIssue(workspace, id));
  return done(workspace, { issues: issues.map((issue) => updateIssue(workspace, issue, args.input, context)) });
}

function setArchived(id: string, context: RequestContext, archived: boolean, trashed: boolean | null) {
  const { workspace, grant } = authorized(context);
  requireScope(grant, "write");
  const issue = getIssue(workspace, id);
  const at = context.store.writeTime();
  const before = { ...issue };
  Object.assign(issue, { archivedAt: archived ? at : null, trashed, updatedAt: at });
  // Putting into the trash comes as a removal (third-party report, activepieces#5602); what archiving sends is not documented.
  if (trashed === true) context.tell({ action: "remove", type: "Issue", row: issue });
  else context.tell({ action: "update", type: "Issue", row: issue, before });
  return done(workspace, { entity: issue });
}

function issueDelete(args: WriteArguments<IssueInput>, context: RequestContext) {
  if (args.permanentlyDelete !== true) return setArchived(args.id, context, true, true);
  const { workspace, viewer, grant } = authorized(context);
  requireScope(grant, "write");
  if (!viewer.admin) throw forbidden("Only admins can permanently delete issues.");
  const issue = getIssue(workspace, args.id);
  for (const comment of workspace.comments.values()) if (comment.issueId === issue.id) workspace.comments.delete(comment.id);
  for (const child of workspace.issues.values()) if (child.parentId === issue.id) child.parentId = null;
  for (const attachment of workspace.attachments.values()) if (attachment.issueId === issue.id) workspace.attachments.delete(attachment.id);
  workspace.issues.delete(issue.id);
  context.tell({ action: "remove", type: "Issue", row: issue });
  return done(workspace, { entity: null });
}

export const issueMutations: Readonly<Record<string, Mutation<IssueInput>>> = {
  issueCreate: (_source, args, context) => issueCreate(args, context),
  issueUpdate: (_source, args, context) => issueUpdate(args, context),
  issueBatchUpdate: (_source, args, context) => issueBatchUpdate(args, context),
  issueArchive: (_source, args, context) => setArchived(args.id, context, true, args.trash === true ? true : null),
  issueUnarchive: (_source, args, context) => setArchived(args.id, context, false, null),
  issueDelete: (_source, args, context) => issueDelete(args, context),
};
