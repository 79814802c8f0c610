import { sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { scopePrincipalId } from "@/db/scope";
import { HubError } from "@/server/errors";
import { type ParsedSegment, parseSegment, splitName } from "../../identity";
import type { MountRequest } from "../../mount";
import { notConnected } from "../../mount-table";
import { parentOf } from "../../path";
import { type NodeRow, nodeColumns, nodeRow, run, time } from "../../storage/node-rows";
import type { Location, LocationSegment } from "../../tool-mount";
import { forgetPath, storeEntries } from "./entries";
import { companionSegment, findHandle, idPathOf, type Mirror, toolContext } from "./mirror";
import { type Chain, chainTo, lineage, locationOf, readRows } from "./nodes";
import { hiddenPaths } from "./personal-paths";
import { type DirectoryState, readState, walkDirectory } from "./walk";

/** From a display path to the object: the handle decides, and only where there is none, the human name among its siblings. */

/** Pages read through to find one name: 10,000 children of the usual page size. */
const searchedPages = 40;

/** The id path that a display path has if each segment means what it looks like. */
export function guessIdPath(mirror: Mirror, segments: readonly string[]): string {
  return [mirror.root, ...segments.map((segment) => guessSegment(segment))].join("/");
}

function guessSegment(segment: string): string {
  const parsed = parseSegment(segment);
  if (parsed === null) return segment;
  return parsed.companion ? `${parsed.handle}${companionSegment}` : parsed.handle;
}

/** The chain of a display path out of one look at the mirror, where each segment means what it looks like; null otherwise. */
export async function chainAtOnce(tx: Tx, mirror: Mirror, request: MountRequest): Promise<Chain | null> {
  if (request.segments.length === 0) return [];
  const path = guessIdPath(mirror, request.segments);
  const rows = await readRows(tx, request.scope, lineage(mirror.root, path));
  return matching(chainTo(mirror.root, path, rows), request.segments);
}

/** The chain if every row is what its segment says. */
export function matching(chain: Chain | null, segments: readonly string[]): Chain | null {
  if (chain === null) return null;
  return chain.every((row, index) => means(segments[index] ?? "", row)) ? chain : null;
}

/** Whether a segment, with its handle or as a fixed name, is this row. */
function means(segment: string, row: NodeRow): boolean {
  if (row.objectKind === null) return row.name === segment;
  const parsed = parseSegment(segment);
  return parsed !== null && (parsed.extension === "" || parsed.extension === extensionOf(row.name));
}

const extensionOf = (name: string): string => parseSegment(name)?.extension ?? splitName(name).extension;

/** The chain of a display path; ENOENT, ENOTDIR, and EINVAL with candidates for an ambiguous name. Asks the tool where the mirror ends. */
export async function resolve(mirror: Mirror, request: MountRequest): Promise<Chain> {
  const quick = await mirror.db.withScope(request.scope, (tx) => chainAtOnce(tx, mirror, request), { readOnly: true });
  if (quick !== null) return quick;
  const { chain, rest } = await resolveFar(mirror, request);
  if (rest.length > 0) throw new HubError("ENOENT", "There is nothing at this path.", { path: request.path });
  return chain;
}

/** The chain as far as the path leads, and the segments that lead nowhere. */
export async function resolveFar(mirror: Mirror, request: MountRequest): Promise<{ chain: Chain; rest: readonly string[] }> {
  let chain: Chain = [];
  for (const [index, segment] of request.segments.entries()) {
    const parent = chain.at(-1);
    if (parent !== undefined && parent.kind !== "directory") {
      throw new HubError("ENOTDIR", `${JSON.stringify(parent.name)} on this path is a file, not a directory.`, { path: request.path });
    }
    const child = await resolveChild(mirror, request, chain, segment);
    if (child === null) return { chain, rest: request.segments.slice(index) };
    chain = [...chain, child];
  }
  return { chain, rest: [] };
}

async function resolveChild(mirror: Mirror, request: MountRequest, chain: Chain, segment: string): Promise<NodeRow | null> {
  const { scope } = request;
  const directory = chain.at(-1)?.path ?? mirror.root;
  // The state first: a directory that was known wholly before the look has nothing else, whatever another process stores meanwhile.
  const look = () =>
    mirror.db.withScope(scope, (tx) => Promise.all([readState(tx, scope, directory), findChild(tx, mirror, request, directory, segment)]), {
      readOnly: true,
    });
  const find = async (): Promise<{ readonly found: NodeRow | null; readonly state: DirectoryState }> => {
    const [known, { row, ask }] = await look();
    const isAnswer = row !== null || ask === null || !mirror.connection.isAuthorized;
    return { found: isAnswer ? row : await askChild(mirror, request, chain, ask), state: known };
  };
  const { found, state } = await find();
  if (found !== null) return found;
  if (chain.at(-1)?.attributes.unlisted === true && mirror.connection.isAuthorized) {
    const known = await askChild(mirror, request, chain, { type: "fixed", name: segment });
    if (known !== null) return known;
  }
  if (state.complete && !(request.fresh && mirror.connection.isAuthorized)) return null;
  if (!mirror.connection.isAuthorized) throw notConnected(mirror.connection.view, request.path);
  await walkDirectory(mirror, request, { path: directory, location: locationOf(chain) }, { pages: searchedPages, priority: "person" });
  return (await find()).found;
}

/** A child by handle, by fixed name, by human name, or by the caller's alias; else the object that the tool may know there. */
async function findChild(
  tx: Tx,
  mirror: Mirror,
  request: MountRequest,
  directory: string,
  segment: string,
): Promise<{ readonly row: NodeRow | null; readonly ask: LocationSegment | null }> {
  const { scope } = request;
  const parsed = parseSegment(segment);
  const guessed = `${directory}/${guessSegment(segment)}`;
  const rows = await readRows(tx, scope, [`${directory}/${segment}`, guessed, ...(parsed?.companion === true ? [parentOf(guessed)] : [])]);
  const fixed = rows.get(`${directory}/${segment}`);
  if (fixed !== undefined && fixed.objectKind === null) return { row: fixed, ask: null };
  const direct = rows.get(guessed);
  if (direct !== undefined && means(segment, direct)) return { row: chainTo(directory, guessed, rows)?.[0] ?? direct, ask: null };
  if (parsed !== null) {
    const object = await askable(tx, mirror, request, rows, parsed, guessed);
    if (object !== null) return { row: null, ask: object };
  }
  const named = await findByHumanName(tx, request, directory, segment);
  if (named !== null) return named;
  return findAlias(tx, mirror, request, directory, segment);
}

/** The object that a known handle stands for, where the mirror has no row of it here: the tool is to be asked. */
async function askable(
  tx: Tx,
  mirror: Mirror,
  request: MountRequest,
  rows: ReadonlyMap<string, NodeRow>,
  parsed: ParsedSegment,
  guessed: string,
): Promise<LocationSegment | null> {
  if (rows.has(guessed)) return null;
  const object = await findHandle(tx, mirror, request.scope, parsed.handle);
  if (object === null) return null;
  return { type: "object", ...object, ...(parsed.companion ? { companion: true } : {}) };
}

/** Asks the tool for an object at this place and keeps what it says; null when it is not there. */
async function askChild(mirror: Mirror, request: MountRequest, chain: Chain, segment: LocationSegment): Promise<NodeRow | null> {
  const context = toolContext(mirror, request);
  const parent = locationOf(chain);
  try {
    const isCompanion = segment.type === "object" && segment.companion === true;
    const item = isCompanion ? await mirror.tool.stat([...parent, { ...segment, companion: false }], context) : null;
    const entry = await mirror.tool.stat([...parent, segment], context);
    const directory = chain.at(-1)?.path ?? mirror.root;
    return await mirror.db.withScope(request.scope, async (tx) => {
      const entries = item === null ? [entry] : [item, entry];
      const unlisted = chain.at(-1)?.attributes.unlisted === true;
      const rows = await storeEntries(tx, mirror, request.scope, directory, entries, request.now, { unlisted });
      return rows.find((row) => (row.attributes.isCompanion === true) === isCompanion) ?? null;
    });
  } catch (error) {
    if (error instanceof HubError && (error.code === "ENOENT" || error.code === "ENOTDIR")) return null;
    throw error;
  }
}

/** The one sibling with that human name; EINVAL lists several. `<name>.d` is the companion of the one item with it. */
async function findByHumanName(
  tx: Tx,
  request: MountRequest,
  directory: string,
  segment: string,
): Promise<{ readonly row: NodeRow | null; readonly ask: LocationSegment | null } | null> {
  const { stem, extension } = splitName(segment);
  const stems = [...new Set([segment, stem])];
  // `~` precedes every handle, and DEL is the next character.
  const ranges = stems.map((human) => sql`(n.name >= ${`${human}~`} and n.name < ${`${human}\u007f`})`);
  const rows = await run(
    tx,
    sql`select ${nodeColumns} from vfs_node n where n.workspace_id = ${request.scope.workspaceId} and n.parent_path = ${directory} and n.object_kind is not null and (${sql.join(ranges, sql` or `)}) limit 200`,
  );
  const matches = rows.map(nodeRow).filter((row) => {
    const parsed = parseSegment(row.name);
    if (parsed === null) return false;
    if (parsed.human === segment) return true;
    if (parsed.human !== stem) return false;
    return extension === ".d" ? row.attributes.companion === true : extension === parsed.extension;
  });
  const first = matches[0];
  if (first === undefined) return null;
  if (matches.length > 1) {
    throw new HubError("EINVAL", `${JSON.stringify(segment)} is the name of several. Add the handle of the one you mean.`, {
      path: request.path,
      details: { candidates: matches.map(({ name }) => name).slice(0, 20) },
    });
  }
  const human = parseSegment(first.name)?.human;
  if (extension !== ".d" || human !== stem) return { row: first, ask: null };
  return companionOf(tx, request, directory, first);
}

/** The companion directory of an item; where the mirror has no row of it, the tool is to be asked. */
async function companionOf(
  tx: Tx,
  request: MountRequest,
  directory: string,
  item: NodeRow,
): Promise<{ readonly row: NodeRow | null; readonly ask: LocationSegment | null }> {
  const path = `${item.path}${companionSegment}`;
  const row = chainTo(directory, path, await readRows(tx, request.scope, [item.path, path]))?.[0] ?? null;
  const { objectKind, externalId } = item;
  if (row !== null || objectKind === null || externalId === null) return { row, ask: null };
  return { row: null, ask: { type: "object", kind: objectKind, externalId, companion: true } };
}

/** For its creator, the name that a new object was written under, for a day; with `.d` in place of its extension, its companion. */
async function findAlias(
  tx: Tx,
  mirror: Mirror,
  request: MountRequest,
  directory: string,
  segment: string,
): Promise<{ readonly row: NodeRow | null; readonly ask: LocationSegment | null }> {
  const owner = scopePrincipalId(request.scope);
  if (owner === null) return { row: null, ask: null };
  const { stem, extension } = splitName(segment);
  // `/` is the character after `.`, so this range holds the stem with any extension.
  const named =
    extension === ".d" ? sql`(a.name = ${segment} or (a.name > ${`${stem}.`} and a.name < ${`${stem}/`}))` : sql`a.name = ${segment}`;
  const rows = await run(
    tx,
    sql`select ${nodeColumns}, a.name as alias from vfs_alias a join vfs_node n on n.workspace_id = a.workspace_id and n.path = a.path where a.workspace_id = ${request.scope.workspaceId} and a.owner_id = ${owner} and a.parent_path = ${directory} and ${named} and a.expires_at > ${time(request.now)} and not exists (select 1 from unnest(${sql.param(hiddenPaths(mirror))}::text[]) as hidden(path) where n.path = hidden.path or n.path like hidden.path || '/%') limit 200`,
  );
  const exact = rows.find((row) => row.alias === segment);
  if (exact !== undefined) return { row: nodeRow(exact), ask: null };
  const item = rows
    .filter((row) => typeof row.alias === "string" && splitName(row.alias).stem === stem)
    .map(nodeRow)
    .find((row) => row.attributes.companion === true);
  return item === undefined ? { row: null, ask: null } : companionOf(tx, request, directory, item);
}

/** The rows down to a location, asked of the tool where the mirror lacks them. ENOENT when the tool has no such thing. */
export async function chainOf(mirror: Mirror, request: MountRequest, location: Location): Promise<Chain> {
  const { scope } = request;
  const known = async (of: Location): Promise<Chain | null> =>
    mirror.db.withScope(scope, async (tx) => {
      const path = await idPathOf(tx, mirror, scope, of);
      return chainTo(mirror.root, path, await readRows(tx, scope, path === mirror.root ? [] : lineage(mirror.root, path)));
    });
  let chain = await known(location);
  for (let depth = 1; chain === null && depth <= location.length; depth += 1) {
    const above = (await known(location.slice(0, depth - 1))) ?? [];
    const segment = location[depth - 1];
    if (segment === undefined || (await known(location.slice(0, depth))) !== null) continue;
    await askChild(mirror, request, above, segment);
    chain = await known(location);
  }
  if (chain === null) throw new HubError("ENOENT", "The tool does not say where this is now.", { path: request.path });
  return chain;
}

/** Takes what the tool says is gone out of the mirror. */
export async function forgetGone(mirror: Mirror, request: MountRequest, chain: Chain): Promise<void> {
  const row = chain.at(-1);
  if (row === undefined) return;
  await mirror.db.withScope(request.scope, (tx) => forgetPath(tx, request.scope, row.path));
}

/** Directory of a chain, as walks take it. */
export const directoryOf = (mirror: Mirror, chain: Chain) => ({ path: chain.at(-1)?.path ?? mirror.root, location: locationOf(chain) });
