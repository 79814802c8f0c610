/** What the simulated Slack keeps. Times are epoch seconds, a message's own is its id in the conversation. */

export interface UserRow {
  readonly id: string;
  /** Lower case, without spaces: what `mpdm-…` names are made of. */
  readonly handle: string;
  readonly name: string;
  readonly email: string | null;
  readonly title: string;
  readonly timeZone: string;
  readonly color: string;
  readonly admin: boolean;
  readonly guest: boolean;
  readonly deleted: boolean;
  /** Of an app's own user. */
  readonly botId: string | null;
  updated: number;
}

/** An app that is installed in a workspace. */
export interface BotRow {
  readonly id: string;
  readonly userId: string;
  readonly appId: string;
  readonly clientId: string;
  readonly name: string;
  /** Who installed it first. */
  readonly installedBy: string;
}

export interface ReactionRow {
  readonly name: string;
  readonly users: string[];
}

export interface FileRow {
  readonly id: string;
  readonly name: string;
  readonly mimetype: string;
  readonly user: string;
  readonly created: number;
  readonly text: string;
}

export interface MessageRow {
  readonly ts: string;
  readonly user: string | null;
  readonly botId: string | null;
  readonly subtype: string | null;
  text: string;
  blocks: readonly unknown[] | null;
  attachments: readonly unknown[] | null;
  readonly threadTs: string | null;
  edited: { readonly user: string; readonly ts: string } | null;
  reactions: ReactionRow[];
  readonly fileIds: readonly string[];
  readonly metadata: { readonly event_type: string; readonly event_payload: Readonly<Record<string, unknown>> } | null;
  /** Deleted, but kept for the replies below it. */
  tombstone: boolean;
}

export interface ConversationRow {
  readonly id: string;
  readonly kind: "public" | "private" | "im" | "mpim";
  name: string;
  topic: string;
  purpose: string;
  readonly creator: string;
  readonly created: number;
  archived: boolean;
  readonly members: Set<string>;
  /** By timestamp, in the order of time. */
  readonly messages: Map<string, MessageRow>;
}

export interface Workspace {
  readonly id: string;
  /** Of the address: `acme` in acme.slack.com. */
  readonly domain: string;
  readonly name: string;
  readonly users: Map<string, UserRow>;
  readonly bots: Map<string, BotRow>;
  readonly conversations: Map<string, ConversationRow>;
  readonly files: Map<string, FileRow>;
  /** The newest timestamp given: every other one is later. */
  lastTs: string;
}

/** Where the thread of a message begins; null for one that has no thread. */
export const threadOf = (message: MessageRow): string => message.threadTs ?? message.ts;

/** Of each conversation, its replies by thread: made when first asked for, forgotten when a message comes or goes. */
const threads = new WeakMap<ConversationRow, ReadonlyMap<string, readonly MessageRow[]>>();

export function addMessage(conversation: ConversationRow, message: MessageRow): void {
  conversation.messages.set(message.ts, message);
  threads.delete(conversation);
}

export function removeMessage(conversation: ConversationRow, ts: string): void {
  conversation.messages.delete(ts);
  threads.delete(conversation);
}

/** Replies below a message, oldest first. */
export function repliesTo(conversation: ConversationRow, ts: string): readonly MessageRow[] {
  let known = threads.get(conversation);
  if (known === undefined) {
    known = Map.groupBy(
      [...conversation.messages.values()].filter((message) => message.threadTs !== null && message.threadTs !== message.ts),
      ({ threadTs }) => threadTs ?? "",
    );
    threads.set(conversation, known);
  }
  return known.get(ts) ?? [];
}

/** What a conversation shows by itself: no replies, unless they were also sent to the channel. */
export const isTopLevel = (message: MessageRow): boolean =>
  message.threadTs === null || message.threadTs === message.ts || message.subtype === "thread_broadcast";

/** A timestamp of Slack's: seconds, and six digits that order what happened within one. */
export function nextTs(workspace: Workspace, nowMs: number): string {
  const micros = Math.max(Math.floor(nowMs) * 1000, microsOf(workspace.lastTs) + 1);
  const ts = `${Math.floor(micros / 1_000_000)}.${String(micros % 1_000_000).padStart(6, "0")}`;
  workspace.lastTs = ts;
  return ts;
}

/** Microseconds; exact, since they stay below 2^53 until the year 2255. */
export function microsOf(ts: string): number {
  const [seconds = "0", digits = ""] = ts.split(".");
  return Number(seconds) * 1_000_000 + Number(digits.padEnd(6, "0").slice(0, 6));
}
