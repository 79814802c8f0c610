import { createHmac, randomBytes } from "node:crypto";
import { GoogleRefusal } from "../failures";
import { headerOf, leavesOf, type MimePart, textOfPart } from "./mime";
import type { Searched } from "./search";
import type { StoredMessage } from "./store";

/** What the simulated Gmail answers with. */

export type Format = "full" | "metadata" | "minimal" | "raw";

/** Ids of attachments: another one in every answer, each good for a while. */
export interface AttachmentIds {
  issue(messageId: string, partId: string): string;
  /** The part; 400 for an id that was not given, or another message's. */
  read(messageId: string, id: string): string;
}

export function createAttachmentIds(): AttachmentIds {
  const key = randomBytes(32);
  const seal = (body: string) => createHmac("sha256", key).update(body).digest("base64url").slice(0, 22);
  return {
    issue(messageId, partId) {
      const body = Buffer.from(JSON.stringify([messageId, partId, randomBytes(12).toString("hex")])).toString("base64url");
      return `ANGjdJ${body}${seal(body)}`;
    },
    read(messageId, id) {
      const body = id.slice(6, -22);
      const refused = new GoogleRefusal(400, "invalidArgument", "Invalid attachment token");
      if (!id.startsWith("ANGjdJ") || seal(body) !== id.slice(-22)) throw refused;
      const [message = "", part = ""] = JSON.parse(Buffer.from(body, "base64url").toString("utf8")) as string[];
      if (message !== messageId) throw refused;
      return part;
    },
  };
}

const base64Url = (bytes: Uint8Array): string =>
  Buffer.from(bytes)
    .toString("base64url")
    .padEnd(Math.ceil((bytes.length * 4) / 3 / 4) * 4, "=");

/** Text parts as long as this come by reference, as attachments do. */
const inlineBytes = 512 * 1024;

function partResource(part: MimePart, messageId: string, ids: AttachmentIds): Readonly<Record<string, unknown>> {
  const isReference = part.parts.length === 0 && (part.filename !== "" || part.bytes.length > inlineBytes);
  return {
    partId: part.partId,
    mimeType: part.mimeType,
    filename: part.filename,
    headers: part.headers,
    body: {
      ...(isReference ? { attachmentId: ids.issue(messageId, part.partId) } : {}),
      size: part.bytes.length,
      ...(isReference || part.parts.length > 0 || part.bytes.length === 0 ? {} : { data: base64Url(part.bytes) }),
    },
    ...(part.parts.length === 0 ? {} : { parts: part.parts.map((child) => partResource(child, messageId, ids)) }),
  };
}

const bodyTexts = (part: MimePart, type: string): readonly string[] =>
  leavesOf(part)
    .filter((leaf) => leaf.mimeType === type && leaf.filename === "")
    .map(textOfPart);

/** The first words as a list shows them, signs of HTML escaped. */
function snippetOf(part: MimePart): string {
  const [plain] = bodyTexts(part, "text/plain");
  const text = plain ?? (bodyTexts(part, "text/html")[0] ?? "").replaceAll(/<[^>]*>/g, " ");
  const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
  return [...text.replaceAll(/\s+/g, " ").trim()]
    .slice(0, 190)
    .join("")
    .replaceAll(/[&<>"']/g, (sign) => entities[sign] ?? sign);
}

export function searchedOf(part: MimePart, raw: string): Searched {
  const header = (name: string) => headerOf(part.headers, name);
  return {
    from: header("From"),
    to: header("To"),
    cc: header("Cc"),
    subject: header("Subject"),
    messageId: header("Message-ID"),
    text: [...bodyTexts(part, "text/plain"), ...bodyTexts(part, "text/html")].join("\n"),
    files: leavesOf(part).flatMap(({ filename }) => (filename === "" ? [] : [filename])),
    sizeBytes: raw.length,
  };
}

/** A message in one of its formats; `names` are the headers that `metadata` tells, all without them. */
export function messageResource(
  message: StoredMessage,
  raw: string,
  part: MimePart,
  format: Format,
  names: readonly string[],
  ids: AttachmentIds,
): Readonly<Record<string, unknown>> {
  const wanted = names.map((name) => name.toLowerCase());
  const payload = (): Readonly<Record<string, unknown>> => {
    if (format === "full") return partResource(part, message.id, ids);
    const headers = wanted.length === 0 ? part.headers : part.headers.filter(({ name }) => wanted.includes(name.toLowerCase()));
    return { mimeType: part.mimeType, headers };
  };
  return {
    id: message.id,
    threadId: message.threadId,
    labelIds: message.labelIds,
    snippet: snippetOf(part),
    historyId: String(message.historyId),
    internalDate: String(message.internalDateMs),
    sizeEstimate: raw.length,
    ...(format === "minimal" || format === "raw" ? {} : { payload: payload() }),
    ...(format === "raw" ? { raw: base64Url(new Uint8Array(Buffer.from(raw, "latin1"))) } : {}),
  };
}
