import { HubError } from "@/server/errors";
import type { Operation, ReadFormat } from "@/server/vfs/node";
import type {
  DraftPlan,
  DraftStep,
  Entry,
  EntryPage,
  FieldSchema,
  JsonObject,
  KindSchema,
  LocationSegment,
  PrintedFile,
  ToolMount,
} from "@/server/vfs/tool-mount";
import type { Page } from "../api/http";
import { microsoft365Manifest } from "../manifest";

/** What the mount's areas (mail, calendar, files, contacts) have in common. Each is given whole locations, from the mount's root. */

/** One area of the mount: everything below one fixed name at its root. */
export interface Area extends Pick<ToolMount, "list" | "stat" | "read" | "plan" | "perform"> {
  open: NonNullable<ToolMount["open"]>;
}

export const areaNames = ["mail", "calendar", "files", "contacts"] as const;
export type AreaName = (typeof areaNames)[number];

export const fixed = (name: string): LocationSegment => ({ type: "fixed", name });
export const object = (kind: string, externalId: string): LocationSegment => ({ type: "object", kind, externalId });

/** Refuses (ESCOPE) what this connection was not connected for. */
export function requireCapability(granted: readonly string[], word: string): void {
  if (granted.includes(word)) return;
  const scope = microsoft365Manifest.capabilityScopes[word]?.[0];
  throw new HubError("ESCOPE", `"${word}" is not switched on for this Microsoft 365 connection.`, {
    details: { capability: word, ...(scope === undefined ? {} : { scope }) },
  });
}

export const notThere = (): HubError => new HubError("ENOENT", "There is nothing of Microsoft 365 at this path.");
export const isDirectory = (): HubError => new HubError("EISDIR", "This is a directory; list it.");
export const isFile = (): HubError => new HubError("ENOTDIR", "This is a file, not a directory.");

export function unsupported(operation: Operation, message: string): HubError {
  return new HubError("ENOTSUP", message, { details: { operation } });
}

export const markdown = "text/markdown; charset=utf-8";
export const jsonType = "application/json; charset=utf-8";

export const blank = {
  mediaType: null,
  sizeBytes: null,
  createdAt: null,
  modifiedAt: null,
  revision: null,
  webUrl: null,
} as const;

/** A directory of the tree itself. */
export const fixedDirectory = (name: string, more: Partial<Entry> = {}): Entry => ({
  ...blank,
  segment: fixed(name),
  kind: "directory",
  title: name,
  extension: "",
  ...more,
});

export const wholePage = (entries: readonly Entry[]): EntryPage => ({ entries, nextCursor: null });

export const toEntries = <T>(page: Page<T>, entryOf: (item: T) => Entry): EntryPage => ({
  entries: page.items.map(entryOf),
  nextCursor: page.next,
});

/** Two lists that stand in one directory, one after the other: the cursor says in which of them it is. */
export function twoLists(cursor: string | null): { readonly list: "first" | "second"; readonly next: string | null } {
  if (cursor === null) return { list: "first", next: null };
  const list = cursor.startsWith("1:") ? "first" : cursor.startsWith("2:") ? "second" : null;
  if (list === null)
    throw new HubError("ESTALE", "This cursor is none of this directory. Start the list again.", { details: { restart: true } });
  const next = cursor.slice(2);
  return { list, next: next === "" ? null : next };
}

export const firstList = (next: string): string => `1:${next}`;
export const secondList = (next: string | null): string => `2:${next ?? ""}`;

/** The format to print in; ENOTSUP names the ones there are. */
export function chooseFormat<F extends ReadFormat>(as: ReadFormat | null, offered: readonly [F, ...F[]]): F {
  const chosen = as === null ? offered[0] : offered.find((format) => format === as);
  if (chosen === undefined) throw unsupported("read", `This file has no "${as}" format; it has ${offered.join(", ")}.`);
  return chosen;
}

const mediaTypes: Readonly<Partial<Record<ReadFormat, string>>> = { json: jsonType };

export function printed(text: string, format: ReadFormat, entry: Entry, rawType?: string): PrintedFile {
  const mediaType = format === "raw" && rawType !== undefined ? rawType : (mediaTypes[format] ?? markdown);
  return { text, mediaType, entry: { ...entry, sizeBytes: Buffer.byteLength(text) } };
}

export const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

export const emptyPlan: DraftPlan = { steps: [], effects: [], undo: null };

export const toStep = (call: string, changes: DraftStep["changes"], args: object): DraftStep => ({
  call,
  changes,
  args: args as JsonObject,
});

/** A step of another version of the hub cannot be run. */
export const otherVersion = (cause: unknown): HubError =>
  new HubError("ESTALE", "This plan is of another version of the hub. Plan the change again.", { cause });

/** A vendor's file name as the human part and the extension of a segment. */
export function splitFileName(name: string): { readonly title: string; readonly extension: string } {
  const match = /^(.+)(\.[\p{L}\p{N}]{1,12})$/u.exec(name);
  return match === null
    ? { title: name === "" ? "Untitled" : name, extension: "" }
    : { title: match[1] ?? name, extension: match[2] ?? "" };
}

export const readOnly = (name: string, type: FieldSchema["type"], description: string): FieldSchema => ({
  name,
  type,
  writable: false,
  description,
});
export const writable = (name: string, type: FieldSchema["type"], description: string): FieldSchema => ({
  name,
  type,
  writable: true,
  description,
});

/** A kind that is only read. */
export const readKind = (kind: string, more: Partial<KindSchema> = {}): KindSchema => ({
  kind,
  fields: [],
  body: null,
  create: false,
  update: false,
  append: false,
  remove: null,
  ...more,
});
