import { HubError } from "@/server/errors";
import type { CallContext } from "@/server/transport/send";
import type { ReadFormat } from "@/server/vfs/node";
import type { Entry, EntryPage, Location, MountContext, OpenedFile, PrintedFile } from "@/server/vfs/tool-mount";
import { dayAt, dayPeriod, pageDays } from "../../../days";
import { fromBase64Url, type GmailApi } from "../../api/gmail";
import type { PageRequest } from "../../api/http";
import { decodeText, findUtf8 } from "../../format/message/charset";
import { printMessage, printMessageJson, printThread, receivedAtMs } from "../../format/message/message";
import { type Attachment, attachmentsOf } from "../../format/message/parts";
import type { Label, Message } from "../../schema/gmail";
import {
  type Area,
  type CapabilityCheck,
  chooseFormat,
  directoryEntry,
  isDirectory,
  isFile,
  jsonType,
  markdownType,
  nothingHere,
  printed,
  unsupported,
  wholePage,
} from "../area";
import { sliceStream } from "./bytes";
import { gmailKinds } from "./description";
import {
  attachmentEntry,
  attachmentsEntry,
  companionEntry,
  dayEntry,
  dayOfMessage,
  isTextAttachment,
  labelEntry,
  labelledEntry,
  messageEntry,
} from "./entries";
import { findFirstDay } from "./first-day";
import { type GmailPlace, gmailPlaceOf } from "./place";

/** Rows of a list carry ids alone, and each subject costs a call of 20 units of the 6,000 a minute: pages stay small. */
const messagesPerPage = 50;
/** How many of them are asked for at the same time. */
const atOnce = 10;

const mailType = "message/rfc822";

