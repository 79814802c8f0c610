import { z } from "zod";

/** What a planned step of the mail area carries to `perform`: JSON, stored until the plan is executed, so it is checked again. */

/** Values as files say them; absent ones are not changed. */
const values = z
  .object({
    subject: z.string(),
    to: z.array(z.string()),
    cc: z.array(z.string()),
    bcc: z.array(z.string()),
    importance: z.enum(["low", "normal", "high"]),
    categories: z.array(z.string()),
    read: z.boolean(),
    flag: z.enum(["none", "flagged", "complete"]),
    /** Markdown. */
    body: z.string(),
  })
  .partial();
export type MailValues = z.infer<typeof values>;

export const mailStep = z.discriminatedUnion("call", [
  z.object({ call: z.literal("draftCreate"), seed: z.string(), values }),
  z.object({ call: z.literal("replyCreate"), seed: z.string(), to: z.string(), all: z.boolean(), values }),
  z.object({ call: z.literal("messageUpdate"), id: z.string(), before: values, after: values }),
  z.object({ call: z.literal("draftSend"), id: z.string() }),
  z.object({ call: z.literal("messageMove"), id: z.string(), from: z.string(), to: z.string() }),
]);
export type MailStep = z.infer<typeof mailStep>;
