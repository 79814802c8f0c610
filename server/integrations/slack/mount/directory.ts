import { HubError } from "@/server/errors";
import type { CallContext } from "@/server/transport/send";
import { maxPageSize, type SlackApi } from "../api";
import { displayName } from "../format/people";
import type { Conversation, User } from "../schema";

/**
 * Names of people and conversations, which messages have only the ids of, and the team's address. Remembered for a few minutes, because one
 * day of a channel names the same people again and again and Slack limits how often they may be asked for.
 */
export interface Directory {
  /** `https://acme.slack.com/`, with the slash. */
  base(context: CallContext): Promise<string>;
  /** Names by id; a person who cannot be named has the id. */
  people(ids: Iterable<string>, context: CallContext): Promise<ReadonlyMap<string, string>>;
  /** What a conversation is called: a channel's name, or whom the direct messages are with. ENOENT where it is not to be seen. */
  titleOf(conversation: Conversation, context: CallContext): Promise<string>;
  /** Seen less than half a minute ago. */
  conversation(id: string, context: CallContext): Promise<Conversation>;
  /** Keeps what a list has shown. */
  noteUsers(users: readonly User[]): void;
}

const namesLastMs = 10 * 60_000;
const conversationsLastMs = 30_000;
/** Installations, and entries of each. */
const mostBooks = 200;
const mostEntries = 5_000;
/** From so many unknown people on, whole pages of everybody cost less than one call each. */
const listFrom = 10;
const mostListPages = 5;

interface Kept<T> {
  readonly value: T;
  readonly untilMs: number;
}

interface Book {
  readonly people: Map<string, Kept<string>>;
  readonly conversations: Map<string, Kept<Conversation>>;
  base: string | null;
}

/** By installation: the address, the team and the bot, so that what one may see is never shown to another. */
const books = new Map<string, Book>();

function bookOf(key: string): Book {
  const known = books.get(key);
  if (known !== undefined) return known;
  if (books.size >= mostBooks) books.clear();
  const book: Book = { people: new Map(), conversations: new Map(), base: null };
  books.set(key, book);
  return book;
}

function keep<T>(map: Map<string, Kept<T>>, id: string, value: T, lastMs: number): void {
  if (map.size >= mostEntries) map.clear();
  map.set(id, { value, untilMs: Date.now() + lastMs });
}

function find<T>(map: Map<string, Kept<T>>, id: string): T | undefined {
  const kept = map.get(id);
  return kept !== undefined && kept.untilMs > Date.now() ? kept.value : undefined;
}

/** Slack has no such record, or does not name it to this connection: the id is shown in its place. */
const isUnnamed = (error: unknown): boolean => error instanceof HubError && ["ENOENT", "ESCOPE", "EACCES"].includes(error.code);

export function createDirectory(options: {
  readonly api: SlackApi;
  /** The installation whose names these are. */
  readonly key: string;
  readonly capabilities: readonly string[];
}): Directory {
  const { api } = options;
  const book = bookOf(options.key);
  const mayName = options.capabilities.includes("read:users");

  const noteUsers = (users: readonly User[]): void => {
    for (const user of users) keep(book.people, user.id, displayName(user), namesLastMs);
  };

  async function listPeople(unknown: readonly string[], context: CallContext): Promise<void> {
    let cursor: string | null = null;
    for (let page = 0; page < mostListPages; page += 1) {
      const answer = await api.listUsers({ cursor, limit: maxPageSize }, context);
      noteUsers(answer.items);
      cursor = answer.nextCursor;
      if (cursor === null || unknown.every((id) => find(book.people, id) !== undefined)) return;
    }
  }

  async function namePerson(id: string, context: CallContext): Promise<string> {
    const known = find(book.people, id);
    if (known !== undefined) return known;
    if (!mayName) return id;
    let name = id;
    try {
      name = displayName(await api.getUser(id, context));
    } catch (error) {
      if (!isUnnamed(error)) throw error;
    }
    keep(book.people, id, name, namesLastMs);
    return name;
  }

  const directory: Directory = {
    async base(context) {
      if (book.base === null) {
        const { url } = await api.testAuth(context);
        book.base = url.endsWith("/") ? url : `${url}/`;
      }
      return book.base;
    },
    async people(ids, context) {
      const wanted = [...new Set(ids)];
      const unknown = wanted.filter((id) => find(book.people, id) === undefined);
      if (mayName && unknown.length >= listFrom) await listPeople(unknown, context);
      const names = new Map<string, string>();
      for (const id of wanted) names.set(id, await namePerson(id, context));
      return names;
    },
    async titleOf(conversation, context) {
      if (conversation.is_im === true) return await namePerson(conversation.user ?? conversation.id, context);
      const name = conversation.name ?? conversation.id;
      // `mpdm-ann--ben--carl-1`: the handles of those who are in it.
      return conversation.is_mpim === true
        ? name
            .replace(/^mpdm-/, "")
            .replace(/-\d+$/, "")
            .split("--")
            .join(", ")
        : name;
    },
    async conversation(id, context) {
      const known = find(book.conversations, id);
      if (known !== undefined) return known;
      const conversation = await api.getConversation(id, context);
      keep(book.conversations, id, conversation, conversationsLastMs);
      return conversation;
    },
    noteUsers,
  };
  return directory;
}
