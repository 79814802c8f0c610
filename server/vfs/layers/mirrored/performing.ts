import { sql } from "drizzle-orm";
import { scopePrincipalId } from "@/db/scope";
import { HubError } from "@/server/errors";
import { companionName } from "../../identity";
import type { MountOutcome, MountPlan, MountRequest } from "../../mount";
import { notConnected } from "../../mount-table";
import type { ReceiptStep } from "../../node";
import { isBelow, joinPath, nameOf, parentOf } from "../../path";
import { type NodeRow, run, time } from "../../storage/node-rows";
import { etagOf } from "../../text";
import type { JsonObject, Location, UploadContent } from "../../tool-mount";
import { countChild, forgetPath, storeEntries } from "./entries";
import { idPathOf, type Mirror, toolContext } from "./mirror";
import { bytesEtag, displayPathOf } from "./nodes";
import { type PlanState, stateSchema } from "./plan-state";
import { printLifetimeMs, printLive, storePrint } from "./prints";
import { chainOf } from "./resolve";
import { stale } from "./stale";

/** Running a plan, and what the mirror says of it afterwards. */

/** Runs a plan of this mount: compares what it is based on, then makes its calls in order. */
export async function perform(mirror: Mirror, made: MountPlan, request: MountRequest, content?: UploadContent): Promise<MountOutcome> {
  const state = stateSchema.parse(made.state);
  if (!isBelow(state.path, mirror.root)) {
    // The name of the mount is another connection's by now: what was shown would be done as somebody else.
    throw new HubError("ESTALE", "This plan is of a connection that was ended since. Plan the change again.", { path: made.path });
  }
  if (!mirror.connection.isAuthorized) throw notConnected(mirror.connection.view, made.path);
  if (made.steps.length === 0) return { canonicalPath: state.display, etag: made.baseEtag, changed: false, undo: null };
  await compare(mirror, made, state, request);
  const location = await runSteps(mirror, made, request, content);
  return settle(mirror, made, state, request, location);
}

/** The guard of tools that have none of their own: what the plan is based on must still be so. */
async function compare(mirror: Mirror, made: MountPlan, state: PlanState, request: MountRequest): Promise<void> {
  if (state.type === "create" || state.type === "upload" || (state.revision === null && state.etag === null)) return;
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
async function runSteps(
  mirror: Mirror,
  made: MountPlan,
  request: MountRequest,
  content: UploadContent | undefined,
): Promise<Location | null> {
  const context = toolContext(mirror, request);
  let location: Location | null = null;
  let output: JsonObject = {};
  for (const [index, step] of made.steps.entries()) {
    try {
      const result = await mirror.tool.perform({ ...step, args: { ...step.args, ...output } }, context, content);
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

/** Where the record is after the change; null where nobody knows, as of a mail that was sent. An update may move it too: an event's month is its directory. */
function placeAfter(state: PlanState, location: Location | null): Location | null {
  if (state.type === "create" || state.type === "upload" || state.type === "move") return location;
  return state.type === "update" && !state.isLink && location !== null ? location : state.location;
}

/** After the tool did it: the mirror says so at once. */
async function settle(
  mirror: Mirror,
  made: MountPlan,
  state: PlanState,
  request: MountRequest,
  location: Location | null,
): Promise<MountOutcome> {
  const { scope } = request;
  const outcome = (canonicalPath: string, etag: string | null): MountOutcome => ({ canonicalPath, etag, changed: true, undo: made.undo });
  if (state.type === "remove") {
    await forget(state.path);
    return outcome(state.display, null);
  }
  const isNew = state.type === "create" || state.type === "upload";
  const named = state.to ?? state;
  const at = placeAfter(state, location);
  try {
    const path = at === null ? null : await mirror.db.withScope(scope, (tx) => idPathOf(tx, mirror, scope, at));
    const isElsewhere = !isNew && path !== state.path;
    if (isElsewhere) await forget(state.path);
    if (at === null || path === null) return outcome(displayOfNamed(), null);
    const stored = await look(at, parentOf(path));
    if (isNew || isElsewhere) {
      await mirror.db.withScope(scope, (tx) => countChild(tx, scope, path, 1));
      await keepAlias(path);
    }
    return outcome(await displayOf(at, path, stored.row), stored.etag);
  } catch (error) {
    // The change is done; that it could not be looked at again is no failure of it.
    if (!(error instanceof HubError)) throw error;
    return outcome(displayOfNamed(), null);
  }

  /** Where it would stand by the names that the caller used. */
  function displayOfNamed(): string {
    if (isNew || state.type === "move") return joinPath(named.display, state.name ?? nameOf(state.display));
    return state.display;
  }

  /** Takes what left a place out of the mirror, with its companion. */
  async function forget(path: string): Promise<void> {
    await mirror.db.withScope(scope, async (tx) => {
      await countChild(tx, scope, path, -(await forgetPath(tx, scope, path)));
      // The companion of an item with a fixed name is a neighbour by name; an object's stands below it.
      const last = state.location.at(-1);
      if (last?.type === "fixed") await forgetPath(tx, scope, joinPath(parentOf(path), companionName(nameOf(path))));
    });
  }

  async function look(of: Location, directory: string): Promise<{ readonly row: NodeRow; readonly etag: string | null }> {
    if (state.isText) return storePrint(mirror, request, directory, await printLive(mirror, request, of, null));
    const entry = await mirror.tool.stat(of, toolContext(mirror, request));
    const [row] = await mirror.db.withScope(scope, (tx) => storeEntries(tx, mirror, scope, directory, [entry], request.now));
    if (row === undefined) throw new Error("an entry was stored as no row");
    return { row, etag: entry.binary === true ? bytesEtag(row.path, entry.revision) : null };
  }

  /** The record may have come to be, or have gone, elsewhere than in the directory that was named. */
  async function displayOf(of: Location, path: string, row: NodeRow): Promise<string> {
    const directory = parentOf(path);
    if ((isNew || state.type === "move") && directory === named.path) return joinPath(named.display, row.name);
    if (path === state.path) return joinPath(parentOf(state.display), row.name);
    return displayPathOf(mirror, await chainOf(mirror, request, of));
  }

  /** For its creator the name it used stays an alias for a day. */
  async function keepAlias(path: string): Promise<void> {
    const owner = scopePrincipalId(scope);
    if (owner === null || state.name === null || state.name === nameOf(path)) return;
    const { name } = state;
    const expiresAt = new Date(request.now.getTime() + printLifetimeMs);
    await mirror.db.withScope(scope, (tx) =>
      run(
        tx,
        sql`insert into vfs_alias (workspace_id, owner_id, parent_path, name, path, expires_at) values (${scope.workspaceId}, ${owner}, ${named.path}, ${name}, ${path}, ${time(expiresAt)}) on conflict (workspace_id, owner_id, parent_path, name) do update set path = excluded.path, expires_at = excluded.expires_at`,
      ),
    );
  }
}
