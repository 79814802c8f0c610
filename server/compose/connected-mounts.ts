import type { MountedConnection, MountedTools, UnconnectedTool } from "@/server/connections/mounted";
import type { Mount, MountTable, Placeholder } from "@/server/vfs/mount";
import type { ActsAs, NodeConnection } from "@/server/vfs/node";

/** Connections as the file system sees them. `origin` makes addresses absolute, for those who read `stat` outside the hub's pages. */

const absolute = (origin: string, url: string | null): string | null => (url === null ? null : `${origin}${url}`);

/** The connection behind a mount, as `stat` of it shows. */
export function nodeConnectionOf(connection: MountedConnection, origin: string): NodeConnection {
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
export function actsAsOf({ manifest, accountName, accountEmail }: MountedConnection): ActsAs {
  return { type: manifest.actsAs, name: accountEmail === null ? accountName : `${accountName} (${accountEmail})` };
}

/** Whether the tool may be asked; with a dead authorization only what is mirrored is served. */
export const isAuthorized = ({ status, tool }: MountedConnection): boolean => tool !== null && status.state !== "reauth_required";

/** A tool that nobody here connected: an empty directory that says where to connect it. */
function placeholderOf({ path, manifest, status }: UnconnectedTool, origin: string): Placeholder {
  return {
    path,
    integration: manifest.id,
    connection: {
      id: "",
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

/** The part of a scope's tree that connections bring. A connection that `mountOf` has no mount for stands there empty, with its reason. */
export function mountTableOf(tools: MountedTools, origin: string, mountOf: (connection: MountedConnection) => Mount | null): MountTable {
  const mounts: Mount[] = [];
  const placeholders = tools.unconnected.map((tool) => placeholderOf(tool, origin));
  for (const connection of tools.connections) {
    const mount = mountOf(connection);
    if (mount !== null) mounts.push(mount);
    else {
      const view = nodeConnectionOf(connection, origin);
      placeholders.push({ path: connection.path, integration: connection.manifest.id, connection: view });
    }
  }
  return { mounts, placeholders };
}
