import { type GraphContext, seconds, shownItem } from "../context";
import { containerId, itemId } from "../ids";
import type { Shown } from "../odata/filter";
import type { Address, AttachmentRow, Body, FolderRow, Mailbox, MessageRow } from "../rows";
import { htmlAsText, previewOf, textAsHtml } from "./html";

/** Mail as Graph shows it. */

export const folderId = (mailbox: Mailbox, key: string): string => containerId(mailbox.userId, "mailFolder", key);

export const messageId = (context: Pick<GraphContext, "mailbox" | "preferences">, row: Pick<MessageRow, "key" | "moves">): string =>
  itemId(
    { mailbox: context.mailbox.userId, type: "message", key: row.key, occurrence: null, moves: row.moves },
    context.preferences.immutableIds,
  );

export const shownAddress = ({ name, address }: Address) => ({ emailAddress: { name, address } });

/** A body in the type that was preferred. */
export function shownBody(body: Body, bodyType: "html" | "text"): Body {
  if (body.contentType === bodyType) return body;
  return bodyType === "html"
    ? { contentType: "html", content: textAsHtml(body.content) }
    : { contentType: "text", content: htmlAsText(body.content) };
}

export const textOf = (body: Body): string => (body.contentType === "text" ? body.content : htmlAsText(body.content));

export function shownFolder(mailbox: Mailbox, row: FolderRow): Shown {
  const messages = [...mailbox.messages.values()].filter(({ folder }) => folder === row.key);
  return {
    id: folderId(mailbox, row.key),
    displayName: row.displayName,
    parentFolderId: folderId(mailbox, row.parent ?? "msgfolderroot"),
    childFolderCount: [...mailbox.folders.values()].filter(({ parent, isHidden }) => parent === row.key && !isHidden).length,
    unreadItemCount: messages.filter(({ isRead }) => !isRead).length,
    totalItemCount: messages.length,
    isHidden: row.isHidden,
  };
}

export function shownMessage(context: GraphContext, row: MessageRow): Shown {
  const id = messageId(context, row);
  return {
    ...shownItem(row, id),
    receivedDateTime: seconds(row.receivedAt),
    sentDateTime: seconds(row.sentAt),
    hasAttachments: row.attachments.some(({ isInline }) => !isInline),
    internetMessageId: row.internetMessageId,
    subject: row.subject,
    bodyPreview: previewOf(textOf(row.body)),
    importance: row.importance,
    parentFolderId: folderId(context.mailbox, row.folder),
    conversationId: row.conversation,
    conversationIndex: Buffer.from(row.conversation.slice(0, 16)).toString("base64"),
    isDeliveryReceiptRequested: null,
    isReadReceiptRequested: false,
    isRead: row.isRead,
    isDraft: row.isDraft,
    webLink: `${context.webOrigin}/owa/?ItemID=${encodeURIComponent(id)}&exvsurl=1&viewmodel=ReadMessageItem`,
    inferenceClassification: "focused",
    body: shownBody(row.body, context.preferences.bodyType),
    sender: row.from === null ? null : shownAddress(row.from),
    from: row.from === null ? null : shownAddress(row.from),
    toRecipients: row.to.map(shownAddress),
    ccRecipients: row.cc.map(shownAddress),
    bccRecipients: row.bcc.map(shownAddress),
    replyTo: row.replyTo.map(shownAddress),
    flag: { flagStatus: row.flag },
  };
}

/** What of a message can be filtered and ordered by: named properties too. */
export const lookedMessage = (row: MessageRow): Shown => ({
  receivedDateTime: seconds(row.receivedAt),
  sentDateTime: seconds(row.sentAt),
  createdDateTime: seconds(row.createdAt),
  lastModifiedDateTime: seconds(row.modifiedAt),
  isRead: row.isRead,
  isDraft: row.isDraft,
  hasAttachments: row.attachments.some(({ isInline }) => !isInline),
  importance: row.importance,
  subject: row.subject,
  conversationId: row.conversation,
  internetMessageId: row.internetMessageId,
  from: row.from === null ? null : shownAddress(row.from),
  flag: { flagStatus: row.flag },
  categories: row.categories,
  singleValueExtendedProperties: Object.entries(row.extended).map(([id, value]) => ({ id, value })),
});

export const attachmentId = (context: GraphContext, message: MessageRow, row: AttachmentRow): string =>
  itemId(
    { mailbox: context.mailbox.userId, type: "attachment", key: `${message.key}/${row.key}`, occurrence: null, moves: message.moves },
    context.preferences.immutableIds,
  );

export function shownAttachment(context: GraphContext, message: MessageRow, row: AttachmentRow, withBytes: boolean): Shown {
  return {
    "@odata.type": "#microsoft.graph.fileAttachment",
    "@odata.mediaContentType": row.contentType,
    id: attachmentId(context, message, row),
    lastModifiedDateTime: seconds(row.modifiedAt),
    name: row.name,
    contentType: row.contentType,
    size: row.bytes.length,
    isInline: row.isInline,
    contentId: row.contentId,
    contentLocation: null,
    ...(withBytes ? { contentBytes: Buffer.from(row.bytes).toString("base64") } : {}),
  };
}
