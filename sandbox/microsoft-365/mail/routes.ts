import { z } from "zod";
import { answerOne, answerPage } from "../answers";
import { type GraphContext, noContent, readBody, refuseUnknown, requireMatch, touch } from "../context";
import { answerDeltaCall, type Change } from "../delta";
import { badRequest, GraphFailure, outlookNotFound } from "../failures";
import { readItemId } from "../ids";
import type { Route } from "../route";
import type { AttachmentRow, MessageRow } from "../rows";
import { assign, readMessage } from "./fields";
import { addMessage, addressOfUser, findFolder, findMessage, moveTo, newAttachment, removeMessage, send } from "./messages";
import { mimeOf } from "./mime";
import { createReply } from "./replies";
import { attachmentRules, messageRules, readMail, sendMail, writeMail } from "./rules";
import { folderId, lookedMessage, shownAttachment, shownMessage } from "./views";

/** Messages (https://learn.microsoft.com/graph/api/resources/message). */

const answerMessage = (context: GraphContext, row: MessageRow, status = 200) =>
  answerOne(context, shownMessage(context, row), messageRules, status);

function listMessages(context: GraphContext, rows: readonly MessageRow[]) {
  // The newest first, as Outlook lists where nothing is asked for.
  const newest = rows.toSorted((one, other) => (one.receivedAt < other.receivedAt ? 1 : -1));
  return answerPage(context, newest, messageRules, (row) => shownMessage(context, row), lookedMessage);
}

function findAttachment(row: MessageRow, text: string): AttachmentRow {
  const id = readItemId(text);
  const found = row.attachments.find(({ key }) => id.type === "attachment" && id.key === `${row.key}/${key}`);
  if (found === undefined) throw outlookNotFound();
  return found;
}

function destinationOf(context: GraphContext): string {
  const parsed = z.strictObject({ destinationId: z.string() }).safeParse(readBody(context));
  if (!parsed.success) throw badRequest("The parameter 'destinationId' is required.", "ErrorInvalidRequest");
  return parsed.data.destinationId;
}

function createDraft(context: GraphContext, folder: string): MessageRow {
  const written = readMessage(readBody(context), true);
  const { store, mailbox } = context;
  const row = addMessage(store, mailbox, { folder, isDraft: true, from: addressOfUser(context.user) });
  assign(row, written, newAttachment(mailbox, store));
  return row;
}

const messageRoutes: readonly Route[] = [
  {
    method: "GET",
    pattern: "/me/messages",
    scopes: readMail,
    limit: "mailbox",
    run: (context) => listMessages(context, [...context.mailbox.messages.values()]),
  },
  {
    method: "POST",
    pattern: "/me/messages",
    scopes: writeMail,
    limit: "mailbox",
    run: (context) => answerMessage(context, createDraft(context, "drafts"), 201),
  },
  {
    method: "GET",
    pattern: "/me/messages/{message}",
    scopes: readMail,
    limit: "mailbox",
    run: (context, { message = "" }) => answerMessage(context, findMessage(context, message)),
  },
  {
    method: "PATCH",
    pattern: "/me/messages/{message}",
    scopes: writeMail,
    limit: "mailbox",
    run(context, { message = "" }) {
      const row = findMessage(context, message);
      requireMatch(context, row);
      assign(row, readMessage(readBody(context), row.isDraft), newAttachment(context.mailbox, context.store));
      touch(context, row);
      return answerMessage(context, row);
    },
  },
  {
    method: "DELETE",
    pattern: "/me/messages/{message}",
    scopes: writeMail,
    limit: "mailbox",
    run(context, { message = "" }) {
      const row = findMessage(context, message);
      requireMatch(context, row);
      removeMessage(context, row);
      return noContent();
    },
  },
  {
    method: "GET",
    pattern: "/me/messages/{message}/$value",
    scopes: readMail,
    limit: "mailbox",
    run: (context, { message = "" }) => ({
      status: 200,
      headers: { "content-type": "text/plain" },
      body: mimeOf(findMessage(context, message)),
    }),
  },
  {
    method: "POST",
    pattern: "/me/messages/{message}/move",
    scopes: writeMail,
    limit: "mailbox",
    run(context, { message = "" }) {
      const row = findMessage(context, message);
      moveTo(context, row, findFolder(context.mailbox, destinationOf(context)));
      return answerMessage(context, row, 201);
    },
  },
  {
    method: "POST",
    pattern: "/me/messages/{message}/copy",
    scopes: writeMail,
    limit: "mailbox",
    run(context, { message = "" }) {
      const { key: _key, moves: _moves, seq: _seq, ...fields } = findMessage(context, message);
      const copy = addMessage(context.store, context.mailbox, {
        ...fields,
        folder: findFolder(context.mailbox, destinationOf(context)).key,
      });
      return answerMessage(context, copy, 201);
    },
  },
  {
    method: "POST",
    pattern: "/me/messages/{message}/send",
    scopes: sendMail,
    limit: "mailbox",
    run(context, { message = "" }) {
      const row = findMessage(context, message);
      if (!row.isDraft) throw badRequest("Sending is only possible for drafts.", "ErrorInvalidOperation");
      if (row.to.length + row.cc.length + row.bcc.length === 0)
        throw badRequest("At least one recipient is not valid.", "ErrorInvalidRecipients");
      send(context, row);
      return { status: 202 };
    },
  },
  {
    method: "POST",
    pattern: "/me/messages/{message}/createReply",
    scopes: writeMail,
    limit: "mailbox",
    run: (context, { message = "" }) => answerMessage(context, createReply(context, findMessage(context, message), false), 201),
  },
  {
    method: "POST",
    pattern: "/me/messages/{message}/createReplyAll",
    scopes: writeMail,
    limit: "mailbox",
    run: (context, { message = "" }) => answerMessage(context, createReply(context, findMessage(context, message), true), 201),
  },
  {
    method: "POST",
    pattern: "/me/messages/{message}/reply",
    scopes: sendMail,
    limit: "mailbox",
    run(context, { message = "" }) {
      send(context, createReply(context, findMessage(context, message), false));
      return { status: 202 };
    },
  },
  {
    method: "POST",
    pattern: "/me/sendMail",
    scopes: sendMail,
    limit: "mailbox",
    run(context) {
      const body = readBody(context);
      refuseUnknown(body, ["message", "saveToSentItems", "Message", "SaveToSentItems"], "sendMail");
      const written = readMessage(body.message ?? body.Message, true);
      const row = addMessage(context.store, context.mailbox, { folder: "drafts", isDraft: true, from: addressOfUser(context.user) });
      assign(row, written, newAttachment(context.mailbox, context.store));
      if (row.to.length + row.cc.length + row.bcc.length === 0) {
        context.mailbox.messages.delete(row.key);
        throw badRequest("At least one recipient is not valid.", "ErrorInvalidRecipients");
      }
      send(context, row);
      if ((body.saveToSentItems ?? body.SaveToSentItems) === false) removeMessage(context, row);
      return { status: 202 };
    },
  },
];

