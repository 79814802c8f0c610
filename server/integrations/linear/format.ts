import type { ReferencePrinter } from "@/server/vfs/tool-mount";
import {
  type FieldValue,
  invalidField,
  listOf,
  type ParsedField,
  type ParsedFile,
  parseFile,
  printFile,
  refuseUnknownKeys,
  textOf,
} from "../front-matter";
import { printReference } from "../references";
import type { Comment, Cycle, Issue, Organization, Project, Team, User } from "./schema";

/** Linear's records as files. Values that change by themselves (`updatedAt`, progress, counts) are in `stat`, not here. */

/** Linear's own words for 0 to 4. */
export const priorities = ["No priority", "Urgent", "High", "Medium", "Low"] as const;
export type Priority = (typeof priorities)[number];

export const writableKeys = ["title", "state", "priority", "assignee", "labels", "project", "cycle", "due_date"] as const;
export type WritableKey = (typeof writableKeys)[number];
export const readOnlyKeys = ["identifier", "team", "creator", "created_at", "id"] as const;
export type ReadOnlyKey = (typeof readOnlyKeys)[number];

/** An issue's file taken apart, or about to be printed. References are texts (`Ann Smith~k3v9qp2a`). */
export interface IssueFile {
  readonly title: string;
  readonly state: string;
  readonly priority: Priority;
  readonly assignee: string | null;
  readonly labels: readonly string[];
  readonly project: string | null;
  readonly cycle: string | null;
  readonly due_date: string | null;
  readonly identifier: string;
  readonly team: string;
  readonly creator: string | null;
  readonly created_at: string;
  readonly id: string;
  readonly body: string;
}

/** What a caller's file says: only the keys that are there. */
export interface ParsedIssue {
  readonly values: { readonly [K in WritableKey]?: IssueFile[K] };
  readonly readOnly: { readonly [K in ReadOnlyKey]?: string | null };
  readonly fields: ReadonlyMap<string, ParsedField>;
  readonly body: string | null;
}

/** `Cycle 12 Spring`: the number is the name where the cycle has none of its own. */
export function cycleTitle(cycle: { readonly number: number; readonly name?: string | null }): string {
  const plain = `Cycle ${cycle.number}`;
  return cycle.name === null || cycle.name === undefined || cycle.name === "" || cycle.name === plain ? plain : `${plain} ${cycle.name}`;
}

/** `ENG-12 Fix login`: the human part of an issue's name. */
export const issueTitle = (issue: { readonly identifier: string; readonly title: string }): string => `${issue.identifier} ${issue.title}`;

const priorityOf = (priority: number): Priority => priorities[priority] ?? "No priority";

async function referenceOrNull(
  printer: ReferencePrinter,
  kind: string,
  record: { id: string } | null | undefined,
  name: string,
): Promise<string | null> {
  return record === null || record === undefined ? null : await printReference(printer, kind, record.id, name);
}

/** The issue as its file has it. */
async function toIssueFile(issue: Issue, printer: ReferencePrinter): Promise<IssueFile> {
  return {
    title: issue.title,
    state: issue.state.name,
    priority: priorityOf(issue.priority),
    assignee: await referenceOrNull(printer, "user", issue.assignee, issue.assignee?.name ?? ""),
    labels: issue.labels.nodes.map((label) => label.name).sort(),
    project: await referenceOrNull(printer, "project", issue.project, issue.project?.name ?? ""),
    cycle: issue.cycle ? await printReference(printer, "cycle", issue.cycle.id, cycleTitle(issue.cycle)) : null,
    due_date: issue.dueDate ?? null,
    identifier: issue.identifier,
    team: issue.team.key,
    creator: await referenceOrNull(printer, "user", issue.creator, issue.creator?.name ?? ""),
    created_at: issue.createdAt,
    id: issue.id,
    body: issue.description ?? "",
  };
}

const quotedKeys: readonly string[] = [
  "due_date",
  "identifier",
  "created_at",
  "id",
  "starts_at",
  "ends_at",
  "completed_at",
  "start_date",
  "target_date",
];

const printFields = (values: Readonly<Record<string, FieldValue>>, body: string): string =>
  printFile(
    Object.entries(values).map(([name, value]) => ({ name, value, quoted: quotedKeys.includes(name) })),
    body,
  );

/** The file of an issue, keys in their fixed order; `parseIssueFile` is its inverse. */
export function printIssueFile(file: IssueFile): string {
  const keys = [...writableKeys, ...readOnlyKeys];
  return printFields(Object.fromEntries(keys.map((key) => [key, file[key]])), file.body);
}

/** The issue as its file says it: what etags are of. */
export const printIssue = async (issue: Issue, printer: ReferencePrinter): Promise<string> =>
  printIssueFile(await toIssueFile(issue, printer));

