import { createHash } from "node:crypto";
import { HubError } from "@/server/errors";
import type { CallContext, Send, ToolResponse } from "@/server/transport/send";
import { createMemoryCallSink, fixedToken, neverStopped, unlimitedBudget } from "@/server/transport/testing";
import { createTransport } from "@/server/transport/transport";
import type { MountContext } from "@/server/vfs/tool-mount";
import type { Integration, IntegrationSettings } from "./contract";

/** What the integrations' tests share: the real transport over real HTTP, and a context with a table of handles. */

/** A `ToolResponse` as transport makes it. */
export function toToolResponse(status: number, headers: Readonly<Record<string, string>>, text: string): ToolResponse {
  return {
    status,
    headers: new Headers(headers),
    body: new TextEncoder().encode(text),
    stream: null,
    text: () => text,
    json: () => {
      try {
        return JSON.parse(text);
      } catch (cause) {
        throw new HubError("EIO", "The answer is not JSON.", { cause });
      }
    },
  };
}

/** A real transport to an integration at these settings: every layer, calls kept in memory, no budget, no pause between retries. */
export function createTestTransport(integration: Integration, settings: IntegrationSettings) {
  const sink = createMemoryCallSink();
  const transport = createTransport({ calls: sink, budget: unlimitedBudget, isStopped: neverStopped, random: () => 0 });
  return {
    calls: sink.calls,
    /** With a token: the connection's. Without: OAuth's own calls. */
    send: (token: string | null): Send =>
      transport.sendFor({
        integration,
        origins: settings.origins,
        contentOrigins: settings.contentOrigins,
        token: token === null ? null : fixedToken(token),
      }),
  };
}

export const testCall: CallContext = {
  workspaceId: "00000000-0000-7000-8000-000000000001",
  connectionId: "00000000-0000-7000-8000-000000000002",
  actor: { userId: "00000000-0000-7000-8000-000000000003", job: null },
  path: null,
};

const alphabet = "abcdefghijklmnopqrstuvwxyz234567";

/** A mount's context whose handles are eight characters of a hash, remembered as the id table does. */
export function createTestContext(): MountContext {
  const known = new Map<string, { kind: string; externalId: string }>();
  return {
    call: testCall,
    timeZone: "UTC",
    async handle(kind, externalId) {
      const digest = createHash("sha256").update(`${kind}\0${externalId}`).digest();
      const handle = Array.from(digest.subarray(0, 8), (byte) => alphabet[byte & 31]).join("");
      known.set(handle, { kind, externalId });
      return handle;
    },
    find: async (handle) => known.get(handle) ?? null,
  };
}
