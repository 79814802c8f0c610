import type { Company, ProjectSeed, Stage, WorkItem } from "../company/work";
import { normalizeMarkdown } from "./mutations/shared";
import type { CycleRow, IssueRow, LabelRow, ProjectRow, ProjectStatusRow, StateRow, TeamRow, UserRow, Workspace } from "./rows";
import { seedId } from "./store";

const dayMs = 86_400_000;
const sprintMs = 14 * dayMs;

/** The states that Linear gives a new team, with review and triage; positions are not the order of work. */
const states: readonly {
  readonly stage: Stage | "duplicate";
  readonly name: string;
  readonly type: string;
  readonly color: string;
  readonly position: number;
}[] = [
  { stage: "triage", name: "Triage", type: "triage", color: "#fc7840", position: 0 },
  { stage: "backlog", name: "Backlog", type: "backlog", color: "#bec2c8", position: 0 },
  { stage: "todo", name: "Todo", type: "unstarted", color: "#e2e2e2", position: 1 },
  { stage: "doing", name: "In Progress", type: "started", color: "#f2c94c", position: 2 },
  { stage: "review", name: "In Review", type: "started", color: "#0f783c", position: 1002 },
  { stage: "done", name: "Done", type: "completed", color: "#5e6ad2", position: 3 },
  { stage: "canceled", name: "Canceled", type: "canceled", color: "#95a2b3", position: 4 },
  { stage: "duplicate", name: "Duplicate", type: "duplicate", color: "#95a2b3", position: 5 },
];

const projectStatuses = ["backlog", "planned", "started", "completed", "canceled"] as const;

const startedShare: Readonly<Record<Stage, number | null>> = {
  triage: null,
  backlog: null,
  todo: null,
  doing: 0.5,
  review: 0.5,
  done: 0.6,
  canceled: null,
};

function byId<T extends { readonly id: string }>(rows: readonly T[]): Map<string, T> {
  return new Map(rows.map((row) => [row.id, row]));
}

/** Every company as a Linear workspace, dated back from now. */
export function seedWorkspaces(companies: readonly Company[], nowMs: number): readonly Workspace[] {
  return companies.map((company) => seedWorkspace(company, nowMs));
}

function seedWorkspace(company: Company, nowMs: number): Workspace {
  // Half an hour before now is the newest time of the seed, so that every write is newer.
  const at = (ageDays: number) => new Date(nowMs - 1_800_000 - Math.round(ageDays * dayMs)).toISOString();
  const day = (inDays: number) => new Date(nowMs + inDays * dayMs).toISOString().slice(0, 10);
  const id = (...words: readonly string[]) => seedId("linear", company.urlKey, ...words);
  const dated = (ageDays: number) => ({ createdAt: at(ageDays), updatedAt: at(ageDays), archivedAt: null });

  const users: readonly UserRow[] = company.people.map((person, index) => ({
    id: id("user", person.handle),
    ...dated(400 - index),
    name: person.name,
    displayName: person.handle,
    email: person.email,
    active: person.left !== true,
    admin: person.admin === true,
    guest: person.guest === true,
    app: false,
    title: person.title,
    timezone: person.timeZone,
    avatarBackgroundColor: person.color,
  }));
  const teams: readonly TeamRow[] = company.teams.map((team, index) => ({
    id: id("team", team.key),
    ...dated(390 - index),
    key: team.key,
    name: team.name,
    description: team.description,
    color: ["#5e6ad2", "#f2994a", "#4cb782"][index % 3] ?? "#5e6ad2",
    cyclesEnabled: team.sprints,
    triageEnabled: team.triage,
    timezone: "Europe/Berlin",
    memberIds: team.members.map((handle) => id("user", handle)),
    nextNumber: 1,
  }));
  const stateRows: readonly StateRow[] = company.teams.flatMap((team) =>
    states
      .filter(({ stage }) => stage !== "triage" || team.triage)
      .map((state, index) => ({
        id: id("state", team.key, state.stage),
        ...dated(389 - index / 100),
        teamId: id("team", team.key),
        name: state.name,
        type: state.type,
        color: state.color,
        position: state.position,
        description: null,
      })),
  );
  const labels: readonly LabelRow[] = company.labels.map((label, index) => ({
    id: id("label", label.name),
    ...dated(380 - index / 10),
    name: label.name,
    color: label.color,
    isGroup: label.isGroup === true,
    parentId: label.group === undefined ? null : id("label", label.group),
    teamId: label.team === undefined ? null : id("team", label.team),
    creatorId: users[0]?.id ?? null,
  }));
  const statuses: readonly ProjectStatusRow[] = projectStatuses.map((type, index) => ({
    id: id("project status", type),
    ...dated(395 - index / 10),
    name: { backlog: "Backlog", planned: "Planned", started: "In Progress", completed: "Completed", canceled: "Canceled" }[type],
    type,
    color: "#5e6ad2",
    position: index,
  }));
  const cycles = company.teams.filter(({ sprints }) => sprints).flatMap(({ key }) => seedCycles(id, key, nowMs));

  const workspace: Workspace = {
    organization: { id: id("organization"), ...dated(401), name: company.name, urlKey: company.urlKey },
    users: byId(users),
    teams: byId(teams),
    states: byId(stateRows),
    labels: byId(labels),
    projectStatuses: byId(statuses),
    projects: byId(company.projects.map((project) => seedProject(project, id, at, day))),
    cycles: byId(cycles),
    issues: new Map(),
    comments: new Map(),
    attachments: new Map(),
    webhooks: new Map(),
    lastSyncId: 1_000,
  };
  // The oldest first, so that numbers grow with time.
  for (const item of [...company.items].sort((left, right) => right.ageDays - left.ageDays)) seedItem(workspace, item, id, at, day);
  return workspace;
}

