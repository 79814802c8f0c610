import { momentOf } from "../../company/moments";
import type { MailSeed } from "../../company/work";
import { seedGuid } from "../ids";
import { storedHtml } from "../mail/html";
import type { AttachmentRow, Body, Mailbox, MessageRow, User } from "../rows";
import { isoOf, type SeedWorld, seedItem } from "./world";

/** The company's mails, in the folders of everybody who sent or got them. */

/** The folder's key; a folder that nobody made yet is made. */
function folderOf(mailbox: Mailbox, name: string): string {
  if (["inbox", "archive"].includes(name)) return name;
  if (name === "sent") return "inbox";
  const key = `folder-${name}`;
  if (!mailbox.folders.has(key)) {
    mailbox.seq += 1;
    mailbox.folders.set(key, { key, displayName: name, parent: null, wellKnown: null, isHidden: false, seq: mailbox.seq });
  }
  return key;
}

const bytesOf = (mediaType: string, text: string): Uint8Array =>
  new Uint8Array(Buffer.from(text, mediaType.startsWith("text/") ? "utf8" : "base64"));

const attachmentsOf = (mail: MailSeed, at: string): readonly AttachmentRow[] =>
  (mail.attachments ?? []).map(({ name, mediaType, text }, index) => ({
    key: `${mail.key}-${index}`,
    name,
    contentType: mediaType,
    bytes: bytesOf(mediaType, text),
    isInline: false,
    contentId: null,
    modifiedAt: at,
  }));

const bodyOf = (mail: MailSeed): Body =>
  mail.html === undefined ? { contentType: "text", content: mail.text } : { contentType: "html", content: storedHtml(mail.html) };

const messageIdOf = (world: SeedWorld, mail: MailSeed): string =>
  `<${seedGuid("mail", world.company.urlKey, mail.key)}@${world.company.urlKey}.example>`;

export function seedMails(world: SeedWorld): void {
  const { company, people, nowMs } = world;
  const lastOfThread = new Map<string, string>();
  for (const mail of company.mails) {
    const at = isoOf(momentOf(nowMs, mail));
    const sender = people.find(mail.from);
    const receivers = [...mail.to, ...(mail.cc ?? [])].map((each) => people.find(each)).filter((user): user is User => user !== null);
    const internetMessageId = messageIdOf(world, mail);
    const attachments = attachmentsOf(mail, at);
    const body = bodyOf(mail);
    const place = (user: User, folder: string, more: Partial<MessageRow>): void => {
      const mailbox = world.mailboxOf(user);
      const key = `${mail.key}-${folder}`;
      const row: MessageRow = {
        ...seedItem(mailbox, key, at),
        folder,
        moves: 0,
        subject: mail.subject.slice(0, 255),
        body,
        from: people.addressOf(mail.from),
        to: mail.to.map(people.addressOf),
        cc: (mail.cc ?? []).map(people.addressOf),
        bcc: [],
        replyTo: [],
        receivedAt: at,
        sentAt: at,
        isRead: true,
        isDraft: false,
        importance: "normal",
        flag: "notFlagged",
        conversation: Buffer.from(seedGuid("thread", company.urlKey, mail.thread)).toString("base64url"),
        internetMessageId,
        inReplyTo: lastOfThread.get(mail.thread) ?? null,
        attachments,
        ...more,
      };
      mailbox.messages.set(key, row);
    };
    if (sender !== null) place(sender, "sentitems", {});
    for (const user of receivers) {
      place(user, folderOf(world.mailboxOf(user), mail.folder ?? "inbox"), {
        isRead: mail.unread !== true,
        flag: mail.flagged === true ? "flagged" : "notFlagged",
        categories: [...(mail.labels ?? [])],
      });
    }
    lastOfThread.set(mail.thread, internetMessageId);
  }
  seedDrafts(world);
}

/** Who administers a company has begun a mail. */
function seedDrafts(world: SeedWorld): void {
  const { company, people, nowMs } = world;
  for (const { handle, admin, left } of company.people) {
    const user = people.find(handle);
    if (admin !== true || left === true || user === null) continue;
    const mailbox = world.mailboxOf(user);
    const at = isoOf(nowMs - 3 * 3_600_000);
    mailbox.messages.set("draft-1", {
      ...seedItem(mailbox, "draft-1", at),
      folder: "drafts",
      moves: 0,
      subject: "Next quarter, a first thought",
      body: {
        contentType: "html",
        content: storedHtml("<p>Hello everybody,</p><ul><li>what goes well</li><li>what we <strong>stop</strong></li></ul>"),
      },
      from: { name: user.displayName, address: user.mail },
      to: [],
      cc: [],
      bcc: [],
      replyTo: [],
      receivedAt: at,
      sentAt: at,
      isRead: true,
      isDraft: true,
      importance: "normal",
      flag: "notFlagged",
      conversation: Buffer.from(seedGuid("draft", company.urlKey, handle)).toString("base64url"),
      internetMessageId: `<${seedGuid("draft-id", company.urlKey, handle)}@${company.urlKey}.example>`,
      inReplyTo: null,
      attachments: [],
    });
  }
}
