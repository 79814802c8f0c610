import type { Integration } from "@/server/integrations/contract";
import { oidcReading } from "./errors";
import { oidcManifest } from "./manifest";
import { createOidcMount } from "./mount";
import { oidcOAuth } from "./oauth";

/** An OpenID Provider as a tool: an integration like the product's own, of which nothing in the product knows. */
export function createOidc(id: string): Integration {
  const manifest = oidcManifest(id);
  return {
    manifest,
    oauth: oidcOAuth(manifest),
    reading: oidcReading,
    rateGroups: [{ group: "default", capacity: 10_000, refillPerSecond: 10_000 }],
    mount: createOidcMount,
  };
}
