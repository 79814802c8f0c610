import { createHmac } from "node:crypto";
import { toPlain } from "./rich-text";
import type { AttachmentRow, ProjectRow, SectionRow, StoryRow, TagRow, TaskRow, TeamRow, UserRow, WebhookRow, WorkspaceRow } from "./rows";
import { getRow, projectsOf, type Tables } from "./store";

/** The kinds of records and their fields (OpenAPI: the `…Response` and `…Compact` schemas). */

export interface Rows {
  readonly workspace: WorkspaceRow;
  readonly user: UserRow;
  readonly team: TeamRow;
  readonly project: ProjectRow;
  readonly section: SectionRow;
  readonly task: TaskRow;
  readonly tag: TagRow;
  readonly story: StoryRow;
  readonly attachment: AttachmentRow;
  readonly webhook: WebhookRow;
}
export type Kind = keyof Rows;

/** What a record is shown to: the app and person that ask. */
export interface Viewer {
  readonly clientId: string;
  readonly userGid: string;
  readonly scopes: readonly string[];
}

export interface ShapeContext {
  readonly tables: Tables;
  readonly viewer: Viewer;
  /** Where pages of records are. */
  readonly webOrigin: string;
  readonly origin: string;
  readonly nowMs: number;
  readonly downloadSeconds: number;
}

export class Reference {
  readonly kind: Kind;
  readonly row: Rows[Kind];
  constructor(kind: Kind, row: Rows[Kind]) {
    this.kind = kind;
    this.row = row;
  }
}

const refer = <K extends Kind>(kind: K, table: ReadonlyMap<string, Rows[K]>, gid: string | null): Reference | null =>
  gid === null ? null : new Reference(kind, getRow(table, gid));

interface KindShape<K extends Kind> {
  readonly compact: readonly string[];
  readonly full: readonly string[];
  readonly fields: Readonly<Record<string, (row: Rows[K], context: ShapeContext) => unknown>>;
}

/** The address of an attachment's bytes: it works for a while, for whoever has it, and takes no token. */
export function downloadUrl(gid: string, context: Pick<ShapeContext, "origin" | "nowMs" | "downloadSeconds">): string {
  const until = String(Math.floor(context.nowMs / 1000) + context.downloadSeconds);
  return `${context.origin}/app/asana/-/download/${gid}?expires=${until}&signature=${downloadSignature(gid, until)}`;
}

export const downloadSignature = (gid: string, until: string): string =>
  createHmac("sha256", "the sandbox's own").update(`${gid}\n${until}`).digest("base64url").slice(0, 24);

export const taskUrl = (webOrigin: string, task: TaskRow): string => `${webOrigin}/1/${task.workspaceGid}/task/${task.gid}`;
export const projectUrl = (webOrigin: string, project: ProjectRow): string =>
  `${webOrigin}/1/${project.workspaceGid}/project/${project.gid}`;

const people = (tables: Tables, gids: readonly string[]) => gids.map((gid) => refer("user", tables.users, gid));

const workspace: KindShape<"workspace"> = {
  compact: ["name"],
  full: ["name", "email_domains", "is_organization"],
  fields: { name: (row) => row.name, email_domains: (row) => row.emailDomains, is_organization: (row) => row.isOrganization },
};

const user: KindShape<"user"> = {
  compact: ["name"],
  full: ["name", "email", "photo", "workspaces"],
  fields: {
    name: (row) => row.name,
    email: (row) => row.email,
    photo: () => null,
    workspaces: (row, { tables, viewer }) =>
      [...tables.workspaces.values()]
        .filter(({ memberGids }) => memberGids.includes(row.gid) && memberGids.includes(viewer.userGid))
        .map((one) => new Reference("workspace", one)),
  },
};

const team: KindShape<"team"> = {
  compact: ["name"],
  full: ["name", "description", "organization", "permalink_url", "visibility"],
  fields: {
    name: (row) => row.name,
    description: (row) => row.description,
    organization: (row, { tables }) => refer("workspace", tables.workspaces, row.workspaceGid),
    permalink_url: (row, { webOrigin }) => `${webOrigin}/1/${row.workspaceGid}/team/${row.gid}`,
    visibility: () => "public",
  },
};

