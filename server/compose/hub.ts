import "server-only";
import { createDb, type Database } from "@/db/client";
import { demoLimits, publicLimits } from "@/server/auth/attempts";
import { createAuth, type HubAuth } from "@/server/auth/auth";
import { createSendMail } from "@/server/auth/mail";
import { type Env, getEnv } from "@/server/env";
import { createLog, type Log } from "@/server/log";
import { createWorkspaces, type Workspaces } from "@/server/workspaces/workspaces";

/** Everything one process of the hub is made of, joined here and nowhere else. */
export interface Hub {
  readonly env: Env;
  readonly log: Log;
  readonly db: Database;
  readonly auth: HubAuth;
  readonly workspaces: Workspaces;
  /** Ends what is under way and closes the database. */
  close(): Promise<void>;
}

/** Joins the parts over an open database. Tests give their own. */
export function createHub({ env, log, db }: { env: Env; log: Log; db: Database }): Hub {
  const auth = createAuth({ env, db, log, sendMail: createSendMail(env), limits: env.mode === "demo" ? demoLimits : publicLimits });
  const workspaces = createWorkspaces({ db, origin: env.origin });
  return { env, log, db, auth, workspaces, close: () => db.close() };
}

async function openHub(): Promise<Hub> {
  const env = getEnv();
  const log = createLog({ level: env.logLevel });
  const db = await createDb({ url: env.databaseUrl, driver: env.databaseDriver });
  return createHub({ env, log, db });
}

// Next evaluates one module several times in a process, and reloads it in development; the database must be opened once.
const globals = globalThis as typeof globalThis & { hub?: Promise<Hub> };

/** The hub of this process, opened on the first call. Rejects with EnvError or with the database's reason; the next call tries again. */
export function getHub(): Promise<Hub> {
  globals.hub ??= openHub().catch((error: unknown) => {
    delete globals.hub;
    throw error;
  });
  return globals.hub;
}
