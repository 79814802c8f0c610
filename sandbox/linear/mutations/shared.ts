import { randomUUID } from "node:crypto";
import type { RequestContext } from "../context";
import { idConflict, invalidArgument, notFound } from "../failures";
import type { IssueRow, Workspace } from "../rows";
import { findIssue, isUuid } from "../store";

/** What the mutations share. */

export interface WriteArguments<I> {
  readonly id: string;
  readonly ids: readonly string[];
  readonly input: I;
  readonly trash?: boolean | null;
  readonly permanentlyDelete?: boolean | null;
}

/** Markdown as the vendor gives it back: its text is kept as ProseMirror, so line ends and blank lines come out its own way. */
export function normalizeMarkdown(text: string): string {
  return text
    .replace(/\r\n?/g, "\n")
    .split(/(^```[\s\S]*?^```[^\n]*$)/m)
    .map((part) => (part.startsWith("```") ? part : part.replace(/[ \t]+$/gm, "").replace(/\n{3,}/g, "\n\n")))
    .join("")
    .trim();
}

export function newId(id: string | null | undefined, entity: string, taken: (id: string) => boolean): string {
  if (id === null || id === undefined) return randomUUID();
  if (!isUuid(id)) throw invalidArgument("id", "isUuid", "id must be a UUID");
  const lower = id.toLowerCase();
  if (taken(lower)) throw idConflict(entity, lower);
  return lower;
}

export const given = <T>(value: T | null | undefined): value is T => value !== null && value !== undefined;

export function getIssue(workspace: Workspace, id: string): IssueRow {
  const issue = findIssue(workspace, id);
  if (issue === null) throw notFound("Issue");
  return issue;
}

/** The payload of a mutation that worked. */
export const done = <T extends object>(workspace: Workspace, payload: T) => {
  workspace.lastSyncId += 1;
  return { ...payload, success: true, lastSyncId: workspace.lastSyncId };
};

export type Mutation<I> = (source: unknown, args: WriteArguments<I>, context: RequestContext) => unknown;
