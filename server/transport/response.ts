import { HubError } from "@/server/errors";
import type { ToolResponse } from "./send";

/** An answer with its whole body. */
export function toToolResponse(head: { readonly status: number; readonly headers: Headers }, body: Uint8Array<ArrayBuffer>): ToolResponse {
  let text: string | undefined;
  const readText = () => {
    text ??= new TextDecoder().decode(body);
    return text;
  };
  return {
    status: head.status,
    headers: head.headers,
    body,
    stream: null,
    text: readText,
    json() {
      try {
        return JSON.parse(readText()) as unknown;
      } catch {
        // The parser's own message quotes the body, so it is not kept as the cause.
        throw new HubError("EIO", "The tool's answer is not the JSON it should be.", { details: { vendorStatus: head.status } });
      }
    },
  };
}
