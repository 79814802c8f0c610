import type { Database } from "@/db/client";
import type { MountedConnection, MountedTools, UnconnectedTool } from "@/server/connections/mounted";
import { consentUrl } from "@/server/connections/views";
import type { ConnectionStatus } from "@/server/integrations/catalogue";
import { mirrored } from "@/server/vfs/layers/mirrored/mirrored";
import type { WalkRunner } from "@/server/vfs/layers/mirrored/walk-runner";
import type { Mount, MountTable, Placeholder } from "@/server/vfs/mount";
import type { ActsAs, NodeConnection } from "@/server/vfs/node";

/** Connections as the file system sees them. `origin` makes addresses absolute, for those who read `stat` outside the hub's pages. */

const absolute = (origin: string, url: string | null): string | null => (url === null ? null : `${origin}${url}`);

/** For those who may not: who can. */
const whoMends = "An admin or the owner of this workspace can do that.";

/** States in which somebody has to do something about a connection. */
const mendable: ReadonlySet<ConnectionStatus["state"]> = new Set(["disconnected", "missing_scope", "reauth_required", "failed"]);

/** Why it is so; to those who cannot mend it, with who can. */
const reasonFor = ({ state, reason }: ConnectionStatus, { mayManage }: MountParts): string =>
  mayManage || !mendable.has(state) ? reason : `${reason} ${whoMends}`;

/** The connection behind a mount, as `stat` of it shows. */
function nodeConnectionOf(connection: MountedConnection, parts: MountParts): NodeConnection {
  const { status } = connection;
  return {
    id: connection.publicId,
    integration: connection.manifest.id,
    status: status.state,
    since: status.since,
    reason: reasonFor(status, parts),
    actionUrl: absolute(parts.origin, status.actionUrl),
    visibility: connection.visibility,
    accountName: connection.accountName,
    timeZone: connection.timeZone,
  };
}

/** Whose identity a write bears: `Ann Smith (ann@acme.test)`. */
function actsAsOf({ manifest, accountName, accountEmail }: MountedConnection): ActsAs {
  return { type: manifest.actsAs, name: accountEmail === null ? accountName : `${accountName} (${accountEmail})` };
}

/** A connection's mount with its mirror; null when the hub cannot call the tool at all, or access is stopped, to what is mirrored too. */
function mountOf(connection: MountedConnection, parts: MountParts): Mount | null {
  const { tool, status } = connection;
  const { db, walks, origin, slug } = parts;
  if (tool === null || status.state === "stopped") return null;
  return mirrored({
    db,
    walks,
    tool: tool.mount,
    connection: {
      id: connection.id,
      integration: connection.manifest.id,
      ownerId: connection.ownerId,
      mountPath: connection.path,
      view: nodeConnectionOf(connection, parts),
      actsAs: actsAsOf(connection),
      timeZone: connection.timeZone,
      mirrorPolicy: connection.mirrorPolicy,
      personal: { names: connection.personal, isOwner: connection.isOwner },
      capabilities: connection.capabilities,
      use: connection.use,
      settingsUrl: `${origin}${consentUrl(slug, { id: connection.id, integration: connection.manifest.id })}`,
      whoMends: parts.mayManage ? null : whoMends,
      // With a dead authorization what is mirrored is still served, as stale.
      isAuthorized: connection.usable,
    },
  });
}

export interface MountParts {
  readonly db: Database;
  readonly walks: WalkRunner;
  readonly origin: string;
  /** The workspace's. */
  readonly slug: string;
  /** Whether the caller may connect tools and switch capabilities. */
  readonly mayManage: boolean;
}

/** A tool that nobody here connected: an empty directory that says where to connect it. */
function placeholderOf({ path, manifest, status }: UnconnectedTool, parts: MountParts): Placeholder {
  return {
    path,
    integration: manifest.id,
    connection: {
      id: null,
      integration: manifest.id,
      status: status.state,
      since: status.since,
      reason: reasonFor(status, parts),
      actionUrl: absolute(parts.origin, status.actionUrl),
      visibility: "workspace",
      accountName: null,
      timeZone: null,
    },
  };
}

/** The part of a scope's tree that connections bring. A connection without a mount stands there empty, with its reason. */
export function mountTableOf(tools: MountedTools, parts: MountParts): MountTable {
  const mounts: Mount[] = [];
  const placeholders = tools.unconnected.map((tool) => placeholderOf(tool, parts));
  for (const connection of tools.connections) {
    const mount = mountOf(connection, parts);
    if (mount !== null) mounts.push(mount);
    else {
      const view = nodeConnectionOf(connection, parts);
      placeholders.push({ path: connection.path, integration: connection.manifest.id, connection: view });
    }
  }
  return { mounts, placeholders };
}
