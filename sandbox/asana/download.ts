import type { SandboxRequest, SandboxResponse } from "../http/server";
import { downloadSignature } from "./kinds";
import type { Store } from "./store";

/** The file store behind `download_url`: signed addresses that end, ranges, and no place for tokens. */

const pathShape = /^\/app\/asana\/-\/download\/(\d+)$/;
const rangeShape = /^bytes=(\d*)-(\d*)$/;

const refusal = (status: number, code: string): SandboxResponse => ({
  status,
  headers: { "content-type": "application/xml" },
  body: `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code></Error>`,
});

/** The stretch that a `Range` header asks for (RFC 9110 §14.1.2); null for the whole, `none` for one that the file does not have. */
function readRange(header: string | null, size: number): { readonly start: number; readonly end: number } | "none" | null {
  const found = rangeShape.exec(header ?? "");
  if (found === null || (found[1] === "" && found[2] === "")) return null;
  const last = size - 1;
  if (found[1] === "") {
    const length = Number(found[2]);
    return length === 0 || size === 0 ? "none" : { start: Math.max(0, size - length), end: last };
  }
  const start = Number(found[1]);
  const end = found[2] === "" ? last : Math.min(last, Number(found[2]));
  return start > last || end < start ? "none" : { start, end };
}

/** `GET` of a file; null for every other address. */
export function answerDownload(request: SandboxRequest, store: Store): SandboxResponse | null {
  const gid = pathShape.exec(request.url.pathname)?.[1];
  if (gid === undefined) return null;
  // As the real store does: an address that carries its own signature takes no other authorization.
  if (request.headers.has("authorization")) return refusal(400, "InvalidArgument");
  const until = request.url.searchParams.get("expires") ?? "";
  if (request.url.searchParams.get("signature") !== downloadSignature(gid, until)) return refusal(403, "SignatureDoesNotMatch");
  if (Number(until) * 1000 <= store.nowMs()) return refusal(403, "AccessDenied");
  const attachment = store.tables.attachments.get(gid);
  if (attachment === undefined || attachment.bytes === null) return refusal(404, "NoSuchKey");
  const { bytes, mediaType } = attachment;
  const headers = {
    "content-type": mediaType,
    "accept-ranges": "bytes",
    "content-disposition": `attachment; filename*=UTF-8''${encodeURIComponent(attachment.name)}`,
    "x-content-type-options": "nosniff",
  };
  const range = readRange(request.headers.get("range"), bytes.byteLength);
  if (range === "none") return { ...refusal(416, "InvalidRange"), headers: { "content-range": `bytes */${bytes.byteLength}` } };
  if (range === null) return { status: 200, headers, body: bytes };
  const { start, end } = range;
  return {
    status: 206,
    headers: { ...headers, "content-range": `bytes ${start}-${end}/${bytes.byteLength}` },
    body: bytes.subarray(start, end + 1),
  };
}
