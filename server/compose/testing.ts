import "server-only";
import type { Database } from "@/db/client";
import { createTestDb } from "@/db/testing";
import { parseEnv } from "@/server/env";
import { createLog } from "@/server/log";
import { createHub, type Hub, productCatalogue } from "./hub";

/** Helpers for tests; no product code imports this. */

const key = Buffer.alloc(32, 9).toString("base64");
const secrets = () => ({ AUTH_SECRET: "test-secret-test-secret-test-secret", VAULT_KEY: key });

/** A hub as the demo has it, over a migrated database in memory (or the one given), with silent logs. */
export async function createTestHub(options: { db?: Database; variables?: Record<string, string> } = {}): Promise<Hub> {
  const env = parseEnv({ HUB_MODE: "demo", LOG_LEVEL: "silent", ...options.variables }, secrets);
  const log = createLog({ level: env.logLevel });
  const catalogue = productCatalogue(env, options.variables ?? {});
  return createHub({ env, log, db: options.db ?? (await createTestDb()), catalogue });
}
