import { z } from "zod";
import { type Call, Failure, findConversation, findMessage, Limited, type Method, memberConversation, requireScope } from "../call";
import { storePosted } from "../markup";
import { messageObject } from "../objects";
import { addMessage, type ConversationRow, type MessageRow, nextTs, removeMessage, repliesTo, threadOf } from "../rows";
import { openDirect } from "./conversations";

/** chat.* of an app that acts as itself. */

const longestPost = 40_000;
const longestEdit = 4_000;
const longestMarkdown = 12_000;

const metadataShape = z.object({
  event_type: z.string().regex(/^[A-Za-z0-9_]{1,255}$/),
  event_payload: z.record(z.string(), z.unknown()),
});

const blockShape = z.array(z.object({ type: z.string().min(1) }).loose()).max(50);

function readMetadata(call: Call): MessageRow["metadata"] {
  const given = call.args.json("metadata", "invalid_metadata_format");
  if (given === undefined) return null;
  const parsed = metadataShape.safeParse(given);
  if (!parsed.success) throw new Failure("invalid_metadata_schema");
  return parsed.data;
}

function readList(call: Call, name: "blocks" | "attachments"): readonly unknown[] | null {
  const given = call.args.json(name, `invalid_${name}_format`);
  if (given === undefined) return null;
  if (name === "blocks" && !blockShape.safeParse(given).success) throw new Failure("invalid_blocks");
  if (!Array.isArray(given)) throw new Failure(`invalid_${name}`);
  return given.length === 0 ? null : given;
}

interface Content {
  readonly text: string;
  readonly blocks: MessageRow["blocks"];
  readonly attachments: MessageRow["attachments"];
}

function readContent(call: Call): Content {
  const text = call.args.text("text");
  const blocks = readList(call, "blocks");
  const attachments = readList(call, "attachments");
  const markdown = call.args.text("markdown_text");
  if (markdown !== null) {
    if (text !== null || blocks !== null) throw new Failure("markdown_text_conflict");
    if (markdown.length > longestMarkdown) throw new Failure("msg_too_long");
    return { text: markdown, blocks: [{ type: "markdown", text: markdown }], attachments };
  }
  if (text === null && blocks === null && attachments === null) throw new Failure("no_text");
  return { text: storePosted(text ?? ""), blocks, attachments };
}

/** Where a message goes: a conversation, or a person, which opens direct messages. */
function destination(call: Call): ConversationRow {
  const asked = call.args.required("channel", "channel_not_found");
  if (call.workspace.users.has(asked)) return openDirect(call, [asked]);
  const byName = [...call.workspace.conversations.values()].find(({ name }) => name !== "" && `#${name}` === asked);
  const conversation = findConversation(call, byName?.id ?? asked);
  if (!conversation.members.has(call.bot.userId) && !(conversation.kind === "public" && call.scopes.includes("chat:write.public"))) {
    throw new Failure("not_in_channel");
  }
  if (conversation.archived) throw new Failure("is_archived");
  return conversation;
}

export function createChatMethods(limits: { takePost(call: Call, channel: string): number | null }): Readonly<Record<string, Method>> {
  const postMessage: Method = {
    tier: "tier4",
    anyScope: ["chat:write"],
    json: true,
    run(call) {
      if (call.args.text("username") !== null || call.args.text("icon_emoji") !== null || call.args.text("icon_url") !== null) {
        requireScope(call, "chat:write.customize");
      }
      const conversation = destination(call);
      const content = readContent(call);
      const metadata = readMetadata(call);
      const asked = call.args.ts("thread_ts", "invalid_thread_ts");
      const thread = asked === null ? null : threadOf(findMessage(conversation, asked, "thread_not_found"));
      const seconds = limits.takePost(call, conversation.id);
      if (seconds !== null) throw new Limited(seconds);
      const parent = thread === null ? undefined : conversation.messages.get(thread);
      // A message gets a thread by its first reply.
      if (parent !== undefined && parent.threadTs === null) addMessage(conversation, { ...parent, threadTs: parent.ts });
      const message: MessageRow = {
        ts: nextTs(call.workspace, call.nowMs),
        user: call.bot.userId,
        botId: call.bot.id,
        subtype: thread !== null && call.args.flag("reply_broadcast") ? "thread_broadcast" : null,
        ...content,
        // "Messages longer than 40,000 characters are truncated."
        text: content.text.slice(0, longestPost),
        threadTs: thread,
        edited: null,
        reactions: [],
        fileIds: [],
        metadata,
        tombstone: false,
      };
      addMessage(conversation, message);
      call.events.tellMessage(call, conversation, message, "new");
      return { channel: conversation.id, ts: message.ts, message: messageObject(call, conversation, message) };
    },
  };

  const update: Method = {
    tier: "tier3",
    anyScope: ["chat:write"],
    json: true,
    run(call) {
      const conversation = memberConversation(call, call.args.required("channel", "channel_not_found"));
      const message = findMessage(conversation, call.args.ts("ts", "message_not_found") ?? "");
      if (message.botId !== call.bot.id || message.tombstone) throw new Failure("cant_update_message");
      if (conversation.archived) throw new Failure("is_archived");
      const given = call.args.text("text") ?? "";
      if (given.length > longestEdit) throw new Failure("msg_too_long");
      const content = readContent(call);
      const before = { ...message };
      Object.assign(message, content, { edited: { user: call.bot.userId, ts: nextTs(call.workspace, call.nowMs) } });
      call.events.tellMessage(call, conversation, message, "changed", before);
      return { channel: conversation.id, ts: message.ts, text: message.text, message: { text: message.text } };
    },
  };

  const remove: Method = {
    tier: "tier3",
    anyScope: ["chat:write"],
    json: true,
    run(call) {
      const conversation = memberConversation(call, call.args.required("channel", "channel_not_found"));
      const message = findMessage(conversation, call.args.ts("ts", "message_not_found") ?? "");
      if (message.tombstone) throw new Failure("message_not_found");
      if (message.botId !== call.bot.id) throw new Failure("cant_delete_message");
      // Replies stay below a message that says that it was deleted.
      if (repliesTo(conversation, message.ts).length > 0) message.tombstone = true;
      else removeMessage(conversation, message.ts);
      call.events.tellMessage(call, conversation, message, "deleted");
      return { channel: conversation.id, ts: message.ts };
    },
  };

  const getPermalink: Method = {
    tier: "tier4",
    anyScope: [],
    json: false,
    run(call) {
      const conversation = findConversation(call, call.args.required("channel", "channel_not_found"));
      const message = findMessage(conversation, call.args.ts("message_ts", "message_not_found") ?? "");
      const reply =
        message.threadTs !== null && message.threadTs !== message.ts ? `?thread_ts=${message.threadTs}&cid=${conversation.id}` : "";
      return { channel: conversation.id, permalink: `${call.base}archives/${conversation.id}/p${message.ts.replace(".", "")}${reply}` };
    },
  };

  return { "chat.postMessage": postMessage, "chat.update": update, "chat.delete": remove, "chat.getPermalink": getPermalink };
}
