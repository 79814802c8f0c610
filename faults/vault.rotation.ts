import { createStaticKeys, type MasterKeys } from "@/server/connections/keys";
import { rotateVault } from "@/server/connections/vault-rotation";
import { jobScope } from "@/server/workspaces/scopes";
import type { HubWorld } from "./commands";
import type { MadeConnection } from "./protocol";

/** What case 6 asks of a hub process: to open tokens, and to rotate in the process itself, as nothing else can on the embedded database. */
export type VaultCommand =
  | { readonly type: "open"; readonly connections: readonly MadeConnection[] }
  | { readonly type: "rotate"; readonly keys: MasterKeys };

export async function run({ hub }: HubWorld, command: VaultCommand): Promise<unknown> {
  if (command.type === "rotate") {
    const keys = createStaticKeys(command.keys);
    // Rows one at a time, so that calls and refreshes come between.
    return rotateVault({ db: hub.db, keys, scopeOf: (workspaceId) => jobScope(workspaceId, "vault-rotation"), batchSize: 1 });
  }
  const opened = command.connections.map(({ workspaceId, connectionId }) =>
    hub.tools.tokens.find(jobScope(workspaceId, "faults"), connectionId),
  );
  return Promise.all(opened);
}
