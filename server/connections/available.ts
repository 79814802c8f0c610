import type { IntegrationEnv } from "@/server/env";
import { HubError } from "@/server/errors";
import type { Integration, IntegrationSettings, Manifest } from "@/server/integrations/contract";
import { findManifest, listCapabilities } from "@/server/integrations/manifests";

/** Which tools can be connected at this moment. */

export interface AvailableTool {
  readonly integration: Integration;
  readonly settings: IntegrationSettings;
}

export interface Toolbox {
  /** The built integration of that id, or null. */
  readonly findIntegration: (id: string) => Integration | null;
  readonly settingsOf: (manifest: Manifest) => IntegrationEnv;
}

/** The tool's manifest, whether or not it can be connected; null when nobody knows the id. */
export function findTool(toolbox: Pick<Toolbox, "findIntegration">, id: string): Manifest | null {
  return toolbox.findIntegration(id)?.manifest ?? findManifest(id);
}

/** A tool that can be asked for a consent. ENOENT, ENOTSUP (not built yet), ENOTCONN (not configured). */
export function getAvailable(toolbox: Toolbox, id: string): AvailableTool {
  const manifest = findTool(toolbox, id);
  if (manifest === null) throw new HubError("ENOENT", "There is no such integration in the catalogue.");
  const integration = toolbox.findIntegration(id);
  if (integration === null || !manifest.available) {
    throw new HubError("ENOTSUP", `${manifest.name} cannot be connected yet.`, { details: { operation: "connect" } });
  }
  const environment = toolbox.settingsOf(manifest);
  if (!environment.configured) {
    throw new HubError("ENOTCONN", `${manifest.name} waits for ${environment.missingVariables.join(" and ")} in the hub's environment.`);
  }
  return { integration, settings: environment.settings };
}

/** EINVAL, naming those that there are, when one of the capabilities is none of the tool's. */
export function checkCapabilities(manifest: Manifest, capabilities: readonly string[]): void {
  const known = listCapabilities(manifest);
  const unknown = capabilities.find((capability) => !known.includes(capability));
  if (unknown !== undefined) {
    throw new HubError("EINVAL", `${manifest.name} has no capability "${unknown.slice(0, 64)}"; it has ${known.join(", ")}.`);
  }
}
