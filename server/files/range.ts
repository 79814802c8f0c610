import type { ByteRange } from "@/server/vfs/tool-mount";

/** Range and conditional headers of RFC 9110, as far as a file of one representation needs them. */

/** What a Range header asks for: a stretch, or so many bytes at the end. */
export type WantedRange = ByteRange | { readonly last: number };

/**
 * The range of a `Range` header; null for none. A unit that is not `bytes`, a list of several ranges and what is no range are ignored, as
 * RFC 9110 section 14.2 lets a server do.
 */
export function parseRange(header: string | null): WantedRange | null {
  const match = /^\s*bytes\s*=\s*(\d{0,15})\s*-\s*(\d{0,15})\s*$/i.exec(header ?? "");
  const [first, last] = [match?.[1] ?? "", match?.[2] ?? ""];
  if (first === "") return last === "" ? null : { last: Number(last) };
  const [start, end] = [Number(first), last === "" ? null : Number(last)];
  return end !== null && end < start ? null : { start, end };
}

/** The stretch of a file of that size; null where its size must be known and is not, so that the whole file comes. */
export function stretchFor(wanted: WantedRange | null, sizeBytes: number | null): ByteRange | null {
  if (wanted === null || !("last" in wanted)) return wanted;
  if (sizeBytes === null) return null;
  // No byte at all is asked for: behind the end, so that it is answered 416.
  return wanted.last === 0 ? { start: sizeBytes, end: null } : { start: Math.max(0, sizeBytes - wanted.last), end: null };
}

/** Whether an `If-None-Match` header names the etag (weak comparison, section 13.1.2). */
export function namesEtag(header: string | null, etag: string | null): boolean {
  if (header === null || etag === null) return false;
  if (header.trim() === "*") return true;
  return header.split(",").some((part) => part.trim().replace(/^W\//, "") === `"${etag}"`);
}

/** Whether an `If-Range` header lets the range stand: it names this very etag (strong comparison, section 13.1.5). */
export function rangeStands(header: string | null, etag: string | null): boolean {
  return header === null || (etag !== null && header.trim() === `"${etag}"`);
}
