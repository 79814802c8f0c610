/** Bytes of mail as text. */

const decoderOf = (label: string, fatal: boolean): TextDecoder | null => {
  try {
    return new TextDecoder(label, { fatal });
  } catch {
    return null;
  }
};

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Charsets whose bytes look like ASCII, and so like UTF-8, but switch their meaning by escapes. */
const switching = /^iso-2022-|^hz-gb/i;
const escapeByte = 0x1b;

/**
 * Text of a part. Gmail does not document whether it turns a part's text into UTF-8; what is valid UTF-8 is taken for that, anything else for
 * the charset that the part names, and without one for windows-1252, which has a character for every byte.
 */
export function decodeText(bytes: Uint8Array, charset: string | null): string {
  const named = charset === null ? null : decoderOf(charset, false);
  if (named !== null && switching.test(charset ?? "") && bytes.includes(escapeByte)) return named.decode(bytes);
  try {
    return utf8.decode(bytes);
  } catch {
    return (named ?? new TextDecoder("windows-1252")).decode(bytes);
  }
}

/** The text, if these bytes are UTF-8; null otherwise. */
export function findUtf8(bytes: Uint8Array): string | null {
  try {
    return utf8.decode(bytes);
  } catch {
    return null;
  }
}

function bytesOfWord(encoding: string, text: string): Uint8Array {
  if (encoding.toUpperCase() === "B") return new Uint8Array(Buffer.from(text, "base64"));
  const plain = text.replaceAll("_", " ");
  const bytes: number[] = [];
  for (let at = 0; at < plain.length; at += 1) {
    const hex = plain[at] === "=" ? /^=([0-9A-F]{2})/i.exec(plain.slice(at, at + 3))?.[1] : undefined;
    if (hex === undefined) bytes.push(...new TextEncoder().encode(plain[at] ?? ""));
    else {
      bytes.push(Number.parseInt(hex, 16));
      at += 2;
    }
  }
  return new Uint8Array(bytes);
}

/** RFC 2047 §2: `=?charset*language?B or Q?text?=`. */
const word = /=\?([^?*\s]+)(?:\*[^?\s]*)?\?([BQ])\?([^?\s]*)\?=/gi;
const betweenWords = /(=\?[^?\s]+\?[BQ]\?[^?\s]*\?=)\s+(?==\?[^?\s]+\?[BQ]\?[^?\s]*\?=)/gi;

/** A header's text with its encoded words decoded (RFC 2047); blanks between two of them are not text (§6.2). */
export function decodeWords(value: string): string {
  const joined = value.replaceAll(betweenWords, "$1");
  // A character may be cut in two by neighbouring words of one charset and encoding; their bytes are decoded together.
  return joined.replaceAll(new RegExp(`(?:${word.source})+`, "gi"), (run) => {
    let text = "";
    let held: { charset: string; bytes: number[] } | null = null;
    for (const [, charset = "", encoding = "", content = ""] of run.matchAll(word)) {
      if (held !== null && held.charset !== charset.toLowerCase()) {
        text += decodeText(new Uint8Array(held.bytes), held.charset);
        held = null;
      }
      held ??= { charset: charset.toLowerCase(), bytes: [] };
      held.bytes.push(...bytesOfWord(encoding, content));
    }
    return held === null ? text : text + decodeText(new Uint8Array(held.bytes), held.charset);
  });
}
