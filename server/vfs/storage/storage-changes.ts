import { z } from "zod";
import type { Tx } from "@/db/client";
import { SqlError } from "@/db/errors";
import { HubError } from "@/server/errors";
import { unsupported } from "../layers/capabilities";
import type { Mount, MountChange, MountChangeRequest, MountOutcome, MountPlan, MountRequest } from "../mount";
import { maxPathBytes, parsePath } from "../path";
import { etagOf } from "../text";
import type { JsonObject } from "../tool-mount";
import { findRow, type NodeRow } from "./node-rows";
import { displayPath, getRow, missing, recordUse, type StorageContext, storedPath } from "./storage-nodes";
import { appendFile, type Guard, makeDirectory, moveNode, removeNode, writeFile } from "./storage-statements";

/** Plans and their execution for storage mounts: a plan is one step, and its guard is part of the one statement that runs it. */

const stateSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("nothing") }),
  z.object({ type: z.literal("write"), text: z.string(), guard: z.string().nullable(), expiresAt: z.string().nullable() }),
  z.object({ type: z.literal("append"), text: z.string(), guard: z.string().nullable() }),
  z.object({ type: z.literal("mkdir") }),
  z.object({ type: z.literal("move"), to: z.array(z.string()), guard: z.string().nullable() }),
  z.object({ type: z.literal("remove"), recursive: z.boolean(), guard: z.string().nullable() }),
]);
type State = z.infer<typeof stateSchema>;

/** Two changes of one subtree may wait for each other in a circle; the database then undoes one, which can run again. */
const deadlockAttempts = 3;
const isDeadlock = (error: unknown): boolean => error instanceof SqlError && error.code === "40P01";

/** In a state's guard: nothing may be there. */
const absent = "absent";

/** The changing half of a storage mount. */
export function createStorageChanges(context: StorageContext): Pick<Mount, "plan" | "perform"> {
  const { db, policy } = context;

  return {
    async plan(request) {
      if (request.segments.length === 0) throw rootRefusal(request);
      if (policy.shape === "daily") checkDay(request);
      checkLength(context, request, request.segments);
      if (request.change.type === "move") checkLength(context, request, request.change.toSegments);
      return db.withScope(
        request.scope,
        async (tx) => {
          const path = storedPath(policy, request.scope, request.segments);
          const row = await findRow(tx, request.scope.workspaceId, path, request.now);
          return planOf(tx, context, request, request.change, row);
        },
        { readOnly: true },
      );
    },

    async perform(plan, request) {
      const state = stateSchema.parse(plan.state);
      for (let tried = 1; ; tried += 1) {
        try {
          return await db.withScope(request.scope, (tx) => performState(tx, context, plan, state, request));
        } catch (error) {
          if (!isDeadlock(error)) throw error;
          if (tried === deadlockAttempts) {
            throw new HubError("EAGAIN", "Other changes of these files are under way. Try again.", { path: plan.path, cause: error });
          }
        }
      }
    },
  };
}

function rootRefusal(request: MountChangeRequest): HubError {
  const { path, operation } = request;
  if (operation === "mkdir") return new HubError("EEXIST", "This directory is there already.", { path });
  if (operation === "write" || operation === "append") return new HubError("EISDIR", "This is a directory; name a file in it.", { path });
  return new HubError("EACCES", "This directory is part of the tree itself and stays.", { path });
}

/** What is kept of a person's path names the person too, and is as limited as the path. */
function checkLength(context: StorageContext, request: MountChangeRequest, segments: readonly string[]): void {
  if (Buffer.byteLength(storedPath(context.policy, request.scope, segments)) <= maxPathBytes) return;
  throw new HubError("EINVAL", "The path is too long for this place.", { path: request.path, details: { limit: maxPathBytes } });
}

const dayMs = 24 * 60 * 60 * 1000;

/** History is written on its day: a file `<yyyy-mm-dd>.md`, a date that is today somewhere on earth. */
function checkDay(request: MountChangeRequest): void {
  const name = request.segments[0] ?? "";
  const match = /^(\d{4}-\d{2}-\d{2})\.md$/.exec(name);
  const today = request.now.toISOString().slice(0, 10);
  const days = match === null ? Number.NaN : Math.abs(Date.parse(match[1] ?? "") - Date.parse(today)) / dayMs;
  if (request.segments.length === 1 && days <= 1) return;
  throw new HubError("EINVAL", `History is a file a day, written on that day: append to ${today}.md.`, { path: request.path });
}

function stale(path: string, current: string | null): HubError {
  if (current === null) return new HubError("ESTALE", "There is no such file any more.", { path });
  return new HubError("ESTALE", "The file changed since it was read. Read it again.", { path, details: { etag: current } });
}

