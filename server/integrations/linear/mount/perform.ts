import { HubError } from "@/server/errors";
import type { DraftStep, MountContext, StepResult } from "@/server/vfs/tool-mount";
import type { LinearApi } from "../api";
import type { Issue } from "../schema";
import { locations } from "./place";
import { currentValues } from "./plan";
import { type FieldValues, type StepArguments, stepArguments } from "./steps";

/** Runs one step. Each finds what an earlier try already did, so a repeated step changes nothing more. */

/** Linear keeps text as a document and gives it back its own way, so line ends, trailing blanks and runs of blank lines do not count. */
const comparable = (value: FieldValues[keyof FieldValues]): unknown =>
  typeof value === "string"
    ? value
        .split(/\r\n|\r|\n/)
        .map((line) => line.trimEnd())
        .join("\n")
        .replaceAll(/\n{3,}/g, "\n\n")
        .trim()
    : value;

const same = (a: FieldValues, b: FieldValues): boolean =>
  Object.keys(b).every((key) => comparable(a[key as keyof FieldValues]) === comparable(b[key as keyof FieldValues]));

const hasMoved = (issue: Issue): HubError =>
  new HubError("ESTALE", `${issue.identifier} was changed in Linear since the plan was made. Read it again.`);

type Step<C extends StepArguments["call"]> = Extract<StepArguments, { call: C }>;

async function update(step: Step<"issueUpdate">, api: LinearApi, context: MountContext): Promise<StepResult> {
  const issue = await api.getIssue(step.issue, context.call);
  if (issue.archivedAt) throw new HubError("ESTALE", `${issue.identifier} was archived in Linear since the plan was made.`);
  const now = currentValues(issue, step.after);
  const labels = new Set(issue.labels.nodes.map((label) => label.id));
  const added = step.addedLabelIds.filter((id) => !labels.has(id));
  const removed = step.removedLabelIds.filter((id) => labels.has(id));
  const done = same(now, step.after);
  if (!done || added.length + removed.length > 0) {
    // Linear has no precondition of its own, so the fields are compared just before.
    if (!done && !same(now, step.before)) throw hasMoved(issue);
    await api.updateIssue(
      issue.id,
      {
        ...(done ? {} : step.after),
        ...(added.length === 0 ? {} : { addedLabelIds: added }),
        ...(removed.length === 0 ? {} : { removedLabelIds: removed }),
      },
      context.call,
    );
  }
  return { location: locations.issue({ team: step.team, issue: issue.id, archived: false }) };
}

/** Into the archive or out of it; the issue stands in the other directory afterwards. */
async function archive(step: Step<"issueArchive" | "issueUnarchive">, api: LinearApi, context: MountContext): Promise<StepResult> {
  const issue = await api.getIssue(step.issue, context.call);
  const archived = step.call === "issueArchive";
  if (Boolean(issue.archivedAt) !== archived) {
    if (issue.updatedAt !== step.revision) throw hasMoved(issue);
    await (archived ? api.archiveIssue(issue.id, context.call) : api.unarchiveIssue(issue.id, context.call));
  }
  return { location: locations.issue({ team: step.team, issue: issue.id, archived }) };
}

/** Runs a stored step. ESTALE when what it was made against changed, or when another version of the hub made it. */
export async function performStep(draft: DraftStep, api: LinearApi, context: MountContext): Promise<StepResult> {
  const parsed = stepArguments.safeParse(draft.args);
  if (!parsed.success)
    throw new HubError("ESTALE", "This plan is of another version of the hub. Plan the change again.", { cause: parsed.error });
  const step = parsed.data;
  switch (step.call) {
    case "issueCreate": {
      const issue = await api.createIssue({ ...step.input, id: step.id, teamId: step.team }, context.call);
      return {
        location: locations.issue({ team: issue.team.id, issue: issue.id, archived: false }),
        output: { identifier: issue.identifier, url: issue.url },
      };
    }
    case "issueUpdate":
      return await update(step, api, context);
    case "issueArchive":
    case "issueUnarchive":
      return await archive(step, api, context);
    case "commentCreate": {
      const comment = await api.createComment({ id: step.id, issueId: step.issue, body: step.body }, context.call);
      return { location: locations.comments(step), output: { comment: comment.id, url: comment.url ?? null } };
    }
  }
}
