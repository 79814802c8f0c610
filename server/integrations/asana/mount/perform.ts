import { HubError } from "@/server/errors";
import type { DraftStep, Location, MountContext, StepResult, UploadContent } from "@/server/vfs/tool-mount";
import type { AsanaApi } from "../api/asana-api";
import { toMarkdown } from "../rich-text/to-markdown";
import { revisionOf } from "./entries";
import { locations } from "./place";
import { sameAttachments, sameComments } from "./plan-place";
import { currentValues } from "./plan-task";
import { getComments } from "./records";
import { type FieldValues, type StepArguments, stepArguments } from "./steps";

/** Runs one step. Each finds what an earlier try already did, so a repeated step changes nothing more. */

type Step<C extends StepArguments["call"]> = Extract<StepArguments, { call: C }>;

export interface Performing {
  readonly api: AsanaApi;
  /** Who the connection is: comments of this person's are looked through. */
  readonly account: string;
  readonly context: MountContext;
}

/** Asana gives rich text back its own way (mentions spelled out), so what it reads as is compared. */
const comparable = (key: string, value: unknown): unknown =>
  key === "html_notes" && typeof value === "string" ? toMarkdown(value) : value;

const same = (a: FieldValues, b: FieldValues): boolean =>
  Object.entries(b).every(([key, value]) => comparable(key, a[key as keyof FieldValues]) === comparable(key, value));

const hasMoved = (): HubError => new HubError("ESTALE", "The task was changed in Asana since the plan was made. Read it again.");

const isUnknown = (error: unknown): boolean => error instanceof HubError && error.code === "EIO" && error.details.outcome !== "not_done";

/**
 * Makes something that Asana has no idempotency key for: looks for it first, and once more when nobody knows what came of the call. What is
 * not there then may still come, so the failure stays what it is, and nothing is sent again.
 */
async function makeOnce(find: () => Promise<string | null>, make: () => Promise<string>): Promise<string> {
  const made = await find();
  if (made !== null) return made;
  try {
    return await make();
  } catch (error) {
    if (!isUnknown(error)) throw error;
    const found = await find().catch(() => null);
    if (found !== null) return found;
    throw error;
  }
}

async function createTask(step: Step<"createTask">, { api, context }: Performing): Promise<StepResult> {
  const { call } = context;
  const { external, workspace, parent, projects, fields } = step;
  const task = await makeOnce(
    () => api.findTaskByExternal(external, call),
    () => api.createTask({ ...fields, external, workspace, parent, projects }, call),
  );
  return { location: locations.taskIn(step.directory, task), output: { task } };
}

async function updateTask(step: Step<"updateTask">, { api, context }: Performing): Promise<StepResult> {
  const task = await api.getTask(step.task, context.call);
  const now = currentValues(task, step.after);
  if (!same(now, step.after)) {
    // Asana has no precondition of its own, so the fields are compared just before.
    if (!same(now, step.before)) throw hasMoved();
    await api.updateTask(task.gid, step.after, context.call);
  }
  return { location: locations.taskIn(step.directory, task.gid) };
}

const placeAfter = (step: { readonly directory: Location; readonly task: string; readonly gone?: boolean | undefined }): StepResult => ({
  location: step.gone === true ? null : locations.taskIn(step.directory, step.task),
});

async function setParent(step: Step<"setParent">, { api, context }: Performing): Promise<StepResult> {
  const now = (await api.getTaskRow(step.task, context.call)).parent?.gid ?? null;
  if (now !== step.parent) {
    if (now !== step.before) throw hasMoved();
    await api.setParent(step.task, step.parent, context.call);
  }
  return placeAfter(step);
}

async function changePlace(
  step: Step<"addProject"> | Step<"removeProject"> | Step<"addToSection">,
  { api, context }: Performing,
): Promise<StepResult> {
  const { call } = context;
  const memberships = (await api.getTaskRow(step.task, call)).memberships ?? [];
  const isIn = (project: string) => memberships.some((one) => one.project?.gid === project);
  if (step.call === "addProject") {
    if (!isIn(step.project)) await api.addProject(step.task, step.project, call);
  } else if (step.call === "removeProject") {
    if (isIn(step.project)) await api.removeProject(step.task, step.project, call);
  } else if (!memberships.some((one) => one.section?.gid === step.section)) {
    await api.addToSection(step.task, step.section, call);
  }
  return placeAfter("gone" in step ? step : { directory: step.directory, task: step.task });
}

async function deleteTask(step: Step<"deleteTask">, { api, context }: Performing): Promise<StepResult> {
  try {
    const task = await api.getTaskRow(step.task, context.call);
    if (revisionOf(task) !== step.revision) throw hasMoved();
    await api.deleteTask(task.gid, context.call);
  } catch (error) {
    // What an earlier try deleted is not there any more.
    if (!(error instanceof HubError) || error.code !== "ENOENT") throw error;
  }
  return { location: null };
}

async function createComment(step: Step<"createComment">, { api, account, context }: Performing): Promise<StepResult> {
  const { call } = context;
  const comment = await makeOnce(
    async () => sameComments(await getComments(api, step.task, call), account, step.html)[step.known]?.gid ?? null,
    () => api.createComment(step.task, step.html, call),
  );
  return { location: step.location, output: { comment } };
}

async function upload(step: Step<"upload">, { api, context }: Performing, content: UploadContent | undefined): Promise<StepResult> {
  if (content === undefined) throw new HubError("EINVAL", "An upload needs the file's bytes.");
  if (content.sizeBytes !== step.sizeBytes) throw new HubError("EINVAL", "The file has another size than was said.");
  const { name, mediaType, seed } = step;
  const attachment = await makeOnce(
    async () => (await sameAttachments(api, step, context))[step.known]?.gid ?? null,
    () => api.upload(step.task, { name, mediaType, seed, content }, context.call),
  );
  return { location: [...step.directory, { type: "object", kind: "attachment", externalId: attachment }], output: { attachment } };
}

/** A stored step's arguments. ESTALE when another version of the hub made it. */
export function readStep(draft: DraftStep): StepArguments {
  const parsed = stepArguments.safeParse(draft.args);
  if (parsed.success) return parsed.data;
  throw new HubError("ESTALE", "This plan is of another version of the hub. Plan the change again.", { cause: parsed.error });
}

/** Runs a step. ESTALE when what it was made against changed. */
export async function performStep(step: StepArguments, performing: Performing, content: UploadContent | undefined): Promise<StepResult> {
  switch (step.call) {
    case "createTask":
      return await createTask(step, performing);
    case "updateTask":
      return await updateTask(step, performing);
    case "setParent":
      return await setParent(step, performing);
    case "addProject":
    case "removeProject":
    case "addToSection":
      return await changePlace(step, performing);
    case "deleteTask":
      return await deleteTask(step, performing);
    case "createComment":
      return await createComment(step, performing);
    case "upload":
      return await upload(step, performing, content);
  }
}
