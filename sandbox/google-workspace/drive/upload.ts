import { badRequest } from "../failures";

/** Uploads (https://developers.google.com/workspace/drive/api/guides/manage-uploads): `media`, and `multipart` of RFC 2387. */

export interface Upload {
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

export function readJson(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text === "" ? "{}" : text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Readonly<Record<string, unknown>>;
  } catch {
    // Said below: it is no object.
  }
  throw badRequest("Parse Error");
}

function partOf(part: Buffer): { readonly headers: ReadonlyMap<string, string>; readonly body: Buffer } {
  const end = part.indexOf("\r\n\r\n");
  if (end < 0) throw badRequest("Malformed multipart body.");
  const lines = part.subarray(0, end).toString("utf8").split("\r\n");
  const headers = new Map(
    lines.flatMap((line) => {
      const colon = line.indexOf(":");
      return colon < 0 ? [] : [[line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()] as const];
    }),
  );
  return { headers, body: part.subarray(end + 4) };
}

function readMultipart(bytes: Uint8Array, contentType: string): Upload {
  const boundary = /boundary="?([^";]+)"?/i.exec(contentType)?.[1];
  if (!/^multipart\/related/i.test(contentType) || boundary === undefined) throw badRequest("Malformed multipart body.");
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const mark = Buffer.from(`--${boundary}`);
  const parts: Buffer[] = [];
  for (let at = whole.indexOf(mark); at >= 0; ) {
    const next = whole.indexOf(mark, at + mark.length);
    if (next < 0) break;
    // Between the marks: a line end after the first, one before the second.
    parts.push(whole.subarray(at + mark.length + 2, next - 2));
    at = next;
  }
  const [metadata, media, more] = parts.map(partOf);
  if (metadata === undefined || media === undefined || more !== undefined) throw badRequest("Malformed multipart body.");
  if (!/^application\/json/i.test(metadata.headers.get("content-type") ?? "")) throw badRequest("The first part must be JSON metadata.");
  const encoded = media.headers.get("content-transfer-encoding") === "base64";
  return {
    metadata: readJson(metadata.body.toString("utf8")),
    mediaType: (media.headers.get("content-type") ?? "application/octet-stream").split(";")[0] ?? "",
    bytes: encoded ? Buffer.from(media.body.toString("ascii"), "base64") : Buffer.from(media.body),
  };
}

/** The file of an upload; 400 for a form the sandbox does not have. */
export function readUpload(uploadType: string | null, contentType: string, bytes: Uint8Array): Upload {
  if (uploadType === "multipart") return readMultipart(bytes, contentType);
  if (uploadType === "media") return { metadata: {}, mediaType: contentType.split(";")[0] ?? "", bytes: Buffer.from(bytes) };
  throw badRequest("The sandbox takes uploadType=media and uploadType=multipart.");
}
