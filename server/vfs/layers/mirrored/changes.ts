import { sql } from "drizzle-orm";
import { z } from "zod";
import { scopePrincipalId } from "@/db/scope";
import { HubError } from "@/server/errors";
import { splitName } from "../../identity";
import type { Mount, MountChangeRequest, MountOutcome, MountPlan, MountRequest } from "../../mount";
import { notConnected } from "../../mount-table";
import type { ReceiptStep } from "../../node";
import { isBelow, joinPath, nameOf, parentOf } from "../../path";
import { run, time } from "../../storage/node-rows";
import { etagOf } from "../../text";
import type { Change, DraftPlan, JsonObject, Location } from "../../tool-mount";
import { unsupported } from "../capabilities";
import { countChild, forgetPath } from "./entries";
import { idPathOf, type Mirror, toolContext } from "./mirror";
import { type Chain, displayPathOf, locationOf } from "./nodes";
import { findPrint, printLifetimeMs, printLive, storePrint } from "./prints";
import { chainAtOnce, resolve, resolveFar } from "./resolve";

/** Changing a tool: read → etag → plan → execute. What a plan is based on is compared once more just before its first call. */

const segment = z.discriminatedUnion("type", [
  z.object({ type: z.literal("fixed"), name: z.string() }),
  z.object({ type: z.literal("object"), kind: z.string(), externalId: z.string(), companion: z.boolean().optional() }),
]);

const stateSchema = z.object({
  type: z.enum(["create", "update", "append", "remove"]),
  /** Of the file itself; of the directory, for a new one. */
  location: z.array(segment),
  /** Id path of the same. */
  path: z.string(),
  /** Display path of the same. */
  display: z.string(),
  /** The name that the caller used for a new file. */
  name: z.string().nullable(),
  /** Compared before the first call; null where nothing is to be compared. */
  revision: z.string().nullable(),
  etag: z.string().nullable(),
});
type State = z.infer<typeof stateSchema>;

/** What a change of an existing file starts from. */
interface Base {
  readonly text: string | null;
  readonly etag: string | null;
  readonly revision: string | null;
}

/** The changing half of a mirrored mount. */
export function createMirroredChanges(mirror: Mirror): Pick<Mount, "plan" | "perform"> {
  return {
    plan: (request) => plan(mirror, request),
    perform: (made, request) => perform(mirror, made, request),
  };
}

