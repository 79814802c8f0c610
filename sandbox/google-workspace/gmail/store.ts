/** What the simulated Gmail keeps: a mailbox for each account. */

export interface StoredMessage {
  /** 16 hex digits. */
  readonly id: string;
  readonly threadId: string;
  readonly labelIds: readonly string[];
  readonly internalDateMs: number;
  /** Of the mailbox' history, when it last changed. */
  readonly historyId: number;
  /** Where its bytes come from: the company's mail of that key, written when it is asked for, or the bytes that came in (latin1). */
  readonly source: { readonly mail: string } | { readonly raw: string };
}

export interface HistoryRecord {
  readonly id: number;
  readonly atMs: number;
  readonly kind: "messagesAdded" | "messagesDeleted" | "labelsAdded" | "labelsRemoved";
  readonly message: string;
  readonly threadId: string;
  /** The message's labels after it. */
  readonly labelIds: readonly string[];
  /** Those that were added or taken. */
  readonly changed: readonly string[];
}

export interface StoredLabel {
  readonly id: string;
  readonly name: string;
  readonly type: "system" | "user";
}

export interface Mailbox {
  historyId: number;
  readonly labels: Map<string, StoredLabel>;
  readonly messages: Map<string, StoredMessage>;
  history: HistoryRecord[];
  watch: { readonly topicName: string; readonly expirationMs: number } | null;
}

export interface GmailState {
  /** When the seed is told from; a mailbox comes out of it when somebody first looks. */
  readonly seededAtMs: number;
  /** Those that somebody looked at, by `sub`. */
  readonly mailboxes: Map<string, Mailbox>;
}

export const systemLabels = [
  "CHAT",
  "SENT",
  "INBOX",
  "IMPORTANT",
  "TRASH",
  "DRAFT",
  "SPAM",
  "CATEGORY_FORUMS",
  "CATEGORY_UPDATES",
  "CATEGORY_PERSONAL",
  "CATEGORY_PROMOTIONS",
  "CATEGORY_SOCIAL",
  "STARRED",
  "UNREAD",
] as const;

export const emptyMailbox = (): Mailbox => ({
  historyId: 1000,
  labels: new Map(systemLabels.map((name) => [name, { id: name, name, type: "system" }])),
  messages: new Map(),
  history: [],
  watch: null,
});

/** Puts a message in, changes its labels, or takes it out for good; the history tells. */
export function change(
  mailbox: Mailbox,
  kind: HistoryRecord["kind"],
  message: Omit<StoredMessage, "historyId">,
  changed: readonly string[],
  atMs: number,
): StoredMessage {
  mailbox.historyId += 1;
  const stored: StoredMessage = { ...message, historyId: mailbox.historyId };
  if (kind === "messagesDeleted") mailbox.messages.delete(message.id);
  else mailbox.messages.set(message.id, stored);
  mailbox.history.push({
    id: mailbox.historyId,
    atMs,
    kind,
    message: message.id,
    threadId: message.threadId,
    labelIds: message.labelIds,
    changed,
  });
  return stored;
}
