import "server-only";
import { HubError } from "@/server/errors";
import type { Integration } from "./contract";
import { linear } from "./linear";
import { findManifest } from "./manifests";

/** The integrations that are built, one line each: the only module that imports their folders' `index.ts`. */
export const integrations: readonly Integration[] = [linear];

const byId = new Map(integrations.map((integration) => [integration.manifest.id, integration]));

/** The built integration with that id, or null: unknown, or not available yet (its manifest says which). */
export function findIntegration(id: string): Integration | null {
  return byId.get(id) ?? null;
}

/** The built integration with that id. ENOENT when the catalogue has none of that id, ENOTSUP when it is not available yet. */
export function getIntegration(id: string): Integration {
  const integration = findIntegration(id);
  if (integration !== null) return integration;
  const manifest = findManifest(id);
  if (manifest === null) throw new HubError("ENOENT", "There is no such integration in the catalogue.");
  throw new HubError("ENOTSUP", `${manifest.name} cannot be connected yet.`, { details: { operation: "connect" } });
}
