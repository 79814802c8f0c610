import type { z } from "zod";
import { HubError } from "@/server/errors";
import type { CallContext, Repeatability, Send, ToolRequest } from "@/server/transport/send";
import { slackErrorOf } from "./errors";
import { paymentsOf } from "./limits";
import { type AuthTest, answers, type Conversation, type Message, type Method, type User } from "./schema";

/** Slack recommends at most 200 a page (https://docs.slack.dev/apis/web-api/pagination); pages may be shorter while more remain. */
export const maxPageSize = 200;

export interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}

export interface PageRequest {
  readonly cursor: string | null;
  readonly limit: number;
}

/** A stretch of a conversation, both ends within it; timestamps are Slack's, and texts: as numbers they would lose digits. */
export interface Stretch {
  readonly oldest: string;
  readonly latest: string;
}

export type Arguments = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** The event type of the metadata by which the hub finds a message of its own again. */
export const markerType = "byte_hub_post";

/** One call over HTTP; `token` only where the token layer does not add it (identity, before the connection exists). */
export function methodRequest(origin: string, method: Method, args: Arguments, repeatability: Repeatability, token?: string): ToolRequest {
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(args)) if (value !== null && value !== undefined) form.set(name, String(value));
  return {
    method: "POST",
    url: `${origin}/api/${method}`,
    headers: {
      "content-type": "application/x-www-form-urlencoded; charset=utf-8",
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    // Reads are documented as GET too, but arguments in a body reach no log of a proxy; Slack's own client sends them so.
    body: form.toString(),
    repeatability,
    operation: method,
    authorization: token === undefined ? "connection" : "none",
    pays: paymentsOf(method, typeof args.channel === "string" ? args.channel : undefined),
  };
}

/** An answer that `classify` let pass, checked against its schema; EIO when Slack's shape is not as documented. */
export function readAnswer<M extends Method>(method: M, body: unknown, changes: boolean): z.infer<(typeof answers)[M]> {
  const parsed = answers[method].safeParse(body);
  if (!parsed.success) {
    throw new HubError("EIO", `Slack's answer to ${method} is not what its documentation says.`, {
      details: changes ? { outcome: "unknown" } : {},
      cause: parsed.error,
    });
  }
  return parsed.data as z.infer<(typeof answers)[M]>;
}

export interface SlackApi {
  testAuth(context: CallContext): Promise<AuthTest>;
  /** `types` as Slack names them: `public_channel`, `private_channel`, `im`, `mpim`. */
  listConversations(types: readonly string[], page: PageRequest, context: CallContext): Promise<Page<Conversation>>;
  /** ENOENT where there is none; so does `getUser`. */
  getConversation(channel: string, context: CallContext): Promise<Conversation>;
  listMembers(channel: string, page: PageRequest, context: CallContext): Promise<Page<string>>;
  /** Newest first; without replies, unless they were also sent to the channel. */
  listMessages(channel: string, stretch: Partial<Stretch>, page: PageRequest, context: CallContext): Promise<Page<Message>>;
  /** A thread's first message and its replies, oldest first. */
  listReplies(channel: string, ts: string, stretch: Partial<Stretch>, page: PageRequest, context: CallContext): Promise<Page<Message>>;
  listUsers(page: PageRequest, context: CallContext): Promise<Page<User>>;
  getUser(id: string, context: CallContext): Promise<User>;
  /** Everybody who reacted, also where the message itself names only some. */
  listReactions(channel: string, ts: string, context: CallContext): Promise<NonNullable<Message["reactions"]>>;
  /** Posts once; where the answer is lost the error says so, and `marker` finds the message if there is one. */
  postMessage(message: NewMessage, context: CallContext): Promise<string>;
  /** Sets the text, so repeating it changes nothing more. */
  updateMessage(channel: string, ts: string, text: string, context: CallContext): Promise<void>;
  deleteMessage(channel: string, ts: string, context: CallContext): Promise<void>;
  addReaction(channel: string, ts: string, emoji: string, context: CallContext): Promise<void>;
  removeReaction(channel: string, ts: string, emoji: string, context: CallContext): Promise<void>;
}

export interface NewMessage {
  readonly channel: string;
  readonly text: string;
  /** The thread to reply in. */
  readonly thread: string | null;
  /** A uuid that the message carries in its metadata. */
  readonly marker: string;
}

/** The marker of a message that the hub posted, or null. */
export function markerOf({ metadata }: Message): string | null {
  const marker = metadata?.event_type === markerType ? metadata.event_payload?.id : null;
  return typeof marker === "string" ? marker : null;
}

