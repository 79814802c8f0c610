import { asanaManifest } from "./asana/manifest";
import type { Manifest } from "./contract";
import { googleWorkspaceManifest } from "./google-workspace/manifest";
import { linearManifest } from "./linear/manifest";
import { microsoft365Manifest } from "./microsoft-365/manifest";
import { slackManifest } from "./slack/manifest";

/** Every integration of the catalogue, in its order: pure data, safe in the browser. */
export const manifests: readonly Manifest[] = [asanaManifest, googleWorkspaceManifest, slackManifest, linearManifest, microsoft365Manifest];

const byId = new Map(manifests.map((manifest) => [manifest.id, manifest]));

/** The manifest with that id, or null. */
export function findManifest(id: string): Manifest | null {
  return byId.get(id) ?? null;
}

/** Every capability word of a manifest, keyed as in `capabilityScopes`: `read:issues`, `write:comments`. */
export function listCapabilities(manifest: Manifest): readonly string[] {
  return [...manifest.capabilities.read.map((word) => `read:${word}`), ...manifest.capabilities.write.map((word) => `write:${word}`)];
}

/**
 * The scopes to ask for: the base, what refreshing and identity need, and what the ticked capabilities need; each once, in that order. A
 * scope of the base that only capabilities need which are not ticked is left out; with none ticked the base is asked for whole.
 */
export function scopesToAsk(manifest: Manifest, capabilities: readonly string[]): readonly string[] {
  const wanted = new Set(capabilities.flatMap((capability) => manifest.capabilityScopes[capability] ?? []));
  const ofCapabilities = new Set(Object.values(manifest.capabilityScopes).flat());
  const base = manifest.oauth.scopes.filter((scope) => capabilities.length === 0 || wanted.has(scope) || !ofCapabilities.has(scope));
  return [...new Set([...base, ...manifest.oauth.supportScopes, ...wanted])];
}

/** The scopes of a capability that were not granted; empty when it may be used. */
export function missingScopes(manifest: Manifest, capability: string, granted: readonly string[]): readonly string[] {
  return (manifest.capabilityScopes[capability] ?? []).filter((scope) => !granted.includes(scope));
}
