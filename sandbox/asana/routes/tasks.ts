import { badRequest, forbidden, notFound } from "../failures";
import { projectUrl, taskUrl } from "../kinds";
import { fromPlain, keepRichText, type Mentionable } from "../rich-text";
import { type Answer, type Call, many, nothing, one, parameter, type Route, requireIn, requireWorkspace } from "../router";
import type { TaskRow } from "../rows";
import { enterSection, getRow, leaveProject, nameOfTask, projectsOf, streamsOf, tasksOfProject, tasksOfSection } from "../store";
import { requireSection, requireUser } from "./places";

/** Tasks: reading, making, changing, placing, deleting. */

/** A task by gid, or by an app's own id (`external:…`); one in the trash is not there. */
export function requireTask(call: Call, gid: unknown): TaskRow {
  const { tasks } = call.store.tables;
  const external = typeof gid === "string" && gid.startsWith("external:") ? gid.slice("external:".length) : null;
  const found =
    external === null
      ? requireIn(call, "task", tasks, gid)
      : [...tasks.values()].find((task) => task.external[call.viewer.clientId]?.gid === external && task.deletedAt === null);
  if (found === undefined || found.deletedAt !== null) throw notFound("task", String(gid));
  return requireIn(call, "task", tasks, found.gid);
}

/** What a mention of a gid names; null where the person may not see it. */
export const mentionable =
  (call: Call) =>
  (gid: string): Mentionable | null => {
    const { tasks, users, projects } = call.store.tables;
    const { webOrigin } = call.shapes;
    const task = tasks.get(gid);
    if (task !== undefined) return { type: "task", name: task.name, url: taskUrl(webOrigin, task) };
    const user = users.get(gid);
    if (user !== undefined) return { type: "user", name: `@${user.name}`, url: `${webOrigin}/0/profile/${gid}` };
    const project = projects.get(gid);
    return project === undefined ? null : { type: "project", name: project.name, url: projectUrl(webOrigin, project) };
  };

const date = (key: string, value: unknown): string | null => {
  if (value === null) return null;
  const text = String(value);
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text) || Number.isNaN(Date.parse(text))) throw badRequest(`${key}: Not a date: ${text}`);
  return text;
};

const createOnly = new Set(["workspace", "projects", "parent", "tags", "followers", "memberships"]);

/** Each field that can be written: reads it, and says what becomes of the task. */
const writers: Readonly<Record<string, (task: TaskRow, value: unknown, call: Call) => void>> = {
  name(task, value) {
    if (typeof value !== "string") throw badRequest("name: Not a string");
    if (value.length > 1_024) throw badRequest("name: Too long");
    task.name = value;
  },
  notes(task, value) {
    if (typeof value !== "string") throw badRequest("notes: Not a string");
    task.htmlNotes = fromPlain(value.replaceAll("\r\n", "\n"));
  },
  html_notes(task, value, call) {
    if (typeof value !== "string") throw badRequest("html_notes: Not a string");
    task.htmlNotes = keepRichText(value.replaceAll("\r\n", "\n"), "notes", mentionable(call));
  },
  completed(task, value, call) {
    if (typeof value !== "boolean") throw badRequest("completed: Not a boolean");
    task.completedAt = value ? (task.completedAt ?? new Date(call.store.nowMs()).toISOString()) : null;
    task.completedByGid = value ? call.viewer.userGid : null;
  },
  assignee(task, value, call) {
    const gid = value === null ? null : requireUser(call, value).gid;
    if (gid !== null && !getRow(call.store.tables.workspaces, task.workspaceGid).memberGids.includes(gid)) {
      throw badRequest("assignee: Not a member of the workspace");
    }
    task.assigneeGid = gid;
    if (gid !== null && !task.followerGids.includes(gid)) task.followerGids.push(gid);
  },
  due_on(task, value) {
    task.dueOn = date("due_on", value);
    task.dueAt = null;
  },
  due_at(task, value) {
    const time = value === null ? null : new Date(String(value));
    if (time !== null && Number.isNaN(time.getTime())) throw badRequest("due_at: Not a time");
    task.dueAt = time === null ? null : time.toISOString();
    task.dueOn = time === null ? null : time.toISOString().slice(0, 10);
  },
  start_on(task, value) {
    task.startOn = date("start_on", value);
  },
  resource_subtype(task, value) {
    if (value !== "default_task" && value !== "milestone") throw badRequest(`resource_subtype: Unknown value: ${String(value)}`);
    task.resourceSubtype = value;
  },
  liked() {
    // Hearts are nobody's business here.
  },
  external(task, value, call) {
    const given = value as { readonly gid?: unknown; readonly data?: unknown } | null;
    const gid = typeof given?.gid === "string" ? given.gid : "";
    const data = typeof given?.data === "string" ? given.data : "";
    if (gid.length > 1_024 || data.length > 32_768) throw badRequest("external: Too long");
    const { clientId } = call.viewer;
    const taken = [...call.store.tables.tasks.values()].some((other) => other !== task && other.external[clientId]?.gid === gid);
    if (call.settings.refusesDuplicateExternal && gid !== "" && taken) throw badRequest("external: Another task has this id.");
    task.external[clientId] = { gid, data };
  },
};

