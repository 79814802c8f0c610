import { HubError } from "@/server/errors";
import type { Location, LocationSegment } from "@/server/vfs/tool-mount";

/** Where a location of Slack's tree is; ids are Slack's, `dm` tells direct messages from channels. */
interface InConversation {
  readonly channel: string;
  readonly dm: boolean;
}

/** One member for each name, so that a place is known by its `at`. */
type At<Name extends string, More> = Name extends string ? { readonly at: Name } & More : never;

export type Place =
  | At<"root" | "channels" | "dms" | "users", unknown>
  | At<"user", { readonly user: string }>
  | At<"conversation" | "conversationFile" | "today" | "threads" | "messages", InConversation>
  | At<"day", InConversation & { readonly date: string }>
  | At<"thread" | "message" | "companion" | "reactions", InConversation & { readonly ts: string }>
  | At<"reaction", InConversation & { readonly ts: string; readonly emoji: string; readonly user: string }>;

/** Seconds and six digits that order the messages within them; a text, since as a number it loses digits. */
const timestamp = /^(\d{1,12}\.\d{6})\.(md|d)$/;
const dayFile = /^(\d{4}-\d{2}-\d{2})\.md$/;
const emojiName = /^[\p{Ll}\p{Lo}\p{M}\p{N}_'+:.-]{1,100}$/u;
const reactionFile = /^(.+)~([UW][A-Z0-9]+)$/u;

/** Whether a text can be an emoji's name in Slack (`tada`, `+1`, `wave::skin-tone-3`). */
export const isEmojiName = (name: string): boolean => emojiName.test(name);

const fixed = (name: string): LocationSegment => ({ type: "fixed", name });
const object = (kind: string, externalId: string): LocationSegment => ({ type: "object", kind, externalId });

export const locations = {
  root: [] as Location,
  channels: [fixed("channels")] as Location,
  dms: [fixed("dms")] as Location,
  users: [fixed("users")] as Location,
  user: (user: string): Location => [fixed("users"), object("user", user)],
  conversation: ({ channel, dm }: InConversation): Location =>
    dm ? [fixed("dms"), object("dm", channel)] : [fixed("channels"), object("channel", channel)],
  conversationFile: (of: InConversation): Location => [...locations.conversation(of), fixed("channel.json")],
  today: (of: InConversation): Location => [...locations.conversation(of), fixed("today.md")],
  day: (of: InConversation, date: string): Location => [...locations.conversation(of), fixed(`${date}.md`)],
  threads: (of: InConversation): Location => [...locations.conversation(of), fixed("threads")],
  thread: (of: InConversation, ts: string): Location => [...locations.threads(of), fixed(`${ts}.md`)],
  messages: (of: InConversation): Location => [...locations.conversation(of), fixed("messages")],
  message: (of: InConversation, ts: string): Location => [...locations.messages(of), fixed(`${ts}.md`)],
  reactions: (of: InConversation, ts: string): Location => [...locations.messages(of), fixed(`${ts}.d`), fixed("reactions")],
  reaction: (of: InConversation, ts: string, emoji: string, user: string): Location => [
    ...locations.reactions(of, ts),
    fixed(`${emoji}~${user}`),
  ],
};

const nowhere = (): HubError => new HubError("ENOENT", "There is nothing of Slack's at this path.");

/** Reads a location; ENOENT where the tree has no such place. */
export function placeOf(location: Location): Place {
  const [first, second, ...rest] = location;
  if (first === undefined) return { at: "root" };
  if (first.type !== "fixed" || !["channels", "dms", "users"].includes(first.name)) throw nowhere();
  const area = first.name as "channels" | "dms" | "users";
  if (second === undefined) return { at: area };
  if (second.type !== "object" || second.companion === true) throw nowhere();
  if (area === "users") {
    if (second.kind !== "user" || rest.length > 0) throw nowhere();
    return { at: "user", user: second.externalId };
  }
  const dm = area === "dms";
  if (second.kind !== (dm ? "dm" : "channel")) throw nowhere();
  const names = rest.map((segment) => (segment.type === "fixed" ? segment.name : ""));
  return placeInConversation({ channel: second.externalId, dm }, names);
}

function placeInConversation(of: InConversation, names: readonly string[]): Place {
  const [area, item, companionArea, entry, ...more] = names;
  if (more.length > 0) throw nowhere();
  if (area === undefined) return { at: "conversation", ...of };
  if (item === undefined) {
    if (area === "channel.json") return { at: "conversationFile", ...of };
    if (area === "today.md") return { at: "today", ...of };
    if (area === "threads" || area === "messages") return { at: area, ...of };
    const date = dayFile.exec(area)?.[1];
    if (date !== undefined && isDate(date)) return { at: "day", date, ...of };
    throw nowhere();
  }
  const [, ts, extension] = timestamp.exec(item) ?? [];
  if (ts === undefined) throw nowhere();
  if (extension === "md") {
    if (companionArea !== undefined || (area !== "threads" && area !== "messages")) throw nowhere();
    return { at: area === "threads" ? "thread" : "message", ts, ...of };
  }
  if (area !== "messages") throw nowhere();
  if (companionArea === undefined) return { at: "companion", ts, ...of };
  if (companionArea !== "reactions") throw nowhere();
  if (entry === undefined) return { at: "reactions", ts, ...of };
  const [, emoji, user] = reactionFile.exec(entry) ?? [];
  if (emoji === undefined || user === undefined || !isEmojiName(emoji)) throw nowhere();
  return { at: "reaction", ts, emoji, user, ...of };
}

/** Whether `2026-02-30` is a day. */
function isDate(date: string): boolean {
  const at = new Date(`${date}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(date);
}
