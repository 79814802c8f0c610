import type { ReferencePrinter } from "@/server/vfs/tool-mount";
import { type FieldValue, printFile } from "../../front-matter";
import { printReference } from "../../references";

/** Words and front matter that Linear's files share. */

/** Linear's own words for 0 to 4. */
export const priorities = ["No priority", "Urgent", "High", "Medium", "Low"] as const;
export type Priority = (typeof priorities)[number];

/** `Cycle 12 Spring`: the number is the name where the cycle has none of its own. */
export function cycleTitle(cycle: { readonly number: number; readonly name?: string | null }): string {
  const plain = `Cycle ${cycle.number}`;
  return cycle.name === null || cycle.name === undefined || cycle.name === "" || cycle.name === plain ? plain : `${plain} ${cycle.name}`;
}

/** `ENG-12 Fix login`: the human part of an issue's name. */
export const issueTitle = (issue: { readonly identifier: string; readonly title: string }): string => `${issue.identifier} ${issue.title}`;

export const priorityOf = (priority: number): Priority => priorities[priority] ?? "No priority";

export async function referenceOrNull(
  printer: ReferencePrinter,
  kind: string,
  record: { id: string } | null | undefined,
  name: string,
): Promise<string | null> {
  return record === null || record === undefined ? null : await printReference(printer, kind, record.id, name);
}

const quotedKeys: readonly string[] = [
  "due_date",
  "identifier",
  "created_at",
  "archived_at",
  "id",
  "starts_at",
  "ends_at",
  "completed_at",
  "start_date",
  "target_date",
];

/** Front matter in the order of its keys, ids and times quoted, and a body. */
export const printFields = (values: Readonly<Record<string, FieldValue>>, body: string): string =>
  printFile(
    Object.entries(values).map(([name, value]) => ({ name, value, quoted: quotedKeys.includes(name) })),
    body,
  );

/** Normalised JSON, as a file. */
export const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