function readPriority(field: ParsedField): Priority {
  const text = textOf("priority", field);
  if (text === null) return "No priority";
  const word =
    priorities.find((one) => one.toLowerCase() === text.trim().toLowerCase()) ??
    (/^[0-4]$/.test(text.trim()) ? priorities[Number(text)] : undefined);
  if (word === undefined)
    throw invalidField("priority", field, `"${text}" is not a priority. Priorities: ${priorities.join(", ")}.`, [...priorities]);
  return word;
}

function readDate(key: string, field: ParsedField): string | null {
  const text = textOf(key, field)?.trim() ?? null;
  if (text === null || text === "") return null;
  const date = new Date(`${text}T00:00:00.000Z`);
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text) || Number.isNaN(date.getTime()) || !date.toISOString().startsWith(text)) {
    throw invalidField(key, field, `"${text}" is not a date such as "2026-03-31".`);
  }
  return text;
}

function readRequired(key: string, field: ParsedField): string {
  const text = textOf(key, field);
  if (text === null || text.trim() === "") throw invalidField(key, field, "an issue always has one; it cannot be cleared.");
  return text;
}

const readReference = (key: string, field: ParsedField): string | null => {
  const text = textOf(key, field);
  return text === null || text.trim() === "" ? null : text;
};

const readers: { readonly [K in WritableKey]: (field: ParsedField) => IssueFile[K] } = {
  title: (field) => readRequired("title", field),
  state: (field) => readRequired("state", field),
  priority: readPriority,
  assignee: (field) => readReference("assignee", field),
  labels: listOf,
  project: (field) => readReference("project", field),
  cycle: (field) => readReference("cycle", field),
  due_date: (field) => readDate("due_date", field),
};

/** Takes an issue's file apart; EINVAL names the key and the line of what is wrong. */
export function parseIssueFile(text: string): ParsedIssue {
  const file: ParsedFile = parseFile(text);
  refuseUnknownKeys(file, [...writableKeys, ...readOnlyKeys]);
  const read = <K extends string, V>(keys: readonly K[], reader: (key: K, field: ParsedField) => V): { [P in K]?: V } => {
    const values: { [P in K]?: V } = {};
    for (const key of keys) {
      const field = file.fields.get(key);
      if (field !== undefined) values[key] = reader(key, field);
    }
    return values;
  };
  return {
    values: read(writableKeys, (key, field) => readers[key](field)) as ParsedIssue["values"],
    readOnly: read(readOnlyKeys, (key, field) => textOf(key, field)),
    fields: file.fields,
    body: file.body,
  };
}

/** A cycle as Markdown, to be read only. */
export function printCycle(cycle: Cycle): string {
  return printFields(
    {
      name: cycle.name ?? null,
      number: cycle.number,
      team: cycle.team.key,
      starts_at: cycle.startsAt ?? null,
      ends_at: cycle.endsAt ?? null,
      completed_at: cycle.completedAt ?? null,
      created_at: cycle.createdAt,
      id: cycle.id,
    },
    cycle.description ?? "",
  );
}

/** A project as Markdown, to be read only. */
export async function printProject(project: Project, printer: ReferencePrinter): Promise<string> {
  return printFields(
    {
      name: project.name,
      status: project.status?.name ?? null,
      lead: await referenceOrNull(printer, "user", project.lead, project.lead?.name ?? ""),
      start_date: project.startDate ?? null,
      target_date: project.targetDate ?? null,
      summary: project.description ?? null,
      created_at: project.createdAt,
      id: project.id,
    },
    project.content ?? "",
  );
}

const authorOf = (comment: Comment): string =>
  comment.user?.name ?? comment.botActor?.name ?? comment.externalUser?.name ?? "Someone who is no longer in Linear";

/** Quoted, so that a comment's own headings are never taken for another comment. */
const quote = (body: string): string =>
  body
    .split(/\r\n|\r|\n/)
    .map((line) => (line === "" ? ">" : `> ${line}`))
    .join("\n");

function printComment(comment: Comment, isReply: boolean): string {
  const notes = [
    comment.editedAt ? `edited ${comment.editedAt}` : null,
    comment.resolvedAt ? `resolved ${comment.resolvedAt}` : null,
  ].filter((note) => note !== null);
  const heading = `${isReply ? "### Reply by " : "## "}${authorOf(comment)}, ${comment.createdAt}${notes.length === 0 ? "" : ` (${notes.join(", ")})`}`;
  return `${heading.replaceAll(/\s+/g, " ")}\n\n${quote(comment.body)}\n`;
}

