import { type Call, Failure, findConversation, type Method, memberConversation, pageOf, requireScope, scopeFor } from "../call";
import { conversationObject } from "../objects";
import type { ConversationRow } from "../rows";
import { idOf } from "../seed";

/** conversations.* and users.conversations, without the messages. */

const kinds: Readonly<Record<string, ConversationRow["kind"]>> = {
  public_channel: "public",
  private_channel: "private",
  im: "im",
  mpim: "mpim",
};
const readScopes = ["channels:read", "groups:read", "im:read", "mpim:read"];

function askedKinds(call: Call): readonly ConversationRow["kind"][] {
  const types = (call.args.text("types") ?? "public_channel").split(",").map((type) => type.trim());
  const asked = types.map((type) => kinds[type]);
  if (asked.some((kind) => kind === undefined)) throw new Failure("invalid_types");
  const known = asked.flatMap((kind) => kind ?? []);
  for (const kind of known) requireScope(call, scopeFor(kind, "read"));
  return known;
}

function list(call: Call, method: string, mayShow: (conversation: ConversationRow) => boolean) {
  const wanted = askedKinds(call);
  const rows = [...call.workspace.conversations.values()].filter(
    (conversation) =>
      wanted.includes(conversation.kind) && mayShow(conversation) && !(call.args.flag("exclude_archived") && conversation.archived),
  );
  // "An integer under 1000", 100 without one.
  const page = pageOf(call, method, rows, call.args.limit(100, 999), ({ id }) => id);
  return { channels: page.rows.map((row) => conversationObject(call, row)), response_metadata: { next_cursor: page.nextCursor } };
}

const isIn = (call: Call) => (conversation: ConversationRow) => conversation.members.has(call.bot.userId);

const conversationsList: Method = {
  tier: "tier2",
  anyScope: readScopes,
  json: false,
  run: (call) => list(call, "conversations.list", (conversation) => conversation.kind === "public" || isIn(call)(conversation)),
};

const usersConversations: Method = {
  tier: "tier3",
  anyScope: readScopes,
  json: false,
  run: (call) => list(call, "users.conversations", isIn(call)),
};

const conversationsInfo: Method = {
  tier: "tier3",
  anyScope: readScopes,
  json: false,
  run(call) {
    const conversation = findConversation(call, call.args.required("channel", "channel_not_found"));
    requireScope(call, scopeFor(conversation.kind, "read"));
    const members = call.args.flag("include_num_members") ? { num_members: conversation.members.size } : {};
    return { channel: { ...conversationObject(call, conversation), ...members } };
  },
};

const conversationsMembers: Method = {
  tier: "tier4",
  anyScope: readScopes,
  json: false,
  run(call) {
    const conversation = findConversation(call, call.args.required("channel", "channel_not_found"));
    requireScope(call, scopeFor(conversation.kind, "read"));
    const page = pageOf(call, "conversations.members", [...conversation.members], call.args.limit(100, 999), (id) => id);
    return { members: page.rows, response_metadata: { next_cursor: page.nextCursor } };
  },
};

const conversationsJoin: Method = {
  tier: "tier3",
  anyScope: ["channels:join"],
  json: true,
  run(call) {
    const conversation = findConversation(call, call.args.required("channel", "channel_not_found"));
    if (conversation.kind !== "public") throw new Failure("method_not_supported_for_channel_type");
    if (conversation.archived) throw new Failure("is_archived");
    if (conversation.members.has(call.bot.userId))
      return { channel: conversationObject(call, conversation), warning: "already_in_channel" };
    conversation.members.add(call.bot.userId);
    call.events.tellMembership(call, conversation, "member_joined_channel", call.bot.userId);
    return { channel: conversationObject(call, conversation) };
  },
};

const conversationsLeave: Method = {
  tier: "tier3",
  anyScope: ["channels:manage", "groups:write"],
  json: true,
  run(call) {
    const conversation = findConversation(call, call.args.required("channel", "channel_not_found"));
    if (conversation.kind === "im") throw new Failure("method_not_supported_for_channel_type");
    if (!conversation.members.delete(call.bot.userId)) return { not_in_channel: true };
    call.events.tellMembership(call, conversation, "member_left_channel", call.bot.userId);
    return {};
  },
};

