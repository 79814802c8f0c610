import { HubError } from "@/server/errors";
import type { Change, DraftPlan, JsonObject, MountContext } from "@/server/vfs/tool-mount";
import type { SlackApi } from "../api";
import { beyondText, linesOf } from "../format/blocks";
import { sameLines } from "../format/lines";
import { printMarkdown } from "../format/markdown";
import { changedText, type Names } from "../format/message";
import { parseMrkdwn, printMrkdwn } from "../format/mrkdwn";
import { callsOf, longestEdit, longestPost, toMessage } from "../format/outgoing";
import type { Conversation, Message } from "../schema";
import { isOpen, revisionOf } from "./entries";
import { isEmojiName, type Place } from "./place";
import { getMessage } from "./records";
import type { StepArguments } from "./steps";

/** Changes as calls: what would be sent, and in words what people notice. Nothing here changes anything. */

export interface PlanParts {
  readonly api: SlackApi;
  /** The bot's user. */
  readonly self: string;
  readonly base: string;
  /** Names for what a message mentions. */
  names(messages: readonly Message[]): Promise<Names>;
}

type Of<A extends Place["at"]> = Extract<Place, { at: A }>;

const toStep = (call: string, changes: DraftPlan["steps"][number]["changes"], step: StepArguments) => ({
  call,
  changes,
  args: step as JsonObject,
});

const emptyPlan: DraftPlan = { steps: [], effects: [], undo: null };
const inConversation = ({ channel, dm }: { channel: string; dm: boolean }) => ({ channel, dm });

/** EACCES with what to do where the app cannot write. */
function requireOpen(conversation: Conversation, title: string): void {
  if (conversation.is_archived === true) throw new HubError("EACCES", `${title} is archived in Slack. Unarchive it there first.`);
  if (!isOpen(conversation)) {
    throw new HubError("EACCES", `The app is not in ${title}. Invite it in Slack (/invite and the app's name), then try again.`);
  }
}

/** A new message, or a reply in a thread. EINVAL and EFBIG for texts that Slack cannot show. */
export async function planPost(
  change: Extract<Change, { type: "append" }>,
  place: Of<"today"> | Of<"thread">,
  conversation: Conversation,
  title: string,
  parts: PlanParts,
  context: MountContext,
): Promise<DraftPlan> {
  requireOpen(conversation, title);
  const thread = place.at === "thread" ? place.ts : null;
  // The thread must be there before anything is said in it.
  if (thread !== null) await getMessage(parts.api, place.channel, thread, context.call);
  const { text, lines } = toMessage(change.text, parts.base, longestPost);
  const calls = callsOf(lines, title);
  return {
    steps: [
      toStep(
        thread === null ? `chat.postMessage in ${title}` : `chat.postMessage in a thread of ${title}`,
        [{ field: thread === null ? "message" : "reply", from: null, to: change.text.trim() }],
        { call: "post", ...inConversation(place), thread, text, marker: change.seed, plannedAt: Date.now() },
      ),
    ],
    effects: [
      thread === null ? `The members of ${title} see the message.` : "Slack notifies those who follow the thread.",
      ...(calls === null ? [] : [calls]),
      ...(text.length > longestEdit
        ? [`It is longer than ${longestEdit} characters, so Slack may show it in parts and cannot edit it.`]
        : []),
    ],
    undo: "Remove the message's file (messages/<ts>.md), which deletes it in Slack.",
  };
}

/** Slack lets an app change what it posted itself, and nothing else. */
function requireOwn(message: Message, self: string, what: "edit" | "delete"): void {
  if (message.user !== self || message.subtype === "tombstone") {
    throw new HubError("EACCES", `This message was not posted by the app of this connection, and Slack lets it ${what} only its own.`);
  }
}

/** A new text of a message. ENOTSUP where the message holds what a text cannot carry back. */
export async function planUpdate(
  change: Extract<Change, { type: "update" }>,
  place: Of<"message">,
  title: string,
  parts: PlanParts,
  context: MountContext,
): Promise<DraftPlan> {
  const wanted = changedText(change.base, change.text);
  if (wanted === null) return emptyPlan;
  if (wanted.trim() === "") throw new HubError("EINVAL", "A message needs some text; remove its file to delete it.");
  const message = await getMessage(parts.api, place.channel, place.ts, context.call);
  requireOwn(message, parts.self, "edit");
  if (change.revision !== null && change.revision !== revisionOf(message)) {
    throw new HubError("ESTALE", "The message was changed in Slack since it was read. Read it again.");
  }
  const holds = beyondText(message);
  if (holds !== null)
    throw new HubError("ENOTSUP", `The message holds ${holds}, which an edit of its text would drop.`, { details: { operation: "write" } });
  const lines = linesOf(message);
  if (!sameLines(parseMrkdwn(printMrkdwn(lines)), lines)) {
    throw new HubError("ENOTSUP", "The message has formatting that Slack takes from its own editor only; an edit would change it.", {
      details: { operation: "write" },
    });
  }
  const { text, lines: after } = toMessage(wanted, parts.base, longestEdit);
  const names = await parts.names([message]);
  const calls = callsOf(after, title);
  return {
    steps: [
      toStep(`chat.update in ${title}`, [{ field: "text", from: printMarkdown(lines, names), to: wanted }], {
        call: "update",
        ...inConversation(place),
        ts: place.ts,
        before: message.text,
        after: text,
      }),
    ],
    effects: calls === null ? [] : [calls],
    undo: "Write the old text again.",
  };
}

