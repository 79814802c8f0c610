import { HubError } from "@/server/errors";
import type { ToolResponse } from "@/server/transport/send";
import type { ReadFormat } from "@/server/vfs/node";
import type { Entry, EntryPage, Location, MountContext, OpenedFile, PrintedFile } from "@/server/vfs/tool-mount";
import { dayAt, dayPeriod, pageDays } from "../../../days";
import { listAll, type Page } from "../../api/http";
import type { Microsoft365Api } from "../../api/microsoft-365-api";
import { messageJson, printConversation, printDraft, printMessage } from "../../format/message";
import type { MessageRow } from "../../schema/mail";
import {
  type Area,
  chooseFormat,
  firstList,
  isDirectory,
  isFile,
  json,
  notThere,
  printed,
  secondList,
  toEntries,
  twoLists,
  unsupported,
  wholePage,
} from "../area";
import {
  attachmentEntry,
  attachmentsEntry,
  companionEntry,
  dayEntry,
  draftsEntry,
  folderEntry,
  mailEntry,
  messageEntry,
  outboxEntry,
} from "./entries";
import { createMailbox } from "./mailbox";
import { performMail } from "./perform";
import { type Folders, type ItemPlace, mailPlaceOf } from "./place";
import { planCreate, planDraftUpdate, planMessageUpdate, planMove, planRemove } from "./plan";

function opened({ stream }: ToolResponse): ReadableStream<Uint8Array> {
  if (stream === null) throw new HubError("EIO", "Microsoft's answer has no content.");
  return stream;
}

/** A conversation is read whole up to here. */
const maxConversation = 500;

/** A message that carries bytes which are no UTF-8 text is downloaded, since no text could be the same message. */
function textOfMime(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new HubError("ENOTSUP", "This message is not UTF-8 text: download it.", { details: { operation: "read" }, cause });
  }
}

interface PageWish {
  readonly cursor: string | null;
  readonly limit: number;
}

