import { z } from "zod";

/** What the hub reads of Slack's answers (https://docs.slack.dev/reference/methods); unknown fields are dropped. */

/** Every answer has `ok`; a failed one `error`, with HTTP status 200. */
export const envelope = z.object({
  ok: z.boolean(),
  error: z.string().optional(),
  /** Of `missing_scope`: what the method wants, and what the token has; comma-separated. */
  needed: z.string().optional(),
  provided: z.string().optional(),
  response_metadata: z
    .object({ messages: z.array(z.string()).optional() })
    .nullish()
    .catch(undefined),
});

const paging = z.object({ response_metadata: z.object({ next_cursor: z.string().nullish() }).nullish() });

const words = z.object({ value: z.string().default("") });

/** A channel, a group or direct messages. */
export const conversation = z.object({
  id: z.string(),
  name: z.string().nullish(),
  is_im: z.boolean().nullish(),
  is_mpim: z.boolean().nullish(),
  is_private: z.boolean().nullish(),
  is_archived: z.boolean().nullish(),
  is_member: z.boolean().nullish(),
  is_ext_shared: z.boolean().nullish(),
  /** Of direct messages: the other person. */
  user: z.string().nullish(),
  creator: z.string().nullish(),
  /** Epoch seconds. */
  created: z.number().default(0),
  topic: words.nullish(),
  purpose: words.nullish(),
});
export type Conversation = z.infer<typeof conversation>;

export const reaction = z.object({
  name: z.string(),
  count: z.number(),
  /** Not always everybody: "the users array may not contain all users", which the count shows. */
  users: z.array(z.string()),
});

export const file = z.object({
  id: z.string(),
  name: z.string().nullish(),
  title: z.string().nullish(),
  permalink: z.string().nullish(),
});

export const message = z.object({
  ts: z.string(),
  subtype: z.string().nullish(),
  user: z.string().nullish(),
  username: z.string().nullish(),
  bot_id: z.string().nullish(),
  bot_profile: z.object({ name: z.string().nullish() }).nullish(),
  text: z.string().default(""),
  thread_ts: z.string().nullish(),
  reply_count: z.number().nullish(),
  latest_reply: z.string().nullish(),
  edited: z.object({ ts: z.string() }).nullish(),
  reactions: z.array(reaction).nullish(),
  files: z.array(file).nullish(),
  blocks: z.array(z.unknown()).nullish(),
  attachments: z.array(z.object({ fallback: z.string().nullish(), text: z.string().nullish(), from_url: z.string().nullish() })).nullish(),
  metadata: z.object({ event_type: z.string().nullish(), event_payload: z.record(z.string(), z.unknown()).nullish() }).nullish(),
});
export type Message = z.infer<typeof message>;

export const user = z.object({
  id: z.string(),
  name: z.string().default(""),
  real_name: z.string().nullish(),
  deleted: z.boolean().nullish(),
  is_bot: z.boolean().nullish(),
  is_admin: z.boolean().nullish(),
  is_owner: z.boolean().nullish(),
  is_restricted: z.boolean().nullish(),
  tz: z.string().nullish(),
  /** Epoch seconds. */
  updated: z.number().nullish(),
  profile: z
    .object({
      real_name: z.string().nullish(),
      display_name: z.string().nullish(),
      email: z.string().nullish(),
      title: z.string().nullish(),
    })
    .default({}),
});
export type User = z.infer<typeof user>;

export const authTest = z.object({
  url: z.string(),
  team: z.string().nullish(),
  user: z.string().nullish(),
  team_id: z.string().nullish(),
  user_id: z.string(),
  enterprise_id: z.string().nullish(),
  is_enterprise_install: z.boolean().nullish(),
});
export type AuthTest = z.infer<typeof authTest>;

/** The answers, by method. */
export const answers = {
  "auth.test": authTest,
  "conversations.list": paging.extend({ channels: z.array(conversation) }),
  "conversations.info": z.object({ channel: conversation }),
  "conversations.members": paging.extend({ members: z.array(z.string()) }),
  "conversations.history": paging.extend({ messages: z.array(message), has_more: z.boolean().nullish() }),
  "conversations.replies": paging.extend({ messages: z.array(message), has_more: z.boolean().nullish() }),
  "users.list": paging.extend({ members: z.array(user) }),
  "users.info": z.object({ user }),
  "reactions.get": z.object({ message: z.object({ reactions: z.array(reaction).nullish() }) }),
  "reactions.add": z.object({}),
  "reactions.remove": z.object({}),
  "chat.postMessage": z.object({ channel: z.string(), ts: z.string() }),
  "chat.update": z.object({ channel: z.string(), ts: z.string() }),
  "chat.delete": z.object({ channel: z.string(), ts: z.string() }),
};
export type Method = keyof typeof answers;

/** The bot's token of `oauth.v2.access`; a refresh answers the same in fewer fields. */
export const tokenAnswer = z.object({
  access_token: z.string().min(1),
  refresh_token: z.string().min(1).nullish(),
  expires_in: z.number().nonnegative().nullish(),
  scope: z.string().nullish(),
});
