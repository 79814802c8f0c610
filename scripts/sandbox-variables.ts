import { createHash } from "node:crypto";
import type { OAuthClient } from "@/sandbox/oauth/grants";
import { sandboxTools } from "@/sandbox/tools";
import { ensureDemoSecrets } from "@/server/demo-secrets";
import { originVariable, variablePrefix } from "@/server/env";
import type { Manifest } from "@/server/integrations/contract";
import { manifests } from "@/server/integrations/manifests";
import type { Variables } from "./processes";

/** The hub as an app registered in the sandbox: known to both, and to nobody else. */
export interface SandboxClient extends OAuthClient {
  readonly clientSecret: string;
}

/** The tools that the hub can use and the sandbox plays. */
export const simulatedTools: readonly Manifest[] = manifests.filter(
  ({ id, available }) => available && sandboxTools.some((tool) => tool.id === id),
);

/** The hub as the same app of every simulated tool, with that tool's callback. */
export function sandboxClients(
  hubOrigin: string,
  app: { readonly clientId: string; readonly clientSecret: string },
): readonly SandboxClient[] {
  return sandboxTools.map(({ id }) => ({
    ...app,
    name: "Byte Integration Hub",
    redirectUris: [`${hubOrigin}/oauth/callback/${id}`],
    pkce: "required",
    tools: [id],
  }));
}

/** The app of this data folder; its secret is derived from the folder's own, so both sides know it without a file more. */
export function sandboxApp(dataDir: string): { readonly clientId: string; readonly clientSecret: string } {
  const { AUTH_SECRET } = ensureDemoSecrets(dataDir);
  const clientSecret = createHash("sha256").update(`sandbox client\n${AUTH_SECRET}`).digest("base64url");
  return { clientId: "byte-hub-demo", clientSecret };
}

/** What points the hub at the sandbox instead of at the vendors: the app, and every origin of every tool that has one here. */
export function sandboxVariables(
  origins: Readonly<Record<string, string>>,
  app: { readonly clientId: string; readonly clientSecret: string },
): Variables {
  const variables: Record<string, string> = {};
  for (const manifest of manifests) {
    const origin = origins[manifest.id];
    if (origin === undefined) continue;
    const prefix = variablePrefix(manifest.id);
    variables[`${prefix}_CLIENT_ID`] = app.clientId;
    variables[`${prefix}_CLIENT_SECRET`] = app.clientSecret;
    for (const role of Object.keys(manifest.origins)) variables[originVariable(manifest.id, role)] = origin;
    if (manifest.contentOrigins !== undefined) variables[`${prefix}_CONTENT_ORIGINS`] = origin;
    // The app that the sandbox knows has opted in, where the vendor asks for that.
    if (manifest.oauth.pkce === "optional") variables[`${prefix}_PKCE`] = "1";
  }
  return variables;
}
