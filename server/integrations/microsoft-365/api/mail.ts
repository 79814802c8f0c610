import { z } from "zod";
import type { CallContext, ToolResponse } from "@/server/transport/send";
import {
  type Attachment,
  attachment,
  attachmentFields,
  type MailFolder,
  type Message,
  type MessageRow,
  mailFolder,
  message,
  messageFields,
  messageRow,
  messageRowFields,
} from "../schema/mail";
import { type GraphCall, type GraphCaller, isAmbiguous, type Page, type PageRequest, pageSizeOf, pathOf, quoted, segment } from "./http";
import { markedWith, withMarker } from "./marker";

/** Outlook mail (https://learn.microsoft.com/graph/api/resources/mail-api-overview). */

/** A stretch of time: `from` is in it, `to` is not; ISO 8601 in UTC. */
export interface TimeSpan {
  readonly from: string;
  readonly to: string;
}

/** What a draft is made of, in Graph's words; absent leaves as it is. */
export interface DraftFields {
  readonly subject?: string;
  readonly body?: { readonly contentType: "html" | "text"; readonly content: string };
  readonly toRecipients?: readonly GraphRecipient[];
  readonly ccRecipients?: readonly GraphRecipient[];
  readonly bccRecipients?: readonly GraphRecipient[];
  readonly importance?: string;
  readonly categories?: readonly string[];
}

/** What may change of any message. */
export interface MessageFields {
  readonly isRead?: boolean;
  readonly flag?: { readonly flagStatus: string };
  readonly categories?: readonly string[];
  readonly importance?: string;
}

export interface GraphRecipient {
  readonly emailAddress: { readonly address: string; readonly name?: string };
}

const folderFields = ["id", "displayName", "parentFolderId", "childFolderCount", "totalItemCount"] as const;

export interface MailApi {
  /** Folders at the top of the mailbox, or in one. Hidden ones are left out. */
  listFolders(parent: string | null, page: PageRequest, context: CallContext): Promise<Page<MailFolder>>;
  /** By id or by one of Graph's well-known names (`drafts`). ENOENT where there is none; so do all `get` below. */
  getFolder(idOrName: string, context: CallContext): Promise<MailFolder>;
  /** Messages of a folder, the newest first; of that time, or all. */
  listMessages(folder: string, span: TimeSpan | null, page: PageRequest, context: CallContext): Promise<Page<MessageRow>>;
  /** When the oldest message of a folder was received; null for an empty folder. */
  findOldest(folder: string, context: CallContext): Promise<string | null>;
  getMessageRow(id: string, context: CallContext): Promise<MessageRow>;
  getMessage(id: string, context: CallContext): Promise<Message>;
  /** The message as it travelled (RFC 5322). */
  getMime(id: string, context: CallContext): Promise<Uint8Array>;
  /** The same, as it comes. */
  openMime(id: string, context: CallContext): Promise<ToolResponse>;
  /** Messages of a conversation, in no order: Outlook refuses to filter by one property and order by another. */
  listConversation(conversationId: string, page: PageRequest, context: CallContext): Promise<Page<Message>>;
  findByInternetMessageId(id: string, context: CallContext): Promise<MessageRow | null>;
  /** The draft that was made with this seed, wherever it is now. */
  findBySeed(seed: string, context: CallContext): Promise<MessageRow | null>;
  listAttachments(message: string, page: PageRequest, context: CallContext): Promise<Page<Attachment>>;
  getAttachment(message: string, id: string, context: CallContext): Promise<Attachment>;
  /** The bytes of an attachment, as they come. */
  openAttachment(message: string, id: string, context: CallContext): Promise<ToolResponse>;
  createDraft(fields: DraftFields, seed: string, context: CallContext): Promise<MessageRow>;
  createReply(to: string, all: boolean, fields: DraftFields, seed: string, context: CallContext): Promise<MessageRow>;
  /** With `ifMatch`, only while the message still has that etag: ESTALE otherwise. */
  updateMessage(id: string, fields: DraftFields & MessageFields, ifMatch: string | null, context: CallContext): Promise<void>;
  /** Accepted for sending; the id lives on in Sent Items. */
  sendDraft(id: string, context: CallContext): Promise<void>;
  /** The id lives on in the other folder. */
  moveMessage(id: string, folder: string, context: CallContext): Promise<void>;
}