const project: KindShape<"project"> = {
  compact: ["name"],
  full: [
    "archived",
    "color",
    "completed",
    "completed_at",
    "completed_by",
    "created_at",
    "current_status",
    "custom_fields",
    "default_view",
    "due_date",
    "due_on",
    "followers",
    "members",
    "modified_at",
    "name",
    "notes",
    "owner",
    "permalink_url",
    "privacy_setting",
    "public",
    "start_on",
    "team",
    "workspace",
  ],
  fields: {
    archived: (row) => row.archived,
    color: (row) => row.color,
    completed: (row) => row.completedAt !== null,
    completed_at: (row) => row.completedAt,
    completed_by: (row, { tables }) => (row.completedAt === null ? null : refer("user", tables.users, row.ownerGid)),
    created_at: (row) => row.createdAt,
    current_status: () => null,
    custom_fields: () => [],
    default_view: () => "list",
    due_date: (row) => row.dueOn,
    due_on: (row) => row.dueOn,
    followers: (row, { tables }) => people(tables, row.memberGids),
    html_notes: (row) => row.htmlNotes,
    icon: () => "list",
    members: (row, { tables }) => people(tables, row.memberGids),
    modified_at: (row) => row.modifiedAt,
    name: (row) => row.name,
    notes: (row) => toPlain(row.htmlNotes),
    owner: (row, { tables }) => refer("user", tables.users, row.ownerGid),
    permalink_url: (row, { webOrigin }) => projectUrl(webOrigin, row),
    privacy_setting: () => "public_to_workspace",
    public: () => true,
    start_on: (row) => row.startOn,
    team: (row, { tables }) => refer("team", tables.teams, row.teamGid),
    workspace: (row, { tables }) => refer("workspace", tables.workspaces, row.workspaceGid),
  },
};

const section: KindShape<"section"> = {
  compact: ["name"],
  full: ["name", "created_at", "project"],
  fields: {
    name: (row) => row.name,
    created_at: (row) => row.createdAt,
    project: (row, { tables }) => refer("project", tables.projects, row.projectGid),
    projects: (row, { tables }) => [refer("project", tables.projects, row.projectGid)],
  },
};

const task: KindShape<"task"> = {
  compact: ["name", "resource_subtype"],
  full: [
    "actual_time_minutes",
    "assignee",
    "assignee_status",
    "completed",
    "completed_at",
    "created_at",
    "custom_fields",
    "due_at",
    "due_on",
    "followers",
    "hearted",
    "hearts",
    "liked",
    "likes",
    "memberships",
    "modified_at",
    "name",
    "notes",
    "num_hearts",
    "num_likes",
    "parent",
    "permalink_url",
    "projects",
    "resource_subtype",
    "start_at",
    "start_on",
    "tags",
    "workspace",
  ],
  fields: {
    actual_time_minutes: () => null,
    assignee: (row, { tables }) => refer("user", tables.users, row.assigneeGid),
    assignee_status: () => "upcoming",
    completed: (row) => row.completedAt !== null,
    completed_at: (row) => row.completedAt,
    completed_by: (row, { tables }) => refer("user", tables.users, row.completedByGid),
    // The description shows who made a task by id alone (OpenAPI: TaskCompact).
    created_by: (row) => ({ gid: row.createdByGid, resource_type: "user" }),
    created_at: (row) => row.createdAt,
    custom_fields: () => [],
    dependencies: () => [],
    dependents: () => [],
    due_at: (row) => row.dueAt,
    due_on: (row) => row.dueOn,
    external: (row, { viewer }) => row.external[viewer.clientId] ?? { gid: "", data: "" },
    followers: (row, { tables }) => people(tables, row.followerGids),
    hearted: () => false,
    hearts: () => [],
    html_notes: (row) => row.htmlNotes,
    is_rendered_as_separator: () => false,
    liked: () => false,
    likes: () => [],
    memberships: (row, { tables }) =>
      row.sectionGids.map((gid) => ({
        project: refer("project", tables.projects, getRow(tables.sections, gid).projectGid),
        section: refer("section", tables.sections, gid),
      })),
    modified_at: (row) => row.modifiedAt,
    name: (row) => row.name,
    notes: (row) => toPlain(row.htmlNotes),
    num_hearts: () => 0,
    num_likes: () => 0,
    num_subtasks: (row, { tables }) => row.subtaskGids.filter((gid) => tables.tasks.get(gid)?.deletedAt === null).length,
    parent: (row, { tables }) => refer("task", tables.tasks, row.parentGid),
    permalink_url: (row, { webOrigin }) => taskUrl(webOrigin, row),
    projects: (row, { tables }) => projectsOf(tables, row).map((one) => new Reference("project", one)),
    resource_subtype: (row) => row.resourceSubtype,
    start_at: () => null,
    start_on: (row) => row.startOn,
    tags: (row, { tables }) => row.tagGids.map((gid) => refer("tag", tables.tags, gid)),
    workspace: (row, { tables }) => refer("workspace", tables.workspaces, row.workspaceGid),
  },
};

