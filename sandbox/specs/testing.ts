import type { RecordedExchange } from "./recording";

/** An exchange as the recorder keeps it, of what a test says. */
export function exchangeOf(
  tool: string,
  method: string,
  target: string,
  said: {
    readonly sent?: unknown;
    /** Of what is sent; JSON without it. A text that is sent goes as it is. */
    readonly type?: string;
    readonly status?: number;
    readonly answer?: unknown;
    readonly answerType?: string;
  } = {},
): RecordedExchange {
  const toBody = (value: unknown): Uint8Array =>
    value === undefined ? new Uint8Array() : new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value));
  return {
    tool,
    method,
    target,
    fault: null,
    request: { headers: { "content-type": said.type ?? "application/json" }, body: toBody(said.sent), whole: true },
    response: {
      status: said.status ?? 200,
      headers: { "content-type": said.answerType ?? "application/json" },
      body: toBody(said.answer),
      whole: true,
    },
  };
}
