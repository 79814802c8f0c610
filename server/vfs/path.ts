import { HubError } from "@/server/errors";

/**
 * Paths: absolute, NFC, at most 1,024 bytes; a segment at most 255 bytes, never empty, `.` or `..`, without `/`, NUL or control
 * characters. Everything that comes in goes through `parsePath`; every title of a tool goes through `safeTitle`.
 */

export const maxPathBytes = 1024;
export const maxSegmentBytes = 255;
/** Bytes a human part may have: with handle and extension, seven levels of the longest names still fit into one path. */
export const maxHumanBytes = 120;

const control = /\p{Cc}/u;

/** Why a segment cannot be, or null. */
export function segmentFault(segment: string): string | null {
  if (segment === "") return "is empty";
  if (segment === "." || segment === "..") return "is not a name; paths here have no relative parts";
  if (!segment.isWellFormed()) return "is not valid Unicode";
  if (segment.includes("/")) return "holds a slash";
  if (control.test(segment)) return "holds a control character";
  if (Buffer.byteLength(segment) > maxSegmentBytes) return `is longer than ${maxSegmentBytes} bytes`;
  return null;
}

/** The segments of a path, `[]` for `/`. EINVAL names the segment that is wrong. */
export function parsePath(input: string): readonly string[] {
  const path = input.normalize("NFC");
  if (!path.startsWith("/")) throw new HubError("EINVAL", "A path begins with a slash.", { path: input });
  if (path === "/") return [];
  if (Buffer.byteLength(path) > maxPathBytes) {
    throw new HubError("EINVAL", `The path is longer than ${maxPathBytes.toLocaleString("en")} bytes.`, {
      path: input,
      details: { limit: maxPathBytes },
    });
  }
  const segments = path.slice(1).split("/");
  segments.forEach((segment, index) => {
    const fault = segmentFault(segment);
    if (fault !== null) {
      throw new HubError("EINVAL", `Segment ${index + 1} of the path, ${JSON.stringify(segment.slice(0, 80))}, ${fault}.`, { path: input });
    }
  });
  return segments;
}

/** The path of segments: the inverse of `parsePath`. */
export function printPath(segments: readonly string[]): string {
  return `/${segments.join("/")}`;
}

/** `parent` and a name, where the parent may be the root. */
export function joinPath(parent: string, name: string): string {
  return parent === "/" ? `/${name}` : `${parent}/${name}`;
}

/** The directory a path stands in; `/` for itself. */
export function parentOf(path: string): string {
  const at = path.lastIndexOf("/");
  return at <= 0 ? "/" : path.slice(0, at);
}

/** The last segment; empty for `/`. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** Whether `path` is `prefix` or stands below it, by whole segments: `/notes` never holds `/notes-archive`. */
export function isBelow(path: string, prefix: string): boolean {
  return prefix === "/" || path === prefix || path.startsWith(`${prefix}/`);
}

/** Cuts a text to at most `maxBytes` of UTF-8 on a grapheme boundary; on a code point's where one grapheme alone is too long. */
export function shorten(text: string, maxBytes: number): string {
  if (Buffer.byteLength(text) <= maxBytes) return text;
  let kept = "";
  let size = 0;
  const take = (parts: Iterable<string>): void => {
    for (const part of parts) {
      const bytes = Buffer.byteLength(part);
      if (size + bytes > maxBytes) return;
      kept += part;
      size += bytes;
    }
  };
  // No grapheme begins past `maxBytes` code units, and segmenting a long text is slow.
  const head = text.slice(0, maxBytes + 64).toWellFormed();
  take(Array.from(new Intl.Segmenter("und").segment(head), (part) => part.segment));
  if (kept === "") take(head);
  return kept;
}

/**
 * A tool's title as the human part of a segment: NFC, slashes and control characters replaced, no leading dots, no direction
 * overrides that would show another name than it is, at most `maxBytes`, never empty. Idempotent.
 */
export function safeTitle(title: string, maxBytes = maxHumanBytes): string {
  const clean = title
    .slice(0, maxBytes * 8)
    .toWellFormed()
    .normalize("NFC")
    .replaceAll("/", "-")
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, " ")
    .replace(/[\u202a-\u202e\u2066-\u2069]/gu, "")
    .trim()
    .replace(/^\.+/u, (dots) => "_".repeat(dots.length));
  const short = shorten(clean, maxBytes).trimEnd().normalize("NFC");
  return short === "" ? "untitled" : short;
}
