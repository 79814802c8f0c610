import type { Manifest } from "@/server/integrations/contract";
import { listCapabilities, missingScopes, scopesToAsk } from "@/server/integrations/manifests";

/**
 * What a connection is switched on for, what of that its grant covers, and what a further consent has to ask for. A connection's row keeps
 * the first two apart: `capabilities` are those that somebody switched on, `scopes` what the tool granted.
 */
export interface GrantedUse {
  /** Switched on. */
  readonly capabilities: readonly string[];
  /** Granted. */
  readonly scopes: readonly string[];
}

/** What the connection may be used for: what is switched on, as far as the grant covers it; in the manifest's order. */
export function usableCapabilities(manifest: Manifest, { capabilities, scopes }: GrantedUse): readonly string[] {
  return listCapabilities(manifest).filter(
    (capability) => capabilities.includes(capability) && missingScopes(manifest, capability, scopes).length === 0,
  );
}

/** A capability that is switched on but not covered, with the scopes that it lacks. */
export interface MissingConsent {
  readonly capability: string;
  readonly scopes: readonly string[];
}

/** What is switched on and waits for a consent; a capability that nobody switched on is not missing. */
export function missingConsents(manifest: Manifest, { capabilities, scopes }: GrantedUse): readonly MissingConsent[] {
  return listCapabilities(manifest)
    .filter((capability) => capabilities.includes(capability))
    .map((capability) => ({ capability, scopes: missingScopes(manifest, capability, scopes) }))
    .filter((missing) => missing.scopes.length > 0);
}

/**
 * What the tool is asked for by a consent that mends a connection (nothing in `enable`: everything that is switched on is asked for again) or switches capabilities on.
 * Switching on asks for exactly what is missing where a consent adds to the earlier ones; where it replaces them, for what is granted and
 * still switched on as well. `isAlive`: whether the grant still works; a dead one covers nothing that could be added to. Support scopes are
 * asked for every time, because whose account came back is known by them.
 */
export function scopesOfConsent(
  manifest: Manifest,
  use: GrantedUse & { readonly isAlive: boolean },
  enable: readonly string[],
): readonly string[] {
  if (enable.length === 0 || !use.isAlive) return scopesToAsk(manifest, [...use.capabilities, ...enable]);
  if (manifest.oauth.furtherConsent.scopes === "replaces") {
    return scopesToAsk(manifest, [...usableCapabilities(manifest, use), ...enable]);
  }
  const missing = enable.flatMap((capability) => missingScopes(manifest, capability, use.scopes));
  return [...new Set([...manifest.oauth.supportScopes, ...missing])];
}

/**
 * The scopes that a token covers. `answered` is null where the token answer names none: it then granted what was asked for (RFC 6749 §5.1).
 * `before` are those of the same account's living grant, null without one: they are kept only where the vendor's tokens cover them too.
 */
export function grantedScopes(
  manifest: Manifest,
  answered: readonly string[] | null,
  asked: readonly string[],
  before: readonly string[] | null,
): readonly string[] {
  const { furtherConsent } = manifest.oauth;
  const isWhole = furtherConsent.scopes === "replaces" || (furtherConsent.answer === "all" && answered !== null);
  return [...new Set([...(isWhole ? [] : (before ?? [])), ...(answered ?? asked)])];
}
