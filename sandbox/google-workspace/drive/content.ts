import type { SandboxResponse } from "../../http/server";
import { documentExports } from "../docs/export";
import { badRequest, GoogleRefusal } from "../failures";
import { isNative } from "./json";
import { type FileRow, mime } from "./rows";
import type { DriveStore } from "./store";

/** Bytes of files: `alt=media` with ranges, and `export` (https://developers.google.com/workspace/drive/api/guides/manage-downloads). */

const octets = (status: number, type: string, body: Uint8Array, headers: Readonly<Record<string, string>> = {}): SandboxResponse => ({
  status,
  headers: {
    "content-type": type,
    "cache-control": "private, max-age=0, must-revalidate",
    "x-content-type-options": "nosniff",
    ...headers,
  },
  body,
});

/** RFC 9110 §14: one range of bytes; anything else is answered whole. */
export function download(file: FileRow, range: string | null): SandboxResponse {
  if (isNative(file.mimeType)) {
    throw new GoogleRefusal(
      403,
      "fileNotDownloadable",
      "Only files with binary content can be downloaded. Use Export with Docs Editors files.",
      {
        location: "alt",
      },
    );
  }
  const bytes = file.content ?? new Uint8Array();
  const size = bytes.byteLength;
  const accepts = { "accept-ranges": "bytes" };
  const match = /^bytes=(\d*)-(\d*)$/.exec(range?.trim() ?? "");
  if (match === null || (match[1] === "" && match[2] === "")) return octets(200, file.mimeType, bytes, accepts);
  const start = match[1] === "" ? Math.max(0, size - Number(match[2])) : Number(match[1]);
  const end = match[1] === "" || match[2] === "" ? size - 1 : Math.min(Number(match[2]), size - 1);
  if (start >= size || end < start) {
    throw new GoogleRefusal(416, "requestedRangeNotSatisfiable", "Request range not satisfiable", {
      headers: { "content-range": `bytes */${size}` },
    });
  }
  return octets(206, file.mimeType, bytes.subarray(start, end + 1), { ...accepts, "content-range": `bytes ${start}-${end}/${size}` });
}

/** Formats by kind of file, as `about.get` lists them; the sandbox writes those that it can. */
export const exportFormats: Readonly<Record<string, readonly string[]>> = {
  [mime.document]: Object.keys(documentExports),
  [mime.spreadsheet]: ["text/csv", "text/tab-separated-values"],
  [mime.presentation]: ["text/plain"],
  [mime.drawing]: ["image/svg+xml"],
};

function exported(file: FileRow, store: DriveStore, mimeType: string): Uint8Array {
  if (file.mimeType === mime.document) return Buffer.from(documentExports[mimeType]?.(store.document(file)) ?? "");
  const bytes = file.content ?? new Uint8Array();
  if (mimeType !== "text/tab-separated-values") return bytes;
  return Buffer.from(Buffer.from(bytes).toString("utf8").replaceAll(",", "\t"));
}

export function exportFile(file: FileRow, store: DriveStore, mimeType: string | null, maxBytes: number): SandboxResponse {
  if (!isNative(file.mimeType) || file.mimeType === mime.folder || file.mimeType === mime.shortcut) {
    throw new GoogleRefusal(403, "fileNotExportable", "Export only supports Docs Editors files.");
  }
  if (mimeType === null) throw new GoogleRefusal(400, "required", "Required parameter: mimeType", { location: "mimeType" });
  const formats = exportFormats[file.mimeType];
  if (formats === undefined) throw new GoogleRefusal(403, "fileNotExportable", "Export only supports Docs Editors files.");
  if (!formats.includes(mimeType)) throw badRequest("The requested conversion is not supported.");
  const bytes = exported(file, store, mimeType);
  if (bytes.byteLength > maxBytes) {
    throw new GoogleRefusal(403, "exportSizeLimitExceeded", "This file is too large to be exported.");
  }
  return octets(200, mimeType, bytes);
}
