import type { ReferencePrinter } from "@/server/vfs/tool-mount";
import { invalidField, type ParsedFile, type PrintedField, parseFile, printFile, refuseUnknownKeys } from "../../front-matter";
import { printReference } from "../../references";
import { instantOf } from "../days";
import type { Message } from "../schema";
import { linesOf } from "./blocks";
import { type MentionPrinter, printMarkdown } from "./markdown";
import { appName } from "./people";

/** A message as a file: front matter of who, when and where, and its text as Markdown. */

/** Names that printing needs. */
export interface Names extends MentionPrinter {
  person(id: string): string;
}

const keys = ["user", "sent_at", "thread", "files", "id"] as const;

/** The file of one message; its text is what can be changed. */
export async function printMessage(message: Message, names: Names, printer: ReferencePrinter): Promise<string> {
  const author = message.user
    ? await printReference(printer, "user", message.user, names.person(message.user))
    : (appName(message) ?? null);
  const thread = message.thread_ts && message.thread_ts !== message.ts ? message.thread_ts : null;
  const files = (message.files ?? []).map((file) => `${file.title || file.name || file.id} <${file.permalink ?? file.id}>`);
  const fields: readonly PrintedField[] = [
    { name: "user", value: author },
    { name: "sent_at", value: instantOf(message.ts), quoted: true },
    ...(thread === null ? [] : [{ name: "thread", value: thread, quoted: true }]),
    ...(files.length === 0 ? [] : [{ name: "files", value: files }]),
    { name: "id", value: message.ts, quoted: true },
  ];
  return printFile(fields, printMarkdown(linesOf(message), names));
}

/** The new text of a message's file, or null where it is the old one. EINVAL for keys that are not there or were changed. */
export function changedText(base: string, text: string): string | null {
  const [before, after] = [parseFile(base), parseFile(text)];
  refuseUnknownKeys(after, keys);
  for (const key of keys) {
    const field = after.fields.get(key);
    if (field !== undefined && JSON.stringify(field.value) !== JSON.stringify(valueIn(before, key))) {
      throw invalidField(key, field, "this is Slack's own and cannot be changed here; leave it as it was or out.");
    }
  }
  return after.body === null || after.body === (before.body ?? "") ? null : after.body;
}

const valueIn = (file: ParsedFile, key: string) => file.fields.get(key)?.value;

/** A message as normalised JSON. */
export function printMessageJson(message: Message, names: Names): string {
  return `${JSON.stringify(
    {
      id: message.ts,
      user: message.user ? { id: message.user, name: names.person(message.user) } : null,
      app: message.user ? null : appName(message),
      sent_at: instantOf(message.ts),
      edited_at: message.edited ? instantOf(message.edited.ts) : null,
      thread: message.thread_ts ?? null,
      replies: message.reply_count ?? 0,
      text: printMarkdown(linesOf(message), names),
      files: (message.files ?? []).map(({ id, name, title, permalink }) => ({ id, name: title || name || null, url: permalink ?? null })),
      reactions: (message.reactions ?? []).map(({ name, count }) => ({ emoji: name, count })),
    },
    null,
    2,
  )}\n`;
}
