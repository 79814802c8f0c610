import { HubError } from "@/server/errors";
import type { CallContext } from "@/server/transport/send";
import type { AsanaApi } from "../api/asana-api";
import { listAll } from "../api/request";
import type { Attachment, Project, Section, Story, Task, TaskRow } from "../schema";
import type { Container, TaskPlace } from "./place";

/** Records of Asana's, if they are still where a path says; ENOENT otherwise. */

const maxStories = 20_000;
const maxSubtasks = 5_000;
const maxSections = 5_000;

const elsewhere = (what: string): HubError => new HubError("ENOENT", `${what} in Asana now.`);

function requireThere(task: TaskRow, { workspace, container }: Omit<TaskPlace, "task">): void {
  if (task.workspace.gid !== workspace) throw elsewhere("This task is in another workspace");
  if (container.of === "project" && !(task.memberships ?? []).some(({ project }) => project?.gid === container.project)) {
    throw elsewhere("This task is not in this project");
  }
  if (container.of === "parent" && task.parent?.gid !== container.parent) throw elsewhere("This task is not under this parent");
}

/** The task as lists have it. */
export async function getTaskRowAt(api: AsanaApi, place: TaskPlace, context: CallContext): Promise<TaskRow> {
  const task = await api.getTaskRow(place.task, context);
  requireThere(task, place);
  return task;
}

/** The whole task. */
export async function getTaskAt(api: AsanaApi, place: TaskPlace, context: CallContext): Promise<Task> {
  const task = await api.getTask(place.task, context);
  requireThere(task, place);
  return task;
}

export async function getProjectAt(
  api: AsanaApi,
  place: { readonly workspace: string; readonly project: string },
  context: CallContext,
): Promise<Project> {
  const project = await api.getProject(place.project, context);
  if (project.workspace.gid !== place.workspace) throw elsewhere("This project is in another workspace");
  return project;
}

/** The project with its owner's name, which Asana need not give with it. */
export async function getWholeProjectAt(
  api: AsanaApi,
  place: { readonly workspace: string; readonly project: string },
  context: CallContext,
): Promise<Project> {
  const project = await getProjectAt(api, place, context);
  const { owner } = project;
  if (owner === null || owner === undefined || owner.name !== "") return project;
  return { ...project, owner: await api.getUser(place.workspace, owner.gid, context) };
}

export async function getAttachmentAt(
  api: AsanaApi,
  place: TaskPlace & { readonly attachment: string },
  context: CallContext,
): Promise<Attachment> {
  const attachment = await api.getAttachment(place.attachment, context);
  if (attachment.parent?.gid !== place.task) throw elsewhere("This file is not attached to this task");
  return attachment;
}

/** Whether what holds the tasks is there at all; a project's and a task's workspace are checked. */
export async function requireContainer(api: AsanaApi, container: Container, context: CallContext): Promise<void> {
  if (container.of === "workspace") await api.getWorkspace(container.workspace, context);
  else if (container.of === "project") await getProjectAt(api, container, context);
  else {
    const { workspace, parent } = container;
    await getTaskRowAt(api, { workspace, task: parent, container: { of: "workspace", workspace } }, context);
  }
}

/** The comments among a task's stories, oldest first. */
export async function getComments(api: AsanaApi, task: string, context: CallContext): Promise<readonly Story[]> {
  const stories = await listAll((page) => api.listStories(task, page, context), maxStories);
  return stories.filter((story) => story.type === "comment");
}

export const getSubtasks = (api: AsanaApi, task: string, context: CallContext): Promise<readonly TaskRow[]> =>
  listAll((page) => api.listSubtasks(task, page, context), maxSubtasks);

/** A project's sections, in their order. */
export const getSections = (api: AsanaApi, project: string, context: CallContext): Promise<readonly Section[]> =>
  listAll((page) => api.listSections(project, page, context), maxSections);
