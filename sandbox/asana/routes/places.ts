import { AsanaRefusal, badRequest, notFound } from "../failures";
import { type Call, many, one, parameter, type Route, requireIn, requireWorkspace } from "../router";
import type { SectionRow, UserRow } from "../rows";
import { getRow, tasksOfProject } from "../store";

/** Workspaces, people, teams, projects, sections and tags. */

/** `me`, an address, or a gid. */
export function requireUser(call: Call, given: unknown): UserRow {
  const { users, workspaces } = call.store.tables;
  const text = String(given);
  const user =
    text === "me" ? users.get(call.viewer.userGid) : (users.get(text) ?? [...users.values()].find(({ email }) => email === text));
  const shares =
    user !== undefined &&
    [...workspaces.values()].some(({ memberGids }) => memberGids.includes(user.gid) && memberGids.includes(call.viewer.userGid));
  if (!shares) throw notFound("user", text);
  return user;
}

export function requireSection(call: Call, gid: unknown): SectionRow {
  const section = typeof gid === "string" ? call.store.tables.sections.get(gid) : undefined;
  if (section === undefined) throw notFound("section", String(gid));
  requireIn(call, "project", call.store.tables.projects, section.projectGid);
  return section;
}

const workspacesOf = (call: Call) =>
  [...call.store.tables.workspaces.values()].filter(({ memberGids }) => memberGids.includes(call.viewer.userGid));

const usersOf = (call: Call, workspaceGid: string) =>
  requireWorkspace(call, workspaceGid).memberGids.map((gid) => getRow(call.store.tables.users, gid));

function projectsOf(call: Call, workspaceGid: string) {
  requireWorkspace(call, workspaceGid);
  const archived = call.query.get("archived");
  return [...call.store.tables.projects.values()].filter(
    (project) => project.workspaceGid === workspaceGid && (archived === null || String(project.archived) === archived),
  );
}

const project = (call: Call) => requireIn(call, "project", call.store.tables.projects, parameter(call, "project_gid"));

function userOfWorkspace(call: Call): UserRow {
  const workspace = requireWorkspace(call, parameter(call, "workspace_gid"));
  const user = requireUser(call, parameter(call, "user_gid"));
  if (!workspace.memberGids.includes(user.gid)) throw notFound("user", user.gid);
  return user;
}

const typeaheadKinds = { user: "users", project: "projects", task: "tasks", tag: "tags" } as const;

