import { HubError } from "@/server/errors";
import {
  invalidField,
  listOf,
  type ParsedField,
  type ParsedFile,
  parseFile,
  printFile,
  refuseUnknownKeys,
  textOf,
} from "../../front-matter";
import { type Mailbox, printMailbox, readMailboxes, toMailbox } from "../../mailboxes";
import { htmlToMarkdown, textToMarkdown } from "../../rich-text";
import { type FlagState, type Importance, type ItemBody, importances, type Message, type Recipient } from "../schema/mail";

/** Messages and drafts as files. */

/** The states of a flag, as files say them. */
export const flags = ["none", "flagged", "complete"] as const;
export type Flag = (typeof flags)[number];

const flagWords: Readonly<Record<FlagState, Flag>> = { notFlagged: "none", flagged: "flagged", complete: "complete" };
export const flagStateOf = (flag: Flag): FlagState => (flag === "none" ? "notFlagged" : flag);

/** A message's file taken apart, or about to be printed. */
export interface MessageFile {
  readonly subject: string;
  readonly read: boolean;
  readonly flag: Flag;
  readonly categories: readonly string[];
  readonly from: string | null;
  readonly to: readonly string[];
  readonly cc: readonly string[];
  readonly bcc: readonly string[];
  readonly reply_to: readonly string[];
  readonly received_at: string | null;
  readonly sent_at: string | null;
  readonly importance: Importance;
  readonly conversation_id: string | null;
  readonly message_id: string | null;
  readonly id: string;
  readonly body: string;
}

/** A draft's file taken apart, or about to be printed. */
export interface DraftFile {
  readonly subject: string;
  readonly to: readonly string[];
  readonly cc: readonly string[];
  readonly bcc: readonly string[];
  readonly importance: Importance;
  readonly categories: readonly string[];
  readonly created_at: string | null;
  readonly conversation_id: string | null;
  readonly id: string;
  readonly body: string;
}

export const messageWritableKeys = ["read", "flag", "categories"] as const;
export const messageReadOnlyKeys = [
  "subject",
  "from",
  "to",
  "cc",
  "bcc",
  "reply_to",
  "received_at",
  "sent_at",
  "importance",
  "conversation_id",
  "message_id",
  "id",
] as const;
export const draftWritableKeys = ["subject", "to", "cc", "bcc", "importance", "categories"] as const;
export const draftReadOnlyKeys = ["created_at", "conversation_id", "id"] as const;
/** Said once, when a draft is made as an answer. */
export const replyKeys = ["in_reply_to", "reply_all"] as const;

const quotedKeys: readonly string[] = ["received_at", "sent_at", "created_at", "conversation_id", "message_id", "id"];

const fieldsOf = (values: object, keys: readonly string[]) =>
  keys.map((name) => ({
    name,
    value: (values as Record<string, string | boolean | readonly string[] | null>)[name] ?? null,
    quoted: quotedKeys.includes(name),
  }));

/** The file of a message, keys in their fixed order; `parseMessageFile` is its inverse. */
export const printMessageFile = (file: MessageFile): string =>
  printFile(
    fieldsOf(file, [
      "subject",
      "from",
      "to",
      "cc",
      "bcc",
      "reply_to",
      "received_at",
      "sent_at",
      ...messageWritableKeys,
      "importance",
      "conversation_id",
      "message_id",
      "id",
    ]),
    file.body,
  );

/** The file of a draft, keys in their fixed order; `parseDraftFile` is its inverse. */
export const printDraftFile = (file: DraftFile): string =>
  printFile(fieldsOf(file, [...draftWritableKeys, ...draftReadOnlyKeys]), file.body);

/** A person of a message; null for an entry that names nobody. An entry without an address keeps its name. */
export function mailboxOf(recipient: Recipient | null | undefined): Mailbox | null {
  const { name, address } = recipient?.emailAddress ?? {};
  if (address !== null && address !== undefined && address !== "") return toMailbox(name, address);
  return name === null || name === undefined || name === "" ? null : { name: null, address: name };
}

const printRecipients = (recipients: readonly Recipient[]): readonly string[] =>
  recipients.flatMap((each) => {
    const mailbox = mailboxOf(each);
    return mailbox === null ? [] : [printMailbox(mailbox)];
  });

