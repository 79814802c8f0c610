import { randomUUID } from "node:crypto";
import { found, type GraphContext, newKey, touch } from "../context";
import { outlookNotFound } from "../failures";
import { readContainerId, readItemId, seedGuid } from "../ids";
import type { Address, AttachmentRow, FolderRow, Mailbox, MessageRow, User } from "../rows";
import type { Store } from "../store";
import { messageId } from "./views";

/** Finding, making, moving and sending messages. */

export const wellKnownFolders = ["inbox", "drafts", "sentitems", "deleteditems", "archive", "junkemail", "outbox"] as const;

export const addressOfUser = (user: User): Address => ({ name: user.displayName, address: user.mail });

/** A folder by its id or its well-known name; 404 for none. */
export function findFolder(mailbox: Mailbox, idOrName: string): FolderRow {
  const known = mailbox.folders.get(idOrName.toLowerCase());
  if (known !== undefined && known.wellKnown !== null) return known;
  const id = readContainerId(idOrName);
  if (id.mailbox !== mailbox.userId || id.type !== "mailFolder") throw outlookNotFound();
  return found(mailbox.folders.get(id.key));
}

/** A message by an id of either kind; 404 for none, and for a default id from before a move. */
export function findMessage(context: GraphContext, text: string): MessageRow {
  const { mailbox } = context;
  const id = readItemId(text);
  if (id.mailbox !== mailbox.userId || id.type !== "message") throw outlookNotFound();
  const row = found(mailbox.messages.get(id.key));
  if (id.moves !== null && id.moves !== row.moves) throw outlookNotFound();
  return row;
}

export function newAttachment(mailbox: Mailbox, store: Store) {
  return (fields: Omit<AttachmentRow, "key" | "modifiedAt">): AttachmentRow => ({
    ...fields,
    key: newKey(mailbox),
    modifiedAt: store.writeTime(),
  });
}

/** A new message in a mailbox, empty but for what is given. */
export function addMessage(store: Store, mailbox: Mailbox, fields: Partial<MessageRow> & { readonly folder: string }): MessageRow {
  const now = store.writeTime();
  mailbox.seq += 1;
  const row: MessageRow = {
    key: newKey(mailbox),
    createdAt: now,
    modifiedAt: now,
    version: 1,
    seq: mailbox.seq,
    categories: [],
    extended: {},
    moves: 0,
    subject: "",
    body: { contentType: "html", content: "" },
    from: null,
    to: [],
    cc: [],
    bcc: [],
    replyTo: [],
    receivedAt: now,
    sentAt: now,
    isRead: true,
    isDraft: false,
    importance: "normal",
    flag: "notFlagged",
    conversation: Buffer.from(seedGuid("conversation", randomUUID())).toString("base64url"),
    internetMessageId: `<${randomUUID()}@sandbox.example>`,
    inReplyTo: null,
    attachments: [],
    ...fields,
  };
  mailbox.messages.set(row.key, row);
  return row;
}

/** Moves a message; for delta it leaves the one folder and comes to the other. */
export function moveTo(context: GraphContext, row: MessageRow, folder: FolderRow): void {
  const { mailbox } = context;
  const left = row.folder;
  const id = messageId(context, row);
  row.folder = folder.key;
  row.moves += 1;
  touch(context, row);
  mailbox.tombstones.push({ id, type: "message", container: left, seq: row.seq });
}

/** Takes a message out of the mailbox for good. */
export function removeMessage(context: GraphContext, row: MessageRow): void {
  const { mailbox } = context;
  const id = messageId(context, row);
  mailbox.messages.delete(row.key);
  mailbox.seq += 1;
  mailbox.tombstones.push({ id, type: "message", container: row.folder, seq: mailbox.seq });
}

/** Every receiver who lives here gets a copy in the inbox; hidden receivers stay hidden. */
function deliver(store: Store, row: MessageRow): void {
  const addresses = new Set([...row.to, ...row.cc, ...row.bcc].map(({ address }) => address.toLowerCase()));
  for (const address of addresses) {
    const receiver = store.findByAddress(address);
    if (receiver === null) continue;
    addMessage(store, store.mailboxOf(receiver.id), {
      folder: "inbox",
      subject: row.subject,
      body: row.body,
      from: row.from,
      to: row.to,
      cc: row.cc,
      replyTo: row.replyTo,
      sentAt: row.sentAt,
      isRead: false,
      importance: row.importance,
      conversation: row.conversation,
      internetMessageId: row.internetMessageId,
      inReplyTo: row.inReplyTo,
      attachments: row.attachments,
    });
  }
}

/** Sends a message of the mailbox: it goes to the outbox, and from there to Sent Items. */
export function send(context: GraphContext, row: MessageRow): void {
  const { store } = context;
  row.isDraft = false;
  row.isRead = true;
  row.from = addressOfUser(context.user);
  row.sentAt = store.writeTime();
  row.receivedAt = row.sentAt;
  moveTo(context, row, found(context.mailbox.folders.get("outbox")));
  deliver(store, row);
  settleOutbox(context);
}

/** What has been in the outbox long enough is in Sent Items now. */
export function settleOutbox(context: GraphContext): void {
  const { mailbox, store, settings } = context;
  for (const row of mailbox.messages.values()) {
    if (
      row.folder === "outbox" &&
      !row.isDraft &&
      Date.parse(row.sentAt) + settings.sendDelayMs <= Math.max(store.nowMs(), Date.parse(row.sentAt))
    ) {
      moveTo(context, row, found(mailbox.folders.get("sentitems")));
    }
  }
}