const folderMessageRoutes: readonly Route[] = [
  {
    method: "GET",
    pattern: "/me/mailFolders/{folder}/messages",
    scopes: readMail,
    limit: "mailbox",
    run(context, { folder = "" }) {
      const { key } = findFolder(context.mailbox, folder);
      return listMessages(
        context,
        [...context.mailbox.messages.values()].filter((row) => row.folder === key),
      );
    },
  },
  {
    method: "POST",
    pattern: "/me/mailFolders/{folder}/messages",
    scopes: writeMail,
    limit: "mailbox",
    run: (context, { folder = "" }) => answerMessage(context, createDraft(context, findFolder(context.mailbox, folder).key), 201),
  },
  {
    method: "GET",
    pattern: "/me/mailFolders/{folder}/messages/delta",
    scopes: readMail,
    limit: "mailbox",
    run(context, { folder = "" }) {
      const { key } = findFolder(context.mailbox, folder);
      return answerDeltaCall(context, {
        of: `mailFolders('${folderId(context.mailbox, key)}')/messages`,
        type: messageRules.type,
        properties: messageRules.properties,
        selects: true,
        gone: "outlook",
        changes: (since) => messageChanges(context, key, since),
      });
    },
  },
];

function messageChanges(context: GraphContext, folder: string, since: number): readonly Change[] {
  const { messages, tombstones } = context.mailbox;
  const there = [...messages.values()].filter((row) => row.folder === folder && row.seq > since);
  const gone = since === 0 ? [] : tombstones.filter((one) => one.type === "message" && one.container === folder && one.seq > since);
  return [
    ...there.map((row): Change => ({ seq: row.seq, show: () => shownMessage(context, row) })),
    ...gone.map(({ seq, id }): Change => ({ seq, show: () => ({ id, "@removed": { reason: "deleted" } }) })),
  ].toSorted((one, other) => one.seq - other.seq);
}

/** Above this an upload session is needed (https://learn.microsoft.com/graph/outlook-large-attachments). */
const maxInlineBytes = 3 * 1024 * 1024;

const attachmentRoutes: readonly Route[] = [
  {
    method: "GET",
    pattern: "/me/messages/{message}/attachments",
    scopes: readMail,
    limit: "mailbox",
    run(context, { message = "" }) {
      const row = findMessage(context, message);
      return answerPage(context, row.attachments, attachmentRules, (each) => shownAttachment(context, row, each, true));
    },
  },
  {
    method: "POST",
    pattern: "/me/messages/{message}/attachments",
    scopes: writeMail,
    limit: "mailbox",
    run(context, { message = "" }) {
      const row = findMessage(context, message);
      const written = readMessage({ attachments: [readBody(context)] }, row.isDraft);
      const before = row.attachments;
      assign(row, written, newAttachment(context.mailbox, context.store));
      const added = row.attachments.at(-1);
      if (added === undefined || added.bytes.length > maxInlineBytes) {
        row.attachments = before;
        throw new GraphFailure(413, "ErrorMessageSizeExceeded", "The attachment is too large for one request.");
      }
      touch(context, row);
      return answerOne(context, shownAttachment(context, row, added, true), attachmentRules, 201);
    },
  },
  {
    method: "GET",
    pattern: "/me/messages/{message}/attachments/{attachment}",
    scopes: readMail,
    limit: "mailbox",
    run(context, { message = "", attachment = "" }) {
      const row = findMessage(context, message);
      return answerOne(context, shownAttachment(context, row, findAttachment(row, attachment), true), attachmentRules);
    },
  },
  {
    method: "GET",
    pattern: "/me/messages/{message}/attachments/{attachment}/$value",
    scopes: readMail,
    limit: "mailbox",
    run(context, { message = "", attachment = "" }) {
      const each = findAttachment(findMessage(context, message), attachment);
      return { status: 200, headers: { "content-type": each.contentType }, body: each.bytes };
    },
  },
  {
    method: "DELETE",
    pattern: "/me/messages/{message}/attachments/{attachment}",
    scopes: writeMail,
    limit: "mailbox",
    run(context, { message = "", attachment = "" }) {
      const row = findMessage(context, message);
      const gone = findAttachment(row, attachment);
      row.attachments = row.attachments.filter((each) => each !== gone);
      touch(context, row);
      return noContent();
    },
  },
];

export const mailRoutes: readonly Route[] = [...messageRoutes, ...folderMessageRoutes, ...attachmentRoutes];