/** Deleting a message of the app's own. */
export async function planDelete(
  change: Extract<Change, { type: "remove" }>,
  place: Of<"message">,
  title: string,
  parts: PlanParts,
  context: MountContext,
): Promise<DraftPlan> {
  const message = await getMessage(parts.api, place.channel, place.ts, context.call);
  requireOwn(message, parts.self, "delete");
  if (change.revision !== null && change.revision !== revisionOf(message)) {
    throw new HubError("ESTALE", "The message was changed in Slack since it was read. Read it again.");
  }
  const replies = message.reply_count ?? 0;
  const names = await parts.names([message]);
  return {
    steps: [
      toStep(`chat.delete in ${title}`, [{ field: "text", from: printMarkdown(linesOf(message), names), to: null }], {
        call: "delete",
        ...inConversation(place),
        ts: place.ts,
        revision: revisionOf(message),
      }),
    ],
    effects: replies === 0 ? [] : [`Its ${replies === 1 ? "reply stays" : `${replies} replies stay`}, below a message that was deleted.`],
    undo: null,
  };
}

/** A reaction of the app's own: the file's name is `<emoji>` or `<emoji>~<the app's user>`, and its text says no other. */
export async function planReact(
  change: Extract<Change, { type: "create" }>,
  place: Of<"reactions">,
  title: string,
  parts: PlanParts,
  context: MountContext,
): Promise<DraftPlan> {
  const name = `${change.name}${change.extension}`;
  const [, stem = name, user] = /^(.+)~([UW][A-Z0-9]+)$/.exec(name) ?? [];
  const emoji = stem.replace(/^:|:$/g, "");
  if (!isEmojiName(emoji)) throw new HubError("EINVAL", `"${emoji}" is no name of an emoji. Name the file like tada, thumbsup or +1.`);
  if (user !== undefined && user !== parts.self) {
    throw new HubError("EACCES", `The app can only react as itself (${parts.self}), not as ${user}.`);
  }
  requireSameReaction(change.text, emoji, parts.self);
  const message = await getMessage(parts.api, place.channel, place.ts, context.call);
  const there = message.reactions?.some((one) => one.name === emoji && one.users.includes(parts.self)) === true;
  if (there) throw new HubError("EEXIST", `The app has reacted with :${emoji}: already.`);
  return {
    steps: [
      toStep(`reactions.add :${emoji}: in ${title}`, [{ field: "reaction", from: null, to: emoji }], {
        call: "react",
        ...inConversation(place),
        ts: place.ts,
        emoji,
      }),
    ],
    effects: message.user && message.user !== parts.self ? ["Slack may notify who wrote the message."] : [],
    undo: "Remove the reaction's file.",
  };
}

/** A new reaction's file is empty, or what the file will read. EINVAL for anything else, which would be lost. */
function requireSameReaction(text: string, emoji: string, self: string): void {
  if (text.trim() === "") return;
  let said: unknown = null;
  try {
    said = JSON.parse(text);
  } catch (cause) {
    throw new HubError("EINVAL", "A reaction has no text: its name is the emoji. Write an empty file.", { cause });
  }
  const fields = typeof said === "object" && said !== null ? Object.entries(said) : [["", ""]];
  for (const [key, value] of fields) {
    const fits = (key === "emoji" && value === emoji) || (key === "user_id" && value === self) || key === "user";
    if (!fits) throw new HubError("EINVAL", "A reaction has no text: its name is the emoji. Write an empty file.");
  }
}

/** Taking the app's own reaction back. */
export function planUnreact(place: Of<"reaction">, title: string, parts: PlanParts): DraftPlan {
  if (place.user !== parts.self) {
    throw new HubError("EACCES", `Slack lets the app take back only its own reactions (${place.emoji}~${parts.self}).`);
  }
  return {
    steps: [
      toStep(`reactions.remove :${place.emoji}: in ${title}`, [{ field: "reaction", from: place.emoji, to: null }], {
        call: "unreact",
        ...inConversation(place),
        ts: place.ts,
        emoji: place.emoji,
      }),
    ],
    effects: [],
    undo: "React again.",
  };
}
