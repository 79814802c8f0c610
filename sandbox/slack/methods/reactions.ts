import { type Call, Failure, findMessage, type Method, memberConversation } from "../call";
import { isEmoji } from "../emoji";
import { messageObject, reactionObjects } from "../objects";
import type { ConversationRow, MessageRow } from "../rows";

/** reactions.* */

const mostEmoji = 50;
const mostOfOne = 23;

function item(call: Call): { readonly conversation: ConversationRow; readonly message: MessageRow } {
  if (call.args.text("channel") === null || call.args.text("timestamp") === null) throw new Failure("no_item_specified");
  const conversation = memberConversation(call, call.args.required("channel", "channel_not_found"));
  const message = findMessage(conversation, call.args.ts("timestamp", "bad_timestamp") ?? "");
  if (message.tombstone) throw new Failure("message_not_found");
  return { conversation, message };
}

function emojiOf(call: Call): string {
  const name = call.args.required("name", "invalid_name");
  if (!isEmoji(name)) throw new Failure("invalid_name");
  return name;
}

const add: Method = {
  tier: "tier3",
  anyScope: ["reactions:write"],
  json: true,
  run(call) {
    const { conversation, message } = item(call);
    const name = emojiOf(call);
    if (conversation.archived) throw new Failure("is_archived");
    const same = message.reactions.find((reaction) => reaction.name === name);
    if (same?.users.includes(call.bot.userId) === true) throw new Failure("already_reacted");
    if (same === undefined && message.reactions.length >= mostEmoji) throw new Failure("too_many_emoji");
    if (message.reactions.filter(({ users }) => users.includes(call.bot.userId)).length >= mostOfOne)
      throw new Failure("too_many_reactions");
    if (same === undefined) message.reactions.push({ name, users: [call.bot.userId] });
    else same.users.push(call.bot.userId);
    call.events.tellReaction(call, conversation, message, "reaction_added", name);
    return {};
  },
};

const remove: Method = {
  tier: "tier2",
  anyScope: ["reactions:write"],
  json: true,
  run(call) {
    const { conversation, message } = item(call);
    const name = emojiOf(call);
    const same = message.reactions.find((reaction) => reaction.name === name);
    const at = same?.users.indexOf(call.bot.userId) ?? -1;
    if (same === undefined || at < 0) throw new Failure("no_reaction");
    same.users.splice(at, 1);
    if (same.users.length === 0) message.reactions.splice(message.reactions.indexOf(same), 1);
    call.events.tellReaction(call, conversation, message, "reaction_removed", name);
    return {};
  },
};

const get: Method = {
  tier: "tier3",
  anyScope: ["reactions:read"],
  json: false,
  run(call) {
    const { conversation, message } = item(call);
    const shown = call.args.flag("full") ? Number.POSITIVE_INFINITY : call.settings.reactionUsersShown;
    const reactions = message.reactions.length === 0 ? {} : { reactions: reactionObjects(message, shown) };
    return { type: "message", channel: conversation.id, message: { ...messageObject(call, conversation, message), ...reactions } };
  },
};

export const reactionMethods: Readonly<Record<string, Method>> = { "reactions.add": add, "reactions.remove": remove, "reactions.get": get };
