import { HubError } from "@/server/errors";
import { htmlToMarkdown, textToMarkdown } from "../../../rich-text";
import { fromBase64Url } from "../../api/gmail";
import type { MessagePart } from "../../schema/gmail";
import { decodeText, decodeWords } from "./charset";
import { findHeader, parseParameters } from "./headers";

/** The tree of a message's parts (RFC 2046): what of it is text to read, and what is attached. */

export interface Attachment {
  /** Does not change, unlike Gmail's id of it. */
  readonly partId: string;
  readonly name: string;
  readonly mediaType: string;
  readonly charset: string | null;
  readonly sizeBytes: number;
  /** Holds for the answer that the part came in; null where the bytes came along. */
  readonly attachmentId: string | null;
  readonly data: string | null;
}

const typeOf = (part: MessagePart): string => (part.mimeType ?? parseParameters(findHeader(part, "Content-Type")).value).toLowerCase();

const charsetOf = (part: MessagePart): string | null => parseParameters(findHeader(part, "Content-Type")).parameters.charset ?? null;

const isLeaf = (part: MessagePart): boolean => (part.parts ?? []).length === 0;

/** A part that a reader is to see is one of text without a name, which is not said to be an attachment. */
function isBody(part: MessagePart): boolean {
  if (!isLeaf(part) || part.filename) return false;
  const type = typeOf(part);
  if (type !== "text/plain" && type !== "text/html" && type !== "") return false;
  return parseParameters(findHeader(part, "Content-Disposition")).value !== "attachment";
}

const extensions: Readonly<Record<string, string>> = {
  "message/rfc822": ".eml",
  "text/calendar": ".ics",
  "text/plain": ".txt",
  "text/html": ".html",
  "application/pdf": ".pdf",
  "image/png": ".png",
  "image/jpeg": ".jpg",
  "image/gif": ".gif",
};

/** Every part that holds bytes and is no text to read, in order. */
export function attachmentsOf(payload: MessagePart | null | undefined): readonly Attachment[] {
  if (payload === null || payload === undefined) return [];
  const found: Attachment[] = [];
  const visit = (part: MessagePart): void => {
    // A mail that is attached is one attachment, whatever it is made of.
    if (!isLeaf(part) && typeOf(part) !== "message/rfc822") {
      for (const child of part.parts ?? []) visit(child);
      return;
    }
    if (isBody(part)) return;
    const sizeBytes = part.body?.size ?? 0;
    if (sizeBytes === 0 && !part.body?.attachmentId && !part.filename) return;
    const mediaType = typeOf(part) || "application/octet-stream";
    const partId = part.partId || "0";
    found.push({
      partId,
      name: part.filename ? decodeWords(part.filename) : `part ${partId}${extensions[mediaType] ?? ""}`,
      mediaType,
      charset: charsetOf(part),
      sizeBytes,
      attachmentId: part.body?.attachmentId ?? null,
      data: part.body?.data ?? null,
    });
  };
  visit(payload);
  return found;
}

/** Fetches the text of a part that came by reference only. */
export type FetchPart = (attachmentId: string) => Promise<Uint8Array>;

async function textOf(part: MessagePart, fetchPart: FetchPart): Promise<string> {
  const { data, attachmentId } = part.body ?? {};
  if (data) return decodeText(fromBase64Url(data), charsetOf(part));
  return attachmentId ? decodeText(await fetchPart(attachmentId), charsetOf(part)) : "";
}

/** Mail breaks lines where its writer did; `format=flowed` says where it did not (RFC 3676 §4.1). */
function unflow(text: string, part: MessagePart): string {
  const { format, delsp } = parseParameters(findHeader(part, "Content-Type")).parameters;
  if (format?.toLowerCase() !== "flowed") return text;
  return text.replaceAll(/^(?!-- $)(.*?) \r?\n(?!>)/gm, (_, line: string) => (delsp?.toLowerCase() === "yes" ? line : `${line} `));
}

async function leafToMarkdown(part: MessagePart, fetchPart: FetchPart): Promise<string> {
  const text = await textOf(part, fetchPart);
  if (typeOf(part) !== "text/html") return textToMarkdown(unflow(text, part));
  try {
    return htmlToMarkdown(text);
  } catch (error) {
    if (!(error instanceof HubError) || error.code !== "EFBIG") throw error;
    return `_${error.message} The whole is in the message's raw form._`;
  }
}

/** Of alternatives (RFC 2046 §5.1.4) the richest that says something: HTML, which carries links and lists, before plain text. */
async function bestOf(parts: readonly MessagePart[], fetchPart: FetchPart): Promise<string> {
  const rank = (part: MessagePart): number => {
    const type = typeOf(part);
    if (type === "text/plain") return 1;
    return type === "text/html" || type.startsWith("multipart/") ? 2 : 0;
  };
  for (const part of parts.toSorted((a, b) => rank(b) - rank(a))) {
    const markdown = await partToMarkdown(part, fetchPart);
    if (markdown.trim() !== "") return markdown;
  }
  return "";
}

/** What there is to read in a part and below it, as safe Markdown. */
export async function partToMarkdown(part: MessagePart, fetchPart: FetchPart): Promise<string> {
  if (isLeaf(part)) return isBody(part) ? await leafToMarkdown(part, fetchPart) : "";
  const type = typeOf(part);
  if (type === "message/rfc822") return "";
  const parts = part.parts ?? [];
  if (type === "multipart/alternative") return await bestOf(parts, fetchPart);
  const texts: string[] = [];
  for (const child of parts) texts.push(await partToMarkdown(child, fetchPart));
  return texts.filter((text) => text.trim() !== "").join("\n\n");
}
