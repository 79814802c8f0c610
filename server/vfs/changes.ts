import { createHash, randomUUID } from "node:crypto";
import type { z } from "zod";
import type { WorkspaceScope } from "@/db/scope";
import { HubError, toErrorBody } from "@/server/errors";
import { decodeId, encodeId } from "@/server/ids";
import { actorName } from "./actor";
import { answering, onMount, parseInput, refuseBelow } from "./answers";
import { unsupported } from "./layers/capabilities";
import type { Mount, MountChange, MountPlan, MountRequest } from "./mount";
import type { Place } from "./mount-table";
import type { Operation, Plan, Receipt } from "./node";
import {
  type AppendInput,
  appendInput,
  type EditInput,
  type ExecuteInput,
  editInput,
  executeInput,
  type MkdirInput,
  type MoveInput,
  mkdirInput,
  moveInput,
  type RemoveInput,
  removeInput,
  type UploadInput,
  uploadInput,
  type WriteInput,
  writeInput,
} from "./operations";
import { parentOf, parsePath } from "./path";
import { type KeyStore, keyAbandonedMs, mayHaveChanged, type PlanStore } from "./stores";
import { maxTextBytes } from "./text";
import type { UploadContent } from "./tool-mount";

/** A plan where `dryRun` was asked for, a receipt otherwise. */
export type ChangeAnswer = { readonly kind: "plan"; readonly plan: Plan } | { readonly kind: "receipt"; readonly receipt: Receipt };

export interface Changes {
  /** Creates or replaces a file. Over an existing item of a tool it requires `ifMatch`. */
  write(scope: WorkspaceScope, input: WriteInput): Promise<ChangeAnswer>;
  /** Adds to the file that it names: to `comments.md` a comment, to a storage file its end. */
  append(scope: WorkspaceScope, input: AppendInput): Promise<ChangeAnswer>;
  /** Replaces an exact string, once unless `all`; EINVAL with the count when it stands there never or more often. */
  edit(scope: WorkspaceScope, input: EditInput): Promise<ChangeAnswer>;
  mkdir(scope: WorkspaceScope, input: MkdirInput): Promise<ChangeAnswer>;
  move(scope: WorkspaceScope, input: MoveInput): Promise<ChangeAnswer>;
  remove(scope: WorkspaceScope, input: RemoveInput): Promise<ChangeAnswer>;
  /** The most bytes that a file uploaded to the path may have. EEXIST where there is something, ENOTSUP where nothing can be uploaded. */
  uploadLimit(scope: WorkspaceScope, path: string): Promise<number>;
  /** Makes a file of bytes. EEXIST where there is something. */
  upload(scope: WorkspaceScope, input: UploadInput, content: UploadContent): Promise<Receipt>;
  /** Runs exactly the plan that `dryRun` showed, once, or is ESTALE. */
  execute(scope: WorkspaceScope, input: ExecuteInput): Promise<ChangeAnswer>;
}

export interface ChangesOptions {
  readonly plans: PlanStore;
  readonly keys: KeyStore;
  readonly clock: () => Date;
  place(scope: WorkspaceScope, path: string): Promise<{ place: Place; segments: readonly string[] }>;
  requestOf(
    scope: WorkspaceScope,
    operation: Operation,
    all: readonly string[],
    segments: readonly string[],
    input: { readonly maxWaitMs?: number | undefined },
  ): MountRequest;
}

interface Common {
  readonly path: string;
  readonly dryRun?: boolean | undefined;
  readonly idempotencyKey?: string | undefined;
  readonly maxWaitMs?: number | undefined;
}

/** What a change got to: the connection (`con_…`) that it goes through, whose end takes the receipt along. */
interface Reached {
  connection: string | null;
}
type Attempt = (begunAt: Date | null, reached: Reached) => Promise<ChangeAnswer>;

const editAttempts = 5;

