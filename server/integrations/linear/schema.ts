import { z } from "zod";

/** What the hub reads of Linear's answers, after Linear's SDL; unknown fields are dropped. */

const entities: Readonly<Record<string, string>> = { "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'", "&#x27;": "'" };

/** Names of people, states, labels, teams and projects may come HTML-escaped; titles and bodies do not. */
const name = z.string().transform((text) => text.replace(/&(?:amp|lt|gt|quot|#39|#x27);/g, (entity) => entities[entity] ?? entity));

const time = z.string().min(1);
const named = z.object({ id: z.string(), name });

const page = <T extends z.ZodType>(node: T) =>
  z.object({
    nodes: z.array(node),
    pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullish() }),
  });

export const organization = z.object({ id: z.string(), name, urlKey: z.string() });
export type Organization = z.infer<typeof organization>;

export const viewer = z.object({
  id: z.string(),
  name,
  displayName: name.nullish(),
  email: z.string().nullish(),
  timezone: z.string().nullish(),
});
export type Viewer = z.infer<typeof viewer>;

/** `type`: triage, backlog, unstarted, started, completed, canceled, duplicate; an open set. */
export const workflowState = z.object({ id: z.string(), name, type: z.string(), position: z.number().nullish() });
export type WorkflowState = z.infer<typeof workflowState>;

const teamRow = z.object({ id: z.string(), key: z.string(), name, createdAt: time, updatedAt: time });
export type TeamRow = z.infer<typeof teamRow>;

export const team = teamRow.extend({
  description: z.string().nullish(),
  visibility: z.string().nullish(),
  cyclesEnabled: z.boolean().nullish(),
  timezone: z.string().nullish(),
  states: page(workflowState),
});
export type Team = z.infer<typeof team>;

export const user = z.object({
  id: z.string(),
  name,
  displayName: name.nullish(),
  email: z.string().nullish(),
  active: z.boolean(),
  admin: z.boolean().nullish(),
  guest: z.boolean().nullish(),
  app: z.boolean().nullish(),
  url: z.string().nullish(),
  timezone: z.string().nullish(),
  createdAt: time,
  updatedAt: time,
});
export type User = z.infer<typeof user>;

export const label = z.object({
  id: z.string(),
  name,
  isGroup: z.boolean().nullish(),
  /** The group it belongs to; an issue has at most one label of a group. */
  parent: named.nullish(),
  team: z.object({ id: z.string() }).nullish(),
});
export type Label = z.infer<typeof label>;

const issueRow = z.object({
  id: z.string(),
  identifier: z.string(),
  title: z.string(),
  url: z.string(),
  createdAt: time,
  updatedAt: time,
  archivedAt: time.nullish(),
});
export type IssueRow = z.infer<typeof issueRow>;

/** A link from an issue to something outside Linear (a pull request, a page). */
export const attachment = z.object({
  id: z.string(),
  title: z.string(),
  subtitle: z.string().nullish(),
  url: z.string(),
  sourceType: z.string().nullish(),
  createdAt: time,
  updatedAt: time,
  creator: named.nullish(),
});
export type Attachment = z.infer<typeof attachment>;

const cycleReference = z.object({ id: z.string(), number: z.number(), name: name.nullish() });

export const issue = issueRow.extend({
  description: z.string().nullish(),
  /** 0 none, 1 urgent, 2 high, 3 medium, 4 low. */
  priority: z.number(),
  dueDate: z.string().nullish(),
  team: z.object({ id: z.string(), key: z.string() }),
  state: z.object({ id: z.string(), name, type: z.string() }),
  assignee: named.nullish(),
  creator: named.nullish(),
  project: named.nullish(),
  cycle: cycleReference.nullish(),
  parent: z.object({ id: z.string(), identifier: z.string(), title: z.string() }).nullish(),
  labels: page(named),
});
export type Issue = z.infer<typeof issue>;

const cycleRow = z.object({
  id: z.string(),
  number: z.number(),
  name: name.nullish(),
  createdAt: time,
  updatedAt: time,
});
export type CycleRow = z.infer<typeof cycleRow>;

export const cycle = cycleRow.extend({
  description: z.string().nullish(),
  startsAt: time.nullish(),
  endsAt: time.nullish(),
  completedAt: time.nullish(),
  team: z.object({ id: z.string(), key: z.string() }),
});
export type Cycle = z.infer<typeof cycle>;

const projectRow = z.object({
  id: z.string(),
  name,
  url: z.string().nullish(),
  createdAt: time,
  updatedAt: time,
  archivedAt: time.nullish(),
});
export type ProjectRow = z.infer<typeof projectRow>;

export const project = projectRow.extend({
  slugId: z.string().nullish(),
  description: z.string().nullish(),
  content: z.string().nullish(),
  status: z.object({ id: z.string(), name, type: z.string() }).nullish(),
  startDate: z.string().nullish(),
  targetDate: z.string().nullish(),
  lead: named.nullish(),
  health: z.string().nullish(),
  /** As of issues: 0 none, 1 urgent, 2 high, 3 medium, 4 low. */
  priority: z.number().nullish(),
  teams: page(z.object({ id: z.string(), key: z.string() })),
  members: page(named),
});
export type Project = z.infer<typeof project>;

export const comment = z.object({
  id: z.string(),
  body: z.string(),
  createdAt: time,
  updatedAt: time,
  editedAt: time.nullish(),
  resolvedAt: time.nullish(),
  url: z.string().nullish(),
  parentId: z.string().nullish(),
  user: named.nullish(),
  botActor: z.object({ name: name.nullish() }).nullish(),
  externalUser: z.object({ name: name.nullish() }).nullish(),
});
export type Comment = z.infer<typeof comment>;

/** The answers of the operations, by the alias each document uses. */
export const answers = {
  identity: z.object({ viewer, organization }),
  organization: z.object({ organization }),
  teams: z.object({ teams: page(teamRow) }),
  team: z.object({ team }),
  issues: z.object({ team: z.object({ issues: page(issueRow) }) }),
  archivedIssues: z.object({ team: z.object({ issues: page(issueRow) }) }),
  issue: z.object({ issue }),
  comments: z.object({ issue: z.object({ comments: page(comment) }) }),
  comment: z.object({ comment }),
  attachments: z.object({ issue: z.object({ attachments: page(attachment) }) }),
  attachment: z.object({ attachment: attachment.extend({ issue: z.object({ id: z.string() }) }) }),
  cycles: z.object({ team: z.object({ cycles: page(cycleRow) }) }),
  cycle: z.object({ cycle }),
  projects: z.object({ projects: page(projectRow) }),
  project: z.object({ project }),
  users: z.object({ users: page(user) }),
  user: z.object({ user }),
  labels: z.object({ issueLabels: page(label) }),
  issueCreate: z.object({ issueCreate: z.object({ success: z.boolean(), issue: issue.nullish() }) }),
  issueUpdate: z.object({ issueUpdate: z.object({ success: z.boolean(), issue: issue.nullish() }) }),
  issueArchive: z.object({ issueArchive: z.object({ success: z.boolean() }) }),
  issueUnarchive: z.object({ issueUnarchive: z.object({ success: z.boolean() }) }),
  commentCreate: z.object({ commentCreate: z.object({ success: z.boolean(), comment: comment.nullish() }) }),
};

const graphqlError = z.object({
  message: z.string().default(""),
  extensions: z
    .object({
      type: z.string().optional().catch(undefined),
      code: z.string().optional().catch(undefined),
      statusCode: z.number().optional().catch(undefined),
      userPresentableMessage: z.string().optional().catch(undefined),
    })
    .catch({})
    .default({}),
});
export type GraphqlError = z.infer<typeof graphqlError>;

export const graphqlAnswer = z.object({ data: z.unknown().optional(), errors: z.array(graphqlError).nullish() });

/** RFC 6749 §5.2, though Linear also answers `{"error":"Error"}`. */
export const oauthFailure = z.object({ error: z.string() });

/** RFC 6749 §5.1; `scope` is space-separated, and an array for apps made before 2023-12-01. */
export const tokenAnswer = z.object({
  access_token: z.string().min(1),
  token_type: z.string().optional(),
  expires_in: z.number().nonnegative().nullish(),
  refresh_token: z.string().min(1).nullish(),
  scope: z.union([z.string(), z.array(z.string())]).nullish(),
});
