import type { z } from "zod";
import type { WorkspaceScope } from "@/db/scope";
import { HubError } from "@/server/errors";
import { actorName } from "./actor";
import { answering, onMount, parseInput, refuseBelow } from "./answers";
import { type Changes, createChanges } from "./changes";
import { type CursorCodec, createCursorCodec } from "./cursor";
import { unsupported } from "./layers/capabilities";
import type { MountBytes, MountProvider, MountRequest, MountSchema } from "./mount";
import { childNode, contractFreshness, locate, type Place, placeNode } from "./mount-table";
import type { ListPage, Node, Operation, ReadResult } from "./node";
import { type ListInput, listInput, type OpenInput, openInput, type ReadInput, readInput, type StatInput, statInput } from "./operations";
import { parsePath, printPath } from "./path";
import type { KeyStore, PlanStore } from "./stores";
import { estimateTokens, partOf } from "./text";

export interface FileSystemOptions {
  readonly mounts: MountProvider;
  readonly plans: PlanStore;
  readonly keys: KeyStore;
  /** Signs list cursors; the same in every process of a deployment. */
  readonly cursorSecret: Uint8Array | string;
  readonly clock?: () => Date;
}

/** Operations of the contract that no mount has yet. */
const laterOperations = ["copy", "glob", "grep", "search", "watch", "history", "restore", "batch", "explain"] as const;
export type LaterOperation = (typeof laterOperations)[number];

/**
 * One tree per workspace, one contract for every mount. Every operation takes the scope it acts in; every failure is a HubError of the
 * closed list that carries the path it is about.
 */
export interface FileSystem extends Changes, Readonly<Record<LaterOperation, (scope: WorkspaceScope, input: unknown) => Promise<never>>> {
  /** What is at a path. ENOENT where nothing is. */
  stat(scope: WorkspaceScope, input: StatInput): Promise<Node>;
  /** A page of a directory's rows. The cursor is good for a day and for this list only. */
  list(scope: WorkspaceScope, input: ListInput): Promise<ListPage>;
  /** A file's text, or the asked-for part of it; at most 1 MiB in one answer. */
  read(scope: WorkspaceScope, input: ReadInput): Promise<ReadResult>;
  /** A file's bytes as they come; of a text, those of the text. Whoever asked reads them to the end or cancels; `signal` ends it too. */
  open(scope: WorkspaceScope, input: OpenInput, signal?: AbortSignal): Promise<MountBytes>;
  /** What can be written on the mount of a path, by kind. */
  schema(scope: WorkspaceScope, path: string): Promise<MountSchema>;
}

