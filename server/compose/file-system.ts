import type { Database } from "@/db/client";
import type { WorkspaceScope } from "@/db/scope";
import { createFileSystem, type FileSystem } from "@/server/vfs/file-system";
import { audit } from "@/server/vfs/layers/audit";
import { type Allows, authorize } from "@/server/vfs/layers/authorize";
import { capabilities } from "@/server/vfs/layers/capabilities";
import type { Mount, MountTable } from "@/server/vfs/mount";
import { createAuditSink } from "@/server/vfs/storage/audit-log";
import { createKeyStore } from "@/server/vfs/storage/idempotency";
import { createPlanStore } from "@/server/vfs/storage/plans";
import { storagePolicies } from "@/server/vfs/storage/policies";
import { createStorageMount } from "@/server/vfs/storage/storage-mount";

export interface HubFileSystemOptions {
  readonly db: Database;
  /** The mounts of a scope's connections (each `mirrored(toolMount, …)`), and a placeholder for every tool it has not connected. */
  readonly connections: (scope: WorkspaceScope) => Promise<MountTable>;
  /** The role matrix. */
  readonly allows: Allows;
  readonly cursorSecret: Uint8Array | string;
  readonly clock?: () => Date;
}

const noConnections: MountTable = { mounts: [], placeholders: [] };

/** Whether a path is on a storage mount, where connections need not be asked for. */
const isStorage = ([, area, mount]: readonly string[]): boolean =>
  mount !== undefined && (area === "memory" || (area === "user" && mount !== "tools"));

/** The file system of the hub: storage mounts and connections, each in its layers `authorize → audit → capabilities → mount`. */
export function createHubFileSystem(options: HubFileSystemOptions): FileSystem {
  const { db } = options;
  const authorized = authorize(options.allows);
  const audited = audit(createAuditSink(db));
  const layered = (mount: Mount): Mount => authorized(audited(capabilities(mount)));
  const shared = storagePolicies.filter(({ personal }) => !personal).map((policy) => layered(createStorageMount(db, policy)));
  const personal = storagePolicies.filter((policy) => policy.personal).map((policy) => layered(createStorageMount(db, policy)));
  return createFileSystem({
    plans: createPlanStore(db),
    keys: createKeyStore(db),
    cursorSecret: options.cursorSecret,
    ...(options.clock === undefined ? {} : { clock: options.clock }),
    mounts: async (scope, segments) => {
      const table = isStorage(segments) ? noConnections : await options.connections(scope);
      return {
        mounts: [...shared, ...(scope.actor.type === "person" ? personal : []), ...table.mounts.map(layered)],
        placeholders: table.placeholders,
      };
    },
  });
}
