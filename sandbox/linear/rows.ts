/** What the sandbox keeps of a Linear workspace. Times are ISO 8601 in UTC with milliseconds, so that they sort as text. */

export interface Row {
  readonly id: string;
  readonly createdAt: string;
  updatedAt: string;
  archivedAt: string | null;
}

export interface OrganizationRow extends Row {
  readonly name: string;
  readonly urlKey: string;
}

export interface UserRow extends Row {
  readonly name: string;
  readonly displayName: string;
  readonly email: string;
  readonly active: boolean;
  readonly admin: boolean;
  readonly guest: boolean;
  readonly app: boolean;
  readonly title: string | null;
  readonly timezone: string | null;
  readonly avatarBackgroundColor: string;
}

export interface TeamRow extends Row {
  readonly key: string;
  readonly name: string;
  readonly description: string | null;
  readonly color: string;
  readonly cyclesEnabled: boolean;
  readonly triageEnabled: boolean;
  readonly timezone: string;
  readonly memberIds: readonly string[];
  /** The number that the next issue gets; numbers are not used twice, also not after a deletion. */
  nextNumber: number;
}

export interface StateRow extends Row {
  readonly teamId: string;
  readonly name: string;
  readonly type: string;
  readonly color: string;
  readonly position: number;
  readonly description: string | null;
}

export interface LabelRow extends Row {
  readonly name: string;
  readonly color: string;
  readonly isGroup: boolean;
  readonly parentId: string | null;
  /** Null: a label of the whole workspace. */
  readonly teamId: string | null;
  readonly creatorId: string | null;
}

export interface ProjectStatusRow extends Row {
  readonly name: string;
  readonly type: string;
  readonly color: string;
  readonly position: number;
}

export interface ProjectRow extends Row {
  readonly name: string;
  readonly slugId: string;
  readonly description: string;
  readonly content: string | null;
  readonly color: string;
  readonly icon: string | null;
  readonly statusId: string;
  readonly health: "onTrack" | "atRisk" | "offTrack" | null;
  readonly priority: number;
  readonly startDate: string | null;
  readonly targetDate: string | null;
  readonly startedAt: string | null;
  readonly completedAt: string | null;
  readonly canceledAt: string | null;
  readonly leadId: string | null;
  readonly creatorId: string | null;
  readonly teamIds: readonly string[];
  readonly memberIds: readonly string[];
  readonly trashed: boolean | null;
}

export interface CycleRow extends Row {
  readonly teamId: string;
  readonly number: number;
  readonly name: string | null;
  readonly description: string | null;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly completedAt: string | null;
}

export interface IssueRow extends Row {
  number: number;
  identifier: string;
  previousIdentifiers: readonly string[];
  title: string;
  description: string | null;
  priority: number;
  estimate: number | null;
  dueDate: string | null;
  teamId: string;
  stateId: string;
  readonly creatorId: string | null;
  assigneeId: string | null;
  projectId: string | null;
  cycleId: string | null;
  parentId: string | null;
  labelIds: readonly string[];
  startedAt: string | null;
  completedAt: string | null;
  canceledAt: string | null;
  /** True in the trash, null otherwise, as the vendor answers. */
  trashed: boolean | null;
  readonly sortOrder: number;
}

export interface CommentRow extends Row {
  body: string;
  readonly issueId: string;
  readonly parentId: string | null;
  /** Null when an integration wrote it. */
  readonly userId: string | null;
  readonly botName: string | null;
  editedAt: string | null;
  resolvedAt: string | null;
  quotedText: string | null;
}

/** A link of an issue to something outside; one issue has each url once. */
export interface AttachmentRow extends Row {
  readonly issueId: string;
  title: string;
  subtitle: string | null;
  readonly url: string;
  readonly sourceType: string | null;
  readonly creatorId: string | null;
  readonly groupBySource: boolean;
  metadata: Readonly<Record<string, unknown>>;
}

export interface WebhookRow extends Row {
  url: string;
  label: string | null;
  enabled: boolean;
  resourceTypes: readonly string[];
  /** Null: of all public teams. */
  readonly teamId: string | null;
  secret: string;
  readonly creatorId: string;
  /** Deliveries that were given up, the newest last. */
  failures: readonly WebhookFailure[];
}

export interface WebhookFailure {
  readonly id: string;
  readonly createdAt: string;
  readonly executionId: string;
  /** Null where no answer came. */
  readonly httpStatus: number | null;
  readonly url: string;
}

/** One workspace, the rows by id in each table. */
export interface Workspace {
  readonly organization: OrganizationRow;
  readonly users: Map<string, UserRow>;
  readonly teams: Map<string, TeamRow>;
  readonly states: Map<string, StateRow>;
  readonly labels: Map<string, LabelRow>;
  readonly projectStatuses: Map<string, ProjectStatusRow>;
  readonly projects: Map<string, ProjectRow>;
  readonly cycles: Map<string, CycleRow>;
  readonly issues: Map<string, IssueRow>;
  readonly comments: Map<string, CommentRow>;
  readonly attachments: Map<string, AttachmentRow>;
  readonly webhooks: Map<string, WebhookRow>;
  lastSyncId: number;
}
