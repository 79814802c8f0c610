import { HubError } from "@/server/errors";
import { parseSegment, splitName } from "../../identity";
import type { Mount, MountChange, MountChangeRequest, MountPlan, MountRequest } from "../../mount";
import { notConnected } from "../../mount-table";
import { parentOf } from "../../path";
import type { NodeRow } from "../../storage/node-rows";
import type { Change, DraftPlan, KindSchema } from "../../tool-mount";
import { unsupported } from "../capabilities";
import { type Mirror, toolContext } from "./mirror";
import { bytesEtag, type Chain, kindNameOf, locationOf } from "./nodes";
import { perform } from "./performing";
import { type Base, emptyDraft, nothing, placeOf, planOf, stateOf } from "./plan-state";
import { findPrint, printLive, storePrint } from "./prints";
import { chainAtOnce, resolveFar } from "./resolve";
import { stale } from "./stale";

/** Changing a tool: read → etag → plan → execute. What a plan is based on is compared once more just before its first call. */

/** The changing half of a mirrored mount. */
export function createMirroredChanges(mirror: Mirror): Pick<Mount, "plan" | "perform"> {
  return {
    plan: (request) => plan(mirror, request),
    perform: (made, request, content) => perform(mirror, made, request, content),
  };
}

async function plan(mirror: Mirror, request: MountChangeRequest): Promise<MountPlan> {
  const { change, path } = request;
  if (change.type === "mkdir") throw unsupported(change.type, path, "This tool has no such change");
  if (change.type === "write" && change.expiresAt !== null) {
    throw new HubError("EINVAL", "Records of a tool do not expire here.", { path, details: { key: "expiresAt" } });
  }
  if (!mirror.connection.isAuthorized) throw notConnected(mirror.connection.view, path);
  const { chain, rest } = await resolveAsFar(mirror, request);
  if (rest.length > 0) return planMissing(mirror, request, chain, rest);
  const row = chain.at(-1);
  if (change.type === "remove") return planRemove(mirror, request, change, chain);
  if (change.type === "move") return planMove(mirror, request, change, chain);
  if (change.type === "upload") throw new HubError("EEXIST", "There is a file already.", { path });
  if (row === undefined || row.kind === "directory") {
    throw new HubError("EISDIR", "This is a directory; name a file in it.", { path });
  }
  if (row.attributes.binary === true) throw unsupported(change.type, path, "This file's content is bytes, which are not written as text");
  if (change.type === "append") {
    const base = change.ifMatch === null && !request.dryRun ? nothing : await baseOf(mirror, request, chain, change.ifMatch);
    const location = locationOf(chain);
    const draft = await ask(mirror, request, { type: "append", location, text: change.text, seed: change.seed });
    // An append adds whatever else changed meanwhile; only a caller who named an etag wants the file to be as it was.
    return planOf(request, draft, stateOf(mirror, "append", chain, change.ifMatch === null ? nothing : base), base.etag);
  }
  if (change.createOnly) throw new HubError("EEXIST", "There is a file already.", { path });
  if (change.ifMatch === null) {
    throw new HubError(
      "EINVAL",
      "Changing a record of a tool needs ifMatch: read the file, and send the etag that you read with the change.",
      {
        path,
        details: { key: "ifMatch" },
      },
    );
  }
  const base = await baseOf(mirror, request, chain, change.ifMatch);
  const state = stateOf(mirror, "update", chain, base);
  if (base.text === null || change.text === base.text) return planOf(request, emptyDraft, state, base.etag);
  const draft = await ask(mirror, request, {
    type: "update",
    location: locationOf(chain),
    base: base.text,
    revision: base.revision,
    text: change.text,
  });
  return planOf(request, draft, state, base.etag);
}

async function resolveAsFar(mirror: Mirror, request: MountRequest): Promise<{ chain: Chain; rest: readonly string[] }> {
  const quick = await mirror.db.withScope(request.scope, (tx) => chainAtOnce(tx, mirror, request), { readOnly: true });
  return quick === null ? resolveFar(mirror, request) : { chain: quick, rest: [] };
}

function ask(mirror: Mirror, request: MountRequest, change: Change): Promise<DraftPlan> {
  return mirror.tool.plan(change, toolContext(mirror, request));
}

