import type { ReferencePrinter } from "@/server/vfs/tool-mount";
import type { Comment, Issue } from "../schema";
import { printIssue } from "./issue";
import { json } from "./words";

/** What people said about an issue, as text. */

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

/** The comments as records, oldest first. */
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