function write(task: TaskRow, call: Call, skip: ReadonlySet<string>): readonly string[] {
  const keys = Object.keys(call.data).filter((key) => !skip.has(key));
  if (keys.includes("due_on") && keys.includes("due_at")) throw badRequest("You may only provide one of due_on or due_at!");
  if (keys.includes("notes") && keys.includes("html_notes")) throw badRequest("You may only provide one of notes or html_notes!");
  // All is checked on a copy first: a request that is refused changes nothing.
  const draft: TaskRow = { ...task, followerGids: [...task.followerGids], external: { ...task.external } };
  for (const key of keys) {
    const writer = Object.hasOwn(writers, key) ? writers[key] : undefined;
    if (writer === undefined) throw badRequest(`${key}: ${createOnly.has(key) ? "Cannot write this property" : "Unknown field"}`);
    writer(draft, call.data[key], call);
  }
  Object.assign(task, draft);
  return keys;
}

function emitTask(call: Call, task: TaskRow, action: "added" | "changed" | "deleted", field: string | null = null): void {
  call.store.emit({
    userGid: call.viewer.userGid,
    action,
    resource: nameOfTask(task),
    parent: null,
    change: field === null ? null : { field, action: "changed", value: null },
    streams: streamsOf(call.store.tables, task),
  });
}

function list(value: unknown, key: string): readonly unknown[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw badRequest(`${key}: Not an array`);
  return value;
}

function workspaceFor(call: Call, parent: TaskRow | null): string {
  if (parent !== null) return parent.workspaceGid;
  const [project] = list(call.data.projects, "projects");
  if (call.data.workspace !== undefined) return requireWorkspace(call, String(call.data.workspace)).gid;
  if (project !== undefined) return requireIn(call, "project", call.store.tables.projects, project).workspaceGid;
  throw badRequest("You should specify one of workspace, parent, projects");
}

function createTask(call: Call, parentGid: unknown): Answer {
  const { store } = call;
  const { tables } = store;
  const parent = parentGid === undefined || parentGid === null ? null : requireTask(call, parentGid);
  const workspaceGid = workspaceFor(call, parent);
  const projects = list(call.data.projects, "projects").map((gid) => requireIn(call, "project", tables.projects, gid));
  if (projects.some((project) => project.workspaceGid !== workspaceGid)) throw badRequest("projects: Not in the workspace");
  const at = store.writeTime();
  const task: TaskRow = {
    gid: store.newGid(),
    workspaceGid,
    createdByGid: call.viewer.userGid,
    createdAt: at,
    modifiedAt: at,
    name: "",
    htmlNotes: "<body></body>",
    resourceSubtype: "default_task",
    completedAt: null,
    completedByGid: null,
    assigneeGid: null,
    dueOn: null,
    dueAt: null,
    startOn: null,
    parentGid: parent?.gid ?? null,
    sectionGids: [],
    tagGids: [],
    followerGids: [call.viewer.userGid],
    subtaskGids: [],
    storyGids: [],
    attachmentGids: [],
    external: {},
    deletedAt: null,
  };
  write(task, call, new Set(["workspace", "projects", "parent"]));
  tables.tasks.set(task.gid, task);
  parent?.subtaskGids.push(task.gid);
  for (const project of projects) enterSection(tables, task, getRow(tables.sections, project.sectionGids[0] ?? ""));
  emitTask(call, task, "added");
  return one(call, "task", task, { status: 201, headers: { location: `${call.shapes.origin}/api/1.0/tasks/${task.gid}` } });
}

