import { z } from "zod";

/** What a planned step carries to `perform`: JSON, stored until the plan is executed, so it is checked again when it comes back. */

const inConversation = { channel: z.string(), dm: z.boolean() };
const ofMessage = { ...inConversation, ts: z.string() };

export const stepArguments = z.discriminatedUnion("call", [
  z.object({
    call: z.literal("post"),
    ...inConversation,
    /** The thread to reply in. */
    thread: z.string().nullable(),
    text: z.string(),
    /** What the message carries in its metadata, by which it is found again. */
    marker: z.uuid(),
    /** Epoch milliseconds. */
    plannedAt: z.number(),
  }),
  z.object({ call: z.literal("update"), ...ofMessage, before: z.string(), after: z.string() }),
  z.object({ call: z.literal("delete"), ...ofMessage, revision: z.string() }),
  z.object({ call: z.literal("react"), ...ofMessage, emoji: z.string() }),
  z.object({ call: z.literal("unreact"), ...ofMessage, emoji: z.string() }),
]);
export type StepArguments = z.infer<typeof stepArguments>;
export type Step<C extends StepArguments["call"]> = Extract<StepArguments, { call: C }>;