/** What is inside the document that Exchange puts around every body. */
export function innerHtml(html: string): string {
  const match = /<body\b[^>]*>([\s\S]*)<\/body\s*>/i.exec(html);
  return match?.[1] ?? html.replace(/<head\b[\s\S]*?<\/head\s*>/i, "");
}

/** A body as Markdown. */
export function bodyOf(body: ItemBody | null | undefined): string {
  const content = body?.content ?? "";
  if (content === "") return "";
  return body?.contentType.toLowerCase() === "text" ? textToMarkdown(content) : htmlToMarkdown(innerHtml(content), { breaks: true });
}

export const toMessageFile = (message: Message): MessageFile => {
  const from = mailboxOf(message.from ?? message.sender);
  return {
    subject: message.subject ?? "",
    read: message.isRead ?? false,
    flag: flagWords[message.flag?.flagStatus ?? "notFlagged"],
    categories: message.categories,
    from: from === null ? null : printMailbox(from),
    to: printRecipients(message.toRecipients),
    cc: printRecipients(message.ccRecipients),
    bcc: printRecipients(message.bccRecipients),
    reply_to: printRecipients(message.replyTo),
    received_at: message.receivedDateTime ?? null,
    sent_at: message.sentDateTime ?? null,
    importance: message.importance ?? "normal",
    conversation_id: message.conversationId ?? null,
    message_id: message.internetMessageId ?? null,
    id: message.id,
    body: bodyOf(message.body),
  };
};

export const toDraftFile = (message: Message): DraftFile => ({
  subject: message.subject ?? "",
  to: printRecipients(message.toRecipients),
  cc: printRecipients(message.ccRecipients),
  bcc: printRecipients(message.bccRecipients),
  importance: message.importance ?? "normal",
  categories: message.categories,
  created_at: message.createdDateTime ?? null,
  conversation_id: message.conversationId ?? null,
  id: message.id,
  body: bodyOf(message.body),
});

/** The message as its file says it: what etags are of. */
export const printMessage = (message: Message): string => printMessageFile(toMessageFile(message));
export const printDraft = (message: Message): string => printDraftFile(toDraftFile(message));

/** Messages of a conversation in one text, the oldest first, to be read. */
export function printConversation(messages: readonly Message[]): string {
  const oldestFirst = [...messages].sort(
    (one, other) => (one.receivedDateTime ?? "").localeCompare(other.receivedDateTime ?? "") || one.id.localeCompare(other.id),
  );
  return oldestFirst
    .map((message) => {
      const file = toMessageFile(message);
      const lines = [
        `## ${file.from ?? "Nobody"}, ${file.received_at ?? "not sent"}${message.isDraft === true ? " (draft)" : ""}`.replaceAll(
          /\s+/g,
          " ",
        ),
        ...(file.to.length === 0 ? [] : [`To: ${file.to.join(", ")}`]),
        ...(file.cc.length === 0 ? [] : [`Cc: ${file.cc.join(", ")}`]),
      ];
      // Quoted, so that a message's own headings are never taken for another message.
      const quoted = file.body.split(/\r\n|\r|\n/).map((line) => (line === "" ? ">" : `> ${line}`));
      return `${lines.join("\n\n")}\n\n${quoted.join("\n")}\n`;
    })
    .join("\n");
}

/** A message as normalised JSON. */
export function messageJson(message: Message): Readonly<Record<string, unknown>> {
  const { body: _body, ...file } = toMessageFile(message);
  return {
    ...file,
    draft: message.isDraft ?? false,
    has_attachments: message.hasAttachments ?? false,
    body: { content_type: message.body?.contentType ?? "html", content: message.body?.content ?? "" },
    url: message.webLink ?? null,
  };
}

/** What a caller's file says: only the keys that are there. */
export interface ParsedMessage {
  readonly values: { readonly read?: boolean; readonly flag?: Flag; readonly categories?: readonly string[] };
  readonly fields: ReadonlyMap<string, ParsedField>;
  readonly body: string | null;
}

export interface ParsedDraft {
  readonly values: {
    readonly subject?: string;
    readonly to?: readonly Mailbox[];
    readonly cc?: readonly Mailbox[];
    readonly bcc?: readonly Mailbox[];
    readonly importance?: Importance;
    readonly categories?: readonly string[];
  };
  readonly reply: { readonly in_reply_to: string; readonly all: boolean } | null;
  readonly fields: ReadonlyMap<string, ParsedField>;
  readonly body: string | null;
}

