import { type Conditions, meetsDay, meetsScalar, meetsTime, type Scalar } from "./comparators";
import type {
  AttachmentRow,
  CommentRow,
  CycleRow,
  IssueRow,
  LabelRow,
  ProjectRow,
  ProjectStatusRow,
  Row,
  StateRow,
  TeamRow,
  UserRow,
  Workspace,
} from "./rows";

/** What a filter is judged in: the workspace, who asks, and when. */
export interface FilterScope {
  readonly workspace: Workspace;
  readonly viewerId: string;
  readonly nowMs: number;
}

type FieldTest<T> = (row: T, conditions: Conditions, scope: FilterScope) => boolean;
export type FilterOf<T> = Readonly<Record<string, FieldTest<T>>>;

const scalar =
  <T>(read: (row: T, scope: FilterScope) => Scalar): FieldTest<T> =>
  (row, conditions, scope) =>
    meetsScalar(read(row, scope), conditions);

const time =
  <T>(read: (row: T) => string | null): FieldTest<T> =>
  (row, conditions, scope) =>
    meetsTime(read(row), conditions, scope.nowMs);

/** A relation to one row; `null: true` asks that there is none, any other condition that there is one. */
function one<T, U>(read: (row: T, scope: FilterScope) => U | null | undefined, filter: () => FilterOf<U>): FieldTest<T> {
  return (row, conditions, scope) => {
    const related = read(row, scope) ?? null;
    const { null: absent, ...rest } = conditions;
    if (typeof absent === "boolean" && (related === null) !== absent) return false;
    if (related === null) return absent === true && Object.keys(rest).length === 0;
    return passes(related, rest, filter(), scope);
  };
}

/** A relation to many rows; plain conditions ask for one row that meets them all. */
function many<T, U>(read: (row: T, scope: FilterScope) => readonly U[], filter: () => FilterOf<U>): FieldTest<T> {
  const test: FieldTest<T> = (row, conditions, scope) => {
    const related = read(row, scope);
    const { some, every, length, and, or, null: absent, ...plain } = conditions;
    const meets = (inner: unknown) => (item: U) => passes(item, asConditions(inner), filter(), scope);
    if (typeof absent === "boolean" && (related.length === 0) !== absent) return false;
    if (some !== undefined && !related.some(meets(some))) return false;
    if (every !== undefined && !related.every(meets(every))) return false;
    if (length !== undefined && !meetsScalar(related.length, asConditions(length))) return false;
    if (Array.isArray(and) && !and.every((inner) => test(row, asConditions(inner), scope))) return false;
    if (Array.isArray(or) && !or.some((inner) => test(row, asConditions(inner), scope))) return false;
    return Object.keys(plain).length === 0 || related.some(meets(plain));
  };
  return test;
}

