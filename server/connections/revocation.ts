import type { StoredRevocation } from "@/db/schema/connections";
import type { IntegrationEnv } from "@/server/env";
import { HubError } from "@/server/errors";
import { encodeId } from "@/server/ids";
import type { Integration, IntegrationSettings, Manifest } from "@/server/integrations/contract";
import type { Log } from "@/server/log";
import type { CallContext, Send } from "@/server/transport/send";

/** Ending an access at the vendor, and saying what came of it in words that claim no more than was proven. */

/** What the vendor answered. `failed`: it could not be asked, or did not confirm; the proof then says what a person does instead. */
export type RevocationAnswer = Omit<StoredRevocation, "alsoEnded">;

export interface RevocationParts {
  /** The connector, or null when it is not here any more. */
  readonly integration: Integration | null;
  readonly settingsOf: (manifest: Manifest) => IntegrationEnv;
  readonly sendFor: (integration: Integration, settings: IntegrationSettings) => Send;
  readonly log: Log;
}

/** The connection's tokens as they are when asked for; null when the hub holds none. */
type FindTokens = () => Promise<{ accessToken: string; refreshToken: string | null } | null>;

/** What is left for a person to do at the vendor, and where. */
function byHandWords(integration: Integration | null, name: string): string {
  return integration === null ? `End the access in the settings of ${name}.` : integration.oauth.byHand.steps;
}

/** Asks the vendor to end the access; never throws, because the hub's own side is cleared whatever the vendor says. */
export async function revokeAtVendor(
  parts: RevocationParts,
  connection: { readonly id: string; readonly integration: string; readonly name: string },
  find: FindTokens,
  context: CallContext,
): Promise<RevocationAnswer> {
  const { integration } = parts;
  const { name } = connection;
  const byHand = byHandWords(integration, name);
  const failed = (why: string, requestId: string | null = null): RevocationAnswer => ({
    outcome: "failed",
    proof: `${name} ${why} ${byHand}`,
    requestId,
  });
  if (integration === null) return failed("could not be asked to end the access: its connector is not here.");
  const { revoke } = integration.oauth;
  if (revoke === null) {
    return { outcome: "not_offered", proof: `${name} offers no way to end the access from here. ${byHand}`, requestId: null };
  }
  const environment = parts.settingsOf(integration.manifest);
  if (!environment.configured) return failed("could not be asked to end the access: the hub has no credentials for it.");
  let requestId: string | null = null;
  const send = parts.sendFor(integration, environment.settings);
  const noting: Send = async (request, of) => {
    const response = await send(request, of);
    requestId = integration.reading.requestId(response) ?? requestId;
    return response;
  };
  try {
    const held = await find();
    if (held === null) return { outcome: "already_revoked", proof: "The hub held no token of this connection any more.", requestId };
    const { outcome, proof } = await revoke(held, environment.settings, noting, { ...context, endsAccess: true });
    return { outcome, proof, requestId };
  } catch (error) {
    parts.log.warn({ integration: connection.integration, connection: connection.id, error }, "a grant could not be revoked at the tool");
    if (!(error instanceof HubError)) return failed("did not confirm that the access has ended.", requestId);
    return failed(`did not confirm that the access has ended: ${error.message}`, error.details.vendorRequestId ?? requestId);
  }
}

/** What a revocation of this tool does beyond the connection at hand; "" where it does nothing more. */
export function reachWords(integration: Integration | null, name: string, others: readonly string[]): string {
  if (integration?.oauth.revocationEnds !== "account") return "";
  const ended =
    others.length === 0 ? "" : ` ${others.join(" and ")} ended with it and ${others.length === 1 ? "needs" : "need"} a new sign-in.`;
  return `${name} ends every access of this account to the hub's app at once, wherever else it is connected to this hub.${ended}`;
}

/** What a person is told before they disconnect. */
export interface DisconnectPreview {
  /** How far the tool's revocation reaches; null: the tool offers none, or its connector is not here. */
  readonly ends: "token" | "grant" | "account" | null;
  /** The other connections of this account that the person sees and that will end with it. */
  readonly alsoEnds: readonly { readonly id: string; readonly accountName: string; readonly path: string | null }[];
  /** How the access is ended at the tool by hand; null when the connector is not here. */
  readonly byHand: { readonly steps: string; readonly url: string } | null;
}

/** What disconnecting will do at the tool. `others` are the account's other connections. */
export function previewOf(
  integration: Integration | null,
  others: readonly { readonly id: string; readonly accountName: string; readonly path: string | null }[],
): DisconnectPreview {
  const ends = integration?.oauth.revocationEnds ?? null;
  return {
    ends,
    alsoEnds: ends === "account" ? others.map(({ id, ...rest }) => ({ id: encodeId("connection", id), ...rest })) : [],
    byHand: integration?.oauth.byHand ?? null,
  };
}
