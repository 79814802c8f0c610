import type { Conversation, User } from "../schema";

/** Records without text of their own, as JSON. */

const print = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** Times of Slack's records are epoch seconds. */
const at = (seconds: number | null | undefined): string | null => (seconds ? new Date(seconds * 1000).toISOString() : null);

/** A channel, or direct messages with those who are in them. */
export function printConversation(
  conversation: Conversation,
  known: { readonly title: string; readonly url: string; readonly members: readonly string[] | null; readonly creator: string | null },
): string {
  const direct = conversation.is_im === true || conversation.is_mpim === true;
  return print({
    id: conversation.id,
    name: known.title,
    ...(direct
      ? { members: known.members ?? [] }
      : {
          private: conversation.is_private === true,
          archived: conversation.is_archived === true,
          member: conversation.is_member === true,
          shared_with_others: conversation.is_ext_shared === true,
          topic: conversation.topic?.value ?? "",
          purpose: conversation.purpose?.value ?? "",
          creator: known.creator,
        }),
    created_at: at(conversation.created),
    url: known.url,
  });
}

/** A person or an app of the workspace. */
export function printUser(user: User): string {
  return print({
    id: user.id,
    name: user.profile.real_name || user.real_name || user.name,
    display_name: user.profile.display_name || null,
    handle: user.name,
    email: user.profile.email || null,
    title: user.profile.title || null,
    time_zone: user.tz ?? null,
    active: user.deleted !== true,
    app: user.is_bot === true,
    admin: user.is_admin === true,
    owner: user.is_owner === true,
    guest: user.is_restricted === true,
    updated_at: at(user.updated),
  });
}

export interface ReactionRecord {
  readonly emoji: string;
  readonly user: string;
  readonly userId: string;
}

/** One person's reaction. */
export const printReaction = ({ emoji, user, userId }: ReactionRecord): string => print({ emoji, user, user_id: userId });
