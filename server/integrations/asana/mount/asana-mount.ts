import { HubError } from "@/server/errors";
import type { CallContext } from "@/server/transport/send";
import type { Operation } from "@/server/vfs/node";
import type { Change, DraftPlan, Entry, EntryPage, MountContext, ToolMount } from "@/server/vfs/tool-mount";
import type { AsanaApi } from "../api/asana-api";
import type { Page, PageRequest } from "../api/request";
import type { TaskRow } from "../schema";
import { createCapabilityCheck, type WriteWord } from "./capabilities";
import { asanaDescription } from "./description";
import {
  attachmentEntry,
  attachmentsEntry,
  commentsEntry,
  companionEntry,
  directoryEntry,
  projectEntry,
  projectFileEntry,
  taskEntry,
  tasksEntry,
  userEntry,
  workspaceEntry,
  workspaceFileEntry,
} from "./entries";
import { openPlace } from "./open";
import { performStep, readStep } from "./perform";
import { type Container, type Place, placeOf } from "./place";
import { planComment, planMove, planRemove, planUpload } from "./plan-place";
import { planCreate, planUpdate } from "./plan-task";
import { readPlace } from "./read";
import { getAttachmentAt, getProjectAt, getTaskRowAt, requireContainer } from "./records";
import type { StepArguments } from "./steps";

const wholePage = (entries: readonly Entry[]): EntryPage => ({ entries, nextCursor: null });

const toEntries = <T>(page: Page<T>, entryOf: (record: T) => Entry): EntryPage => ({
  entries: page.records.map(entryOf),
  nextCursor: page.nextCursor,
});

function unsupported(operation: Operation, what: string): HubError {
  return new HubError("ENOTSUP", `${what} cannot be changed here that way.`, { details: { operation } });
}

const wordOf = (call: StepArguments["call"]): WriteWord =>
  call === "createComment" ? "write:comments" : call === "upload" ? "write:attachments" : "write:tasks";

function listTasks(api: AsanaApi, container: Container, page: PageRequest, call: CallContext): Promise<Page<TaskRow>> {
  switch (container.of) {
    case "workspace":
      return api.listOwnTasks(container.workspace, page, call);
    case "project":
      return api.listProjectTasks(container.project, page, call);
    case "parent":
      return api.listSubtasks(container.parent, page, call);
  }
}

/** The directory, asked for once: of a list of several pages the first is enough to know that it is there. */
async function requireAtFirst(api: AsanaApi, container: Container, page: PageRequest, call: CallContext): Promise<void> {
  if (page.cursor === null) await requireContainer(api, container, call);
}

async function statPlace(place: Place, api: AsanaApi, call: CallContext): Promise<Entry> {
  switch (place.at) {
    case "root":
      return directoryEntry("");
    case "workspace":
      return workspaceEntry(await api.getWorkspace(place.workspace, call));
    case "workspaceFile":
      await api.getWorkspace(place.workspace, call);
      return workspaceFileEntry();
    case "users":
    case "projects":
      await api.getWorkspace(place.workspace, call);
      return directoryEntry(place.at);
    case "user":
      return userEntry(await api.getUser(place.workspace, place.user, call));
    case "project":
      return projectEntry(await getProjectAt(api, place, call));
    case "projectFile":
      return projectFileEntry(await getProjectAt(api, place, call));
    case "tasks":
      await requireContainer(api, place.container, call);
      return tasksEntry(place.container.of === "parent" ? "subtasks" : "tasks");
    case "task":
      return taskEntry(await getTaskRowAt(api, place, call), place.container);
    case "companion":
      return companionEntry(await getTaskRowAt(api, place, call));
    case "comments":
      return commentsEntry(await getTaskRowAt(api, place, call), place);
    case "attachments":
      await getTaskRowAt(api, place, call);
      return attachmentsEntry();
    case "attachment":
      await getTaskRowAt(api, place, call);
      return attachmentEntry(await getAttachmentAt(api, place, call), place);
  }
}

