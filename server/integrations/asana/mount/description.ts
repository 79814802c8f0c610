import type { FieldSchema, KindSchema, ToolMountDescription } from "@/server/vfs/tool-mount";
import { asanaManifest } from "../manifest";
import { maxAttachmentBytes } from "./plan-place";

/** What the mount can do, for callers to read before they write. */

const field =
  (writable: boolean) =>
  (name: string, type: FieldSchema["type"], description: string): FieldSchema => ({ name, type, writable, description });
const readOnly = field(false);
const writable = field(true);

const nothing = { body: null, create: false, update: false, append: false, remove: null } as const;

const task: KindSchema = {
  kind: "task",
  fields: [
    writable("name", "string", "The name. Left out of a new task, the file's name is taken."),
    writable("completed", "boolean", "true completes the task, false opens it again."),
    writable("assignee", "reference", "A person: name, e-mail address, or name~handle. null unassigns."),
    writable("due_on", "date", 'A date such as "2026-03-31". null clears it. Setting it drops the time of day.'),
    writable("projects", "references", "Projects: names, or name~handle; the list replaces the old one."),
    writable("section", "references", "The section in each project: name, or name~handle. One text where the task is in one project."),
    writable(
      "parent",
      "reference",
      "The task that this is a subtask of: name~handle, or the name of a task of the same projects. null takes it out.",
    ),
    readOnly("due_at", "datetime", "When it is due, where a time of day is set."),
    readOnly("type", "string", "default_task, milestone, approval or custom."),
    readOnly("tags", "strings", "Names of its tags."),
    readOnly("custom_fields", "strings", "What its custom fields show."),
    readOnly("created_at", "datetime", "When the task was made."),
    readOnly("id", "string", "Asana's id."),
  ],
  body: "notes",
  create: true,
  update: true,
  append: false,
  remove:
    "Below tasks/: moves the task to Asana's trash, where it can be restored for 30 days. In a project's tasks or among subtasks: takes it out of that project, or from under that parent.",
  move: "From one project's tasks to another's, or from one parent's subtasks to another's; a new name renames the task.",
  formats: ["markdown", "thread", "json"],
  parts: ["comments.md", "attachments", "subtasks"],
  writeCapability: "write:tasks",
};

const comments: KindSchema = { ...nothing, kind: "comments", fields: [], append: true, body: "comment", writeCapability: "write:comments" };

const attachment: KindSchema = {
  ...nothing,
  kind: "attachment",
  fields: [],
  upload: { maxBytes: maxAttachmentBytes },
  writeCapability: "write:attachments",
};

const project: KindSchema = {
  ...nothing,
  kind: "project",
  formats: ["markdown", "json"],
  fields: [
    readOnly("name", "string", "The project's name."),
    readOnly("archived", "boolean", "Whether it is archived."),
    readOnly("completed", "boolean", "Whether it is completed."),
    readOnly("owner", "reference", "Who owns it."),
    readOnly("team", "string", "Name of its team."),
    readOnly("start_on", "date", "When it starts."),
    readOnly("due_on", "date", "When it is to be done."),
    readOnly("sections", "references", "Its sections, in their order."),
    readOnly("created_at", "datetime", "When it was made."),
    readOnly("id", "string", "Asana's id."),
  ],
};

export const asanaDescription: ToolMountDescription = {
  actsAs: asanaManifest.actsAs,
  // Asana has no version or precondition on writes: the last one wins.
  guard: "checked",
  kinds: [task, comments, attachment, project, { ...nothing, kind: "workspace", fields: [] }, { ...nothing, kind: "user", fields: [] }],
};
