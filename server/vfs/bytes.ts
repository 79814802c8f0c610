import { HubError } from "@/server/errors";
import type { MountBytes, MountFile } from "./mount";
import type { ByteRange } from "./tool-mount";

/** Bytes of files: stretches of them, and texts as bytes. */

/** EINVAL with `details.key` `range`: the file does not reach so far. */
export function unsatisfiable(sizeBytes: number | null): HubError {
  return new HubError("EINVAL", "The file has no such range of bytes.", {
    details: { key: "range", ...(sizeBytes === null ? {} : { limit: sizeBytes }) },
  });
}

/** The stretch within a file of known size; EINVAL where it begins behind the end. */
export function stretchOf(range: ByteRange, sizeBytes: number): { readonly start: number; readonly end: number } {
  if (range.start >= sizeBytes || (range.end !== null && range.end < range.start)) throw unsatisfiable(sizeBytes);
  return { start: range.start, end: Math.min(range.end ?? sizeBytes - 1, sizeBytes - 1) };
}

/** A text as its bytes in UTF-8, or a stretch of them. */
export function bytesOfText(file: MountFile, range: ByteRange | null): MountBytes {
  const whole = new TextEncoder().encode(file.text);
  const stretch = range === null ? null : stretchOf(range, whole.byteLength);
  const bytes = stretch === null ? whole : whole.subarray(stretch.start, stretch.end + 1);
  return {
    node: file.node,
    mediaType: file.mediaType.includes("charset") ? file.mediaType : `${file.mediaType}; charset=utf-8`,
    etag: file.etag,
    sizeBytes: whole.byteLength,
    range: stretch,
    body: new ReadableStream({
      start(controller) {
        if (bytes.byteLength > 0) controller.enqueue(bytes);
        controller.close();
      },
    }),
  };
}
