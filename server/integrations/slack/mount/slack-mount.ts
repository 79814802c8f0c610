import { HubError } from "@/server/errors";
import type { CallContext } from "@/server/transport/send";
import type { Operation, ReadFormat } from "@/server/vfs/node";
import type { Change, DraftPlan, Entry, EntryPage, MountContext, PrintedFile, ToolMount } from "@/server/vfs/tool-mount";
import type { Page, SlackApi } from "../api";
import { beginningOf, dateOf, listDays } from "../days";
import { type Names, printMessage, printMessageJson } from "../format/message";
import { printConversation, printReaction, printUser } from "../format/records";
import { namedIn, printTranscript } from "../format/transcript";
import type { Conversation, Message } from "../schema";
import { createCapabilityCheck } from "./capabilities";
import { slackDescription } from "./description";
import type { Directory } from "./directory";
import {
  companionEntry,
  conversationEntry,
  conversationFileEntry,
  conversationUrl,
  dayEntry,
  directoryEntry,
  isOpen,
  messageEntry,
  messagesEntry,
  messageUrl,
  reactionEntry,
  reactionsEntry,
  threadEntry,
  threadsEntry,
  todayEntry,
  userEntry,
} from "./entries";
import { performStep } from "./perform";
import { type Place, placeOf } from "./place";
import { type PlanParts, planDelete, planPost, planReact, planUnreact, planUpdate } from "./plan";
import { getDay, getMembers, getMessage, getReactions, getThread, getThreadParent, requireKind } from "./records";

export interface SlackMountOptions {
  readonly api: SlackApi;
  readonly directory: Directory;
  /** The bot's user: whose messages and reactions are the connection's own. */
  readonly self: string;
  readonly capabilities: readonly string[];
}

const wholePage = (entries: readonly Entry[]): EntryPage => ({ entries, nextCursor: null });

function unsupported(operation: Operation, sentence: string): HubError {
  return new HubError("ENOTSUP", sentence, { details: { operation } });
}

/** The format to print in; ENOTSUP names the ones there are. */
function chooseFormat<F extends ReadFormat>(as: ReadFormat | null, offered: readonly [F, ...F[]]): F {
  const chosen = as === null ? offered[0] : offered.find((format) => format === as);
  if (chosen === undefined) throw unsupported("read", `This file has no "${as}" format; it has ${offered.join(" and ")}.`);
  return chosen;
}

function printed(text: string, format: ReadFormat, entry: Entry): PrintedFile {
  const mediaType = format === "json" ? "application/json; charset=utf-8" : "text/markdown; charset=utf-8";
  return { text, mediaType, entry: { ...entry, sizeBytes: Buffer.byteLength(text) } };
}

type Conversed = Extract<Place, { readonly channel: string }>;

/** How a conversation is spoken of: `#general`, or whom the messages are with. */
const spoken = (conversation: Conversation, title: string): string =>
  conversation.is_im === true || conversation.is_mpim === true ? `the messages with ${title}` : `#${title}`;

