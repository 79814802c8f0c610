import type { Integration, IntegrationSettings, Manifest } from "@/server/integrations/contract";

/**
 * Who answered an authorization request (RFC 9207). Two tools may share a browser and a hub; an attacker who controls one of them, or
 * what a person clicks, must not have the hub send one tool's code to the other (mix-up, RFC 9700 §4.4).
 */

/** The tools of a hub by the origins they answer from. */
export interface Issuers {
  /** The ids of the catalogue's tools whose issuer or origin `issuer` is; empty when it is nobody's that the hub knows. */
  ownersOf(issuer: string): readonly string[];
}

export interface IssuersOptions {
  readonly manifests: readonly Manifest[];
  readonly findIntegration: (id: string) => Integration | null;
  /** What the environment says of a tool: its origins with the environment applied. */
  readonly originsOf: (manifest: Manifest) => Readonly<Record<string, string>>;
}

const originOf = (url: string): string | null => (URL.canParse(url) ? new URL(url).origin : null);

/** Reads the catalogue at each question, because the environment may place a tool anywhere. */
export function createIssuers({ manifests, findIntegration, originsOf }: IssuersOptions): Issuers {
  return {
    ownersOf(issuer) {
      const origin = originOf(issuer);
      if (origin === null) return [];
      const owns = (manifest: Manifest): boolean => {
        const placed = originsOf(manifest);
        const origins = [...Object.values(manifest.origins), ...Object.values(placed)];
        const named = findIntegration(manifest.id)?.oauth.issuer?.(placed).identifier;
        return origins.some((known) => originOf(known) === origin) || (named !== undefined && originOf(named) === origin);
      };
      return manifests.filter(owns).map((manifest) => manifest.id);
    },
  };
}

/**
 * Whether an answer may be this tool's, as far as `iss` tells. Where the tool names itself, its name must be there letter for letter
 * (RFC 9207 §2.4), and may be missing only when the tool does not promise it. Where it names itself nowhere that the hub knows, any name
 * will do but one that is provably another tool's: vendors begin to send `iss` without a word (Google did in 2026).
 */
export function acceptsIssuer(
  { manifest, oauth }: Integration,
  settings: IntegrationSettings,
  answer: URLSearchParams,
  issuers: Issuers,
): boolean {
  const [named, ...more] = answer.getAll("iss");
  if (more.length > 0) return false;
  const known = oauth.issuer?.(settings.origins) ?? null;
  if (named === undefined) return known?.sent !== "always";
  if (known !== null) return named === known.identifier;
  const owners = issuers.ownersOf(named);
  return owners.length === 0 || owners.includes(manifest.id);
}
