import { sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import type { WorkspaceScope } from "@/db/scope";
import { encodeId } from "@/server/ids";
import { companionName } from "../../identity";
import type { Freshness, Node, Operation, ReadFormat } from "../../node";
import { joinPath, nameOf, parentOf } from "../../path";
import { type NodeRow, nodeColumns, nodeRow, run } from "../../storage/node-rows";
import { estimateTokens, etagOf } from "../../text";
import type { KindSchema, Location } from "../../tool-mount";
import { handlesAmong, type Mirror } from "./mirror";

/** Rows of the mirror as nodes: display paths are put together from the names of the ancestors. */

/** A resolved place: the rows from the mount's first level down to it; empty at the mount's root. */
export type Chain = readonly NodeRow[];

/** Whether the row is an item's companion directory. */
const isCompanion = (row: NodeRow): boolean => row.attributes.isCompanion === true;

/** The id paths from below `root` down to `path`, outermost first. */
export function lineage(root: string, path: string): readonly string[] {
  const paths: string[] = [];
  let current = root;
  for (const segment of path.slice(root.length + 1).split("/")) {
    current = `${current}/${segment}`;
    paths.push(current);
  }
  return paths;
}

/** The rows at those id paths, by path. */
export async function readRows(tx: Tx, scope: WorkspaceScope, paths: readonly string[]): Promise<ReadonlyMap<string, NodeRow>> {
  if (paths.length === 0) return new Map();
  const rows = await run(
    tx,
    sql`select ${nodeColumns} from vfs_node n where n.workspace_id = ${scope.workspaceId} and n.path = any(${sql.param(paths)}::text[])`,
  );
  return new Map(rows.map((row) => [String(row.path), nodeRow(row)]));
}

/** The chain down to an id path out of rows that were read, or null where one is missing. A companion is named after its item. */
export function chainTo(root: string, path: string, rows: ReadonlyMap<string, NodeRow>): Chain | null {
  const chain: NodeRow[] = [];
  let current = root;
  for (const segment of path === root ? [] : path.slice(root.length + 1).split("/")) {
    current = `${current}/${segment}`;
    const row = rows.get(current);
    if (row === undefined) return null;
    const item = isCompanion(row) ? chain.pop() : undefined;
    chain.push(item === undefined ? row : { ...row, name: companionName(item.name) });
  }
  return chain;
}

/** The path that people see. */
export function displayPathOf(mirror: Mirror, chain: Chain): string {
  return [mirror.connection.mountPath, ...chain.map(({ name }) => name)].join("/");
}

/** Where the tool knows it. */
export function locationOf(chain: Chain): Location {
  return chain.map((row) => {
    if (row.objectKind === null || row.externalId === null) {
      return { type: "fixed", name: row.path.slice(row.path.lastIndexOf("/") + 1) };
    }
    const object = { type: "object", kind: row.objectKind, externalId: row.externalId } as const;
    return isCompanion(row) ? { ...object, companion: true } : object;
  });
}

/** The id path of the directory whose child a row is; a companion stands beside its item. */
export const holderOf = (row: NodeRow): string => (isCompanion(row) ? parentOf(parentOf(row.path)) : parentOf(row.path));

/** The format a file is printed in when none is asked for. */
export function naturalFormat(mediaType: string | null): ReadFormat {
  if (mediaType?.startsWith("text/markdown") === true) return "markdown";
  return mediaType?.startsWith("application/json") === true ? "json" : "raw";
}

/** The schema of a kind that this connection may change. */
function changeable(mirror: Mirror, kindName: string): KindSchema | undefined {
  const kind = mirror.kinds.get(kindName);
  const needed = kind?.writeCapability;
  return needed === undefined || mirror.connection.capabilities.includes(needed) ? kind : undefined;
}

/** The kind whose schema says what can be done with a row; null for what belongs to no kind. */
export function kindNameOf(row: NodeRow): string | null {
  const { schemaKind } = row.attributes;
  return typeof schemaKind === "string" ? schemaKind : isCompanion(row) ? null : row.objectKind;
}

/** The kind of what is created in a directory, as far as this connection may; undefined where nothing is. */
function createdKind(mirror: Mirror, row: NodeRow): KindSchema | undefined {
  const { creates } = row.attributes;
  return row.kind === "directory" && typeof creates === "string" ? changeable(mirror, creates) : undefined;
}

/** What can be done with a row: by the schema of its kind, and by what a directory takes. */
export function canOf(mirror: Mirror, row: NodeRow): readonly Operation[] {
  const kindName = kindNameOf(row);
  const kind = kindName === null ? undefined : changeable(mirror, kindName);
  const leaving = [
    ...(kind?.move === undefined ? [] : (["move"] as const)),
    ...(kind === undefined || kind.remove === null ? [] : (["remove"] as const)),
  ];
  if (row.kind === "directory") {
    const takesFiles = createdKind(mirror, row)?.create === true;
    return ["stat", "list", ...(takesFiles ? (["write"] as const) : []), ...leaving];
  }
  const isText = row.attributes.binary !== true;
  return [
    "stat",
    "read",
    ...(kind?.update === true && isText ? (["write", "edit"] as const) : []),
    ...(kind?.append === true && isText ? (["append"] as const) : []),
    ...leaving,
  ];
}

/** The schema of a row's kind, whether or not this connection may change it. */
function kindOf(mirror: Mirror, row: NodeRow): KindSchema | undefined {
  const kindName = kindNameOf(row);
  return kindName === null ? undefined : mirror.kinds.get(kindName);
}

/** What a row can be read as. A kind that declares nothing has the one format of its media type. */
function formatsOf(mirror: Mirror, row: NodeRow): readonly ReadFormat[] {
  if (row.kind === "directory" || row.attributes.binary === true) return [];
  return kindOf(mirror, row)?.formats ?? [naturalFormat(row.mediaType)];
}

/** The etag of a file of bytes, which are not printed: of the tool's revision of them; null where it has none. */
export function bytesEtag(path: string, revision: string | null): string | null {
  return revision === null ? null : etagOf(`${path}\0${revision}`);
}

/** Makes nodes of a directory's rows; what rows of one kind have in common is worked out once. */
export function nodeMaker(mirror: Mirror, parentPath: string, freshness: Freshness): (row: NodeRow, canonicalPath?: string) => Node {
  const known = new Map<string, Pick<Node, "can" | "uploadBytes" | "formats" | "parts">>();
  const { info } = mirror;
  return (row, canonicalPath) => {
    const { attributes } = row;
    const key = `${row.kind} ${row.objectKind} ${attributes.schemaKind} ${attributes.creates} ${attributes.isCompanion} ${attributes.binary} ${attributes.companion} ${row.mediaType}`;
    let shared = known.get(key);
    if (shared === undefined) {
      shared = {
        can: canOf(mirror, row),
        uploadBytes: createdKind(mirror, row)?.upload?.maxBytes ?? null,
        formats: formatsOf(mirror, row),
        parts: attributes.companion === true ? (kindOf(mirror, row)?.parts ?? []) : [],
      };
      known.set(key, shared);
    }
    const binary = attributes.binary === true;
    const path = joinPath(parentPath, row.name);
    return {
      id: encodeId("node", row.nodeId),
      path,
      canonicalPath: canonicalPath ?? path,
      name: row.name,
      kind: row.kind,
      mediaType: row.mediaType,
      sizeBytes: row.sizeBytes,
      etag: binary ? bytesEtag(row.path, row.revision) : row.etag,
      createdAt: row.createdAt?.toISOString() ?? null,
      modifiedAt: row.modifiedAt?.toISOString() ?? null,
      expiresAt: null,
      hardExpiresAt: null,
      webUrl: row.webUrl,
      mount: info.path,
      integration: info.integration,
      connection: info.connection,
      actsAs: info.actsAs,
      externalId: row.externalId,
      objectKind: row.objectKind,
      can: shared.can,
      freshness,
      tokenEstimate: binary ? null : estimateTokens(row.sizeBytes),
      companion: attributes.companion === true ? joinPath(parentPath, companionName(row.name)) : null,
      binary,
      creates: typeof attributes.creates === "string" ? attributes.creates : null,
      uploadBytes: shared.uploadBytes,
      formats: shared.formats,
      parts: shared.parts,
    };
  };
}

/** The node of a chain's last row. */
export function chainNode(mirror: Mirror, chain: Chain, freshness: Freshness, canonicalPath?: string): Node {
  const row = chain.at(-1);
  if (row === undefined) throw new Error("the root of a mount has no row");
  return nodeMaker(mirror, displayPathOf(mirror, chain.slice(0, -1)), freshness)(row, canonicalPath);
}

/**
 * The display paths of objects that links point at, by id path. One that the mirror has not seen where it really stands is named as the link
 * is: the same object has the same name. Missing is what stands below an object that is not mirrored.
 */
export async function canonicalPaths(
  tx: Tx,
  mirror: Mirror,
  scope: WorkspaceScope,
  rows: readonly NodeRow[],
): Promise<ReadonlyMap<string, string>> {
  const wanted = new Map(
    rows.flatMap((row) => (row.kind === "link" && row.canonicalPath !== null ? [[row.canonicalPath, row] as const] : [])),
  );
  if (wanted.size === 0) return new Map();
  const known = await readRows(tx, scope, [...new Set([...wanted.keys()].flatMap((path) => lineage(mirror.root, path)))]);
  const unknown = [...wanted.keys()].filter((path) => !known.has(path)).flatMap((path) => lineage(mirror.root, path));
  const handles = await handlesAmong(tx, mirror, scope, [...new Set(unknown.filter((path) => !known.has(path)).map(nameOf))]);
  return new Map(
    [...wanted].flatMap(([path, link]) => {
      const chain = chainTo(mirror.root, path, known);
      if (chain !== null) return [[path, displayPathOf(mirror, chain)] as const];
      // A fixed name is its own; of an object only the last is known, by the link.
      const paths = lineage(mirror.root, path);
      const above = new Map(known);
      for (const ancestor of paths.slice(0, -1)) {
        if (!above.has(ancestor) && !handles.has(nameOf(ancestor)))
          above.set(ancestor, { ...link, path: ancestor, name: nameOf(ancestor), attributes: {} });
      }
      if (!handles.has(nameOf(path)) || nameOf(path) !== nameOf(link.path)) return [];
      const whole = chainTo(mirror.root, path, above.set(path, { ...link, path }));
      return whole === null ? [] : [[path, displayPathOf(mirror, whole)] as const];
    }),
  );
}
