import type { CallFilter, StatusClass } from "@/server/transport/call-search";

/** Calls a page of the log; the server's prefetch and the browser's query ask for the same. */
export const callsPageSize = 50;

/** What the address says of the view; null: not narrowed. A view is shared by its address. */
export interface ActivityView {
  readonly text: string | null;
  readonly integration: string | null;
  /** `ok`, `failed`, `retried`, `code:EAGAIN`, `status:5xx`. */
  readonly result: string | null;
  /** `usr_…`, `hub` or `hub:<job>`. */
  readonly actor: string | null;
  readonly connection: string | null;
  readonly path: string | null;
  readonly operation: string | null;
  /** ISO 8601. */
  readonly from: string | null;
  readonly to: string | null;
  /** The call that is open, `cal_…`; no filter. */
  readonly call: string | null;
}

/** The name of each in the address. */
const names: Readonly<Record<keyof ActivityView, string>> = {
  text: "q",
  integration: "tool",
  result: "result",
  actor: "who",
  connection: "connection",
  path: "path",
  operation: "operation",
  from: "from",
  to: "to",
  call: "call",
};
const keys = Object.keys(names) as readonly (keyof ActivityView)[];

/** What each code of a failed attempt means to a person. */
export const codeWords = {
  EAGAIN: "A rate limit",
  ENOTCONN: "A refused or missing token",
  ESCOPE: "A missing scope",
  EACCES: "A missing right",
  ENOENT: "Something not found",
  EINVAL: "Refused values",
  EIO: "A failing tool or no answer",
  aborted: "Given up by the caller",
} as const satisfies Record<string, string>;

export const statusWords = {
  "2xx": "2xx: done",
  "3xx": "3xx: elsewhere",
  "4xx": "4xx: refused",
  "5xx": "5xx: failed",
  none: "No answer",
} as const satisfies Record<StatusClass, string>;

export const outcomeWords = { ok: "Ended well", failed: "Failed", retried: "Took several attempts" } as const satisfies Record<
  NonNullable<CallFilter["outcome"]>,
  string
>;

const hasKey = <T extends object>(words: T, key: string): key is Extract<keyof T, string> => Object.hasOwn(words, key);

function isResult(value: string): boolean {
  if (value.startsWith("code:")) return hasKey(codeWords, value.slice("code:".length));
  if (value.startsWith("status:")) return hasKey(statusWords, value.slice("status:".length));
  return hasKey(outcomeWords, value);
}

const idOf = (prefix: string) => (value: string) => new RegExp(`^${prefix}_[0-9a-f]{32}$`).test(value);
const isTime = (value: string) => /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value) && !Number.isNaN(Date.parse(value));
const isLine = (most: number) => (value: string) => value.length <= most && /^\P{Cc}*$/u.test(value);

const checks: Readonly<Record<keyof ActivityView, (value: string) => boolean>> = {
  text: isLine(200),
  integration: isLine(64),
  result: isResult,
  actor: (value) => idOf("usr")(value) || /^hub(?::[a-z-]{1,60})?$/.test(value),
  connection: idOf("con"),
  path: isLine(4096),
  operation: isLine(200),
  from: isTime,
  to: isTime,
  call: idOf("cal"),
};

/** Reads an address; what is not understood is left out, so that an old or mangled link still opens. */
export function readView(get: (name: string) => string | null): ActivityView {
  const read = (key: keyof ActivityView): [keyof ActivityView, string | null] => {
    const value = get(names[key])?.trim() ?? "";
    return [key, value !== "" && checks[key](value) ? value : null];
  };
  return Object.fromEntries(keys.map(read)) as Record<keyof ActivityView, string | null>;
}

/** The address's query for a view, with its question mark; empty when nothing is narrowed. */
export function writeView(view: ActivityView): string {
  const query = new URLSearchParams(keys.flatMap((key) => (view[key] === null ? [] : [[names[key], view[key]]])));
  const text = query.toString();
  return text === "" ? "" : `?${text}`;
}

/** The view as the API's filter. */
export function filterOf(view: ActivityView): CallFilter {
  const { text, integration, result, actor, connection, path, operation, from, to } = view;
  const given = { text, integration, actor, connection, path, operation, from, to, ...resultOf(result) };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null));
}

function resultOf(result: string | null): CallFilter {
  if (result === null) return {};
  if (result.startsWith("code:")) return { errorCode: result.slice("code:".length) };
  const status = result.slice("status:".length);
  if (result.startsWith("status:") && hasKey(statusWords, status)) return { status };
  return hasKey(outcomeWords, result) ? { outcome: result } : {};
}

/** Whether the view shows less than all calls. */
export const isNarrowed = (view: ActivityView): boolean => Object.keys(filterOf(view)).length > 0;

export const wholeView: ActivityView = readView(() => null);
