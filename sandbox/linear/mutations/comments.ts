import { authorized, type RequestContext, requireScope } from "../context";
import { forbidden, invalidArgument, invalidInput, notFound } from "../failures";
import type { CommentRow, UserRow, Workspace } from "../rows";
import { done, getIssue, given, type Mutation, newId, normalizeMarkdown, type WriteArguments } from "./shared";

interface CommentInput {
  readonly id?: string | null;
  readonly issueId?: string | null;
  readonly parentId?: string | null;
  readonly body?: string | null;
  readonly quotedText?: string | null;
}

function checkBody(body: string | null | undefined): string {
  const text = normalizeMarkdown(body ?? "");
  if (text === "") throw invalidArgument("body", "isNotEmpty", "body should not be empty");
  return text;
}

function commentCreate(args: WriteArguments<CommentInput>, context: RequestContext) {
  const { workspace, viewer, grant } = authorized(context);
  requireScope(grant, "comments:create", "write");
  const { input } = args;
  if (!given(input.issueId)) throw invalidInput("issueId is required", "Exactly one parent of the comment must be given.");
  const issue = getIssue(workspace, input.issueId);
  const parent = given(input.parentId) ? workspace.comments.get(input.parentId) : undefined;
  if (given(input.parentId) && parent === undefined) throw notFound("Comment");
  if (parent !== undefined && parent.issueId !== issue.id) throw invalidInput("Parent comment is on another issue");
  const id = newId(input.id, "Comment", (taken) => workspace.comments.has(taken));
  const body = checkBody(input.body);
  const at = context.store.writeTime();
  const comment: CommentRow = {
    id,
    createdAt: at,
    updatedAt: at,
    archivedAt: null,
    body,
    issueId: issue.id,
    // Threads are one level deep: a reply to a reply joins its thread.
    parentId: parent?.parentId ?? parent?.id ?? null,
    userId: viewer.id,
    botName: null,
    editedAt: null,
    resolvedAt: null,
    quotedText: input.quotedText ?? null,
  };
  workspace.comments.set(id, comment);
  context.tell({ action: "create", type: "Comment", row: comment });
  if (context.commentTouchesIssue) issue.updatedAt = at;
  return done(workspace, { comment });
}

/** The comment, if the caller wrote it; admins may touch every one. */
function getOwnComment(workspace: Workspace, viewer: UserRow, id: string): CommentRow {
  const comment = workspace.comments.get(id);
  if (comment === undefined) throw notFound("Comment");
  if (comment.userId !== viewer.id && !viewer.admin) throw forbidden("You can only change your own comments.");
  return comment;
}

function commentUpdate(args: WriteArguments<CommentInput>, context: RequestContext) {
  const { workspace, viewer, grant } = authorized(context);
  requireScope(grant, "write");
  const comment = getOwnComment(workspace, viewer, args.id);
  const at = context.store.writeTime();
  const before = { ...comment };
  if (args.input.body !== undefined) Object.assign(comment, { body: checkBody(args.input.body), editedAt: at });
  if (args.input.quotedText !== undefined) comment.quotedText = args.input.quotedText;
  comment.updatedAt = at;
  context.tell({ action: "update", type: "Comment", row: comment, before });
  return done(workspace, { comment });
}

function commentDelete(args: WriteArguments<CommentInput>, context: RequestContext) {
  const { workspace, viewer, grant } = authorized(context);
  requireScope(grant, "write");
  const comment = getOwnComment(workspace, viewer, args.id);
  for (const { id, parentId } of workspace.comments.values()) if (parentId === comment.id) workspace.comments.delete(id);
  workspace.comments.delete(comment.id);
  context.tell({ action: "remove", type: "Comment", row: comment });
  return done(workspace, { entityId: comment.id });
}

export const commentMutations: Readonly<Record<string, Mutation<CommentInput>>> = {
  commentCreate: (_source, args, context) => commentCreate(args, context),
  commentUpdate: (_source, args, context) => commentUpdate(args, context),
  commentDelete: (_source, args, context) => commentDelete(args, context),
};