/** A path that leads nowhere: a new file where its directory takes one. */
async function planMissing(mirror: Mirror, request: MountChangeRequest, chain: Chain, rest: readonly string[]): Promise<MountPlan> {
  const { change, path } = request;
  const name = rest[0];
  if (rest.length > 1 || name === undefined || (change.type !== "write" && change.type !== "upload")) {
    throw new HubError("ENOENT", "There is nothing at this path.", { path });
  }
  const parent = locationOf(chain);
  if (change.type === "upload") {
    const { mediaType, sizeBytes, seed } = change;
    const maxBytes = uploadLimit(mirror, chain, path);
    if (sizeBytes > maxBytes) throw tooBig(maxBytes, path);
    const draft = await ask(mirror, request, { type: "upload", parent, name, mediaType, sizeBytes, seed });
    return planOf(request, draft, { ...stateOf(mirror, "upload", chain, nothing), name }, null);
  }
  if (change.ifMatch !== null) throw new HubError("ESTALE", "There is no such file any more.", { path });
  const kind = createdKind(mirror, chain);
  if (kind?.create === false && kind.upload !== undefined) {
    throw unsupported("write", path, "Files here are uploaded, by a PUT of their bytes to /api/files; writing them as text");
  }
  const { stem, extension } = splitName(name);
  const draft = await ask(mirror, request, { type: "create", parent, name: stem, extension, text: change.text, seed: change.seed });
  return planOf(request, draft, { ...stateOf(mirror, "create", chain, nothing), name }, null);
}

const tooBig = (limit: number, path: string): HubError =>
  new HubError("EFBIG", `A file uploaded here may have at most ${limit.toLocaleString("en")} bytes.`, { path, details: { limit } });

/** The kind of what is created in a directory. */
function createdKind(mirror: Mirror, chain: Chain): KindSchema | undefined {
  const creates = chain.at(-1)?.attributes.creates;
  return typeof creates === "string" ? mirror.kinds.get(creates) : undefined;
}

/** The most bytes of a file that is put into a directory. ENOTSUP where none can be, ESCOPE where the connection may not. */
function uploadLimit(mirror: Mirror, directory: Chain, path: string): number {
  const kind = createdKind(mirror, directory);
  if (kind?.upload === undefined) throw unsupported("write", path, "No files are uploaded to this directory");
  const capability = kind.writeCapability;
  if (capability !== undefined && !mirror.connection.capabilities.includes(capability)) {
    throw new HubError("ESCOPE", `This connection may not be used for ${capability}, which uploading here needs.`, {
      path,
      details: { capability },
    });
  }
  return kind.upload.maxBytes;
}

/**
 * What a file uploaded to the path may have at most, in bytes, before any of them has come. EEXIST where there is something, ENOTSUP and
 * ESCOPE as the upload itself.
 */
export async function findUploadLimit(mirror: Mirror, request: MountRequest): Promise<number> {
  const { path } = request;
  if (!mirror.connection.isAuthorized) throw notConnected(mirror.connection.view, path);
  const { chain, rest } = await resolveAsFar(mirror, request);
  if (rest.length === 0) throw new HubError("EEXIST", "There is something at this path already.", { path });
  if (rest.length > 1) throw new HubError("ENOENT", "There is no such directory.", { path: parentOf(path) });
  return uploadLimit(mirror, chain, path);
}

async function planRemove(
  mirror: Mirror,
  request: MountChangeRequest,
  change: Extract<MountChange, { type: "remove" }>,
  chain: Chain,
): Promise<MountPlan> {
  const { path } = request;
  const row = chain.at(-1);
  if (row === undefined) throw new HubError("EACCES", "This directory is part of the tree itself and stays.", { path });
  if (change.recursive) throw unsupported("remove", path, "A tool's records are removed one by one, never recursively");
  const kind = kindOf(mirror, row);
  if (kind === undefined || kind.remove === null) throw unsupported("remove", path, "The tool has no way to remove this");
  const base = await baseOf(mirror, request, chain, change.ifMatch);
  const draft = await ask(mirror, request, { type: "remove", location: locationOf(chain), revision: base.revision });
  return planOf(request, draft, stateOf(mirror, "remove", chain, base), base.etag);
}

function kindOf(mirror: Mirror, row: NodeRow): KindSchema | undefined {
  const name = kindNameOf(row);
  return name === null ? undefined : mirror.kinds.get(name);
}

