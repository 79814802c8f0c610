import type { Clock } from "@/server/transport/send";

/** A client that takes nothing for so long has gone, or holds a tool's slot for nothing. */
export const stalledAfterMs = 2 * 60 * 1000;

/** The body, which ends when its reader asks for nothing for too long, so that what stands behind it is free again. */
export function endingWhenStalled(body: ReadableStream<Uint8Array>, clock: Clock, afterMs = stalledAfterMs): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  let cancelTimer: (() => void) | null = null;
  const stopWaiting = (): void => {
    cancelTimer?.();
    cancelTimer = null;
  };
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        stopWaiting();
        const { done, value } = await reader.read();
        if (done) {
          controller.close();
          return;
        }
        controller.enqueue(value);
        cancelTimer = clock.timer(afterMs, () => {
          const stalled = new Error("The client took nothing more of the file.");
          controller.error(stalled);
          void reader.cancel(stalled).catch(() => {});
        });
      },
      async cancel(reason) {
        stopWaiting();
        await reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}
