import { HubError } from "@/server/errors";
import type { FieldChange } from "@/server/vfs/node";
import type { Change, DraftPlan, JsonObject, MountContext } from "@/server/vfs/tool-mount";
import { invalidField, type ParsedField } from "../../front-matter";
import type { LinearApi } from "../api";
import { type ParsedIssue, parseIssueFile, printIssue, readOnlyKeys, type WritableKey, writableKeys } from "../format/issue";
import { priorities } from "../format/words";
import type { Issue, Team } from "../schema";
import type { IssuePlace } from "./place";
import { getIssueAt } from "./records";
import { createResolver, labelIdsOf, type Resolver } from "./references";
import { type FieldValues, type StepArguments, toUuidV4 } from "./steps";

/** Changes as calls: what would be sent, field by field and in words. Nothing here changes anything. */

const toStep = (call: string, changes: readonly FieldChange[], step: StepArguments) => ({ call, changes, args: step as JsonObject });

const emptyPlan: DraftPlan = { steps: [], effects: [], undo: null };

/** Every key that a plan looks at is there, or was not changed. */
function fieldOf(parsed: ParsedIssue, key: string): ParsedField {
  return parsed.fields.get(key) ?? { value: null, source: null, line: 1 };
}

/** What was removed from and added to a list, each entry as often as it differs. */
function compareLists(from: readonly string[], to: readonly string[]): { added: readonly string[]; removed: readonly string[] } {
  const removed = [...from];
  const added = to.filter((entry) => {
    const index = removed.indexOf(entry);
    if (index < 0) return true;
    removed.splice(index, 1);
    return false;
  });
  return { added, removed };
}

interface Resolved {
  readonly after: FieldValues;
  readonly addedLabelIds: readonly string[];
}

/** The ids that the named keys mean. */
async function resolveKeys(
  parsed: ParsedIssue,
  keys: readonly WritableKey[],
  addedLabels: readonly string[],
  teamId: string,
  team: () => Promise<Team>,
  resolver: Resolver,
): Promise<Resolved> {
  const { values } = parsed;
  const has = (key: WritableKey) => keys.includes(key);
  const reference = async (
    key: "assignee" | "project" | "cycle" | "parent",
    resolve: (field: ParsedField, text: string) => Promise<string>,
  ) => {
    const text = values[key];
    return text === null || text === undefined ? null : await resolve(fieldOf(parsed, key), text);
  };
  const after: FieldValues = {
    ...(has("title") && values.title !== undefined ? { title: values.title } : {}),
    ...(has("state") && values.state !== undefined
      ? { stateId: resolver.state(fieldOf(parsed, "state"), values.state, await team()).id }
      : {}),
    ...(has("priority") && values.priority !== undefined ? { priority: priorities.indexOf(values.priority) } : {}),
    ...(has("assignee") ? { assigneeId: await reference("assignee", resolver.user) } : {}),
    ...(has("project") ? { projectId: await reference("project", resolver.project) } : {}),
    ...(has("cycle") ? { cycleId: await reference("cycle", (field, text) => resolver.cycle(field, text, teamId)) } : {}),
    ...(has("parent") ? { parentId: await reference("parent", resolver.issue) } : {}),
    ...(has("due_date") ? { dueDate: values.due_date ?? null } : {}),
  };
  const addedLabelIds = has("labels") ? await resolver.labels(fieldOf(parsed, "labels"), addedLabels, teamId) : [];
  return { after, addedLabelIds };
}

const inWords = (value: string | readonly string[] | null | undefined): string | null => {
  if (value === null || value === undefined) return null;
  if (typeof value === "string") return value;
  return value.length === 0 ? null : value.join(", ");
};

/** The values that the issue has now of the fields that a plan sets. */
export function currentValues(issue: Issue, fields: FieldValues): FieldValues {
  const all: Required<FieldValues> = {
    title: issue.title,
    description: issue.description ?? "",
    stateId: issue.state.id,
    assigneeId: issue.assignee?.id ?? null,
    priority: issue.priority,
    projectId: issue.project?.id ?? null,
    cycleId: issue.cycle?.id ?? null,
    parentId: issue.parent?.id ?? null,
    dueDate: issue.dueDate ?? null,
  };
  return Object.fromEntries(Object.keys(fields).map((key) => [key, all[key as keyof FieldValues]]));
}

