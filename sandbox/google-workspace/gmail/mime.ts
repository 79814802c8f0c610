/** Mail as bytes: writing messages (RFC 5322, 2045, 2047) and taking them apart into the parts that Gmail tells. */

export interface MailHeader {
  readonly name: string;
  readonly value: string;
}

export interface MimePart {
  readonly partId: string;
  readonly mimeType: string;
  readonly filename: string;
  readonly headers: readonly MailHeader[];
  /** Of a leaf: its bytes after the transfer encoding, in the charset that they came in. */
  readonly bytes: Uint8Array;
  readonly parts: readonly MimePart[];
}

const crlf = "\r\n";
const isAscii = (text: string): boolean => /^[\t\r\n\x20-\x7e]*$/.test(text);
const fitsLatin1 = (text: string): boolean => Array.from(text).every((character) => (character.codePointAt(0) ?? 0) < 256);

/** A header's text: as it is where ASCII, or as encoded words of at most 75 characters (RFC 2047 §2). */
export function encodeWords(text: string): string {
  if (isAscii(text)) return text;
  const words: string[] = [];
  let current = "";
  for (const character of text) {
    if (Buffer.byteLength(current + character) > 42) {
      words.push(current);
      current = "";
    }
    current += character;
  }
  return [...words, current].map((word) => `=?UTF-8?B?${Buffer.from(word).toString("base64")}?=`).join(`${crlf} `);
}

export function encodeMailbox(name: string | null, address: string): string {
  if (name === null) return address;
  if (!isAscii(name)) return `${encodeWords(name)} <${address}>`;
  return /[^\w .'-]/.test(name) ? `"${name.replaceAll(/["\\]/g, "\\$&")}" <${address}>` : `${name} <${address}>`;
}

/** RFC 2045 §6.7, lines of at most 76. */
function quotedPrintable(bytes: Uint8Array): string {
  const lines: string[] = [];
  let line = "";
  const push = (text: string) => {
    if (line.length + text.length > 75) {
      lines.push(`${line}=`);
      line = "";
    }
    line += text;
  };
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte === 13 && bytes[at + 1] === 10) {
      lines.push(line.replace(/[ \t]$/, (blank) => (blank === " " ? "=20" : "=09")));
      line = "";
      at += 1;
    } else if ((byte >= 33 && byte <= 126 && byte !== 61) || byte === 32 || byte === 9) push(String.fromCharCode(byte));
    else push(`=${byte.toString(16).toUpperCase().padStart(2, "0")}`);
  }
  return [...lines, line].join(crlf);
}

const base64Lines = (bytes: Uint8Array): string =>
  (
    Buffer.from(bytes)
      .toString("base64")
      .match(/.{1,76}/g) ?? []
  ).join(crlf);

/** Text as a part: in the oldest charset that it fits into, as the mail programs of the world still send it. */
export function textPart(text: string, subtype: "plain" | "html"): string {
  const lines = text.replaceAll(/\r\n?|\n/g, crlf);
  if (isAscii(lines)) return [`Content-Type: text/${subtype}; charset="us-ascii"`, "Content-Transfer-Encoding: 7bit", "", lines].join(crlf);
  if (fitsLatin1(lines)) {
    return [
      `Content-Type: text/${subtype}; charset="iso-8859-1"`,
      "Content-Transfer-Encoding: quoted-printable",
      "",
      quotedPrintable(Buffer.from(lines, "latin1")),
    ].join(crlf);
  }
  return [`Content-Type: text/${subtype}; charset="utf-8"`, "Content-Transfer-Encoding: base64", "", base64Lines(Buffer.from(lines))].join(
    crlf,
  );
}

export function attachmentPart(name: string, mediaType: string, bytes: Uint8Array): string {
  const file = isAscii(name) ? `filename="${name.replaceAll(/["\\]/g, "\\$&")}"` : `filename*=UTF-8''${encodeURIComponent(name)}`;
  return [
    `Content-Type: ${mediaType}`,
    `Content-Disposition: attachment; ${file}`,
    "Content-Transfer-Encoding: base64",
    "",
    base64Lines(bytes),
  ].join(crlf);
}

export function multipart(kind: "alternative" | "mixed", boundary: string, parts: readonly string[]): string {
  return [
    `Content-Type: multipart/${kind}; boundary="${boundary}"`,
    "",
    ...parts.flatMap((part) => [`--${boundary}`, part]),
    `--${boundary}--`,
    "",
  ].join(crlf);
}

