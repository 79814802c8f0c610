import { HubError } from "@/server/errors";
import type { MountContext } from "@/server/vfs/tool-mount";
import { invalidField, type ParsedField } from "../../front-matter";
import { findReferenced, matchNames, printReference } from "../../references";
import type { AsanaApi } from "../api/asana-api";
import { listAll, type Page, type PageRequest } from "../api/request";
import type { Named } from "../schema";

/** Turns the words of a file into Asana's ids: names, e-mail addresses or `name~handle`. EINVAL names the key, the line and what would do. */

const maxCandidates = 10_000;

export interface PlacedSection {
  readonly section: string;
  readonly project: string;
}

export interface Resolver {
  user(field: ParsedField, text: string): Promise<string>;
  project(field: ParsedField, text: string): Promise<string>;
  /** Each a section of one of these projects, and no two of the same one. */
  sections(field: ParsedField, texts: readonly string[], projects: readonly string[]): Promise<readonly PlacedSection[]>;
  /** A task: by handle, or by its name among the tasks of these projects. */
  parent(field: ParsedField, text: string, projects: readonly string[]): Promise<string>;
}

/** Looks names up in one workspace. */
export function createResolver(api: AsanaApi, workspace: string, context: MountContext): Resolver {
  const { call } = context;

  async function choose<T extends Named>(
    candidates: readonly T[],
    options: { readonly key: string; readonly field: ParsedField; readonly text: string; readonly kind: string },
    namesOf: (candidate: T) => readonly (string | null | undefined)[] = ({ name }) => [name],
  ): Promise<T> {
    const { key, field, text, kind } = options;
    const matches = matchNames(candidates, namesOf, text);
    const [only, another] = matches;
    if (only !== undefined && another === undefined) return only;
    if (only === undefined) {
      const names = candidates.slice(0, 20).map(({ name }) => name);
      throw invalidField(key, field, `Asana has no ${kind} "${text}" here.`, names);
    }
    const references: string[] = [];
    for (const match of matches.slice(0, 20)) references.push(await printReference(context, kind, match.gid, match.name));
    throw invalidField(key, field, `"${text}" could be any of ${references.join(", ")}. Write one of these.`, references);
  }

  const every = <T>(list: (page: PageRequest) => Promise<Page<T>>): Promise<readonly T[]> => listAll(list, maxCandidates);

  async function userByEmail(field: ParsedField, text: string): Promise<string> {
    try {
      return (await api.getUser(workspace, text.trim(), call)).gid;
    } catch (error) {
      if (!(error instanceof HubError) || !["ENOENT", "EINVAL", "EACCES"].includes(error.code)) throw error;
      throw invalidField("assignee", field, `nobody in this Asana workspace has the e-mail address "${text}".`);
    }
  }

  return {
    async user(field, text) {
      const referenced = await findReferenced(context, "user", text);
      if (referenced !== null) return referenced;
      if (/^\s*\S+@\S+\s*$/.test(text)) return await userByEmail(field, text);
      const users = await every((page) => api.listUsers(workspace, page, call));
      return (await choose(users, { key: "assignee", field, text, kind: "user" })).gid;
    },
    async project(field, text) {
      const referenced = await findReferenced(context, "project", text);
      if (referenced !== null) return referenced;
      const projects = await every((page) => api.listProjects(workspace, page, call));
      return (await choose(projects, { key: "projects", field, text, kind: "project" })).gid;
    },
    async sections(field, texts, projects) {
      if (texts.length === 0) return [];
      const known: (Named & { readonly in: string })[] = [];
      for (const project of projects) {
        const sections = await every((page) => api.listSections(project, page, call));
        known.push(...sections.map((section) => ({ ...section, in: project })));
      }
      const placed: PlacedSection[] = [];
      for (const text of texts) {
        const referenced = await findReferenced(context, "section", text);
        const chosen =
          referenced === null
            ? await choose(known, { key: "section", field, text, kind: "section" })
            : known.find(({ gid }) => gid === referenced);
        if (chosen === undefined) throw invalidField("section", field, `"${text}" is a section of a project that this task is not in.`);
        if (placed.some(({ project }) => project === chosen.in)) {
          throw invalidField("section", field, `a task stands in one section of a project; "${text}" would be a second one.`);
        }
        placed.push({ section: chosen.gid, project: chosen.in });
      }
      return placed;
    },
    async parent(field, text, projects) {
      const referenced = await findReferenced(context, "task", text);
      if (referenced !== null) return referenced;
      const known: Named[] = [];
      for (const project of projects) known.push(...(await every((page) => api.listProjectTasks(project, page, call))));
      const once = [...new Map(known.map((task) => [task.gid, task])).values()];
      return (await choose(once, { key: "parent", field, text, kind: "task" })).gid;
    },
  };
}