const tag: KindShape<"tag"> = {
  compact: ["name"],
  full: ["name", "color", "created_at", "followers", "permalink_url", "workspace"],
  fields: {
    name: (row) => row.name,
    color: (row) => row.color,
    created_at: (row) => row.createdAt,
    followers: () => [],
    permalink_url: (row, { webOrigin }) => `${webOrigin}/1/${row.workspaceGid}/tag/${row.gid}`,
    workspace: (row, { tables }) => refer("workspace", tables.workspaces, row.workspaceGid),
  },
};

const story: KindShape<"story"> = {
  compact: ["created_at", "created_by", "resource_subtype", "text"],
  full: [
    "created_at",
    "created_by",
    "hearted",
    "hearts",
    "is_editable",
    "is_edited",
    "is_pinned",
    "liked",
    "likes",
    "num_hearts",
    "num_likes",
    "previews",
    "resource_subtype",
    "source",
    "target",
    "text",
    "type",
  ],
  fields: {
    created_at: (row) => row.createdAt,
    created_by: (row, { tables }) => refer("user", tables.users, row.createdByGid),
    hearted: () => false,
    hearts: () => [],
    html_text: (row) => row.htmlText,
    is_editable: (row, { viewer }) => row.type === "comment" && row.createdByGid === viewer.userGid,
    is_edited: (row) => row.isEdited,
    is_pinned: (row) => row.isPinned,
    liked: () => false,
    likes: () => [],
    num_hearts: () => 0,
    num_likes: () => 0,
    previews: () => [],
    resource_subtype: (row) => row.resourceSubtype,
    source: () => "web",
    target: (row, { tables }) => refer("task", tables.tasks, row.taskGid),
    text: (row) => toPlain(row.htmlText),
    type: (row) => row.type,
  },
};

const attachment: KindShape<"attachment"> = {
  compact: ["name", "resource_subtype"],
  full: [
    "connected_to_app",
    "created_at",
    "download_url",
    "host",
    "name",
    "parent",
    "permanent_url",
    "resource_subtype",
    "size",
    "view_url",
  ],
  fields: {
    connected_to_app: () => false,
    created_at: (row) => row.createdAt,
    download_url: (row, context) => (row.bytes === null ? null : downloadUrl(row.gid, context)),
    host: (row) => row.host,
    name: (row) => row.name,
    parent: (row, { tables }) => refer("task", tables.tasks, row.parentGid),
    permanent_url: (row, { webOrigin }) => (row.bytes === null ? null : `${webOrigin}/app/asana/-/get_asset?asset_id=${row.gid}`),
    resource_subtype: (row) => row.host,
    size: (row) => row.bytes?.byteLength ?? 0,
    view_url: (row, context) => (row.bytes === null ? row.url : downloadUrl(row.gid, context)),
  },
};

const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

const webhook: KindShape<"webhook"> = {
  compact: ["active", "resource", "target"],
  full: [
    "active",
    "resource",
    "target",
    "created_at",
    "delivery_retry_count",
    "failure_deletion_timestamp",
    "filters",
    "last_failure_at",
    "last_failure_content",
    "last_success_at",
    "next_attempt_after",
  ],
  fields: {
    active: (row) => row.active,
    resource: (row, { tables }) =>
      refer("task", tables.tasks, tables.tasks.has(row.resourceGid) ? row.resourceGid : null) ??
      refer("project", tables.projects, tables.projects.has(row.resourceGid) ? row.resourceGid : null) ??
      refer("workspace", tables.workspaces, row.resourceGid),
    target: (row) => row.target,
    created_at: (row) => row.createdAt,
    delivery_retry_count: (row) => row.retries,
    failure_deletion_timestamp: (row) => iso(row.failingSinceMs === null ? null : row.failingSinceMs + 86_400_000) ?? undefined,
    filters: (row) => row.filters,
    last_failure_at: (row) => row.lastFailureAt ?? undefined,
    last_failure_content: (row) => row.lastFailureContent,
    last_success_at: (row) => row.lastSuccessAt ?? undefined,
    next_attempt_after: (row) => iso(row.nextAttemptMs) ?? undefined,
  },
};

/** What each kind of record has, what of it comes unasked, and how it is read. */
export const kinds: { readonly [K in Kind]: KindShape<K> } = {
  workspace,
  user,
  team,
  project,
  section,
  task,
  tag,
  story,
  attachment,
  webhook,
};
