import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readMultipart } from "@/sandbox/asana/multipart";
import { encodeFileName, multipartBody } from "./multipart";

const contentOf = (bytes: Uint8Array<ArrayBuffer>) => ({ sizeBytes: bytes.byteLength, stream: () => new Blob([bytes]).stream() });

async function bytesOf(body: ReturnType<typeof multipartBody>["body"]): Promise<Uint8Array> {
  if (typeof body === "string" || body instanceof Uint8Array) throw new Error("an upload is streamed");
  const bytes = new Uint8Array(await new Response(body.stream()).arrayBuffer());
  expect(bytes.byteLength).toBe(body.sizeBytes);
  return bytes;
}

describe("an upload's form", () => {
  it("carries any name and any bytes, and knows its length beforehand", async () => {
    const name = fc.string({ unit: "binary", minLength: 1, maxLength: 30 }).map((text) => text.toWellFormed());
    await fc.assert(
      fc.asyncProperty(name, fc.uint8Array({ maxLength: 2_000 }), async (fileName, bytes) => {
        const file = { name: fileName, mediaType: "text/plain", seed: "018f0000-0000-7000-8000-000000000001" };
        const form = multipartBody({ parent: "12058" }, { ...file, content: contentOf(new Uint8Array(bytes)) });
        const parts = readMultipart(form.contentType, await bytesOf(form.body));
        expect(parts.map((part) => part.name)).toEqual(["parent", "file"]);
        expect(Buffer.from(parts[0]?.bytes ?? []).toString()).toBe("12058");
        expect(decodeURIComponent(parts[1]?.fileName ?? "")).toBe(fileName);
        expect(new Uint8Array(parts[1]?.bytes ?? [])).toEqual(new Uint8Array(bytes));
      }),
      { numRuns: 100 },
    );
  });

  it("is read from the start each time, for a call that is sent again", async () => {
    const form = multipartBody({}, { name: "a", mediaType: "bad type\r\nx: y", seed: "s", content: contentOf(new Uint8Array([1, 2, 3])) });
    expect(await bytesOf(form.body)).toEqual(await bytesOf(form.body));
    expect(Buffer.from(await bytesOf(form.body)).toString("latin1")).toContain("Content-Type: application/octet-stream\r\n");
  });

  it("fails where the file's own stream does", async () => {
    const broken = {
      sizeBytes: 3,
      stream: () => new ReadableStream<Uint8Array>({ start: (controller) => controller.error(new Error("disk")) }),
    };
    const form = multipartBody({}, { name: "a", mediaType: "text/plain", seed: "s", content: broken });
    await expect(bytesOf(form.body)).rejects.toThrow("disk");
  });

  it("has names beyond ASCII URL-encoded, and plain ones as they are", () => {
    expect(encodeFileName("Fotó 100%.png")).toBe("Fot%C3%B3 100%25.png");
    expect(encodeFileName('a"b\\c\r\n.txt')).toBe("a%22b%5Cc%0D%0A.txt");
  });
});
