import { HubError } from "@/server/errors";
import type { Mount, MountInfo, MountTable, Placeholder } from "./mount";
import type { Freshness, Node, NodeConnection, Operation } from "./node";
import { joinPath, nameOf, printPath } from "./path";

/** Which mount a path belongs to, and the directories above the mounts, which exist by contract only. */

/** What exists in every workspace, whether or not something is mounted there. */
const fixedDirectories = ["/context", "/context/tools", "/context/memory"];
/** What a person has beside it; a job has none of its own. */
const personalDirectories = ["/context/user", "/context/user/tools"];

export type Place =
  | { readonly type: "mount"; readonly mount: Mount; readonly segments: readonly string[] }
  | { readonly type: "placeholder"; readonly placeholder: Placeholder; readonly segments: readonly string[] }
  | { readonly type: "directory"; readonly path: string; readonly children: readonly DirectoryChild[] };

export type DirectoryChild =
  | { readonly type: "mount"; readonly name: string; readonly mount: Mount }
  | { readonly type: "placeholder"; readonly name: string; readonly placeholder: Placeholder }
  | { readonly type: "directory"; readonly name: string; readonly path: string };

/** Finds what a path is on: the longest mount whose whole segments begin it. ENOENT where nothing can be. */
export function locate(table: MountTable, segments: readonly string[], personal: boolean): Place {
  const mounts = new Map(table.mounts.map((mount) => [mount.info.path, mount]));
  const placeholders = new Map(table.placeholders.map((placeholder) => [placeholder.path, placeholder]));
  for (let length = segments.length; length > 0; length -= 1) {
    const prefix = printPath(segments.slice(0, length));
    const mount = mounts.get(prefix);
    if (mount !== undefined) return { type: "mount", mount, segments: segments.slice(length) };
    const placeholder = placeholders.get(prefix);
    if (placeholder !== undefined) return { type: "placeholder", placeholder, segments: segments.slice(length) };
  }
  const path = printPath(segments);
  const fixed = personal ? [...fixedDirectories, ...personalDirectories] : fixedDirectories;
  const children = new Map<string, DirectoryChild>();
  const below = path === "/" ? "/" : `${path}/`;
  for (const known of [...fixed, ...mounts.keys(), ...placeholders.keys()]) {
    if (!known.startsWith(below)) continue;
    const name = known.slice(below.length).split("/")[0] ?? "";
    const childPath = joinPath(path, name);
    const mount = mounts.get(childPath);
    const placeholder = placeholders.get(childPath);
    if (mount !== undefined) children.set(name, { type: "mount", name, mount });
    else if (placeholder !== undefined) children.set(name, { type: "placeholder", name, placeholder });
    else children.set(name, { type: "directory", name, path: childPath });
  }
  if (path !== "/" && !fixed.includes(path) && children.size === 0) {
    throw new HubError("ENOENT", "There is nothing at this path.", { path });
  }
  const sorted = [...children.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  return { type: "directory", path, children: sorted };
}

const browse: readonly Operation[] = ["stat", "list"];

function directoryNode(path: string, freshness: Freshness): Node {
  return {
    id: null,
    path,
    canonicalPath: path,
    name: nameOf(path),
    kind: "directory",
    mediaType: null,
    sizeBytes: null,
    etag: null,
    createdAt: null,
    modifiedAt: null,
    expiresAt: null,
    hardExpiresAt: null,
    webUrl: null,
    mount: null,
    integration: null,
    connection: null,
    actsAs: null,
    externalId: null,
    objectKind: null,
    can: browse,
    freshness,
    tokenEstimate: null,
    companion: null,
    binary: false,
    creates: null,
    uploadBytes: null,
    formats: [],
    parts: [],
  };
}

/** The node of a mount's own directory. `can` is what the mount says one can do in it. */
export function mountNode(info: MountInfo, freshness: Freshness, can: readonly Operation[] = browse): Node {
  return {
    ...directoryNode(info.path, freshness),
    mount: info.path,
    integration: info.integration,
    connection: info.connection,
    actsAs: info.actsAs,
    can,
  };
}

/** Freshness of what exists by contract: always now. */
export const contractFreshness = (now: Date): Freshness => ({ asOf: now.toISOString(), source: "storage", stale: false });

/** The node of a place above or beside the mounts. */
export function placeNode(place: Exclude<Place, { type: "mount" }>, now: Date): Node {
  const freshness = contractFreshness(now);
  if (place.type === "directory") return directoryNode(place.path, freshness);
  return placeholderNode(place.placeholder, freshness);
}

function placeholderNode(placeholder: Placeholder, freshness: Freshness): Node {
  return {
    ...directoryNode(placeholder.path, freshness),
    mount: placeholder.path,
    integration: placeholder.integration,
    connection: placeholder.connection,
  };
}

/** The rows of a directory above the mounts. */
export function childNode(child: DirectoryChild, now: Date): Node {
  const freshness = contractFreshness(now);
  if (child.type === "directory") return directoryNode(child.path, freshness);
  return child.type === "mount" ? mountNode(child.mount.info, freshness) : placeholderNode(child.placeholder, freshness);
}

/** ENOTCONN for a tool that is not connected, or whose authorization died. */
export function notConnected(connection: NodeConnection, path: string, cause?: unknown): HubError {
  return new HubError("ENOTCONN", connection.reason ?? "This tool is not connected. Connect it, then try again.", {
    path,
    cause,
    ...(connection.actionUrl === null ? {} : { actionUrl: connection.actionUrl }),
  });
}
