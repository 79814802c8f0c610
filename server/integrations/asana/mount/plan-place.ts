import { HubError } from "@/server/errors";
import type { Change, DraftPlan, DraftStep, Location, MountContext } from "@/server/vfs/tool-mount";
import type { AsanaApi } from "../api/asana-api";
import { listAll } from "../api/request";
import { toAsana } from "../rich-text/to-asana";
import { toMarkdown } from "../rich-text/to-markdown";
import type { AttachmentRow, Story, TaskRow } from "../schema";
import { revisionOf } from "./entries";
import { type Container, placeOf, type TaskPlace } from "./place";
import { toStep } from "./plan-task";
import { getComments, getTaskRowAt, requireContainer } from "./records";

/** Moving, removing, commenting and attaching as calls. Nothing here changes anything. */

/** The largest file that Asana takes (OpenAPI: createAttachmentForObject); bytes. */
export const maxAttachmentBytes = 100_000_000;
const maxAttachments = 10_000;

const stale = (): HubError => new HubError("ESTALE", "The task was changed in Asana since it was read. Read it again.");

async function taskAsRead(api: AsanaApi, place: TaskPlace, revision: string | null, context: MountContext): Promise<TaskRow> {
  const task = await getTaskRowAt(api, place, context.call);
  if (revision !== null && revision !== revisionOf(task)) throw stale();
  return task;
}

/**
 * Removing what a path names and nothing more: below `tasks/` the task itself, which goes to the trash; elsewhere only its place in that
 * project or under that parent.
 */
export async function planRemove(
  change: Extract<Change, { type: "remove" }>,
  place: TaskPlace,
  api: AsanaApi,
  context: MountContext,
): Promise<DraftPlan> {
  const task = await taskAsRead(api, place, change.revision, context);
  const { container } = place;
  const directory = [...change.location.slice(0, -1)];
  if (container.of === "project") {
    const changes = [{ field: "project", from: container.project, to: null }];
    const step = { call: "removeProject" as const, directory, task: task.gid, project: container.project, gone: true };
    return {
      steps: [toStep("POST /tasks/{task_gid}/removeProject", changes, step)],
      effects: [],
      undo: "Add the task to the project again in Asana.",
    };
  }
  if (container.of === "parent") {
    const changes = [{ field: "parent", from: container.parent, to: null }];
    const step = { call: "setParent" as const, directory, task: task.gid, before: container.parent, parent: null, gone: true };
    return {
      steps: [toStep("POST /tasks/{task_gid}/setParent", changes, step)],
      effects: [],
      undo: "Make the task a subtask again: set its parent.",
    };
  }
  return {
    steps: [
      toStep("DELETE /tasks/{task_gid}", [{ field: "deleted", from: "no", to: "yes" }], {
        call: "deleteTask",
        task: task.gid,
        revision: revisionOf(task),
      }),
    ],
    effects: ["Its subtasks that are in no project go with it."],
    undo: "Restore the task from Asana's trash within 30 days.",
  };
}

const sameContainer = (one: Container, other: Container): boolean => JSON.stringify(one) === JSON.stringify(other);

function unmovable(message: string): HubError {
  return new HubError("ENOTSUP", message, { details: { operation: "move" } });
}

function placingSteps(from: Container, to: Container, target: Location, task: TaskRow): readonly DraftStep[] {
  const at = { directory: [...target], task: task.gid };
  if (sameContainer(from, to)) return [];
  if (from.of === "project" && to.of === "project") {
    const changes = [{ field: "project", from: from.project, to: to.project }];
    return [
      toStep("POST /tasks/{task_gid}/addProject", changes, { call: "addProject", ...at, project: to.project }),
      toStep("POST /tasks/{task_gid}/removeProject", changes, { call: "removeProject", ...at, project: from.project }),
    ];
  }
  if (from.of === "parent" && to.of === "parent") {
    const changes = [{ field: "parent", from: from.parent, to: to.parent }];
    return [toStep("POST /tasks/{task_gid}/setParent", changes, { call: "setParent", ...at, before: from.parent, parent: to.parent })];
  }
  throw unmovable(
    "A task moves from one project's tasks to another's, or from one parent's subtasks to another's. For anything else set `projects` and `parent` in its file.",
  );
}