/** What the caller's file changes of what was printed, as one `issueUpdate`. EINVAL names key and line; ESTALE when it reads otherwise now. */
export async function planUpdate(
  change: Extract<Change, { type: "update" }>,
  place: IssuePlace,
  api: LinearApi,
  context: MountContext,
): Promise<DraftPlan> {
  const base = parseIssueFile(change.base);
  const wanted = parseIssueFile(change.text);
  for (const key of readOnlyKeys) {
    const value = wanted.readOnly[key];
    if (value !== undefined && value !== base.readOnly[key]) {
      throw invalidField(key, fieldOf(wanted, key), "this is Linear's own and cannot be changed here; leave it as it was or out.");
    }
  }
  const keys = writableKeys.filter((key) => {
    const value = wanted.values[key];
    return value !== undefined && JSON.stringify(value) !== JSON.stringify(base.values[key]);
  });
  const labels = compareLists(base.values.labels ?? [], wanted.values.labels ?? []);
  const changed = keys.filter((key) => key !== "labels" || labels.added.length + labels.removed.length > 0);
  const writesBody = wanted.body !== null && wanted.body !== (base.body ?? "");
  if (changed.length === 0 && !writesBody) return emptyPlan;

  const issue = await getIssueAt(api, place, context.call);
  // `updatedAt` also moves with comments and reactions, so what counts is whether the file itself would read differently now.
  if (change.revision !== issue.updatedAt && (await printIssue(issue, context)) !== change.base) {
    throw new HubError("ESTALE", `${issue.identifier} was changed in Linear since it was read. Read it again.`);
  }
  const team = () => api.getTeam(issue.team.id, context.call);
  const { after, addedLabelIds } = await resolveKeys(wanted, changed, labels.added, issue.team.id, team, createResolver(api, context));
  const described = writesBody ? { ...after, description: wanted.body ?? "" } : after;
  const changes: FieldChange[] = changed.map((key) => ({
    field: key,
    from: inWords(base.values[key]),
    to: inWords(wanted.values[key]),
  }));
  if (writesBody)
    changes.push({ field: "description", from: base.body === "" ? null : base.body, to: wanted.body === "" ? null : wanted.body });
  return {
    steps: [
      toStep(`issueUpdate ${issue.identifier}`, changes, {
        call: "issueUpdate",
        team: place.team,
        issue: issue.id,
        before: currentValues(issue, described),
        after: described,
        addedLabelIds: [...addedLabelIds],
        removedLabelIds: changed.includes("labels") ? [...labelIdsOf(issue, labels.removed)] : [],
      }),
    ],
    effects: noticesOf(after),
    undo: `Write the old values back: ${changes.map(({ field, from }) => (field === "description" ? field : `${field}: ${from ?? "none"}`)).join(", ")}.`,
  };
}

/** SDL: IssueAssignedToYouNotificationWebhookPayload. */
const noticesOf = (after: FieldValues): readonly string[] => (after.assigneeId ? ["Linear may notify the new assignee."] : []);

/** Only letters and digits count: a file name cannot carry every character of a title. */
const comparable = (text: string): string =>
  text
    .normalize("NFC")
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\p{S}]+/gu, "");

/** From this length on a name may be a shortened title. */
const longNameBytes = 100;

function isNamedAfter(name: string, title: string): boolean {
  if (Buffer.byteLength(name) >= longNameBytes) return comparable(title).startsWith(comparable(name));
  return comparable(title) === comparable(name);
}

