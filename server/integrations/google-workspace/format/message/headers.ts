import { type Mailbox, toMailbox } from "../../../mailboxes";
import type { MessagePart } from "../../schema/gmail";
import { decodeWords } from "./charset";

/** Headers of mail (RFC 5322, RFC 2045). */

/** The first header of that name, unfolded; null without one. */
export function findHeader(part: MessagePart | null | undefined, name: string): string | null {
  const found = part?.headers?.find((header) => header.name.toLowerCase() === name.toLowerCase());
  return found === undefined ? null : found.value.replaceAll(/\r?\n(?=[ \t])/g, "");
}

/** A header's text as a person reads it. */
export const findTextHeader = (part: MessagePart | null | undefined, name: string): string | null => {
  const value = findHeader(part, name);
  return value === null ? null : decodeWords(value).replaceAll(/\s+/g, " ").trim();
};

/** `text/plain; charset="utf-8"` taken apart; the media type in small letters. */
export function parseParameters(value: string | null): { readonly value: string; readonly parameters: Readonly<Record<string, string>> } {
  const [main = "", ...rest] = splitOutside(value ?? "", ";");
  const parameters: Record<string, string> = {};
  for (const one of rest) {
    const at = one.indexOf("=");
    if (at < 0) continue;
    const text = one.slice(at + 1).trim();
    parameters[one.slice(0, at).trim().toLowerCase()] = text.startsWith('"') ? text.slice(1, -1).replaceAll(/\\(.)/g, "$1") : text;
  }
  return { value: main.trim().toLowerCase(), parameters };
}

/** Splits at a character that is in no quotes, comment or angle brackets. */
function splitOutside(text: string, separator: string): string[] {
  const pieces = [""];
  let quoted = false;
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] ?? "";
    const last = pieces.length - 1;
    if (character === "\\" && (quoted || depth > 0)) {
      pieces[last] += character + (text[at + 1] ?? "");
      at += 1;
      continue;
    }
    if (character === '"') quoted = !quoted;
    else if (!quoted && (character === "(" || character === "<")) depth += 1;
    else if (!quoted && (character === ")" || character === ">")) depth = Math.max(0, depth - 1);
    if (character === separator && !quoted && depth === 0) pieces.push("");
    else pieces[last] += character;
  }
  return pieces;
}

const bracketed = /^([\s\S]*?)<([^<>]*)>[^<>]*$/;
const comment = /\(([^()\\]|\\.)*\)/g;

function toAddress(text: string): Mailbox | null {
  const trimmed = text.trim();
  if (trimmed === "") return null;
  const [, before, address] = bracketed.exec(trimmed) ?? [];
  if (address === undefined) {
    const bare = trimmed.replaceAll(comment, "").trim();
    return bare === "" ? null : toMailbox(null, bare);
  }
  const name = (before ?? "").trim();
  const plain = name.startsWith('"') && name.endsWith('"') && name.length > 1 ? name.slice(1, -1).replaceAll(/\\(.)/g, "$1") : name;
  return toMailbox(decodeWords(plain), address.trim());
}

/** The people of an address header; a group (`Team: a@x, b@x;`) is its members. What is no address is kept as it is. */
export function findAddresses(part: MessagePart | null | undefined, name: string): readonly Mailbox[] {
  const value = findHeader(part, name);
  if (value === null) return [];
  const members = splitOutside(value, ";").flatMap((group) => {
    const colon = splitOutside(group, ":");
    return splitOutside(colon.length > 1 ? colon.slice(1).join(":") : group, ",");
  });
  return members.flatMap((one) => toAddress(one) ?? []);
}
