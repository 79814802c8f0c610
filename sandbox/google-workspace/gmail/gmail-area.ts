import { z } from "zod";
import { json, type SandboxResponse } from "../../http/server";
import { idAlphabets, stableId } from "../../ids";
import { type Account, type ApiRequest, type AreaOptions, type GoogleArea, hasScope, requireScope } from "../area";
import { GoogleRefusal } from "../failures";
import { selectFields } from "../fields";
import { createPageTokens, readPageSize } from "../pages";
import { listHistory } from "./history";
import { headerOf, type MimePart, parseMime } from "./mime";
import { mailboxPage, mailPage } from "./page";
import { createAttachmentIds, type Format, messageResource, searchedOf } from "./resource";
import { findRoute, general, prefix, readScopes, segmentsOf } from "./routes";
import { parseSearch } from "./search";
import { mailsOfAccounts, seededMails, seedMailbox, writeMail } from "./seed";
import { change, type GmailState, type Mailbox, type StoredLabel, type StoredMessage } from "./store";

/** The simulated Gmail v1 (its discovery document, and the pages that it names). */

const missing = (): GoogleRefusal => new GoogleRefusal(404, "notFound", "Requested entity was not found.");
const invalid = (message: string): GoogleRefusal => new GoogleRefusal(400, "invalidArgument", message);

const insertBody = z.strictObject({ raw: z.string(), labelIds: z.array(z.string()).optional(), threadId: z.string().optional() });
const modifyBody = z.strictObject({ addLabelIds: z.array(z.string()).optional(), removeLabelIds: z.array(z.string()).optional() });
const watchBody = z.strictObject({
  topicName: z.string().regex(/^projects\/[^/]+\/topics\/[^/]+$/),
  labelIds: z.array(z.string()).optional(),
  labelFilterBehavior: z.enum(["include", "exclude", "INCLUDE", "EXCLUDE"]).optional(),
  labelFilterAction: z.enum(["include", "exclude"]).optional(),
});

function readBody<T>(schema: z.ZodType<T>, body: string): T {
  try {
    return schema.parse(JSON.parse(body));
  } catch {
    throw invalid("Invalid JSON payload received.");
  }
}

/** Whether the token sees more than headers and labels. */
const mayRead = (request: ApiRequest): boolean => readScopes.some((scope) => hasScope(request, scope) || request.scopes.includes(scope));

/** A mailbox that is watched is watched for a week. */
const watchMs = 604_800_000;

