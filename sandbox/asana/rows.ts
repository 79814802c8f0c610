/** What the simulated Asana keeps; times are ISO 8601 in UTC, ids are gids. */

export interface WorkspaceRow {
  readonly gid: string;
  name: string;
  readonly urlKey: string;
  readonly isOrganization: boolean;
  readonly emailDomains: readonly string[];
  memberGids: string[];
}

export interface UserRow {
  readonly gid: string;
  readonly name: string;
  readonly email: string;
  readonly admin: boolean;
  /** Left: an account that nobody signs in to. */
  readonly active: boolean;
}

export interface TeamRow {
  readonly gid: string;
  readonly workspaceGid: string;
  readonly name: string;
  readonly description: string;
  readonly memberGids: readonly string[];
}

export interface ProjectRow {
  readonly gid: string;
  readonly workspaceGid: string;
  readonly teamGid: string;
  name: string;
  htmlNotes: string;
  readonly createdAt: string;
  modifiedAt: string;
  archived: boolean;
  completedAt: string | null;
  ownerGid: string | null;
  startOn: string | null;
  dueOn: string | null;
  color: string | null;
  memberGids: readonly string[];
  /** In their order. */
  sectionGids: string[];
}

export interface SectionRow {
  readonly gid: string;
  readonly projectGid: string;
  name: string;
  readonly createdAt: string;
  /** In their order. */
  taskGids: string[];
}

export interface TaskRow {
  readonly gid: string;
  readonly workspaceGid: string;
  readonly createdByGid: string;
  readonly createdAt: string;
  modifiedAt: string;
  name: string;
  htmlNotes: string;
  resourceSubtype: "default_task" | "milestone";
  completedAt: string | null;
  completedByGid: string | null;
  assigneeGid: string | null;
  dueOn: string | null;
  dueAt: string | null;
  startOn: string | null;
  parentGid: string | null;
  /** Sections, and by them projects; the order in which it was added. */
  sectionGids: string[];
  tagGids: string[];
  followerGids: string[];
  /** In their order. */
  subtaskGids: string[];
  /** Oldest first. */
  storyGids: string[];
  attachmentGids: string[];
  /** By app: what each keeps with the task. */
  external: Record<string, { readonly gid: string; readonly data: string }>;
  /** In the trash since; null outside of it. */
  deletedAt: string | null;
}

export interface TagRow {
  readonly gid: string;
  readonly workspaceGid: string;
  readonly name: string;
  readonly color: string | null;
  readonly createdAt: string;
}

export interface StoryRow {
  readonly gid: string;
  readonly taskGid: string;
  readonly createdAt: string;
  readonly createdByGid: string;
  readonly type: "comment" | "system";
  readonly resourceSubtype: string;
  htmlText: string;
  isEdited: boolean;
  isPinned: boolean;
}

export interface AttachmentRow {
  readonly gid: string;
  readonly parentGid: string;
  readonly createdAt: string;
  readonly name: string;
  readonly host: "asana" | "external";
  readonly mediaType: string;
  /** Of those that Asana keeps itself. */
  readonly bytes: Uint8Array | null;
  /** Of those that are elsewhere. */
  readonly url: string | null;
}

export interface WebhookFilter {
  readonly resource_type?: string | undefined;
  readonly resource_subtype?: string | undefined;
  readonly action?: string | undefined;
  readonly fields?: readonly string[] | undefined;
}

export interface WebhookRow {
  readonly gid: string;
  readonly resourceGid: string;
  readonly target: string;
  readonly secret: string;
  readonly createdAt: string;
  readonly ownerGid: string;
  readonly clientId: string;
  filters: readonly WebhookFilter[];
  active: boolean;
  /** The last event that was delivered. */
  deliveredUpTo: number;
  heartbeatAtMs: number;
  lastSuccessAt: string | null;
  lastFailureAt: string | null;
  lastFailureContent: string;
  retries: number;
  /** Epoch milliseconds; null while nothing failed. */
  nextAttemptMs: number | null;
  failingSinceMs: number | null;
}

export interface EventRow {
  readonly sequence: number;
  readonly createdAt: string;
  readonly userGid: string | null;
  readonly action: "added" | "removed" | "changed" | "deleted" | "undeleted";
  readonly resource: ResourceName;
  readonly parent: ResourceName | null;
  readonly change: { readonly field: string; readonly action: "added" | "removed" | "changed"; readonly value: ResourceName | null } | null;
  /** Whose streams it is in: the resource, its task, its projects. */
  readonly streams: readonly string[];
}

export interface ResourceName {
  readonly gid: string;
  readonly resource_type: string;
  readonly resource_subtype?: string;
  readonly name?: string;
}
