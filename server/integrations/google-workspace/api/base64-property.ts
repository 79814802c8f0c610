import { HubError } from "@/server/errors";

/**
 * Gmail gives bytes as a base64url text in a JSON object. This gives the bytes as they come, so that an attachment is never whole in
 * memory.
 */

/** Everything of base64url, and the padding, which Google may write as `\u003d`. */
const digits = /^[A-Za-z0-9_-]*$/;
const padding = /(?:=|\\u003d)/gi;

/** Takes the JSON answer in, gives the bytes of its text property `name` out; EIO where there is none, or it breaks off. */
export function base64Property(name: string, operation: string): TransformStream<Uint8Array, Uint8Array> {
  const opener = new RegExp(`"${name}"\\s*:\\s*"`);
  const decoder = new TextDecoder();
  let state: "before" | "inside" | "after" = "before";
  let pending = "";

  const broken = () =>
    new HubError("EIO", `Google's answer to ${operation} is not what its documentation says.`, {
      details: { outcome: "not_done" },
      retryable: true,
    });

  /** The bytes of as many whole groups of four digits as there are; at the end, of all. */
  function decode(text: string, isEnd: boolean): Uint8Array {
    if (!digits.test(text)) throw broken();
    const whole = isEnd ? text.length : text.length - (text.length % 4);
    pending = text.slice(whole);
    return new Uint8Array(Buffer.from(text.slice(0, whole), "base64url"));
  }

  function take(text: string, controller: TransformStreamDefaultController<Uint8Array>): void {
    let rest = pending + text;
    if (state === "before") {
      const start = opener.exec(rest);
      if (start === null) {
        // Only the end of what was seen can be the beginning of the property.
        pending = rest.slice(-(name.length + 40));
        return;
      }
      state = "inside";
      rest = rest.slice(start.index + start[0].length);
      pending = "";
    }
    if (state !== "inside") return;
    const end = rest.indexOf('"');
    if (end >= 0) {
      state = "after";
      const bytes = decode(rest.slice(0, end).replaceAll(padding, ""), true);
      pending = "";
      if (bytes.length > 0) controller.enqueue(bytes);
      return;
    }
    // Padding may be cut in the middle of its escape: what could begin one waits.
    const cut = /(?:=|\\).*$/s.exec(rest)?.index ?? rest.length;
    const tail = rest.slice(cut);
    const bytes = decode(rest.slice(0, cut), false);
    pending += tail;
    if (bytes.length > 0) controller.enqueue(bytes);
  }

  return new TransformStream({
    transform: (chunk, controller) => take(decoder.decode(chunk, { stream: true }), controller),
    flush() {
      if (state !== "after") throw broken();
    },
  });
}
