import type { Address, MessageRow } from "../rows";
import { textOf } from "./views";

/** A message as it travels (RFC 5322, RFC 2045): what `$value` answers. */

const word = (text: string): string => (/^[\x20-\x7e]*$/.test(text) ? text : encodedWords(text));

/** RFC 2047: at most 75 characters a word, never split inside a character. */
function encodedWords(text: string): string {
  const words: string[] = [];
  let bytes: Buffer = Buffer.alloc(0);
  for (const character of text) {
    const next = Buffer.concat([bytes, Buffer.from(character)]);
    if (next.length > 42) {
      words.push(bytes.toString("base64"));
      bytes = Buffer.from(character);
    } else bytes = next;
  }
  words.push(bytes.toString("base64"));
  return words.map((part) => `=?utf-8?B?${part}?=`).join("\r\n ");
}

const mailboxOf = ({ name, address }: Address): string => {
  if (name === "" || name === address) return address;
  return /^[\x20-\x7e]*$/.test(name) ? `"${name.replaceAll(/(["\\])/g, "\\$1")}" <${address}>` : `${encodedWords(name)} <${address}>`;
};

const base64Lines = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64").replaceAll(/.{76}/g, "$&\r\n");

function part(contentType: string, bytes: Uint8Array, more: readonly string[] = []): string {
  return [`Content-Type: ${contentType}`, "Content-Transfer-Encoding: base64", ...more, "", base64Lines(bytes)].join("\r\n");
}

function multipart(subtype: string, boundary: string, parts: readonly string[]): string {
  return [
    `Content-Type: multipart/${subtype}; boundary="${boundary}"`,
    "",
    ...parts.flatMap((each) => [`--${boundary}`, each]),
    `--${boundary}--`,
    "",
  ].join("\r\n");
}

const quotedName = (name: string): string => `name="${word(name).replaceAll('"', "'")}"`;

/** The whole message, 7 bit, lines ending in CRLF. */
export function mimeOf(row: MessageRow): string {
  const text = part("text/plain; charset=utf-8", Buffer.from(textOf(row.body)));
  const body =
    row.body.contentType === "text"
      ? text
      : multipart("alternative", `alt-${row.key}`, [text, part("text/html; charset=utf-8", Buffer.from(row.body.content))]);
  const attached = row.attachments.map((each) =>
    part(`${each.contentType}; ${quotedName(each.name)}`, each.bytes, [
      `Content-Disposition: ${each.isInline ? "inline" : "attachment"}; file${quotedName(each.name)}`,
      ...(each.contentId === null ? [] : [`Content-ID: <${each.contentId}>`]),
    ]),
  );
  const headers = [
    ...(row.from === null ? [] : [`From: ${mailboxOf(row.from)}`]),
    ...(row.to.length === 0 ? [] : [`To: ${row.to.map(mailboxOf).join(",\r\n ")}`]),
    ...(row.cc.length === 0 ? [] : [`Cc: ${row.cc.map(mailboxOf).join(",\r\n ")}`]),
    `Subject: ${word(row.subject)}`,
    `Date: ${new Date(row.sentAt).toUTCString().replace("GMT", "+0000")}`,
    `Message-ID: ${row.internetMessageId}`,
    ...(row.inReplyTo === null ? [] : [`In-Reply-To: ${row.inReplyTo}`]),
    "MIME-Version: 1.0",
  ];
  return `${headers.join("\r\n")}\r\n${attached.length === 0 ? body : multipart("mixed", `mix-${row.key}`, [body, ...attached])}`;
}
