import { momentOf } from "../company/moments";
import type { Company, ProjectSeed, Stage, WorkItem } from "../company/work";
import { richTextOf } from "./markdown";
import { fromPlain } from "./rich-text";
import type { AttachmentRow, ProjectRow, SectionRow, StoryRow, TaskRow, UserRow, WorkspaceRow } from "./rows";
import { emptyTables, getRow, seedGid, type Tables } from "./store";

/** Every company as an Asana workspace: a project for each of its own and one for what a team has beside them. */

const dayMs = 86_400_000;

const sectionOfStage: Readonly<Record<Stage, string>> = {
  triage: "New",
  backlog: "Later",
  todo: "To do",
  doing: "Doing",
  review: "Review",
  done: "Done",
  canceled: "Done",
};
const sectionNames = ["New", "To do", "Doing", "Review", "Later", "Done"];
const colors = ["dark-pink", "dark-green", "dark-blue", "dark-orange", "dark-purple", "light-teal"];

interface Seeding {
  readonly tables: Tables;
  readonly company: Company;
  readonly nowMs: number;
  /** ISO time so many days ago; the newest lies half an hour back, so that every write is newer. */
  at(ageDays: number): string;
  day(inDays: number): string;
  gid(...words: readonly string[]): string;
}

export function seedTables(companies: readonly Company[], nowMs: number): Tables {
  const tables = emptyTables();
  for (const company of companies) {
    const gids = new Map<string, string>();
    const seeding: Seeding = {
      tables,
      company,
      nowMs,
      at: (ageDays) => new Date(nowMs - 1_800_000 - Math.round(ageDays * dayMs)).toISOString(),
      day: (inDays) => new Date(nowMs + inDays * dayMs).toISOString().slice(0, 10),
      gid(...words) {
        const key = words.join("\n");
        const gid = gids.get(key) ?? seedGid(company.urlKey, ...words);
        gids.set(key, gid);
        return gid;
      },
    };
    seedCompany(seeding);
  }
  return tables;
}

function seedCompany(seeding: Seeding): void {
  const { tables, company, gid } = seeding;
  const users: readonly UserRow[] = company.people.map((person) => ({
    gid: gid("user", person.handle),
    name: person.name,
    email: person.email,
    admin: person.admin === true,
    active: person.left !== true,
  }));
  for (const user of users) tables.users.set(user.gid, user);
  const workspace: WorkspaceRow = {
    gid: gid("workspace"),
    name: company.name,
    urlKey: company.urlKey,
    isOrganization: true,
    emailDomains: [...new Set(users.map(({ email }) => email.slice(email.indexOf("@") + 1)))].slice(0, 1),
    memberGids: users.map((user) => user.gid),
  };
  tables.workspaces.set(workspace.gid, workspace);
  const [first] = users;
  if (first !== undefined) seedOwnWorkspace(seeding, first);
  for (const team of company.teams) {
    tables.teams.set(gid("team", team.key), {
      gid: gid("team", team.key),
      workspaceGid: workspace.gid,
      name: team.name,
      description: team.description,
      memberGids: team.members.map((handle) => gid("user", handle)),
    });
    seedProject(seeding, workspace.gid, `team ${team.key}`, {
      slug: `team ${team.key}`,
      name: `${team.name}: everyday work`,
      summary: team.description,
      text: "",
      teams: [team.key],
      lead: team.members[0] ?? company.people[0]?.handle ?? "",
      status: "started",
      health: null,
      ageDays: 380,
      dueInDays: null,
    });
  }
  for (const project of company.projects) seedProject(seeding, workspace.gid, project.slug, project);
  for (const label of company.labels.filter(({ isGroup }) => isGroup !== true)) {
    const tagGid = gid("tag", label.name);
    tables.tags.set(tagGid, { gid: tagGid, workspaceGid: workspace.gid, name: label.name, color: null, createdAt: seeding.at(370) });
  }
  const known = new Map<string, TaskRow>();
  // The oldest first, so that parents are there before what belongs to them.
  for (const [index, item] of [...company.items].sort((a, b) => b.ageDays - a.ageDays).entries()) {
    const task = seedTask(seeding, workspace.gid, item, index, known);
    if (!known.has(item.title)) known.set(item.title, task);
  }
  seedFiles(seeding, [...known.values()]);
}

