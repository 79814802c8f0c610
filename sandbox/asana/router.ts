import type { SandboxRequest, SandboxResponse } from "../http/server";
import { json } from "../http/server";
import { AsanaRefusal, badRequest, forbidden } from "./failures";
import type { Kind, ShapeContext, Viewer } from "./kinds";
import { type PagedQuery, pageOf } from "./paging";
import type { AsanaSettings } from "./settings";
import { type FieldTree, readFields, shape } from "./shapes";
import { getRow, type Store } from "./store";

/** From a request to a handler, and from rows to an answer. */

export interface Call {
  readonly method: string;
  /** Below the API's base. */
  readonly path: string;
  /** What the path's `{…}` are. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** The body's `data`; empty without one. */
  readonly data: Readonly<Record<string, unknown>>;
  /** The request itself; null inside of a batch. */
  readonly request: SandboxRequest | null;
  readonly viewer: Viewer;
  readonly store: Store;
  readonly settings: AsanaSettings;
  readonly fields: FieldTree | null;
  readonly shapes: ShapeContext;
}

/** What a handler gives back: the `data` of the answer, or more than that. */
export interface Answer {
  readonly status?: number;
  readonly data: unknown;
  readonly beside?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Route {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** `/tasks/{task_gid}`, as the OpenAPI description has it. */
  readonly path: string;
  /** The granular scope; null where there is none, and only `default` will do. */
  readonly scope: string | null;
  handle(call: Call): Answer | Promise<Answer>;
}

export const one = (call: Call, kind: Kind, row: Parameters<typeof shape>[1], more: Partial<Answer> = {}): Answer => ({
  ...more,
  data: shape(kind, row, "full", call.fields, call.shapes),
});

const pagedQuery = (call: Call): PagedQuery => ({
  path: call.path,
  query: call.query,
  nowMs: call.store.nowMs(),
  offsetSeconds: call.settings.offsetSeconds,
  unpagedRecords: call.settings.unpagedRecords,
  base: `${call.shapes.origin}/api/1.0`,
});

/** A list in pages, compact unless fields are asked for. */
export function many(call: Call, kind: Kind, rows: readonly Parameters<typeof shape>[1][], form: "full" | "compact" = "compact"): Answer {
  const { rows: page, ...beside } = pageOf(rows, pagedQuery(call));
  return { data: page.map((row) => shape(kind, row, form, call.fields, call.shapes)), beside };
}

export const nothing: Answer = { data: {} };

/** The workspace, where the person is a member of it. */
export function requireWorkspace(call: Call, gid: string) {
  const workspace = call.store.tables.workspaces.get(gid);
  if (workspace === undefined) throw new AsanaRefusal(404, `workspace: Unknown object: ${gid}`);
  if (!workspace.memberGids.includes(call.viewer.userGid)) throw forbidden("workspace: You do not have access to this workspace.");
  return workspace;
}

/** A row of a workspace of the person's; what is of another one is forbidden, not unknown. */
export function requireIn<T extends { readonly workspaceGid: string }>(
  call: Call,
  kind: string,
  table: ReadonlyMap<string, T>,
  gid: unknown,
): T {
  if (typeof gid !== "string" || gid === "") throw badRequest(`${kind}: Missing input`);
  const row = table.get(gid);
  if (row === undefined) throw new AsanaRefusal(404, `${kind}: Unknown object: ${gid}`);
  if (!getRow(call.store.tables.workspaces, row.workspaceGid).memberGids.includes(call.viewer.userGid)) {
    throw forbidden(`${kind}: You do not have access to this ${kind}.`);
  }
  return row;
}

export function parameter(call: Call, name: string): string {
  return call.parameters[name] ?? "";
}

function matchPath(pattern: string, path: string): Readonly<Record<string, string>> | null {
  const [wanted, given] = [pattern.split("/"), path.split("/")];
  if (wanted.length !== given.length) return null;
  const parameters: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const value = given[index] ?? "";
    const name = /^\{(.+)\}$/.exec(part)?.[1];
    if (name === undefined && part !== value) return null;
    if (name !== undefined) {
      try {
        parameters[name] = decodeURIComponent(value);
      } catch {
        return null;
      }
    }
  }
  return parameters;
}

/** The route of a request; a fixed segment goes before a parameter. */
export function findRoute(
  routes: readonly Route[],
  method: string,
  path: string,
): { readonly route: Route; readonly parameters: Readonly<Record<string, string>> } | null {
  for (const route of routes) {
    if (route.method !== method) continue;
    const parameters = matchPath(route.path, path);
    if (parameters !== null) return { route, parameters };
  }
  return null;
}

const bodyKeys = new Set(["data", "options"]);

/** `data` and `options` of a JSON body; any other key is refused. */
export function readBody(body: unknown): { readonly data: Readonly<Record<string, unknown>>; readonly fields: string | null } {
  if (typeof body !== "object" || body === null || Array.isArray(body)) throw badRequest("Could not parse request data, invalid JSON");
  const stray = Object.keys(body).find((key) => !bodyKeys.has(key));
  if (stray !== undefined) throw badRequest(`Request body has an unknown top-level key: ${stray}. Put parameters into "data".`);
  const { data, options } = body as { readonly data?: unknown; readonly options?: { readonly fields?: unknown } };
  if (typeof data !== "object" || data === null || Array.isArray(data)) throw badRequest('Request body must have an object "data"');
  const fields = options?.fields;
  return { data: data as Record<string, unknown>, fields: Array.isArray(fields) ? fields.join(",") : null };
}

export interface Routed {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
  readonly request: SandboxRequest | null;
}

/** Runs a request through its route. Throws AsanaRefusal. */
export async function run(
  routes: readonly Route[],
  routed: Routed,
  context: Pick<Call, "viewer" | "store" | "settings"> & { readonly origin: string; readonly webOrigin: string },
): Promise<Answer> {
  const found = findRoute(routes, routed.method, routed.path);
  if (found === null) throw new AsanaRefusal(404, "No matching route for request");
  const { route, parameters } = found;
  const { viewer, store, settings, origin, webOrigin } = context;
  if (!viewer.scopes.includes("default") && (route.scope === null || !viewer.scopes.includes(route.scope))) {
    throw forbidden(
      route.scope === null
        ? "Your app is not allowed to access this endpoint with granular scopes."
        : `Your app does not have the required scope ${route.scope} for this request.`,
    );
  }
  const body = routed.body === undefined ? { data: {}, fields: null } : readBody(routed.body);
  return await route.handle({
    method: routed.method,
    path: routed.path,
    parameters,
    query: routed.query,
    data: body.data,
    request: routed.request,
    viewer,
    store,
    settings,
    fields: readFields(routed.query.get("opt_fields") ?? body.fields),
    shapes: { tables: store.tables, viewer, webOrigin, origin, nowMs: store.nowMs(), downloadSeconds: settings.downloadSeconds },
  });
}

/** An answer as it goes over the wire. */
export const toResponse = ({ status = 200, data, beside = {}, headers = {} }: Answer): SandboxResponse =>
  json(status, { data, ...beside }, headers);
