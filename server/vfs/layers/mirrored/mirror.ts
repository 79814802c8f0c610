import { sql } from "drizzle-orm";
import type { Database, Tx } from "@/db/client";
import { scopeUserId, type WorkspaceScope } from "@/db/scope";
import { handleLength, handleOf, type ObjectIdentity } from "../../identity";
import type { MountInfo, MountRequest } from "../../mount";
import type { ActsAs, NodeConnection } from "../../node";
import { asText, run } from "../../storage/node-rows";
import type { KindSchema, Location, MountContext, ToolMount } from "../../tool-mount";
import { pathForOthers } from "./personal-paths";
import type { WalkRunner } from "./walk-runner";

/** What one connection's mirror is made of, and its id table. */

export interface MirroredConnection {
  /** The connection's uuid. */
  readonly id: string;
  readonly integration: string;
  /** The only person who sees it; null when it is shared with the workspace. */
  readonly ownerId: string | null;
  /** Display path of the mount. */
  readonly mountPath: string;
  readonly view: NodeConnection;
  readonly actsAs: ActsAs;
  /** IANA name. */
  readonly timeZone: string;
  readonly mirrorPolicy: "titles" | "full";
  /** The names at its root that only its owner sees, and whether the caller is that; left out where it has none. */
  readonly personal?: { readonly names: readonly string[]; readonly isOwner: boolean };
  /** What was granted (`write:issues`); a kind whose `writeCapability` is missing cannot be changed. */
  readonly capabilities: readonly string[];
  /** What its row said when this was made: switched on, and granted. What is read while that shrinks is not kept. */
  readonly use: { readonly capabilities: readonly string[]; readonly scopes: readonly string[] };
  /** Where a person can switch on what is missing; absolute. */
  readonly settingsUrl?: string;
  /** Who can, where the caller cannot. */
  readonly whoMends?: string | null;
  /** False when the authorization died: what is mirrored is served as stale, the tool is not asked. */
  readonly isAuthorized: boolean;
}

export interface MirroredOptions {
  readonly db: Database;
  readonly tool: ToolMount;
  readonly connection: MirroredConnection;
  readonly walks: WalkRunner;
  /** A directory listed longer ago is walked again in the background; milliseconds, default 5 minutes. */
  readonly staleAfterMs?: number;
  /** A file printed no longer ago is answered from what was printed; milliseconds, default 5 seconds. */
  readonly printWindowMs?: number;
}

export interface Mirror extends Required<MirroredOptions> {
  readonly info: MountInfo;
  /** The id path of the mount's root. */
  readonly root: string;
  readonly kinds: ReadonlyMap<string, KindSchema>;
}

/** A companion's id path is its item's with this: it stands below the item, which no list shows, and goes with it. */
export const companionSegment = "/.d";

/** One location as an id path below the mount: fixed names and handles. */
export async function idPathOf(tx: Tx, mirror: Mirror, scope: WorkspaceScope, location: Location): Promise<string> {
  const handles = await assignHandles(tx, mirror, scope, objectsOf(location));
  return [mirror.root, ...location.map((segment) => idSegmentOf(segment, handles))].join("/");
}

/** The objects of a location, outermost first. */
export function objectsOf(location: Location): readonly ObjectIdentity[] {
  return location.flatMap((segment) => (segment.type === "object" ? [{ kind: segment.kind, externalId: segment.externalId }] : []));
}

export type Handles = ReadonlyMap<string, string>;
const keyOf = (object: ObjectIdentity): string => `${object.kind}\0${object.externalId}`;

/** The handle among those that were assigned; one that is missing is a fault of the caller. */
export function handleIn(handles: Handles, object: ObjectIdentity): string {
  const handle = handles.get(keyOf(object));
  if (handle === undefined) throw new Error(`no handle was assigned to a ${object.kind}`);
  return handle;
}

/** One segment of an id path. */
export function idSegmentOf(segment: Location[number], handles: Handles): string {
  if (segment.type === "fixed") return segment.name;
  return `${handleIn(handles, segment)}${segment.companion === true ? companionSegment : ""}`;
}

/** Handles never change, so a process remembers the last ones it saw. */
const remembered = new Map<string, string>();
const rememberedAtMost = 20_000;

function remember(mirror: Mirror, key: string, handle: string): void {
  if (remembered.size >= rememberedAtMost) remembered.clear();
  remembered.set(`${mirror.connection.id}\0${key}`, handle);
}

