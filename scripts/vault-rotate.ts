import { existsSync } from "node:fs";
import { DatabaseOpenError } from "@/db/errors";
import { rotateHubVault } from "@/server/compose/rotate-vault";
import type { RotationSummary } from "@/server/connections/vault-rotation";
import { EnvError, parseEnv } from "@/server/env";
import { HubError } from "@/server/errors";
import { encodeId } from "@/server/ids";
import { scrub } from "@/server/log";
import { runCommand, StartError } from "./processes";
import { loadEnvironmentFile } from "./production-server";

/**
 * `npm run vault:rotate`: see docs/operations/vault.md. It reads the hub's own environment. Exit codes: 0 everything was rotated; 1 it was
 * refused or broke off, and the next run goes on; 2 it went through, but for the secrets that it names.
 */
runCommand(async () => {
  try {
    process.exitCode = await rotate();
  } catch (error) {
    if (error instanceof StartError) throw error;
    if (error instanceof EnvError || error instanceof DatabaseOpenError || error instanceof HubError) {
      throw new StartError(error.message, { cause: error });
    }
    const why = scrub(error instanceof Error ? error.message : String(error));
    throw new StartError(`The rotation broke off (${why}); run it again, and it goes on where it was.`, { cause: error });
  }
});

const progressEveryMs = 1000;

async function rotate(): Promise<number> {
  loadEnvironmentFile();
  // As for `npm start`: without HUB_MODE this is production.
  const env = parseEnv(process.env.HUB_MODE ? process.env : { ...process.env, NODE_ENV: "production" });
  const folder = env.databaseKind === "pglite" ? env.databaseUrl.slice("pglite:".length) : null;
  // Opening would make an empty one, and a rotation of nothing would look like success.
  if (folder !== null && !existsSync(folder)) {
    throw new StartError(`There is no database in ${folder}: say with DATABASE_URL or HUB_DATA_DIR where the hub's is.`);
  }
  let saidAtMs: number | null = null;
  const summary = await rotateHubVault(env, (progress) => {
    if (saidAtMs === null) console.log(progress.resumed ? "Going on with the rotation that was broken off." : "Rotating the vault.");
    else if (Date.now() - saidAtMs >= progressEveryMs) console.log(countsOf(progress));
    else return;
    saidAtMs = Date.now();
  });

  console.log(countsOf(summary));
  for (const { workspaceId, row, message } of summary.problems) {
    const place = row === null ? "" : `, ${row.table} ${row.id} (${row.field})`;
    console.error(`Workspace ${encodeId("workspace", workspaceId)}${place}: ${message}`);
  }
  const { problems, otherKekIds } = summary;
  if (problems.length > 0) {
    console.error("What is named above was left as it was, with the data keys it has; docs/operations/vault.md says what to do.");
  }
  if (otherKekIds.length > 0) {
    console.error(`The master key ${otherKekIds.join(", ")} is still needed: keep it as VAULT_KEY_PREVIOUS.`);
  } else if (env.vaultKeys.VAULT_KEY_PREVIOUS !== undefined) {
    console.log("Nothing needs VAULT_KEY_PREVIOUS any more: leave it out of every process.");
  }
  return problems.length > 0 || otherKekIds.length > 0 ? 2 : 0;
}

const countsOf = ({ workspaces, wrapped, made, sealed, deleted }: RotationSummary): string =>
  `${workspaces} workspaces: ${wrapped} data keys wrapped with VAULT_KEY, ${made} made, ${sealed} rows sealed anew, ${deleted} old data keys deleted.`;