/** Another project, another parent, another name. */
export async function planMove(
  change: Extract<Change, { type: "move" }>,
  place: TaskPlace,
  api: AsanaApi,
  context: MountContext,
): Promise<DraftPlan> {
  const target = placeOf(change.to);
  if (target.at !== "tasks") throw unmovable("A task can only stand in a directory of tasks.");
  const { container } = target;
  if (container.workspace !== place.workspace) throw unmovable("Asana moves no task from one workspace to another.");
  const task = await taskAsRead(api, place, change.revision, context);
  if (!sameContainer(place.container, container)) await requireContainer(api, container, context.call);
  const steps = [...placingSteps(place.container, container, change.to, task)];
  const name = change.name === null ? null : change.name.replace(/\.md$/, "");
  if (name !== null && name !== task.name) {
    steps.push(
      toStep("PUT /tasks/{task_gid}", [{ field: "name", from: task.name, to: name }], {
        call: "updateTask",
        directory: [...change.to],
        task: task.gid,
        before: { name: task.name },
        after: { name },
      }),
    );
  }
  return { steps, effects: [], undo: steps.length === 0 ? null : "Move it back." };
}

/** Comments of that person's with the very same text. */
export const sameComments = (comments: readonly Story[], author: string, html: string): readonly Story[] => {
  const text = toMarkdown(html);
  return comments.filter((story) => story.created_by?.gid === author && toMarkdown(story.html_text) === text);
};

/** A comment out of appended text. EINVAL for text without a word. */
export async function planComment(
  change: Extract<Change, { type: "append" }>,
  place: TaskPlace,
  author: string,
  api: AsanaApi,
  context: MountContext,
): Promise<DraftPlan> {
  const lines = change.text.trimEnd().split("\n");
  // Blank lines before the text are the file's, not the comment's; blanks before its first word may be Markdown.
  const body = lines.slice(lines.findIndex((line) => line.trim() !== "")).join("\n");
  if (body.trim() === "") throw new HubError("EINVAL", "A comment needs some text.");
  const html = toAsana(body, "comment");
  const task = await getTaskRowAt(api, place, context.call);
  const known = sameComments(await getComments(api, task.gid, context.call), author, html).length;
  return {
    steps: [
      toStep("POST /tasks/{task_gid}/stories", [{ field: "comment", from: null, to: body }], {
        call: "createComment",
        location: [...change.location],
        task: task.gid,
        html,
        known,
      }),
    ],
    effects: ["Asana may notify the people who follow the task."],
    undo: "Delete the comment in Asana.",
  };
}

/** Attachments of that name and size. */
export async function sameAttachments(
  api: AsanaApi,
  file: { readonly task: string; readonly name: string; readonly sizeBytes: number },
  context: MountContext,
): Promise<readonly AttachmentRow[]> {
  const all = await listAll((page) => api.listAttachments(file.task, page, context.call), maxAttachments);
  return all.filter(({ name, size }) => name === file.name && size === file.sizeBytes);
}

/** A file to attach. EFBIG past Asana's limit. */
export async function planUpload(
  change: Extract<Change, { type: "upload" }>,
  place: TaskPlace,
  api: AsanaApi,
  context: MountContext,
): Promise<DraftPlan> {
  const { name, mediaType, sizeBytes, seed } = change;
  if (sizeBytes > maxAttachmentBytes) {
    throw new HubError("EFBIG", "Asana takes attachments of at most 100 MB.", { details: { limit: maxAttachmentBytes } });
  }
  const task = await getTaskRowAt(api, place, context.call);
  const known = (await sameAttachments(api, { task: task.gid, name, sizeBytes }, context)).length;
  return {
    steps: [
      toStep("POST /attachments", [{ field: "attachment", from: null, to: name }], {
        call: "upload",
        directory: [...change.parent],
        task: task.gid,
        name,
        mediaType,
        sizeBytes,
        seed,
        known,
      }),
    ],
    effects: ["Asana may notify the people who follow the task."],
    undo: "Delete the attachment in Asana.",
  };
}
