import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

/** The secrets that demo and development make for themselves, named as the variables they stand in for. */
const secretsSchema = z.object({ AUTH_SECRET: z.string().min(32), VAULT_KEY: z.string().length(44) });
export type DemoSecrets = z.infer<typeof secretsSchema>;

/**
 * Reads `<dataDir>/secrets.json`, or makes it (mode 0600) on the first run. Two processes that start together agree: the file is created
 * exclusively, and the loser reads the winner's. Throws an Error with one sentence when the file is damaged, because new secrets would
 * make every stored token unreadable.
 */
export function ensureDemoSecrets(dataDir: string): DemoSecrets {
  const file = join(dataDir, "secrets.json");
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const made: DemoSecrets = { AUTH_SECRET: randomBytes(32).toString("base64url"), VAULT_KEY: randomBytes(32).toString("base64") };
  try {
    writeFileSync(file, `${JSON.stringify(made, null, 2)}\n`, { mode: 0o600, flag: "wx" });
    return made;
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
  chmodSync(file, 0o600);
  try {
    return secretsSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch (cause) {
    throw new Error(`${file} is damaged: restore it, or delete the folder ${dataDir} to start the demo afresh.`, { cause });
  }
}
