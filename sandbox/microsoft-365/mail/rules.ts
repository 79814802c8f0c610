import { properties } from "../metadata";
import type { CollectionRules } from "../odata/query";

/** What Outlook's mail collections take. */

export const folderRules: CollectionRules & { readonly of: string } = {
  of: "mailFolders",
  type: "Microsoft.OutlookServices.MailFolder",
  properties: properties.mailFolder,
  filterable: ["displayName"],
  orderable: ["displayName"],
  pageSize: 10,
  maxPageSize: 1_000,
  options: ["$filter", "$orderby", "$skip"],
  parameters: ["includeHiddenFolders"],
};

export const messageRules: CollectionRules & { readonly of: string } = {
  of: "messages",
  type: "Microsoft.OutlookServices.Message",
  properties: properties.message,
  filterable: [
    "receivedDateTime",
    "sentDateTime",
    "createdDateTime",
    "lastModifiedDateTime",
    "isRead",
    "isDraft",
    "hasAttachments",
    "importance",
    "subject",
    "conversationId",
    "internetMessageId",
    "from/emailAddress/address",
    "flag/flagStatus",
    "categories",
    "singleValueExtendedProperties",
  ],
  orderable: ["receivedDateTime", "sentDateTime", "createdDateTime", "lastModifiedDateTime", "subject", "importance"],
  pageSize: 10,
  maxPageSize: 1_000,
  options: ["$filter", "$orderby", "$skip"],
  orderLeadsFilter: true,
};

export const attachmentRules: CollectionRules & { readonly of: string } = {
  of: "attachments",
  type: "Microsoft.OutlookServices.Attachment",
  properties: properties.attachment,
  filterable: [],
  orderable: [],
  pageSize: 1_000,
  maxPageSize: 1_000,
  options: [],
};

export const readMail = ["Mail.Read", "Mail.ReadWrite"] as const;
export const writeMail = ["Mail.ReadWrite"] as const;
export const sendMail = ["Mail.Send"] as const;
