import { AsanaRefusal, badRequest } from "../failures";
import { toPlain } from "../rich-text";
import { type Answer, type Call, many, parameter, type Route, requireWorkspace } from "../router";
import type { TaskRow } from "../rows";
import { projectsOf } from "../store";
import { requireUser } from "./places";

/** Searching tasks: a feature of paid plans, without pages, and a little behind. */

type Filter = (task: TaskRow, value: string, call: Call) => boolean;

const filters: Readonly<Record<string, Filter>> = {
  text: (task, value) => `${task.name}\n${toPlain(task.htmlNotes)}`.toLowerCase().includes(value.toLowerCase()),
  completed: (task, value) => String(task.completedAt !== null) === value,
  "assignee.any": (task, value, call) => value.split(",").some((one) => requireUser(call, one).gid === task.assigneeGid),
  "projects.any": (task, value, call) => projectsOf(call.store.tables, task).some(({ gid }) => value.split(",").includes(gid)),
  "modified_at.after": (task, value) => Date.parse(task.modifiedAt) > Date.parse(value),
  "modified_at.before": (task, value) => Date.parse(task.modifiedAt) < Date.parse(value),
  "created_at.after": (task, value) => Date.parse(task.createdAt) > Date.parse(value),
  "created_at.before": (task, value) => Date.parse(task.createdAt) < Date.parse(value),
  "due_on.before": (task, value) => task.dueOn !== null && task.dueOn < value,
  "due_on.after": (task, value) => task.dueOn !== null && task.dueOn > value,
};

const orders: Readonly<Record<string, (task: TaskRow) => string>> = {
  modified_at: (task) => task.modifiedAt,
  created_at: (task) => task.createdAt,
  due_date: (task) => task.dueOn ?? "",
  completed_at: (task) => task.completedAt ?? "",
};

const others = new Set(["limit", "opt_fields", "opt_pretty", "sort_by", "sort_ascending"]);

function search(call: Call): Answer {
  const { query, settings, store } = call;
  const workspace = requireWorkspace(call, parameter(call, "workspace_gid"));
  if (settings.plan === "free") {
    throw new AsanaRefusal(402, "Search is only available to premium users.");
  }
  const asked = [...query].filter(([name]) => !others.has(name));
  for (const [name] of asked) if (!Object.hasOwn(filters, name)) throw badRequest(`${name}: The sandbox has no such filter.`);
  const limit = Number(query.get("limit") ?? 20);
  if (!Number.isInteger(limit) || limit < 1 || limit > 100) throw badRequest("limit: Must be between 1 and 100");
  const order = orders[query.get("sort_by") ?? "modified_at"];
  if (order === undefined) throw badRequest("sort_by: Unknown value");
  const knownBefore = store.nowMs() - settings.searchLagSeconds * 1000;
  const rows = [...store.tables.tasks.values()]
    .filter(
      (task) =>
        task.workspaceGid === workspace.gid &&
        task.deletedAt === null &&
        Date.parse(task.createdAt) <= knownBefore &&
        asked.every(([name, value]) => filters[name]?.(task, value, call) === true),
    )
    .toSorted((a, b) => order(b).localeCompare(order(a)));
  if (query.get("sort_ascending") === "true") rows.reverse();
  return { data: many({ ...call, query: new URLSearchParams() }, "task", rows.slice(0, limit)).data };
}

export const searchRoutes: readonly Route[] = [
  { method: "GET", path: "/workspaces/{workspace_gid}/tasks/search", scope: "tasks:read", handle: search },
];
