/** The bytes from `start` to `end`, both included, of a stream; it is cancelled behind them. */
export function sliceStream(stream: ReadableStream<Uint8Array>, start: number, end: number): ReadableStream<Uint8Array> {
  const reader = stream.getReader();
  let at = 0;
  return new ReadableStream({
    async pull(controller) {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) {
          controller.close();
          return;
        }
        const from = Math.max(0, start - at);
        const to = Math.min(value.length, end + 1 - at);
        at += value.length;
        const isLast = at > end;
        if (from < to) controller.enqueue(value.subarray(from, to));
        if (isLast) {
          await reader.cancel();
          controller.close();
          return;
        }
        if (from < to) return;
      }
    },
    cancel: (reason) => reader.cancel(reason),
  });
}
