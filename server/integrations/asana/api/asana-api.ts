import type { z } from "zod";
import { HubError } from "@/server/errors";
import type { CallContext, Send, ToolRequest, ToolResponse } from "@/server/transport/send";
import type { UploadContent } from "@/server/vfs/tool-mount";
import { multipartBody } from "../multipart";
import {
  type Attachment,
  type AttachmentRow,
  attachment,
  attachmentRow,
  created,
  type Project,
  type ProjectRow,
  project,
  projectRow,
  type Section,
  type Story,
  section,
  story,
  type Task,
  type TaskRow,
  task,
  taskRow,
  type User,
  user,
  type Workspace,
  workspace,
} from "../schema";
import { fieldsOf } from "./fields";
import { type ApiCall, apiRequest, type Page, type PageRequest, pageQuery, readPage, readRecord } from "./request";

/** Fields of a task as Asana takes them; null clears. */
export interface TaskFields {
  readonly name?: string;
  readonly completed?: boolean;
  readonly assignee?: string | null;
  readonly due_on?: string | null;
  readonly html_notes?: string;
}

export interface NewTask extends TaskFields {
  readonly name: string;
  /** Our own id of the task, app-private: what makes a repeated create find the first. */
  readonly external: string;
  readonly workspace: string;
  readonly parent: string | null;
  readonly projects: readonly string[];
}

/** The call that fetches an attachment's bytes: no call of the API, and without the token. */
export const downloadOperation = "GET download_url";
/** Uploads of 100 MB take their time; milliseconds. */
const transferTimeoutMs = 300_000;

/** Asana's calls over an authorised `Send`. ENOENT where there is no such record, or the token may not see it. */
export interface AsanaApi {
  listWorkspaces(page: PageRequest, context: CallContext): Promise<Page<Workspace>>;
  getWorkspace(id: string, context: CallContext): Promise<Workspace>;
  listUsers(workspaceId: string, page: PageRequest, context: CallContext): Promise<Page<User>>;
  /** By id or e-mail address. */
  getUser(workspaceId: string, idOrEmail: string, context: CallContext): Promise<User>;
  listProjects(workspaceId: string, page: PageRequest, context: CallContext): Promise<Page<ProjectRow>>;
  getProject(id: string, context: CallContext): Promise<Project>;
  listSections(projectId: string, page: PageRequest, context: CallContext): Promise<Page<Section>>;
  getSection(id: string, context: CallContext): Promise<Section>;
  /** Those assigned to whom the token belongs: Asana lists no workspace's tasks as a whole. */
  listOwnTasks(workspaceId: string, page: PageRequest, context: CallContext): Promise<Page<TaskRow>>;
  listProjectTasks(projectId: string, page: PageRequest, context: CallContext): Promise<Page<TaskRow>>;
  listSubtasks(taskId: string, page: PageRequest, context: CallContext): Promise<Page<TaskRow>>;
  getTaskRow(id: string, context: CallContext): Promise<TaskRow>;
  getTask(id: string, context: CallContext): Promise<Task>;
  /** The task that this app created under that id of its own; null where there is none. */
  findTaskByExternal(external: string, context: CallContext): Promise<string | null>;
  listStories(taskId: string, page: PageRequest, context: CallContext): Promise<Page<Story>>;
  listAttachments(taskId: string, page: PageRequest, context: CallContext): Promise<Page<AttachmentRow>>;
  getAttachment(id: string, context: CallContext): Promise<Attachment>;
  /** The bytes behind a `download_url`; no token goes along. */
  download(url: string, range: string | null, context: CallContext): Promise<ToolResponse>;
  /** Answers the new task's id. Not safe to repeat by itself: look for `external` first. */
  createTask(fields: NewTask, context: CallContext): Promise<string>;
  updateTask(id: string, fields: TaskFields, context: CallContext): Promise<void>;
  /** To the trash, for 30 days. */
  deleteTask(id: string, context: CallContext): Promise<void>;
  setParent(id: string, parent: string | null, context: CallContext): Promise<void>;
  addProject(id: string, projectId: string, context: CallContext): Promise<void>;
  removeProject(id: string, projectId: string, context: CallContext): Promise<void>;
  /** Into the section, out of the project's other ones; and into the project, where it was not there. */
  addToSection(id: string, sectionId: string, context: CallContext): Promise<void>;
  /** Answers the story's id. Nothing makes it safe to repeat: look at the stories first. */
  createComment(taskId: string, html: string, context: CallContext): Promise<string>;
  /** Streams the file. Nothing makes it safe to repeat: look at the attachments first. */
  upload(taskId: string, file: UploadFile, context: CallContext): Promise<string>;
}

