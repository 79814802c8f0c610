import { z } from "zod";

/** What a planned step carries to `perform`: JSON, stored until the plan is executed, so it is checked again when it comes back. */

const fields = {
  title: z.string(),
  description: z.string(),
  stateId: z.string(),
  assigneeId: z.string().nullable(),
  priority: z.number(),
  projectId: z.string().nullable(),
  cycleId: z.string().nullable(),
  parentId: z.string().nullable(),
  dueDate: z.string().nullable(),
};

/** Fields set to a value; each can be compared with what the issue has. */
const values = z.object(fields).partial();
export type FieldValues = z.infer<typeof values>;

export const stepArguments = z.discriminatedUnion("call", [
  z.object({
    call: z.literal("issueCreate"),
    team: z.string(),
    id: z.uuid(),
    input: values.extend({ title: z.string(), labelIds: z.array(z.string()).optional() }),
  }),
  z.object({
    call: z.literal("issueUpdate"),
    team: z.string(),
    issue: z.string(),
    /** What the changed fields had when the plan was made. */
    before: values,
    after: values,
    addedLabelIds: z.array(z.string()),
    removedLabelIds: z.array(z.string()),
  }),
  z.object({ call: z.enum(["issueArchive", "issueUnarchive"]), team: z.string(), issue: z.string(), revision: z.string() }),
  z.object({
    call: z.literal("commentCreate"),
    team: z.string(),
    issue: z.string(),
    archived: z.boolean(),
    id: z.uuid(),
    body: z.string(),
  }),
]);
export type StepArguments = z.infer<typeof stepArguments>;

/**
 * A seed as the UUID version 4 that Linear's `input.id` must be (SDL: "The identifier in UUID v4 format"): version and variant bits are
 * set (RFC 9562 §5.4), the rest kept, so that one seed always names one record.
 */
export function toUuidV4(seed: string): string {
  const hex = seed.replaceAll("-", "").toLowerCase();
  const variant = ((Number.parseInt(hex[16] ?? "8", 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