/** A new issue out of a file; its id is made from the seed. EINVAL where the file's name says another title. */
export async function planCreate(
  change: Extract<Change, { type: "create" }>,
  place: { team: string },
  api: LinearApi,
  context: MountContext,
): Promise<DraftPlan> {
  if (change.extension !== ".md") throw new HubError("EINVAL", `An issue's file ends in .md, not "${change.extension}".`);
  const parsed = parseIssueFile(change.text);
  const team = await api.getTeam(place.team, context.call);
  for (const key of readOnlyKeys) {
    const value = parsed.readOnly[key];
    if (value === undefined || value === null || (key === "team" && value === team.key)) continue;
    throw invalidField(key, fieldOf(parsed, key), "Linear sets this itself; leave it out of a new issue.");
  }
  const title = parsed.values.title ?? change.name;
  if (parsed.values.title !== undefined && !isNamedAfter(change.name, title)) {
    throw invalidField(
      "title",
      fieldOf(parsed, "title"),
      `the file is named "${change.name}"; name it after its title, or leave the title out.`,
    );
  }
  const keys = writableKeys.filter((key) => parsed.values[key] !== undefined && key !== "title");
  const { after, addedLabelIds } = await resolveKeys(
    parsed,
    keys,
    parsed.values.labels ?? [],
    team.id,
    async () => team,
    createResolver(api, context),
  );
  const body = parsed.body ?? "";
  const changes: FieldChange[] = [
    { field: "title", from: null, to: title },
    ...keys.map((key) => ({ field: key, from: null, to: inWords(parsed.values[key]) })).filter(({ to }) => to !== null),
    ...(body === "" ? [] : [{ field: "description", from: null, to: body }]),
  ];
  return {
    steps: [
      toStep(`issueCreate in ${team.key}`, changes, {
        call: "issueCreate",
        team: team.id,
        id: toUuidV4(change.seed),
        input: {
          ...after,
          title,
          ...(body === "" ? {} : { description: body }),
          ...(addedLabelIds.length === 0 ? {} : { labelIds: [...addedLabelIds] }),
        },
      }),
    ],
    effects: noticesOf(after),
    undo: "Remove the new file (archives the issue), or delete the issue in Linear.",
  };
}

/** A comment out of appended text. EINVAL for text without a word. */
export async function planComment(
  change: Extract<Change, { type: "append" }>,
  place: IssuePlace,
  api: LinearApi,
  context: MountContext,
): Promise<DraftPlan> {
  const lines = change.text.trimEnd().split("\n");
  // Blank lines before the text are the file's, not the comment's; blanks before its first word may be Markdown.
  const body = lines.slice(lines.findIndex((line) => line.trim() !== "")).join("\n");
  if (body.trim() === "") throw new HubError("EINVAL", "A comment needs some text.");
  const issue = await getIssueAt(api, place, context.call);
  return {
    steps: [
      toStep(`commentCreate on ${issue.identifier}`, [{ field: "comment", from: null, to: body }], {
        call: "commentCreate",
        team: place.team,
        issue: issue.id,
        archived: place.archived,
        id: toUuidV4(change.seed),
        body,
      }),
    ],
    // SDL: IssueNewCommentNotificationWebhookPayload.
    effects: [`Linear may notify the people subscribed to ${issue.identifier}.`],
    undo: "Delete the comment in Linear.",
  };
}

/** Into the archive, or out of it; ESTALE when the issue changed since it was read. */
export async function planArchive(
  change: Extract<Change, { type: "remove" | "move" }>,
  place: IssuePlace,
  api: LinearApi,
  context: MountContext,
): Promise<DraftPlan> {
  const issue = await getIssueAt(api, place, context.call);
  if (change.revision !== null && change.revision !== issue.updatedAt) {
    throw new HubError("ESTALE", `${issue.identifier} was changed in Linear since it was read. Read it again.`);
  }
  const call = place.archived ? "issueUnarchive" : "issueArchive";
  const [from, to] = place.archived ? ["yes", "no"] : ["no", "yes"];
  return {
    steps: [
      toStep(`${call} ${issue.identifier}`, [{ field: "archived", from, to }], {
        call,
        team: place.team,
        issue: issue.id,
        revision: issue.updatedAt,
      }),
    ],
    effects: [],
    undo: place.archived ? "Move it back into archive." : "Move it from archive back into issues.",
  };
}