type Id = (...words: readonly string[]) => string;
type At = (ageDays: number) => string;

function seedCycles(id: Id, key: string, nowMs: number): readonly CycleRow[] {
  const startMs = Math.floor((nowMs - 5 * dayMs) / dayMs) * dayMs;
  return [-2, -1, 0, 1].map((offset) => {
    const startsMs = startMs + offset * sprintMs;
    const ended = startsMs + sprintMs <= nowMs;
    const created = new Date(startMs - 40 * dayMs + offset * 1000).toISOString();
    return {
      id: id("cycle", key, String(offset)),
      createdAt: created,
      updatedAt: ended ? new Date(startsMs + sprintMs).toISOString() : created,
      archivedAt: null,
      teamId: id("team", key),
      number: 14 + offset,
      name: offset === 0 ? "Sign-in & signal" : null,
      description: null,
      startsAt: new Date(startsMs).toISOString(),
      endsAt: new Date(startsMs + sprintMs).toISOString(),
      completedAt: ended ? new Date(startsMs + sprintMs).toISOString() : null,
    };
  });
}

function seedProject(project: ProjectSeed, id: Id, at: At, day: (inDays: number) => string): ProjectRow {
  const begun = project.status === "started" || project.status === "completed";
  return {
    id: id("project", project.slug),
    createdAt: at(project.ageDays),
    updatedAt: at(project.ageDays / 3),
    archivedAt: null,
    name: project.name,
    slugId: id("project slug", project.slug).replaceAll("-", "").slice(0, 12),
    description: project.summary,
    content: project.text === "" ? null : project.text,
    color: "#5e6ad2",
    icon: null,
    statusId: id("project status", project.status),
    health: project.health,
    priority: 0,
    startDate: begun ? day(-project.ageDays + 3) : null,
    targetDate: project.dueInDays === null ? null : day(project.dueInDays),
    startedAt: begun ? at(project.ageDays - 3) : null,
    completedAt: project.status === "completed" ? at(1) : null,
    canceledAt: project.status === "canceled" ? at(1) : null,
    leadId: id("user", project.lead),
    creatorId: id("user", project.lead),
    teamIds: project.teams.map((key) => id("team", key)),
    memberIds: [id("user", project.lead)],
    trashed: null,
  };
}

