import { parseSegment } from "@/server/vfs/identity";

/** What a representation that is not the file's own is called, by its media type. */
const extensions: Readonly<Record<string, string>> = {
  "message/rfc822": ".eml",
  "text/calendar": ".ics",
  "text/vcard": ".vcf",
};

/** The name that a file is saved under: its human part with an extension that says what it is. */
export function downloadName(segment: string, mediaType: string): string {
  const parsed = parseSegment(segment);
  const name = parsed === null ? segment : `${parsed.human}${parsed.extension}`;
  const extension = extensions[mediaType.split(";", 1)[0]?.trim().toLowerCase() ?? ""];
  if (extension === undefined || name.toLowerCase().endsWith(extension)) return name;
  return `${name.replace(/\.(md|json)$/, "")}${extension}`;
}

/** `Content-Disposition: attachment` with the name in ASCII for old readers and in UTF-8 for all others (RFC 6266, RFC 8187). */
export function attachmentDisposition(name: string): string {
  const plain = name.replace(/[^\x20-\x7e]|["\\%]/g, "_");
  const encoded = encodeURIComponent(name.toWellFormed()).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return plain === name ? `attachment; filename="${plain}"` : `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}
