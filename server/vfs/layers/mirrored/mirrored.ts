import type { Tx } from "@/db/client";
import { HubError } from "@/server/errors";
import type { Mount, MountFile, MountInfo, MountListRequest, MountPage, MountReadRequest, MountRequest } from "../../mount";
import { mountNode, notConnected } from "../../mount-table";
import type { Freshness, Node, Operation } from "../../node";
import { joinPath, parentOf } from "../../path";
import { type NodeRow, pageOf } from "../../storage/node-rows";
import { etagOf } from "../../text";
import { unsupported } from "../capabilities";
import { createMirroredChanges, findUploadLimit } from "./changes";
import { storeEntries } from "./entries";
import { type Mirror, type MirroredOptions, toolContext } from "./mirror";
import { type Chain, canonicalPaths, chainNode, displayPathOf, holderOf, locationOf, naturalFormat, nodeMaker } from "./nodes";
import { openFile } from "./open";
import { hidingPersonal } from "./personal";
import { hiddenPaths } from "./personal-paths";
import { keptBody, ownFormat, printLive, recentPrint, storePrint } from "./prints";
import { chainAtOnce, directoryOf, forgetGone, guessIdPath, resolve } from "./resolve";
import { type DirectoryState, readState, walkDirectory } from "./walk";

const defaultStaleAfterMs = 5 * 60 * 1000;
const defaultPrintWindowMs = 5 * 1000;
/** Pages of a walk in the background: more children than any directory has. */
const allPages = 100_000;

/**
 * A tool's mount with its skeleton kept here: directories are read through on the first `list` and served from SQL afterwards, files are
 * asked of the tool, and changes are planned against what was printed.
 */
export function mirrored(options: MirroredOptions): Mount {
  const { connection, tool } = options;
  const { kinds } = tool.description;
  const operations: Operation[] = ["stat", "list", "read"];
  if (kinds.some(({ create, update, upload }) => create || update || upload !== undefined)) operations.push("write");
  if (kinds.some(({ update }) => update)) operations.push("edit");
  if (kinds.some(({ append }) => append)) operations.push("append");
  if (kinds.some(({ move }) => move !== undefined)) operations.push("move");
  if (kinds.some(({ remove }) => remove !== null)) operations.push("remove");
  if (operations.length > 3) operations.push("execute");
  const info: MountInfo = {
    path: connection.mountPath,
    kind: "tool",
    integration: connection.integration,
    connection: connection.view,
    actsAs: connection.actsAs,
    settingsUrl: connection.settingsUrl ?? null,
    whoMends: connection.whoMends ?? null,
    ownersOnly:
      connection.ownerId === null
        ? (connection.personal?.names ?? []).map((name) => joinPath(connection.mountPath, name))
        : [connection.mountPath],
    operations: new Set(operations),
  };
  const mirror: Mirror = {
    staleAfterMs: defaultStaleAfterMs,
    printWindowMs: defaultPrintWindowMs,
    ...options,
    info,
    root: `/context/con/${connection.id}`,
    kinds: new Map(kinds.map((kind) => [kind.kind, kind])),
  };
  return hidingPersonal(mirror, {
    info,
    schema: () => ({ path: info.path, kinds, guard: tool.description.guard }),
    stat: (request) => stat(mirror, request),
    list: (request) => list(mirror, request),
    read: (request) => read(mirror, request),
    open: (request) => openFile(mirror, request, read),
    uploadLimit: (request) => findUploadLimit(mirror, request),
    ...createMirroredChanges(mirror),
  });
}

const fromMirror = (asOf: Date, stale: boolean): Freshness => ({ asOf: asOf.toISOString(), source: "mirror", stale });
const live = (now: Date): Freshness => ({ asOf: now.toISOString(), source: "live", stale: false });

/** Whether the tool could not be asked at all. */
const isDisconnected = (error: unknown): boolean => error instanceof HubError && error.code === "ENOTCONN";

