import { createHash } from "node:crypto";
import { type FileHandle, mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HubError } from "@/server/errors";
import type { UploadContent } from "@/server/vfs/tool-mount";

/** Bytes on their way to a tool, on disk, because the tool may have to be sent them twice. */
export interface Spooled extends UploadContent {
  /** SHA-256 in hexadecimal digits. */
  readonly digest: string;
}

const pieceBytes = 64 * 1024;
/** Uploads that are kept at the same time, so that a disk is not filled by many at once. */
const atMost = 8;
let kept = 0;

/**
 * Writes a body to a file that only this process can reach, runs `work` with it, and lets it go, whatever happens: the file has no name any
 * more before its first byte comes, so that a process that dies leaves nothing. EFBIG past `maxBytes`; EAGAIN when too many are under way.
 */
export async function spooled<T>(
  body: ReadableStream<Uint8Array> | null,
  maxBytes: number,
  work: (content: Spooled) => Promise<T>,
): Promise<T> {
  if (kept >= atMost) throw new HubError("EAGAIN", "The hub takes no more uploads at the moment. Try again.", { retryAfterMs: 5_000 });
  kept += 1;
  try {
    const file = await openNameless();
    try {
      return await work(await fill(file, body, maxBytes));
    } finally {
      await file.close();
    }
  } finally {
    kept -= 1;
  }
}

async function openNameless(): Promise<FileHandle> {
  const folder = await mkdtemp(join(tmpdir(), "hub-upload-"));
  try {
    return await open(join(folder, "body"), "wx+", 0o600);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function fill(file: FileHandle, body: ReadableStream<Uint8Array> | null, maxBytes: number): Promise<Spooled> {
  const hash = createHash("sha256");
  let sizeBytes = 0;
  // Leaving the loop cancels the body.
  for await (const piece of body ?? []) {
    if (sizeBytes + piece.byteLength > maxBytes) {
      throw new HubError("EFBIG", `A file uploaded here may have at most ${maxBytes.toLocaleString("en")} bytes.`, {
        details: { limit: maxBytes },
      });
    }
    hash.update(piece);
    for (let written = 0; written < piece.byteLength; ) {
      const { bytesWritten } = await file.write(piece, written, piece.byteLength - written, sizeBytes + written);
      written += bytesWritten;
    }
    sizeBytes += piece.byteLength;
  }
  return { sizeBytes, digest: hash.digest("hex"), stream: () => readFrom(file, sizeBytes) };
}

/** Reads no further ahead than it is asked. */
function readFrom(file: FileHandle, sizeBytes: number): ReadableStream<Uint8Array> {
  let position = 0;
  return new ReadableStream(
    {
      async pull(controller) {
        const { bytesRead, buffer } = await file.read(
          Buffer.allocUnsafe(pieceBytes),
          0,
          Math.min(pieceBytes, sizeBytes - position),
          position,
        );
        position += bytesRead;
        if (bytesRead > 0) controller.enqueue(new Uint8Array(buffer.buffer, buffer.byteOffset, bytesRead));
        if (position >= sizeBytes || bytesRead === 0) controller.close();
      },
    },
    { highWaterMark: 0 },
  );
}
