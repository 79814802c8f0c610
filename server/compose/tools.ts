import "server-only";
import type { Database } from "@/db/client";
import type { HubAuth } from "@/server/auth/auth";
import { type Connections, createConnections } from "@/server/connections/connections";
import type { ConnectDoor } from "@/server/connections/http";
import { createKeyStore } from "@/server/connections/key-store";
import { createStaticKeys } from "@/server/connections/keys";
import type { Tokens, TokenTiming } from "@/server/connections/token-contract";
import { createTokenStore } from "@/server/connections/token-store";
import { createTokens } from "@/server/connections/tokens";
import { createVault, type Vault } from "@/server/connections/vault";
import type { Env, IntegrationEnv } from "@/server/env";
import type { Integration, Manifest } from "@/server/integrations/contract";
import type { Log } from "@/server/log";
import { createBudgetStore } from "@/server/transport/budget-store";
import { createCallSink } from "@/server/transport/call-sink";
import { createCallWriter } from "@/server/transport/call-store";
import { systemClock } from "@/server/transport/clock";
import { createStopReader } from "@/server/transport/letting-out";
import { createTransport, plainReading } from "@/server/transport/transport";
import { jobScope } from "@/server/workspaces/scopes";
import type { Workspaces } from "@/server/workspaces/workspaces";

/** What the catalogue of a hub is made of; a test may give other tools. */
export interface Catalogue {
  readonly manifests: readonly Manifest[];
  readonly findIntegration: (id: string) => Integration | null;
  /** What the environment says of an integration. */
  readonly settingsOf: (manifest: Manifest) => IntegrationEnv;
}

export interface Tools {
  readonly vault: Vault;
  readonly tokens: Tokens;
  readonly connections: Connections;
  readonly connectDoor: ConnectDoor;
  /** Writes what the call log still holds. */
  flush(): Promise<void>;
}

const cookieOf = (request: Request, name: string): string | undefined =>
  (request.headers.get("cookie") ?? "")
    .split(";")
    .map((pair) => pair.trim())
    .find((pair) => pair.startsWith(`${name}=`))
    ?.slice(name.length + 1);

/** Joins vault, tokens, transport and connections. */
export function createTools(options: {
  readonly env: Env;
  readonly log: Log;
  readonly db: Database;
  readonly auth: HubAuth;
  readonly workspaces: Workspaces;
  readonly catalogue: Catalogue;
  readonly tokenTiming?: Partial<TokenTiming>;
}): Tools {
  const { env, log, db, auth, workspaces, catalogue, tokenTiming } = options;
  const scopeOf = (workspaceId: string) => jobScope(workspaceId, "connections");
  const vault = createVault({
    keys: createStaticKeys(env.vaultKeys),
    store: createKeyStore(db),
  });
  const calls = createCallSink({
    write: createCallWriter(db, scopeOf),
    clock: systemClock,
    random: Math.random,
    onLost: ({ workspaceId, count, error }) => log.error({ workspaceId, count, error }, "records of the call log were lost"),
  });
  const transport = createTransport({
    calls,
    budget: createBudgetStore({ db, scopeOf, log }),
    isStopped: createStopReader(db, scopeOf),
  });
  const tokens = createTokens({
    timing: tokenTiming,
    store: createTokenStore(db),
    vault,
    scopeOf,
    sendFor: ({ integration, settings }) => transport.sendFor({ integration, origins: settings.origins, token: null }),
    log,
  });
  const connections = createConnections({
    ...catalogue,
    db,
    tokens,
    vault,
    workspaces,
    jobScopeOf: scopeOf,
    oauthSends: (integration, { origins }) => ({
      exchange: transport.sendFor({ integration, origins, token: null, reading: plainReading }),
      call: transport.sendFor({ integration, origins, token: null }),
    }),
    sendFor: (integration, { origins, contentOrigins }, token) => transport.sendFor({ integration, origins, contentOrigins, token }),
    origin: env.origin,
    authSecret: env.authSecret,
    log,
  });
  const connectDoor: ConnectDoor = {
    connections,
    workspaces,
    origin: env.origin,
    findPerson: (request) => auth.findPerson(cookieOf(request, auth.sessionCookie)),
    log,
  };
  return { vault, tokens, connections, connectDoor, flush: () => calls.flush() };
}
