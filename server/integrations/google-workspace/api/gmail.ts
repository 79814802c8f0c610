import { HubError } from "@/server/errors";
import type { CallContext } from "@/server/transport/send";
import { gmailGroup } from "../limits";
import {
  attachmentBody,
  type Label,
  labelsList,
  type Message,
  message,
  messagesPage,
  rawMessage,
  type Thread,
  thread,
} from "../schema/gmail";
import { base64Property } from "./base64-property";
import type { GoogleCall, GoogleHttp, Page, PageRequest, QueryValue } from "./http";

/** Gmail v1 (https://developers.google.com/workspace/gmail/api/reference/rest), as far as the hub calls it: it reads. */

/** Cap of `maxResults` of `messages.list`, by the discovery document. */
export const maxMessages = 500;

/** What a call costs, in Gmail's quota units (https://developers.google.com/workspace/gmail/api/reference/quota). */
const costs = { list: 5, get: 20, thread: 40, attachment: 20, labels: 1 } as const;

export interface MessageFilter {
  /** Epoch milliseconds; both are bounds that Gmail reads to the second. */
  readonly fromMs?: number;
  readonly toMs?: number;
  readonly label?: string;
}

export interface GmailApi {
  listLabels(context: CallContext): Promise<readonly Label[]>;
  /** Ids of messages, the newest first. Spam and trash only where their label is asked for. */
  listMessages(filter: MessageFilter, page: PageRequest, context: CallContext): Promise<Page<string>>;
  /** Subject and times alone. */
  getHead(id: string, context: CallContext): Promise<Message>;
  /** The whole message; large bodies by reference only. */
  getMessage(id: string, context: CallContext): Promise<Message>;
  getThread(id: string, context: CallContext): Promise<Thread>;
  /** The message as it came in (RFC 5322), as it is read. */
  openRaw(id: string, context: CallContext): Promise<ReadableStream<Uint8Array>>;
  getRaw(id: string, context: CallContext): Promise<Uint8Array>;
  /** Ids of attachments hold for the answer that they came in, so they are fetched from a message just read. */
  openAttachment(messageId: string, attachmentId: string, context: CallContext): Promise<ReadableStream<Uint8Array>>;
  getAttachment(messageId: string, attachmentId: string, context: CallContext): Promise<Uint8Array>;
}

/** Labels whose messages are in no other list. */
const apart = new Set(["SPAM", "TRASH"]);

export const fromBase64Url = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "base64url"));

function queryOf(filter: MessageFilter): string | undefined {
  // Whether the second itself is in is not documented, so one more is asked for on both sides.
  const words = [
    ...(filter.fromMs === undefined ? [] : [`after:${Math.floor(filter.fromMs / 1000) - 1}`]),
    ...(filter.toMs === undefined ? [] : [`before:${Math.ceil(filter.toMs / 1000) + 1}`]),
  ];
  return words.length === 0 ? undefined : words.join(" ");
}

/** The API over the hub's transport. */
export function createGmailApi(http: GoogleHttp): GmailApi {
  const get = (
    operation: string,
    path: string,
    cost: number,
    query: Readonly<Record<string, QueryValue | undefined>> = {},
  ): GoogleCall => ({
    method: "GET",
    host: "gmail",
    path: `/gmail/v1/users/me/${path}`,
    query,
    repeatability: "safe",
    operation,
    pays: [{ group: gmailGroup, cost }],
  });
  const one = (id: string) => `messages/${encodeURIComponent(id)}`;
  const attachment = (messageId: string, id: string) =>
    get("messages.attachments.get", `${one(messageId)}/attachments/${encodeURIComponent(id)}`, costs.attachment);

  async function openProperty(call: GoogleCall, name: string, context: CallContext): Promise<ReadableStream<Uint8Array>> {
    const { stream } = await http.send({ ...call, answer: "stream" }, context);
    if (stream === null) throw new HubError("EIO", `Google's answer to ${call.operation} had no content.`);
    return stream.pipeThrough(base64Property(name, call.operation));
  }

  return {
    listLabels: async (context) => (await http.json(get("labels.list", "labels", costs.labels), labelsList, context)).labels,
    listMessages: async (filter, page, context) => {
      const query = {
        q: queryOf(filter),
        labelIds: filter.label,
        includeSpamTrash: filter.label !== undefined && apart.has(filter.label) ? true : undefined,
        maxResults: Math.min(page.limit, maxMessages),
        pageToken: page.cursor ?? undefined,
        fields: "messages/id,nextPageToken",
      };
      const answer = await http.json(get("messages.list", "messages", costs.list, query), messagesPage, context);
      return { items: answer.messages.map(({ id }) => id), nextCursor: answer.nextPageToken ?? null };
    },
    getHead: (id, context) =>
      http.json(get("messages.get", one(id), costs.get, { format: "metadata", metadataHeaders: ["Subject"] }), message, context),
    getMessage: (id, context) => http.json(get("messages.get", one(id), costs.get, { format: "full" }), message, context),
    getThread: (id, context) =>
      http.json(get("threads.get", `threads/${encodeURIComponent(id)}`, costs.thread, { format: "full" }), thread, context),
    openRaw: (id, context) => openProperty(get("messages.get", one(id), costs.get, { format: "raw" }), "raw", context),
    getRaw: async (id, context) =>
      fromBase64Url((await http.json(get("messages.get", one(id), costs.get, { format: "raw" }), rawMessage, context)).raw),
    openAttachment: (messageId, id, context) => openProperty(attachment(messageId, id), "data", context),
    getAttachment: async (messageId, id, context) =>
      fromBase64Url((await http.json(attachment(messageId, id), attachmentBody, context)).data),
  };
}
