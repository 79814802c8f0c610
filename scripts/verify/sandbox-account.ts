import { createControlClient } from "@/sandbox/control/client";
import { startSandbox } from "@/sandbox/start";
import type { Integration, IntegrationSettings } from "@/server/integrations/contract";
import { type Account, openAccount } from "./account";

/** An account of the tool in the sandbox: the one that every real account is compared with. */

export interface SandboxAccount {
  readonly account: Account;
  readonly settings: IntegrationSettings;
  readonly accessToken: string;
  readonly refreshToken: string | null;
  close(): Promise<void>;
}

const redirectUri = (id: string): string => `http://localhost:3000/oauth/callback/${id}`;

/** Starts the tool's sandbox and connects Ann of Acme with every scope that a capability needs. */
export async function openSandboxAccount(integration: Integration): Promise<SandboxAccount> {
  const { id, origins, contentOrigins, oauth, capabilityScopes } = integration.manifest;
  const client = { clientId: "verify", clientSecret: "verify-secret" };
  const sandbox = await startSandbox({
    tools: [id],
    clients: [{ ...client, name: "Verification", redirectUris: [redirectUri(id)], pkce: "optional" }],
  });
  try {
    const origin = sandbox.origins[id] ?? "";
    const settings: IntegrationSettings = {
      ...client,
      origins: Object.fromEntries(Object.keys(origins).map((role) => [role, origin])),
      ...(contentOrigins === undefined ? {} : { contentOrigins: [origin] }),
      redirectUri: redirectUri(id),
    };
    const scopes = [...new Set([...oauth.scopes, ...oauth.supportScopes, ...Object.values(capabilityScopes).flat()])];
    const answer = await createControlClient(sandbox.controlOrigin, id).connect({
      clientId: client.clientId,
      email: "ann@acme.example",
      scopes,
    });
    const { accessToken, refreshToken } = integration.oauth.readTokens(answer);
    const account = await openAccount(integration, settings, { accessToken });
    return { account, settings, accessToken, refreshToken, close: sandbox.close };
  } catch (error) {
    await sandbox.close();
    throw error;
  }
}
