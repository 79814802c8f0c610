import { HubError } from "@/server/errors";
import type { CallContext } from "@/server/transport/send";
import { listAll, type SlackApi } from "../api";
import { stretchOf } from "../days";
import type { Conversation, Message } from "../schema";

/** The most messages that one day or one thread is printed of, and the most people that a group conversation names. */
const mostMessages = 20_000;
const mostMembers = 1_000;

/** A conversation, if it is of the kind that its path says. ENOENT otherwise. */
export function requireKind(conversation: Conversation, dm: boolean): Conversation {
  if ((conversation.is_im === true || conversation.is_mpim === true) !== dm) {
    throw new HubError("ENOENT", dm ? "This is a channel; it stands below channels." : "These are direct messages; they stand below dms.");
  }
  return conversation;
}

/** One message by its timestamp, in the channel or in a thread. ENOENT where there is none. */
export async function getMessage(api: SlackApi, channel: string, ts: string, context: CallContext): Promise<Message> {
  const at = { oldest: ts, latest: ts };
  const inChannel = await api.listMessages(channel, at, { cursor: null, limit: 1 }, context);
  const top = inChannel.items.find((message) => message.ts === ts);
  if (top !== undefined) return top;
  try {
    // A reply is in no history; its own timestamp leads to its thread.
    const thread = await api.listReplies(channel, ts, at, { cursor: null, limit: 2 }, context);
    const reply = thread.items.find((message) => message.ts === ts);
    if (reply !== undefined) return reply;
  } catch (error) {
    if (!(error instanceof HubError && error.code === "ENOENT")) throw error;
  }
  throw new HubError("ENOENT", "Slack has no message with this timestamp in this conversation.");
}

/** The first message of a thread, with or without replies. ENOENT for a reply. */
export async function getThreadParent(api: SlackApi, channel: string, ts: string, context: CallContext): Promise<Message> {
  const message = await getMessage(api, channel, ts, context);
  if (message.thread_ts && message.thread_ts !== ts) {
    throw new HubError("ENOENT", `This message is a reply; its thread is threads/${message.thread_ts}.md.`);
  }
  return message;
}

/** A day's messages, oldest first. */
export async function getDay(
  api: SlackApi,
  channel: string,
  date: string,
  zone: string,
  context: CallContext,
): Promise<readonly Message[]> {
  const messages = await listAll((page) => api.listMessages(channel, stretchOf(date, zone), page, context), mostMessages);
  return unique(messages).toSorted((one, other) => compareTs(one.ts, other.ts));
}

/** A thread, oldest first, with its first message. */
export async function getThread(api: SlackApi, channel: string, ts: string, context: CallContext): Promise<readonly Message[]> {
  const messages = await listAll((page) => api.listReplies(channel, ts, {}, page, context), mostMessages);
  return unique(messages).toSorted((one, other) => compareTs(one.ts, other.ts));
}

/** Everybody in a group conversation. */
export const getMembers = (api: SlackApi, channel: string, context: CallContext): Promise<readonly string[]> =>
  listAll((page) => api.listMembers(channel, page, context), mostMembers);

/** Each message once: every page of a thread begins with its first message. */
const unique = (messages: readonly Message[]): readonly Message[] => [
  ...new Map(messages.map((message) => [message.ts, message])).values(),
];

/** By seconds, then by the digits that order what was sent within one. */
function compareTs(one: string, other: string): number {
  const [a = "", b = ""] = [one, other].map((ts) => ts.padStart(19, "0"));
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Everybody's reactions to a message; those of many are asked for by themselves. */
export async function getReactions(
  api: SlackApi,
  channel: string,
  ts: string,
  context: CallContext,
): Promise<readonly { readonly emoji: string; readonly users: readonly string[] }[]> {
  const message = await getMessage(api, channel, ts, context);
  const reactions = message.reactions ?? [];
  const whole = reactions.every(({ count, users }) => users.length >= count) ? reactions : await api.listReactions(channel, ts, context);
  return whole.map(({ name, users }) => ({ emoji: name, users }));
}