/** Slack as a tree: conversations with their days, threads and messages, and people. */
export function createSlackMount(options: SlackMountOptions): ToolMount {
  const { api, directory, self } = options;
  const check = createCapabilityCheck(options.capabilities);

  function open(location: Parameters<ToolMount["stat"]>[0]): Place {
    const place = placeOf(location);
    check.requireRead(place);
    return place;
  }

  /** Asked of Slack, since membership and names may have changed. */
  async function conversationOf(place: Conversed, call: CallContext): Promise<Conversation> {
    return requireKind(await api.getConversation(place.channel, call), place.dm);
  }

  /** The conversation that what is below it needs: its name, its beginning and whether the app is in it. */
  async function openConversation(
    place: Conversed,
    call: CallContext,
  ): Promise<{ conversation: Conversation; title: string; base: string }> {
    const conversation = requireKind(await directory.conversation(place.channel, call), place.dm);
    if (!isOpen(conversation)) {
      throw new HubError("EACCES", "The app is not in this channel. Invite it in Slack (/invite and the app's name), then try again.");
    }
    return { conversation, title: await directory.titleOf(conversation, call), base: await directory.base(call) };
  }

  /** The names that these messages need. */
  async function namesOf(messages: readonly Message[], call: CallContext): Promise<Names> {
    const named = namedIn(messages);
    const people = await directory.people(named.people, call);
    const channels = new Map<string, string>();
    for (const id of named.channels) channels.set(id, await channelName(id, call));
    const person = (id: string): string => people.get(id) ?? id;
    return {
      base: await directory.base(call),
      person,
      nameOf(target) {
        if (target.startsWith("@")) return `@${person(target.slice(1))}`;
        if (target.startsWith("#")) return `#${channels.get(target.slice(1)) ?? target.slice(1)}`;
        const [command = "", label] = target.slice(1).split("|");
        return label ?? `@${command}`;
      },
    };
  }

  async function channelName(id: string, call: CallContext): Promise<string> {
    try {
      return await directory.titleOf(await directory.conversation(id, call), call);
    } catch (error) {
      // A message may name a conversation that the app cannot see.
      if (error instanceof HubError && ["ENOENT", "ESCOPE", "EACCES"].includes(error.code)) return id;
      throw error;
    }
  }

  const requireDay = (date: string, conversation: Conversation, zone: string): void => {
    if (date < beginningOf(conversation.created, zone)) throw new HubError("ENOENT", "The conversation began after this day.");
    if (date > dateOf(Date.now() / 1000, zone)) throw new HubError("ENOENT", "This day has not come yet.");
  };

  async function statPlace(place: Place, context: MountContext): Promise<Entry> {
    const { call } = context;
    switch (place.at) {
      case "root":
        return directoryEntry("");
      case "channels":
      case "dms":
      case "users":
        return directoryEntry(place.at);
      case "user":
        return userEntry(await api.getUser(place.user, call));
      case "conversation": {
        const conversation = await conversationOf(place, call);
        return conversationEntry(conversation, await directory.titleOf(conversation, call), await directory.base(call));
      }
      case "conversationFile": {
        const { id } = await conversationOf(place, call);
        return conversationFileEntry(conversationUrl(await directory.base(call), id));
      }
      default:
        return await statBelow(place, context);
    }
  }

  async function statBelow(place: Conversed, context: MountContext): Promise<Entry> {
    const { call, timeZone } = context;
    const { conversation, base } = await openConversation(place, call);
    const webUrl = conversationUrl(base, place.channel);
    switch (place.at) {
      case "today":
        return todayEntry(webUrl);
      case "day":
        requireDay(place.date, conversation, timeZone);
        return dayEntry(place.date, webUrl);
      case "threads":
        return threadsEntry();
      case "messages":
        return messagesEntry();
      case "thread":
        return threadEntry(await getThreadParent(api, place.channel, place.ts, call), messageUrl(base, place.channel, place.ts));
      case "message":
        return messageEntry(await getMessage(api, place.channel, place.ts, call), messageUrl(base, place.channel, place.ts));
      case "companion":
        await getMessage(api, place.channel, place.ts, call);
        return companionEntry(place.ts, messageUrl(base, place.channel, place.ts));
      case "reactions":
        await getMessage(api, place.channel, place.ts, call);
        return reactionsEntry();
      case "reaction":
        await requireReaction(place, call);
        return reactionEntry(place.emoji, place.user);
      case "conversation":
      case "conversationFile":
        return await statPlace(place, context);
    }
  }

  async function requireReaction(place: Extract<Place, { at: "reaction" }>, call: CallContext): Promise<void> {
    const reactions = await getReactions(api, place.channel, place.ts, call);
    const there = reactions.some(({ emoji, users }) => emoji === place.emoji && users.includes(place.user));
    if (!there) throw new HubError("ENOENT", "Nobody with this id has reacted so to this message.");
  }

  async function listConversations(dm: boolean, page: Parameters<ToolMount["list"]>[1], call: CallContext): Promise<EntryPage> {
    const types = dm ? ["im", "mpim"] : ["public_channel", "private_channel"];
    const { items, nextCursor } = await api.listConversations(types, page, call);
    const base = await directory.base(call);
    if (dm)
      await directory.people(
        items.flatMap(({ user }) => user ?? []),
        call,
      );
    const entries: Entry[] = [];
    for (const one of items) entries.push(conversationEntry(one, await directory.titleOf(one, call), base));
    return { entries, nextCursor };
  }

  /** What a conversation holds: its record, its days back to the first, and the ways to its threads and messages. */
  async function listConversation(place: Conversed, page: Parameters<ToolMount["list"]>[1], context: MountContext): Promise<EntryPage> {
    const { call, timeZone } = context;
    const conversation = await conversationOf(place, call);
    const webUrl = conversationUrl(await directory.base(call), place.channel);
    const head: Entry[] = [];
    if (page.cursor === null) head.push(conversationFileEntry(webUrl));
    if (!isOpen(conversation)) return wholePage(head);
    if (page.cursor === null) head.push(todayEntry(webUrl), threadsEntry(), messagesEntry());
    const today = dateOf(Date.now() / 1000, timeZone);
    const from = page.cursor ?? today;
    if (!/^\d{4}-\d{2}-\d{2}$/.test(from)) throw new HubError("EINVAL", "This cursor is not one of this list.");
    const { dates, next } = listDays(from, beginningOf(conversation.created, timeZone), Math.max(1, page.limit));
    return { entries: [...head, ...dates.map((date) => dayEntry(date, webUrl))], nextCursor: next };
  }

  const toThreads = ({ items, nextCursor }: Page<Message>, base: string, channel: string): EntryPage => ({
    entries: items
      .filter(({ ts, thread_ts, reply_count }) => (reply_count ?? 0) > 0 && (!thread_ts || thread_ts === ts))
      .map((message) => threadEntry(message, messageUrl(base, channel, message.ts))),
    nextCursor,
  });

  async function listPlace(place: Place, page: Parameters<ToolMount["list"]>[1], context: MountContext): Promise<EntryPage> {
    const { call } = context;
    switch (place.at) {
      case "root":
        return wholePage([directoryEntry("channels"), directoryEntry("dms"), directoryEntry("users")]);
      case "channels":
      case "dms":
        return await listConversations(place.at === "dms", page, call);
      case "users": {
        const { items, nextCursor } = await api.listUsers(page, call);
        directory.noteUsers(items);
        return { entries: items.map(userEntry), nextCursor };
      }
      case "conversation":
        return await listConversation(place, page, context);
      case "threads": {
        const { base } = await openConversation(place, call);
        return toThreads(await api.listMessages(place.channel, {}, page, call), base, place.channel);
      }
      case "messages":
        // Every message resolves by its timestamp; the days name them.
        await openConversation(place, call);
        return wholePage([]);
      case "companion":
        await statPlace(place, context);
        return wholePage([reactionsEntry()]);
      case "reactions": {
        await openConversation(place, call);
        const reactions = await getReactions(api, place.channel, place.ts, call);
        return wholePage(reactions.flatMap(({ emoji, users }) => users.map((user) => reactionEntry(emoji, user))));
      }
      default:
        throw new HubError("ENOTDIR", "This is a file, not a directory.");
    }
  }

  async function readPlace(place: Place, as: ReadFormat | null, context: MountContext): Promise<PrintedFile> {
    const { call, timeZone } = context;
    switch (place.at) {
      case "user": {
        chooseFormat(as, ["json"]);
        const user = await api.getUser(place.user, call);
        return printed(printUser(user), "json", userEntry(user));
      }
      case "conversationFile": {
        chooseFormat(as, ["json"]);
        return await readConversation(place, call);
      }
      case "today":
      case "day": {
        chooseFormat(as, ["markdown"]);
        const { conversation, title, base } = await openConversation(place, call);
        const date = place.at === "today" ? dateOf(Date.now() / 1000, timeZone) : place.date;
        if (place.at === "day") requireDay(date, conversation, timeZone);
        const messages = await getDay(api, place.channel, date, timeZone, call);
        const heading = `${conversation.is_im || conversation.is_mpim ? title : `#${title}`}, ${date}`;
        const text = printTranscript(messages, { title: heading, names: await namesOf(messages, call), timeZone, root: "", dates: false });
        const webUrl = conversationUrl(base, place.channel);
        return printed(text, "markdown", place.at === "today" ? todayEntry(webUrl) : dayEntry(date, webUrl));
      }
      case "thread": {
        chooseFormat(as, ["markdown", "thread"]);
        const { title, base } = await openConversation(place, call);
        const parent = await getThreadParent(api, place.channel, place.ts, call);
        const messages = await getThread(api, place.channel, place.ts, call);
        const names = await namesOf(messages, call);
        const text = printTranscript(messages, { title: `Thread in ${title}`, names, timeZone, root: "../", dates: true });
        return printed(text, as ?? "markdown", threadEntry(parent, messageUrl(base, place.channel, place.ts)));
      }
      case "message": {
        const format = chooseFormat(as, ["markdown", "json"]);
        const { base } = await openConversation(place, call);
        const message = await getMessage(api, place.channel, place.ts, call);
        const names = await namesOf([message], call);
        const text = format === "json" ? printMessageJson(message, names) : await printMessage(message, names, context);
        return printed(text, format, messageEntry(message, messageUrl(base, place.channel, place.ts)));
      }
      case "reaction": {
        chooseFormat(as, ["json"]);
        await openConversation(place, call);
        await requireReaction(place, call);
        const name = (await directory.people([place.user], call)).get(place.user) ?? place.user;
        const text = printReaction({ emoji: place.emoji, user: name, userId: place.user });
        return printed(text, "json", reactionEntry(place.emoji, place.user));
      }
      default:
        throw new HubError("EISDIR", "This is a directory; list it.");
    }
  }

  async function readConversation(place: Conversed, call: CallContext): Promise<PrintedFile> {
    const conversation = await conversationOf(place, call);
    const url = conversationUrl(await directory.base(call), place.channel);
    const ids =
      conversation.is_im === true
        ? [conversation.user ?? ""]
        : conversation.is_mpim === true
          ? await getMembers(api, place.channel, call)
          : [];
    const people = await directory.people([...ids, ...(conversation.creator ? [conversation.creator] : [])], call);
    const text = printConversation(conversation, {
      title: await directory.titleOf(conversation, call),
      url,
      members: place.dm ? ids.map((id) => people.get(id) ?? id) : null,
      creator: conversation.creator ? (people.get(conversation.creator) ?? null) : null,
    });
    return printed(text, "json", conversationFileEntry(url));
  }

  async function planChange(change: Change, context: MountContext): Promise<DraftPlan> {
    const { call } = context;
    if (change.type === "upload") throw unsupported("write", "Files are not uploaded to Slack from here.");
    const place = open(change.type === "create" ? change.parent : change.location);
    const parts = async (): Promise<PlanParts> => ({
      api,
      self,
      base: await directory.base(call),
      names: (messages) => namesOf(messages, call),
    });
    const where = async (of: Conversed): Promise<{ conversation: Conversation; title: string }> => {
      const conversation = await conversationOf(of, call);
      return { conversation, title: spoken(conversation, await directory.titleOf(conversation, call)) };
    };
    switch (change.type) {
      case "create":
        if (place.at !== "reactions") {
          throw unsupported("write", "Nothing is created here by a new file: append to today.md to post, to a thread's file to reply.");
        }
        check.requireWrite("write:reactions");
        return await planReact(change, place, (await where(place)).title, await parts(), context);
      case "append": {
        if (place.at !== "today" && place.at !== "thread") {
          throw unsupported("append", "A message is posted by appending to today.md, a reply by appending to a thread's file.");
        }
        check.requireWrite("write:messages");
        const { conversation, title } = await where(place);
        return await planPost(change, place, conversation, title, await parts(), context);
      }
      case "update":
        if (place.at !== "message") throw unsupported("write", "Only a single message (messages/<ts>.md) can be rewritten.");
        check.requireWrite("write:messages");
        return await planUpdate(change, place, (await where(place)).title, await parts(), context);
      case "remove":
        if (place.at === "reaction") {
          check.requireWrite("write:reactions");
          return planUnreact(place, (await where(place)).title, await parts());
        }
        if (place.at !== "message") throw unsupported("remove", "Only single messages and reactions can be removed.");
        check.requireWrite("write:messages");
        return await planDelete(change, place, (await where(place)).title, await parts(), context);
      case "move":
        throw unsupported("move", "Slack has no way to move this.");
    }
  }

  return {
    description: slackDescription,
    list: async (location, page, context) => await listPlace(open(location), page, context),
    stat: async (location, context) => await statPlace(open(location), context),
    read: async (location, as, context) => await readPlace(open(location), as, context),
    plan: planChange,
    async perform(step, context) {
      const reacts = step.args.call === "react" || step.args.call === "unreact";
      check.requireWrite(reacts ? "write:reactions" : "write:messages");
      return await performStep(step, { api, self, base: directory.base }, context);
    },
  };
}