/** The operations that change something: each is a plan and its execution. */
export function createChanges(options: ChangesOptions): Changes {
  const { plans, keys, clock } = options;

  /** Above the mounts nothing can be made: there the place is the directory that would have to hold it. */
  async function placeOrParent(scope: WorkspaceScope, path: string): Promise<{ place: Place; segments: readonly string[] }> {
    try {
      return await options.place(scope, path);
    } catch (error) {
      if (!(error instanceof HubError) || error.code !== "ENOENT") throw error;
      return options.place(scope, parentOf(path));
    }
  }

  /** The mount a change is for; places that exist by contract refuse it. */
  async function target(scope: WorkspaceScope, operation: Operation, input: Common): Promise<{ mount: Mount; request: MountRequest }> {
    const { place, segments } = await placeOrParent(scope, input.path);
    if (place.type !== "mount") {
      refuseBelow(place, input.path);
      throw unsupported(operation, input.path, "This directory is part of the tree itself");
    }
    return { mount: place.mount, request: options.requestOf(scope, operation, segments, place.segments, input) };
  }

  async function run(
    scope: WorkspaceScope,
    operation: Operation,
    input: Common,
    make: (mount: Mount, request: MountRequest, seed: string) => Promise<MountPlan>,
    content?: UploadContent,
  ): Promise<ChangeAnswer> {
    const attempt: Attempt = async (begunAt, reached) => {
      const { mount, request } = await target(scope, operation, input);
      reached.connection = mount.info.connection?.id ?? null;
      return onMount(mount, request.path, async () => {
        const plan = await make(mount, request, seedOf(scope, input.idempotencyKey, begunAt));
        if (input.dryRun !== true) return { kind: "receipt", receipt: await perform(mount, plan, request, content) };
        const saved = await plans.save(scope, plan, mount.info.connection?.id ?? null, request.now);
        return { kind: "plan", plan: shownPlan(mount, plan, saved) };
      });
    };
    if (input.dryRun === true) return attempt(null, { connection: null });
    // Undefined leaves no trace in JSON; how long the caller waits is no part of the change.
    return once(scope, input.idempotencyKey, [operation, { ...input, idempotencyKey: undefined, maxWaitMs: undefined }], attempt);
  }

  async function perform(mount: Mount, plan: MountPlan, request: MountRequest, content?: UploadContent): Promise<Receipt> {
    const outcome = await mount.perform(plan, request, content).catch((error: unknown) => {
      // Not foreseen, such as the database gone after the tool did it: nobody knows, so nothing may be sent again under the same key.
      if (error instanceof HubError || mount.info.kind === "storage") throw error;
      throw new HubError("EIO", "The hub failed while the change was made. Look at the file before making it again.", {
        details: { outcome: "unknown" },
        cause: error,
      });
    });
    return {
      operation: plan.operation,
      path: plan.path,
      canonicalPath: outcome.canonicalPath,
      etag: outcome.etag,
      steps: plan.steps.map(({ call, changes }) => ({ call, changes, outcome: "done", error: null })),
      actsAs: mount.info.actsAs,
      undo: outcome.changed ? outcome.undo : null,
      changed: outcome.changed,
      at: clock().toISOString(),
    };
  }

  /** Runs `work` under an idempotency key, from the moment that it is told: its first answer is the answer for a day. */
  async function once(scope: WorkspaceScope, key: string | undefined, content: unknown, work: Attempt): Promise<ChangeAnswer> {
    const reached: Reached = { connection: null };
    if (key === undefined) return work(null, reached);
    const now = clock();
    const hash = createHash("sha256").update(JSON.stringify(content)).digest("hex");
    const state = await keys.begin(scope, key, hash, now);
    switch (state.type) {
      case "other_content":
        throw new HubError("EINVAL", "This idempotency key was used for another change. Use a new key.", {
          details: { key: "idempotencyKey" },
        });
      case "receipt":
        return { kind: "receipt", receipt: state.receipt };
      case "failure": {
        const { code, message, ...rest } = state.failure;
        throw new HubError(code, message, rest);
      }
      case "running":
        if (now.getTime() - state.since.getTime() < keyAbandonedMs) {
          throw new HubError("EAGAIN", "The call with this idempotency key is still under way.", { retryAfterMs: 1000 });
        }
        throw new HubError(
          "EIO",
          "The first call with this idempotency key never finished, so its outcome is unknown. Look at the file, then use a new key.",
          { details: { outcome: "unknown" } },
        );
      case "new":
    }
    try {
      const answer = await work(now, reached);
      if (answer.kind === "receipt") await keys.succeed(scope, key, answer.receipt, reached.connection);
      return answer;
    } catch (error) {
      if (error instanceof HubError && mayHaveChanged(error)) await keys.fail(scope, key, toErrorBody(error), reached.connection);
      else await keys.release(scope, key);
      throw error;
    }
  }

  function planning(
    scope: WorkspaceScope,
    operation: Operation,
    input: Common,
    change: (seed: string, mount: Mount) => MountChange,
  ): Promise<ChangeAnswer> {
    return answering(input.path, () =>
      run(scope, operation, input, (mount, request, seed) =>
        mount.plan({ ...request, operation, change: change(seed, mount), dryRun: input.dryRun ?? false }),
      ),
    );
  }

  return {
    write: async (scope, raw) => {
      const input = checked(writeInput, raw);
      if (input.ifMatch !== undefined && input.ifNoneMatch !== undefined) {
        throw new HubError("EINVAL", "ifMatch asks for a file that is there, ifNoneMatch for none: give one of them.", { path: raw.path });
      }
      return planning(scope, "write", input, (seed) => ({
        type: "write",
        text: checkedText(input.text),
        ifMatch: input.ifMatch ?? null,
        createOnly: input.ifNoneMatch === "*",
        expiresAt: input.expiresAt === undefined ? null : new Date(input.expiresAt),
        seed,
      }));
    },

    append: async (scope, raw) => {
      const input = checked(appendInput, raw);
      return planning(scope, "append", input, (seed) => ({
        type: "append",
        text: checkedText(input.text),
        ifMatch: input.ifMatch ?? null,
        seed,
      }));
    },

    edit: async (scope, raw) => {
      const input = checked(editInput, raw);
      const attempt = (): Promise<ChangeAnswer> =>
        run(scope, "edit", input, async (mount, request, seed) => {
          const file = await mount.read({ ...request, fresh: true, as: null });
          if (input.ifMatch !== undefined && input.ifMatch !== file.etag) {
            throw new HubError("ESTALE", "The file changed since it was read. Read it again.", { details: { etag: file.etag } });
          }
          const text = checkedText(replaced(file.text, input.find, input.replace, input.all ?? false));
          const change: MountChange = { type: "write", text, ifMatch: file.etag, createOnly: false, expiresAt: null, seed };
          return mount.plan({ ...request, change, dryRun: input.dryRun ?? false });
        });
      return answering(input.path, async () => {
        for (let tried = 1; ; tried += 1) {
          try {
            return await attempt();
          } catch (error) {
            const raced = error instanceof HubError && error.code === "ESTALE" && !mayHaveChanged(error);
            if (!raced || input.ifMatch !== undefined || tried === editAttempts) throw error;
          }
        }
      });
    },

    mkdir: async (scope, raw) => planning(scope, "mkdir", checked(mkdirInput, raw), () => ({ type: "mkdir" })),

    move: async (scope, raw) => {
      const input = checked(moveInput, raw);
      return answering(input.path, async () => {
        const { place } = await options.place(scope, input.to).catch((error: unknown) => {
          throw error instanceof HubError ? error.at(input.to) : error;
        });
        return run(scope, "move", input, (mount, request, seed) => {
          if (place.type !== "mount" || place.mount.info.path !== mount.info.path) {
            throw unsupported("move", input.path, "Moving from one mount to another is no plain move");
          }
          const change: MountChange = {
            type: "move",
            to: `${mount.info.path}${place.segments.map((segment) => `/${segment}`).join("")}`,
            toSegments: place.segments,
            ifMatch: input.ifMatch ?? null,
            seed,
          };
          return mount.plan({ ...request, change, dryRun: input.dryRun ?? false });
        });
      });
    },

    remove: async (scope, raw) => {
      const input = checked(removeInput, raw);
      return planning(scope, "remove", input, () => ({
        type: "remove",
        recursive: input.recursive ?? false,
        ifMatch: input.ifMatch ?? null,
      }));
    },

    uploadLimit: async (scope, path) =>
      answering(path, async () => {
        const { mount, request } = await target(scope, "write", { path });
        return onMount(mount, request.path, () => mount.uploadLimit(request));
      }),

    upload: async (scope, raw, content) => {
      const input = checked(uploadInput, raw);
      return answering(input.path, async () => {
        const { mediaType } = input;
        const { sizeBytes } = content;
        const make = (mount: Mount, request: MountRequest, seed: string): Promise<MountPlan> =>
          mount.plan({ ...request, change: { type: "upload", mediaType, sizeBytes, seed }, dryRun: false });
        const answer = await run(scope, "write", input, make, content);
        if (answer.kind === "plan") throw new Error("an upload was planned only");
        return answer.receipt;
      });
    },

    execute: async (scope, raw) => {
      const input = parseInput(executeInput, raw);
      const id = decodeId("plan", input.plan);
      return once(scope, input.idempotencyKey, ["execute", id], async (_begunAt, reached) => {
        const plan = await plans.claim(scope, id, clock());
        if (plan === null) {
          throw new HubError(
            "ESTALE",
            "This plan is not there any more: it was executed, it is older than 15 minutes, or it is not yours.",
          );
        }
        try {
          return await answering(plan.path, async () => {
            const { mount, request } = await target(scope, "execute", { path: plan.path, maxWaitMs: input.maxWaitMs });
            reached.connection = mount.info.connection?.id ?? null;
            return onMount(mount, request.path, async () => ({ kind: "receipt", receipt: await perform(mount, plan, request) }));
          });
        } finally {
          await plans.finish(scope, id);
        }
      });
    },
  };
}

