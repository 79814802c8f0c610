import { randomBytes } from "node:crypto";
import { type SQL, sql } from "drizzle-orm";
import type { Database } from "@/db/client";
import { type SeededWorkspace, seedWorkspace } from "@/db/testing";
import { HubError } from "@/server/errors";
import type { Integration, TokenAnswer } from "@/server/integrations/contract";
import type { Clock, TokenSource } from "@/server/transport/send";
import { plainVendor, testContext, VirtualClock } from "@/server/transport/testing";
import { createKeyStore } from "./key-store";
import { createStaticKeys } from "./keys";
import { seedConnection } from "./test-connection";
import type { ConnectionRef, TokenStore, Tokens, TokenTiming } from "./token-contract";
import { createTokenStore } from "./token-store";
import { createTokens } from "./tokens";
import { createVault, type Vault } from "./vault";

/** For tests of the tokens: processes of the hub over one database, and a tool's token endpoint. */
export interface TokenWorld {
  readonly db: Database;
  readonly workspace: SeededWorkspace;
  readonly vault: Vault;
}

export interface Endpoint {
  answer: (refreshToken: string) => Promise<TokenAnswer>;
  /** The refresh tokens that were sent, in order. */
  readonly sent: string[];
  /** Resolves with the first call. */
  readonly called: Promise<void>;
  markCalled: () => void;
  readonly refreshReplay: Integration["oauth"]["refreshReplay"];
  readonly revocationEnds: Integration["oauth"]["revocationEnds"];
  /** The tokens that were given back, in order. */
  readonly revoked: (string | null)[];
  readonly timing?: Partial<TokenTiming>;
}

/** `access-1`, `refresh-1`, …, valid for an hour. */
export function answerOf(number: number, over: Partial<TokenAnswer> = {}): TokenAnswer {
  return { accessToken: `access-${number}`, refreshToken: `refresh-${number}`, expiresInSeconds: 3600, scopes: null, ...over };
}

function openEndpoint(over: Partial<Endpoint>): Endpoint {
  const first = Promise.withResolvers<void>();
  const sent: string[] = [];
  return {
    sent,
    called: first.promise,
    markCalled: first.resolve,
    refreshReplay: { graceMs: 60_000 },
    revocationEnds: "token",
    revoked: [],
    answer: async () => answerOf(sent.length),
    ...over,
  };
}

export async function openTokenWorld(db: Database): Promise<TokenWorld> {
  const workspace = await seedWorkspace(db, { slug: "tokens" });
  const vault = createVault({ keys: createStaticKeys({ VAULT_KEY: randomBytes(32).toString("base64") }), store: createKeyStore(db) });
  return { db, workspace, vault };
}

/** A connection with these tokens, one process of the hub, and the tool's token endpoint. */
export async function connectIn(world: TokenWorld, first: Partial<TokenAnswer> = {}, endpoint: Partial<Endpoint> = {}) {
  const { db, workspace } = world;
  const one = startProcess(world, virtualNow(), endpoint);
  const connectionId = await seedConnection(db, workspace.scope);
  const sealed = await one.tokens.seal(workspace.scope, { connectionId, ownerId: null }, answerOf(0, first));
  await db.withScope(workspace.scope, (tx) => one.tokens.save(tx, sealed));
  const context = testContext({ workspaceId: workspace.workspaceId, connectionId, maxWaitMs: 60_000 });
  return { ...one, connectionId, source: one.sourceFor(connectionId), context };
}

/** A connection's token row, with its status and scopes. */
export async function tokenRowOf({ db, workspace }: TokenWorld, connectionId: string): Promise<Record<string, unknown>> {
  const { rows } = await db.withScope(workspace.jobScope, (tx) =>
    tx.execute(sql`select t.*, c.status, c.status_reason, c.status_since, c.scopes from connection_token t join connection c on c.id = t.connection_id
      where t.connection_id = ${connectionId}`),
  );
  return rows[0] ?? {};
}

/** Changes a token row behind everybody's back, as time and other processes do. */
export async function changeTokenRow({ db, workspace }: TokenWorld, connectionId: string, set: SQL): Promise<void> {
  await db.withScope(workspace.jobScope, (tx) => tx.execute(sql`update connection_token set ${set} where connection_id = ${connectionId}`));
}

