import type { Entry } from "@/server/vfs/tool-mount";
import type { Attachment, MailFolder, MessageRow } from "../../schema/mail";
import { blank, fixedDirectory, markdown, object, splitFileName } from "../area";
import type { ItemPlace } from "./place";

/** Folders, messages and attachments as rows of a directory. */

export const mailEntry = (): Entry => fixedDirectory("mail");
export const draftsEntry = (): Entry => fixedDirectory("drafts", { creates: "draft" });
export const outboxEntry = (): Entry => fixedDirectory("outbox");
export const dayEntry = (day: string): Entry => fixedDirectory(day);

export const folderEntry = (folder: MailFolder): Entry => ({
  ...blank,
  segment: object("folder", folder.id),
  kind: "directory",
  title: folder.displayName || "Folder",
  extension: "",
});

export const messageEntry = (row: MessageRow, at: ItemPlace["at"]): Entry => ({
  segment: object(at, row.id),
  kind: "file",
  title: row.subject || "No subject",
  extension: ".md",
  mediaType: markdown,
  sizeBytes: null,
  createdAt: row.createdDateTime ?? null,
  modifiedAt: row.lastModifiedDateTime ?? null,
  revision: row["@odata.etag"] ?? null,
  webUrl: row.webLink ?? null,
  companion: true,
});

export const companionEntry = (row: MessageRow, at: ItemPlace["at"]): Entry => ({
  ...blank,
  segment: { type: "object", kind: at, externalId: row.id, companion: true },
  kind: "directory",
  title: row.subject || "No subject",
  extension: ".d",
  webUrl: row.webLink ?? null,
});

export const attachmentsEntry = (): Entry => fixedDirectory("attachments");

/** Exchange's size of an attachment counts more than its bytes, so it is not said. */
export function attachmentEntry(attachment: Attachment): Entry {
  const { title, extension } = splitFileName(attachment.name ?? "");
  return {
    ...blank,
    segment: object("attachment", attachment.id),
    kind: "file",
    title,
    extension,
    mediaType: attachment.contentType ?? "application/octet-stream",
    modifiedAt: attachment.lastModifiedDateTime ?? null,
    revision: attachment.lastModifiedDateTime ?? null,
    binary: true,
  };
}
