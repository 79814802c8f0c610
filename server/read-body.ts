import { HubError } from "./errors";

/**
 * The text of a request's body, at most `maxBytes` of it: a declared length is refused unread, any other is counted as it comes, and what
 * is too long is not kept. Next sets no such limit for route handlers. EFBIG past it.
 */
export async function readBodyText(request: Request, maxBytes: number): Promise<string> {
  const tooLong = () => new HubError("EFBIG", `The body may have at most ${maxBytes} bytes.`, { details: { limit: maxBytes } });
  if (Number(request.headers.get("content-length") ?? 0) > maxBytes) throw tooLong();
  if (request.body === null) return "";
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body) {
    size += chunk.byteLength;
    // Leaving the loop cancels the stream.
    if (size > maxBytes) throw tooLong();
    chunks.push(chunk);
  }
  return new TextDecoder().decode(Buffer.concat(chunks, size));
}
