import { splitName } from "@/server/vfs/identity";
import type { Entry } from "@/server/vfs/tool-mount";
import { dayAt } from "../../../days";
import { receivedAtMs, subjectOf } from "../../format/message/message";
import type { Attachment } from "../../format/message/parts";
import type { Label, Message } from "../../schema/gmail";
import { blankEntry, directoryEntry, markdownType, object } from "../area";
import { attachmentKey, gmailLocations } from "./place";

/** Mail as rows of a directory. */

/** Spam and trash are in no day's list, but a label leads to them, so a day knows more than it shows. */
export const dayEntry = (day: string): Entry => directoryEntry(day, { unlisted: true });

export const labelEntry = (label: Label): Entry => ({
  ...blankEntry,
  segment: object("label", label.id),
  kind: "directory",
  title: label.name ?? label.id,
  extension: "",
});

/** The day that a message stands in, on the mount's clock. */
export const dayOfMessage = (message: Message, timeZone: string): string => dayAt(receivedAtMs(message), timeZone);

/**
 * Gmail's API tells no address of a message on the web; this form is what its own pages use
 * (https://support.google.com/mail, not documented for programs).
 */
const webUrlOf = (message: Message): string => `https://mail.google.com/mail/#all/${encodeURIComponent(message.threadId ?? message.id)}`;

export const messageEntry = (message: Message): Entry => ({
  ...blankEntry,
  segment: object("message", message.id),
  kind: "file",
  title: subjectOf(message),
  extension: ".md",
  mediaType: markdownType,
  createdAt: new Date(receivedAtMs(message)).toISOString(),
  modifiedAt: new Date(receivedAtMs(message)).toISOString(),
  webUrl: webUrlOf(message),
  companion: true,
});

/** The same below a label: it leads to the message in its day. */
export const labelledEntry = (message: Message, timeZone: string): Entry => {
  const { companion: _, ...entry } = messageEntry(message);
  return { ...entry, kind: "link", canonical: gmailLocations.message(dayOfMessage(message, timeZone), message.id) };
};

export const companionEntry = (message: Message): Entry => ({
  ...blankEntry,
  segment: { type: "object", kind: "message", externalId: message.id, companion: true },
  kind: "directory",
  title: subjectOf(message),
  extension: ".d",
});

export const attachmentsEntry = (): Entry => directoryEntry("attachments");

/** What can be read as text as well as downloaded. */
const textTypes = /^(?:text\/|application\/(?:json|xml|x-yaml|yaml)$)/;
const largestTextBytes = 1024 * 1024;

export const isTextAttachment = (attachment: Attachment): boolean =>
  textTypes.test(attachment.mediaType) && attachment.sizeBytes <= largestTextBytes;

export function attachmentEntry(message: Message, attachment: Attachment): Entry {
  const { stem, extension } = splitName(attachment.name);
  const receivedAt = new Date(receivedAtMs(message)).toISOString();
  // An extension is a few letters; what follows the last dot of a sentence is part of the name.
  const isExtension = /^\.[\p{L}\p{N}]{1,12}$/u.test(extension);
  return {
    ...blankEntry,
    segment: object("attachment", attachmentKey(message.id, attachment.partId)),
    kind: "file",
    title: isExtension ? stem : attachment.name,
    extension: isExtension ? extension : "",
    mediaType: isTextAttachment(attachment) ? `${attachment.mediaType}; charset=utf-8` : attachment.mediaType,
    sizeBytes: isTextAttachment(attachment) ? null : attachment.sizeBytes,
    createdAt: receivedAt,
    modifiedAt: receivedAt,
    ...(isTextAttachment(attachment) ? {} : { binary: true }),
  };
}
