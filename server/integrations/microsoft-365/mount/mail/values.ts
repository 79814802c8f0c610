import { parseMailbox } from "../../../mailboxes";
import { lostInMarkdown, markdownToHtml } from "../../../rich-text";
import type { DraftFields, GraphRecipient, MessageFields } from "../../api/mail";
import { bodyOf, flagStateOf, innerHtml, toDraftFile, toMessageFile } from "../../format/message";
import type { Message } from "../../schema/mail";
import type { MailValues } from "./steps";

/** Values as files say them, in Graph's words and back. */

function toRecipient(text: string): GraphRecipient {
  const { name, address } = parseMailbox(text);
  return { emailAddress: { address, ...(name === null ? {} : { name }) } };
}

/** What Graph is sent for these values. */
export function toFields(values: MailValues): DraftFields & MessageFields {
  const { subject, to, cc, bcc, importance, categories, read, flag, body } = values;
  return {
    ...(subject === undefined ? {} : { subject }),
    ...(to === undefined ? {} : { toRecipients: to.map(toRecipient) }),
    ...(cc === undefined ? {} : { ccRecipients: cc.map(toRecipient) }),
    ...(bcc === undefined ? {} : { bccRecipients: bcc.map(toRecipient) }),
    ...(importance === undefined ? {} : { importance }),
    ...(categories === undefined ? {} : { categories }),
    ...(read === undefined ? {} : { isRead: read }),
    ...(flag === undefined ? {} : { flag: { flagStatus: flagStateOf(flag) } }),
    ...(body === undefined ? {} : { body: { contentType: "html" as const, content: markdownToHtml(body, { breaks: true }) } }),
  };
}

/** The values that a message has now of the keys that a change sets. */
export function currentValues(message: Message, keys: MailValues): MailValues {
  const draft = toDraftFile(message);
  const { read, flag } = toMessageFile(message);
  const all: Required<MailValues> = {
    subject: draft.subject,
    to: [...draft.to],
    cc: [...draft.cc],
    bcc: [...draft.bcc],
    importance: draft.importance,
    categories: [...draft.categories],
    read,
    flag,
    body: bodyOf(message.body),
  };
  return Object.fromEntries(Object.keys(keys).map((key) => [key, all[key as keyof MailValues]]));
}

/** Recipients are the same by their addresses: Exchange completes names. A body is the same by what it says, as it comes back from HTML. */
function comparable(key: string, value: unknown): unknown {
  if (key === "to" || key === "cc" || key === "bcc") return (value as readonly string[]).map((text) => addressOf(text));
  if (key === "categories") return [...(value as readonly string[])].sort();
  if (key === "body") return bodyOf({ contentType: "html", content: markdownToHtml(String(value), { breaks: true }) });
  return value;
}

/** An entry that is no address, which a mailbox can have, counts as its text. */
function addressOf(text: string): string {
  try {
    return parseMailbox(text).address.toLowerCase();
  } catch {
    // EINVAL alone: what Exchange holds need not be an address.
    return text.toLowerCase();
  }
}

/** Whether two sets of values say the same, key by key of `b`. */
export const sameValues = (a: MailValues, b: MailValues): boolean =>
  Object.keys(b).every((key) => {
    const [one, other] = [a[key as keyof MailValues], b[key as keyof MailValues]];
    return JSON.stringify(comparable(key, one ?? [])) === JSON.stringify(comparable(key, other ?? []));
  });

/** What of a message's body a Markdown body would lose. */
export const lostOf = (message: Message): readonly string[] =>
  message.body?.contentType.toLowerCase() === "html" ? lostInMarkdown(innerHtml(message.body.content ?? "")) : [];
