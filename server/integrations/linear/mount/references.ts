import { HubError } from "@/server/errors";
import type { MountContext } from "@/server/vfs/tool-mount";
import { invalidField, type ParsedField } from "../../front-matter";
import { findReferenced, matchNames, printReference } from "../../references";
import { type LinearApi, listAll } from "../api";
import { cycleTitle } from "../format/words";
import type { Issue, Label, Team, WorkflowState } from "../schema";
import { maxCandidates } from "./records";

/** Turns the words of a file into Linear's ids: names, e-mail addresses or `name~handle`. EINVAL names the key, the line and what would do. */

async function resolveReference<T extends { readonly id: string }>(options: {
  readonly key: string;
  readonly field: ParsedField;
  readonly text: string;
  readonly kind: string;
  readonly context: MountContext;
  readonly list: () => Promise<readonly T[]>;
  readonly namesOf: (candidate: T) => readonly (string | null | undefined)[];
  readonly titleOf: (candidate: T) => string;
}): Promise<string> {
  const { key, field, text, kind, context } = options;
  const referenced = await findReferenced(context, kind, text);
  if (referenced !== null) return referenced;
  const matches = matchNames(await options.list(), options.namesOf, text);
  const [only, another] = matches;
  if (only !== undefined && another === undefined) return only.id;
  if (only === undefined) throw invalidField(key, field, `Linear has no ${kind} "${text}".`);
  const candidates = await Promise.all(
    matches.slice(0, 20).map((match) => printReference(context, kind, match.id, options.titleOf(match))),
  );
  throw invalidField(key, field, `"${text}" could be any of ${candidates.join(", ")}. Write one of these.`, candidates);
}

export interface Resolver {
  state(field: ParsedField, text: string, team: Team): WorkflowState;
  user(field: ParsedField, text: string): Promise<string>;
  project(field: ParsedField, text: string): Promise<string>;
  cycle(field: ParsedField, text: string, teamId: string): Promise<string>;
  /** By identifier (`ENG-12`) or `ENG-12 Fix login~handle`. */
  issue(field: ParsedField, text: string): Promise<string>;
  /** Ids of labels to add, by name, of the team or of the workspace. */
  labels(field: ParsedField, names: readonly string[], teamId: string): Promise<readonly string[]>;
}

/** Looks names up at Linear. EINVAL names key and line, and lists what would do. */
export function createResolver(api: LinearApi, context: MountContext): Resolver {
  const { call } = context;
  return {
    state(field, text, team) {
      const [state, another] = matchNames(team.states.nodes, (one) => [one.name], text);
      if (state !== undefined && another === undefined) return state;
      const names = team.states.nodes.map((one) => one.name);
      throw invalidField("state", field, `"${text}" is no state of the team ${team.key}. States: ${names.join(", ")}.`, names);
    },
    user: (field, text) =>
      resolveReference({
        key: "assignee",
        field,
        text,
        kind: "user",
        context,
        list: () => listAll((page) => api.listUsers(page, call), maxCandidates),
        namesOf: (user) => [user.email, user.name, user.displayName],
        titleOf: (user) => user.name,
      }),
    project: (field, text) =>
      resolveReference({
        key: "project",
        field,
        text,
        kind: "project",
        context,
        list: () => listAll((page) => api.listProjects(page, call), maxCandidates),
        namesOf: (project) => [project.name],
        titleOf: (project) => project.name,
      }),
    cycle: (field, text, teamId) =>
      resolveReference({
        key: "cycle",
        field,
        text,
        kind: "cycle",
        context,
        list: () => listAll((page) => api.listCycles(teamId, page, call), maxCandidates),
        namesOf: (cycle) => [cycleTitle(cycle), `Cycle ${cycle.number}`, String(cycle.number), cycle.name],
        titleOf: cycleTitle,
      }),
    async issue(field, text) {
      const referenced = await findReferenced(context, "issue", text);
      if (referenced !== null) return referenced;
      const identifier = /^[A-Za-z][A-Za-z0-9]*-\d+$/.exec(text.trim())?.[0];
      if (identifier === undefined) {
        throw invalidField("parent", field, `"${text}" names no issue. Write its identifier, such as ENG-12.`);
      }
      try {
        return (await api.getIssue(identifier, call)).id;
      } catch (error) {
        if (!(error instanceof HubError) || error.code !== "ENOENT") throw error;
        throw invalidField("parent", field, `Linear has no issue "${text}".`);
      }
    },
    async labels(field, names, teamId) {
      if (names.length === 0) return [];
      const known: readonly Label[] = await listAll((page) => api.listLabels(teamId, page, call), maxCandidates);
      const usable = known.filter((label) => label.isGroup !== true && (!label.team || label.team.id === teamId));
      return names.map((name) => {
        const [label, another] = matchNames(usable, (one) => [one.name], name);
        if (label === undefined) throw invalidField("labels", field, `there is no label "${name}" in this team or in the workspace.`);
        if (another !== undefined) throw invalidField("labels", field, `several labels are named "${name}"; rename one in Linear.`);
        return label.id;
      });
    },
  };
}

/** Ids of the issue's labels with these names. */
export function labelIdsOf(issue: Issue, names: readonly string[]): readonly string[] {
  const rest = [...issue.labels.nodes];
  return names.map((name) => {
    const index = rest.findIndex((label) => label.name === name);
    const [label] = index < 0 ? [] : rest.splice(index, 1);
    if (label === undefined) throw new HubError("ESTALE", `The label "${name}" is no longer on ${issue.identifier}. Read it again.`);
    return label.id;
  });
}
