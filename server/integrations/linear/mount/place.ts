import { HubError } from "@/server/errors";
import type { Location, LocationSegment } from "@/server/vfs/tool-mount";

/** Where a location of Linear's tree is; ids are Linear's. */
export type Place =
  | { readonly at: "root" | "organization" | "teams" | "projects" | "users" }
  | { readonly at: "team" | "teamFile" | "issues" | "cycles"; readonly team: string }
  | { readonly at: "issue" | "companion" | "comments"; readonly team: string; readonly issue: string }
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
  issue: (team: string, issue: string): Location => [...locations.issues(team), object("issue", issue)],
  companion: (team: string, issue: string): Location => [
    ...locations.issues(team),
    { type: "object", kind: "issue", externalId: issue, companion: true },
  ],
  comments: (team: string, issue: string): Location => [...locations.companion(team, issue), fixed("comments.md")],
  cycles: (team: string): Location => [...locations.team(team), fixed("cycles")],
  cycle: (team: string, cycle: string): Location => [...locations.cycles(team), object("cycle", cycle)],
  projects: [fixed("projects")] as Location,
  project: (project: string): Location => [fixed("projects"), object("project", project)],
  projectFile: (project: string): Location => [...locations.project(project), fixed("project.md")],
  users: [fixed("users")] as Location,
  user: (user: string): Location => [fixed("users"), object("user", user)],
};

const routes: Readonly<Record<string, (ids: readonly string[]) => Place>> = {
  "": () => ({ at: "root" }),
  "organization.json": () => ({ at: "organization" }),
  teams: () => ({ at: "teams" }),
  "teams/<team>": ([team = ""]) => ({ at: "team", team }),
  "teams/<team>/team.json": ([team = ""]) => ({ at: "teamFile", team }),
  "teams/<team>/issues": ([team = ""]) => ({ at: "issues", team }),
  "teams/<team>/issues/<issue>": ([team = "", issue = ""]) => ({ at: "issue", team, issue }),
  "teams/<team>/issues/<issue>.d": ([team = "", issue = ""]) => ({ at: "companion", team, issue }),
  "teams/<team>/issues/<issue>.d/comments.md": ([team = "", issue = ""]) => ({ at: "comments", team, issue }),
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