/** Parses a change's input; also its path, so that a wrong one is EINVAL before anything is looked up. */
function checked<Schema extends z.ZodType<Common>>(schema: Schema, raw: { readonly path: string }): z.output<Schema> {
  try {
    const input = parseInput(schema, raw);
    parsePath(input.path);
    return input;
  } catch (error) {
    throw error instanceof HubError ? error.at(raw.path) : error;
  }
}

/**
 * A uuid of the shape of version 4 (what vendors accept as a client's id), from the key and the moment it began. A key that is free again
 * after a day, and each of several plans made under one key, names another record: with the same id the tool would find the old one.
 */
function seedOf(scope: WorkspaceScope, key: string | undefined, begunAt: Date | null): string {
  if (key === undefined || begunAt === null) return randomUUID();
  const bytes = createHash("sha256")
    .update(`${scope.workspaceId}\0${actorName(scope)}\0${key}\0${begunAt.toISOString()}`)
    .digest()
    .subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** A text that can be a file: EFBIG past 1 MiB, EINVAL for what no file of UTF-8 text holds or the database cannot keep (NUL). */
function checkedText(text: string): string {
  if (!text.isWellFormed() || text.includes("\0")) {
    throw new HubError("EINVAL", "A file is Unicode text without NUL characters.", { details: { key: "text" } });
  }
  if (Buffer.byteLength(text) > maxTextBytes) {
    throw new HubError("EFBIG", "A text file holds at most 1 MiB.", { details: { limit: maxTextBytes } });
  }
  return text;
}

/** `text` with `find` replaced: exactly one place unless `all`. */
export function replaced(text: string, find: string, replacement: string, all: boolean): string {
  const parts = text.split(find);
  const count = parts.length - 1;
  if (count === 0) throw new HubError("EINVAL", "The text to replace is not in the file (0 places).", { details: { key: "find" } });
  if (count > 1 && !all) {
    throw new HubError("EINVAL", `The text to replace stands in ${count} places. Give more of its surroundings, or set all.`, {
      details: { key: "find" },
    });
  }
  return parts.join(replacement);
}

function shownPlan(mount: Mount, plan: MountPlan, saved: { readonly id: string; readonly expiresAt: Date }): Plan {
  return {
    id: encodeId("plan", saved.id),
    path: plan.path,
    baseEtag: plan.baseEtag,
    expiresAt: saved.expiresAt.toISOString(),
    steps: plan.steps.map(({ call, changes }) => ({ call, changes })),
    effects: plan.effects,
    actsAs: mount.info.actsAs,
  };
}
