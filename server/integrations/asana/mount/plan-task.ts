import { HubError } from "@/server/errors";
import type { FieldChange } from "@/server/vfs/node";
import type { Change, DraftPlan, DraftStep, JsonObject, Location, MountContext } from "@/server/vfs/tool-mount";
import { isNamedAfter } from "../../file-names";
import { invalidField, type ParsedField } from "../../front-matter";
import type { AsanaApi } from "../api/asana-api";
import { type ParsedTask, parseTaskFile, placesOf, printTask, readOnlyKeys, type WritableKey, writableKeys } from "../format/task";
import { toAsana } from "../rich-text/to-asana";
import { uncarriedTags } from "../rich-text/to-markdown";
import type { Task } from "../schema";
import { revisionOf } from "./entries";
import type { Container, TaskPlace } from "./place";
import { getTaskAt, requireContainer } from "./records";
import { createResolver, type PlacedSection, type Resolver } from "./references";
import { externalIdOf, type FieldValues, type StepArguments } from "./steps";

/** Making and editing a task as calls: what would be sent, field by field and in words. Nothing here changes anything. */

export const toStep = (call: string, changes: readonly FieldChange[], step: StepArguments): DraftStep => ({
  call,
  changes,
  args: step as unknown as JsonObject,
});

const emptyPlan: DraftPlan = { steps: [], effects: [], undo: null };

const noField: ParsedField = { value: null, source: null, line: 1 };
const fieldOf = (parsed: ParsedTask, key: string): ParsedField => parsed.fields.get(key) ?? noField;

const inWords = (value: string | boolean | readonly string[] | null | undefined): string | null => {
  if (value === null || value === undefined) return null;
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "string") return value;
  return value.length === 0 ? null : value.join(", ");
};

/** The values that the task has now of the fields that a plan sets. */
export function currentValues(task: Task, fields: FieldValues): FieldValues {
  const all: Required<FieldValues> = {
    name: task.name,
    completed: task.completed,
    assignee: task.assignee?.gid ?? null,
    due_on: task.due_on ?? null,
    html_notes: task.html_notes,
  };
  return Object.fromEntries(Object.keys(fields).map((key) => [key, all[key as keyof FieldValues]]));
}

/** The fields among the named keys, as Asana takes them. */
async function fieldsFor(parsed: ParsedTask, keys: readonly WritableKey[], resolver: Resolver): Promise<FieldValues> {
  const { values } = parsed;
  const has = (key: WritableKey) => keys.includes(key);
  const { assignee } = values;
  return {
    ...(has("name") && values.name !== undefined ? { name: values.name } : {}),
    ...(has("completed") && values.completed !== undefined ? { completed: values.completed } : {}),
    ...(has("assignee")
      ? { assignee: assignee === null || assignee === undefined ? null : await resolver.user(fieldOf(parsed, "assignee"), assignee) }
      : {}),
    ...(has("due_on") ? { due_on: values.due_on ?? null } : {}),
  };
}

async function projectsOf(parsed: ParsedTask, resolver: Resolver): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const text of parsed.values.projects ?? []) ids.push(await resolver.project(fieldOf(parsed, "projects"), text));
  return [...new Set(ids)];
}

/** Who notices: https://help.asana.com/s/article/inbox lists what lands in whose inbox. */
function noticesOf(after: FieldValues): readonly string[] {
  return [
    ...(after.assignee ? ["Asana may notify the new assignee."] : []),
    ...(after.completed === undefined && after.due_on === undefined ? [] : ["Asana may notify the people who follow the task."]),
  ];
}

interface Places {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly sections: readonly PlacedSection[];
}

/** What an edit changes of the task's projects and sections. */
async function placesFor(parsed: ParsedTask, changed: readonly WritableKey[], task: Task, resolver: Resolver): Promise<Places> {
  const current = placesOf(task).projects.map(({ gid }) => gid);
  const wanted = changed.includes("projects") ? await projectsOf(parsed, resolver) : current;
  const added = wanted.filter((project) => !current.includes(project));
  const removed = current.filter((project) => !wanted.includes(project));
  if (!changed.includes("section")) return { added, removed, sections: [] };
  const field = fieldOf(parsed, "section");
  const sections = await resolver.sections(field, parsed.values.section ?? [], wanted);
  const lost = (task.memberships ?? []).find(
    ({ project, section }) => project && section && wanted.includes(project.gid) && !sections.some((one) => one.project === project.gid),
  );
  if (lost?.project) {
    throw invalidField(
      "section",
      field,
      `a task in "${lost.project.name}" always stands in one of its sections; name one, or take the project out.`,
    );
  }
  const now = new Set((task.memberships ?? []).map(({ section }) => section?.gid));
  return { added, removed, sections: sections.filter(({ section }) => !now.has(section)) };
}

