import { HubError } from "@/server/errors";
import type { CallContext } from "@/server/transport/send";
import { type LinearApi, listAll } from "../api";
import type { Attachment, Comment, Cycle, Issue } from "../schema";
import type { IssuePlace } from "./place";

/** The most comments of an issue that are read to answer one question. */
const maxComments = 5_000;
/** The same of people, projects, cycles or labels. */
export const maxCandidates = 5_000;

/** The issue, if it is still where the path says: among its team's issues, or in its archive. */
export async function getIssueAt(api: LinearApi, place: IssuePlace, context: CallContext): Promise<Issue> {
  const record = await api.getIssue(place.issue, context);
  if (Boolean(record.archivedAt) !== place.archived) {
    throw new HubError("ENOENT", `${record.identifier} is ${place.archived ? "in the team's issues" : "in the team's archive"} now.`);
  }
  if (record.team.id !== place.team) throw new HubError("ENOENT", `${record.identifier} is in the team ${record.team.key} now.`);
  return record;
}

/** The cycle, if it belongs to that team; ENOENT otherwise. */
export async function getCycleAt(api: LinearApi, team: string, cycle: string, context: CallContext): Promise<Cycle> {
  const record = await api.getCycle(cycle, context);
  if (record.team.id !== team) throw new HubError("ENOENT", "This cycle belongs to another team.");
  return record;
}

/** The attachment, if it is on that issue; ENOENT otherwise. */
export async function getAttachmentAt(
  api: LinearApi,
  place: IssuePlace & { readonly attachment: string },
  context: CallContext,
): Promise<Attachment> {
  await getIssueAt(api, place, context);
  const record = await api.getAttachment(place.attachment, context);
  if (record.issue.id !== place.issue) throw new HubError("ENOENT", "This attachment is on another issue.");
  return record;
}

/** All comments of an issue, up to `maxComments`. */
export const getComments = (api: LinearApi, issue: string, context: CallContext): Promise<readonly Comment[]> =>
  listAll((page) => api.listComments(issue, page, context), maxComments);
