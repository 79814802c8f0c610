import { badRequest } from "./failures";

/** `multipart/form-data` (RFC 7578), read strictly: CRLF, a boundary from the header, a name on every part. */

export interface Part {
  readonly name: string;
  readonly fileName: string | null;
  readonly mediaType: string | null;
  readonly bytes: Uint8Array;
}

const parameterOf = (header: string, name: string): string | null =>
  new RegExp(`(?:^|;)\\s*${name}="([^"]*)"`, "i").exec(header)?.[1] ?? null;

function readPart(bytes: Buffer): Part {
  const end = bytes.indexOf("\r\n\r\n");
  if (end < 0) throw badRequest("The multipart body has a part without a head.");
  const heads = new Map(
    bytes
      .subarray(0, end)
      .toString("utf8")
      .split("\r\n")
      .map((line) => [line.slice(0, line.indexOf(":")).trim().toLowerCase(), line.slice(line.indexOf(":") + 1).trim()] as const),
  );
  const disposition = heads.get("content-disposition") ?? "";
  const name = parameterOf(disposition, "name");
  if (!/^form-data\b/i.test(disposition) || name === null) throw badRequest("The multipart body has a part without a name.");
  return {
    name,
    fileName: parameterOf(disposition, "filename"),
    mediaType: heads.get("content-type") ?? null,
    bytes: bytes.subarray(end + 4),
  };
}

/** The parts of a body. Throws 400 for one that is not as it should be. */
export function readMultipart(contentType: string, body: Uint8Array): readonly Part[] {
  const boundary = /^multipart\/form-data;.*\bboundary=(?:"([^"]+)"|([^\s;]+))/i.exec(contentType);
  const name = boundary?.[1] ?? boundary?.[2];
  if (name === undefined) throw badRequest("The request must be sent as multipart/form-data with a boundary.");
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const open = Buffer.from(`--${name}`);
  const between = Buffer.from(`\r\n--${name}`);
  const parts: Part[] = [];
  if (!bytes.subarray(0, open.length).equals(open)) throw badRequest("The multipart body does not begin with its boundary.");
  let at = open.length;
  for (;;) {
    if (bytes.subarray(at, at + 2).toString("latin1") === "--") return parts;
    if (bytes.subarray(at, at + 2).toString("latin1") !== "\r\n") throw badRequest("The multipart body is cut off.");
    const next = bytes.indexOf(between, at + 2);
    if (next < 0) throw badRequest("The multipart body is cut off.");
    parts.push(readPart(bytes.subarray(at + 2, next)));
    at = next + between.length;
  }
}