function readBoolean(key: string, field: ParsedField): boolean {
  const text = textOf(key, field)?.trim().toLowerCase();
  if (text !== "true" && text !== "false") throw invalidField(key, field, "true or false is expected.");
  return text === "true";
}

function readWord<W extends string>(key: string, field: ParsedField, words: readonly W[], whenNull: W): W {
  const text = textOf(key, field);
  if (text === null) return whenNull;
  const word = words.find((one) => one === text.trim().toLowerCase());
  if (word === undefined) throw invalidField(key, field, `"${text}" is none of ${words.join(", ")}.`, [...words]);
  return word;
}

/** Categories are a set: each once, without blanks at its edges. */
const readCategories = (field: ParsedField): readonly string[] =>
  [...new Set(listOf(field).map((each) => each.trim()))].filter((each) => each !== "");

function readers<V extends object>(file: ParsedFile) {
  return <K extends string & keyof V>(key: K, reader: (field: ParsedField) => NonNullable<V[K]>): { readonly [P in K]?: V[K] } => {
    const field = file.fields.get(key);
    return field === undefined ? {} : ({ [key]: reader(field) } as { [P in K]: V[K] });
  };
}

/** Takes a message's file apart; EINVAL names the key and the line of what is wrong. */
export function parseMessageFile(text: string): ParsedMessage {
  const file = parseFile(text);
  refuseUnknownKeys(file, [...messageWritableKeys, ...messageReadOnlyKeys]);
  const read = readers<ParsedMessage["values"]>(file);
  return {
    values: {
      ...read("read", (field) => readBoolean("read", field)),
      ...read("flag", (field) => readWord("flag", field, flags, "none")),
      ...read("categories", readCategories),
    },
    fields: file.fields,
    body: file.body,
  };
}

/** Takes a draft's file apart; EINVAL names the key and the line of what is wrong. */
export function parseDraftFile(text: string): ParsedDraft {
  const file = parseFile(text);
  refuseUnknownKeys(file, [...draftWritableKeys, ...draftReadOnlyKeys, ...replyKeys]);
  const read = readers<ParsedDraft["values"]>(file);
  const people = (key: "to" | "cc" | "bcc") => read(key, (field) => readMailboxes(key, field));
  const replyField = file.fields.get("in_reply_to");
  const inReplyTo = replyField === undefined ? null : textOf("in_reply_to", replyField);
  const allField = file.fields.get("reply_all");
  if (allField !== undefined && inReplyTo === null)
    throw invalidField("reply_all", allField, "it goes with in_reply_to, which is missing.");
  return {
    values: {
      ...read("subject", (field) => textOf("subject", field) ?? ""),
      ...people("to"),
      ...people("cc"),
      ...people("bcc"),
      ...read("importance", (field) => readWord("importance", field, importances, "normal")),
      ...read("categories", readCategories),
    },
    reply: inReplyTo === null ? null : { in_reply_to: inReplyTo, all: allField === undefined ? false : readBoolean("reply_all", allField) },
    fields: file.fields,
    body: file.body,
  };
}

/** EINVAL where a file changes what is Microsoft's own; what is left out or as it was passes. */
export function refuseReadOnly(
  keys: readonly string[],
  wanted: ReadonlyMap<string, ParsedField>,
  base: ReadonlyMap<string, ParsedField>,
  message = "this cannot be changed here; leave it as it was or out.",
): void {
  for (const key of keys) {
    const field = wanted.get(key);
    if (field !== undefined && JSON.stringify(field.value) !== JSON.stringify(base.get(key)?.value ?? null))
      throw invalidField(key, field, message);
  }
}

/** The HTML that Graph gives for a body; ENOTSUP names what of it a Markdown body would lose. */
export function refuseLoss(lost: readonly string[]): void {
  if (lost.length === 0) return;
  throw new HubError(
    "ENOTSUP",
    `The body holds what Markdown cannot carry back: ${lost.join(", ")}. Change it in Outlook; the fields above it can be changed here.`,
    {
      details: { operation: "write" },
    },
  );
}
