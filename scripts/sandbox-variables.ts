import { createHash } from "node:crypto";
import type { OAuthClient } from "@/sandbox/oauth/grants";
import { ensureDemoSecrets } from "@/server/demo-secrets";
import type { Variables } from "./processes";

/** The hub as an app registered in the sandbox: known to both, and to nobody else. */
export interface SandboxClient extends OAuthClient {
  readonly clientSecret: string;
}

/** One client for this data folder; its secret is derived from the folder's own, so both sides know it without a file more. */
export function sandboxClient(dataDir: string, hubOrigin: string): SandboxClient {
  const { AUTH_SECRET } = ensureDemoSecrets(dataDir);
  const clientSecret = createHash("sha256").update(`sandbox client\n${AUTH_SECRET}`).digest("base64url");
  return {
    clientId: "byte-hub-demo",
    clientSecret,
    name: "Byte Integration Hub",
    redirectUris: [`${hubOrigin}/oauth/callback/linear`],
    pkce: "required",
  };
}

/** What points the hub at the sandbox instead of at the vendors. */
export function sandboxVariables(sandboxOrigin: string, client: SandboxClient): Variables {
  return {
    LINEAR_CLIENT_ID: client.clientId,
    LINEAR_CLIENT_SECRET: client.clientSecret,
    LINEAR_APP_ORIGIN: sandboxOrigin,
    LINEAR_API_ORIGIN: sandboxOrigin,
  };
}
