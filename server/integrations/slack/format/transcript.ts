import type { BlockContent, PhrasingContent, RootContent } from "mdast";
import { instantOf, timeOf } from "../days";
import type { Message } from "../schema";
import { linesOf } from "./blocks";
import { mentionsOf } from "./lines";
import { stringify, treeOf } from "./markdown";
import type { Names } from "./message";
import { appName } from "./people";

/** Messages as a page to read: a day of a conversation, or a thread. */

export interface TranscriptOptions {
  readonly title: string;
  readonly names: Names;
  readonly timeZone: string;
  /** From the transcript's own directory to the conversation's: `""`, or `../` for a thread. */
  readonly root: string;
  /** Whether each message says its date too. */
  readonly dates: boolean;
}

const text = (value: string): PhrasingContent => ({ type: "text", value });
const separator = text(" · ");

/** The transcript, oldest first; an empty one is an empty file. */
export function printTranscript(messages: readonly Message[], options: TranscriptOptions): string {
  if (messages.length === 0) return "";
  const blocks: RootContent[] = [
    { type: "heading", depth: 1, children: [text(options.title)] },
    ...messages.flatMap((message) => blocksOf(message, options)),
  ];
  return `${stringify(blocks)}\n`;
}

function blocksOf(message: Message, options: TranscriptOptions): readonly BlockContent[] {
  const { names, timeZone } = options;
  const author = message.user ? names.person(message.user) : (appName(message) ?? "Slack");
  const when = options.dates ? `${instantOf(message.ts).slice(0, 10)} ${timeOf(message.ts, timeZone)}` : timeOf(message.ts, timeZone);
  const said = message.subtype === "tombstone" ? [notice("This message was deleted.")] : treeOf(linesOf(message), names);
  return [
    { type: "heading", depth: 2, children: [text(`${when} ${author}`)] },
    ...said,
    ...filesOf(message),
    { type: "paragraph", children: footOf(message, options) },
  ];
}

const notice = (value: string): BlockContent => ({ type: "paragraph", children: [{ type: "emphasis", children: [text(value)] }] });

function filesOf(message: Message): readonly BlockContent[] {
  const files = message.files ?? [];
  if (files.length === 0) return [];
  const children = files.map((file) => {
    const name = text(file.title || file.name || file.id);
    const link: PhrasingContent = file.permalink ? { type: "link", url: file.permalink, children: [name] } : name;
    return { type: "listItem" as const, spread: false, children: [{ type: "paragraph" as const, children: [link] }] };
  });
  return [{ type: "list", ordered: false, spread: false, children }];
}

/** Where the message itself is, whether it was edited, who reacted how often, and its thread. */
function footOf(message: Message, { root }: TranscriptOptions): PhrasingContent[] {
  const link = (url: string, label: PhrasingContent): PhrasingContent => ({ type: "link", url, children: [label] as never });
  const parts: PhrasingContent[] = [link(`${root}messages/${message.ts}.md`, { type: "inlineCode", value: message.ts })];
  if (message.edited) parts.push(separator, text("edited"));
  for (const { name, count } of message.reactions ?? []) parts.push(separator, text(`:${name}: ${count}`));
  const replies = message.reply_count ?? 0;
  const isParent = !message.thread_ts || message.thread_ts === message.ts;
  if (replies > 0 && isParent && root === "") {
    parts.push(separator, link(`threads/${message.ts}.md`, text(replies === 1 ? "1 reply" : `${replies} replies`)));
  }
  return parts;
}

/** The ids of everybody whom these messages name, and the channels. */
export function namedIn(messages: readonly Message[]): { readonly people: readonly string[]; readonly channels: readonly string[] } {
  const people = new Set<string>();
  const channels = new Set<string>();
  for (const message of messages) {
    if (message.user) people.add(message.user);
    for (const target of mentionsOf(linesOf(message))) {
      if (target.startsWith("@")) people.add(target.slice(1));
      if (target.startsWith("#")) channels.add(target.slice(1));
    }
  }
  return { people: [...people], channels: [...channels] };
}