export const placeRoutes: readonly Route[] = [
  { method: "GET", path: "/workspaces", scope: "workspaces:read", handle: (call) => many(call, "workspace", workspacesOf(call)) },
  {
    method: "GET",
    path: "/workspaces/{workspace_gid}",
    scope: "workspaces:read",
    handle: (call) => one(call, "workspace", requireWorkspace(call, parameter(call, "workspace_gid"))),
  },
  {
    method: "GET",
    path: "/workspaces/{workspace_gid}/users",
    scope: "users:read",
    handle(call) {
      // "Results are sorted alphabetically and limited to 2000", without `limit`.
      const users = usersOf(call, parameter(call, "workspace_gid")).toSorted((a, b) => a.name.localeCompare(b.name));
      return {
        data: many(
          { ...call, query: new URLSearchParams(), settings: { ...call.settings, unpagedRecords: 2_000 } },
          "user",
          users.slice(0, 2_000),
        ).data,
      };
    },
  },
  {
    method: "GET",
    path: "/workspaces/{workspace_gid}/users/{user_gid}",
    scope: "users:read",
    handle: (call) => one(call, "user", userOfWorkspace(call)),
  },
  {
    method: "GET",
    path: "/workspaces/{workspace_gid}/projects",
    scope: "projects:read",
    handle: (call) => many(call, "project", projectsOf(call, parameter(call, "workspace_gid"))),
  },
  {
    method: "GET",
    path: "/workspaces/{workspace_gid}/teams",
    scope: "teams:read",
    handle(call) {
      const workspace = requireWorkspace(call, parameter(call, "workspace_gid"));
      return many(
        call,
        "team",
        [...call.store.tables.teams.values()].filter(({ workspaceGid }) => workspaceGid === workspace.gid),
      );
    },
  },
  {
    method: "GET",
    path: "/workspaces/{workspace_gid}/tags",
    scope: "tags:read",
    handle(call) {
      const workspace = requireWorkspace(call, parameter(call, "workspace_gid"));
      return many(
        call,
        "tag",
        [...call.store.tables.tags.values()].filter(({ workspaceGid }) => workspaceGid === workspace.gid),
      );
    },
  },
  {
    method: "GET",
    path: "/workspaces/{workspace_gid}/typeahead",
    scope: "workspaces.typeahead:read",
    handle(call) {
      const workspace = requireWorkspace(call, parameter(call, "workspace_gid"));
      const kind = call.query.get("resource_type") ?? "";
      if (!Object.hasOwn(typeaheadKinds, kind)) throw badRequest(`resource_type: Unknown value: ${kind}`);
      const of = kind as keyof typeof typeaheadKinds;
      const words = (call.query.get("query") ?? "").toLowerCase();
      const count = Math.min(100, Number(call.query.get("count") ?? 20));
      const rows = [...call.store.tables[typeaheadKinds[of]].values()].filter(
        (row) =>
          row.name.toLowerCase().includes(words) &&
          ("workspaceGid" in row ? row.workspaceGid === workspace.gid : workspace.memberGids.includes(row.gid)),
      );
      return { data: many({ ...call, query: new URLSearchParams() }, of, rows.slice(0, count)).data };
    },
  },
  {
    method: "GET",
    path: "/users",
    scope: "users:read",
    handle(call) {
      const workspace = call.query.get("workspace");
      if (workspace === null) throw badRequest("workspace: Missing input");
      return many(
        call,
        "user",
        usersOf(call, workspace).toSorted((a, b) => (a.gid < b.gid ? -1 : 1)),
      );
    },
  },
  {
    method: "GET",
    path: "/users/{user_gid}",
    scope: "users:read",
    handle: (call) => one(call, "user", requireUser(call, parameter(call, "user_gid"))),
  },
  {
    method: "GET",
    path: "/projects",
    scope: "projects:read",
    handle(call) {
      const workspace = call.query.get("workspace");
      if (workspace === null) throw badRequest("You should specify one of workspace, team");
      return many(call, "project", projectsOf(call, workspace));
    },
  },
  { method: "GET", path: "/projects/{project_gid}", scope: "projects:read", handle: (call) => one(call, "project", project(call)) },
  {
    method: "GET",
    path: "/projects/{project_gid}/sections",
    scope: null,
    handle: (call) =>
      many(
        call,
        "section",
        project(call).sectionGids.map((gid) => getRow(call.store.tables.sections, gid)),
      ),
  },
  {
    method: "GET",
    path: "/projects/{project_gid}/tasks",
    scope: "tasks:read",
    handle: (call) => many(call, "task", tasksOfProject(call.store.tables, project(call))),
  },
  {
    method: "POST",
    path: "/projects/{project_gid}/sections",
    scope: null,
    handle(call) {
      const of = project(call);
      const { name } = call.data;
      if (typeof name !== "string" || name === "") throw new AsanaRefusal(400, "name: Missing input");
      const section: SectionRow = { gid: call.store.newGid(), projectGid: of.gid, name, createdAt: call.store.writeTime(), taskGids: [] };
      call.store.tables.sections.set(section.gid, section);
      of.sectionGids.push(section.gid);
      return one(call, "section", section, { status: 201 });
    },
  },
  {
    method: "GET",
    path: "/sections/{section_gid}",
    scope: null,
    handle: (call) => one(call, "section", requireSection(call, parameter(call, "section_gid"))),
  },
];
