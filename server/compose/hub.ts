import "server-only";
import { createHmac } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { createDb, type Database } from "@/db/client";
import { demoLimits, publicLimits } from "@/server/auth/attempts";
import { createAuth, type HubAuth } from "@/server/auth/auth";
import { createSendMail } from "@/server/auth/mail";
import type { Connections } from "@/server/connections/connections";
import type { TokenTiming } from "@/server/connections/token-contract";
import { type Env, type EnvRecord, getEnv, integrationSettings } from "@/server/env";
import type { Manifest } from "@/server/integrations/contract";
import { manifests } from "@/server/integrations/manifests";
import { findIntegration } from "@/server/integrations/registry";
import { createJobs, type Jobs } from "@/server/jobs/jobs";
import { createLog, type Log } from "@/server/log";
import { letOutMs } from "@/server/transport/letting-out";
import type { FileSystem } from "@/server/vfs/file-system";
import { createWalkRunner, type WalkRunner } from "@/server/vfs/layers/mirrored/walk-runner";
import { roleHas } from "@/server/workspaces/roles";
import { jobScope } from "@/server/workspaces/scopes";
import { createWorkspaces, type Workspaces } from "@/server/workspaces/workspaces";
import { mountTableOf } from "./connected-mounts";
import { endPrivateConnections } from "./departures";
import { createEndings, type Endings } from "./ending-runner";
import { createHubFileSystem } from "./file-system";
import { type Catalogue, createTools, type Tools } from "./tools";

/** Everything one process of the hub is made of, joined here and nowhere else. */
export interface Hub {
  readonly env: Env;
  readonly log: Log;
  readonly db: Database;
  readonly auth: HubAuth;
  readonly workspaces: Workspaces;
  readonly connections: Connections;
  /** Vault, tokens and the doors of connecting. */
  readonly tools: Tools;
  readonly files: FileSystem;
  /** Directories that are read on after their answers. */
  readonly walks: WalkRunner;
  /** Disconnecting everything, deleting a workspace. */
  readonly endings: Endings;
  /** Started by `startHub`, in the processes that run jobs. */
  readonly jobs: Jobs;
  /** Ends what is under way and closes the database. */
  close(): Promise<void>;
}

/** The catalogue of the product, configured by the environment. Throws EnvError, at the start, when an origin in it is wrong. */
export function productCatalogue(env: Env, variables?: EnvRecord): Catalogue {
  const read = (manifest: Manifest) => integrationSettings(manifest, env.origin, variables);
  const settings = new Map(manifests.map((manifest) => [manifest.id, read(manifest)]));
  return { manifests, findIntegration, settingsOf: (manifest) => settings.get(manifest.id) ?? read(manifest) };
}

/**
 * How long a stop waits for directories that are being walked, and for connections and workspaces that are being ended; the next list, or a
 * job, goes on where they broke off.
 */
const backgroundEndsMs = 2000;

export interface HubParts {
  readonly env: Env;
  readonly log: Log;
  readonly db: Database;
  readonly catalogue?: Catalogue;
  readonly tokenTiming?: Partial<TokenTiming>;
}

/** Joins the parts over an open database. Tests give their own, their own catalogue, and times of their own scale. */
export function createHub(parts: HubParts): Hub {
  const { env, log, db, catalogue = productCatalogue(env), tokenTiming } = parts;
  const auth = createAuth({ env, db, log, sendMail: createSendMail(env), limits: env.mode === "demo" ? demoLimits : publicLimits });
  const workspaces = createWorkspaces({
    db,
    origin: env.origin,
    stopSettlesMs: letOutMs,
    memberLeft: async ({ workspaceId }, userId) => {
      const job = jobScope(workspaceId, "departure");
      await tools.connections.flows.giveBackHeld(job, { userId }).catch((error: unknown) => {
        // The job that comes by every minute does it then.
        log.error({ error, workspaceId }, "what a departed member's consents hold could not be given back");
      });
      await endPrivateConnections({ db, log, disconnect: tools.connections.disconnect }, job, userId);
    },
  });
  const tools = createTools({ env, log, db, auth, workspaces, catalogue, tokenTiming });
  const endings = createEndings({
    db,
    log,
    disconnect: tools.connections.disconnect,
    giveBackHeld: (scope) => tools.connections.flows.giveBackHeld(scope),
    receipts: tools.connections.receipts,
    flush: tools.flush,
    forgetKeys: (workspaceId) => tools.vault.forget(workspaceId),
  });
  const walks = createWalkRunner(log);
  const files = createHubFileSystem({
    db,
    connections: async (scope) =>
      mountTableOf(await tools.connections.mounted.list(scope), {
        db,
        walks,
        origin: env.origin,
        slug: scope.slug,
        mayManage: roleHas(scope.role, "connections.manage"),
      }),
    allows: ({ role }, permission) => roleHas(role, permission),
    cursorSecret: createHmac("sha256", env.authSecret).update("list cursors").digest(),
  });
  const jobs = createJobs({
    db,
    log,
    findJobScope: workspaces.findJobScope,
    callLogDays: env.callLogDays,
    giveBackHeld: (scope) => tools.connections.flows.giveBackHeld(scope, { expiredOnly: true }),
    // Often enough for a renewal that its process left open to be settled within Linear's grace of 30 minutes.
    also: {
      // Every minute: what a process that died left half ended, and what a departure left behind.
      "take-up-endings": { cron: "* * * * *", run: endings.takeUp },
      "keep-tokens-alive": { cron: "*/5 * * * *", run: tools.connections.keepTokensAlive },
    },
  });
  const close = async () => {
    await jobs.stop();
    await Promise.race([Promise.all([walks.stop(), endings.settled()]), setTimeout(backgroundEndsMs)]);
    await tools.flush();
    await db.close();
  };
  return { env, log, db, auth, workspaces, connections: tools.connections, tools, files, walks, endings, jobs, close };
}

async function openHub(): Promise<Hub> {
  const env = getEnv();
  const log = createLog({ level: env.logLevel });
  const db = await createDb({ url: env.databaseUrl, driver: env.databaseDriver });
  try {
    const hub = createHub({ env, log, db });
    await hub.tools.vault.verify();
    return hub;
  } catch (error) {
    await db.close();
    throw error;
  }
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
