import type { Database } from "@/db/client";
import type { SeededWorkspace } from "@/db/testing";
import type { Integration, TokenAnswer } from "@/server/integrations/contract";
import type { Clock, TokenSource } from "@/server/transport/send";
import { plainVendor, VirtualClock } from "@/server/transport/testing";
import type { ConnectionRef, Tokens } from "./token-contract";
import { createTokenStore } from "./token-store";
import { createTokens } from "./tokens";
import type { Vault } from "./vault";

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
    answer: async () => answerOf(sent.length),
    ...over,
  };
}

export const virtualNow = (): VirtualClock => new VirtualClock(Date.now());

/** One process, with a memory of its own. An endpoint that is complete is shared. */
export function startProcess<AnyClock extends Clock>(world: TokenWorld, clock: AnyClock, over: Partial<Endpoint> = {}) {
  const endpoint = over.sent === undefined ? openEndpoint(over) : { ...openEndpoint({}), ...over };
  const lines: unknown[] = [];
  const tokens: Tokens = createTokens({
    store: createTokenStore(world.db),
    vault: world.vault,
    scopeOf: () => world.workspace.jobScope,
    sendFor: () => async () => {
      throw new Error("The endpoint is played without HTTP.");
    },
    log: { warn: (fields, message) => lines.push({ fields, message }) },
    clock,
    random: () => 0.5,
  });
  const sourceFor = (connectionId: string): TokenSource =>
    tokens.sourceFor({
      connectionId,
      workspaceId: world.workspace.workspaceId,
      integration: plainIntegration(play(endpoint), endpoint.refreshReplay),
      settings,
    });
  return { tokens, sourceFor, endpoint, clock, lines };
}

const settings: ConnectionRef["settings"] = { clientId: "id", clientSecret: "secret", origins: {}, redirectUri: "https://hub.test/cb" };

function play(endpoint: Endpoint): (refreshToken: string) => Promise<TokenAnswer> {
  return (refreshToken) => {
    endpoint.sent.push(refreshToken);
    endpoint.markCalled();
    return endpoint.answer(refreshToken);
  };
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
      oauth: { authUrl: "", tokenUrl: "", scopes: [], supportScopes: [], scopeSeparator: " " },
      capabilities: { read: [], write: [], webhooks: false },
      capabilityScopes: {},
      origins: {},
      actsAs: "person",
      available: true,
    },
    oauth: {
      provider: unused,
      readTokens: unused,
      identify: unused,
      refresh: (refreshToken) => refresh(refreshToken),
      revoke: null,
      refreshReplay,
    },
    reading: plainVendor,
    rateGroups: [],
    mount: unused,
  };
}
