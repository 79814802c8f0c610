import type { SandboxRequest, SandboxResponse } from "../http/server";
import { badRequest, outlookNotFound, staleItem } from "./failures";
import { changeKeyOf, etagOf } from "./ids";
import type { Item, Mailbox, User } from "./rows";
import type { Settings } from "./settings";
import type { Store } from "./store";

/** One call of Graph, by a signed-in person. */
export interface GraphContext {
  readonly store: Store;
  readonly settings: Settings;
  readonly user: User;
  readonly mailbox: Mailbox;
  readonly scopes: readonly string[];
  readonly clientId: string;
  readonly request: SandboxRequest;
  readonly url: URL;
  /** Graph's own origin, for links to pages. */
  readonly origin: string;
  /** Where web links of items lead. */
  readonly webOrigin: string;
  readonly preferences: Preferences;
}

export interface Preferences {
  readonly immutableIds: boolean;
  readonly bodyType: "html" | "text";
  /** As the caller wrote it; null for UTC. */
  readonly timeZone: string | null;
  readonly maxPageSize: number | null;
}

/** Reads `Prefer` (RFC 7240); what Graph does not know, it ignores. */
export function readPreferences(header: string | null): Preferences {
  const all = new Map(
    (header ?? "").split(/[,;]\s*(?=(?:[^"]*"[^"]*")*[^"]*$)/).map((part) => {
      const [name = "", ...value] = part.split("=");
      return [
        name.trim().toLowerCase(),
        value
          .join("=")
          .trim()
          .replace(/^"(.*)"$/, "$1"),
      ] as const;
    }),
  );
  const size = Number(all.get("odata.maxpagesize") ?? Number.NaN);
  return {
    immutableIds: all.get("idtype") === "ImmutableId",
    bodyType: all.get("outlook.body-content-type") === "text" ? "text" : "html",
    timeZone: all.get("outlook.timezone") ?? null,
    maxPageSize: Number.isInteger(size) && size > 0 ? size : null,
  };
}

/** The JSON object of a body; 400 for anything else. */
export function readBody(context: GraphContext): Readonly<Record<string, unknown>> {
  const type = (context.request.headers.get("content-type") ?? "").split(";")[0]?.trim().toLowerCase();
  if (type !== "application/json") throw badRequest("A valid Content-Type header is required: application/json.", "RequestBodyRead");
  let parsed: unknown;
  try {
    parsed = JSON.parse(context.request.body);
  } catch {
    throw badRequest("Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.");
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) throw badRequest("The body must be a JSON object.");
  return parsed as Readonly<Record<string, unknown>>;
}

/** Refuses properties that the type does not have, or that cannot be written. */
export function refuseUnknown(body: Readonly<Record<string, unknown>>, writable: readonly string[], type: string): void {
  for (const name of Object.keys(body)) {
    if (name.startsWith("@odata.") || writable.includes(name)) continue;
    throw badRequest(
      `The property '${name}' does not exist on type '${type}' or cannot be written. Make sure to only use property names that are defined by the type.`,
      "RequestBodyRead",
    );
  }
}

/** `If-Match` against an item's etag: 412 when it is another one. */
export function requireMatch(context: GraphContext, item: Pick<Item, "key" | "version">): void {
  const wanted = context.request.headers.get("if-match");
  if (wanted === null || wanted === "*") return;
  if (wanted !== etagOf(item.key, item.version)) throw staleItem();
}

/** What every item shows. */
export const shownItem = (item: Item, id: string) => ({
  "@odata.etag": etagOf(item.key, item.version),
  id,
  createdDateTime: seconds(item.createdAt),
  lastModifiedDateTime: seconds(item.modifiedAt),
  changeKey: changeKeyOf(item.key, item.version),
  categories: [...item.categories],
});

/** Outlook shows times by the second. */
export const seconds = (iso: string): string => `${iso.slice(0, 19)}Z`;

/** Notes a change of an item: its time, its version, and its place in the order of changes. */
export function touch(context: Pick<GraphContext, "store" | "mailbox">, item: Item): void {
  item.modifiedAt = context.store.writeTime();
  item.version += 1;
  context.mailbox.seq += 1;
  item.seq = context.mailbox.seq;
}

/** A key that no other item of the mailbox has. */
export function newKey(mailbox: Mailbox): string {
  mailbox.nextKey += 1;
  return `n${mailbox.nextKey}`;
}

/** Answers what a look-up found; 404 for nothing, or for an id of another mailbox. */
export function found<T>(row: T | undefined | null): T {
  if (row === undefined || row === null) throw outlookNotFound();
  return row;
}

export const noContent = (status = 204): SandboxResponse => ({ status });
