import type { ToolRequest } from "@/server/transport/send";
import type { UploadContent } from "@/server/vfs/tool-mount";

/** `multipart/form-data` (RFC 7578) of some fields and one file, whose bytes are streamed. */

export interface FormFile {
  readonly name: string;
  readonly mediaType: string;
  readonly seed: string;
  readonly content: UploadContent;
}

/** Asana wants names beyond ASCII URL-encoded (https://developers.asana.com/reference/createattachmentforobject); `%` with them, to be read back. */
export const encodeFileName = (name: string): string =>
  name.replaceAll(/[^\x20-\x7e]|["%\\]/gu, (character) => encodeURIComponent(character));

/** The body, its length known before the first byte leaves. The seed makes the boundary, which no file of ours can foresee. */
export function multipartBody(
  fields: Readonly<Record<string, string>>,
  file: FormFile,
): { readonly contentType: string; readonly body: Exclude<ToolRequest["body"], undefined> } {
  const boundary = `hub-${file.seed}`;
  const encoder = new TextEncoder();
  const parts = Object.entries(fields).map(
    ([name, value]) => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  const mediaType = /^[\w.+-]+\/[\w.+-]+(?:; ?[\w-]+=[\w.-]+)*$/.test(file.mediaType) ? file.mediaType : "application/octet-stream";
  const head = encoder.encode(
    `${parts.join("")}--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${encodeFileName(file.name)}"\r\nContent-Type: ${mediaType}\r\n\r\n`,
  );
  const tail = encoder.encode(`\r\n--${boundary}--\r\n`);
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    body: {
      sizeBytes: head.byteLength + file.content.sizeBytes + tail.byteLength,
      stream: () => framed(head, file.content.stream(), tail),
    },
  };
}

function framed(head: Uint8Array, body: ReadableStream<Uint8Array>, tail: Uint8Array): ReadableStream<Uint8Array> {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>({
    start: (controller) => controller.enqueue(head),
    flush: (controller) => controller.enqueue(tail),
  });
  // Whoever reads sees a failure of the file's own stream; there is nobody else to tell.
  body.pipeTo(writable).catch(() => undefined);
  return readable;
}
