import { createHash } from "node:crypto";
import { HubError } from "@/server/errors";
import type { Identity, Integration, IntegrationSettings } from "@/server/integrations/contract";
import { listCapabilities } from "@/server/integrations/manifests";
import type { BudgetStore } from "@/server/transport/budget";
import type { CallContext, Send, TokenSource } from "@/server/transport/send";
import { createTransport } from "@/server/transport/transport";
import type { MountContext, ToolMount } from "@/server/vfs/tool-mount";
import { createObserver, type Observer } from "./observed";

/** One account of a tool, through its connector and the hub's own transport, with no hub and no database around them. */

export interface Account {
  readonly identity: Identity;
  readonly mount: ToolMount;
  readonly context: MountContext;
  readonly observer: Observer;
  /** A refresh token that came in the place of the given one; null where none did. */
  readonly renewedRefreshToken: string | null;
}

export type Credentials = { readonly accessToken: string } | { readonly refreshToken: string };

/** One call at a time leaves, so the vendor's own limit is the only one that counts. */
const openBudget: BudgetStore = { take: async () => ({ outcome: "granted" }), block: async () => {}, learn: () => {} };

const call: CallContext = {
  workspaceId: "00000000-0000-7000-8000-000000000001",
  connectionId: "00000000-0000-7000-8000-000000000002",
  actor: { userId: "00000000-0000-7000-8000-000000000003", job: null },
  path: null,
};

const alphabet = "abcdefghijklmnopqrstuvwxyz234567";

/** Handles as the hub makes them, kept here as long as the account is open. */
function createContext(timeZone: string): MountContext {
  const known = new Map<string, { readonly kind: string; readonly externalId: string }>();
  return {
    call,
    timeZone,
    async handle(kind, externalId) {
      const digest = createHash("sha256").update(`${kind}\0${externalId}`).digest();
      const handle = Array.from(digest.subarray(0, 8), (byte) => alphabet[byte & 31]).join("");
      known.set(handle, { kind, externalId });
      return handle;
    },
    find: async (handle) => known.get(handle) ?? null,
  };
}

function fixed(accessToken: string): TokenSource {
  const held = { accessToken, version: 1 };
  const refuse = async (): Promise<typeof held> => {
    throw new HubError("ENOTCONN", "The tool does not accept the access token. It may have ended: give a newer one.");
  };
  return { current: async () => held, reload: async () => held, renew: refuse, refused: () => {} };
}

/** Opens an account. Throws HubError where the vendor refuses the credentials. */
export async function openAccount(integration: Integration, settings: IntegrationSettings, credentials: Credentials): Promise<Account> {
  const observer = createObserver();
  const transport = createTransport({
    calls: { record: () => undefined },
    budget: openBudget,
    isStopped: async () => false,
    fetch: observer.watch((input, init) => fetch(input, init)),
  });
  const { origins, contentOrigins } = settings;
  const sendFor = (token: TokenSource | null): Send => observer.name(transport.sendFor({ integration, origins, contentOrigins, token }));
  const { oauth } = integration;
  const tokens = "accessToken" in credentials ? null : await oauth.refresh(credentials.refreshToken, settings, sendFor(null), call);
  const accessToken = "accessToken" in credentials ? credentials.accessToken : (tokens?.accessToken ?? "");
  const identity = await oauth.identify(accessToken, settings, sendFor(null), call);
  const mount = integration.mount({
    send: sendFor(fixed(accessToken)),
    settings,
    capabilities: listCapabilities(integration.manifest),
    identity,
  });
  return {
    identity,
    mount,
    context: createContext(identity.timeZone ?? "UTC"),
    observer,
    renewedRefreshToken: tokens?.refreshToken ?? null,
  };
}
