import { z } from "zod";

/** What the hub reads of Graph's mail (https://learn.microsoft.com/graph/api/resources/message); unknown fields are dropped. */

const time = z.string().min(1);

export const mailFolder = z.object({
  id: z.string().min(1),
  displayName: z.string().nullish(),
  parentFolderId: z.string().nullish(),
  childFolderCount: z.number().nullish(),
  totalItemCount: z.number().nullish(),
  /** `#microsoft.graph.mailSearchFolder` for folders that only show what is elsewhere. */
  "@odata.type": z.string().optional(),
});
export type MailFolder = z.infer<typeof mailFolder>;

/** A mailbox has entries without an address (a name that was never resolved) and without a name. */
export const recipient = z.object({
  emailAddress: z.object({ name: z.string().nullish(), address: z.string().nullish() }).nullish(),
});
export type Recipient = z.infer<typeof recipient>;

export const itemBody = z.object({ contentType: z.string(), content: z.string().nullish() });
export type ItemBody = z.infer<typeof itemBody>;

export const flagStates = ["notFlagged", "flagged", "complete"] as const;
export type FlagState = (typeof flagStates)[number];

export const importances = ["low", "normal", "high"] as const;
export type Importance = (typeof importances)[number];

/** What a list of messages asks for. */
export const messageRowFields = [
  "id",
  "subject",
  "parentFolderId",
  "createdDateTime",
  "lastModifiedDateTime",
  "receivedDateTime",
  "isDraft",
  "hasAttachments",
  "webLink",
] as const;

export const messageRow = z.object({
  "@odata.etag": z.string().nullish(),
  id: z.string().min(1),
  subject: z.string().nullish(),
  parentFolderId: z.string().nullish(),
  createdDateTime: time.nullish(),
  lastModifiedDateTime: time.nullish(),
  receivedDateTime: time.nullish(),
  isDraft: z.boolean().nullish(),
  hasAttachments: z.boolean().nullish(),
  webLink: z.string().nullish(),
});
export type MessageRow = z.infer<typeof messageRow>;

/** What one message is asked for. */
export const messageFields = [
  ...messageRowFields,
  "from",
  "sender",
  "toRecipients",
  "ccRecipients",
  "bccRecipients",
  "replyTo",
  "sentDateTime",
  "isRead",
  "flag",
  "importance",
  "categories",
  "conversationId",
  "internetMessageId",
  "body",
] as const;

const recipients = z
  .array(recipient)
  .nullish()
  .transform((list) => list ?? []);

export const message = messageRow.extend({
  from: recipient.nullish(),
  sender: recipient.nullish(),
  toRecipients: recipients,
  ccRecipients: recipients,
  bccRecipients: recipients,
  replyTo: recipients,
  sentDateTime: time.nullish(),
  isRead: z.boolean().nullish(),
  flag: z.object({ flagStatus: z.enum(flagStates).nullish().catch(null) }).nullish(),
  importance: z.enum(importances).nullish().catch(null),
  categories: z
    .array(z.string())
    .nullish()
    .transform((list) => list ?? []),
  conversationId: z.string().nullish(),
  internetMessageId: z.string().nullish(),
  body: itemBody.nullish(),
});
export type Message = z.infer<typeof message>;

/** What a list of attachments asks for: never their bytes. */
export const attachmentFields = ["id", "name", "contentType", "size", "isInline", "lastModifiedDateTime"] as const;

/** `@odata.type` says what it is: a file, another item, or a link to a file elsewhere. */
export const attachment = z.object({
  "@odata.type": z.string().optional(),
  id: z.string().min(1),
  name: z.string().nullish(),
  contentType: z.string().nullish(),
  size: z.number().nullish(),
  isInline: z.boolean().nullish(),
  lastModifiedDateTime: time.nullish(),
});
export type Attachment = z.infer<typeof attachment>;