const conversationsOpen: Method = {
  tier: "tier3",
  anyScope: ["im:write", "mpim:write"],
  json: true,
  run(call) {
    const ids = (call.args.text("users") ?? "").split(",").filter((id) => id !== "");
    const given = call.args.text("channel");
    if (given !== null) return { channel: { id: memberConversation(call, given).id } };
    if (ids.length === 0) throw new Failure("users_list_not_supplied");
    const people = ids.map((id) => call.workspace.users.get(id));
    if (people.some((user) => user === undefined || user.deleted)) throw new Failure("user_not_found");
    requireScope(call, ids.length === 1 ? "im:write" : "mpim:write");
    return { channel: { id: openDirect(call, ids).id } };
  },
};

/** The direct messages of the app with these people, made where there are none. */
export function openDirect(call: Call, ids: readonly string[]): ConversationRow {
  const members = new Set([...ids, call.bot.userId]);
  const same = [...call.workspace.conversations.values()].find(
    ({ kind, members: known }) =>
      (kind === "im" || kind === "mpim") && known.size === members.size && [...members].every((id) => known.has(id)),
  );
  if (same !== undefined) return same;
  const group = members.size > 2;
  const handles = [...members].map((id) => call.workspace.users.get(id)?.handle ?? id);
  const conversation: ConversationRow = {
    id: idOf(group ? "G" : "D", call.workspace.id, ...members),
    kind: group ? "mpim" : "im",
    name: group ? `mpdm-${handles.join("--")}-1` : "",
    topic: "",
    purpose: "",
    creator: call.bot.userId,
    created: Math.floor(call.nowMs / 1000),
    archived: false,
    members,
    messages: new Map(),
  };
  call.workspace.conversations.set(conversation.id, conversation);
  return conversation;
}

const manageScopes = ["channels:manage", "groups:write"];

const conversationsCreate: Method = {
  tier: "tier2",
  anyScope: manageScopes,
  json: true,
  run(call) {
    const name = call.args.required("name", "invalid_name_required");
    const isPrivate = call.args.flag("is_private");
    requireScope(call, isPrivate ? "groups:write" : "channels:manage");
    if (!/^[\p{Ll}\p{Lo}\p{N}_-]{1,80}$/u.test(name)) throw new Failure("invalid_name_specials");
    if ([...call.workspace.conversations.values()].some((known) => known.name === name)) throw new Failure("name_taken");
    const conversation: ConversationRow = {
      id: idOf("C", call.workspace.id, name, String(call.nowMs)),
      kind: isPrivate ? "private" : "public",
      name,
      topic: "",
      purpose: "",
      creator: call.bot.userId,
      created: Math.floor(call.nowMs / 1000),
      archived: false,
      members: new Set([call.bot.userId]),
      messages: new Map(),
    };
    call.workspace.conversations.set(conversation.id, conversation);
    return { channel: conversationObject(call, conversation) };
  },
};

/** A change of a channel that the app is in. */
function changing(change: (call: Call, conversation: ConversationRow) => void): Method {
  return {
    tier: "tier2",
    anyScope: manageScopes,
    json: true,
    run(call) {
      const conversation = memberConversation(call, call.args.required("channel", "channel_not_found"));
      if (conversation.kind === "im" || conversation.kind === "mpim") throw new Failure("method_not_supported_for_channel_type");
      requireScope(call, conversation.kind === "public" ? "channels:manage" : "groups:write");
      change(call, conversation);
      return { channel: conversationObject(call, conversation) };
    },
  };
}

const conversationsArchive = changing((_call, conversation) => {
  if (conversation.archived) throw new Failure("already_archived");
  if (conversation.name === "general") throw new Failure("cant_archive_general");
  conversation.archived = true;
});

const conversationsSetTopic = changing((call, conversation) => {
  conversation.topic = call.args.text("topic") ?? "";
});

const conversationsInvite = changing((call, conversation) => {
  for (const id of call.args.required("users", "no_user").split(",")) {
    if (call.workspace.users.get(id)?.deleted !== false) throw new Failure("user_not_found");
    if (conversation.members.has(id)) throw new Failure("already_in_channel");
    conversation.members.add(id);
    call.events.tellMembership(call, conversation, "member_joined_channel", id);
  }
});

export const conversationMethods: Readonly<Record<string, Method>> = {
  "conversations.list": conversationsList,
  "conversations.info": conversationsInfo,
  "conversations.members": conversationsMembers,
  "conversations.join": conversationsJoin,
  "conversations.leave": conversationsLeave,
  "conversations.open": conversationsOpen,
  "conversations.create": conversationsCreate,
  "conversations.archive": conversationsArchive,
  "conversations.setTopic": conversationsSetTopic,
  "conversations.invite": conversationsInvite,
  "users.conversations": usersConversations,
};