async function stat(mirror: Mirror, request: MountRequest): Promise<Node> {
  const { scope, now } = request;
  const chain = await resolve(mirror, request);
  const row = chain.at(-1);
  const stale = !mirror.connection.isAuthorized;
  if (row === undefined) return mountNode(mirror.info, fromMirror(now, stale));
  if (request.fresh) {
    if (stale) throw notConnected(mirror.connection.view, request.path);
    const renewed = await renew(mirror, request, chain);
    return withCanonical(mirror, request, renewed, live(now));
  }
  return withCanonical(mirror, request, chain, fromMirror(row.syncedAt, stale));

  /** The chain with its last row as the tool has it now. */
  async function renew(from: Mirror, of: MountRequest, old: Chain): Promise<Chain> {
    try {
      const entry = await from.tool.stat(locationOf(old), toolContext(from, of));
      const last = old.at(-1);
      if (last === undefined) return old;
      const [renewed] = await from.db.withScope(scope, (tx) => storeEntries(tx, from, scope, holderOf(last), [entry], now));
      return renewed === undefined ? old : [...old.slice(0, -1), renewed];
    } catch (error) {
      if (error instanceof HubError && error.code === "ENOENT") await forgetGone(from, of, old);
      throw error;
    }
  }
}

async function withCanonical(mirror: Mirror, request: MountRequest, chain: Chain, freshness: Freshness): Promise<Node> {
  const row = chain.at(-1);
  if (row?.kind !== "link" || row.canonicalPath === null) return chainNode(mirror, chain, freshness);
  const paths = await mirror.db.withScope(request.scope, (tx) => canonicalPaths(tx, mirror, request.scope, [row]), { readOnly: true });
  return chainNode(mirror, chain, freshness, paths.get(row.canonicalPath));
}

interface Listing {
  readonly chain: Chain;
  readonly state: DirectoryState;
  readonly rows: readonly NodeRow[];
  readonly next: MountPage["next"];
  readonly canonical: ReadonlyMap<string, string>;
}

/** Directory, state and page in one look, or null where the path has to be resolved first. */
async function lookUp(mirror: Mirror, request: MountListRequest, known: Chain | null): Promise<Listing | null> {
  const { scope } = request;
  return mirror.db.withScope(
    scope,
    async (tx) => {
      // Sent together: the page is of the path that the segments most likely mean, and thrown away if they mean another.
      const path = known === null ? guessIdPath(mirror, request.segments) : (known.at(-1)?.path ?? mirror.root);
      const [chain, state, page] = await Promise.all([
        known ?? chainAtOnce(tx, mirror, request),
        readState(tx, scope, path),
        pageOf(tx, { workspaceId: scope.workspaceId, parentPath: path, shows: "tool", without: hiddenPaths(mirror), ...request }),
      ]);
      if (chain === null) return null;
      return { chain, state, ...page, canonical: await canonicalPaths(tx, mirror, scope, page.rows) };
    },
    { readOnly: true },
  );
}

async function list(mirror: Mirror, request: MountListRequest): Promise<MountPage> {
  const { now } = request;
  const { isAuthorized } = mirror.connection;
  let listing = (await lookUp(mirror, request, null)) ?? (await lookUp(mirror, request, await resolve(mirror, request)));
  if (listing === null) throw new HubError("ENOENT", "There is nothing at this path.", { path: request.path });
  const { chain } = listing;
  const kind = chain.at(-1)?.kind ?? "directory";
  if (kind !== "directory") throw new HubError("ENOTDIR", "This is a file: read it.", { path: request.path });

  const isFirst = request.after === null;
  const unseen = !listing.state.complete && listing.state.walkCursor === null;
  if (request.fresh && isFirst && !isAuthorized) throw notConnected(mirror.connection.view, request.path);
  let failed = !isAuthorized;
  if (isAuthorized && isFirst && (unseen || request.fresh)) {
    try {
      await walkDirectory(mirror, request, directoryOf(mirror, chain), { pages: 1, anew: request.fresh, priority: "person" });
      listing = (await lookUp(mirror, request, chain)) ?? listing;
    } catch (error) {
      if (error instanceof HubError && error.code === "ENOENT") await forgetGone(mirror, request, chain);
      if (!isDisconnected(error) || request.fresh || listing.state.listedAt === null) throw error;
      failed = true;
    }
  }
  const { state } = listing;
  if (!isAuthorized && state.listedAt === null && listing.rows.length === 0) throw notConnected(mirror.connection.view, request.path);
  const outdated = state.listedAt !== null && now.getTime() - state.listedAt.getTime() >= mirror.staleAfterMs;
  if (!failed && (!state.complete || state.walkStartedAt !== null || outdated)) walkOn(mirror, request, chain);

  const partial = !state.complete || (request.after?.partial ?? false);
  if (partial && request.sort !== "name") {
    throw new HubError("EAGAIN", "This directory is still being read. Sort by name, or try again in a moment.", {
      path: request.path,
      retryAfterMs: 1000,
    });
  }
  const freshness: Freshness = fromMirror(state.listedAt ?? state.walkStartedAt ?? now, failed);
  const make = nodeMaker(mirror, displayPathOf(mirror, chain), freshness);
  const { rows, next, canonical } = listing;
  return {
    nodes: rows.map((row) => make(row, row.canonicalPath === null ? undefined : canonical.get(row.canonicalPath))),
    next: next === null ? null : { ...next, partial },
    total: partial ? null : isFirst && next === null ? rows.length : countOf(chain),
    complete: !partial,
    freshness,
  };
}