async function planOf(
  tx: Tx,
  context: StorageContext,
  request: MountChangeRequest,
  change: MountChange,
  row: NodeRow | null,
): Promise<MountPlan> {
  const { path } = request;
  const plan = (call: string, state: State, baseEtag: string | null, undo: string | null): MountPlan => ({
    operation: request.operation,
    path,
    baseEtag,
    steps: state.type === "nothing" ? [] : [{ call, changes: [], args: {} }],
    effects: [],
    undo,
    state: state as unknown as JsonObject,
  });
  const needParent = async (): Promise<void> => {
    if (request.segments.length === 1) return;
    const parent = await getRow(tx, context, { ...request, segments: request.segments.slice(0, -1) });
    if (parent.kind !== "directory") throw new HubError("ENOTDIR", "The parent of this path is a file.", { path });
  };
  const matching = (ifMatch: string | null): void => {
    if (ifMatch !== null && row?.etag !== ifMatch) throw stale(path, row?.etag ?? null);
  };
  /** A kept plan runs against what it was made for; a plain change only against what its caller asked for. */
  const guardOf = (ifMatch: string | null): string | null => ifMatch ?? (request.dryRun ? (row?.etag ?? absent) : null);

  switch (change.type) {
    case "write": {
      if (row?.kind === "directory") throw new HubError("EISDIR", "This is a directory; name a file in it.", { path });
      if (change.createOnly && row !== null) throw new HubError("EEXIST", "There is a file already.", { path });
      matching(change.ifMatch);
      if (row === null) await needParent();
      const expiresAt = checkedExpiry(context, change.expiresAt, row?.createdAt ?? request.now, request);
      const same = row !== null && row.etag === etagOf(change.text) && expiresAt === null;
      if (same) return plan("write", { type: "nothing" }, row.etag, null);
      const guard = change.createOnly ? absent : guardOf(change.ifMatch);
      const undo = row === null ? "Remove the file." : null;
      return plan(row === null ? "create" : "write", { type: "write", text: change.text, guard, expiresAt }, row?.etag ?? null, undo);
    }
    case "append": {
      if (row?.kind === "directory") throw new HubError("EISDIR", "This is a directory; name a file in it.", { path });
      matching(change.ifMatch);
      if (row === null) await needParent();
      return plan("append", { type: "append", text: change.text, guard: guardOf(change.ifMatch) }, row?.etag ?? null, null);
    }
    case "upload":
      throw unsupported("write", path, "Files of bytes cannot be kept here, only texts; uploading");
    case "mkdir": {
      if (row !== null) throw new HubError("EEXIST", "There is something at this path already.", { path });
      await needParent();
      return plan("mkdir", { type: "mkdir" }, null, "Remove the directory.");
    }
    case "move": {
      if (row === null) throw await missing(tx, context, request);
      matching(change.ifMatch);
      if (change.toSegments.length === 0) throw new HubError("EEXIST", "There is something at this path already.", { path: change.to });
      parsePath(change.to);
      const to = [...change.toSegments];
      const guard = row.kind === "file" ? guardOf(change.ifMatch) : null;
      return plan(`move to ${change.to}`, { type: "move", to, guard }, row.etag, `Move it back to ${path}.`);
    }
    case "remove": {
      if (row === null) throw await missing(tx, context, request);
      matching(change.ifMatch);
      const guard = row.kind === "file" ? guardOf(change.ifMatch) : null;
      return plan("remove", { type: "remove", recursive: change.recursive, guard }, row.etag, null);
    }
  }
}

/** An asked-for expiry lies between the shortest and the longest life of a file of this tier; EINVAL says the range. */
function checkedExpiry(context: StorageContext, asked: Date | null, createdAt: Date, request: MountRequest): string | null {
  if (asked === null) return null;
  const { retention } = context.policy;
  if (retention === null) {
    throw new HubError("EINVAL", "Files here are permanent; expiresAt does not apply.", {
      path: request.path,
      details: { key: "expiresAt" },
    });
  }
  const earliest = new Date(createdAt.getTime() + retention.afterUseMs);
  const latest = new Date(createdAt.getTime() + retention.afterCreationMs);
  if (asked < earliest || asked > latest || asked <= request.now) {
    throw new HubError("EINVAL", `A file here can expire from ${earliest.toISOString()} to ${latest.toISOString()}.`, {
      path: request.path,
      details: { key: "expiresAt" },
    });
  }
  return asked.toISOString();
}

async function performState(tx: Tx, context: StorageContext, plan: MountPlan, state: State, request: MountRequest): Promise<MountOutcome> {
  const { policy } = context;
  const path = storedPath(policy, request.scope, request.segments);
  const done = (canonicalPath: string, etag: string | null): MountOutcome => ({ canonicalPath, etag, changed: true, undo: plan.undo });
  switch (state.type) {
    case "nothing": {
      const row = await findRow(tx, request.scope.workspaceId, path, request.now);
      if (row === null || row.etag !== plan.baseEtag) throw stale(plan.path, row?.etag ?? null);
      await recordUse(tx, context, request, row);
      return { canonicalPath: plan.path, etag: row.etag, changed: false, undo: null };
    }
    case "write": {
      const fixed = state.expiresAt === null ? null : new Date(state.expiresAt);
      return done(plan.path, await writeFile(tx, context, request, path, state.text, guardFrom(state.guard), fixed));
    }
    case "append":
      return done(plan.path, await appendFile(tx, context, request, path, state.text, guardFrom(state.guard)));
    case "mkdir":
      await makeDirectory(tx, context, request, path);
      return done(plan.path, null);
    case "move": {
      const to = storedPath(policy, request.scope, state.to);
      const etag = await moveNode(tx, context, request, path, to, guardFrom(state.guard));
      return done(displayPath(context, request.scope, to), etag);
    }
    case "remove":
      await removeNode(tx, context, request, path, guardFrom(state.guard), state.recursive);
      return done(plan.path, null);
  }
}

function guardFrom(guard: string | null): Guard {
  if (guard === null) return { type: "any" };
  return guard === absent ? { type: "absent" } : { type: "etag", etag: guard };
}