function refuseReadOnly(wanted: ParsedTask, base: ParsedTask): void {
  for (const key of readOnlyKeys) {
    const value = wanted.readOnly[key];
    if (value !== undefined && JSON.stringify(value) !== JSON.stringify(base.readOnly[key] ?? [])) {
      throw invalidField(key, fieldOf(wanted, key), "this is Asana's own and cannot be changed here; leave it as it was or out.");
    }
  }
}

/** A description that Markdown cannot carry back is not rewritten: ENOTSUP names what would be lost. */
function requireCarried(task: Task): void {
  const lost = uncarriedTags(task.html_notes);
  if (lost.length === 0) return;
  throw new HubError(
    "ENOTSUP",
    `The description holds what Markdown cannot carry back (${lost.map((tag) => `<${tag}>`).join(", ")}); edit it in Asana. The fields above it can be changed here.`,
    { details: { operation: "write" } },
  );
}

/** What the caller's file changes of what was printed. EINVAL names key and line; ESTALE when it reads otherwise now. */
export async function planUpdate(
  change: Extract<Change, { type: "update" }>,
  place: TaskPlace,
  api: AsanaApi,
  context: MountContext,
): Promise<DraftPlan> {
  const base = parseTaskFile(change.base);
  const wanted = parseTaskFile(change.text);
  refuseReadOnly(wanted, base);
  const changed = writableKeys.filter((key) => {
    const value = wanted.values[key];
    return value !== undefined && JSON.stringify(value) !== JSON.stringify(base.values[key]);
  });
  const writesBody = wanted.body !== null && wanted.body !== (base.body ?? "");
  if (changed.length === 0 && !writesBody) return emptyPlan;

  const task = await getTaskAt(api, place, context.call);
  // `modified_at` also moves with comments, so what counts is whether the file itself would read differently now.
  if (change.revision !== revisionOf(task) && (await printTask(task, context)) !== change.base) {
    throw new HubError("ESTALE", "The task was changed in Asana since it was read. Read it again.");
  }
  const resolver = createResolver(api, place.workspace, context);
  if (writesBody) requireCarried(task);
  const after: FieldValues = {
    ...(await fieldsFor(wanted, changed, resolver)),
    ...(writesBody ? { html_notes: toAsana(wanted.body ?? "", "notes") } : {}),
  };
  const { added, removed, sections } = await placesFor(wanted, changed, task, resolver);
  const shown = (key: WritableKey): FieldChange => ({ field: key, from: inWords(base.values[key]), to: inWords(wanted.values[key]) });
  const notes: FieldChange = { field: "notes", from: inWords(base.body || null), to: inWords(wanted.body || null) };
  const fieldChanges = [...changed.filter((key) => key in after).map(shown), ...(writesBody ? [notes] : [])];
  const at = { directory: [...change.location.slice(0, -1)], task: task.gid };
  const steps: DraftStep[] = [];
  if (fieldChanges.length > 0) {
    steps.push(toStep("PUT /tasks/{task_gid}", fieldChanges, { call: "updateTask", ...at, before: currentValues(task, after), after }));
  }
  if (changed.includes("parent")) {
    const text = wanted.values.parent ?? null;
    const known = placesOf(task).projects.map(({ gid }) => gid);
    const parent = text === null ? null : await resolver.parent(fieldOf(wanted, "parent"), text, known);
    const before = task.parent?.gid ?? null;
    steps.push(toStep("POST /tasks/{task_gid}/setParent", [shown("parent")], { call: "setParent", ...at, before, parent }));
  }
  const inProjects = [shown("projects")];
  for (const project of added) steps.push(toStep("POST /tasks/{task_gid}/addProject", inProjects, { call: "addProject", ...at, project }));
  for (const { section } of sections) {
    steps.push(toStep("POST /sections/{section_gid}/addTask", [shown("section")], { call: "addToSection", ...at, section }));
  }
  for (const project of removed) {
    steps.push(toStep("POST /tasks/{task_gid}/removeProject", inProjects, { call: "removeProject", ...at, project }));
  }
  const timeLost = after.due_on !== undefined && task.due_at ? ["The due date loses its time of day."] : [];
  const all = [...changed.map(shown), ...(writesBody ? [notes] : [])];
  return {
    steps,
    effects: [...noticesOf(after), ...timeLost],
    undo: `Write the old values back: ${all.map(({ field, from }) => (field === "notes" ? field : `${field}: ${from ?? "none"}`)).join(", ")}.`,
  };
}

