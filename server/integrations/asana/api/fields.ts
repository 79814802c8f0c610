/**
 * `opt_fields` of each call: lists and records come compact unless fields are named
 * (https://developers.asana.com/docs/inputoutput-options). `gid` always comes. Only paths that the OpenAPI description lists are asked for: of
 * an owner and a workspace that is the object alone, which need not have its name.
 */

const taskRow = ["name", "created_at", "modified_at", "permalink_url", "workspace", "parent", "memberships.project", "memberships.section"];
const projectRow = ["name", "created_at", "modified_at", "permalink_url", "workspace"];
const attachmentRow = ["name", "created_at", "host", "size", "permanent_url", "view_url", "parent"];

const joined = <K extends string>(fields: Readonly<Record<K, readonly string[]>>): Readonly<Record<K, string>> =>
  Object.fromEntries(Object.entries<readonly string[]>(fields).map(([name, list]) => [name, list.join(",")])) as Record<K, string>;

export const fieldsOf = joined({
  viewer: ["name", "email", "workspaces.name"],
  workspace: ["name", "is_organization", "email_domains"],
  user: ["name", "email"],
  projectRow,
  project: [...projectRow, "archived", "completed", "html_notes", "owner", "team.name", "start_on", "due_on"],
  section: ["name", "project"],
  taskRow,
  task: [
    ...taskRow,
    "resource_subtype",
    "completed",
    "html_notes",
    "due_on",
    "due_at",
    "assignee.name",
    "parent.name",
    "memberships.project.name",
    "memberships.section.name",
    "tags.name",
    "custom_fields.name",
    "custom_fields.display_value",
  ],
  story: ["type", "created_at", "created_by.name", "text", "html_text", "is_edited"],
  attachmentRow,
  attachment: [...attachmentRow, "download_url"],
  created: ["created_at"],
});