function asConditions(value: unknown): Conditions {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

/** Whether a row passes a filter; a field that the table does not know is a fault of the sandbox, never ignored. */
export function passes<T>(row: T, conditions: Conditions, filter: FilterOf<T>, scope: FilterScope): boolean {
  return Object.entries(conditions).every(([name, value]) => {
    if (value === null || value === undefined) return true;
    if (name === "and" && Array.isArray(value)) return value.every((inner) => passes(row, asConditions(inner), filter, scope));
    if (name === "or" && Array.isArray(value)) return value.some((inner) => passes(row, asConditions(inner), filter, scope));
    const test = filter[name];
    if (test === undefined) throw new Error(`The sandbox does not know the filter ${name}.`);
    return test(row, asConditions(value), scope);
  });
}

const common = {
  id: scalar<Row>((row) => row.id),
  createdAt: time<Row>((row) => row.createdAt),
  updatedAt: time<Row>((row) => row.updatedAt),
};

export const userFilter: FilterOf<UserRow> = {
  ...common,
  active: scalar((row) => row.active),
  admin: scalar((row) => row.admin),
  app: scalar((row) => row.app),
  displayName: scalar((row) => row.displayName),
  email: scalar((row) => row.email),
  isMe: scalar((row, { viewerId }) => row.id === viewerId),
  name: scalar((row) => row.name),
};

export const teamFilter: FilterOf<TeamRow> = {
  ...common,
  description: scalar((row) => row.description),
  key: scalar((row) => row.key),
  name: scalar((row) => row.name),
  private: scalar(() => false),
};

export const stateFilter: FilterOf<StateRow> = {
  ...common,
  description: scalar((row) => row.description),
  name: scalar((row) => row.name),
  position: scalar((row) => row.position),
  team: one(
    (row, { workspace }) => workspace.teams.get(row.teamId),
    () => teamFilter,
  ),
  type: scalar((row) => row.type),
};

export const labelFilter: FilterOf<LabelRow> = {
  ...common,
  creator: one(
    (row, { workspace }) => workspace.users.get(row.creatorId ?? ""),
    () => userFilter,
  ),
  isGroup: scalar((row) => row.isGroup),
  name: scalar((row) => row.name),
  parent: one(
    (row, { workspace }) => workspace.labels.get(row.parentId ?? ""),
    () => labelFilter,
  ),
  team: one(
    (row, { workspace }) => workspace.teams.get(row.teamId ?? ""),
    () => teamFilter,
  ),
};

export const projectStatusFilter: FilterOf<ProjectStatusRow> = {
  ...common,
  description: scalar(() => null),
  name: scalar((row) => row.name),
  position: scalar((row) => row.position),
  type: scalar((row) => row.type),
};

export const projectFilter: FilterOf<ProjectRow> = {
  ...common,
  canceledAt: time((row) => row.canceledAt),
  completedAt: time((row) => row.completedAt),
  health: scalar((row) => row.health),
  lead: one(
    (row, { workspace }) => workspace.users.get(row.leadId ?? ""),
    () => userFilter,
  ),
  members: many(
    (row, { workspace }) => [...workspace.users.values()].filter(({ id }) => row.memberIds.includes(id)),
    () => userFilter,
  ),
  name: scalar((row) => row.name),
  priority: scalar((row) => row.priority),
  slugId: scalar((row) => row.slugId),
  startedAt: time((row) => row.startedAt),
  state: scalar((row, { workspace }) => workspace.projectStatuses.get(row.statusId)?.type ?? null),
  status: one(
    (row, { workspace }) => workspace.projectStatuses.get(row.statusId),
    () => projectStatusFilter,
  ),
};

/** Where a cycle stands in its team's calendar. */
export function cyclePhase(cycle: CycleRow, { workspace, nowMs }: Pick<FilterScope, "workspace" | "nowMs">) {
  const isActive = Date.parse(cycle.startsAt) <= nowMs && nowMs < Date.parse(cycle.endsAt);
  const isFuture = Date.parse(cycle.startsAt) > nowMs;
  const isPast = Date.parse(cycle.endsAt) <= nowMs;
  const siblings = [...workspace.cycles.values()].filter(({ teamId }) => teamId === cycle.teamId);
  const future = siblings.filter(({ startsAt }) => Date.parse(startsAt) > nowMs).map(({ number }) => number);
  const past = siblings.filter(({ endsAt }) => Date.parse(endsAt) <= nowMs).map(({ number }) => number);
  return {
    isActive,
    isFuture,
    isPast,
    isNext: isFuture && cycle.number === Math.min(...future),
    isPrevious: isPast && cycle.number === Math.max(...past),
  };
}

export const cycleFilter: FilterOf<CycleRow> = {
  ...common,
  completedAt: time((row) => row.completedAt),
  endsAt: time((row) => row.endsAt),
  isActive: scalar((row, scope) => cyclePhase(row, scope).isActive),
  isFuture: scalar((row, scope) => cyclePhase(row, scope).isFuture),
  isNext: scalar((row, scope) => cyclePhase(row, scope).isNext),
  isPast: scalar((row, scope) => cyclePhase(row, scope).isPast),
  isPrevious: scalar((row, scope) => cyclePhase(row, scope).isPrevious),
  name: scalar((row) => row.name),
  number: scalar((row) => row.number),
  startsAt: time((row) => row.startsAt),
  team: one(
    (row, { workspace }) => workspace.teams.get(row.teamId),
    () => teamFilter,
  ),
};

export const issueFilter: FilterOf<IssueRow> = {
  ...common,
  archivedAt: time((row) => row.archivedAt),
  attachments: many(
    (row, { workspace }) => [...workspace.attachments.values()].filter(({ issueId }) => issueId === row.id),
    () => attachmentFilter,
  ),
  assignee: one(
    (row, { workspace }) => workspace.users.get(row.assigneeId ?? ""),
    () => userFilter,
  ),
  canceledAt: time((row) => row.canceledAt),
  children: many(
    (row, { workspace }) => [...workspace.issues.values()].filter(({ parentId }) => parentId === row.id),
    () => issueFilter,
  ),
  comments: many(
    (row, { workspace }) => [...workspace.comments.values()].filter(({ issueId }) => issueId === row.id),
    () => commentFilter,
  ),
  completedAt: time((row) => row.completedAt),
  creator: one(
    (row, { workspace }) => workspace.users.get(row.creatorId ?? ""),
    () => userFilter,
  ),
  cycle: one(
    (row, { workspace }) => workspace.cycles.get(row.cycleId ?? ""),
    () => cycleFilter,
  ),
  description: scalar((row) => row.description),
  dueDate: (row, conditions, { nowMs }) => meetsDay(row.dueDate, conditions, nowMs),
  estimate: scalar((row) => row.estimate),
  labels: many(
    (row, { workspace }) => [...workspace.labels.values()].filter(({ id }) => row.labelIds.includes(id)),
    () => labelFilter,
  ),
  number: scalar((row) => row.number),
  parent: one(
    (row, { workspace }) => workspace.issues.get(row.parentId ?? ""),
    () => issueFilter,
  ),
  priority: scalar((row) => row.priority),
  project: one(
    (row, { workspace }) => workspace.projects.get(row.projectId ?? ""),
    () => projectFilter,
  ),
  startedAt: time((row) => row.startedAt),
  state: one(
    (row, { workspace }) => workspace.states.get(row.stateId),
    () => stateFilter,
  ),
  team: one(
    (row, { workspace }) => workspace.teams.get(row.teamId),
    () => teamFilter,
  ),
  title: scalar((row) => row.title),
};

export const attachmentFilter: FilterOf<AttachmentRow> = {
  ...common,
  creator: one(
    (row, { workspace }) => workspace.users.get(row.creatorId ?? ""),
    () => userFilter,
  ),
  sourceType: scalar((row) => row.sourceType),
  subtitle: scalar((row) => row.subtitle),
  title: scalar((row) => row.title),
  url: scalar((row) => row.url),
};

export const commentFilter: FilterOf<CommentRow> = {
  ...common,
  body: scalar((row) => row.body),
  issue: one(
    (row, { workspace }) => workspace.issues.get(row.issueId),
    () => issueFilter,
  ),
  parent: one(
    (row, { workspace }) => workspace.comments.get(row.parentId ?? ""),
    () => commentFilter,
  ),
  user: one(
    (row, { workspace }) => workspace.users.get(row.userId ?? ""),
    () => userFilter,
  ),
};