/** Builds the operations over a tree of mounts. */
export function createFileSystem(options: FileSystemOptions): FileSystem {
  const clock = options.clock ?? (() => new Date());
  const cursors = createCursorCodec(options.cursorSecret);

  async function place(scope: WorkspaceScope, path: string): Promise<{ place: Place; segments: readonly string[] }> {
    const segments = parsePath(path);
    return { place: locate(await options.mounts(scope, segments), segments, scope.actor.type === "person"), segments };
  }

  function requestOf(
    scope: WorkspaceScope,
    operation: Operation,
    all: readonly string[],
    segments: readonly string[],
    input: { readonly fresh?: boolean | undefined; readonly maxWaitMs?: number | undefined },
  ): MountRequest {
    return {
      scope,
      operation,
      path: printPath(all),
      segments,
      now: clock(),
      fresh: input.fresh ?? false,
      maxWaitMs: input.maxWaitMs,
      span: { startedAtMs: null },
    };
  }

  const later = Object.fromEntries(
    laterOperations.map((operation) => [
      operation,
      async () => {
        throw unsupported(operation, undefined, "No mount of this hub has it");
      },
    ]),
  ) as unknown as Readonly<Record<LaterOperation, (scope: WorkspaceScope, input: unknown) => Promise<never>>>;

  return {
    ...later,
    ...createChanges({ ...options, clock, place, requestOf }),

    stat: (scope, raw) =>
      answering(raw.path, async () => {
        const input = parseInput(statInput, raw);
        const { place: found, segments } = await place(scope, input.path);
        if (found.type === "mount") {
          const request = requestOf(scope, "stat", segments, found.segments, input);
          return onMount(found.mount, request.path, () => found.mount.stat(request));
        }
        refuseBelow(found, input.path);
        return placeNode(found, clock());
      }),

    list: (scope, raw) =>
      answering(raw.path, async () => {
        const input = parseInput(listInput, raw);
        const { place: found, segments } = await place(scope, input.path);
        const now = clock();
        const binding = bindingOf(scope, printPath(segments), input.sort, input.order);
        if (found.type !== "mount") {
          refuseBelow(found, input.path);
          return listFixed(found, input, now, cursors, binding);
        }
        const page = await onMount(found.mount, input.path, () =>
          found.mount.list({
            ...requestOf(scope, "list", segments, found.segments, input),
            after: input.cursor === undefined ? null : cursors.open(binding, input.cursor, now),
            limit: input.limit,
            sort: input.sort,
            descending: input.order === "descending",
          }),
        );
        return {
          nodes: page.nodes,
          nextCursor: page.next === null ? null : cursors.seal(binding, page.next, now),
          total: page.total,
          complete: page.complete,
          freshness: page.freshness,
        };
      }),

    read: (scope, raw) =>
      answering(raw.path, async () => {
        const input = parseInput(readInput, raw);
        const { place: found, segments } = await place(scope, input.path);
        if (found.type !== "mount") {
          refuseBelow(found, input.path);
          throw new HubError("EISDIR", "This is a directory: list it.");
        }
        const request = requestOf(scope, "read", segments, found.segments, input);
        const file = await onMount(found.mount, request.path, () => found.mount.read({ ...request, as: input.as ?? null }));
        const part = partOf(file.text, input);
        return {
          node: { ...file.node, sizeBytes: part.sizeBytes, tokenEstimate: estimateTokens(part.sizeBytes) },
          as: file.as,
          mediaType: file.mediaType,
          etag: file.etag,
          freshness: file.node.freshness,
          ...part,
        };
      }),

    open: (scope, raw, signal) =>
      answering(raw.path, async () => {
        const input = parseInput(openInput, raw);
        const { place: found, segments } = await place(scope, input.path);
        if (found.type !== "mount") {
          refuseBelow(found, input.path);
          throw new HubError("EISDIR", "This is a directory: list it.");
        }
        const request = requestOf(scope, "read", segments, found.segments, input);
        const asked = { ...request, as: input.as ?? null, range: input.range ?? null, ...(signal === undefined ? {} : { signal }) };
        return onMount(found.mount, request.path, () => found.mount.open(asked));
      }),

    schema: (scope, path) =>
      answering(path, async () => {
        const { place: found } = await place(scope, path);
        if (found.type !== "mount") return { path, kinds: [], guard: "atomic" };
        return found.mount.schema();
      }),
  };
}

function bindingOf(scope: WorkspaceScope, path: string, sort: string, order: string): string {
  return JSON.stringify([scope.workspaceId, actorName(scope), path, sort, order]);
}

/** Directories above the mounts: few rows, always known. */
function listFixed(
  place: Exclude<Place, { type: "mount" }>,
  input: z.output<typeof listInput>,
  now: Date,
  cursors: CursorCodec,
  binding: string,
): ListPage {
  const rows = place.type === "directory" ? place.children.map((child) => childNode(child, now)) : [];
  if (input.order === "descending") rows.reverse();
  const after = input.cursor === undefined ? null : cursors.open(binding, input.cursor, now).path;
  const start = after === null ? 0 : rows.findIndex((row) => row.path === after) + 1;
  const nodes = rows.slice(start, start + input.limit);
  const last = nodes.at(-1);
  const more = start + nodes.length < rows.length && last !== undefined;
  return {
    nodes,
    nextCursor: more ? cursors.seal(binding, { key: null, path: last.path, partial: false }, now) : null,
    total: rows.length,
    complete: true,
    freshness: contractFreshness(now),
  };
}