/** What the work is refused with. */
export async function refusal(work: Promise<unknown>): Promise<HubError> {
  const error = await work.then(
    () => null,
    (caught: unknown) => caught,
  );
  if (!(error instanceof HubError)) throw new Error(`A HubError was expected, not ${String(error)}.`);
  return error;
}

export const invalidGrant = () =>
  new HubError("ENOTCONN", "The tool says the grant has ended. Connect it again.", { details: { vendorStatus: 400 } });
export const down = () => new HubError("EIO", "The tool failed.", { retryable: true, details: { vendorStatus: 503 } });
export const lostAnswer = () => new HubError("EIO", "The answer was lost.", { details: { outcome: "unknown" } });

export const virtualNow = (): VirtualClock => new VirtualClock(Date.now());

/** One process, with a memory of its own. An endpoint that is complete is shared. */
export function startProcess<AnyClock extends Clock>(
  world: TokenWorld,
  clock: AnyClock,
  over: Partial<Endpoint> = {},
  /** What stands between this process and the database. */
  around: (store: TokenStore) => TokenStore = (store) => store,
) {
  const endpoint = over.sent === undefined ? openEndpoint(over) : { ...openEndpoint({}), ...over };
  const lines: unknown[] = [];
  const tokens: Tokens = createTokens({
    store: around(createTokenStore(world.db)),
    vault: world.vault,
    scopeOf: () => world.workspace.jobScope,
    sendFor: () => async () => {
      throw new Error("The endpoint is played without HTTP.");
    },
    log: { warn: (fields, message) => lines.push({ fields, message }) },
    clock,
    random: () => 0.5,
    timing: endpoint.timing,
  });
  const refOf = (connectionId: string): ConnectionRef => ({
    connectionId,
    workspaceId: world.workspace.workspaceId,
    integration: play(endpoint),
    settings,
  });
  const sourceFor = (connectionId: string): TokenSource => tokens.sourceFor(refOf(connectionId));
  return { tokens, refOf, sourceFor, endpoint, clock, lines };
}

const settings: ConnectionRef["settings"] = { clientId: "id", clientSecret: "secret", origins: {}, redirectUri: "https://hub.test/cb" };

function play(endpoint: Endpoint): Integration {
  const { refreshReplay, revocationEnds } = endpoint;
  const plain = plainIntegration((refreshToken) => {
    endpoint.sent.push(refreshToken);
    endpoint.markCalled();
    return endpoint.answer(refreshToken);
  }, refreshReplay);
  const revoke = async (tokens: { accessToken: string; refreshToken: string | null }) => {
    endpoint.revoked.push(tokens.accessToken, tokens.refreshToken);
    return { outcome: "revoked" as const, proof: "" };
  };
  return { ...plain, oauth: { ...plain.oauth, revoke, revocationEnds } };
}

/** An integration of which only the refresh is played. */
export function plainIntegration(
  refresh: (refreshToken: string) => Promise<TokenAnswer>,
  refreshReplay: Endpoint["refreshReplay"] = "never",
): Integration {
  const unused = (): never => {
    throw new Error("Not part of these tests.");
  };
  return {
    manifest: {
      id: "plain",
      name: "Plain",
      description: "",
      category: "Productivity",
      icon: "",
      gradient: "",
      vfsPath: "/context/tools/plain",
      mountName: "plain",
      oauth: { authUrl: "", tokenUrl: "", scopes: [], supportScopes: [], scopeSeparator: " ", furtherConsent: { scopes: "replaces" } },
      capabilities: { read: [], write: [], webhooks: false },
      capabilityScopes: {},
      origins: {},
      actsAs: "person",
      available: true,
    },
    oauth: {
      provider: unused,
      issuer: null,
      readTokens: unused,
      identify: unused,
      refresh: (refreshToken) => refresh(refreshToken),
      revoke: null,
      revocationEnds: null,
      byHand: { steps: "Open the tool's settings.", url: "https://plain.example/settings" },
      refreshReplay,
    },
    reading: plainVendor,
    rateGroups: [],
    mount: unused,
  };
}
