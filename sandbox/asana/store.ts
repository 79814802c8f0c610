import { idAlphabets, stableId } from "../ids";
import type {
  AttachmentRow,
  EventRow,
  ProjectRow,
  ResourceName,
  SectionRow,
  StoryRow,
  TagRow,
  TaskRow,
  TeamRow,
  UserRow,
  WebhookRow,
  WorkspaceRow,
} from "./rows";

/** Everything that lives on over a restart, but for grants. */
export interface Tables {
  readonly workspaces: Map<string, WorkspaceRow>;
  readonly users: Map<string, UserRow>;
  readonly teams: Map<string, TeamRow>;
  readonly projects: Map<string, ProjectRow>;
  readonly sections: Map<string, SectionRow>;
  readonly tasks: Map<string, TaskRow>;
  readonly tags: Map<string, TagRow>;
  readonly stories: Map<string, StoryRow>;
  readonly attachments: Map<string, AttachmentRow>;
  readonly webhooks: Map<string, WebhookRow>;
  readonly events: EventRow[];
  /** Counts the events ever, and the gids given. */
  readonly counters: { events: number; gids: number };
}

export function emptyTables(): Tables {
  return {
    workspaces: new Map(),
    users: new Map(),
    teams: new Map(),
    projects: new Map(),
    sections: new Map(),
    tasks: new Map(),
    tags: new Map(),
    stories: new Map(),
    attachments: new Map(),
    webhooks: new Map(),
    events: [],
    counters: { events: 0, gids: 0 },
  };
}

/** The gid of a record of the seed: 16 digits, the same for the same words. */
export const seedGid = (...words: readonly string[]): string => `12${stableId(idAlphabets.decimal, 14, "asana", ...words)}`;

/** Streams of events hold a day's worth, and never more than this many. */
const keptEvents = 20_000;

export interface Store {
  readonly tables: Tables;
  nowMs(): number;
  /** The time of a write: later than any before it, so that `modified_at` orders the writes. */
  writeTime(): string;
  /** A gid that no record has. */
  newGid(): string;
  /** Notes something that happened, for `/events` and webhooks. */
  emit(event: Omit<EventRow, "sequence" | "createdAt">): void;
  reset(): void;
  restore(saved: Tables): void;
}

export function createStore(options: { readonly clock: () => number; readonly seed: (nowMs: number) => Tables }): Store {
  let tables = options.seed(options.clock());
  let lastMs = 0;
  const store: Store = {
    get tables() {
      return tables;
    },
    nowMs: options.clock,
    writeTime() {
      lastMs = Math.max(options.clock(), lastMs + 1);
      return new Date(lastMs).toISOString();
    },
    newGid() {
      tables.counters.gids += 1;
      // Longer than the seed's, so that the two never meet.
      return `1300${String(tables.counters.gids).padStart(13, "0")}`;
    },
    emit(event) {
      tables.counters.events += 1;
      tables.events.push({ ...event, sequence: tables.counters.events, createdAt: new Date(options.clock()).toISOString() });
      if (tables.events.length > keptEvents) tables.events.splice(0, tables.events.length - keptEvents);
    },
    reset() {
      tables = options.seed(options.clock());
      lastMs = 0;
    },
    restore(saved) {
      tables = saved;
    },
  };
  return store;
}

/** The row of a gid that a row of ours holds; a seed or a write that breaks it is a fault of the sandbox. */
export function getRow<T>(table: ReadonlyMap<string, T>, gid: string): T {
  const row = table.get(gid);
  if (row === undefined) throw new Error(`The sandbox lost the row ${gid}.`);
  return row;
}

/** A task's projects, in the order in which it was added to them. */
export const projectsOf = (tables: Tables, task: TaskRow): readonly ProjectRow[] =>
  task.sectionGids.map((gid) => getRow(tables.projects, getRow(tables.sections, gid).projectGid));

/** A project's tasks, by section; those in the trash left out. */
export function tasksOfProject(tables: Tables, project: ProjectRow): readonly TaskRow[] {
  return project.sectionGids.flatMap((gid) => tasksOfSection(tables, getRow(tables.sections, gid)));
}

export const tasksOfSection = (tables: Tables, section: SectionRow): readonly TaskRow[] =>
  section.taskGids.map((gid) => getRow(tables.tasks, gid)).filter(({ deletedAt }) => deletedAt === null);

/** Takes a task out of a project. */
export function leaveProject(tables: Tables, task: TaskRow, project: ProjectRow): void {
  for (const gid of project.sectionGids) {
    const section = getRow(tables.sections, gid);
    section.taskGids = section.taskGids.filter((other) => other !== task.gid);
  }
  task.sectionGids = task.sectionGids.filter((gid) => !project.sectionGids.includes(gid));
}

/** Puts a task into a section, out of the project's other ones; before, after, or at the end. */
export function enterSection(
  tables: Tables,
  task: TaskRow,
  section: SectionRow,
  beside: { readonly before?: string | undefined; readonly after?: string | undefined } = {},
): void {
  const project = getRow(tables.projects, section.projectGid);
  const position = task.sectionGids.findIndex((gid) => project.sectionGids.includes(gid));
  const places = [...task.sectionGids];
  leaveProject(tables, task, project);
  task.sectionGids = position < 0 ? [...places, section.gid] : places.with(position, section.gid);
  const at = beside.before === undefined ? section.taskGids.indexOf(beside.after ?? "") + 1 : section.taskGids.indexOf(beside.before);
  if (beside.before === undefined && beside.after === undefined) section.taskGids.push(task.gid);
  else section.taskGids.splice(Math.max(0, at), 0, task.gid);
}

export const nameOfTask = (task: TaskRow): ResourceName => ({
  gid: task.gid,
  resource_type: "task",
  resource_subtype: task.resourceSubtype,
  name: task.name,
});

/** The streams that a task's events are in: its own, its projects', its parents' and their projects'. */
export function streamsOf(tables: Tables, task: TaskRow): readonly string[] {
  const streams = new Set<string>();
  for (let at: TaskRow | undefined = task; at !== undefined && !streams.has(at.gid); at = tables.tasks.get(at.parentGid ?? "")) {
    streams.add(at.gid);
    for (const { gid } of projectsOf(tables, at)) streams.add(gid);
  }
  return [...streams];
}
