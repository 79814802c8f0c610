import type { SandboxRequest } from "../http/server";
import type { Events } from "./events";
import type { Tier } from "./limits";
import type { BotRow, ConversationRow, MessageRow, UserRow, Workspace } from "./rows";
import type { SlackSettings } from "./settings";

/** What a method is given, and how it refuses. */

export interface Call {
  readonly args: Arguments;
  readonly workspace: Workspace;
  /** The app's bot, whose token this is. */
  readonly bot: BotRow;
  readonly scopes: readonly string[];
  readonly settings: SlackSettings;
  readonly nowMs: number;
  /** `http://localhost:4000/acme/`: the workspace's address. */
  readonly base: string;
  readonly events: Events;
  /** Ends the app's grants in the workspace. */
  uninstall(): void;
  /** Ends the token of this call. */
  revokeToken(): void;
  readonly cursors: Cursors;
}

export interface Cursors {
  /** Opaque; of this method only, and for a while. */
  issue(method: string, position: string): string;
  /** Refuses (`invalid_cursor`) one that is not, or no longer. */
  read(method: string, cursor: string): string;
}

export type Answer = Readonly<Record<string, unknown>>;

export interface Method {
  readonly tier: Tier;
  /** Scopes of which one must be there, whatever is asked; those that depend on it, the method checks. */
  readonly anyScope: readonly string[];
  /** Whether arguments may come as JSON: of methods that write, Slack says so on their pages. */
  readonly json: boolean;
  run(call: Call): Answer;
}

/** HTTP 200 with `ok: false`; gateways' statuses only where Slack documents one. */
export class Failure extends Error {
  override readonly name = "Failure";
  readonly error: string;
  readonly more: Answer;
  readonly status: number;
  constructor(error: string, more: Answer = {}, status = 200) {
    super(error);
    this.error = error;
    this.more = more;
    this.status = status;
  }
}

/** 429 with `Retry-After`. */
export class Limited extends Error {
  override readonly name = "Limited";
  readonly seconds: number;
  constructor(seconds: number) {
    super("ratelimited");
    this.seconds = seconds;
  }
}

/** The arguments of a call, from query, form or JSON; every value as its text, structures as JSON. */
export class Arguments {
  private readonly values: ReadonlyMap<string, string>;
  constructor(values: ReadonlyMap<string, string>) {
    this.values = values;
  }

  text(name: string): string | null {
    const value = this.values.get(name);
    return value === undefined || value === "" ? null : value;
  }

  required(name: string, error = `invalid_arguments`): string {
    const value = this.text(name);
    if (value === null) {
      throw new Failure(error, { response_metadata: { messages: [`[ERROR] missing required field: ${name}`] } });
    }
    return value;
  }

  flag(name: string, otherwise = false): boolean {
    const value = this.text(name);
    return value === null ? otherwise : value === "true" || value === "1";
  }

  /** A whole number from 1 to `most`, or the default. */
  limit(otherwise: number, most: number): number {
    const value = this.text("limit");
    if (value === null) return otherwise;
    const number = Number(value);
    if (!Number.isInteger(number) || number < 0) throw new Failure("invalid_limit");
    return Math.min(number === 0 ? otherwise : number, most);
  }

  /** A timestamp, or null. */
  ts(name: string, error: string): string | null {
    const value = this.text(name);
    if (value === null) return null;
    if (!/^\d{1,12}(?:\.\d{1,6})?$/.test(value)) throw new Failure(error);
    return value;
  }

  json(name: string, error: string): unknown {
    const value = this.text(name);
    if (value === null) return undefined;
    try {
      return JSON.parse(value);
    } catch {
      throw new Failure(error);
    }
  }

  static read(request: SandboxRequest, takesJson: boolean): Arguments {
    const values = new Map<string, string>(request.url.searchParams);
    if (request.method === "GET" || request.bytes.length === 0) return new Arguments(values);
    const type = (request.headers.get("content-type") ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
    if (type === "application/x-www-form-urlencoded" || type === "text/plain") {
      for (const [name, value] of new URLSearchParams(request.body)) values.set(name, value);
    } else if (type === "application/json") {
      if (!takesJson) throw new Failure("invalid_arguments", { response_metadata: { messages: ["[ERROR] this method takes a form"] } });
      for (const [name, value] of Object.entries(parseObject(request.body))) {
        if (value !== null && value !== undefined) values.set(name, typeof value === "string" ? value : JSON.stringify(value));
      }
    } else throw new Failure("invalid_post_type");
    return new Arguments(values);
  }
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Failure("invalid_json");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Failure("json_not_object");
  return value as Readonly<Record<string, unknown>>;
}

const prefixes = { public: "channels", private: "groups", im: "im", mpim: "mpim" } as const;

/** The scope of a conversation of that kind: `groups:history`. */
export const scopeFor = (kind: ConversationRow["kind"], what: "read" | "history"): string => `${prefixes[kind]}:${what}`;

/** Refuses without the scope, in Slack's way. */
export function requireScope(call: Call, ...anyOf: readonly string[]): void {
  if (anyOf.length === 0 || anyOf.some((scope) => call.scopes.includes(scope))) return;
  throw new Failure("missing_scope", { needed: anyOf.join(","), provided: call.scopes.join(",") });
}

/** The conversation, if the bot may know of it: public ones, and those it is in. */
export function findConversation(call: Call, id: string): ConversationRow {
  const found = call.workspace.conversations.get(id);
  if (found === undefined || (found.kind !== "public" && !found.members.has(call.bot.userId))) throw new Failure("channel_not_found");
  return found;
}

/** The conversation, if the bot is in it. */
export function memberConversation(call: Call, id: string): ConversationRow {
  const conversation = findConversation(call, id);
  if (!conversation.members.has(call.bot.userId)) throw new Failure("not_in_channel");
  return conversation;
}

/** A message that is there to be seen. */
export function findMessage(conversation: ConversationRow, ts: string, error = "message_not_found"): MessageRow {
  const found = conversation.messages.get(ts);
  if (found === undefined) throw new Failure(error);
  return found;
}

/** A page of rows. With `shortPages` it has fewer than asked for while more remain. */
export function pageOf<T>(
  call: Call,
  method: string,
  rows: readonly T[],
  limit: number,
  keyOf: (row: T) => string,
): { readonly rows: readonly T[]; readonly nextCursor: string } {
  const cursor = call.args.text("cursor");
  const after = cursor === null ? null : call.cursors.read(method, cursor);
  const start = after === null ? 0 : rows.findIndex((row) => keyOf(row) === after) + 1;
  if (after !== null && start === 0) throw new Failure("invalid_cursor");
  const rest = rows.length - start;
  const size = call.settings.shortPages && rest > limit ? Math.max(1, Math.floor(limit * 0.6)) : limit;
  const page = rows.slice(start, start + size);
  const last = page.at(-1);
  const more = start + page.length < rows.length;
  return { rows: page, nextCursor: more && last !== undefined ? call.cursors.issue(method, keyOf(last)) : "" };
}

export const botUser = (call: Call): UserRow => {
  const user = call.workspace.users.get(call.bot.userId);
  if (user === undefined) throw new Error("The sandbox lost an app's user.");
  return user;
};
