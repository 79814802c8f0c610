import { HubError } from "@/server/errors";
import type { Location, LocationSegment } from "@/server/vfs/tool-mount";

/** An issue stands in its team's `issues`, or, once archived, in its `archive`. */
export interface IssuePlace {
  readonly team: string;
  readonly issue: string;
  readonly archived: boolean;
}

/** Where a location of Linear's tree is; ids are Linear's. */
export type Place =
  | { readonly at: "root" | "organization" | "teams" | "projects" | "users" }
  | { readonly at: "team" | "teamFile" | "issues" | "archive" | "cycles"; readonly team: string }
  | ({ readonly at: "issue" | "companion" | "comments" | "attachments" } & IssuePlace)
  | ({ readonly at: "attachment"; readonly attachment: string } & IssuePlace)
  | { readonly at: "cycle"; readonly team: string; readonly cycle: string }
  | { readonly at: "project" | "projectFile"; readonly project: string }
  | { readonly at: "user"; readonly user: string };

const fixed = (name: string): LocationSegment => ({ type: "fixed", name });
const object = (kind: string, externalId: string): LocationSegment => ({ type: "object", kind, externalId });

export const locations = {
  root: [] as Location,
  organization: [fixed("organization.json")] as Location,
  teams: [fixed("teams")] as Location,
  team: (team: string): Location => [fixed("teams"), object("team", team)],
  teamFile: (team: string): Location => [...locations.team(team), fixed("team.json")],
  issues: (team: string): Location => [...locations.team(team), fixed("issues")],
  archive: (team: string): Location => [...locations.team(team), fixed("archive")],
  issue: ({ team, issue, archived }: IssuePlace): Location => [
    ...(archived ? locations.archive(team) : locations.issues(team)),
    object("issue", issue),
  ],
  companion: ({ team, issue, archived }: IssuePlace): Location => [
    ...(archived ? locations.archive(team) : locations.issues(team)),
    { type: "object", kind: "issue", externalId: issue, companion: true },
  ],
  comments: (place: IssuePlace): Location => [...locations.companion(place), fixed("comments.md")],
  attachments: (place: IssuePlace): Location => [...locations.companion(place), fixed("attachments")],
  attachment: (place: IssuePlace, attachment: string): Location => [...locations.attachments(place), object("attachment", attachment)],
  cycles: (team: string): Location => [...locations.team(team), fixed("cycles")],
  cycle: (team: string, cycle: string): Location => [...locations.cycles(team), object("cycle", cycle)],
  projects: [fixed("projects")] as Location,
  project: (project: string): Location => [fixed("projects"), object("project", project)],
  projectFile: (project: string): Location => [...locations.project(project), fixed("project.md")],
  users: [fixed("users")] as Location,
  user: (user: string): Location => [fixed("users"), object("user", user)],
};

type Route = (ids: readonly string[]) => Place;

/** What stands below a directory of issues. */
function issueRoutes(directory: string, archived: boolean): Readonly<Record<string, Route>> {
  const issue = `teams/<team>/${directory}/<issue>`;
  const place = ([team = "", id = ""]: readonly string[]): IssuePlace => ({ team, issue: id, archived });
  return {
    [issue]: (ids) => ({ at: "issue", ...place(ids) }),
    [`${issue}.d`]: (ids) => ({ at: "companion", ...place(ids) }),
    [`${issue}.d/comments.md`]: (ids) => ({ at: "comments", ...place(ids) }),
    [`${issue}.d/attachments`]: (ids) => ({ at: "attachments", ...place(ids) }),
    [`${issue}.d/attachments/<attachment>`]: (ids) => ({ at: "attachment", ...place(ids), attachment: ids[2] ?? "" }),
  };
}

const routes: Readonly<Record<string, Route>> = {
  "": () => ({ at: "root" }),
  "organization.json": () => ({ at: "organization" }),
  teams: () => ({ at: "teams" }),
  "teams/<team>": ([team = ""]) => ({ at: "team", team }),
  "teams/<team>/team.json": ([team = ""]) => ({ at: "teamFile", team }),
  "teams/<team>/issues": ([team = ""]) => ({ at: "issues", team }),
  "teams/<team>/archive": ([team = ""]) => ({ at: "archive", team }),
  ...issueRoutes("issues", false),
  ...issueRoutes("archive", true),
  "teams/<team>/cycles": ([team = ""]) => ({ at: "cycles", team }),
  "teams/<team>/cycles/<cycle>": ([team = "", cycle = ""]) => ({ at: "cycle", team, cycle }),
  projects: () => ({ at: "projects" }),
  "projects/<project>": ([project = ""]) => ({ at: "project", project }),
  "projects/<project>/project.md": ([project = ""]) => ({ at: "projectFile", project }),
  users: () => ({ at: "users" }),
  "users/<user>": ([user = ""]) => ({ at: "user", user }),
};

/** Reads a location; ENOENT where the tree has no such place. */
export function placeOf(location: Location): Place {
  const pattern = location.map((segment) => {
    if (segment.type === "fixed") return segment.name;
    return segment.companion === true ? `<${segment.kind}>.d` : `<${segment.kind}>`;
  });
  const ids = location.flatMap((segment) => (segment.type === "object" ? [segment.externalId] : []));
  const route = Object.hasOwn(routes, pattern.join("/")) ? routes[pattern.join("/")] : undefined;
  if (route === undefined) throw new HubError("ENOENT", "There is nothing of Linear's at this path.");
  return route(ids);
}
