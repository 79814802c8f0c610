import type { CommentRow, IssueRow, ProjectRow, UserRow } from "./rows";
import { slugOf } from "./store";

/** The paths of Linear's web app: `/<urlKey>/issue/<identifier>/<slug>`, `/<urlKey>/profiles/<handle>`, `/<urlKey>/project/<slug>-<slugId>`. */

export function issueUrl(webOrigin: string, urlKey: string, issue: Pick<IssueRow, "identifier" | "title">): string {
  return `${webOrigin}/${urlKey}/issue/${issue.identifier}/${encodeURIComponent(slugOf(issue.title))}`;
}

export function commentUrl(webOrigin: string, urlKey: string, issue: IssueRow, comment: Pick<CommentRow, "id">): string {
  return `${issueUrl(webOrigin, urlKey, issue)}#comment-${comment.id.slice(0, 8)}`;
}

export function projectUrl(webOrigin: string, urlKey: string, project: Pick<ProjectRow, "name" | "slugId">): string {
  return `${webOrigin}/${urlKey}/project/${encodeURIComponent(slugOf(project.name))}-${project.slugId}`;
}

export function profileUrl(webOrigin: string, urlKey: string, user: Pick<UserRow, "displayName">): string {
  return `${webOrigin}/${urlKey}/profiles/${encodeURIComponent(user.displayName)}`;
}