/** Comments in the order they were written, each reply under its thread. */
export function printComments(comments: readonly Comment[]): string {
  const oldestFirst = [...comments].sort((a, b) => a.createdAt.localeCompare(b.createdAt) || a.id.localeCompare(b.id));
  const byId = new Map(oldestFirst.map((comment) => [comment.id, comment]));
  /** The thread's first comment; at most as many steps as there are comments, whatever the parents say. */
  const rootOf = (comment: Comment): Comment => {
    let root = comment;
    for (let step = 0; step < oldestFirst.length; step += 1) {
      const parent = byId.get(root.parentId ?? "");
      if (parent === undefined) break;
      root = parent;
    }
    return root;
  };
  const threads = new Map<Comment, Comment[]>();
  for (const comment of oldestFirst) {
    const root = rootOf(comment);
    threads.set(root, [...(threads.get(root) ?? []), comment]);
  }
  return [...threads]
    .flatMap(([root, thread]) => {
      // Comments that are each other's parents have no root among them; the oldest stands for it.
      const top = thread.includes(root) ? root : thread[0];
      return thread
        .flatMap((one) => (one === top ? [] : [printComment(one, true)]))
        .toSpliced(0, 0, ...(top ? [printComment(top, false)] : []));
    })
    .join("\n");
}

/** The issue and its comments in one text, to be read. */
export async function printThread(issue: Issue, comments: readonly Comment[], printer: ReferencePrinter): Promise<string> {
  const printed = await printIssue(issue, printer);
  return `${printed}\n# Comments\n\n${comments.length === 0 ? "None yet.\n" : printComments(comments)}`;
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** `organization.json`. */
export const printOrganization = (organization: Organization): string =>
  json({ id: organization.id, name: organization.name, url_key: organization.urlKey });

/** `team.json`, with the states in workflow order. */
export const printTeam = (team: Team): string =>
  json({
    id: team.id,
    key: team.key,
    name: team.name,
    description: team.description ?? null,
    visibility: team.visibility ?? null,
    time_zone: team.timezone ?? null,
    cycles_enabled: team.cyclesEnabled ?? null,
    states: [...team.states.nodes]
      .sort((a, b) => (a.position ?? 0) - (b.position ?? 0) || a.name.localeCompare(b.name))
      .map((state) => ({ id: state.id, name: state.name, type: state.type })),
    created_at: team.createdAt,
  });

/** A person as JSON. */
export const printUser = (user: User): string =>
  json({
    id: user.id,
    name: user.name,
    display_name: user.displayName ?? null,
    email: user.email ?? null,
    active: user.active,
    admin: user.admin ?? null,
    guest: user.guest ?? null,
    app: user.app ?? null,
    time_zone: user.timezone ?? null,
    created_at: user.createdAt,
  });

/** Records as normalised JSON: snake_case, with ids, without what changes by itself. */
export const printIssueJson = (issue: Issue): string =>
  json({
    id: issue.id,
    identifier: issue.identifier,
    title: issue.title,
    description: issue.description ?? null,
    state: issue.state,
    priority: { value: issue.priority, name: priorityOf(issue.priority) },
    assignee: issue.assignee ?? null,
    labels: issue.labels.nodes,
    project: issue.project ?? null,
    cycle: issue.cycle ?? null,
    due_date: issue.dueDate ?? null,
    team: issue.team,
    creator: issue.creator ?? null,
    created_at: issue.createdAt,
    url: issue.url,
  });

export const printCycleJson = (cycle: Cycle): string =>
  json({
    id: cycle.id,
    number: cycle.number,
    name: cycle.name ?? null,
    description: cycle.description ?? null,
    starts_at: cycle.startsAt ?? null,
    ends_at: cycle.endsAt ?? null,
    completed_at: cycle.completedAt ?? null,
    team: cycle.team,
    created_at: cycle.createdAt,
  });

export const printProjectJson = (project: Project): string =>
  json({
    id: project.id,
    name: project.name,
    summary: project.description ?? null,
    content: project.content ?? null,
    status: project.status ?? null,
    lead: project.lead ?? null,
    start_date: project.startDate ?? null,
    target_date: project.targetDate ?? null,
    created_at: project.createdAt,
    url: project.url ?? null,
  });

export const printCommentsJson = (comments: readonly Comment[]): string =>
  json(
    [...comments]
      .sort((a, b) => a.createdAt.localeCompare(b.createdAt) || a.id.localeCompare(b.id))
      .map((comment) => ({
        id: comment.id,
        parent_id: comment.parentId ?? null,
        author: { id: comment.user?.id ?? null, name: authorOf(comment) },
        body: comment.body,
        created_at: comment.createdAt,
        edited_at: comment.editedAt ?? null,
        resolved_at: comment.resolvedAt ?? null,
        url: comment.url ?? null,
      })),
  );
