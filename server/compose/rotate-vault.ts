import "server-only";
import { createDb } from "@/db/client";
import { createStaticKeys } from "@/server/connections/keys";
import { type RotationSummary, rotateVault } from "@/server/connections/vault-rotation";
import type { Env } from "@/server/env";
import { jobScope } from "@/server/workspaces/scopes";

/**
 * Rotates the vault of the environment's database with the environment's master keys. Rejects as `createDb` does (the embedded database is
 * refused while the hub runs, by the folder's lock) and as `rotateVault` does.
 */
export async function rotateHubVault(
  env: Pick<Env, "databaseUrl" | "databaseDriver" | "vaultKeys">,
  onProgress: (summary: RotationSummary) => void,
): Promise<RotationSummary> {
  // Before the database is opened: a key that is none says so at once.
  const keys = createStaticKeys(env.vaultKeys);
  const db = await createDb({ url: env.databaseUrl, driver: env.databaseDriver });
  try {
    return await rotateVault({ db, keys, scopeOf: (workspaceId) => jobScope(workspaceId, "vault-rotation"), onProgress });
  } finally {
    await db.close();
  }
}