async function listPlace(place: Place, page: PageRequest, api: AsanaApi, call: CallContext): Promise<EntryPage> {
  switch (place.at) {
    case "root":
      return toEntries(await api.listWorkspaces(page, call), workspaceEntry);
    case "workspace":
      await api.getWorkspace(place.workspace, call);
      return wholePage([workspaceFileEntry(), tasksEntry("tasks"), directoryEntry("projects"), directoryEntry("users")]);
    case "users":
      return toEntries(await api.listUsers(place.workspace, page, call), userEntry);
    case "projects":
      return toEntries(await api.listProjects(place.workspace, page, call), projectEntry);
    case "project":
      return wholePage([projectFileEntry(await getProjectAt(api, place, call)), tasksEntry("tasks")]);
    case "tasks": {
      const { container } = place;
      await requireAtFirst(api, container, page, call);
      return toEntries(await listTasks(api, container, page, call), (task) => taskEntry(task, container));
    }
    case "companion":
      return wholePage([commentsEntry(await getTaskRowAt(api, place, call), place), attachmentsEntry(), tasksEntry("subtasks")]);
    case "attachments": {
      if (page.cursor === null) await getTaskRowAt(api, place, call);
      return toEntries(await api.listAttachments(place.task, page, call), (attachment) => attachmentEntry(attachment, place));
    }
    default:
      throw new HubError("ENOTDIR", "This is a file, not a directory.");
  }
}

/** Asana as a tree: workspaces with their tasks, projects and people; a project's tasks and subtasks are links. */
export function createAsanaMount(options: {
  readonly api: AsanaApi;
  readonly capabilities: readonly string[];
  /** Asana's id of the person who connected. */
  readonly account: string;
}): ToolMount {
  const { api, account } = options;
  const check = createCapabilityCheck(options.capabilities);

  function open(location: Parameters<ToolMount["stat"]>[0]): Place {
    const place = placeOf(location);
    check.requireRead(place);
    return place;
  }

  async function plan(change: Change, context: MountContext): Promise<DraftPlan> {
    const place = open(change.type === "create" || change.type === "upload" ? change.parent : change.location);
    switch (change.type) {
      case "create":
        if (place.at === "attachments")
          throw unsupported("write", "Files are attached by uploading them by the streaming door (/api/files/…); this");
        if (place.at !== "tasks") throw unsupported("write", "Only tasks can be created, in a directory of tasks; this");
        check.requireWrite("write:tasks");
        return await planCreate(change, place.container, api, context);
      case "update":
        if (place.at !== "task")
          throw unsupported("write", place.at === "comments" ? "Comments are appended, never rewritten; this file" : "This");
        check.requireWrite("write:tasks");
        return await planUpdate(change, place, api, context);
      case "append":
        if (place.at !== "comments") throw unsupported("append", "Only a task's comments.md is appended to; this");
        check.requireWrite("write:comments");
        return await planComment(change, place, account, api, context);
      case "remove":
        if (place.at !== "task") throw unsupported("remove", "This");
        check.requireWrite("write:tasks");
        return await planRemove(change, place, api, context);
      case "move":
        if (place.at !== "task") throw unsupported("move", "Only tasks can be moved; this");
        check.requireWrite("write:tasks");
        return await planMove(change, place, api, context);
      case "upload":
        if (place.at !== "attachments") throw unsupported("write", "Files are attached to a task, in its attachments directory; this");
        check.requireWrite("write:attachments");
        return await planUpload(change, place, api, context);
    }
  }

  return {
    description: asanaDescription,
    list: async (directory, page, context) => await listPlace(open(directory), page, api, context.call),
    stat: async (location, context) => await statPlace(open(location), api, context.call),
    read: async (location, as, context) => await readPlace(open(location), as, api, context),
    open: async (location, { range }, context) => await openPlace(open(location), range, api, context),
    plan,
    async perform(draft, context, content) {
      const step = readStep(draft);
      check.requireWrite(wordOf(step.call));
      return await performStep(step, { api, account, context }, content);
    },
  };
}
