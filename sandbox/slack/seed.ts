import { momentOf } from "../company/moments";
import type { Company, DocumentSeed, PostSeed } from "../company/work";
import { idAlphabets, stableId } from "../ids";
import { type Mentionable, storeMarkdown } from "./markup";
import { type ConversationRow, type FileRow, type MessageRow, nextTs, type UserRow, type Workspace } from "./rows";

/** The companies as Slack workspaces. Ids are the same for the same words, so that a restart finds what was there. */

export const idOf = (prefix: string, ...words: readonly string[]): string => `${prefix}0${stableId(idAlphabets.upper, 9, ...words)}`;

const daySeconds = 86_400;

/** How old a conversation is before its first message. */
const conversationAgeDays = 60;

function userOf(company: Company, person: Company["people"][number], nowMs: number): UserRow {
  return {
    id: idOf("U", company.urlKey, person.handle),
    handle: person.handle,
    name: person.name,
    email: person.email,
    title: person.title,
    timeZone: person.timeZone,
    color: person.color.replace("#", ""),
    admin: person.admin === true,
    guest: person.guest === true,
    deleted: person.left === true,
    botId: null,
    updated: Math.floor(nowMs / 1000) - 100 * daySeconds,
  };
}

/** What a text names in its quotes and the company has as a document is shared with it. */
function filesOf({ company, documents }: Posting, text: string, user: string, created: number): readonly FileRow[] {
  return [...text.matchAll(/“([^”]+)”/g)].flatMap(([, title = ""]) => {
    const document = documents.get(title);
    if (document === undefined) return [];
    return {
      id: idOf("F", company.urlKey, document.key),
      name: document.title,
      mimetype: document.mediaType ?? (document.kind === "sheet" ? "text/csv" : "text/markdown"),
      user,
      created,
      text: document.text,
    };
  });
}

interface Posting {
  readonly company: Company;
  readonly workspace: Workspace;
  readonly known: Mentionable;
  /** By title. */
  readonly documents: ReadonlyMap<string, DocumentSeed>;
  readonly nowMs: number;
}

/** Posts in the order of time, threads among them. */
function fill(conversation: ConversationRow, posts: readonly PostSeed[], posting: Posting): void {
  const { workspace, known, nowMs } = posting;
  const user = (handle: string): string => known.people.get(handle) ?? handle;
  const flat = posts.flatMap((post) => [
    { post, parent: null as PostSeed | null, at: momentOf(nowMs, post) },
    ...(post.replies ?? []).map((reply) => ({ post: reply, parent: post as PostSeed | null, at: momentOf(nowMs, reply) })),
  ]);
  const tsOf = new Map<PostSeed, string>();
  for (const { post, parent, at } of flat.toSorted((one, other) => one.at - other.at)) {
    // Within the second that the seed says; two of one moment are ordered as they are told.
    const ts = uniqueTs(conversation, at, post.by);
    tsOf.set(post, ts);
    const author = user(post.by);
    const files = filesOf(posting, post.text, author, Math.floor(at / 1000));
    for (const file of files) workspace.files.set(file.id, file);
    const message: MessageRow = {
      ts,
      user: author,
      botId: null,
      subtype: null,
      text: storeMarkdown(post.text, known),
      blocks: null,
      attachments: null,
      threadTs: parent === null ? ((post.replies ?? []).length > 0 ? ts : null) : (tsOf.get(parent) ?? null),
      edited: post.edited === true ? { user: author, ts: `${Math.floor(at / 1000) + 60}.000000` } : null,
      reactions: (post.reactions ?? []).map(([name, handles]) => ({ name, users: handles.map(user) })),
      fileIds: files.map(({ id }) => id),
      metadata: null,
      tombstone: false,
    };
    conversation.messages.set(ts, message);
  }
}

function uniqueTs(conversation: ConversationRow, atMs: number, salt: string): string {
  for (let step = 0; ; step += 1) {
    const digits = Number.parseInt(stableId(idAlphabets.decimal, 3, conversation.id, String(atMs), salt), 10) + step;
    const ts = `${Math.floor(atMs / 1000)}.${String(digits).padStart(6, "0")}`;
    if (!conversation.messages.has(ts)) return ts;
  }
}

const emptyConversation = (
  fields: Pick<ConversationRow, "id" | "kind" | "name" | "creator" | "created"> & Partial<ConversationRow>,
): ConversationRow => ({
  topic: "",
  purpose: "",
  archived: false,
  members: new Set(),
  messages: new Map(),
  ...fields,
});