export interface UploadFile {
  readonly name: string;
  readonly mediaType: string;
  /** Stands for the boundary between the parts of the form. */
  readonly seed: string;
  readonly content: UploadContent;
}

const id = (text: string): string => encodeURIComponent(text);

/** The calls; `base` is the API's base without a slash at its end. */
export function createAsanaApi(options: { readonly send: Send; readonly base: string }): AsanaApi {
  const { send, base } = options;
  const call = (request: ApiCall, context: CallContext): Promise<ToolResponse> => send(apiRequest(base, request), context);

  async function get<T extends z.ZodType>(
    schema: T,
    path: string,
    operation: string,
    fields: string,
    context: CallContext,
  ): Promise<z.output<T>> {
    const response = await call({ method: "GET", path, operation, query: { opt_fields: fields }, repeatability: "safe" }, context);
    return readRecord(schema, operation, response, false);
  }

  async function list<T extends z.ZodType>(
    schema: T,
    path: string,
    operation: string,
    query: Readonly<Record<string, string>>,
    page: PageRequest,
    context: CallContext,
  ): Promise<Page<z.output<T>>> {
    const paged = { ...query, ...pageQuery(page) };
    return readPage(schema, operation, await call({ method: "GET", path, operation, query: paged, repeatability: "safe" }, context));
  }

  /** A write that sets something absolute, so that repeating it changes nothing more. */
  async function set(
    method: "POST" | "PUT",
    path: string,
    operation: string,
    data: Readonly<Record<string, unknown>>,
    context: CallContext,
  ): Promise<void> {
    await call({ method, path, operation, data, repeatability: "idempotent" }, context);
  }

  async function create(path: string, operation: string, data: Readonly<Record<string, unknown>>, context: CallContext): Promise<string> {
    const query = { opt_fields: fieldsOf.created };
    const response = await call({ method: "POST", path, operation, query, data, repeatability: "unsafe" }, context);
    return readRecord(created, operation, response, true).gid;
  }

  return {
    listWorkspaces: (page, context) => list(workspace, "/workspaces", "GET /workspaces", { opt_fields: fieldsOf.workspace }, page, context),
    getWorkspace: (gid, context) =>
      get(workspace, `/workspaces/${id(gid)}`, "GET /workspaces/{workspace_gid}", fieldsOf.workspace, context),
    listUsers: (workspaceId, page, context) =>
      list(user, "/users", "GET /users", { workspace: workspaceId, opt_fields: fieldsOf.user }, page, context),
    getUser: (workspaceId, idOrEmail, context) =>
      get(
        user,
        `/workspaces/${id(workspaceId)}/users/${id(idOrEmail)}`,
        "GET /workspaces/{workspace_gid}/users/{user_gid}",
        fieldsOf.user,
        context,
      ),
    listProjects: (workspaceId, page, context) =>
      list(projectRow, "/projects", "GET /projects", { workspace: workspaceId, opt_fields: fieldsOf.projectRow }, page, context),
    getProject: (gid, context) => get(project, `/projects/${id(gid)}`, "GET /projects/{project_gid}", fieldsOf.project, context),
    listSections: (projectId, page, context) =>
      list(
        section,
        `/projects/${id(projectId)}/sections`,
        "GET /projects/{project_gid}/sections",
        { opt_fields: fieldsOf.section },
        page,
        context,
      ),
    getSection: (gid, context) => get(section, `/sections/${id(gid)}`, "GET /sections/{section_gid}", fieldsOf.section, context),
    listOwnTasks: (workspaceId, page, context) =>
      list(taskRow, "/tasks", "GET /tasks", { assignee: "me", workspace: workspaceId, opt_fields: fieldsOf.taskRow }, page, context),
    listProjectTasks: (projectId, page, context) =>
      list(taskRow, "/tasks", "GET /tasks", { project: projectId, opt_fields: fieldsOf.taskRow }, page, context),
    listSubtasks: (taskId, page, context) =>
      list(taskRow, `/tasks/${id(taskId)}/subtasks`, "GET /tasks/{task_gid}/subtasks", { opt_fields: fieldsOf.taskRow }, page, context),
    getTaskRow: (gid, context) => get(taskRow, `/tasks/${id(gid)}`, "GET /tasks/{task_gid}", fieldsOf.taskRow, context),
    getTask: (gid, context) => get(task, `/tasks/${id(gid)}`, "GET /tasks/{task_gid}", fieldsOf.task, context),
    async findTaskByExternal(external, context) {
      try {
        return (await get(created, `/tasks/external:${id(external)}`, "GET /tasks/{task_gid}", fieldsOf.taskRow, context)).gid;
      } catch (error) {
        if (error instanceof HubError && error.code === "ENOENT") return null;
        throw error;
      }
    },
    listStories: (taskId, page, context) =>
      list(story, `/tasks/${id(taskId)}/stories`, "GET /tasks/{task_gid}/stories", { opt_fields: fieldsOf.story }, page, context),
    listAttachments: (taskId, page, context) =>
      list(attachmentRow, "/attachments", "GET /attachments", { parent: taskId, opt_fields: fieldsOf.attachmentRow }, page, context),
    getAttachment: (gid, context) =>
      get(attachment, `/attachments/${id(gid)}`, "GET /attachments/{attachment_gid}", fieldsOf.attachment, context),
    download(url, range, context) {
      const request: ToolRequest = {
        method: "GET",
        url,
        headers: range === null ? {} : { range },
        repeatability: "safe",
        operation: downloadOperation,
        authorization: "none",
        answer: "stream",
        timeoutMs: transferTimeoutMs,
        pays: [{ group: "reads" }],
      };
      return send(request, context);
    },
    async createTask({ external, workspace: workspaceId, parent, projects, ...fields }, context) {
      const place = {
        ...(parent === null ? { workspace: workspaceId } : { parent }),
        ...(projects.length === 0 ? {} : { projects }),
      };
      return await create("/tasks", "POST /tasks", { ...fields, ...place, external: { gid: external } }, context);
    },
    updateTask: (gid, fields, context) => set("PUT", `/tasks/${id(gid)}`, "PUT /tasks/{task_gid}", { ...fields }, context),
    async deleteTask(gid, context) {
      await call(
        { method: "DELETE", path: `/tasks/${id(gid)}`, operation: "DELETE /tasks/{task_gid}", repeatability: "idempotent" },
        context,
      );
    },
    setParent: (gid, parent, context) =>
      set("POST", `/tasks/${id(gid)}/setParent`, "POST /tasks/{task_gid}/setParent", { parent }, context),
    addProject: (gid, projectId, context) =>
      set("POST", `/tasks/${id(gid)}/addProject`, "POST /tasks/{task_gid}/addProject", { project: projectId }, context),
    removeProject: (gid, projectId, context) =>
      set("POST", `/tasks/${id(gid)}/removeProject`, "POST /tasks/{task_gid}/removeProject", { project: projectId }, context),
    addToSection: (gid, sectionId, context) =>
      set("POST", `/sections/${id(sectionId)}/addTask`, "POST /sections/{section_gid}/addTask", { task: gid }, context),
    createComment: (taskId, html, context) =>
      create(`/tasks/${id(taskId)}/stories`, "POST /tasks/{task_gid}/stories", { html_text: html }, context),
    async upload(taskId, file, context) {
      const operation = "POST /attachments";
      const form = multipartBody({ parent: taskId }, file);
      const request: ToolRequest = {
        ...apiRequest(base, {
          method: "POST",
          path: "/attachments",
          operation,
          query: { opt_fields: fieldsOf.created },
          repeatability: "unsafe",
        }),
        headers: { accept: "application/json", "content-type": form.contentType },
        body: form.body,
        timeoutMs: transferTimeoutMs,
      };
      return readRecord(created, operation, await send(request, context), true).gid;
    },
  };
}
