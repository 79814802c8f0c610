import type { ReferencePrinter } from "@/server/vfs/tool-mount";
import {
  invalidField,
  listOf,
  type ParsedField,
  type ParsedFile,
  parseFile,
  printFile,
  refuseUnknownKeys,
  textOf,
} from "../../front-matter";
import { printReference } from "../../references";
import { toMarkdown } from "../rich-text/to-markdown";
import type { Named, Task } from "../schema";

/** A task as its file. What changes by itself (`modified_at`, counts) is in `stat`, not here. */

export const writableKeys = ["name", "completed", "assignee", "due_on", "projects", "section", "parent"] as const;
export type WritableKey = (typeof writableKeys)[number];
export const readOnlyKeys = ["due_at", "type", "tags", "custom_fields", "created_at", "id"] as const;
export type ReadOnlyKey = (typeof readOnlyKeys)[number];

/** A task's file taken apart, or about to be printed. References are texts (`Ann Smith~k3v9qp2a`). */
export interface TaskFile {
  readonly name: string;
  readonly completed: boolean;
  readonly assignee: string | null;
  readonly due_on: string | null;
  readonly projects: readonly string[];
  /** The section in each of its projects, in their order; a project's own top has none. */
  readonly section: readonly string[];
  readonly parent: string | null;
  readonly due_at: string | null;
  readonly type: string;
  readonly tags: readonly string[];
  readonly custom_fields: readonly string[];
  readonly created_at: string;
  readonly id: string;
  readonly body: string;
}

/** What a caller's file says: only the keys that are there. */
export interface ParsedTask {
  readonly values: { readonly [K in WritableKey]?: TaskFile[K] };
  readonly readOnly: { readonly [K in ReadOnlyKey]?: readonly string[] };
  readonly fields: ReadonlyMap<string, ParsedField>;
  readonly body: string | null;
}

/** The human part of a task's name: Asana lets it be empty. */
export const taskTitle = (task: { readonly name: string }): string => (task.name.trim() === "" ? "Untitled task" : task.name);

export async function referenceTo(printer: ReferencePrinter, kind: string, record: Named | null | undefined): Promise<string | null> {
  return record === null || record === undefined ? null : await printReference(printer, kind, record.gid, record.name);
}

/** References to records of one kind, in their order. */
export async function referencesTo(printer: ReferencePrinter, kind: string, records: readonly Named[]): Promise<readonly string[]> {
  const references: string[] = [];
  for (const record of records) references.push(await printReference(printer, kind, record.gid, record.name));
  return references;
}

/** The projects and sections that a task stands in, in Asana's order. */
export function placesOf(task: Task): { readonly projects: readonly Named[]; readonly sections: readonly Named[] } {
  const memberships = task.memberships ?? [];
  return {
    projects: memberships.flatMap(({ project }) => (project === null || project === undefined ? [] : [project])),
    sections: memberships.flatMap(({ section }) => (section === null || section === undefined ? [] : [section])),
  };
}

/** The task as its file has it. */
export async function toTaskFile(task: Task, printer: ReferencePrinter): Promise<TaskFile> {
  const { projects, sections } = placesOf(task);
  return {
    name: task.name,
    completed: task.completed,
    assignee: await referenceTo(printer, "user", task.assignee),
    due_on: task.due_on ?? null,
    projects: await referencesTo(printer, "project", projects),
    section: await referencesTo(printer, "section", sections),
    parent: await referenceTo(printer, "task", task.parent),
    due_at: task.due_at ?? null,
    type: task.resource_subtype,
    tags: (task.tags ?? []).map((tag) => tag.name).toSorted(),
    custom_fields: (task.custom_fields ?? []).flatMap((field) =>
      field.display_value === null || field.display_value === undefined ? [] : [`${field.name}: ${field.display_value}`],
    ),
    created_at: task.created_at,
    id: task.gid,
    body: toMarkdown(task.html_notes),
  };
}

const quotedKeys: readonly string[] = ["due_on", "due_at", "created_at", "id"];

/** One section reads as one text: most tasks are in one project. */
const shown = (file: TaskFile, key: WritableKey | ReadOnlyKey) =>
  key === "section" && file.section.length < 2 ? (file.section[0] ?? null) : file[key];

/** The file of a task, keys in their fixed order; `parseTaskFile` is its inverse. */
export function printTaskFile(file: TaskFile): string {
  const keys = [...writableKeys, ...readOnlyKeys];
  return printFile(
    keys.map((name) => ({ name, value: shown(file, name), quoted: quotedKeys.includes(name) })),
    file.body,
  );
}

/** The task as its file says it: what etags are of. */
export const printTask = async (task: Task, printer: ReferencePrinter): Promise<string> => printTaskFile(await toTaskFile(task, printer));

function readDate(key: string, field: ParsedField): string | null {
  const text = textOf(key, field)?.trim() ?? null;
  if (text === null || text === "") return null;
  const date = new Date(`${text}T00:00:00.000Z`);
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text) || Number.isNaN(date.getTime()) || !date.toISOString().startsWith(text)) {
    throw invalidField(key, field, `"${text}" is not a date such as "2026-03-31".`);
  }
  return text;
}

function readCompleted(field: ParsedField): boolean {
  if (typeof field.value === "boolean") return field.value;
  throw invalidField("completed", field, "true or false is expected.", ["true", "false"]);
}

const readReference = (key: string, field: ParsedField): string | null => {
  const text = textOf(key, field);
  return text === null || text.trim() === "" ? null : text;
};

const readers: { readonly [K in WritableKey]: (field: ParsedField) => TaskFile[K] } = {
  name: (field) => textOf("name", field) ?? "",
  completed: readCompleted,
  assignee: (field) => readReference("assignee", field),
  due_on: (field) => readDate("due_on", field),
  projects: listOf,
  section: listOf,
  parent: (field) => readReference("parent", field),
};

/** Takes a task's file apart; EINVAL names the key and the line of what is wrong. */
export function parseTaskFile(text: string): ParsedTask {
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
    values: read(writableKeys, (key, field) => readers[key](field)) as ParsedTask["values"],
    readOnly: read(readOnlyKeys, (_key, field) => listOf(field)),
    fields: file.fields,
    body: file.body,
  };
}
