import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HubError } from "@/server/errors";
import { sliceStream } from "../mount/gmail/bytes";
import { base64Property } from "./base64-property";

const bytesOf = async (stream: ReadableStream<Uint8Array>): Promise<Uint8Array> => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return new Uint8Array(Buffer.concat(chunks));
};

/** A text as a stream whose chunks are so long. */
function chunked(bytes: Uint8Array, size: number): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) controller.close();
      else controller.enqueue(bytes.slice(at, at + size));
      at += size;
    },
  });
}

const encoded = (text: string) => new TextEncoder().encode(text);
const decode = (json: string, size = 7) => bytesOf(chunked(encoded(json), size).pipeThrough(base64Property("data", "test")));

describe("bytes in a JSON property", () => {
  it("come out as they are, however the answer is cut and padded", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 200 }),
        fc.integer({ min: 1, max: 40 }),
        fc.constantFrom("", "=", "\\u003d"),
        async (bytes, size, sign) => {
          const digits = Buffer.from(bytes).toString("base64url");
          const padding = sign.repeat((4 - (digits.length % 4)) % 4);
          const json = `{\n  "size": ${bytes.length},\n  "attachmentId": "data",\n  "data" : "${digits}${padding}"\n}`;
          expect([...(await decode(json, size))]).toEqual([...bytes]);
        },
      ),
    );
  });

  it.each(['{"size": 3}', '{"data": "AAAA', '{"data": "A*A="}', ""])("are refused where the answer is %j", async (json) => {
    const error = await decode(json).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(HubError);
    expect(error).toMatchObject({ code: "EIO" });
  });

  it("are handed on piece by piece: 100 MB are never whole in memory", async () => {
    const piece = encoded("A".repeat(64 * 1024));
    let [pulled, most, read] = [0, 0, 0];
    const source = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          if (pulled === 0) controller.enqueue(encoded('{"data":"'));
          pulled += 1;
          if (pulled > 2_100) {
            controller.enqueue(encoded('"}'));
            controller.close();
          } else controller.enqueue(piece);
        },
      },
      { highWaterMark: 0 },
    );
    for await (const chunk of source.pipeThrough(base64Property("data", "test"))) {
      read += chunk.length;
      most = Math.max(most, pulled * 48 * 1024 - read);
    }
    expect(read).toBe(2_100 * 48 * 1024);
    // What was taken in but not yet given out stays a few pieces.
    expect(most).toBeLessThan(10 * 64 * 1024);
  });
});

describe("a stretch of a stream", () => {
  it("is what the range says, whatever the pieces", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 9 }),
        fc.nat(),
        fc.nat(),
        async (bytes, size, a, b) => {
          const [start = 0, end = 0] = [a % bytes.length, b % bytes.length].toSorted((one, other) => one - other);
          expect([...(await bytesOf(sliceStream(chunked(bytes, size), start, end)))]).toEqual([...bytes.slice(start, end + 1)]);
        },
      ),
    );
  });

  it("ends the stream behind it", async () => {
    let cancelled = false;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(10)),
      cancel: () => {
        cancelled = true;
      },
    });
    expect((await bytesOf(sliceStream(endless, 5, 24))).length).toBe(20);
    expect(cancelled).toBe(true);
  });
});