function listTasks(call: Call): Answer {
  const { query, store } = call;
  const { tables } = store;
  const given = ["project", "section", "tag", "user_task_list"].filter((name) => query.has(name));
  const byAssignee = query.has("assignee") && query.has("workspace");
  if (given.length + (byAssignee ? 1 : 0) !== 1) {
    throw badRequest("You should specify one of project, tag, section, user_task_list, or assignee + workspace");
  }
  const since = (name: string, timeOf: (task: TaskRow) => string | null) => (task: TaskRow) => {
    const text = query.get(name);
    if (text === null) return true;
    const from = text === "now" ? store.nowMs() : Date.parse(text);
    if (Number.isNaN(from)) throw badRequest(`${name}: Not a time: ${text}`);
    const time = timeOf(task);
    return time === null || Date.parse(time) >= from;
  };
  const rows = query.has("project")
    ? tasksOfProject(tables, requireIn(call, "project", tables.projects, query.get("project")))
    : query.has("section")
      ? tasksOfSection(tables, requireSection(call, query.get("section")))
      : query.has("tag")
        ? [...tables.tasks.values()].filter((task) => task.deletedAt === null && task.tagGids.includes(query.get("tag") ?? ""))
        : assignedTasks(call);
  return many(
    call,
    "task",
    rows.filter(since("completed_since", (task) => task.completedAt)).filter(since("modified_since", (task) => task.modifiedAt)),
  );
}

function assignedTasks(call: Call): readonly TaskRow[] {
  const { query, store } = call;
  const workspace = requireWorkspace(call, query.get("workspace") ?? "");
  const user = requireUser(call, query.get("assignee"));
  return [...store.tables.tasks.values()].filter(
    (task) => task.assigneeGid === user.gid && task.workspaceGid === workspace.gid && task.deletedAt === null,
  );
}

function deleteTask(call: Call): Answer {
  const { store } = call;
  const task = requireTask(call, parameter(call, "task_gid"));
  emitTask(call, task, "deleted");
  const at = store.writeTime();
  const trash = (one: TaskRow) => {
    one.deletedAt = at;
    // A subtask that is in a project of its own stays there.
    for (const gid of one.subtaskGids) {
      const below = getRow(store.tables.tasks, gid);
      if (below.deletedAt === null && below.sectionGids.length === 0) trash(below);
    }
  };
  trash(task);
  return nothing;
}

function setParent(call: Call): Answer {
  const { tables } = call.store;
  const task = requireTask(call, parameter(call, "task_gid"));
  if (!("parent" in call.data)) throw badRequest("parent: Missing input");
  const parent = call.data.parent === null ? null : requireTask(call, call.data.parent);
  for (let above = parent; above !== null; above = tables.tasks.get(above.parentGid ?? "") ?? null) {
    if (above === task) throw badRequest("parent: A task cannot be below itself");
  }
  if (parent !== null && parent.workspaceGid !== task.workspaceGid) throw forbidden("parent: Not in the same workspace");
  const before = tables.tasks.get(task.parentGid ?? "");
  if (before !== undefined) before.subtaskGids = before.subtaskGids.filter((gid) => gid !== task.gid);
  task.parentGid = parent?.gid ?? null;
  parent?.subtaskGids.push(task.gid);
  task.modifiedAt = call.store.writeTime();
  emitTask(call, task, "changed", "parent");
  return one(call, "task", task);
}

const textOrNothing = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

/** Moving does not touch `modified_at` (OpenAPI: TaskBase). */
function addProject(call: Call): Answer {
  const { tables } = call.store;
  const task = requireTask(call, parameter(call, "task_gid"));
  const project = requireIn(call, "project", tables.projects, call.data.project);
  const section = call.data.section ? requireSection(call, call.data.section) : null;
  if (section !== null && section.projectGid !== project.gid) throw badRequest("section: Not in the project");
  const now = task.sectionGids.find((gid) => project.sectionGids.includes(gid));
  if (now === undefined && task.sectionGids.length >= 20) throw badRequest("A task can be in at most 20 projects");
  const target = section ?? getRow(tables.sections, now ?? project.sectionGids[0] ?? "");
  enterSection(tables, task, target, { before: textOrNothing(call.data.insert_before), after: textOrNothing(call.data.insert_after) });
  emitTask(call, task, "changed", "projects");
  return nothing;
}