/** Mail: folders with their days, the drafts, and the outbox. `now` gives epoch milliseconds. */
export function createMailArea({ api, now }: { readonly api: Microsoft365Api; readonly now: () => number }): Area {
  const { mail } = api;
  const mailbox = createMailbox(mail);

  async function getRowAt(place: ItemPlace, context: MountContext): Promise<MessageRow> {
    const row = await mail.getMessageRow(place.id, context.call);
    await mailbox.requireAt(row, place, context);
    return row;
  }

  /** The days of a folder: from its oldest message to today. */
  async function daysOf(folder: string, context: MountContext): Promise<{ readonly first: string; readonly last: string }> {
    const today = dayAt(now(), context.timeZone);
    const oldest = await mail.findOldest(folder, context.call);
    const first = oldest === null ? today : dayAt(Date.parse(oldest), context.timeZone);
    return { first: first < today ? first : today, last: today };
  }

  async function stat(location: Location, context: MountContext): Promise<Entry> {
    const place = mailPlaceOf(location);
    switch (place.at) {
      case "mail":
        return mailEntry();
      case "drafts":
        return draftsEntry();
      case "outbox":
        return outboxEntry();
      case "folder":
        return folderEntry(await mailbox.getFolderAt(place.folders, context.call));
      case "day": {
        const folder = await mailbox.getFolderAt(place.folders, context.call);
        const { first, last } = await daysOf(folder.id, context);
        if (place.day < first || place.day > last) throw notThere();
        return dayEntry(place.day);
      }
      case "message":
      case "draft":
      case "outgoing":
        return messageEntry(await getRowAt(place, context), place.at);
      case "companion":
        return companionEntry(await getRowAt(place.item, context), place.item.at);
      case "attachments":
        await getRowAt(place.item, context);
        return attachmentsEntry();
      case "attachment":
        await getRowAt(place.item, context);
        return attachmentEntry(await mail.getAttachment(place.item.id, place.attachment, context.call));
    }
  }

  /** At the top: the drafts and the outbox under their names, then the other folders. */
  async function listTop({ cursor, limit }: PageWish, context: MountContext): Promise<EntryPage> {
    const [folders, known] = await Promise.all([
      mail.listFolders(null, { next: cursor, limit }, context.call),
      mailbox.knownFolders(context.call),
    ]);
    const { entries, nextCursor } = folderEntries(folders, [known.drafts, known.outbox]);
    return { entries: [...(cursor === null ? [draftsEntry(), outboxEntry()] : []), ...entries], nextCursor };
  }

  /** Folders that only show what other folders hold are left out. */
  function folderEntries(page: Page<Awaited<ReturnType<typeof mail.getFolder>>>, without: readonly string[]): EntryPage {
    const own = page.items.filter((folder) => folder["@odata.type"]?.endsWith("mailSearchFolder") !== true && !without.includes(folder.id));
    return toEntries({ items: own, next: page.next }, folderEntry);
  }

  /** In a folder: its folders, then its days, the newest first. */
  async function listFolder(folders: Folders, { cursor, limit }: PageWish, context: MountContext): Promise<EntryPage> {
    const { list, next } = twoLists(cursor);
    const id = folders.at(-1) ?? "";
    if (list === "first") {
      const page = folderEntries(await mail.listFolders(id, { next, limit }, context.call), []);
      if (page.nextCursor !== null) return { ...page, nextCursor: firstList(page.nextCursor) };
      if (page.entries.length > 0) return { ...page, nextCursor: secondList(null) };
    }
    const { names, nextCursor } = pageDays({ ...(await daysOf(id, context)), cursor: list === "first" ? null : next, limit });
    return { entries: names.map(dayEntry), nextCursor: nextCursor === null ? null : secondList(nextCursor) };
  }

  async function listMessages(
    folder: string,
    at: ItemPlace["at"],
    day: string | null,
    { cursor, limit }: PageWish,
    context: MountContext,
  ): Promise<EntryPage> {
    const period = day === null ? null : dayPeriod(day, context.timeZone);
    const span = period === null ? null : { from: new Date(period.startMs).toISOString(), to: new Date(period.endMs).toISOString() };
    return toEntries(await mail.listMessages(folder, span, { next: cursor, limit }, context.call), (row) => messageEntry(row, at));
  }

  async function list(location: Location, page: PageWish, context: MountContext): Promise<EntryPage> {
    const place = mailPlaceOf(location);
    switch (place.at) {
      case "mail":
        return await listTop(page, context);
      case "drafts":
        return await listMessages("drafts", "draft", null, page, context);
      case "outbox":
        return await listMessages("outbox", "outgoing", null, page, context);
      case "folder":
        return await listFolder(place.folders, page, context);
      case "day":
        return await listMessages(place.folders.at(-1) ?? "", "message", place.day, page, context);
      case "companion":
        await getRowAt(place.item, context);
        return wholePage([attachmentsEntry()]);
      case "attachments": {
        const { item } = place;
        return toEntries(await mail.listAttachments(item.id, { next: page.cursor, limit: page.limit }, context.call), attachmentEntry);
      }
      default:
        throw isFile();
    }
  }

  async function read(location: Location, as: ReadFormat | null, context: MountContext): Promise<PrintedFile> {
    const place = mailPlaceOf(location);
    if (place.at === "attachment") throw unsupported("read", "An attachment is bytes: download it.");
    if (place.at !== "message" && place.at !== "draft" && place.at !== "outgoing") throw isDirectory();
    const format = chooseFormat(as, ["markdown", "thread", "json", "raw"]);
    const message = await mail.getMessage(place.id, context.call);
    await mailbox.requireAt(message, place, context);
    const entry = messageEntry(message, place.at);
    if (format === "raw") return printed(textOfMime(await mail.getMime(place.id, context.call)), format, entry, "message/rfc822");
    if (format === "json") return printed(json(messageJson(message)), format, entry);
    if (format === "thread") {
      const { conversationId } = message;
      const messages =
        conversationId === null || conversationId === undefined
          ? [message]
          : await listAll((page) => mail.listConversation(conversationId, page, context.call), maxConversation);
      return printed(printConversation(messages), format, entry);
    }
    return printed(place.at === "draft" ? printDraft(message) : printMessage(message), format, entry);
  }

  return {
    stat,
    list,
    read,
    // Outlook gives messages and attachments whole: a range is not asked for, and the whole comes (RFC 9110 §14.2 lets a server do so).
    async open(location, _options, context): Promise<OpenedFile> {
      const place = mailPlaceOf(location);
      if (place.at === "message" || place.at === "draft" || place.at === "outgoing") {
        const row = await getRowAt(place, context);
        const body = opened(await mail.openMime(place.id, context.call));
        return { entry: messageEntry(row, place.at), mediaType: "message/rfc822", sizeBytes: null, range: null, body };
      }
      if (place.at !== "attachment") throw isDirectory();
      await getRowAt(place.item, context);
      const attachment = await mail.getAttachment(place.item.id, place.attachment, context.call);
      if (attachment["@odata.type"]?.endsWith("referenceAttachment") === true) {
        throw unsupported("read", "This attachment is a link to a file elsewhere; open the message in Outlook.");
      }
      const body = opened(await mail.openAttachment(place.item.id, place.attachment, context.call));
      const entry = attachmentEntry(attachment);
      return { entry, mediaType: entry.mediaType ?? "application/octet-stream", sizeBytes: null, range: null, body };
    },
    async plan(change, context) {
      const place = mailPlaceOf(change.type === "create" || change.type === "upload" ? change.parent : change.location);
      switch (change.type) {
        case "create":
          if (place.at === "outbox")
            throw unsupported("write", "Write a draft into mail/drafts, then move it to mail/outbox: that sends it.");
          if (place.at !== "drafts") throw unsupported("write", "Mail is written as a draft, in mail/drafts.");
          return await planCreate(change, mail, context);
        case "update":
          if (place.at === "draft") return await planDraftUpdate(change, place, mail, context);
          if (place.at === "message") return await planMessageUpdate(change, place, mail, context);
          throw unsupported("write", "This cannot be changed here.");
        case "move":
          if (place.at !== "draft" && place.at !== "message" && place.at !== "outgoing")
            throw unsupported("move", "Only messages and drafts can be moved here.");
          return await planMove(change, place, mail, mailbox, context);
        case "remove":
          if (place.at !== "draft" && place.at !== "message" && place.at !== "outgoing")
            throw unsupported("remove", "Only messages and drafts can be removed here.");
          return await planRemove(place, mail, mailbox, context);
        case "append":
          throw unsupported("append", "Nothing is appended to mail; write a draft.");
        case "upload":
          throw unsupported("write", "Files cannot be attached here; attach them in Outlook.");
      }
    },
    perform: (step, context) => performMail(step, mail, mailbox, context),
  };
}