/** The handles of objects, made where they are new; one that another object has is lengthened. */
export async function assignHandles(tx: Tx, mirror: Mirror, scope: WorkspaceScope, objects: readonly ObjectIdentity[]): Promise<Handles> {
  const handles = new Map<string, string>();
  let open = new Map<string, ObjectIdentity>();
  for (const object of objects) {
    const known = remembered.get(`${mirror.connection.id}\0${keyOf(object)}`);
    if (known === undefined) open.set(keyOf(object), object);
    else handles.set(keyOf(object), known);
  }
  for (let length = handleLength; open.size > 0; length += 1) {
    // In one order everywhere, so that of two that assign the same ones none waits for the other in a circle.
    const wanted = [...open].toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([, object]) => object);
    const kinds = sql.param(wanted.map(({ kind }) => kind));
    const ids = sql.param(wanted.map(({ externalId }) => externalId));
    const made = sql.param(wanted.map((object) => handleOf(mirror.connection.id, object, length)));
    await run(
      tx,
      sql`insert into vfs_handle (workspace_id, connection_id, owner_id, handle, object_kind, external_id) select ${scope.workspaceId}::uuid, ${mirror.connection.id}::uuid, ${mirror.connection.ownerId}::uuid, t.handle, t.kind, t.id from unnest(${made}::text[], ${kinds}::text[], ${ids}::text[]) as t(handle, kind, id) on conflict do nothing`,
    );
    const rows = await run(
      tx,
      sql`select h.handle, h.object_kind, h.external_id from vfs_handle h join unnest(${kinds}::text[], ${ids}::text[]) as t(kind, id) on h.object_kind = t.kind and h.external_id = t.id where h.workspace_id = ${scope.workspaceId} and h.connection_id = ${mirror.connection.id}`,
    );
    const rest = new Map(open);
    for (const row of rows) {
      const key = keyOf({ kind: String(row.object_kind), externalId: String(row.external_id) });
      handles.set(key, String(row.handle));
      remember(mirror, key, String(row.handle));
      rest.delete(key);
    }
    open = rest;
  }
  return handles;
}

/** Those of some segments of id paths that are handles of objects. */
export async function handlesAmong(
  tx: Tx,
  mirror: Mirror,
  scope: WorkspaceScope,
  segments: readonly string[],
): Promise<ReadonlySet<string>> {
  if (segments.length === 0) return new Set();
  const rows = await run(
    tx,
    sql`select handle from vfs_handle where workspace_id = ${scope.workspaceId} and connection_id = ${mirror.connection.id} and handle = any(${sql.param(segments)}::text[])`,
  );
  return new Set(rows.map((row) => String(row.handle)));
}

/** Which object a handle is, or null. */
export async function findHandle(tx: Tx, mirror: Mirror, scope: WorkspaceScope, handle: string): Promise<ObjectIdentity | null> {
  const rows = await run(
    tx,
    sql`select object_kind, external_id from vfs_handle where workspace_id = ${scope.workspaceId} and connection_id = ${mirror.connection.id} and handle = ${handle}`,
  );
  const row = rows[0];
  if (row === undefined) return null;
  return { kind: asText(row.object_kind) ?? "", externalId: asText(row.external_id) ?? "" };
}

/** What the tool's mount is called with. Must not be used inside an open scope: printing a reference may need its handle. */
export function toolContext(mirror: Mirror, request: MountRequest, priority: "person" | "background" = "person"): MountContext {
  const { scope } = request;
  return {
    timeZone: mirror.connection.timeZone,
    call: {
      workspaceId: scope.workspaceId,
      connectionId: mirror.connection.id,
      actor: {
        userId: scopeUserId(scope),
        job: scope.actor.type === "job" ? scope.actor.name : null,
        keyId: scope.actor.type === "key" ? scope.actor.keyId : null,
      },
      // The call log of a shared connection is not its owner's alone.
      path: mirror.connection.ownerId === null ? pathForOthers(mirror.info, request.path) : request.path,
      priority,
      ...(request.maxWaitMs === undefined ? {} : { maxWaitMs: request.maxWaitMs }),
      ...(request.signal === undefined || priority === "background" ? {} : { signal: request.signal }),
      // What goes on after the answer has its own time.
      ...(priority === "background" ? {} : { request: request.span }),
    },
    async handle(kind, externalId) {
      const object = { kind, externalId };
      const known = remembered.get(`${mirror.connection.id}\0${keyOf(object)}`);
      if (known !== undefined) return known;
      return mirror.db.withScope(scope, async (tx) => handleIn(await assignHandles(tx, mirror, scope, [object]), object));
    },
    find: (handle) => mirror.db.withScope(scope, (tx) => findHandle(tx, mirror, scope, handle), { readOnly: true }),
  };
}