async function plan(mirror: Mirror, request: MountChangeRequest): Promise<MountPlan> {
  const { change, path } = request;
  if (change.type === "mkdir" || change.type === "move") throw unsupported(change.type, path, "This tool has no such change");
  if (change.type === "write" && change.expiresAt !== null) {
    throw new HubError("EINVAL", "Records of a tool do not expire here.", { path, details: { key: "expiresAt" } });
  }
  if (!mirror.connection.isAuthorized) throw notConnected(mirror.connection.view, path);
  const quick = await mirror.db.withScope(request.scope, (tx) => chainAtOnce(tx, mirror, request), { readOnly: true });
  const { chain, rest } = quick === null ? await resolveFar(mirror, request) : { chain: quick, rest: [] };
  if (rest.length > 0) return planMissing(mirror, request, chain, rest);
  const row = chain.at(-1);
  if (change.type === "remove") return planRemove(mirror, request, chain);
  if (row === undefined || row.kind === "directory") {
    throw new HubError("EISDIR", "This is a directory; name a file in it.", { path });
  }
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

const nothing: Base = { text: null, etag: null, revision: null };
const emptyDraft: DraftPlan = { steps: [], effects: [], undo: null };

function ask(mirror: Mirror, request: MountRequest, change: Change): Promise<DraftPlan> {
  return mirror.tool.plan(change, toolContext(mirror, request));
}

function stateOf(mirror: Mirror, type: State["type"], chain: Chain, base: Base): State {
  return {
    type,
    location: [...locationOf(chain)],
    path: chain.at(-1)?.path ?? mirror.root,
    display: displayPathOf(mirror, chain),
    name: null,
    revision: base.revision,
    etag: base.etag,
  };
}

function planOf(request: MountChangeRequest, draft: DraftPlan, state: State, baseEtag: string | null): MountPlan {
  return {
    operation: request.operation,
    path: request.path,
    baseEtag,
    steps: draft.steps,
    effects: draft.effects,
    undo: draft.undo,
    state: state as unknown as JsonObject,
  };
}

/** A path that leads nowhere: a new file where its directory takes one. */
async function planMissing(mirror: Mirror, request: MountChangeRequest, chain: Chain, rest: readonly string[]): Promise<MountPlan> {
  const { change, path } = request;
  const name = rest[0];
  if (rest.length > 1 || name === undefined || change.type !== "write") {
    throw new HubError("ENOENT", "There is nothing at this path.", { path });
  }
  if (change.ifMatch !== null) throw new HubError("ESTALE", "There is no such file any more.", { path });
  const { stem, extension } = splitName(name);
  const parent = locationOf(chain);
  const draft = await ask(mirror, request, { type: "create", parent, name: stem, extension, text: change.text, seed: change.seed });
  return planOf(request, draft, { ...stateOf(mirror, "create", chain, nothing), name }, null);
}

async function planRemove(mirror: Mirror, request: MountChangeRequest, chain: Chain): Promise<MountPlan> {
  const { change, path } = request;
  const row = chain.at(-1);
  if (change.type !== "remove" || row === undefined) {
    throw new HubError("EACCES", "This directory is part of the tree itself and stays.", { path });
  }
  if (change.recursive) throw unsupported("remove", path, "A tool's records are removed one by one, never recursively");
  const kind = row.objectKind === null || row.attributes.isCompanion === true ? undefined : mirror.kinds.get(row.objectKind);
  if (kind === undefined || kind.remove === null) throw unsupported("remove", path, "The tool has no way to remove this");
  const base = await baseOf(mirror, request, chain, change.ifMatch);
  const draft = await ask(mirror, request, { type: "remove", location: locationOf(chain), revision: base.revision });
  return planOf(request, draft, stateOf(mirror, "remove", chain, base), base.etag);
}

/**
 * What the file says now, as far as the change needs it. With an etag: the text that was printed for it, ESTALE when the file is not
 * that any more. A revision that is still the one of the print proves it without printing again.
 */
async function baseOf(mirror: Mirror, request: MountRequest, chain: Chain, ifMatch: string | null): Promise<Base> {
  const location = locationOf(chain);
  const context = toolContext(mirror, request);
  const row = chain.at(-1);
  if (row?.kind === "directory") return { ...nothing, revision: (await mirror.tool.stat(location, context)).revision };
  const path = row?.path ?? mirror.root;
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

function stale(path: string, etag: string | null): HubError {
  return new HubError("ESTALE", "The file changed in the tool since it was read. Read it again.", {
    path,
    ...(etag === null ? {} : { details: { etag } }),
  });
}

async function perform(mirror: Mirror, made: MountPlan, request: MountRequest): Promise<MountOutcome> {
  const state = stateSchema.parse(made.state);
  if (!isBelow(state.path, mirror.root)) {
    // The name of the mount is another connection's by now: what was shown would be done as somebody else.
    throw new HubError("ESTALE", "This plan is of a connection that was ended since. Plan the change again.", { path: made.path });
  }
  if (!mirror.connection.isAuthorized) throw notConnected(mirror.connection.view, made.path);
  if (made.steps.length === 0) return { canonicalPath: state.display, etag: made.baseEtag, changed: false, undo: null };
  await compare(mirror, made, state, request);
  const location = await runSteps(mirror, made, request);
  return settle(mirror, made, state, request, location);
}

/** The guard of tools that have none of their own: what the plan is based on must still be so. */
async function compare(mirror: Mirror, made: MountPlan, state: State, request: MountRequest): Promise<void> {
  if (state.type === "create" || (state.revision === null && state.etag === null)) return;
  if (mirror.tool.description.guard === "atomic" && state.revision !== null) return;
  const context = toolContext(mirror, request);
  try {
    const { revision } = await mirror.tool.stat(state.location, context);
    if (revision !== null && revision === state.revision) return;
    if (state.etag === null) throw stale(made.path, null);
    const current = etagOf((await printLive(mirror, request, state.location, null)).text);
    if (current !== state.etag) throw stale(made.path, current);
  } catch (error) {
    if (error instanceof HubError && error.code === "ENOENT") {
      throw new HubError("ESTALE", "The file is not there any more.", { path: made.path, cause: error });
    }
    throw error;
  }
}

/** Runs the steps in order; one that fails is thrown with the receipt of all. Answers where the record is now. */
async function runSteps(mirror: Mirror, made: MountPlan, request: MountRequest): Promise<Location | null> {
  const context = toolContext(mirror, request);
  let location: Location | null = null;
  let output: JsonObject = {};
  for (const [index, step] of made.steps.entries()) {
    try {
      const result = await mirror.tool.perform({ ...step, args: { ...step.args, ...output } }, context);
      location = result.location ?? location;
      output = { ...output, ...result.output };
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      throw withReceipt(error, made, index);
    }
  }
  return location;
}

function withReceipt(error: HubError, made: MountPlan, failedAt: number): HubError {
  const steps = made.steps.map(({ call, changes }, index): ReceiptStep => {
    if (index < failedAt) return { call, changes, outcome: "done", error: null };
    if (index > failedAt) return { call, changes, outcome: "not_tried", error: null };
    return { call, changes, outcome: "failed", error: { code: error.code, message: error.message } };
  });
  return new HubError(error.code, error.message, {
    path: made.path,
    retryable: error.retryable && failedAt === 0,
    ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
    ...(error.actionUrl === undefined ? {} : { actionUrl: error.actionUrl }),
    details: { ...error.details, receipt: { path: made.path, steps } },
    cause: error,
  });
}

/** After the tool did it: the mirror says so at once. */
async function settle(
  mirror: Mirror,
  made: MountPlan,
  state: State,
  request: MountRequest,
  location: Location | null,
): Promise<MountOutcome> {
  const { scope } = request;
  if (state.type === "remove") {
    await mirror.db.withScope(scope, async (tx) => {
      await countChild(tx, scope, state.path, -(await forgetPath(tx, scope, state.path)));
    });
    return { canonicalPath: state.display, etag: null, changed: true, undo: made.undo };
  }
  const at: Location = state.type === "create" ? (location ?? state.location) : state.location;
  try {
    const directory = state.type === "create" ? await mirror.db.withScope(scope, (tx) => parentIdPath(tx, at)) : parentOf(state.path);
    const printed = await printLive(mirror, request, at, null);
    const stored = await storePrint(mirror, request, directory, printed);
    const canonicalPath = joinPath(await displayOfDirectory(directory), stored.row.name);
    if (state.type === "create") {
      await mirror.db.withScope(scope, (tx) => countChild(tx, scope, stored.row.path, 1));
      await keepAlias(stored.row.path);
    }
    return { canonicalPath, etag: stored.etag, changed: true, undo: made.undo };
  } catch (error) {
    // The change is done; that it could not be looked at again is no failure of it.
    if (!(error instanceof HubError)) throw error;
    const canonicalPath = state.name === null ? state.display : joinPath(state.display, state.name);
    return { canonicalPath, etag: null, changed: true, undo: made.undo };
  }

  async function parentIdPath(tx: Parameters<typeof idPathOf>[0], of: Location): Promise<string> {
    return parentOf(await idPathOf(tx, mirror, scope, of));
  }

  /** The record may have come to be, or have gone, elsewhere than in the directory that was named. */
  async function displayOfDirectory(directory: string): Promise<string> {
    if (state.type === "create" && directory === state.path) return state.display;
    if (state.type !== "create") return parentOf(state.display);
    const chain = await resolve(mirror, { ...request, segments: [], path: mirror.info.path }).catch(() => []);
    return displayPathOf(mirror, chain);
  }

  /** For its creator the name it used stays an alias for a day. */
  async function keepAlias(path: string): Promise<void> {
    const owner = scopePrincipalId(scope);
    if (owner === null || state.name === null || state.name === nameOf(path)) return;
    const name = state.name;
    const expiresAt = new Date(request.now.getTime() + printLifetimeMs);
    await mirror.db.withScope(scope, (tx) =>
      run(
        tx,
        sql`insert into vfs_alias (workspace_id, owner_id, parent_path, name, path, expires_at) values (${scope.workspaceId}, ${owner}, ${state.path}, ${name}, ${path}, ${time(expiresAt)}) on conflict (workspace_id, owner_id, parent_path, name) do update set path = excluded.path, expires_at = excluded.expires_at`,
      ),
    );
  }
}
