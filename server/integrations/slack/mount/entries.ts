import type { Entry } from "@/server/vfs/tool-mount";
import { instantOf } from "../days";
import { displayName } from "../format/people";
import type { Conversation, Message, User } from "../schema";

/** Slack's records as rows of a directory. */

const markdown = "text/markdown; charset=utf-8";
const jsonType = "application/json; charset=utf-8";

const nothing = {
  mediaType: null,
  sizeBytes: null,
  createdAt: null,
  modifiedAt: null,
  revision: null,
  webUrl: null,
} as const;

const instant = (seconds: number | null | undefined): string | null => (seconds ? new Date(seconds * 1000).toISOString() : null);

/** A directory of the tree itself. */
export const directoryEntry = (name: string, more: Partial<Entry> = {}): Entry => ({
  ...nothing,
  segment: { type: "fixed", name },
  kind: "directory",
  title: name,
  extension: "",
  ...more,
});

const fileEntry = (name: string, schemaKind: string, mediaType: string, more: Partial<Entry> = {}): Entry => ({
  ...nothing,
  segment: { type: "fixed", name },
  kind: "file",
  title: name,
  extension: /\.[a-z]+$/.exec(name)?.[0] ?? "",
  mediaType,
  schemaKind,
  ...more,
});

/** Where a conversation is in Slack. */
export const conversationUrl = (base: string, channel: string): string => `${base}archives/${channel}`;
/** Where a message is: its timestamp without the point (https://docs.slack.dev/reference/methods/chat.getPermalink). */
export const messageUrl = (base: string, channel: string, ts: string): string => `${base}archives/${channel}/p${ts.replace(".", "")}`;

/** Whether the app can read and write there: channels it is no member of are listed, and closed. */
export const isOpen = (conversation: Conversation): boolean =>
  conversation.is_im === true || conversation.is_mpim === true || conversation.is_member === true;

export const conversationEntry = (conversation: Conversation, title: string, base: string): Entry => ({
  ...nothing,
  segment: {
    type: "object",
    kind: conversation.is_im === true || conversation.is_mpim === true ? "dm" : "channel",
    externalId: conversation.id,
  },
  kind: "directory",
  title,
  extension: "",
  createdAt: instant(conversation.created),
  webUrl: conversationUrl(base, conversation.id),
  // What is closed is asked about by name, so that the answer can say why.
  ...(isOpen(conversation) ? {} : { unlisted: true }),
});

export const conversationFileEntry = (webUrl: string): Entry => fileEntry("channel.json", "channel", jsonType, { webUrl });
export const todayEntry = (webUrl: string): Entry => fileEntry("today.md", "today", markdown, { webUrl });
export const dayEntry = (date: string, webUrl: string): Entry => fileEntry(`${date}.md`, "day", markdown, { webUrl });
/** Every message has a place there by its timestamp, though lists show only those with replies, and none of `messages`. */
export const threadsEntry = (): Entry => directoryEntry("threads", { unlisted: true });
export const messagesEntry = (): Entry => directoryEntry("messages", { unlisted: true });

const sent = (message: Message) => ({ createdAt: instantOf(message.ts), modifiedAt: instantOf(message.edited?.ts ?? message.ts) });

/** When a message last changed: its edit, or its own time. */
export const revisionOf = (message: Message): string => message.edited?.ts ?? message.ts;

export const threadEntry = (message: Message, webUrl: string): Entry =>
  fileEntry(`${message.ts}.md`, "thread", markdown, {
    createdAt: instantOf(message.ts),
    modifiedAt: instantOf(message.latest_reply ?? message.ts),
    webUrl,
  });

export const messageEntry = (message: Message, webUrl: string): Entry =>
  fileEntry(`${message.ts}.md`, "message", markdown, { ...sent(message), revision: revisionOf(message), webUrl, companion: true });

export const companionEntry = (ts: string, webUrl: string): Entry => directoryEntry(`${ts}.d`, { extension: "", webUrl });
export const reactionsEntry = (): Entry => directoryEntry("reactions", { creates: "reaction" });
export const reactionEntry = (emoji: string, user: string): Entry => fileEntry(`${emoji}~${user}`, "reaction", jsonType, { extension: "" });

export const userEntry = (user: User): Entry => ({
  ...nothing,
  segment: { type: "object", kind: "user", externalId: user.id },
  kind: "file",
  title: displayName(user),
  extension: ".json",
  mediaType: jsonType,
  modifiedAt: instant(user.updated),
  revision: user.updated ? String(user.updated) : null,
});
