import { createHash } from "node:crypto";
import { cpSync, existsSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createDb } from "@/db/client";
import { readMigrations } from "@/db/migrate";

/**
 * Puts a migrated data folder there, which no process has open. PostgreSQL takes seconds to make its first files, so the first folder for a
 * state of the migrations stays in the system's temporary folder, and the others are copies of it.
 */
export async function placeDataFolder(target: string): Promise<void> {
  const state = createHash("sha256");
  for (const { hash } of readMigrations()) state.update(hash);
  const model = join(tmpdir(), `hub-faults-folder-${state.digest("hex").slice(0, 16)}`);
  if (!existsSync(model)) {
    // Made aside and renamed, because test files run in several processes.
    const draft = `${model}.${process.pid}`;
    const db = await createDb({ url: `pglite:${draft}` });
    await db.close();
    rmSync(`${draft}.lock`, { force: true });
    if (existsSync(model)) rmSync(draft, { recursive: true });
    else renameSync(draft, model);
  }
  cpSync(model, target, { recursive: true });
}
