import { momentOf } from "../../company/moments";
import type { Company, MailSeed } from "../../company/work";
import { idAlphabets, stableId } from "../../ids";
import type { Account } from "../area";
import { attachmentPart, encodeMailbox, encodeWords, multipart, textPart } from "./mime";
import { emptyMailbox, type Mailbox, type StoredMessage } from "./store";

/** The company's mail in the mailboxes of who sent and received it. */

export interface SeededMail {
  readonly company: Company;
  readonly mail: MailSeed;
  /** The one before it in its conversation. */
  readonly answers: string | null;
}

/** All mails of all companies by `<company>/<key>`. */
export type SeededMails = ReadonlyMap<string, SeededMail>;

const wordOf = (company: Company, key: string): string => `${company.urlKey}/${key}`;

export function seededMails(companies: readonly Company[]): SeededMails {
  const found = new Map<string, SeededMail>();
  for (const company of companies) {
    const last = new Map<string, MailSeed>();
    for (const mail of company.mails.toSorted((a, b) => b.daysAgo - a.daysAgo || a.at.localeCompare(b.at))) {
      found.set(wordOf(company, mail.key), { company, mail, answers: last.get(mail.thread)?.key ?? null });
      last.set(mail.thread, mail);
    }
  }
  return found;
}

const named = /^(.*?)\s*<([^<>]+)>$/;

export interface Person {
  readonly name: string | null;
  readonly address: string;
}

/** A handle, or `Name <address>`; people who left have no account and keep their address. */
export function personOf(text: string, company: Company): Person {
  const member = company.people.find(({ handle }) => handle === text);
  if (member !== undefined) return { name: member.name, address: member.email };
  const [, name = "", address] = named.exec(text) ?? [];
  return { name: name === "" ? null : name, address: (address ?? text).toLowerCase() };
}

export const messageIdOf = (company: Company, key: string): string =>
  `<${stableId(idAlphabets.base32hex, 20, "message", company.urlKey, key)}@mail.${company.urlKey}.example>`;

const isText = (mediaType: string): boolean => mediaType.startsWith("text/");

/** The bytes of a company's mail, as latin1 text. */
export function writeMail({ company, mail, answers }: SeededMail, internalDateMs: number): string {
  const people = (list: readonly string[]) =>
    list.map((one) => encodeMailbox(personOf(one, company).name, personOf(one, company).address)).join(",\r\n ");
  const references =
    answers === null ? [] : [`In-Reply-To: ${messageIdOf(company, answers)}`, `References: ${messageIdOf(company, answers)}`];
  const boundary = (word: string) => stableId(idAlphabets.hex, 24, word, company.urlKey, mail.key);
  const plain = textPart(mail.text, "plain");
  const body = mail.html === undefined ? plain : multipart("alternative", boundary("alternative"), [plain, textPart(mail.html, "html")]);
  const attachments = (mail.attachments ?? []).map(({ name, mediaType, text }) =>
    attachmentPart(name, mediaType, isText(mediaType) ? Buffer.from(text) : Buffer.from(text, "base64")),
  );
  const source = [
    `Date: ${new Date(internalDateMs).toUTCString().replace("GMT", "+0000")}`,
    `From: ${people([mail.from])}`,
    `To: ${people(mail.to)}`,
    ...(mail.cc === undefined || mail.cc.length === 0 ? [] : [`Cc: ${people(mail.cc)}`]),
    ...(mail.subject === "" ? [] : [`Subject: ${encodeWords(mail.subject)}`]),
    `Message-ID: ${messageIdOf(company, mail.key)}`,
    ...references,
    "MIME-Version: 1.0",
    attachments.length === 0 ? body : multipart("mixed", boundary("mixed"), [body, ...attachments]),
  ].join("\r\n");
  return Buffer.from(source).toString("latin1");
}

const userLabelId = (name: string): string => `Label_${stableId(idAlphabets.decimal, 18, "label", name)}`;

function labelled(mailbox: Mailbox, name: string): string {
  const id = userLabelId(name);
  mailbox.labels.set(id, { id, name, type: "user" });
  return id;
}

/** Labels of a copy: the sender's is in SENT, a receiver's where the seed says. */
function labelsOf(mailbox: Mailbox, mail: MailSeed, isSender: boolean): readonly string[] {
  const own = (mail.labels ?? []).map((name) => labelled(mailbox, name));
  if (isSender) return ["SENT", ...own];
  const folder = mail.folder ?? "inbox";
  const place = { inbox: ["INBOX"], archive: [], sent: [], spam: ["SPAM"], junk: ["SPAM"], trash: ["TRASH"] }[folder.toLowerCase()];
  return [
    ...(place ?? [labelled(mailbox, folder)]),
    ...own,
    ...(mail.unread === true ? ["UNREAD"] : []),
    ...(mail.flagged === true ? ["STARRED"] : []),
  ];
}

const mailboxWord = (company: string, address: string): string => `${company} ${address}`;

/** The mails that each account of a company sent or received; who takes part is looked up once a mail. */
export function mailsOfAccounts(mails: SeededMails): (account: Account) => readonly SeededMail[] {
  const found = new Map<string, SeededMail[]>();
  const addresses = new Map<string, string>();
  for (const one of mails.values()) {
    const { company, mail } = one;
    const addressOf = (text: string): string => {
      const key = `${company.urlKey} ${text}`;
      const address = addresses.get(key) ?? personOf(text, company).address;
      addresses.set(key, address);
      return address;
    };
    for (const address of new Set([mail.from, ...mail.to, ...(mail.cc ?? [])].map(addressOf))) {
      const word = mailboxWord(company.urlKey, address);
      const list = found.get(word);
      if (list === undefined) found.set(word, [one]);
      else list.push(one);
    }
  }
  return ({ company, email }) => found.get(mailboxWord(company, email)) ?? [];
}

/** A mailbox as it is before anybody writes; `nowMs` is when the sandbox was seeded. */
export function seedMailbox(account: Account, mails: readonly SeededMail[], nowMs: number): Mailbox {
  const mailbox = emptyMailbox();
  const threads = new Map<string, string>();
  for (const { company, mail } of mails) {
    const id = stableId(idAlphabets.hex, 16, "mail", account.email, mail.key);
    const threadId = threads.get(mail.thread) ?? id;
    threads.set(mail.thread, threadId);
    mailbox.historyId += 1;
    const message: StoredMessage = {
      id,
      threadId,
      labelIds: labelsOf(mailbox, mail, personOf(mail.from, company).address === account.email),
      internalDateMs: Math.floor(momentOf(nowMs, mail)),
      historyId: mailbox.historyId,
      source: { mail: wordOf(company, mail.key) },
    };
    mailbox.messages.set(id, message);
  }
  return mailbox;
}