function countOf(chain: Chain): number | null {
  const children = chain.at(-1)?.attributes.children;
  return typeof children === "number" ? children : null;
}

/** Goes on with a directory after the answer. */
function walkOn(mirror: Mirror, request: MountListRequest, chain: Chain): void {
  const directory = directoryOf(mirror, chain);
  const background: MountRequest = { ...request, maxWaitMs: undefined };
  mirror.walks.start(`${request.scope.workspaceId} ${directory.path}`, async (isStopped) => {
    await walkDirectory(mirror, background, directory, { pages: allPages, priority: "background", isStopped });
  });
}

async function read(mirror: Mirror, request: MountReadRequest): Promise<MountFile> {
  const { scope, now } = request;
  const quick = await mirror.db.withScope(
    scope,
    async (tx) => {
      const chain = await chainAtOnce(tx, mirror, request);
      const row = chain?.at(-1);
      return { chain, text: row === undefined ? null : await printed(tx, row) };
    },
    { readOnly: true },
  );
  const chain = quick.chain ?? (await resolve(mirror, request));
  const row = chain.at(-1);
  if (row === undefined || row.kind === "directory") throw new HubError("EISDIR", "This is a directory: list it.", { path: request.path });
  if (row.attributes.binary === true && request.as !== "json") {
    throw unsupported("read", request.path, "This file's content is bytes, which a GET of /api/files gives; reading it as text");
  }
  const format = ownFormat(request.as, naturalFormat(row.mediaType));
  const recent = quick.chain !== null ? quick.text : await mirror.db.withScope(scope, (tx) => printed(tx, row), { readOnly: true });
  if (recent !== null && typeof row.attributes.printedAt === "number") {
    const freshness = fromMirror(new Date(row.attributes.printedAt), !mirror.connection.isAuthorized);
    return fileOf(await withCanonical(mirror, request, chain, freshness), request, recent, row.etag ?? etagOf(recent));
  }
  try {
    if (!mirror.connection.isAuthorized) throw notConnected(mirror.connection.view, request.path);
    const file = await printLive(mirror, request, locationOf(chain), format);
    if (format !== null) {
      const node = await withCanonical(mirror, request, chain, live(now));
      return { node, as: format, mediaType: file.mediaType, text: file.text, etag: etagOf(file.text) };
    }
    const stored = await storePrint(mirror, request, parentOf(row.path), file);
    const node = await withCanonical(mirror, request, [...chain.slice(0, -1), stored.row], live(now));
    return fileOf(node, request, file.text, stored.etag);
  } catch (error) {
    if (error instanceof HubError && error.code === "ENOENT") await forgetGone(mirror, request, chain);
    if (!isDisconnected(error) || request.fresh || format !== null || mirror.connection.mirrorPolicy !== "full") throw error;
    const kept = await mirror.db.withScope(scope, (tx) => keptBody(tx, scope, row), { readOnly: true });
    if (kept === null) throw error;
    return fileOf(await withCanonical(mirror, request, chain, fromMirror(row.syncedAt, true)), request, kept.text, kept.etag);
  }

  /** What was printed a moment ago, where that answers the call. */
  async function printed(tx: Tx, of: NodeRow): Promise<string | null> {
    if (of.kind === "directory" || request.fresh || ownFormat(request.as, naturalFormat(of.mediaType)) !== null) return null;
    return recentPrint(tx, mirror, request, of);
  }
}

/** A file in its own format. */
function fileOf(node: Node, request: MountReadRequest, text: string, etag: string): MountFile {
  return {
    node: { ...node, etag },
    as: request.as ?? naturalFormat(node.mediaType),
    mediaType: node.mediaType ?? "text/plain; charset=utf-8",
    text,
    etag,
  };
}
