import { html, type Markup } from "../http/html";
import type { SandboxRequest, SandboxResponse } from "../http/server";
import { framePage, when } from "../pages/frame";
import { linearLook } from "./look";
import type { IssueRow, Workspace } from "./rows";
import { findIssue, getRow, type Store } from "./store";
import { issueUrl, profileUrl, projectUrl } from "./urls";

const priorities = ["No priority", "Urgent", "High", "Medium", "Low"];

const newest = (left: { readonly updatedAt: string }, right: { readonly updatedAt: string }) => (left.updatedAt > right.updatedAt ? -1 : 1);

const nameOf = (workspace: Workspace, userId: string | null) => workspace.users.get(userId ?? "")?.name ?? null;

/** The pages that show what is in the simulated Linear; a reload shows every write. */
export function createHome(options: { store: Store; webOrigin: () => string }): (request: SandboxRequest) => SandboxResponse {
  const { store } = options;

  function frame(title: string, main: Markup, status = 200): SandboxResponse {
    const workspaces = [...store.workspaces.values()].map(({ organization }) => organization);
    return framePage(linearLook, {
      title,
      status,
      main,
      links: workspaces.map(({ urlKey, name }) => ({ href: `/${urlKey}`, label: name })),
    });
  }

  const issueLink = (workspace: Workspace, issue: IssueRow) => issueUrl("", workspace.organization.urlKey, issue);

  function issueTable(workspace: Workspace, issues: readonly IssueRow[], label: string): Markup {
    if (issues.length === 0) return html`<p class="quiet">None.</p>`;
    return html`<div class="scroll" role="region" aria-label="${label}" tabindex="0"><table>
<thead><tr><th scope="col">Issue</th><th scope="col">Title</th><th scope="col">State</th><th scope="col">Assignee</th><th scope="col">Priority</th><th scope="col">Changed</th></tr></thead>
<tbody>${issues.map(
      (issue) => html`<tr><td class="id">${issue.identifier}</td>
<td><a href="${issueLink(workspace, issue)}"><bdi>${issue.title}</bdi></a>${issue.trashed === true ? " (in the trash)" : issue.archivedAt === null ? "" : " (archived)"}</td>
<td>${getRow(workspace.states, issue.stateId).name}</td><td><bdi>${nameOf(workspace, issue.assigneeId) ?? "Nobody"}</bdi></td>
<td>${priorities[issue.priority]}</td><td>${when(issue.updatedAt)}</td></tr>`,
    )}</tbody></table></div>`;
  }

  function workspacePage(workspace: Workspace): SandboxResponse {
    const issues = [...workspace.issues.values()].sort(newest);
    const comments = [...workspace.comments.values()].sort(newest).slice(0, 10);
    const { urlKey, name } = workspace.organization;
    return frame(
      name,
      html`<h1>${name}</h1>
<p>${issues.length} issues, ${workspace.comments.size} comments, ${workspace.projects.size} projects, ${workspace.users.size} people.</p>
<h2>Teams</h2><ul class="tiles">${[...workspace.teams.values()].map((team) => html`<li><a href="/${urlKey}/team/${team.key}/all">${team.key}: ${team.name}</a><span class="quiet">${team.description}</span></li>`)}</ul>
<h2>Projects</h2><ul class="tiles">${[...workspace.projects.values()].map((project) => html`<li><a href="${projectUrl("", urlKey, project)}">${project.name}</a><span class="quiet">${getRow(workspace.projectStatuses, project.statusId).name}</span></li>`)}</ul>
<h2>Newest comments</h2>${comments.map((comment) => {
        const issue = getRow(workspace.issues, comment.issueId);
        return html`<article><h3><bdi>${nameOf(workspace, comment.userId) ?? comment.botName}</bdi> on <a href="${issueLink(workspace, issue)}">${issue.identifier}</a>, ${when(comment.updatedAt)}</h3><pre class="text" dir="auto">${comment.body}</pre></article>`;
      })}
<h2>Issues, the last changed first</h2>${issueTable(workspace, issues, "Issues")}`,
    );
  }

  function issuePage(workspace: Workspace, identifier: string): SandboxResponse | null {
    const issue = findIssue(workspace, identifier);
    if (issue === null) return null;
    const { urlKey } = workspace.organization;
    const comments = [...workspace.comments.values()]
      .filter(({ issueId }) => issueId === issue.id)
      .sort((left, right) => -newest(left, right));
    const threads = comments
      .filter(({ parentId }) => parentId === null)
      .flatMap((top) => [top, ...comments.filter(({ parentId }) => parentId === top.id)]);
    const project = workspace.projects.get(issue.projectId ?? "");
    const assignee = workspace.users.get(issue.assigneeId ?? "");
    const labels = issue.labelIds.map((id) => getRow(workspace.labels, id).name);
    const parent = workspace.issues.get(issue.parentId ?? "");
    return frame(
      `${issue.identifier} ${issue.title}`,
      html`<p class="quiet"><a href="/${urlKey}/team/${getRow(workspace.teams, issue.teamId).key}/all">${getRow(workspace.teams, issue.teamId).name}</a> / ${issue.identifier}${issue.trashed === true ? " / in the trash" : issue.archivedAt === null ? "" : " / archived"}</p>
<h1 dir="auto">${issue.title}</h1>
<dl><dt>State</dt><dd>${getRow(workspace.states, issue.stateId).name}</dd>
<dt>Assignee</dt><dd>${assignee === undefined ? "Nobody" : html`<a href="${profileUrl("", urlKey, assignee)}"><bdi>${assignee.name}</bdi></a>`}</dd>
<dt>Priority</dt><dd>${priorities[issue.priority]}</dd>
<dt>Labels</dt><dd>${labels.length === 0 ? "None" : labels.join(", ")}</dd>
<dt>Project</dt><dd>${project === undefined ? "None" : html`<a href="${projectUrl("", urlKey, project)}">${project.name}</a>`}</dd>
<dt>Parent</dt><dd>${parent === undefined ? "None" : html`<a href="${issueLink(workspace, parent)}">${parent.identifier} <bdi>${parent.title}</bdi></a>`}</dd>
<dt>Due</dt><dd>${issue.dueDate ?? "No date"}</dd>
<dt>Created</dt><dd>${when(issue.createdAt)} by <bdi>${nameOf(workspace, issue.creatorId) ?? "an app"}</bdi></dd><dt>Changed</dt><dd>${when(issue.updatedAt)}</dd></dl>
<h2>Description</h2><pre class="text" dir="auto">${issue.description ?? "No description."}</pre>
<h2>Comments</h2>${threads.length === 0 ? html`<p class="quiet">None.</p>` : ""}${threads.map(
        (comment) =>
          html`<article id="comment-${comment.id.slice(0, 8)}" class="${comment.parentId === null ? "" : "reply"}"><h3><bdi>${nameOf(workspace, comment.userId) ?? comment.botName}</bdi>, ${when(comment.createdAt)}${comment.editedAt === null ? "" : " (edited)"}</h3><pre class="text" dir="auto">${comment.body}</pre></article>`,
      )}`,
    );
  }

  function listPage(workspace: Workspace, title: string, note: string | null, keep: (issue: IssueRow) => boolean): SandboxResponse {
    const issues = [...workspace.issues.values()].filter(keep).sort(newest);
    return frame(
      title,
      html`<h1><bdi>${title}</bdi></h1>${note === null ? "" : html`<pre class="text" dir="auto">${note}</pre>`}<h2>Issues</h2>${issueTable(workspace, issues, "Issues")}`,
    );
  }

  function find(path: string): SandboxResponse | null {
    const [urlKey, kind, name] = path.split("/").slice(1).map(decodeURIComponent);
    const workspace = [...store.workspaces.values()].find(({ organization }) => organization.urlKey === urlKey);
    if (workspace === undefined) return null;
    if (kind === undefined || kind === "") return workspacePage(workspace);
    if (name === undefined) return null;
    if (kind === "issue") return issuePage(workspace, name);
    if (kind === "team") {
      const team = [...workspace.teams.values()].find(({ key }) => key === name);
      return team === undefined ? null : listPage(workspace, team.name, team.description, ({ teamId }) => teamId === team.id);
    }
    if (kind === "project") {
      const project = [...workspace.projects.values()].find(({ slugId }) => name.endsWith(slugId));
      return project === undefined
        ? null
        : listPage(workspace, project.name, project.content ?? project.description, ({ projectId }) => projectId === project.id);
    }
    if (kind === "profiles") {
      const user = [...workspace.users.values()].find(({ displayName }) => displayName === name);
      return user === undefined ? null : listPage(workspace, user.name, user.title, ({ assigneeId }) => assigneeId === user.id);
    }
    return null;
  }

  return (request) => {
    const { pathname } = request.url;
    if (pathname === "/") {
      const first = [...store.workspaces.values()][0];
      if (first !== undefined) return workspacePage(first);
    }
    let found: SandboxResponse | null = null;
    try {
      found = find(pathname);
    } catch (error) {
      // A malformed escape in the path is a page that does not exist.
      if (!(error instanceof URIError)) throw error;
    }
    return (
      found ??
      frame(
        "Not found",
        html`<h1>Nothing here</h1><p>The sandbox has no page at this address.</p><p><a href="/">Back to the start</a></p>`,
        404,
      )
    );
  };
}
