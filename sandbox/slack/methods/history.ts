import { type Call, findMessage, type Method, memberConversation, pageOf, requireScope, scopeFor } from "../call";
import { byTime, messageObject } from "../objects";
import { type ConversationRow, isTopLevel, type MessageRow, microsOf, repliesTo, threadOf } from "../rows";

/** conversations.history and conversations.replies. */

const historyScopes = ["channels:history", "groups:history", "im:history", "mpim:history"];
/** What non-Marketplace apps get, whatever they ask for (changelog of 2025-05-29). */
const cappedLimit = 15;

function open(call: Call): ConversationRow {
  const conversation = memberConversation(call, call.args.required("channel", "channel_not_found"));
  requireScope(call, scopeFor(conversation.kind, "history"));
  return conversation;
}

/** Whether a message is in the stretch asked for: its ends are outside, unless `inclusive`. */
function within(call: Call): (message: MessageRow) => boolean {
  const oldest = call.args.ts("oldest", "invalid_ts_oldest");
  const latest = call.args.ts("latest", "invalid_ts_latest");
  const inclusive = call.args.flag("inclusive");
  const [from, until] = [
    oldest === null ? Number.NEGATIVE_INFINITY : microsOf(oldest),
    latest === null ? Number.POSITIVE_INFINITY : microsOf(latest),
  ];
  return ({ ts }) => {
    const at = microsOf(ts);
    return inclusive ? at >= from && at <= until : at > from && at < until;
  };
}

const limitOf = (call: Call, otherwise: number, most: number): number =>
  call.settings.marketplaceCap ? Math.min(cappedLimit, call.args.limit(cappedLimit, most)) : call.args.limit(otherwise, most);

const history: Method = {
  tier: "tier3",
  anyScope: historyScopes,
  json: false,
  run(call) {
    const conversation = open(call);
    const isAsked = within(call);
    const rows = [...conversation.messages.values()]
      .filter((message) => isTopLevel(message) && isAsked(message))
      .toSorted((one, other) => byTime(other, one));
    const page = pageOf(call, "conversations.history", rows, limitOf(call, 100, 999), ({ ts }) => ts);
    return {
      messages: page.rows.map((message) => messageObject(call, conversation, message)),
      has_more: page.nextCursor !== "",
      pin_count: 0,
      channel_actions_ts: null,
      channel_actions_count: 0,
      response_metadata: { next_cursor: page.nextCursor },
    };
  },
};

const replies: Method = {
  tier: "tier3",
  anyScope: historyScopes,
  json: false,
  run(call) {
    const conversation = open(call);
    const asked = call.args.required("ts", "thread_not_found");
    const message = findMessage(conversation, asked, "thread_not_found");
    const root = conversation.messages.get(threadOf(message)) ?? message;
    const isAsked = within(call);
    const below = repliesTo(conversation, root.ts).filter(isAsked);
    const limit = limitOf(call, 1_000, 1_000);
    const page = pageOf(call, "conversations.replies", below.toSorted(byTime), Math.max(1, limit - 1), ({ ts }) => ts);
    // The first message stands on every page, outside of what was asked for too.
    return {
      messages: [root, ...page.rows].map((row) => messageObject(call, conversation, row)),
      has_more: page.nextCursor !== "",
      response_metadata: { next_cursor: page.nextCursor },
    };
  },
};

export const historyMethods: Readonly<Record<string, Method>> = { "conversations.history": history, "conversations.replies": replies };
