import type { ToolResponse } from "./send";

/** How a streamed answer ended. `error` is what its reader got; left out where all of it came, or its reader had enough. */
export interface StreamEnd {
  readonly bytes: number;
  readonly error?: unknown;
}

/**
 * The answer with a stream that says once when it ended: read to its end, cancelled or broken. Nothing is read ahead of the reader. The end of
 * the stream waits for `onEnd`. Answers without a stream are given back as they are.
 */
export function onStreamEnd(response: ToolResponse, onEnd: (end: StreamEnd) => void | Promise<void>): ToolResponse {
  if (response.stream === null) return response;
  const reader = response.stream.getReader();
  let bytes = 0;
  let ended = false;
  const end = async (outcome: StreamEnd): Promise<void> => {
    if (ended) return;
    ended = true;
    await onEnd(outcome);
  };
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (!done) {
            bytes += value.byteLength;
            controller.enqueue(value);
            return;
          }
        } catch (error) {
          await end({ bytes, error });
          throw error;
        }
        await end({ bytes });
        controller.close();
      },
      async cancel(reason) {
        await Promise.all([reader.cancel(reason), end({ bytes })]);
      },
    },
    { highWaterMark: 0 },
  );
  return { ...response, stream };
}