/** People also have a workspace of their own, which nobody shares. */
function seedOwnWorkspace({ tables, gid, at }: Seeding, user: UserRow): void {
  const own: WorkspaceRow = {
    gid: gid("own workspace"),
    name: `${user.name}’s own`,
    urlKey: `own-${gid("own workspace")}`,
    isOrganization: false,
    emailDomains: [],
    memberGids: [user.gid],
  };
  tables.workspaces.set(own.gid, own);
  const task = blankTask(gid("own task"), own.gid, user.gid, "Renew passport", at(6));
  task.assigneeGid = user.gid;
  tables.tasks.set(task.gid, task);
}

function seedProject({ tables, gid, at, day }: Seeding, workspaceGid: string, key: string, seed: ProjectSeed): void {
  const begun = seed.status === "started" || seed.status === "completed";
  const project: ProjectRow = {
    gid: gid("project", key),
    workspaceGid,
    teamGid: gid("team", seed.teams[0] ?? ""),
    name: seed.name,
    htmlNotes: richTextOf(seed.text === "" ? seed.summary : seed.text, "notes"),
    createdAt: at(seed.ageDays),
    modifiedAt: at(seed.ageDays / 3),
    archived: seed.status === "canceled",
    completedAt: seed.status === "completed" ? at(1) : null,
    ownerGid: gid("user", seed.lead),
    startOn: begun && seed.dueInDays !== null ? day(-seed.ageDays + 3) : null,
    dueOn: seed.dueInDays === null ? null : day(seed.dueInDays),
    color: colors[key.length % colors.length] ?? null,
    memberGids: [gid("user", seed.lead)],
    sectionGids: [],
  };
  tables.projects.set(project.gid, project);
  for (const name of sectionNames) {
    const section: SectionRow = {
      gid: gid("section", key, name),
      projectGid: project.gid,
      name,
      createdAt: project.createdAt,
      taskGids: [],
    };
    tables.sections.set(section.gid, section);
    project.sectionGids.push(section.gid);
  }
}

function blankTask(gid: string, workspaceGid: string, createdByGid: string, name: string, at: string): TaskRow {
  return {
    gid,
    workspaceGid,
    createdByGid,
    createdAt: at,
    modifiedAt: at,
    name,
    htmlNotes: "<body></body>",
    resourceSubtype: "default_task",
    completedAt: null,
    completedByGid: null,
    assigneeGid: null,
    dueOn: null,
    dueAt: null,
    startOn: null,
    parentGid: null,
    sectionGids: [],
    tagGids: [],
    followerGids: [createdByGid],
    subtaskGids: [],
    storyGids: [],
    attachmentGids: [],
    external: {},
    deletedAt: null,
  };
}

function seedTask(seeding: Seeding, workspaceGid: string, item: WorkItem, index: number, known: ReadonlyMap<string, TaskRow>): TaskRow {
  const { tables, gid, at, day } = seeding;
  const by = gid("user", item.by);
  const task = blankTask(gid("task", item.team, item.title, String(index)), workspaceGid, by, item.title, at(item.ageDays));
  const closed = item.stage === "done" || item.stage === "canceled";
  const endAge = item.ageDays * 0.3;
  const assigneeGid = item.to === undefined ? null : gid("user", item.to);
  const parent = item.partOf === undefined ? undefined : known.get(item.partOf);
  Object.assign(task, {
    htmlNotes: item.text === undefined ? "<body></body>" : richTextOf(item.text, "notes"),
    modifiedAt: at(closed ? endAge : Math.max(0.02, item.ageDays * 0.1)),
    completedAt: closed ? at(endAge) : null,
    completedByGid: closed ? (assigneeGid ?? by) : null,
    assigneeGid,
    dueOn: item.dueInDays === undefined ? null : day(item.dueInDays),
    parentGid: parent?.gid ?? null,
    tagGids: (item.labels ?? []).map((name) => gid("tag", name)),
    deletedAt: item.trashed === true ? at(item.ageDays * 0.2) : null,
  } satisfies Partial<TaskRow>);
  if (assigneeGid !== null && assigneeGid !== by) task.followerGids.push(assigneeGid);
  tables.tasks.set(task.gid, task);
  parent?.subtaskGids.push(task.gid);
  // What belongs to another task is in no project of its own; what is in a project is with its team's work too.
  const keys = parent === undefined ? [...(item.project === undefined ? [] : [item.project]), `team ${item.team}`] : [];
  for (const key of keys) {
    const section = getRow(tables.sections, gid("section", key, sectionOfStage[item.stage]));
    section.taskGids.push(task.gid);
    task.sectionGids.push(section.gid);
  }
  seedStories(seeding, task, item, by);
  return task;
}

