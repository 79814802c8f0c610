import { GoogleRefusal } from "../failures";
import type { HistoryRecord, Mailbox } from "./store";

/** `history.list`: what changed since an id that the client kept. */

const kinds: Readonly<Record<string, HistoryRecord["kind"]>> = {
  messageAdded: "messagesAdded",
  messageDeleted: "messagesDeleted",
  labelAdded: "labelsAdded",
  labelRemoved: "labelsRemoved",
};

function recordResource(record: HistoryRecord): Readonly<Record<string, unknown>> {
  const message = { id: record.message, threadId: record.threadId, labelIds: record.labelIds };
  const isLabels = record.kind === "labelsAdded" || record.kind === "labelsRemoved";
  return {
    id: String(record.id),
    messages: [{ id: record.message, threadId: record.threadId }],
    [record.kind]: [{ message, ...(isLabels ? { labelIds: record.changed } : {}) }],
  };
}

/** 404 for an id that is too old, or was never given: then the mailbox is to be read anew. */
export function listHistory(
  query: URLSearchParams,
  mailbox: Mailbox,
  options: {
    readonly nowMs: number;
    readonly keptMs: number;
    readonly page: (
      rows: readonly HistoryRecord[],
      keyOf: (row: HistoryRecord) => string,
    ) => { readonly shown: readonly HistoryRecord[]; readonly next: Readonly<Record<string, string>> };
  },
): Readonly<Record<string, unknown>> {
  const text = query.get("startHistoryId");
  if (text === null || !/^\d+$/.test(text)) throw new GoogleRefusal(400, "invalidArgument", "Invalid startHistoryId");
  const start = Number(text);
  mailbox.history = mailbox.history.filter(({ atMs }) => options.nowMs - atMs <= options.keptMs);
  const oldest = mailbox.history[0]?.id ?? mailbox.historyId + 1;
  if (start > mailbox.historyId || start < oldest - 1) throw new GoogleRefusal(404, "notFound", "Requested entity was not found.");
  const wanted = query.getAll("historyTypes").map((type) => {
    const kind = kinds[type];
    if (kind === undefined) throw new GoogleRefusal(400, "invalidArgument", `Invalid value at 'history_types': "${type.slice(0, 40)}"`);
    return kind;
  });
  const label = query.get("labelId");
  const rows = mailbox.history.filter(
    (record) =>
      record.id > start &&
      (wanted.length === 0 || wanted.includes(record.kind)) &&
      (label === null || [...record.labelIds, ...record.changed].includes(label)),
  );
  const { shown, next } = options.page(rows, ({ id }) => String(id).padStart(16, "0"));
  return { ...(shown.length === 0 ? {} : { history: shown.map(recordResource) }), ...next, historyId: String(mailbox.historyId) };
}
