import { expect, it } from "vitest";
import { VirtualClock } from "@/server/transport/testing";
import { endingWhenStalled } from "./patience";

function bodyOf(pieces: number) {
  const state = { made: 0, cancelled: false };
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (state.made === pieces) return controller.close();
        state.made += 1;
        controller.enqueue(new Uint8Array([state.made]));
      },
      cancel() {
        state.cancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { state, body };
}

it("a reader that goes on in time gets everything, however long it takes", async () => {
  const clock = new VirtualClock();
  const { body, state } = bodyOf(5);
  const reader = endingWhenStalled(body, clock, 1_000).getReader();
  const seen: number[] = [];
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    seen.push(piece.value[0] ?? 0);
    await clock.advance(999);
  }
  await clock.advance(10_000);
  expect([seen, state.cancelled]).toEqual([[1, 2, 3, 4, 5], false]);
});

it("a reader that takes nothing more is let go, and what stands behind is ended", async () => {
  const clock = new VirtualClock();
  const { body, state } = bodyOf(5);
  const reader = endingWhenStalled(body, clock, 1_000).getReader();
  await reader.read();
  await clock.advance(1_000);
  expect(state).toEqual({ made: 1, cancelled: true });
  await expect(reader.read()).rejects.toThrow("took nothing more");
});

it("a reader that leaves ends it at once, and nothing waits for it", async () => {
  const clock = new VirtualClock();
  const { body, state } = bodyOf(5);
  const reader = endingWhenStalled(body, clock, 1_000).getReader();
  await reader.read();
  await reader.cancel();
  expect(state.cancelled).toBe(true);
  await clock.advance(5_000);
});
