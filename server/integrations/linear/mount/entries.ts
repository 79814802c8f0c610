import type { Entry, LocationSegment } from "@/server/vfs/tool-mount";
import { cycleTitle, issueTitle } from "../format/words";
import type { Attachment, CycleRow, IssueRow, ProjectRow, TeamRow, User } from "../schema";

/** Linear's records as rows of a directory. */

const markdown = "text/markdown; charset=utf-8";
const jsonType = "application/json; charset=utf-8";

interface Times {
  readonly createdAt: string;
  readonly updatedAt: string;
}

const blank = {
  mediaType: null,
  sizeBytes: null,
  createdAt: null,
  modifiedAt: null,
  revision: null,
  webUrl: null,
} as const;

const timesOf = (record: Times) => ({ createdAt: record.createdAt, modifiedAt: record.updatedAt, revision: record.updatedAt });

const objectSegment = (kind: string, externalId: string): LocationSegment => ({ type: "object", kind, externalId });

/** A directory of the tree itself. */
export const directoryEntry = (name: string): Entry => ({
  ...blank,
  segment: { type: "fixed", name },
  kind: "directory",
  title: name,
  extension: "",
  ...(name === "issues" ? { creates: "issue" } : {}),
});

function fileEntry(name: string, schemaKind: string, mediaType: string, record: Times | null, webUrl: string | null = null): Entry {
  return {
    ...blank,
    ...(record === null ? {} : timesOf(record)),
    segment: { type: "fixed", name },
    kind: "file",
    title: name,
    extension: name.slice(name.lastIndexOf(".")),
    mediaType,
    webUrl,
    schemaKind,
  };
}

export const organizationEntry = (): Entry => fileEntry("organization.json", "organization", jsonType, null);
export const teamFileEntry = (team: Times): Entry => fileEntry("team.json", "team", jsonType, team);
export const projectFileEntry = (project: ProjectRow): Entry => fileEntry("project.md", "project", markdown, project, project.url ?? null);
export const commentsEntry = (issue: IssueRow): Entry =>
  fileEntry("comments.md", issue.archivedAt ? "archived_comments" : "comments", markdown, null, issue.url);

export const teamEntry = (team: TeamRow): Entry => ({
  ...blank,
  ...timesOf(team),
  segment: objectSegment("team", team.id),
  kind: "directory",
  title: team.key,
  extension: "",
});

export const issueEntry = (issue: IssueRow): Entry => ({
  ...blank,
  ...timesOf(issue),
  segment: objectSegment("issue", issue.id),
  kind: "file",
  title: issueTitle(issue),
  extension: ".md",
  mediaType: markdown,
  webUrl: issue.url,
  companion: true,
  ...(issue.archivedAt ? { schemaKind: "archived_issue" } : {}),
});

export const companionEntry = (issue: IssueRow): Entry => ({
  ...blank,
  segment: { type: "object", kind: "issue", externalId: issue.id, companion: true },
  kind: "directory",
  title: issueTitle(issue),
  extension: ".d",
  webUrl: issue.url,
});

export const attachmentEntry = (attachment: Attachment): Entry => ({
  ...blank,
  ...timesOf(attachment),
  segment: objectSegment("attachment", attachment.id),
  kind: "file",
  title: attachment.title,
  extension: ".json",
  mediaType: jsonType,
  webUrl: attachment.url,
});

export const cycleEntry = (cycle: CycleRow): Entry => ({
  ...blank,
  ...timesOf(cycle),
  segment: objectSegment("cycle", cycle.id),
  kind: "file",
  title: cycleTitle(cycle),
  extension: ".md",
  mediaType: markdown,
});

export const projectEntry = (project: ProjectRow): Entry => ({
  ...blank,
  ...timesOf(project),
  segment: objectSegment("project", project.id),
  kind: "directory",
  title: project.name,
  extension: "",
  webUrl: project.url ?? null,
});

export const userEntry = (user: User): Entry => ({
  ...blank,
  ...timesOf(user),
  segment: objectSegment("user", user.id),
  kind: "file",
  title: user.name,
  extension: ".json",
  mediaType: jsonType,
  webUrl: user.url ?? null,
});
