import { authorized, type RequestContext, requireScope } from "../context";
import { invalidArgument, notFound } from "../failures";
import type { AttachmentRow, Workspace } from "../rows";
import { done, getIssue, given, type Mutation, newId, type WriteArguments } from "./shared";

interface AttachmentInput {
  readonly id?: string | null;
  readonly issueId?: string | null;
  readonly title?: string | null;
  readonly subtitle?: string | null;
  readonly url?: string | null;
  readonly metadata?: Readonly<Record<string, unknown>> | null;
  readonly groupBySource?: boolean | null;
}

function getAttachment(workspace: Workspace, id: string): AttachmentRow {
  const attachment = workspace.attachments.get(id);
  if (attachment === undefined) throw notFound("Attachment");
  return attachment;
}

/** An issue has each url once: a second one changes the first (SDL; live probe of 2026-08-09). */
function attachmentCreate(input: AttachmentInput, context: RequestContext) {
  const { workspace, viewer, grant } = authorized(context);
  requireScope(grant, "write");
  const issue = getIssue(workspace, input.issueId ?? "");
  const url = input.url ?? "";
  if (!URL.canParse(url)) throw invalidArgument("url", "isUrl", "url must be a URL address");
  const title = (input.title ?? "").trim() || url;
  const at = context.store.writeTime();
  const known = [...workspace.attachments.values()].find((one) => one.issueId === issue.id && one.url === url);
  if (known !== undefined) {
    const before = { ...known };
    Object.assign(known, { title, subtitle: input.subtitle ?? known.subtitle, metadata: input.metadata ?? known.metadata, updatedAt: at });
    context.tell({ action: "update", type: "Attachment", row: known, before });
    return done(workspace, { attachment: known });
  }
  const id = newId(input.id, "Attachment", (taken) => workspace.attachments.has(taken));
  const attachment: AttachmentRow = {
    id,
    createdAt: at,
    updatedAt: at,
    archivedAt: null,
    issueId: issue.id,
    title,
    subtitle: input.subtitle ?? null,
    url,
    sourceType: null,
    creatorId: viewer.id,
    groupBySource: input.groupBySource ?? false,
    metadata: input.metadata ?? {},
  };
  workspace.attachments.set(id, attachment);
  context.tell({ action: "create", type: "Attachment", row: attachment });
  return done(workspace, { attachment });
}

function attachmentUpdate(args: WriteArguments<AttachmentInput>, context: RequestContext) {
  const { workspace, grant } = authorized(context);
  requireScope(grant, "write");
  const attachment = getAttachment(workspace, args.id);
  const before = { ...attachment };
  if (given(args.input.title)) attachment.title = args.input.title;
  if (args.input.subtitle !== undefined) attachment.subtitle = args.input.subtitle;
  if (given(args.input.metadata)) attachment.metadata = args.input.metadata;
  attachment.updatedAt = context.store.writeTime();
  context.tell({ action: "update", type: "Attachment", row: attachment, before });
  return done(workspace, { attachment });
}

function attachmentDelete(id: string, context: RequestContext) {
  const { workspace, grant } = authorized(context);
  requireScope(grant, "write");
  const attachment = getAttachment(workspace, id);
  workspace.attachments.delete(id);
  context.tell({ action: "remove", type: "Attachment", row: attachment });
  return done(workspace, { entityId: id });
}

export const attachmentMutations: Readonly<Record<string, Mutation<AttachmentInput>>> = {
  attachmentCreate: (_source, { input }, context) => attachmentCreate(input, context),
  attachmentUpdate: (_source, args, context) => attachmentUpdate(args, context),
  attachmentDelete: (_source, { id }, context) => attachmentDelete(id, context),
  // Its arguments stand where `attachmentCreate` has an input.
  attachmentLinkURL: (_source, args, context) => attachmentCreate({ ...args }, context),
};
