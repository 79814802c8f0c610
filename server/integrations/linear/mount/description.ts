import type { FieldSchema, KindSchema, ToolMountDescription } from "@/server/vfs/tool-mount";
import { priorities } from "../format/words";
import { linearManifest } from "../manifest";

/** What the mount can do, for callers to read before they write. */

const readOnly = (name: string, type: FieldSchema["type"], description: string): FieldSchema => ({
  name,
  type,
  writable: false,
  description,
});
const writable = (name: string, type: FieldSchema["type"], description: string): FieldSchema => ({
  name,
  type,
  writable: true,
  description,
});

const nothing = { body: null, create: false, update: false, append: false, remove: null } as const;

const issue: KindSchema = {
  kind: "issue",
  fields: [
    { ...writable("title", "string", "The title. Left out of a new issue, the file's name is taken."), required: true },
    writable(
      "state",
      "string",
      "Name of a state of the issue's team; team.json lists them. A new issue without one gets the team's default.",
    ),
    { ...writable("priority", "enum", "null means No priority."), values: priorities },
    writable("assignee", "reference", "A person: name, e-mail address, or name~handle. null unassigns."),
    writable("labels", "references", "Names of labels of the team or the workspace; the list replaces the old one."),
    writable("project", "reference", "A project: name, or name~handle. null takes the issue out of its project."),
    writable("cycle", "reference", "A cycle of the team: number, name, or name~handle. null takes the issue out of its cycle."),
    writable("parent", "reference", "The issue above it: identifier (ENG-12), or name~handle. null makes it stand by itself."),
    writable("due_date", "date", 'A date such as "2026-03-31". null clears it.'),
    readOnly("identifier", "string", "Linear's short id, such as ENG-12."),
    readOnly("team", "string", "The team's key."),
    readOnly("creator", "reference", "Who made the issue."),
    readOnly("created_at", "datetime", "When the issue was made."),
    readOnly("archived_at", "datetime", "When it was archived; null while it is among the team's issues."),
    readOnly("id", "string", "Linear's id."),
  ],
  body: "description",
  create: true,
  update: true,
  append: false,
  remove: "Archives the issue; it stands in the team's archive and can be moved back.",
  move: "Between a team's issues and its archive: archives the issue, or takes it out of the archive.",
  formats: ["markdown", "thread", "json"],
  parts: ["comments.md", "attachments"],
  writeCapability: "write:issues",
};

/** An issue in the archive: read as any issue, and moved back. */
const archivedIssue: KindSchema = {
  ...nothing,
  kind: "archived_issue",
  fields: issue.fields.map((field) => ({ ...field, writable: false })),
  move: "Out of the archive, back into the team's issues.",
  formats: issue.formats,
  parts: issue.parts,
  writeCapability: "write:issues",
};

const comments: KindSchema = {
  ...nothing,
  kind: "comments",
  fields: [],
  append: true,
  body: "comment",
  writeCapability: "write:comments",
  formats: ["markdown", "json"],
};

const cycle: KindSchema = {
  ...nothing,
  kind: "cycle",
  formats: ["markdown", "json"],
  fields: [
    readOnly("name", "string", "The cycle's own name, if it has one."),
    readOnly("number", "number", "The cycle's number in its team."),
    readOnly("team", "string", "The team's key."),
    readOnly("starts_at", "datetime", "When it begins."),
    readOnly("ends_at", "datetime", "When it ends."),
    readOnly("completed_at", "datetime", "When it was completed."),
    readOnly("created_at", "datetime", "When it was made."),
    readOnly("id", "string", "Linear's id."),
  ],
};

const project: KindSchema = {
  ...nothing,
  kind: "project",
  formats: ["markdown", "json"],
  fields: [
    readOnly("name", "string", "The project's name."),
    readOnly("status", "string", "Name of its status."),
    readOnly("lead", "reference", "Who leads it."),
    readOnly("start_date", "date", "When it starts."),
    readOnly("target_date", "date", "When it is to be done."),
    readOnly("priority", "enum", "How urgent it is."),
    readOnly("health", "string", "What its lead last said about it: onTrack, atRisk or offTrack."),
    readOnly("teams", "strings", "Keys of its teams."),
    readOnly("members", "references", "Who works on it."),
    readOnly("summary", "string", "Its one-line description."),
    readOnly("created_at", "datetime", "When it was made."),
    readOnly("archived_at", "datetime", "When it was archived; null otherwise."),
    readOnly("id", "string", "Linear's id."),
  ],
};

export const linearDescription: ToolMountDescription = {
  actsAs: linearManifest.actsAs,
  // Linear has no version or precondition on writes: the last one wins.
  guard: "checked",
  kinds: [
    issue,
    archivedIssue,
    comments,
    { ...nothing, kind: "archived_comments", fields: [], formats: ["markdown", "json"] },
    cycle,
    project,
    { ...nothing, kind: "team", fields: [], formats: ["json"] },
    { ...nothing, kind: "organization", fields: [], formats: ["json"] },
    { ...nothing, kind: "attachment", fields: [], formats: ["json"] },
    { ...nothing, kind: "user", fields: [], formats: ["json"] },
  ],
};
