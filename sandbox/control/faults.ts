import { z } from "zod";

/** What a scripted fault does to one request. */
const faultEffect = z.discriminatedUnion("kind", [
  /** Answers this status in the place of the tool. */
  z.strictObject({ kind: z.literal("status"), status: z.int().min(400).max(599), body: z.string().max(10_000).default("Sandbox fault") }),
  /** Says that a limit is reached: as the vendor does, or with `Retry-After` in seconds or as a date. */
  z.strictObject({
    kind: z.literal("rate_limited"),
    form: z.enum(["vendor", "retry_after_seconds", "retry_after_date"]).default("vendor"),
    seconds: z.number().min(0).max(86_400).default(1),
  }),
  /** Answers rightly, but only after a while. */
  z.strictObject({ kind: z.literal("slow"), delayMs: z.int().min(0).max(600_000) }),
  /** Drops the connection before anything is done. */
  z.strictObject({ kind: z.literal("reset") }),
  /** Does what is asked, sends half of the answer, and drops the connection. */
  z.strictObject({ kind: z.literal("cut_answer") }),
  /** Does what is asked, and drops the connection without an answer. */
  z.strictObject({ kind: z.literal("lost_answer") }),
  /** Does what is asked, and answers nothing: the connection stays open until the other side gives up. */
  z.strictObject({ kind: z.literal("withheld") }),
  /** Answers 200 with a page that is not the tool's. */
  z.strictObject({ kind: z.literal("nonsense") }),
]);

export const faultInput = z.strictObject({
  /**
   * All conditions must hold; none means every request. `operation`: a GraphQL operation name or root field, or an OAuth grant type.
   * `email`: whose access token the request bears.
   */
  match: z.strictObject({ path: z.string().optional(), operation: z.string().optional(), email: z.string().optional() }).default({}),
  effect: faultEffect,
  /** How many requests it strikes. */
  times: z.int().min(1).max(1_000_000).default(1),
});

export type Fault = z.output<typeof faultInput>;
export type FaultInput = z.input<typeof faultInput>;

/** The faults that wait for a request, oldest first. */
export interface FaultBox {
  add(fault: Fault): void;
  clear(): void;
  list(): readonly Fault[];
  /** The effect for this request, or null; each strike is counted. */
  take(path: string, operations: readonly string[], email: string | null): Fault["effect"] | null;
}

export function createFaultBox(): FaultBox {
  let waiting: { readonly fault: Fault; left: number }[] = [];
  return {
    add(fault) {
      waiting.push({ fault, left: fault.times });
    },
    clear() {
      waiting = [];
    },
    list: () => waiting.map(({ fault, left }) => ({ ...fault, times: left })),
    take(path, operations, email) {
      const struck = waiting.find(
        ({ fault: { match } }) =>
          (match.path === undefined || match.path === path) &&
          (match.operation === undefined || operations.includes(match.operation)) &&
          (match.email === undefined || match.email === email),
      );
      if (struck === undefined) return null;
      struck.left -= 1;
      waiting = waiting.filter(({ left }) => left > 0);
      return struck.fault.effect;
    },
  };
}