async function planMove(
  mirror: Mirror,
  request: MountChangeRequest,
  change: Extract<MountChange, { type: "move" }>,
  chain: Chain,
): Promise<MountPlan> {
  const { path } = request;
  const row = chain.at(-1);
  if (row === undefined) throw new HubError("EACCES", "This directory is part of the tree itself and stays.", { path });
  if (kindOf(mirror, row)?.move === undefined) throw unsupported("move", path, "The tool has no way to move this");
  const target = await moveTarget(mirror, request, change, row);
  const base =
    change.ifMatch === null && !request.dryRun
      ? { ...nothing, revision: (await mirror.tool.stat(locationOf(chain), toolContext(mirror, request))).revision }
      : await baseOf(mirror, request, chain, change.ifMatch);
  const state = { ...stateOf(mirror, "move", chain, base), to: placeOf(mirror, target.directory), name: target.name };
  const isThere = target.name === null && (target.directory.at(-1)?.path ?? mirror.root) === (chain.at(-2)?.path ?? mirror.root);
  if (isThere) return planOf(request, emptyDraft, state, base.etag);
  const draft = await ask(mirror, request, {
    type: "move",
    location: locationOf(chain),
    to: locationOf(target.directory),
    name: target.name,
    revision: base.revision,
    seed: change.seed,
  });
  return planOf(request, draft, state, base.etag);
}

/** Where a move leads: into a directory that is there, or to a name in one. The name is null where it stays. */
async function moveTarget(
  mirror: Mirror,
  request: MountRequest,
  change: Extract<MountChange, { type: "move" }>,
  row: NodeRow,
): Promise<{ readonly directory: Chain; readonly name: string | null }> {
  const path = change.to;
  const { chain, rest } = await resolveAsFar(mirror, { ...request, path, segments: change.toSegments });
  if (rest.length > 1) throw new HubError("ENOENT", "There is no such directory to move it to.", { path });
  const last = chain.at(-1);
  const isItself = rest.length === 0 && last?.path === row.path;
  if (rest.length === 0 && !isItself) {
    if (last === undefined || last.kind === "directory") return { directory: chain, name: null };
    throw new HubError("EEXIST", "There is a file already where this is to be moved.", { path });
  }
  if (!isItself && last !== undefined && last.kind !== "directory") {
    throw new HubError("ENOTDIR", `${JSON.stringify(last.name)} on the path to move to is a file, not a directory.`, { path });
  }
  const wanted = change.toSegments.at(-1) ?? "";
  const name = withoutHandle(wanted, parseSegment(row.name)?.handle ?? null);
  return { directory: isItself ? chain.slice(0, -1) : chain, name: name === withoutHandle(row.name, null) ? null : name };
}

/** The human part of a segment with its extension; a tail that looks like a handle goes when it is the one, or none is given. */
function withoutHandle(segment: string, handle: string | null): string {
  const parsed = parseSegment(segment);
  return parsed === null || (handle !== null && parsed.handle !== handle) ? segment : `${parsed.human}${parsed.extension}`;
}

/**
 * What the file says now, as far as the change needs it. With an etag: the text that was printed for it, ESTALE when the file is not
 * that any more. A revision that is still the one of the print proves it without printing again.
 */
async function baseOf(mirror: Mirror, request: MountRequest, chain: Chain, ifMatch: string | null): Promise<Base> {
  const location = locationOf(chain);
  const context = toolContext(mirror, request);
  const row = chain.at(-1);
  const path = row?.path ?? mirror.root;
  if (row?.kind === "directory" || row?.attributes.binary === true) {
    const entry = await mirror.tool.stat(location, context);
    const etag = row.kind === "directory" ? null : bytesEtag(path, entry.revision);
    if (ifMatch !== null && etag !== ifMatch) throw stale(request.path, etag);
    return { ...nothing, revision: entry.revision };
  }
  if (ifMatch !== null) {
    const print = await mirror.db.withScope(request.scope, (tx) => findPrint(tx, request.scope, path, ifMatch, request.now), {
      readOnly: true,
    });
    if (print !== null && print.revision !== null) {
      const { revision } = await mirror.tool.stat(location, context);
      if (revision === print.revision) return { text: print.text, etag: ifMatch, revision };
    }
  }
  const printed = await printLive(mirror, request, location, null);
  const stored = await storePrint(mirror, request, parentOf(path), printed);
  if (ifMatch !== null && stored.etag !== ifMatch) throw stale(request.path, stored.etag);
  return { text: printed.text, etag: stored.etag, revision: printed.entry.revision };
}
