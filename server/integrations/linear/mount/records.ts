import { HubError } from "@/server/errors";
import type { CallContext } from "@/server/transport/send";
import { type LinearApi, listAll } from "../api";
import type { Comment, Cycle, Issue } from "../schema";

/** The most comments of an issue, and the most people, projects, cycles or labels, that are read to answer one question. */
const maxComments = 5_000;

/** The issue, if it is still where the path says and not archived: an archived one is gone from Linear's lists as from ours. */
export async function getIssueAt(api: LinearApi, team: string, issue: string, context: CallContext): Promise<Issue> {
  const record = await api.getIssue(issue, context);
  if (record.archivedAt) throw new HubError("ENOENT", `${record.identifier} is archived in Linear; restore it there to see it here.`);
  if (record.team.id !== team) throw new HubError("ENOENT", `${record.identifier} is in the team ${record.team.key} now.`);
  return record;
}

/** The cycle, if it belongs to that team; ENOENT otherwise. */
export async function getCycleAt(api: LinearApi, team: string, cycle: string, context: CallContext): Promise<Cycle> {
  const record = await api.getCycle(cycle, context);
  if (record.team.id !== team) throw new HubError("ENOENT", "This cycle belongs to another team.");
  return record;
}

/** All comments of an issue, up to `maxComments`. */
export const getComments = (api: LinearApi, issue: string, context: CallContext): Promise<readonly Comment[]> =>
  listAll((page) => api.listComments(issue, page, context), maxComments);
