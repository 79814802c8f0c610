import { html, type Markup } from "../http/html";
import type { SandboxRequest, SandboxResponse } from "../http/server";
import { framePage, notFoundPage, table, when, written } from "../pages/frame";
import { downloadUrl, projectUrl, taskUrl } from "./kinds";
import { asanaLook } from "./look";
import { toPlain } from "./rich-text";
import type { ProjectRow, TaskRow, WorkspaceRow } from "./rows";
import { getRow, projectsOf, type Store, tasksOfProject, tasksOfSection } from "./store";

/** The pages that show what is in the simulated Asana; a reload shows every write. */
export function createHome(options: {
  readonly store: Store;
  readonly origin: () => string;
}): (request: SandboxRequest) => SandboxResponse {
  const { store } = options;

  const links = () => [...store.tables.workspaces.values()].map(({ urlKey, name }) => ({ href: `/${urlKey}`, label: name }));
  const frame = (title: string, main: Markup) => framePage(asanaLook, { title, main, links: links() });
  const nameOf = (gid: string | null) => store.tables.users.get(gid ?? "")?.name ?? "Nobody";
  const linkTo = (task: TaskRow) => html`<a href="${taskUrl("", task)}"><bdi>${task.name === "" ? "(no name)" : task.name}</bdi></a>`;
  const rowOf = (task: TaskRow) => [
    html`${task.completedAt === null ? "" : "✓ "}${linkTo(task)}`,
    html`<bdi>${nameOf(task.assigneeGid)}</bdi>`,
    task.dueOn ?? "",
    when(task.modifiedAt),
  ];
  const tasks = (label: string, rows: readonly TaskRow[]) => table(label, ["Task", "Assignee", "Due", "Changed"], rows.map(rowOf));
  const newest = (rows: readonly TaskRow[]) => rows.toSorted((a, b) => (a.modifiedAt > b.modifiedAt ? -1 : 1)).slice(0, 50);

  function workspacePage(workspace: WorkspaceRow): SandboxResponse {
    const { tables } = store;
    const projects = [...tables.projects.values()].filter(({ workspaceGid }) => workspaceGid === workspace.gid);
    const all = [...tables.tasks.values()].filter((task) => task.workspaceGid === workspace.gid && task.deletedAt === null);
    return frame(
      workspace.name,
      html`<h1><bdi>${workspace.name}</bdi></h1>
<p>${projects.length} projects, ${all.length} tasks, ${workspace.memberGids.length} people.</p>
<h2>Projects</h2><ul>${projects.map(
        (project) =>
          html`<li><a href="${projectUrl("", project)}"><bdi>${project.name}</bdi></a>, ${tasksOfProject(tables, project).length} tasks${project.archived ? ", archived" : ""}</li>`,
      )}</ul>
<h2>Tasks, the last changed first</h2>${tasks("Tasks", newest(all))}`,
    );
  }

  function projectPage(project: ProjectRow): SandboxResponse {
    const { tables } = store;
    const sections = project.sectionGids.map((gid) => getRow(tables.sections, gid));
    return frame(
      project.name,
      html`<h1><bdi>${project.name}</bdi></h1>${written(toPlain(project.htmlNotes))}${sections.map(
        (section) => html`<h2><bdi>${section.name}</bdi></h2>${tasks(section.name, tasksOfSection(tables, section))}`,
      )}`,
    );
  }

  function taskPage(task: TaskRow): SandboxResponse {
    const { tables } = store;
    const stories = task.storyGids.map((gid) => getRow(tables.stories, gid));
    const attachments = task.attachmentGids.map((gid) => getRow(tables.attachments, gid));
    const parent = tables.tasks.get(task.parentGid ?? "");
    const subtasks = task.subtaskGids.map((gid) => getRow(tables.tasks, gid)).filter(({ deletedAt }) => deletedAt === null);
    const context = { origin: options.origin(), nowMs: store.nowMs(), downloadSeconds: 120 };
    return frame(
      task.name,
      html`<h1 dir="auto">${task.name === "" ? "(no name)" : task.name}</h1>${task.deletedAt === null ? "" : html`<p><span class="tag">in the trash</span></p>`}
<dl><dt>State</dt><dd>${task.completedAt === null ? "Open" : html`Completed ${when(task.completedAt)}`}</dd>
<dt>Assignee</dt><dd><bdi>${nameOf(task.assigneeGid)}</bdi></dd>
<dt>Due</dt><dd>${task.dueAt ?? task.dueOn ?? "No date"}</dd>
<dt>Projects</dt><dd>${projectsOf(tables, task).map((project, index) => html`${index > 0 ? ", " : ""}<a href="${projectUrl("", project)}"><bdi>${project.name}</bdi></a> (${getRow(tables.sections, task.sectionGids[index] ?? "").name})`)}</dd>
<dt>Parent</dt><dd>${parent === undefined ? "None" : linkTo(parent)}</dd>
<dt>Tags</dt><dd>${task.tagGids.map((gid) => getRow(tables.tags, gid).name).join(", ")}</dd>
<dt>Created</dt><dd>${when(task.createdAt)} by <bdi>${nameOf(task.createdByGid)}</bdi></dd><dt>Changed</dt><dd>${when(task.modifiedAt)}</dd></dl>
<h2>Description</h2>${written(toPlain(task.htmlNotes))}
<h2>Subtasks</h2>${tasks("Subtasks", subtasks)}
<h2>Attachments</h2><ul>${attachments.map((one) => html`<li><a href="${one.url ?? downloadUrl(one.gid, context)}"><bdi>${one.name}</bdi></a>${one.bytes === null ? "" : `, ${one.bytes.byteLength} bytes`}</li>`)}</ul>
<h2>What happened</h2>${stories.map((story) => html`<article><h3><bdi>${nameOf(story.createdByGid)}</bdi>, ${when(story.createdAt)}${story.isEdited ? " (edited)" : ""}</h3>${written(toPlain(story.htmlText))}</article>`)}`,
    );
  }

  function find(pathname: string): SandboxResponse | null {
    const { tables } = store;
    const parts = pathname.split("/").slice(1);
    const [first = ""] = parts;
    if (first === "") {
      const [workspace] = tables.workspaces.values();
      return workspace === undefined ? null : workspacePage(workspace);
    }
    const gid = parts.at(-1) ?? "";
    if (first === "0" || first === "1") {
      const task = tables.tasks.get(gid);
      const project = tables.projects.get(gid);
      return task !== undefined ? taskPage(task) : project !== undefined ? projectPage(project) : null;
    }
    const workspace = [...tables.workspaces.values()].find(({ urlKey }) => urlKey === first);
    return workspace === undefined || parts.length > 1 ? null : workspacePage(workspace);
  }

  return (request) => find(request.url.pathname) ?? notFoundPage(asanaLook, links());
}
