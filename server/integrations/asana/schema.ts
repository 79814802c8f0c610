import { z } from "zod";

/** What the hub reads of Asana's answers, after Asana's OpenAPI description; unknown fields are dropped. */

const gid = z.string().min(1);
const time = z.string().min(1);
/** Objects that the token may not see come without a name. */
const text = z
  .string()
  .nullish()
  .transform((value) => value ?? "");
const named = z.object({ gid, name: text });
const reference = z.object({ gid });
export type Named = z.output<typeof named>;

export const workspace = named.extend({
  is_organization: z.boolean().nullish(),
  email_domains: z.array(z.string()).nullish(),
});
export type Workspace = z.output<typeof workspace>;

export const user = named.extend({ email: z.string().nullish() });
export type User = z.output<typeof user>;

export const viewer = user.extend({ workspaces: z.array(named).nullish() });
export type Viewer = z.output<typeof viewer>;

export const projectRow = named.extend({
  created_at: time,
  modified_at: time,
  permalink_url: z.string().nullish(),
  workspace: reference,
});
export type ProjectRow = z.output<typeof projectRow>;

export const project = projectRow.extend({
  archived: z.boolean().nullish(),
  completed: z.boolean().nullish(),
  html_notes: text,
  owner: named.nullish(),
  team: named.nullish(),
  start_on: z.string().nullish(),
  due_on: z.string().nullish(),
});
export type Project = z.output<typeof project>;

export const section = named.extend({ project: reference.nullish() });
export type Section = z.output<typeof section>;

const placed = z.object({ project: reference.nullish(), section: reference.nullish() });

export const taskRow = named.extend({
  created_at: time,
  modified_at: time,
  permalink_url: z.string().nullish(),
  workspace: reference,
  parent: reference.nullish(),
  memberships: z.array(placed).nullish(),
});
export type TaskRow = z.output<typeof taskRow>;

const membership = z.object({ project: named.nullish(), section: named.nullish() });

export const task = taskRow.extend({
  /** default_task, milestone, approval, custom; an open set. */
  resource_subtype: z.string(),
  completed: z.boolean(),
  html_notes: text,
  due_on: z.string().nullish(),
  due_at: z.string().nullish(),
  assignee: named.nullish(),
  parent: named.nullish(),
  memberships: z.array(membership).nullish(),
  tags: z.array(named).nullish(),
  custom_fields: z.array(z.object({ name: text, display_value: z.string().nullish() })).nullish(),
});
export type Task = z.output<typeof task>;

export const story = z.object({
  gid,
  /** `comment` or `system`. */
  type: z.string(),
  created_at: time,
  created_by: named.nullish(),
  text,
  html_text: text,
  is_edited: z.boolean().nullish(),
});
export type Story = z.output<typeof story>;

export const attachmentRow = named.extend({
  created_at: time,
  /** `asana`, or where a linked file is (`external`, `gdrive`, …). */
  host: z.string().nullish(),
  size: z.number().nullish(),
  permanent_url: z.string().nullish(),
  view_url: z.string().nullish(),
  parent: reference.nullish(),
});
export type AttachmentRow = z.output<typeof attachmentRow>;

/** `download_url` lives for about two minutes, so it is read just before it is used and never kept. */
export const attachment = attachmentRow.extend({ download_url: z.string().nullish() });
export type Attachment = z.output<typeof attachment>;

export const created = reference;

/** The envelope of every answer. `next_page` is there only where `limit` was sent. */
export const envelope = z.object({ data: z.unknown(), next_page: z.object({ offset: z.string() }).nullish() });

export const failure = z.object({
  errors: z.array(z.object({ message: z.string().catch(""), phrase: z.string().optional().catch(undefined) })).min(1),
});

/** RFC 6749 §5.2. */
export const oauthFailure = z.object({ error: z.string() });

/** RFC 6749 §5.1; Asana puts the person into `data`, and leaves `scope` out (https://developers.asana.com/docs/oauth). */
export const tokenAnswer = z.object({
  access_token: z.string().min(1),
  expires_in: z.number().nonnegative().nullish(),
  refresh_token: z.string().min(1).nullish(),
  scope: z.string().nullish(),
});

/** The answer of `/-/token_info` (RFC 7662 §2.2). */
export const tokenInfo = z.object({ active: z.boolean() });