export function createGmailArea(options: AreaOptions): GoogleArea {
  const { accounts, clock, settings } = options;
  const mails = seededMails(options.companies);
  const mailsOf = mailsOfAccounts(mails);
  const seed = (): GmailState => ({ seededAtMs: clock(), mailboxes: new Map() });
  let state: GmailState = seed();
  const pages = createPageTokens({ clock, goodSeconds: () => settings().pageTokenSeconds });
  const attachmentIds = createAttachmentIds();

  function mailboxOf(account: Account): Mailbox {
    const known = state.mailboxes.get(account.sub);
    if (known !== undefined) return known;
    const made = seedMailbox(account, mailsOf(account), state.seededAtMs);
    state.mailboxes.set(account.sub, made);
    return made;
  }

  /** A message's bytes, one character each. */
  function rawOf(message: StoredMessage): string {
    if ("raw" in message.source) return message.source.raw;
    const mail = mails.get(message.source.mail);
    return mail === undefined ? "" : writeMail(mail, message.internalDateMs);
  }

  const partOf = (message: StoredMessage): MimePart => parseMime(rawOf(message));

  function getMessage(mailbox: Mailbox, id: string): StoredMessage {
    if (!/^[0-9a-f]{1,16}$/.test(id)) throw invalid("Invalid id value");
    const message = mailbox.messages.get(id);
    if (message === undefined) throw missing();
    return message;
  }

  function formatOf(request: ApiRequest): Format {
    const format = request.query.get("format") ?? "full";
    if (format !== "full" && format !== "metadata" && format !== "minimal" && format !== "raw")
      throw invalid(`Invalid value at 'format': "${format.slice(0, 40)}"`);
    if (!mayRead(request) && (format === "full" || format === "raw")) {
      throw new GoogleRefusal(403, "forbidden", "Metadata scope doesn't allow format FULL");
    }
    return format;
  }

  function resourceOf(request: ApiRequest, message: StoredMessage, format: Format): Readonly<Record<string, unknown>> {
    const raw = rawOf(message);
    return messageResource(message, raw, parseMime(raw), format, request.query.getAll("metadataHeaders"), attachmentIds);
  }

  /** Messages that a list is of, the newest first. */
  function found(request: ApiRequest, mailbox: Mailbox): readonly StoredMessage[] {
    const { query } = request;
    const q = query.get("q") ?? "";
    if (q !== "" && !mayRead(request)) {
      throw new GoogleRefusal(403, "forbidden", "Metadata scope does not support 'q' parameter");
    }
    const { test, namesPlace } = parseSearch(q, mailbox);
    const labels = query.getAll("labelIds");
    const unknown = labels.find((id) => !mailbox.labels.has(id));
    if (unknown !== undefined) throw invalid(`Invalid label: ${unknown.slice(0, 80)}`);
    const all = query.get("includeSpamTrash") === "true" || namesPlace;
    return [...mailbox.messages.values()]
      .filter((message) => all || !message.labelIds.some((id) => id === "SPAM" || id === "TRASH"))
      .filter((message) => labels.every((id) => message.labelIds.includes(id)))
      .filter((message) => test(message, () => searchedOf(partOf(message), rawOf(message))))
      .sort((a, b) => b.internalDateMs - a.internalDateMs || (a.id < b.id ? -1 : 1));
  }

  /** One page of a list by a key that falls from row to row. */
  function paged<T>(
    request: ApiRequest,
    rows: readonly T[],
    keyOf: (row: T) => string,
  ): { shown: readonly T[]; next: Readonly<Record<string, string>> } {
    const { query } = request;
    const size = readPageSize(query, "maxResults", 100, 500);
    const list = [
      request.account.sub,
      request.path,
      ...[...query]
        .filter(([name]) => name !== "pageToken" && name !== "maxResults" && name !== "fields")
        .map(([name, value]) => `${name}=${value}`)
        .sort(),
    ];
    const position = pages.read(list, query.get("pageToken"));
    const rest = position === null ? rows : rows.filter((row) => keyOf(row) > position);
    const shown = rest.slice(0, size);
    const last = shown.at(-1);
    return { shown, next: rest.length > size && last !== undefined ? { nextPageToken: pages.issue(list, keyOf(last)) } : {} };
  }

  const keyOfMessage = (message: StoredMessage): string => `${String(9e15 - message.internalDateMs)} ${message.id}`;

  function messageList(request: ApiRequest, mailbox: Mailbox): Readonly<Record<string, unknown>> {
    const rows = found(request, mailbox);
    const { shown, next } = paged(request, rows, keyOfMessage);
    return {
      ...(shown.length === 0 ? {} : { messages: shown.map(({ id, threadId }) => ({ id, threadId })) }),
      ...next,
      resultSizeEstimate: Math.min(rows.length, 201),
    };
  }

  function threadList(request: ApiRequest, mailbox: Mailbox): Readonly<Record<string, unknown>> {
    const newest = new Map<string, StoredMessage>();
    for (const message of found(request, mailbox)) if (!newest.has(message.threadId)) newest.set(message.threadId, message);
    const { shown, next } = paged(request, [...newest.values()], keyOfMessage);
    return {
      threads: shown.map((message) => ({
        id: message.threadId,
        snippet: resourceOf(request, message, "minimal").snippet,
        historyId: String(message.historyId),
      })),
      ...next,
      resultSizeEstimate: newest.size,
    };
  }

  function labelResource(mailbox: Mailbox, label: StoredLabel, whole: boolean): Readonly<Record<string, unknown>> {
    const inIt = whole ? [...mailbox.messages.values()].filter(({ labelIds }) => labelIds.includes(label.id)) : [];
    const unread = inIt.filter(({ labelIds }) => labelIds.includes("UNREAD"));
    const threads = (list: readonly StoredMessage[]) => new Set(list.map(({ threadId }) => threadId)).size;
    return {
      id: label.id,
      name: label.name,
      type: label.type,
      ...(label.type === "system" ? {} : { messageListVisibility: "show", labelListVisibility: "labelShow" }),
      ...(whole
        ? { messagesTotal: inIt.length, messagesUnread: unread.length, threadsTotal: threads(inIt), threadsUnread: threads(unread) }
        : {}),
    };
  }

  function checkLabels(mailbox: Mailbox, ids: readonly string[]): void {
    const unknown = ids.find((id) => !mailbox.labels.has(id));
    if (unknown !== undefined) throw invalid(`Invalid label: ${unknown.slice(0, 80)}`);
  }

  function insert(request: ApiRequest, mailbox: Mailbox): StoredMessage {
    const body = readBody(insertBody, request.body);
    const raw = Buffer.from(body.raw, "base64url").toString("latin1");
    if (raw === "") throw invalid("'raw' RFC822 payload message string or uploading message via /upload/* URL required");
    checkLabels(mailbox, body.labelIds ?? []);
    const nowMs = Date.parse(options.writeTime());
    const dated = Date.parse(headerOf(parseMime(raw).headers, "Date"));
    const internalDateMs = request.query.get("internalDateSource") === "dateHeader" && !Number.isNaN(dated) ? dated : nowMs;
    const id = stableId(idAlphabets.hex, 16, request.account.sub, String(mailbox.historyId), "inserted");
    const message = { id, threadId: body.threadId ?? id, labelIds: body.labelIds ?? [], internalDateMs, source: { raw } };
    return change(mailbox, "messagesAdded", message, [], nowMs);
  }

  function modify(mailbox: Mailbox, id: string, add: readonly string[], remove: readonly string[]): StoredMessage {
    let message = getMessage(mailbox, id);
    checkLabels(mailbox, [...add, ...remove]);
    const nowMs = Date.parse(options.writeTime());
    const added = add.filter((label) => !message.labelIds.includes(label));
    if (added.length > 0) message = change(mailbox, "labelsAdded", { ...message, labelIds: [...message.labelIds, ...added] }, added, nowMs);
    const removed = remove.filter((label) => message.labelIds.includes(label));
    if (removed.length > 0) {
      message = change(
        mailbox,
        "labelsRemoved",
        { ...message, labelIds: message.labelIds.filter((label) => !removed.includes(label)) },
        removed,
        nowMs,
      );
    }
    return message;
  }

  const briefly = ({ id, threadId, labelIds }: StoredMessage) => ({ id, threadId, labelIds });

  function call(
    request: ApiRequest,
    operation: string,
    rest: readonly string[],
    mailbox: Mailbox,
  ): Readonly<Record<string, unknown>> | null {
    const id = rest[1] ?? "";
    switch (operation) {
      case "gmail.users.getProfile":
        return {
          emailAddress: request.account.email,
          messagesTotal: mailbox.messages.size,
          threadsTotal: new Set([...mailbox.messages.values()].map(({ threadId }) => threadId)).size,
          historyId: String(mailbox.historyId),
        };
      case "gmail.users.watch": {
        // Pub/Sub itself is Google's cloud and is not simulated: what changed is asked of the history.
        mailbox.watch = { topicName: readBody(watchBody, request.body).topicName, expirationMs: clock() + watchMs };
        return { historyId: String(mailbox.historyId), expiration: String(mailbox.watch.expirationMs) };
      }
      case "gmail.users.stop":
        mailbox.watch = null;
        return null;
      case "gmail.users.labels.list":
        return { labels: [...mailbox.labels.values()].map((label) => labelResource(mailbox, label, false)) };
      case "gmail.users.labels.get": {
        const label = mailbox.labels.get(id);
        if (label === undefined) throw missing();
        return labelResource(mailbox, label, true);
      }
      case "gmail.users.messages.list":
        return messageList(request, mailbox);
      case "gmail.users.messages.insert":
        return briefly(insert(request, mailbox));
      case "gmail.users.messages.get":
        return resourceOf(request, getMessage(mailbox, id), formatOf(request));
      case "gmail.users.messages.delete":
        change(mailbox, "messagesDeleted", getMessage(mailbox, id), [], Date.parse(options.writeTime()));
        return null;
      case "gmail.users.messages.modify": {
        const { addLabelIds = [], removeLabelIds = [] } = readBody(modifyBody, request.body);
        return briefly(modify(mailbox, id, addLabelIds, removeLabelIds));
      }
      case "gmail.users.messages.trash":
        return briefly(modify(mailbox, id, ["TRASH"], ["INBOX"]));
      case "gmail.users.messages.untrash":
        return briefly(modify(mailbox, id, [], ["TRASH"]));
      case "gmail.users.messages.attachments.get":
        return attachment(getMessage(mailbox, id), rest[3] ?? "");
      case "gmail.users.threads.list":
        return threadList(request, mailbox);
      case "gmail.users.threads.get": {
        const messages = [...mailbox.messages.values()]
          .filter(({ threadId }) => threadId === id)
          .toSorted((a, b) => a.internalDateMs - b.internalDateMs);
        if (messages.length === 0) throw missing();
        const format = formatOf(request);
        if (format === "raw") throw invalid("Invalid value at 'format': \"raw\"");
        return {
          id,
          historyId: String(Math.max(...messages.map(({ historyId }) => historyId))),
          messages: messages.map((message) => resourceOf(request, message, format)),
        };
      }
      case "gmail.users.history.list":
        return listHistory(request.query, mailbox, {
          nowMs: clock(),
          keptMs: settings().historySeconds * 1000,
          page: (rows, keyOf) => paged(request, rows, keyOf),
        });
      default:
        throw missing();
    }
  }

  function attachment(message: StoredMessage, token: string): Readonly<Record<string, unknown>> {
    const partId = attachmentIds.read(message.id, token);
    const find = (part: MimePart): MimePart | null =>
      part.partId === partId && part.parts.length === 0 ? part : (part.parts.map(find).find((one) => one !== null) ?? null);
    const part = find(partOf(message));
    if (part === null) throw missing();
    return { size: part.bytes.length, data: Buffer.from(part.bytes).toString("base64").replaceAll("+", "-").replaceAll("/", "_") };
  }

  function handle(request: ApiRequest): SandboxResponse {
    const { who, rest } = segmentsOf(request.path);
    const known = findRoute(request.method, rest);
    if (known === null) throw missing();
    if (who !== "me" && who !== request.account.email)
      throw new GoogleRefusal(403, "forbidden", `Delegation denied for ${request.account.email}`);
    requireScope(request, ...known.scopes);
    const unknown = [...request.query.keys()].find((name) => !general.includes(name) && !known.parameters.includes(name));
    if (unknown !== undefined) {
      throw invalid(
        `Invalid JSON payload received. Unknown name "${unknown}": Cannot bind query parameter. Field '${unknown}' could not be found in request message.`,
      );
    }
    const answer = call(request, known.operation, rest, mailboxOf(request.account));
    return answer === null ? { status: 204 } : json(200, selectFields(answer, request.query.get("fields"), "*"));
  }

  return {
    name: "gmail",
    prefixes: [prefix],
    refusals: "both",
    handle,
    operationOf(method, path) {
      try {
        return findRoute(method, segmentsOf(path).rest)?.operation ?? null;
      } catch {
        return null;
      }
    },
    page(account, [id]) {
      const mailbox = mailboxOf(account);
      if (id === undefined) return mailboxPage(account, mailbox, partOf);
      const message = mailbox.messages.get(id);
      return message === undefined ? null : mailPage(message, mailbox, partOf(message));
    },
    save: () => state,
    restore(saved) {
      // The keeper gives back what `save` gave it in this state version.
      if (saved !== undefined) state = saved as GmailState;
    },
    reset() {
      state = seed();
    },
    inspect: () => ({
      mailboxes: accounts.all.length,
      messages: accounts.all.reduce(
        (sum, account) => sum + (state.mailboxes.get(account.sub)?.messages.size ?? mailsOf(account).length),
        0,
      ),
      watched: [...state.mailboxes.values()].filter(({ watch }) => watch !== null && watch.expirationMs > clock()).length,
    }),
  };
}
