import { createHash } from "node:crypto";
import type { Entry, Location, LocationSegment } from "@/server/vfs/tool-mount";
import { taskTitle } from "../format/task";
import type { AttachmentRow, ProjectRow, TaskRow, User, Workspace } from "../schema";
import { type Container, locations, type TaskPlace } from "./place";

/** Asana's records as rows of a directory. */

const markdown = "text/markdown; charset=utf-8";
const jsonType = "application/json; charset=utf-8";

const blank = {
  mediaType: null,
  sizeBytes: null,
  createdAt: null,
  modifiedAt: null,
  revision: null,
  webUrl: null,
} as const;

const objectSegment = (kind: string, externalId: string): LocationSegment => ({ type: "object", kind, externalId });

/** A directory of the tree itself; `creates`: the kind that a new file in it becomes. */
export const directoryEntry = (name: string, creates?: string): Entry => ({
  ...blank,
  segment: { type: "fixed", name },
  kind: "directory",
  title: name,
  extension: "",
  ...(creates === undefined ? {} : { creates }),
});

export const tasksEntry = (name: "tasks" | "subtasks"): Entry => directoryEntry(name, "task");
export const attachmentsEntry = (): Entry => directoryEntry("attachments", "attachment");

const nameOr = (name: string, fallback: string): string => (name.trim() === "" ? fallback : name);

export const workspaceEntry = (workspace: Workspace): Entry => ({
  ...blank,
  segment: objectSegment("workspace", workspace.gid),
  kind: "directory",
  title: nameOr(workspace.name, "Untitled workspace"),
  extension: "",
});

export const workspaceFileEntry = (): Entry => ({
  ...blank,
  segment: { type: "fixed", name: "workspace.json" },
  kind: "file",
  title: "workspace.json",
  extension: ".json",
  mediaType: jsonType,
  schemaKind: "workspace",
});

export const userEntry = (user: User): Entry => ({
  ...blank,
  segment: objectSegment("user", user.gid),
  kind: "file",
  title: nameOr(user.name, user.email ?? "Somebody"),
  extension: ".json",
  mediaType: jsonType,
});

export const projectEntry = (project: ProjectRow): Entry => ({
  ...blank,
  segment: objectSegment("project", project.gid),
  kind: "directory",
  title: nameOr(project.name, "Untitled project"),
  extension: "",
  createdAt: project.created_at,
  modifiedAt: project.modified_at,
  revision: project.modified_at,
  webUrl: project.permalink_url ?? null,
});

export const projectFileEntry = (project: ProjectRow): Entry => ({
  ...blank,
  segment: { type: "fixed", name: "project.md" },
  kind: "file",
  title: "project.md",
  extension: ".md",
  mediaType: markdown,
  createdAt: project.created_at,
  modifiedAt: project.modified_at,
  // Sections come and go without moving `modified_at`.
  revision: null,
  webUrl: project.permalink_url ?? null,
  schemaKind: "project",
});

/**
 * `modified_at` does not move with a project or a section (OpenAPI: TaskBase), which the file shows, so both are in the revision: its
 * digest of the places follows the time.
 */
export function revisionOf(task: TaskRow): string {
  const places = (task.memberships ?? []).map(({ project, section }) => `${project?.gid ?? ""}/${section?.gid ?? ""}`);
  const digest = createHash("sha256")
    .update([task.parent?.gid ?? "", ...places].join("\n"))
    .digest("hex");
  return `${task.modified_at} ${digest.slice(0, 16)}`;
}

/** A task: a file where a workspace keeps it, a link to that where a project or a parent shows it. */
export const taskEntry = (task: TaskRow, container: Container): Entry => ({
  ...blank,
  segment: objectSegment("task", task.gid),
  title: taskTitle(task),
  extension: ".md",
  mediaType: markdown,
  createdAt: task.created_at,
  modifiedAt: task.modified_at,
  revision: revisionOf(task),
  webUrl: task.permalink_url ?? null,
  companion: true,
  ...(container.of === "workspace"
    ? { kind: "file" as const }
    : { kind: "link" as const, canonical: locations.task(container.workspace, task.gid) }),
});

export const companionEntry = (task: TaskRow): Entry => ({
  ...blank,
  segment: { type: "object", kind: "task", externalId: task.gid, companion: true },
  kind: "directory",
  title: taskTitle(task),
  extension: ".d",
  webUrl: task.permalink_url ?? null,
});

/** Beside a link, what a companion holds are links too: each has its one place beside the task's own file. */
const placed = (place: TaskPlace, canonical: Location) =>
  place.container.of === "workspace" ? { kind: "file" as const } : { kind: "link" as const, canonical };

export const commentsEntry = (task: TaskRow, place: TaskPlace): Entry => ({
  ...blank,
  segment: { type: "fixed", name: "comments.md" },
  title: "comments.md",
  extension: ".md",
  mediaType: markdown,
  webUrl: task.permalink_url ?? null,
  schemaKind: "comments",
  ...placed(place, locations.comments(place.workspace, place.task)),
});

/** A file that Asana keeps itself has bytes; of one that is linked from elsewhere only the record can be read. */
export const isKeptByAsana = (attachment: AttachmentRow): boolean => attachment.host === "asana";

/** Splits a file name at its last dot, where that leaves a name and an extension that looks like one. */
function splitFileName(name: string): { readonly stem: string; readonly extension: string } {
  const found = /^(.+)(\.[A-Za-z0-9]{1,12})$/su.exec(name);
  return { stem: found?.[1] ?? name, extension: found?.[2] ?? "" };
}

export function attachmentEntry(attachment: AttachmentRow, place: TaskPlace): Entry {
  const isKept = isKeptByAsana(attachment);
  const { stem, extension } = splitFileName(nameOr(attachment.name, "attachment"));
  return {
    ...blank,
    segment: objectSegment("attachment", attachment.gid),
    title: isKept ? stem : nameOr(attachment.name, "attachment"),
    extension: isKept ? extension : ".json",
    ...(isKept ? { sizeBytes: attachment.size ?? null, binary: true } : { mediaType: jsonType }),
    createdAt: attachment.created_at,
    modifiedAt: attachment.created_at,
    revision: attachment.created_at,
    webUrl: attachment.permanent_url ?? null,
    ...placed(place, locations.attachment(place.workspace, place.task, attachment.gid)),
  };
}