/** Gmail: messages by the day that they came in, and links to them by label and day. It is read, not changed. */
export function createGmailArea(options: {
  readonly api: GmailApi;
  readonly check: CapabilityCheck;
  /** Epoch milliseconds. */
  readonly now?: () => number;
}): Area {
  const { api, check } = options;
  const now = options.now ?? Date.now;

  function at(location: Location): GmailPlace {
    check.require("read:gmail");
    return gmailPlaceOf(location);
  }

  async function listDays(label: string | undefined, page: PageRequest, context: MountContext): Promise<EntryPage> {
    const last = dayAt(now(), context.timeZone);
    const first = await findFirstDay(api, label, last, context.timeZone, context.call);
    // An empty mailbox has today, where the first mail will be; an empty label has nothing.
    if (first === null && label !== undefined) return wholePage([]);
    const { names, nextCursor } = pageDays({ first: first ?? last, last, ...page });
    return { entries: names.map(label === undefined ? dayEntry : (day) => directoryEntry(day)), nextCursor };
  }

  /** The heads of these messages, those deleted meanwhile left out. */
  async function headsOf(ids: readonly string[], call: CallContext): Promise<readonly Message[]> {
    const heads: Message[] = [];
    for (let start = 0; start < ids.length; start += atOnce) {
      const some = await Promise.all(
        ids.slice(start, start + atOnce).map((id) =>
          api.getHead(id, call).catch((error: unknown) => {
            if (error instanceof HubError && error.code === "ENOENT") return null;
            throw error;
          }),
        ),
      );
      heads.push(...some.filter((head) => head !== null));
    }
    return heads;
  }

  async function listDay(day: string, label: string | undefined, page: PageRequest, context: MountContext): Promise<EntryPage> {
    const { startMs, endMs } = dayPeriod(day, context.timeZone);
    const filter = { fromMs: startMs, toMs: endMs, ...(label === undefined ? {} : { label }) };
    const { items, nextCursor } = await api.listMessages(filter, { ...page, limit: Math.min(page.limit, messagesPerPage) }, context.call);
    const heads = (await headsOf(items, context.call)).filter((head) => receivedAtMs(head) >= startMs && receivedAtMs(head) < endMs);
    const toEntry = label === undefined ? messageEntry : (head: Message) => labelledEntry(head, context.timeZone);
    return { entries: heads.map(toEntry), nextCursor };
  }

  async function getLabel(id: string, call: CallContext): Promise<Label> {
    const found = (await api.listLabels(call)).find((label) => label.id === id);
    if (found === undefined) throw new HubError("ENOENT", "Gmail has no such label.");
    return found;
  }

  /** A message where the path says it is; ENOENT where it is another day's, or has that label no more. */
  function checkPlace(message: Message, place: { readonly day: string; readonly label?: string }, context: MountContext): Message {
    const day = dayOfMessage(message, context.timeZone);
    if (day !== place.day) throw new HubError("ENOENT", `This message is in ${day}.`);
    if (place.label !== undefined && message.labelIds?.includes(place.label) !== true) {
      throw new HubError("ENOENT", "This message has that label no more.");
    }
    return message;
  }

  async function getAttachment(
    place: GmailPlace & { at: "attachment" },
    context: MountContext,
  ): Promise<{ message: Message; attachment: Attachment }> {
    const message = checkPlace(await api.getMessage(place.message, context.call), place, context);
    const attachment = attachmentsOf(message.payload).find(({ partId }) => partId === place.part);
    if (attachment === undefined) throw nothingHere();
    return { message, attachment };
  }

  async function list(directory: Location, page: PageRequest, context: MountContext): Promise<EntryPage> {
    const place = at(directory);
    const { call } = context;
    switch (place.at) {
      case "root":
        return wholePage([directoryEntry("messages"), directoryEntry("labels")]);
      case "days":
        return await listDays(undefined, page, context);
      case "day":
        return await listDay(place.day, undefined, page, context);
      case "labels":
        return wholePage((await api.listLabels(call)).map(labelEntry));
      case "label":
        await getLabel(place.label, call);
        return await listDays(place.label, page, context);
      case "labelDay":
        return await listDay(place.day, place.label, page, context);
      case "companion":
        checkPlace(await api.getHead(place.message, call), place, context);
        return wholePage([attachmentsEntry()]);
      case "attachments": {
        const message = checkPlace(await api.getMessage(place.message, call), place, context);
        return wholePage(attachmentsOf(message.payload).map((attachment) => attachmentEntry(message, attachment)));
      }
      default:
        throw isFile();
    }
  }

  async function stat(location: Location, context: MountContext): Promise<Entry> {
    const place = at(location);
    const { call } = context;
    switch (place.at) {
      case "root":
        return directoryEntry("gmail");
      case "days":
        return directoryEntry("messages");
      case "labels":
        return directoryEntry("labels");
      case "day":
        return dayEntry(place.day);
      case "label":
        return labelEntry(await getLabel(place.label, call));
      case "labelDay":
        await getLabel(place.label, call);
        return directoryEntry(place.day);
      case "message":
        return messageEntry(checkPlace(await api.getHead(place.message, call), place, context));
      case "labelled":
        return labelledEntry(checkPlace(await api.getHead(place.message, call), place, context), context.timeZone);
      case "companion":
        return companionEntry(checkPlace(await api.getHead(place.message, call), place, context));
      case "attachments":
        checkPlace(await api.getHead(place.message, call), place, context);
        return attachmentsEntry();
      case "attachment": {
        const { message, attachment } = await getAttachment(place, context);
        return attachmentEntry(message, attachment);
      }
    }
  }

  const fetchFor = (call: CallContext) => (messageId: string) => (attachmentId: string) => api.getAttachment(messageId, attachmentId, call);

  async function readMessage(
    place: GmailPlace & { at: "message" | "labelled" },
    as: ReadFormat | null,
    context: MountContext,
  ): Promise<PrintedFile> {
    const { call } = context;
    const format = chooseFormat(as, ["markdown", "thread", "json", "raw"]);
    const message = checkPlace(await api.getMessage(place.message, call), place, context);
    const entry = place.at === "message" ? messageEntry(message) : labelledEntry(message, context.timeZone);
    switch (format) {
      case "raw": {
        const text = findUtf8(await api.getRaw(message.id, call));
        if (text === null) throw unsupported("read", "This mail holds bytes that are no UTF-8 text. Download it instead.");
        return printed(text, mailType, entry);
      }
      case "thread":
        return printed(await printThread(await api.getThread(message.threadId ?? message.id, call), fetchFor(call)), markdownType, entry);
      case "json":
        return printed(await printMessageJson(message, await api.listLabels(call), fetchFor(call)), jsonType, entry);
      case "markdown":
        return printed(await printMessage(message, await api.listLabels(call), fetchFor(call)), markdownType, entry);
    }
  }

  async function readAttachment(
    place: GmailPlace & { at: "attachment" },
    as: ReadFormat | null,
    context: MountContext,
  ): Promise<PrintedFile> {
    const { message, attachment } = await getAttachment(place, context);
    const entry = attachmentEntry(message, attachment);
    if (as !== null && as !== "raw" && as !== "markdown") throw unsupported("read", `This file has no "${as}" format.`);
    if (!isTextAttachment(attachment)) throw unsupported("read", "This attachment is no text. Download it instead.");
    const bytes =
      attachment.attachmentId === null
        ? fromBase64Url(attachment.data ?? "")
        : await api.getAttachment(message.id, attachment.attachmentId, context.call);
    return printed(decodeText(bytes, attachment.charset), entry.mediaType ?? "text/plain; charset=utf-8", entry);
  }

  async function read(location: Location, as: ReadFormat | null, context: MountContext): Promise<PrintedFile> {
    const place = at(location);
    switch (place.at) {
      case "message":
      case "labelled":
        return await readMessage(place, as, context);
      case "attachment":
        return await readAttachment(place, as, context);
      default:
        throw isDirectory();
    }
  }

  async function open(
    location: Location,
    range: Parameters<NonNullable<Area["open"]>>[1]["range"],
    context: MountContext,
  ): Promise<OpenedFile> {
    const place = at(location);
    const { call } = context;
    if (place.at === "message" || place.at === "labelled") {
      const message = checkPlace(await api.getHead(place.message, call), place, context);
      // Gmail only estimates how long the whole mail is, so it comes whole.
      const body = await api.openRaw(message.id, call);
      return { entry: messageEntry(message), mediaType: mailType, sizeBytes: null, range: null, body };
    }
    if (place.at !== "attachment") throw isDirectory();
    const { message, attachment } = await getAttachment(place, context);
    const { sizeBytes, mediaType, charset } = attachment;
    if (range !== null && range.start >= Math.max(1, sizeBytes)) {
      throw new HubError("EINVAL", `The file has ${sizeBytes} bytes; the range begins behind its end.`);
    }
    const whole =
      attachment.attachmentId === null
        ? new Blob([new Uint8Array(fromBase64Url(attachment.data ?? ""))]).stream()
        : await api.openAttachment(message.id, attachment.attachmentId, call);
    const wanted = range === null ? null : { start: range.start, end: Math.min(range.end ?? sizeBytes - 1, sizeBytes - 1) };
    return {
      entry: attachmentEntry(message, attachment),
      mediaType: charset === null ? mediaType : `${mediaType}; charset=${charset}`,
      sizeBytes,
      range: wanted,
      body: wanted === null ? whole : sliceStream(whole, wanted.start, wanted.end),
    };
  }

  const readOnly = (): Promise<never> => Promise.reject(unsupported("write", "The hub reads Gmail and changes nothing in it."));

  return {
    name: "gmail",
    kinds: gmailKinds,
    list,
    stat,
    read,
    open: async (location, { range }, context) => await open(location, range, context),
    async plan(change) {
      check.require("read:gmail");
      throw unsupported(
        change.type === "create" || change.type === "update" || change.type === "upload" ? "write" : change.type,
        "The hub reads Gmail and changes nothing in it.",
      );
    },
    perform: readOnly,
  };
}
