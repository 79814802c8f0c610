import { type PrintedField, printFile } from "../../../front-matter";
import { type Mailbox, printMailbox } from "../../../mailboxes";
import type { Label, Message, Thread } from "../../schema/gmail";
import { findAddresses, findHeader, findTextHeader } from "./headers";
import { attachmentsOf, type FetchPart, partToMarkdown } from "./parts";

/** Gmail's messages as files, to be read. */

export const subjectOf = (message: Message): string => findTextHeader(message.payload, "Subject") ?? "";

/** When Gmail took it in, which also orders it (epoch milliseconds). */
export const receivedAtMs = (message: Message): number => Number(message.internalDate);

const receivedAt = (message: Message): string => new Date(receivedAtMs(message)).toISOString();

const people = (message: Message, header: string): readonly Mailbox[] => findAddresses(message.payload, header);

/** Names of a message's labels, by the list of all of them; a label that was deleted meanwhile is its id. */
export const labelNamesOf = (message: Message, labels: readonly Label[]): readonly string[] =>
  (message.labelIds ?? []).map((id) => labels.find((label) => label.id === id)?.name ?? id).toSorted();

const partsOf = (fetchFor: (messageId: string) => FetchPart, message: Message): Promise<string> =>
  message.payload ? partToMarkdown(message.payload, fetchFor(message.id)) : Promise.resolve("");

/** How a part that came by reference is fetched, for a message. */
export type FetchFor = (messageId: string) => FetchPart;

function fieldsOf(message: Message, labels: readonly Label[]): readonly PrintedField[] {
  const list = (header: string) => people(message, header).map(printMailbox);
  const [from = null] = list("From");
  return [
    { name: "subject", value: subjectOf(message) },
    { name: "from", value: from },
    { name: "to", value: list("To") },
    { name: "cc", value: list("Cc") },
    { name: "bcc", value: list("Bcc") },
    { name: "reply_to", value: list("Reply-To") },
    { name: "date", value: receivedAt(message), quoted: true },
    { name: "labels", value: labelNamesOf(message, labels) },
    { name: "attachments", value: attachmentsOf(message.payload).map(({ name }) => name) },
    { name: "message_id", value: findHeader(message.payload, "Message-ID"), quoted: true },
    { name: "in_reply_to", value: findHeader(message.payload, "In-Reply-To"), quoted: true },
    { name: "thread", value: message.threadId ?? null, quoted: true },
    { name: "id", value: message.id, quoted: true },
  ];
}

/** The message as Markdown, its text decoded and made safe. */
export const printMessage = async (message: Message, labels: readonly Label[], fetchFor: FetchFor): Promise<string> =>
  printFile(fieldsOf(message, labels), await partsOf(fetchFor, message));

/** Quoted, so that a mail's own headings are never taken for another mail. */
const quote = (body: string): string =>
  body
    .split("\n")
    .map((line) => (line === "" ? ">" : `> ${line}`))
    .join("\n");

/** A conversation in one text, the oldest mail first. */
export async function printThread(thread: Thread, fetchFor: FetchFor): Promise<string> {
  const messages = thread.messages.toSorted((a, b) => receivedAtMs(a) - receivedAtMs(b));
  const title = messages[0] === undefined ? "" : subjectOf(messages[0]);
  const texts: string[] = [];
  for (const message of messages) {
    const [from] = people(message, "From");
    const files = attachmentsOf(message.payload).map(({ name }) => name);
    const heading = `## ${from === undefined ? "Nobody" : printMailbox(from)}, ${receivedAt(message)}`.replaceAll(/\s+/g, " ");
    const body = await partsOf(fetchFor, message);
    texts.push([heading, ...(files.length === 0 ? [] : [`Attachments: ${files.join(", ")}`]), quote(body)].join("\n\n"));
  }
  return `# ${title === "" ? "(no subject)" : title}\n\n${texts.join("\n\n")}\n`;
}

/** The message as normalised JSON. */
export async function printMessageJson(message: Message, labels: readonly Label[], fetchFor: FetchFor): Promise<string> {
  const list = (header: string) => people(message, header);
  const value = {
    id: message.id,
    thread_id: message.threadId ?? null,
    subject: subjectOf(message),
    from: list("From")[0] ?? null,
    to: list("To"),
    cc: list("Cc"),
    bcc: list("Bcc"),
    reply_to: list("Reply-To"),
    date: receivedAt(message),
    labels: labelNamesOf(message, labels),
    message_id: findHeader(message.payload, "Message-ID"),
    in_reply_to: findHeader(message.payload, "In-Reply-To"),
    body: await partsOf(fetchFor, message),
    attachments: attachmentsOf(message.payload).map(({ name, mediaType, sizeBytes }) => ({
      name,
      media_type: mediaType,
      size_bytes: sizeBytes,
    })),
  };
  return `${JSON.stringify(value, null, 2)}\n`;
}
