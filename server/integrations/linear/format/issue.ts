import type { ReferencePrinter } from "@/server/vfs/tool-mount";
import { invalidField, listOf, type ParsedField, type ParsedFile, parseFile, refuseUnknownKeys, textOf } from "../../front-matter";
import { printReference } from "../../references";
import type { Issue } from "../schema";
import { cycleTitle, issueTitle, json, type Priority, printFields, priorities, priorityOf, referenceOrNull } from "./words";

/** An issue as a file. Values that change by themselves (`updatedAt`, counts) are in `stat`, not here. */

export const writableKeys = ["title", "state", "priority", "assignee", "labels", "project", "cycle", "parent", "due_date"] as const;
export type WritableKey = (typeof writableKeys)[number];
export const readOnlyKeys = ["identifier", "team", "creator", "created_at", "archived_at", "id"] as const;
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
  readonly parent: string | null;
  readonly due_date: string | null;
  readonly identifier: string;
  readonly team: string;
  readonly creator: string | null;
  readonly created_at: string;
  readonly archived_at: string | null;
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
    parent: issue.parent ? await printReference(printer, "issue", issue.parent.id, issueTitle(issue.parent)) : null,
    due_date: issue.dueDate ?? null,
    identifier: issue.identifier,
    team: issue.team.key,
    creator: await referenceOrNull(printer, "user", issue.creator, issue.creator?.name ?? ""),
    created_at: issue.createdAt,
    archived_at: issue.archivedAt ?? null,
    id: issue.id,
    body: issue.description ?? "",
  };
}

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
  parent: (field) => readReference("parent", field),
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
    parent: issue.parent ?? null,
    due_date: issue.dueDate ?? null,
    team: issue.team,
    creator: issue.creator ?? null,
    created_at: issue.createdAt,
    archived_at: issue.archivedAt ?? null,
    url: issue.url,
  });
