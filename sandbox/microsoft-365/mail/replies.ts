import { type GraphContext, readBody } from "../context";
import { badRequest } from "../failures";
import type { Address, MessageRow } from "../rows";
import { assign, readMessage } from "./fields";
import { escapeHtml, storedHtml, textAsHtml } from "./html";
import { addMessage, addressOfUser, newAttachment } from "./messages";

/** Replies as drafts (https://learn.microsoft.com/graph/api/message-createreply). */

const quote = (row: MessageRow): string => {
  const content = row.body.contentType === "html" ? row.body.content : textAsHtml(row.body.content);
  const from = row.from === null ? "" : `<b>From:</b> ${escapeHtml(row.from.name)} &lt;${escapeHtml(row.from.address)}&gt;<br>`;
  return `<hr><div id="divRplyFwdMsg">${from}<b>Sent:</b> ${row.sentAt}<br><b>Subject:</b> ${escapeHtml(row.subject)}</div>${content.replaceAll(/<\/?(?:html|body)[^>]*>|<head>[\s\S]*?<\/head>/gi, "")}`;
};

const without = (addresses: readonly Address[], unwanted: readonly Address[]): readonly Address[] => {
  const taken = new Set(unwanted.map(({ address }) => address.toLowerCase()));
  return addresses.filter(({ address }) => {
    const key = address.toLowerCase();
    if (taken.has(key)) return false;
    taken.add(key);
    return true;
  });
};

/** A draft that answers a message: with a comment above the quoted text, or with the fields of a message of the caller's. */
export function createReply(context: GraphContext, to: MessageRow, all: boolean): MessageRow {
  const { store, mailbox, user } = context;
  const body = context.request.body.trim() === "" ? {} : readBody(context);
  for (const name of Object.keys(body)) {
    if (!["message", "comment"].includes(name.toLowerCase()))
      throw badRequest(`The parameter '${name}' is not one of this action.`, "RequestBodyRead");
  }
  const comment = body.comment ?? body.Comment;
  const written = readMessage(body.message ?? body.Message ?? {}, true);
  if (comment !== undefined && typeof comment !== "string") throw badRequest("The parameter 'comment' must be a text.", "RequestBodyRead");
  if (comment !== undefined && written.body !== undefined) {
    throw badRequest("Either a comment or the body of the message may be given, not both.", "ErrorInvalidRequest");
  }
  const me = addressOfUser(user);
  const sender = to.replyTo.length > 0 ? to.replyTo : to.from === null ? [] : [to.from];
  const receivers = without(sender, to.from?.address === me.address ? [] : [me]);
  const row = addMessage(store, mailbox, {
    folder: "drafts",
    isDraft: true,
    from: me,
    subject: /^re:/i.test(to.subject) ? to.subject : `RE: ${to.subject}`.slice(0, 255),
    to: all ? without([...receivers, ...to.to], [me]) : receivers,
    cc: all ? without(to.cc, [me, ...receivers, ...to.to]) : [],
    conversation: to.conversation,
    inReplyTo: to.internetMessageId,
    body: { contentType: "html", content: storedHtml(`${comment === undefined ? "" : `<div>${escapeHtml(comment)}</div>`}${quote(to)}`) },
  });
  assign(row, written, newAttachment(mailbox, store));
  return row;
}
