import { HubError } from "@/server/errors";
import type { Location, LocationSegment } from "@/server/vfs/tool-mount";

/** A directory of tasks: a workspace's own (canonical), a project's, or the subtasks of a task (both links). */
export type Container =
  | { readonly of: "workspace"; readonly workspace: string }
  | { readonly of: "project"; readonly workspace: string; readonly project: string }
  | { readonly of: "parent"; readonly workspace: string; readonly parent: string };

/** A task where a path names it. */
export interface TaskPlace {
  readonly workspace: string;
  readonly task: string;
  readonly container: Container;
}

/** Where a location of Asana's tree is; ids are Asana's. */
export type Place =
  | { readonly at: "root" }
  | { readonly at: "workspace" | "workspaceFile" | "users" | "projects"; readonly workspace: string }
  | { readonly at: "user"; readonly workspace: string; readonly user: string }
  | { readonly at: "project" | "projectFile"; readonly workspace: string; readonly project: string }
  | { readonly at: "tasks"; readonly container: Container }
  | ({ readonly at: "task" | "companion" | "comments" | "attachments" } & TaskPlace)
  | ({ readonly at: "attachment"; readonly attachment: string } & TaskPlace);

const fixed = (name: string): LocationSegment => ({ type: "fixed", name });
const object = (kind: string, externalId: string): LocationSegment => ({ type: "object", kind, externalId });

const workspaceOf = (workspace: string): Location => [object("workspace", workspace)];
const canonicalTask = (workspace: string, task: string): Location => [...workspaceOf(workspace), fixed("tasks"), object("task", task)];
const companionOf = (workspace: string, task: string): Location => [
  ...workspaceOf(workspace),
  fixed("tasks"),
  { type: "object", kind: "task", externalId: task, companion: true },
];

export const locations = {
  workspace: workspaceOf,
  workspaceFile: (workspace: string): Location => [...workspaceOf(workspace), fixed("workspace.json")],
  users: (workspace: string): Location => [...workspaceOf(workspace), fixed("users")],
  user: (workspace: string, user: string): Location => [...locations.users(workspace), object("user", user)],
  projects: (workspace: string): Location => [...workspaceOf(workspace), fixed("projects")],
  project: (workspace: string, project: string): Location => [...locations.projects(workspace), object("project", project)],
  projectFile: (workspace: string, project: string): Location => [...locations.project(workspace, project), fixed("project.md")],
  projectTasks: (workspace: string, project: string): Location => [...locations.project(workspace, project), fixed("tasks")],
  tasks: (workspace: string): Location => [...workspaceOf(workspace), fixed("tasks")],
  task: canonicalTask,
  comments: (workspace: string, task: string): Location => [...companionOf(workspace, task), fixed("comments.md")],
  attachments: (workspace: string, task: string): Location => [...companionOf(workspace, task), fixed("attachments")],
  attachment: (workspace: string, task: string, attachment: string): Location => [
    ...locations.attachments(workspace, task),
    object("attachment", attachment),
  ],
  subtasks: (workspace: string, task: string): Location => [...companionOf(workspace, task), fixed("subtasks")],
  /** A child of a directory. */
  taskIn: (directory: Location, task: string): Location => [...directory, object("task", task)],
};

const nowhere = (): HubError => new HubError("ENOENT", "There is nothing of Asana's at this path.");

function fixedName(segment: LocationSegment | undefined): string | null {
  if (segment === undefined) return null;
  if (segment.type !== "fixed") throw nowhere();
  return segment.name;
}

/** The id of an object of that kind, its companion left aside. */
function idOf(segment: LocationSegment | undefined, kind: string): string {
  if (segment?.type !== "object" || segment.kind !== kind || (segment.companion === true && kind !== "task")) throw nowhere();
  return segment.externalId;
}

/** Only the last segment, or none, is left. */
function atEnd<T>(rest: Location, place: T): T {
  if (rest.length > 0) throw nowhere();
  return place;
}

function placeBelowTasks(rest: Location, container: Container): Place {
  const [first, ...more] = rest;
  if (first === undefined) return { at: "tasks", container };
  const task = idOf(first, "task");
  const here: TaskPlace = { workspace: container.workspace, task, container };
  if (first.type !== "object" || first.companion !== true) return atEnd(more, { at: "task", ...here });
  const [name, ...below] = [fixedName(more[0]), ...more.slice(1)] as const;
  switch (name) {
    case null:
      return { at: "companion", ...here };
    case "comments.md":
      return atEnd(below, { at: "comments", ...here });
    case "subtasks":
      return placeBelowTasks(below, { of: "parent", workspace: container.workspace, parent: task });
    case "attachments": {
      const [file, ...beyond] = below;
      if (file === undefined) return { at: "attachments", ...here };
      return atEnd(beyond, { at: "attachment", ...here, attachment: idOf(file, "attachment") });
    }
    default:
      throw nowhere();
  }
}

/** Reads a location; ENOENT where the tree has no such place. */
export function placeOf(location: Location): Place {
  const [first, second, third, ...rest] = location;
  if (first === undefined) return { at: "root" };
  const workspace = idOf(first, "workspace");
  const name = fixedName(second);
  const below = third === undefined ? [] : [third, ...rest];
  switch (name) {
    case null:
      return { at: "workspace", workspace };
    case "workspace.json":
      return atEnd(below, { at: "workspaceFile", workspace });
    case "users":
      return third === undefined ? { at: "users", workspace } : atEnd(rest, { at: "user", workspace, user: idOf(third, "user") });
    case "tasks":
      return placeBelowTasks(below, { of: "workspace", workspace });
    case "projects": {
      if (third === undefined) return { at: "projects", workspace };
      const project = idOf(third, "project");
      const inside = fixedName(rest[0]);
      if (inside === null) return { at: "project", workspace, project };
      if (inside === "project.md") return atEnd(rest.slice(1), { at: "projectFile", workspace, project });
      if (inside === "tasks") return placeBelowTasks(rest.slice(1), { of: "project", workspace, project });
      throw nowhere();
    }
    default:
      throw nowhere();
  }
}