/** Every company as a workspace, at this moment. */
export function seedWorkspaces(companies: readonly Company[], nowMs: number): readonly Workspace[] {
  return companies.map((company) => {
    const workspace: Workspace = {
      id: idOf("T", company.urlKey),
      domain: company.urlKey,
      name: company.name,
      users: new Map(),
      bots: new Map(),
      conversations: new Map(),
      files: new Map(),
      lastTs: "0.000000",
    };
    for (const person of company.people) {
      const row = userOf(company, person, nowMs);
      workspace.users.set(row.id, row);
    }
    const people = new Map([...workspace.users.values()].map(({ handle, id }) => [handle, id]));
    const channels = new Map(company.channels.map(({ key, name }) => [name, idOf("C", company.urlKey, key)]));
    const posting: Posting = {
      company,
      workspace,
      known: { people, channels },
      documents: new Map(company.documents.map((one) => [one.title, one])),
      nowMs,
    };
    for (const seed of company.channels) {
      const oldest = Math.max(0, ...seed.posts.map(({ daysAgo }) => daysAgo));
      const conversation = emptyConversation({
        id: channels.get(seed.name) ?? "",
        kind: seed.private ? "private" : "public",
        name: seed.name,
        topic: seed.topic,
        purpose: seed.purpose,
        creator: people.get(seed.members[0] ?? "") ?? "",
        created: Math.floor(nowMs / 1000) - Math.max(conversationAgeDays, oldest + 1) * daySeconds,
        members: new Set(
          seed.members.flatMap((handle) =>
            workspace.users.get(people.get(handle) ?? "")?.deleted === false ? (people.get(handle) ?? []) : [],
          ),
        ),
      });
      fill(conversation, seed.posts, posting);
      workspace.conversations.set(conversation.id, conversation);
    }
    for (const seed of company.directMessages) {
      const group = seed.between.length > 2;
      const conversation = emptyConversation({
        id: idOf(group ? "G" : "D", company.urlKey, ...seed.between),
        kind: group ? "mpim" : "im",
        name: group ? `mpdm-${seed.between.join("--")}-1` : "",
        creator: people.get(seed.between[0] ?? "") ?? "",
        created: Math.floor(nowMs / 1000) - conversationAgeDays * daySeconds,
        members: new Set(seed.between.map((handle) => people.get(handle) ?? handle)),
      });
      fill(conversation, seed.posts, posting);
      workspace.conversations.set(conversation.id, conversation);
    }
    return workspace;
  });
}

export interface Installing {
  readonly workspace: Workspace;
  readonly clientId: string;
  readonly appName: string;
  readonly installer: string;
  readonly invites: "installer" | "nowhere";
  readonly nowMs: number;
}

/** The app's bot in the workspace, made when it is installed first, and invited where its installer is. */
export function installApp({ workspace, clientId, appName, installer, invites, nowMs }: Installing): string {
  const botId = idOf("B", workspace.id, clientId);
  const known = workspace.bots.get(botId);
  if (known !== undefined) return known.userId;
  const userId = idOf("U", workspace.id, "bot", clientId);
  const handle = appName.toLowerCase().replaceAll(/[^a-z0-9]+/g, "_");
  workspace.bots.set(botId, { id: botId, userId, appId: idOf("A", clientId), clientId, name: appName, installedBy: installer });
  workspace.users.set(userId, {
    id: userId,
    handle,
    name: appName,
    email: null,
    title: "",
    timeZone: "America/Los_Angeles",
    color: "4a154b",
    admin: false,
    guest: false,
    deleted: false,
    botId,
    updated: Math.floor(nowMs / 1000),
  });
  if (invites === "installer") {
    for (const conversation of workspace.conversations.values()) {
      const isChannel = conversation.kind === "public" || conversation.kind === "private";
      if (isChannel && conversation.members.has(installer)) conversation.members.add(userId);
    }
    greet(workspace, { installer, userId, handle, nowMs });
  }
  return userId;
}

/** The installer says something to the app, alone and with another. */
function greet(
  workspace: Workspace,
  { installer, userId, handle, nowMs }: { installer: string; userId: string; handle: string; nowMs: number },
): void {
  const created = Math.floor(nowMs / 1000) - 2 * daySeconds;
  const post = (conversation: ConversationRow, text: string): void => {
    const ts = nextTs(workspace, nowMs - 3_600_000);
    conversation.messages.set(ts, {
      ts,
      user: installer,
      botId: null,
      subtype: null,
      text,
      blocks: null,
      attachments: null,
      threadTs: null,
      edited: null,
      reactions: [],
      fileIds: [],
      metadata: null,
      tombstone: false,
    });
  };
  const alone = emptyConversation({
    id: idOf("D", workspace.id, installer, userId),
    kind: "im",
    name: "",
    creator: installer,
    created,
    members: new Set([installer, userId]),
  });
  post(alone, `Hello <@${userId}>! Please remind me of the open reviews on Friday. :wave:`);
  workspace.conversations.set(alone.id, alone);
  const other = [...workspace.users.values()].find(
    ({ id, botId, deleted, guest }) => id !== installer && botId === null && !deleted && !guest,
  );
  const first = workspace.users.get(installer);
  if (other === undefined || first === undefined) return;
  const group = emptyConversation({
    id: idOf("G", workspace.id, installer, other.id, userId),
    kind: "mpim",
    name: `mpdm-${[first.handle, other.handle, handle].join("--")}-1`,
    creator: installer,
    created,
    members: new Set([installer, other.id, userId]),
  });
  post(group, `<@${other.id}>, this is the app that writes our summaries.`);
  workspace.conversations.set(group.id, group);
}