/** Headers unfolded, and what stands behind the first empty line. */
function splitHeaders(source: string): { readonly headers: readonly MailHeader[]; readonly body: string } {
  const end = /\r?\n\r?\n/.exec(source);
  const head = end === null ? source : source.slice(0, end.index);
  const body = end === null ? "" : source.slice(end.index + end[0].length);
  const headers = head
    .replaceAll(/\r?\n(?=[ \t])/g, "")
    .split(/\r?\n/)
    .flatMap((line) => {
      const at = line.indexOf(":");
      return at <= 0 ? [] : [{ name: line.slice(0, at), value: decodeWords(line.slice(at + 1).trim()) }];
    });
  return { headers, body };
}

/** Gmail tells headers as text, encoded words decoded. */
function decodeWords(value: string): string {
  return value
    .replaceAll(/(\?=)\s+(?==\?)/g, "$1")
    .replaceAll(/=\?([^?*\s]+)(?:\*[^?]*)?\?([BQ])\?([^?\s]*)\?=/gi, (_, charset: string, encoding: string, text: string) => {
      const bytes =
        encoding.toUpperCase() === "B" ? Buffer.from(text, "base64") : Buffer.from(unquote(text.replaceAll("_", " ")), "latin1");
      try {
        return new TextDecoder(charset).decode(bytes);
      } catch {
        return bytes.toString("latin1");
      }
    });
}

const unquote = (text: string): string =>
  text.replaceAll(/=\r?\n/g, "").replaceAll(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

export const headerOf = (headers: readonly MailHeader[], name: string): string =>
  headers.find((header) => header.name.toLowerCase() === name.toLowerCase())?.value ?? "";

function parameter(value: string, name: string): string | null {
  const extended = new RegExp(`;\\s*${name}\\*=([^']*)'[^']*'([^;\\s]+)`, "i").exec(value);
  if (extended !== null) return decodeURIComponent(extended[2] ?? "");
  const match = new RegExp(`;\\s*${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^;\\s]+))`, "i").exec(value);
  return match === null ? null : (match[1]?.replaceAll(/\\(.)/g, "$1") ?? match[2] ?? null);
}

function decodeBody(body: string, encoding: string): Uint8Array {
  switch (encoding.toLowerCase()) {
    case "base64":
      return new Uint8Array(Buffer.from(body, "base64"));
    case "quoted-printable":
      return new Uint8Array(Buffer.from(unquote(body), "latin1"));
    default:
      return new Uint8Array(Buffer.from(body, "latin1"));
  }
}

/** Takes a message apart. `source` is its bytes, one character each (latin1). */
export function parseMime(source: string, partId = ""): MimePart {
  const { headers, body } = splitHeaders(source);
  const contentType = headerOf(headers, "Content-Type") || "text/plain";
  const mimeType = (contentType.split(";")[0] ?? "").trim().toLowerCase();
  const disposition = headerOf(headers, "Content-Disposition");
  const filename = parameter(disposition, "filename") ?? parameter(contentType, "name") ?? "";
  const boundary = mimeType.startsWith("multipart/") ? parameter(contentType, "boundary") : null;
  if (boundary === null) {
    const bytes = decodeBody(body, headerOf(headers, "Content-Transfer-Encoding"));
    return { partId, mimeType, filename, headers, bytes, parts: [] };
  }
  const pieces = `\r\n${body}`.split(`\r\n--${boundary}`).slice(1);
  const parts = pieces
    .filter((piece) => !piece.startsWith("--"))
    .map((piece, index) => parseMime(piece.replace(/^[ \t]*\r?\n/, ""), partId === "" ? String(index) : `${partId}.${index}`));
  return { partId, mimeType, filename, headers, bytes: new Uint8Array(), parts };
}

/** The leaves of a message, in order. */
export const leavesOf = (part: MimePart): readonly MimePart[] => (part.parts.length === 0 ? [part] : part.parts.flatMap(leavesOf));

/** A leaf's text in its own charset. */
export function textOfPart(part: MimePart): string {
  const charset = parameter(headerOf(part.headers, "Content-Type"), "charset") ?? "utf-8";
  try {
    return new TextDecoder(charset).decode(part.bytes);
  } catch {
    return Buffer.from(part.bytes).toString("latin1");
  }
}
