import type { Call } from "./call";
import { type BotRow, type ConversationRow, type MessageRow, microsOf, repliesTo, type UserRow, type Workspace } from "./rows";

/** Rows as Slack's objects (docs.slack.dev/reference/objects). */

export function conversationObject(call: Call, conversation: ConversationRow): Readonly<Record<string, unknown>> {
  const { kind } = conversation;
  const isMember = conversation.members.has(call.bot.userId);
  if (kind === "im") {
    const other = [...conversation.members].find((id) => id !== call.bot.userId) ?? call.bot.userId;
    return {
      id: conversation.id,
      created: conversation.created,
      is_im: true,
      is_org_shared: false,
      user: other,
      is_user_deleted: false,
      priority: 0,
    };
  }
  return {
    id: conversation.id,
    name: conversation.name,
    name_normalized: conversation.name,
    is_channel: kind === "public",
    is_group: kind !== "public",
    is_im: false,
    is_mpim: kind === "mpim",
    is_private: kind !== "public",
    created: conversation.created,
    is_archived: conversation.archived,
    is_general: conversation.name === "general",
    unlinked: 0,
    is_shared: false,
    is_ext_shared: false,
    is_org_shared: false,
    is_member: isMember,
    creator: conversation.creator,
    topic: {
      value: conversation.topic,
      creator: conversation.topic === "" ? "" : conversation.creator,
      last_set: conversation.topic === "" ? 0 : conversation.created,
    },
    purpose: {
      value: conversation.purpose,
      creator: conversation.purpose === "" ? "" : conversation.creator,
      last_set: conversation.purpose === "" ? 0 : conversation.created,
    },
    previous_names: [],
  };
}

export function messageObject(call: Call, conversation: ConversationRow, message: MessageRow): Readonly<Record<string, unknown>> {
  if (message.tombstone) {
    return {
      type: "message",
      subtype: "tombstone",
      text: "This message was deleted.",
      user: "USLACKBOT",
      hidden: true,
      ts: message.ts,
      ...threadFields(conversation, message),
    };
  }
  const bot = message.botId === null ? undefined : call.workspace.bots.get(message.botId);
  const files = message.fileIds.flatMap((id) => fileObject(call, id));
  const showsMetadata = message.metadata !== null && (call.args.flag("include_all_metadata") || message.botId === call.bot.id);
  return {
    type: "message",
    ...(message.subtype === null ? {} : { subtype: message.subtype }),
    ...(message.user === null ? {} : { user: message.user }),
    ...(bot === undefined
      ? {}
      : {
          bot_id: bot.id,
          bot_profile: botProfile(call, bot),
        }),
    text: message.text,
    ts: message.ts,
    team: call.workspace.id,
    ...threadFields(conversation, message),
    ...(message.edited === null ? {} : { edited: message.edited }),
    ...(message.reactions.length === 0 ? {} : { reactions: reactionObjects(message, call.settings.reactionUsersShown) }),
    ...(message.blocks === null ? {} : { blocks: message.blocks }),
    ...(message.attachments === null ? {} : { attachments: message.attachments }),
    ...(files.length === 0 ? {} : { files, upload: false }),
    ...(showsMetadata ? { metadata: message.metadata } : {}),
  };
}

function botProfile(call: Call, bot: BotRow): Readonly<Record<string, unknown>> {
  const icon = `${call.base}sandbox-app.svg`;
  return {
    id: bot.id,
    deleted: false,
    name: bot.name,
    updated: 0,
    app_id: bot.appId,
    icons: { image_36: icon, image_48: icon, image_72: icon },
    team_id: call.workspace.id,
  };
}

/** Of everybody who reacted, a message names some. */
export const reactionObjects = (message: MessageRow, shown: number) =>
  message.reactions.map(({ name, users }) => ({ name, count: users.length, users: users.slice(0, shown) }));

function threadFields(conversation: ConversationRow, message: MessageRow): Readonly<Record<string, unknown>> {
  if (message.threadTs === null) return {};
  if (message.threadTs !== message.ts)
    return { thread_ts: message.threadTs, parent_user_id: conversation.messages.get(message.threadTs)?.user ?? undefined };
  const replies = repliesTo(conversation, message.ts);
  const latest = replies.at(-1);
  return {
    thread_ts: message.ts,
    reply_count: replies.length,
    reply_users_count: new Set(replies.map(({ user }) => user)).size,
    reply_users: [...new Set(replies.flatMap(({ user }) => user ?? []))].slice(0, 5),
    ...(latest === undefined ? {} : { latest_reply: latest.ts }),
    subscribed: false,
  };
}

export function fileObject(call: Pick<Call, "workspace" | "base" | "scopes">, id: string): readonly Readonly<Record<string, unknown>>[] {
  const file = call.workspace.files.get(id);
  if (file === undefined) return [];
  const [, kind = "text"] = file.mimetype.split("/");
  return [
    {
      id: file.id,
      created: file.created,
      timestamp: file.created,
      name: file.name,
      title: file.name,
      mimetype: file.mimetype,
      filetype: kind,
      pretty_type: kind,
      user: file.user,
      size: Buffer.byteLength(file.text),
      mode: "hosted",
      is_external: false,
      is_public: true,
      url_private: `${call.base}files-pri/${file.id}`,
      url_private_download: `${call.base}files-pri/${file.id}`,
      permalink: `${call.base}files/${file.user}/${file.id}`,
    },
  ];
}

export function userObject(call: Pick<Call, "workspace" | "scopes">, user: UserRow): Readonly<Record<string, unknown>> {
  const isBot = user.botId !== null;
  return {
    id: user.id,
    team_id: call.workspace.id,
    name: user.handle,
    deleted: user.deleted,
    ...(user.deleted
      ? {}
      : {
          color: user.color,
          real_name: user.name,
          tz: user.timeZone,
          tz_label: user.timeZone,
          tz_offset: offsetOf(user.timeZone),
          is_admin: user.admin,
          is_owner: false,
          is_primary_owner: false,
          is_restricted: user.guest,
          is_ultra_restricted: false,
        }),
    profile: {
      title: user.title,
      phone: "",
      skype: "",
      real_name: user.name,
      real_name_normalized: user.name,
      display_name: isBot ? "" : user.handle === "" ? "" : displayName(user),
      display_name_normalized: displayName(user),
      status_text: "",
      status_emoji: "",
      fields: {},
      avatar_hash: "",
      ...(isBot ? { bot_id: user.botId, always_active: true } : {}),
      ...(user.email !== null && call.scopes.includes("users:read.email") ? { email: user.email } : {}),
      team: call.workspace.id,
    },
    is_bot: isBot,
    is_app_user: false,
    updated: user.updated,
  };
}

/** What people chose to be called: their name. */
const displayName = (user: UserRow): string => user.name;

/** Seconds east of Greenwich, now. */
function offsetOf(timeZone: string): number {
  const name =
    new Intl.DateTimeFormat("en", { timeZone, timeZoneName: "longOffset" })
      .formatToParts(new Date())
      .find(({ type }) => type === "timeZoneName")?.value ?? "";
  const [, sign, hours = "0", minutes = "0"] = /GMT([+-])(\d+):(\d+)/.exec(name) ?? [];
  return (sign === "-" ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60);
}

/** Messages by time. */
export const byTime = (one: MessageRow, other: MessageRow): number => microsOf(one.ts) - microsOf(other.ts);

/** The people of direct messages as others see them. */
export const nameIn = (workspace: Workspace, id: string): string => workspace.users.get(id)?.name ?? id;