/** What a new task's file may say of what Asana sets itself: nothing, or what it says of every new task. */
const givenAtFirst: Readonly<Record<string, string>> = { type: "default_task" };

function refuseGiven(parsed: ParsedTask): void {
  for (const key of readOnlyKeys) {
    const value = parsed.readOnly[key] ?? [];
    if (value.length === 0 || (value.length === 1 && value[0] === givenAtFirst[key])) continue;
    throw invalidField(key, fieldOf(parsed, key), "Asana sets this itself; leave it out of a new task.");
  }
}

async function parentFor(
  parsed: ParsedTask,
  container: Container,
  projects: readonly string[],
  resolver: Resolver,
): Promise<string | null> {
  const text = parsed.values.parent ?? null;
  const named = text === null ? null : await resolver.parent(fieldOf(parsed, "parent"), text, projects);
  if (container.of !== "parent") return named;
  if (named !== null && named !== container.parent) {
    throw invalidField("parent", fieldOf(parsed, "parent"), "the file stands among the subtasks of another task.");
  }
  return container.parent;
}

/** A new task out of a file; its own id is made from the seed. EINVAL where the file's name says another name. */
export async function planCreate(
  change: Extract<Change, { type: "create" }>,
  container: Container,
  api: AsanaApi,
  context: MountContext,
): Promise<DraftPlan> {
  if (change.extension !== ".md") throw new HubError("EINVAL", `A task's file ends in .md, not "${change.extension}".`);
  const parsed = parseTaskFile(change.text);
  refuseGiven(parsed);
  await requireContainer(api, container, context.call);
  const name = parsed.values.name ?? change.name;
  if (parsed.values.name !== undefined && name !== "" && !isNamedAfter(change.name, name)) {
    throw invalidField(
      "name",
      fieldOf(parsed, "name"),
      `the file is named "${change.name}"; name it after the task, or leave the name out.`,
    );
  }
  const resolver = createResolver(api, container.workspace, context);
  const projects = [...new Set([...(container.of === "project" ? [container.project] : []), ...(await projectsOf(parsed, resolver))])];
  const keys = writableKeys.filter((key) => parsed.values[key] !== undefined && key !== "name");
  const parent = await parentFor(parsed, container, projects, resolver);
  const sections = await resolver.sections(fieldOf(parsed, "section"), parsed.values.section ?? [], projects);
  const after = await fieldsFor(parsed, keys, resolver);
  const body = parsed.body ?? "";
  const fields = { ...after, name, ...(body === "" ? {} : { html_notes: toAsana(body, "notes") }) };
  const changes: FieldChange[] = [
    { field: "name", from: null, to: name },
    ...keys
      .filter((key) => key !== "section")
      .map((key) => ({ field: key, from: null, to: inWords(parsed.values[key]) }))
      .filter(({ to }) => to !== null),
    ...(body === "" ? [] : [{ field: "notes", from: null, to: body }]),
  ];
  const directory: Location[number][] = [...change.parent];
  const { workspace } = container;
  const steps = [
    toStep("POST /tasks", changes, {
      call: "createTask",
      directory,
      workspace,
      parent,
      projects,
      external: externalIdOf(change.seed),
      fields,
    }),
    ...sections.map(({ section }) =>
      // The task's id comes out of the first step.
      toStep("POST /sections/{section_gid}/addTask", [{ field: "section", from: null, to: inWords(parsed.values.section) }], {
        call: "addToSection",
        directory,
        task: "",
        section,
      }),
    ),
  ];
  return {
    steps,
    effects: noticesOf(after.assignee ? { assignee: after.assignee } : {}),
    undo: "Delete the task in Asana, or remove its file below tasks/.",
  };
}
