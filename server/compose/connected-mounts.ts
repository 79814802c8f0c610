import type { Database } from "@/db/client";
import type { MountedConnection, MountedTools, UnconnectedTool } from "@/server/connections/mounted";
import { mirrored } from "@/server/vfs/layers/mirrored/mirrored";
import type { WalkRunner } from "@/server/vfs/layers/mirrored/walk-runner";
import type { Mount, MountTable, Placeholder } from "@/server/vfs/mount";
import type { ActsAs, NodeConnection } from "@/server/vfs/node";

/** Connections as the file system sees them. `origin` makes addresses absolute, for those who read `stat` outside the hub's pages. */

const absolute = (origin: string, url: string | null): string | null => (url === null ? null : `${origin}${url}`);

/** The connection behind a mount, as `stat` of it shows. */
function nodeConnectionOf(connection: MountedConnection, origin: string): NodeConnection {
  const { status } = connection;
  return {
    id: connection.publicId,
    integration: connection.manifest.id,
    status: status.state,
    since: status.since,
    reason: status.reason,
    actionUrl: absolute(origin, status.actionUrl),
    visibility: connection.visibility,
    accountName: connection.accountName,
    timeZone: connection.timeZone,
  };
}

/** Whose identity a write bears: `Ann Smith (ann@acme.test)`. */
function actsAsOf({ manifest, accountName, accountEmail }: MountedConnection): ActsAs {
  return { type: manifest.actsAs, name: accountEmail === null ? accountName : `${accountName} (${accountEmail})` };
}

/** A connection's mount with its mirror; null when the hub cannot call the tool at all. */
function mountOf(connection: MountedConnection, { db, walks, origin, slug }: MountParts): Mount | null {
  const { tool, status } = connection;
  if (tool === null) return null;
  return mirrored({
    db,
    walks,
    tool: tool.mount,
    connection: {
      id: connection.id,
      integration: connection.manifest.id,
      ownerId: connection.ownerId,
      mountPath: connection.path,
      view: nodeConnectionOf(connection, origin),
      actsAs: actsAsOf(connection),
      timeZone: connection.timeZone,
      mirrorPolicy: connection.mirrorPolicy,
      capabilities: connection.capabilities,
      settingsUrl: `${origin}/${slug}/integrations/${connection.manifest.id}`,
      // With a dead authorization what is mirrored is still served, as stale.
      isAuthorized: status.state !== "reauth_required",
    },
  });
}

export interface MountParts {
  readonly db: Database;
  readonly walks: WalkRunner;
  readonly origin: string;
  /** The workspace's. */
  readonly slug: string;
}

/** A tool that nobody here connected: an empty directory that says where to connect it. */
function placeholderOf({ path, manifest, status }: UnconnectedTool, origin: string): Placeholder {
  return {
    path,
    integration: manifest.id,
    connection: {
      id: null,
      integration: manifest.id,
      status: status.state,
      since: status.since,
      reason: status.reason,
      actionUrl: absolute(origin, status.actionUrl),
      visibility: "workspace",
      accountName: null,
      timeZone: null,
    },
  };
}

/** The part of a scope's tree that connections bring. A connection without a mount stands there empty, with its reason. */
export function mountTableOf(tools: MountedTools, parts: MountParts): MountTable {
  const mounts: Mount[] = [];
  const placeholders = tools.unconnected.map((tool) => placeholderOf(tool, parts.origin));
  for (const connection of tools.connections) {
    const mount = mountOf(connection, parts);
    if (mount !== null) mounts.push(mount);
    else {
      const view = nodeConnectionOf(connection, parts.origin);
      placeholders.push({ path: connection.path, integration: connection.manifest.id, connection: view });
    }
  }
  return { mounts, placeholders };
}
