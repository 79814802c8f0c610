import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { spooled } from "./spool";

const pieceBytes = 64 * 1024;
// Of its own, because other processes spool into the system's at the same time.
const folder = mkdtempSync(join(tmpdir(), "spool-test-"));
beforeAll(() => void vi.stubEnv("TMPDIR", folder));
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});
const left = () => readdirSync(folder);

/** Pieces made as they are asked for, each of its own. */
function bodyOf(pieces: number) {
  const state = { made: 0, cancelled: false };
  const hash = createHash("sha256");
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (state.made === pieces) return controller.close();
        state.made += 1;
        const piece = new Uint8Array(pieceBytes).fill(state.made % 251);
        hash.update(piece);
        controller.enqueue(piece);
      },
      cancel() {
        state.cancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { state, stream, digest: () => hash.digest("hex") };
}

it("100 MB go to disk and out of it piece by piece, as often as they are read, and leave nothing", async () => {
  const pieces = 1_600;
  const { stream, state, digest } = bodyOf(pieces);
  const seen: string[] = [];
  await spooled(stream, pieces * pieceBytes, async (content) => {
    expect([content.sizeBytes, state.made]).toEqual([pieces * pieceBytes, pieces]);
    expect(left()).toEqual([]);
    for (const _ of [1, 2]) {
      const hash = createHash("sha256");
      for await (const piece of content.stream()) {
        expect(piece.byteLength).toBeLessThanOrEqual(pieceBytes);
        hash.update(piece);
      }
      seen.push(hash.digest("hex"));
    }
    seen.push(content.digest);
  });
  expect(new Set([...seen, digest()]).size).toBe(1);
});

it("a body past the limit is EFBIG at the piece that passes it, and the rest is not read", async () => {
  const { stream, state } = bodyOf(1_000);
  const never = () => Promise.reject(new Error("the work ran"));
  await expect(spooled(stream, 3 * pieceBytes, never)).rejects.toMatchObject({ code: "EFBIG", details: { limit: 3 * pieceBytes } });
  expect(state).toEqual({ made: 4, cancelled: true });
  expect(left()).toEqual([]);
});

it("a body that breaks off, and work that fails, leave nothing and take no room", async () => {
  for (let time = 0; time < 20; time += 1) {
    const broken = new ReadableStream<Uint8Array>({ pull: (controller) => controller.error(new Error("gone")) });
    await expect(spooled(broken, 10, async () => 1)).rejects.toThrow("gone");
    await expect(spooled(null, 10, () => Promise.reject(new Error("work")))).rejects.toThrow("work");
  }
  expect(await spooled(null, 0, async ({ sizeBytes }) => sizeBytes)).toBe(0);
});

it("more at once than the disk is to hold are asked to come again", async () => {
  const gates = Array.from({ length: 8 }, () => Promise.withResolvers<void>());
  const running = gates.map(({ promise }) => spooled(null, 1, () => promise));
  await expect(spooled(null, 1, async () => 1)).rejects.toMatchObject({ code: "EAGAIN", retryAfterMs: 5_000 });
  for (const { resolve } of gates) resolve();
  await Promise.all(running);
  expect(await spooled(null, 1, async () => 1)).toBe(1);
});