export function createMailApi(graph: GraphCaller): MailApi {
  const messagePath = (id: string, below = "") => `/me/messages/${segment(id)}${below}`;

  const mimeCall = (id: string): GraphCall => ({
    method: "GET",
    path: messagePath(id, "/$value"),
    operation: "GET /me/messages/{id}/$value",
    repeatability: "safe",
    accept: "*/*",
  });

  /** A create that Graph itself would do twice: what an earlier try already made is found by its seed. */
  async function createOnce(seed: string, context: CallContext, create: () => Promise<MessageRow>): Promise<MessageRow> {
    const made = await api.findBySeed(seed, context);
    if (made !== null) return made;
    try {
      return await create();
    } catch (error) {
      if (!isAmbiguous(error)) throw error;
      const found = await api.findBySeed(seed, context);
      if (found === null) throw error;
      return found;
    }
  }

  async function findOne(filter: string, operation: string, context: CallContext): Promise<MessageRow | null> {
    const path = pathOf("/me/messages", { $filter: filter, $top: 1, $select: messageRowFields.join(",") });
    return (await graph.page(messageRow, { path, operation }, null, context)).items[0] ?? null;
  }

  const api: MailApi = {
    listFolders: (parent, page, context) => {
      const path = parent === null ? "/me/mailFolders" : `/me/mailFolders/${segment(parent)}/childFolders`;
      const first = pathOf(path, { $top: pageSizeOf(page.limit), $select: folderFields.join(",") });
      const operation = parent === null ? "GET /me/mailFolders" : "GET /me/mailFolders/{id}/childFolders";
      return graph.page(mailFolder, { path: first, operation }, page.next, context);
    },
    getFolder: (id, context) => {
      const path = pathOf(`/me/mailFolders/${segment(id)}`, { $select: folderFields.join(",") });
      return graph.call(mailFolder, { method: "GET", path, operation: "GET /me/mailFolders/{id}", repeatability: "safe" }, context);
    },
    listMessages: (folder, span, page, context) => {
      const path = pathOf(`/me/mailFolders/${segment(folder)}/messages`, {
        // The property to order by has to lead the filter too, else `InefficientFilter`.
        $filter: span === null ? undefined : `receivedDateTime ge ${span.from} and receivedDateTime lt ${span.to}`,
        $orderby: "receivedDateTime desc",
        $top: pageSizeOf(page.limit),
        $select: messageRowFields.join(","),
      });
      return graph.page(messageRow, { path, operation: "GET /me/mailFolders/{id}/messages" }, page.next, context);
    },
    async findOldest(folder, context) {
      const path = pathOf(`/me/mailFolders/${segment(folder)}/messages`, {
        $orderby: "receivedDateTime asc",
        $top: 1,
        $select: "id,receivedDateTime",
      });
      const { items } = await graph.page(messageRow, { path, operation: "GET /me/mailFolders/{id}/messages" }, null, context);
      return items[0]?.receivedDateTime ?? null;
    },
    getMessageRow: (id, context) => {
      const path = pathOf(messagePath(id), { $select: messageRowFields.join(",") });
      return graph.call(messageRow, { method: "GET", path, operation: "GET /me/messages/{id}", repeatability: "safe" }, context);
    },
    getMessage: (id, context) => {
      const path = pathOf(messagePath(id), { $select: messageFields.join(",") });
      const prefer = ['outlook.body-content-type="html"'];
      return graph.call(message, { method: "GET", path, operation: "GET /me/messages/{id}", repeatability: "safe", prefer }, context);
    },
    getMime: async (id, context) => (await graph.raw(mimeCall(id), context)).body,
    openMime: (id, context) => graph.raw({ ...mimeCall(id), answer: "stream" }, context),
    listConversation: (conversationId, page, context) => {
      const path = pathOf("/me/messages", {
        $filter: `conversationId eq ${quoted(conversationId)}`,
        $top: Math.min(50, pageSizeOf(page.limit)),
        $select: messageFields.join(","),
      });
      const prefer = ['outlook.body-content-type="html"'];
      return graph.page(message, { path, operation: "GET /me/messages", prefer }, page.next, context);
    },
    findByInternetMessageId: (id, context) => findOne(`internetMessageId eq ${quoted(id)}`, "GET /me/messages", context),
    findBySeed: (seed, context) => findOne(markedWith(seed), "GET /me/messages by marker", context),
    listAttachments: (id, page, context) => {
      const path = pathOf(messagePath(id, "/attachments"), { $select: attachmentFields.join(","), $top: pageSizeOf(page.limit) });
      return graph.page(attachment, { path, operation: "GET /me/messages/{id}/attachments" }, page.next, context);
    },
    getAttachment: (id, attachmentId, context) => {
      const path = pathOf(messagePath(id, `/attachments/${segment(attachmentId)}`), { $select: attachmentFields.join(",") });
      const operation = "GET /me/messages/{id}/attachments/{id}";
      return graph.call(attachment, { method: "GET", path, operation, repeatability: "safe" }, context);
    },
    openAttachment: (id, attachmentId, context) =>
      graph.raw(
        {
          method: "GET",
          path: messagePath(id, `/attachments/${segment(attachmentId)}/$value`),
          operation: "GET /me/messages/{id}/attachments/{id}/$value",
          repeatability: "safe",
          accept: "*/*",
          answer: "stream",
        },
        context,
      ),
    createDraft: (fields, seed, context) =>
      createOnce(seed, context, () =>
        graph.call(
          messageRow,
          {
            method: "POST",
            path: "/me/messages",
            operation: "POST /me/messages",
            repeatability: "unsafe",
            body: { ...fields, ...withMarker(seed) },
          },
          context,
        ),
      ),
    createReply: (to, all, fields, seed, context) => {
      const action = all ? "createReplyAll" : "createReply";
      return createOnce(seed, context, () =>
        graph.call(
          messageRow,
          {
            method: "POST",
            path: messagePath(to, `/${action}`),
            operation: `POST /me/messages/{id}/${action}`,
            repeatability: "unsafe",
            body: { message: { ...fields, ...withMarker(seed) } },
          },
          context,
        ),
      );
    },
    async updateMessage(id, fields, ifMatch, context) {
      await graph.call(
        z.object({ id: z.string() }),
        {
          method: "PATCH",
          path: messagePath(id),
          operation: "PATCH /me/messages/{id}",
          repeatability: "unsafe",
          body: { ...fields },
          ifMatch,
        },
        context,
      );
    },
    sendDraft: (id, context) =>
      graph.run(
        { method: "POST", path: messagePath(id, "/send"), operation: "POST /me/messages/{id}/send", repeatability: "unsafe" },
        context,
      ),
    async moveMessage(id, folder, context) {
      await graph.call(
        z.object({ id: z.string() }),
        {
          method: "POST",
          path: messagePath(id, "/move"),
          operation: "POST /me/messages/{id}/move",
          repeatability: "unsafe",
          body: { destinationId: folder },
        },
        context,
      );
    },
  };
  return api;
}