function removeProject(call: Call): Answer {
  const { tables } = call.store;
  const task = requireTask(call, parameter(call, "task_gid"));
  const project = requireIn(call, "project", tables.projects, call.data.project);
  if (!projectsOf(tables, task).includes(project)) throw badRequest("project: The task is not in this project");
  emitTask(call, task, "changed", "projects");
  leaveProject(tables, task, project);
  return nothing;
}

function addToSection(call: Call): Answer {
  const section = requireSection(call, parameter(call, "section_gid"));
  const task = requireTask(call, call.data.task);
  enterSection(call.store.tables, task, section, {
    before: textOrNothing(call.data.insert_before),
    after: textOrNothing(call.data.insert_after),
  });
  emitTask(call, task, "changed", "memberships");
  return nothing;
}

function changeTag(call: Call, isAdded: boolean): Answer {
  const task = requireTask(call, parameter(call, "task_gid"));
  const tag = requireIn(call, "tag", call.store.tables.tags, call.data.tag);
  task.tagGids = [...task.tagGids.filter((gid) => gid !== tag.gid), ...(isAdded ? [tag.gid] : [])];
  emitTask(call, task, "changed", "tags");
  return nothing;
}

export const taskRoutes: readonly Route[] = [
  { method: "GET", path: "/tasks", scope: "tasks:read", handle: listTasks },
  { method: "POST", path: "/tasks", scope: "tasks:write", handle: (call) => createTask(call, call.data.parent) },
  {
    method: "GET",
    path: "/tasks/{task_gid}",
    scope: "tasks:read",
    handle: (call) => one(call, "task", requireTask(call, parameter(call, "task_gid"))),
  },
  {
    method: "PUT",
    path: "/tasks/{task_gid}",
    scope: "tasks:write",
    handle(call) {
      const task = requireTask(call, parameter(call, "task_gid"));
      const keys = write(task, call, new Set());
      if (keys.length > 0) task.modifiedAt = call.store.writeTime();
      for (const key of keys) emitTask(call, task, "changed", key === "html_notes" ? "notes" : key);
      return one(call, "task", task);
    },
  },
  { method: "DELETE", path: "/tasks/{task_gid}", scope: "tasks:delete", handle: deleteTask },
  {
    method: "GET",
    path: "/tasks/{task_gid}/subtasks",
    scope: "tasks:read",
    handle(call) {
      const { tasks } = call.store.tables;
      const rows = requireTask(call, parameter(call, "task_gid")).subtaskGids.map((gid) => getRow(tasks, gid));
      return many(
        call,
        "task",
        rows.filter(({ deletedAt }) => deletedAt === null),
      );
    },
  },
  {
    method: "POST",
    path: "/tasks/{task_gid}/subtasks",
    scope: "tasks:write",
    handle: (call) => createTask(call, parameter(call, "task_gid")),
  },
  { method: "POST", path: "/tasks/{task_gid}/setParent", scope: "tasks:write", handle: setParent },
  { method: "POST", path: "/tasks/{task_gid}/addProject", scope: "tasks:write", handle: addProject },
  { method: "POST", path: "/tasks/{task_gid}/removeProject", scope: "tasks:write", handle: removeProject },
  { method: "POST", path: "/tasks/{task_gid}/addTag", scope: "tasks:write", handle: (call) => changeTag(call, true) },
  { method: "POST", path: "/tasks/{task_gid}/removeTag", scope: "tasks:write", handle: (call) => changeTag(call, false) },
  {
    method: "GET",
    path: "/tasks/{task_gid}/projects",
    scope: "projects:read",
    handle: (call) => many(call, "project", projectsOf(call.store.tables, requireTask(call, parameter(call, "task_gid")))),
  },
  {
    method: "GET",
    path: "/sections/{section_gid}/tasks",
    scope: "tasks:read",
    handle: (call) => many(call, "task", tasksOfSection(call.store.tables, requireSection(call, parameter(call, "section_gid")))),
  },
  { method: "POST", path: "/sections/{section_gid}/addTask", scope: "tasks:write", handle: addToSection },
];
