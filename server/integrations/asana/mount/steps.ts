import { z } from "zod";

/** What a planned step carries to `perform`: JSON, stored until the plan is executed, so it is checked again when it comes back. */

const location = z.array(
  z.discriminatedUnion("type", [
    z.object({ type: z.literal("fixed"), name: z.string() }),
    z.object({ type: z.literal("object"), kind: z.string(), externalId: z.string(), companion: z.boolean().optional() }),
  ]),
);

/** Fields set to a value; each can be compared with what the task has. */
const values = z
  .object({
    name: z.string(),
    completed: z.boolean(),
    assignee: z.string().nullable(),
    due_on: z.string().nullable(),
    html_notes: z.string(),
  })
  .partial();
export type FieldValues = z.output<typeof values>;

/** The directory of tasks that the change names; the step answers the task's place in it. */
const directory = location;

export const stepArguments = z.discriminatedUnion("call", [
  z.object({
    call: z.literal("createTask"),
    directory,
    workspace: z.string(),
    parent: z.string().nullable(),
    projects: z.array(z.string()),
    external: z.string(),
    fields: values.extend({ name: z.string() }),
  }),
  z.object({ call: z.literal("updateTask"), directory, task: z.string(), before: values, after: values }),
  z.object({
    call: z.literal("setParent"),
    directory,
    task: z.string(),
    before: z.string().nullable(),
    parent: z.string().nullable(),
    /** After the removal of a link nothing stands where it stood. */
    gone: z.boolean().optional(),
  }),
  z.object({ call: z.literal("addProject"), directory, task: z.string(), project: z.string() }),
  z.object({ call: z.literal("removeProject"), directory, task: z.string(), project: z.string(), gone: z.boolean().optional() }),
  z.object({ call: z.literal("addToSection"), directory, task: z.string(), section: z.string() }),
  z.object({ call: z.literal("deleteTask"), task: z.string(), revision: z.string() }),
  z.object({
    call: z.literal("createComment"),
    location,
    task: z.string(),
    html: z.string(),
    /** How many comments of this person's with this very text there were when the plan was made. */
    known: z.number(),
  }),
  z.object({
    call: z.literal("upload"),
    directory,
    task: z.string(),
    name: z.string(),
    mediaType: z.string(),
    sizeBytes: z.number(),
    seed: z.string(),
    /** How many attachments of this name and size there were when the plan was made. */
    known: z.number(),
  }),
]);
export type StepArguments = z.output<typeof stepArguments>;

/** Our own id of a task, of which Asana lets each app have one a task (https://developers.asana.com/docs/custom-external-data). */
export const externalIdOf = (seed: string): string => `byte-hub-${seed}`;
