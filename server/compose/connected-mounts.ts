import type { WorkspaceScope } from "@/db/scope";
import type { Manifest } from "@/server/integrations/contract";
import type { MountTable, Placeholder } from "@/server/vfs/mount";

/** A tool of the catalogue that a workspace has not connected: an empty directory that says where to connect it. */
export function placeholderOf(manifest: Manifest, scope: WorkspaceScope, origin: string): Placeholder {
  return {
    path: manifest.vfsPath,
    integration: manifest.id,
    connection: {
      id: "",
      integration: manifest.id,
      status: "disconnected",
      since: null,
      reason: manifest.available
        ? `${manifest.name} is not connected. Connect it on the integrations page.`
        : `${manifest.name} cannot be connected yet.`,
      actionUrl: `${origin}/${scope.slug}/integrations/${manifest.id}`,
      visibility: "workspace",
      accountName: null,
      timeZone: null,
    },
  };
}

/** The tools of a workspace in which nothing is connected. */
export function unconnected(manifests: readonly Manifest[], scope: WorkspaceScope, origin: string): MountTable {
  return { mounts: [], placeholders: manifests.map((manifest) => placeholderOf(manifest, scope, origin)) };
}