function seedItem(workspace: Workspace, item: WorkItem, id: Id, at: At, day: (inDays: number) => string): void {
  const team = workspace.teams.get(id("team", item.team));
  if (team === undefined) throw new Error(`The seed names the unknown team ${item.team}.`);
  const number = team.nextNumber;
  team.nextNumber += 1;
  const comments = item.comments ?? [];
  const share = startedShare[item.stage];
  const endAge = item.ageDays * 0.3;
  const closed = item.stage === "done" || item.stage === "canceled";
  const parent = item.partOf === undefined ? undefined : [...workspace.issues.values()].find(({ title }) => title === item.partOf);
  const archivedAt = item.archived === true || item.trashed === true ? at(item.ageDays * 0.2) : null;
  const issue: IssueRow = {
    id: id("issue", item.team, String(number)),
    createdAt: at(item.ageDays),
    updatedAt: archivedAt ?? at(closed ? endAge : Math.max(0.02, item.ageDays * 0.1)),
    archivedAt,
    number,
    identifier: `${item.team}-${number}`,
    previousIdentifiers: [],
    title: item.title,
    description: item.text === undefined ? null : normalizeMarkdown(item.text),
    priority: item.priority ?? 0,
    estimate: item.estimate ?? null,
    dueDate: item.dueInDays === undefined ? null : day(item.dueInDays),
    teamId: team.id,
    stateId: id("state", item.team, item.stage),
    creatorId: id("user", item.by),
    assigneeId: item.to === undefined ? null : id("user", item.to),
    projectId: item.project === undefined ? null : id("project", item.project),
    cycleId: item.sprint === undefined ? null : id("cycle", item.team, String(item.sprint)),
    parentId: parent?.id ?? null,
    labelIds: (item.labels ?? []).map((name) => id("label", name)),
    startedAt: share === null ? null : at(item.ageDays * share),
    completedAt: item.stage === "done" ? at(endAge) : null,
    canceledAt: item.stage === "canceled" ? at(endAge) : null,
    trashed: item.trashed === true ? true : null,
    sortOrder: -number,
  };
  workspace.issues.set(issue.id, issue);
  if (item.team === "ENG" && (item.stage === "review" || item.stage === "done")) seedPullRequest(workspace, issue, id, at(endAge));

  let threadId: string | null = null;
  comments.forEach(([who, text, ageDays], index) => {
    const reply = who.startsWith(">");
    const commentId = id("comment", issue.identifier, String(index));
    // Of two comments on one day the later in the list is the later in time.
    const writtenAt = at(ageDays - index / 100);
    workspace.comments.set(commentId, {
      id: commentId,
      createdAt: writtenAt,
      updatedAt: writtenAt,
      archivedAt: null,
      body: normalizeMarkdown(text),
      issueId: issue.id,
      parentId: reply ? threadId : null,
      userId: id("user", reply ? who.slice(1) : who),
      botName: null,
      editedAt: null,
      resolvedAt: null,
      quotedText: null,
    });
    if (!reply) threadId = commentId;
  });
}

/** The pull request that brought the work: what Linear's GitHub integration leaves on an issue. */
function seedPullRequest(workspace: Workspace, issue: IssueRow, id: Id, writtenAt: string): void {
  const attachmentId = id("attachment", issue.identifier);
  const number = 200 + issue.number;
  workspace.attachments.set(attachmentId, {
    id: attachmentId,
    createdAt: writtenAt,
    updatedAt: writtenAt,
    archivedAt: null,
    issueId: issue.id,
    title: `${issue.identifier}: ${issue.title}`,
    subtitle: issue.completedAt === null ? "Open" : "Merged",
    url: `https://github.com/${workspace.organization.urlKey}/parcels/pull/${number}`,
    sourceType: "github",
    creatorId: issue.assigneeId ?? issue.creatorId,
    groupBySource: false,
    metadata: { number, status: issue.completedAt === null ? "open" : "merged" },
  });
}
