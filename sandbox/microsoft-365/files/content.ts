import { createHmac, randomBytes } from "node:crypto";
import { json, type SandboxRequest, type SandboxResponse } from "../../http/server";
import { sameSecret } from "../../oauth/grants";
import type { DriveItemRow, Mailbox } from "../rows";
import type { Store } from "../store";
import { itemEtag } from "./items";

/** The signed addresses that a file's bytes come from: SharePoint's, apart from Graph; they take no token and live for minutes. */

export const contentPrefix = "/sharepoint/download/";

const key = randomBytes(32);
const sign = (text: string): string => createHmac("sha256", key).update(text).digest("base64url");

/** A signed address of a file's content, good until then. */
export function contentUrl(origin: string, mailbox: Mailbox, row: DriveItemRow, expiresAtMs: number): string {
  const claim = Buffer.from(JSON.stringify([mailbox.userId, row.key, expiresAtMs])).toString("base64url");
  return `${origin}${contentPrefix}${encodeURIComponent(row.name)}?UniqueId=${claim}&tempauth=${sign(claim)}`;
}

interface Range {
  readonly start: number;
  readonly end: number;
}

/** RFC 9110 §14.2; null: the whole file. `unsatisfiable` for a range behind its end. More than one range is answered by the whole. */
function readRange(header: string | null, size: number): Range | null | "unsatisfiable" {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? "");
  if (match === null || (match[1] === "" && match[2] === "")) return null;
  const [, first = "", last = ""] = match;
  if (first === "") return Number(last) === 0 ? "unsatisfiable" : { start: Math.max(0, size - Number(last)), end: size - 1 };
  const start = Number(first);
  const end = last === "" ? size - 1 : Math.min(Number(last), size - 1);
  if (start >= size) return "unsatisfiable";
  return end < start ? null : { start, end };
}

/** `GET` of a signed address: 200, 206, 304 or 416; 401 for a wrong, an outdated or a second authorization. */
export function answerContent(request: SandboxRequest, store: Store): SandboxResponse {
  const refused = (message: string): SandboxResponse => json(401, { error: { code: "unauthenticated", message } });
  // A pre-authenticated address takes no header beside it; a token that comes here was sent to a place it is not for.
  if (request.headers.has("authorization")) return refused("An Authorization header must not be sent to a pre-authenticated address.");
  const claim = request.url.searchParams.get("UniqueId") ?? "";
  if (!sameSecret(request.url.searchParams.get("tempauth") ?? "", sign(claim))) return refused("The signature is wrong.");
  const [userId, itemKey, expiresAtMs] = JSON.parse(Buffer.from(claim, "base64url").toString("utf8")) as [string, string, number];
  if (expiresAtMs <= store.nowMs()) return refused("The address has expired.");
  const mailbox = store.mailboxOf(userId);
  const row = mailbox.drive.get(itemKey);
  if (row === undefined || row.content === null)
    return json(404, { error: { code: "itemNotFound", message: "The resource could not be found." } });
  const { bytes, mimeType } = row.content;
  const headers = {
    "content-type": mimeType,
    etag: itemEtag(mailbox, row),
    "accept-ranges": "bytes",
    "content-disposition": `attachment; filename*=UTF-8''${encodeURIComponent(row.name)}`,
  };
  if (request.headers.get("if-none-match") === headers.etag) return { status: 304, headers };
  const range = readRange(request.headers.get("range"), bytes.length);
  if (range === "unsatisfiable") return { status: 416, headers: { "content-range": `bytes */${bytes.length}` } };
  if (range === null) return { status: 200, headers, body: bytes };
  return {
    status: 206,
    headers: { ...headers, "content-range": `bytes ${range.start}-${range.end}/${bytes.length}` },
    body: bytes.subarray(range.start, range.end + 1),
  };
}