function seedStories({ tables, gid, at }: Seeding, task: TaskRow, item: WorkItem, by: string): void {
  const add = (story: Omit<StoryRow, "taskGid" | "isEdited" | "isPinned">) => {
    tables.stories.set(story.gid, { ...story, taskGid: task.gid, isEdited: false, isPinned: false });
    task.storyGids.push(story.gid);
  };
  if (task.assigneeGid !== null) {
    const htmlText = fromPlain(`assigned to ${getRow(tables.users, task.assigneeGid).name}`);
    add({
      gid: gid("story", task.gid, "assigned"),
      createdAt: task.createdAt,
      createdByGid: by,
      type: "system",
      resourceSubtype: "assigned",
      htmlText,
    });
  }
  for (const [index, [who, text, ageDays]] of (item.comments ?? []).entries()) {
    add({
      gid: gid("story", task.gid, String(index)),
      // Of two comments on one day the later in the list is the later in time.
      createdAt: at(ageDays - index / 100),
      createdByGid: gid("user", who.replace(/^>/, "")),
      type: "comment",
      resourceSubtype: "comment_added",
      htmlText: richTextOf(text, "comment"),
    });
  }
}

const isText = (mediaType: string): boolean => /^text\/|json|xml/.test(mediaType);

/** A company's files hang at the tasks of their project; its documents, which are elsewhere, as links. */
function seedFiles(seeding: Seeding, tasks: readonly TaskRow[]): void {
  const { tables, company, gid, nowMs } = seeding;
  const add = (task: TaskRow, key: string, file: Pick<AttachmentRow, "name" | "host" | "mediaType" | "bytes" | "url">, at: string) => {
    const attachment: AttachmentRow = { gid: gid("attachment", task.gid, key), parentGid: task.gid, createdAt: at, ...file };
    tables.attachments.set(attachment.gid, attachment);
    task.attachmentGids.push(attachment.gid);
  };
  const firstOf = new Map<string, TaskRow>();
  for (const task of tasks) {
    for (const section of task.sectionGids) {
      const project = getRow(tables.sections, section).projectGid;
      if (task.deletedAt === null && !firstOf.has(project)) firstOf.set(project, task);
    }
  }
  for (const document of company.documents) {
    const task = firstOf.get(document.project === undefined ? "" : gid("project", document.project));
    if (task === undefined) continue;
    const at = new Date(momentOf(nowMs, { daysAgo: document.daysAgo, at: "09:30" })).toISOString();
    if (document.kind !== "file") {
      const url = `https://docs.google.com/document/d/${document.key}`;
      add(task, document.key, { name: document.title, host: "external", mediaType: "text/uri-list", bytes: null, url }, at);
      continue;
    }
    const mediaType = document.mediaType ?? "text/plain";
    const bytes = new Uint8Array(Buffer.from(document.text, isText(mediaType) ? "utf8" : "base64"));
    add(task, document.key, { name: document.title, host: "asana", mediaType, bytes, url: null }, at);
  }
  const first = tasks.find((task) => task.storyGids.length > 1 && task.deletedAt === null);
  const bytes = new TextEncoder().encode("02:00:00Z rotate begins\n02:00:01Z session 4417 ended\n02:00:01Z courier 4417 signed out\n");
  if (first !== undefined) {
    add(
      first,
      "log",
      { name: "courier-4417.log", host: "asana", mediaType: "text/plain; charset=utf-8", bytes, url: null },
      seeding.at(0.5),
    );
  }
}
