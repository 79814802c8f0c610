import { createHash } from "node:crypto";
import { malformedId } from "./failures";

/**
 * Ids as Outlook makes them: long, opaque, and case-sensitive. An item has two: the default one changes when it moves, the immutable one does
 * not (https://learn.microsoft.com/graph/outlook-immutable-id). Which one an answer has is up to `Prefer: IdType`; a request may have either.
 */

const defaultPrefix = "AAMkAGI2";
const immutablePrefix = "AAkALgAA";
const containerPrefix = "AQMkADAw";

const encode = (prefix: string, parts: readonly (string | number)[]): string =>
  `${prefix}${Buffer.from(parts.join("\n")).toString("base64url")}AAA=`;

function decode(id: string): { readonly prefix: string; readonly parts: readonly string[] } {
  const match = /^([A-Za-z0-9]{8})([A-Za-z0-9_-]+)AAA=$/.exec(id);
  if (match === null) throw malformedId();
  const parts = Buffer.from(match[2] ?? "", "base64url")
    .toString("utf8")
    .split("\n");
  // Written in another letter case it decodes to something else, which is no id.
  if (parts.length < 3 || encode(match[1] ?? "", parts) !== id) throw malformedId();
  return { prefix: match[1] ?? "", parts };
}

export interface ItemId {
  readonly mailbox: string;
  readonly type: string;
  readonly key: string;
  /** Moves that a default id was made after; null for an immutable id. */
  readonly moves: number | null;
  /** The local date of one occurrence of a series. */
  readonly occurrence: string | null;
}

/** An item's id: `moves` counts in the default form alone. */
export function itemId(item: Omit<ItemId, "moves"> & { readonly moves: number }, immutable: boolean): string {
  const tail = [item.mailbox, item.type, item.key, item.occurrence ?? ""];
  return immutable ? encode(immutablePrefix, tail) : encode(defaultPrefix, [...tail, item.moves]);
}

/** 400 `ErrorInvalidIdMalformed` for what is no id. */
export function readItemId(id: string): ItemId {
  const { prefix, parts } = decode(id);
  const [mailbox = "", type = "", key = "", occurrence = "", moves = "0"] = parts;
  if (prefix !== defaultPrefix && prefix !== immutablePrefix) throw malformedId();
  return {
    mailbox,
    type,
    key,
    occurrence: occurrence === "" ? null : occurrence,
    moves: prefix === immutablePrefix ? null : Number(moves),
  };
}

/** Folders and calendars have one id, whatever is preferred. */
export const containerId = (mailbox: string, type: string, key: string): string => encode(containerPrefix, [mailbox, type, key]);

export function readContainerId(id: string): { readonly mailbox: string; readonly type: string; readonly key: string } {
  const { prefix, parts } = decode(id);
  const [mailbox = "", type = "", key = ""] = parts;
  if (prefix !== containerPrefix) throw malformedId();
  return { mailbox, type, key };
}

/** OneDrive's ids are of another make: capitals and digits. */
export const driveItemId = (mailbox: string, key: string): string =>
  `01${createHash("sha256").update(`${mailbox}\n${key}`).digest("hex").slice(0, 32).toUpperCase()}`;

/** The same GUID for the same words, so that a restart and a test find what they found before. */
export function seedGuid(...words: readonly string[]): string {
  const hex = createHash("sha256")
    .update(["microsoft-365", ...words].join("\n"))
    .digest("hex");
  const variant = "89ab".charAt(Number.parseInt(hex.charAt(16), 16) % 4);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** The change key of a version, and the etag made of it. */
export const changeKeyOf = (key: string, version: number): string => Buffer.from(`${key}:${version}`).toString("base64");
export const etagOf = (key: string, version: number): string => `W/"${changeKeyOf(key, version)}"`;