const nextOf = (answer: { response_metadata?: { next_cursor?: string | null | undefined } | null | undefined }): string | null =>
  answer.response_metadata?.next_cursor || null;

const pageArguments = ({ cursor, limit }: PageRequest) => ({ cursor, limit: Math.min(maxPageSize, Math.max(1, limit)) });
const stretchArguments = ({ oldest, latest }: Partial<Stretch>) =>
  oldest === undefined && latest === undefined ? {} : { oldest, latest, inclusive: true };

/** Slack's calls over an authorised `Send`; `origin` is where `slack.com` is. */
export function createSlackApi(options: { readonly send: Send; readonly origin: string }): SlackApi {
  async function call<M extends Method>(
    method: M,
    args: Arguments,
    context: CallContext,
    repeatability: Repeatability = "safe",
  ): Promise<z.infer<(typeof answers)[M]>> {
    const response = await options.send(methodRequest(options.origin, method, args, repeatability), context);
    return readAnswer(method, response.json(), repeatability !== "safe");
  }

  /** A change that may have been made before: the errors that say so are success. */
  async function settled(work: Promise<unknown>, done: readonly string[]): Promise<void> {
    try {
      await work;
    } catch (error) {
      if (!done.includes(slackErrorOf(error) ?? "")) throw error;
    }
  }

  return {
    testAuth: (context) => call("auth.test", {}, context),
    listConversations: async (types, page, context) => {
      const args = { types: types.join(","), exclude_archived: false, ...pageArguments(page) };
      const answer = await call("conversations.list", args, context);
      return { items: answer.channels, nextCursor: nextOf(answer) };
    },
    getConversation: async (channel, context) => (await call("conversations.info", { channel }, context)).channel,
    listMembers: async (channel, page, context) => {
      const answer = await call("conversations.members", { channel, ...pageArguments(page) }, context);
      return { items: answer.members, nextCursor: nextOf(answer) };
    },
    listMessages: async (channel, stretch, page, context) => {
      const args = { channel, ...stretchArguments(stretch), ...pageArguments(page), include_all_metadata: true };
      const answer = await call("conversations.history", args, context);
      return { items: answer.messages, nextCursor: nextOf(answer) };
    },
    listReplies: async (channel, ts, stretch, page, context) => {
      const args = { channel, ts, ...stretchArguments(stretch), ...pageArguments(page), include_all_metadata: true };
      const answer = await call("conversations.replies", args, context);
      return { items: answer.messages, nextCursor: nextOf(answer) };
    },
    listUsers: async (page, context) => {
      const answer = await call("users.list", pageArguments(page), context);
      return { items: answer.members, nextCursor: nextOf(answer) };
    },
    getUser: async (id, context) => (await call("users.info", { user: id }, context)).user,
    listReactions: async (channel, timestamp, context) =>
      (await call("reactions.get", { channel, timestamp, full: true }, context)).message.reactions ?? [],
    postMessage: async ({ channel, text, thread, marker }, context) => {
      const metadata = JSON.stringify({ event_type: markerType, event_payload: { id: marker } });
      return (await call("chat.postMessage", { channel, text, thread_ts: thread, metadata }, context, "unsafe")).ts;
    },
    updateMessage: async (channel, ts, text, context) => {
      await call("chat.update", { channel, ts, text }, context, "idempotent");
    },
    deleteMessage: (channel, ts, context) => settled(call("chat.delete", { channel, ts }, context, "idempotent"), ["message_not_found"]),
    addReaction: (channel, timestamp, name, context) =>
      settled(call("reactions.add", { channel, timestamp, name }, context, "idempotent"), ["already_reacted"]),
    removeReaction: (channel, timestamp, name, context) =>
      settled(call("reactions.remove", { channel, timestamp, name }, context, "idempotent"), ["no_reaction"]),
  };
}

/** Walks every page; EFBIG past `maxItems`, so that printing a file never becomes an endless walk. */
export async function listAll<T>(fetchPage: (page: PageRequest) => Promise<Page<T>>, maxItems: number): Promise<readonly T[]> {
  const items: T[] = [];
  let cursor: string | null = null;
  do {
    const page: Page<T> = await fetchPage({ cursor, limit: maxPageSize });
    items.push(...page.items);
    if (items.length > maxItems) {
      throw new HubError("EFBIG", `Slack has more than ${maxItems} of these; the hub prints no more into one file.`, {
        details: { limit: maxItems },
      });
    }
    cursor = page.nextCursor;
  } while (cursor !== null);
  return items;
}
