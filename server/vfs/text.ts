import { createHash } from "node:crypto";
import { HubError } from "@/server/errors";

/** Texts of files: their etag, their size, and parts of them. */

/** The most text one answer carries, and the most one file of ours may have. */
export const maxTextBytes = 1024 * 1024;

/** The hub's hash of a file as printed: the first 32 hexadecimal digits of SHA-256 (storage mounts compute the same in SQL). */
export function etagOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}

/** A rough count of model tokens: four bytes each. */
export function estimateTokens(sizeBytes: number | null): number | null {
  return sizeBytes === null ? null : Math.ceil(sizeBytes / 4);
}

export interface TextPart {
  readonly text: string;
  /** Byte offset of `text` in the whole. */
  readonly offset: number;
  readonly sizeBytes: number;
  /** Whether more follows after `text`. */
  readonly truncated: boolean;
}

export interface TextRange {
  readonly bytes?: { readonly offset: number; readonly length: number };
  readonly lines?: { readonly from: number; readonly to: number };
}

const isContinuation = (byte: number | undefined): boolean => byte !== undefined && (byte & 0xc0) === 0x80;

/**
 * The asked-for part of a text, at most `maxTextBytes` of it. Parts begin and end between characters: `offset` says where the part
 * really begins, so reading on at `offset` plus the part's own size gives the whole, once. EINVAL for a range that cannot be.
 */
export function partOf(text: string, range: TextRange): TextPart {
  const { bytes, lines } = range;
  if (bytes !== undefined && lines !== undefined) throw new HubError("EINVAL", "Ask for a range of bytes or of lines, not both.");
  if (bytes === undefined && lines === undefined && text.length * 3 <= maxTextBytes) {
    return { text, offset: 0, sizeBytes: Buffer.byteLength(text), truncated: false };
  }
  const whole = Buffer.from(text);
  let start = 0;
  let end = whole.length;
  if (bytes !== undefined) {
    start = Math.min(bytes.offset, whole.length);
    end = Math.min(start + bytes.length, whole.length);
  } else if (lines !== undefined) {
    if (lines.to < lines.from) throw new HubError("EINVAL", "A range of lines ends at or after the line it begins with.");
    start = startOfLine(whole, lines.from);
    end = startOfLine(whole, lines.to + 1, start, lines.from);
  }
  end = Math.min(end, start + maxTextBytes);
  while (isContinuation(whole[start])) start += 1;
  while (end > start && isContinuation(whole[end])) end -= 1;
  if (end <= start && start < whole.length && (bytes !== undefined || lines === undefined)) {
    end = start + 1;
    while (isContinuation(whole[end])) end += 1;
  }
  end = Math.max(end, start);
  return { text: whole.toString("utf8", start, end), offset: start, sizeBytes: whole.length, truncated: end < whole.length };
}

/** The byte at which 1-based line `line` begins; the length of the text where it has fewer lines. */
function startOfLine(whole: Buffer, line: number, from = 0, fromLine = 1): number {
  let position = from;
  for (let current = fromLine; current < line; current += 1) {
    const next = whole.indexOf(0x0a, position);
    if (next === -1) return whole.length;
    position = next + 1;
  }
  return position;
}
