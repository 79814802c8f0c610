import type { Manifest } from "@/server/integrations/contract";

/**
 * A tool that is nothing but an OpenID Provider: what it has to read is the profile of the person who connected it. `id` tells several
 * of them apart.
 */
export const oidcManifest = (id: string): Manifest => ({
  id,
  name: "OpenID Provider",
  description: "The profile of a person",
  category: "Productivity",
  icon: "circle-dot",
  gradient: "from-slate-500 to-slate-400",
  vfsPath: `/context/tools/${id}`,
  mountName: id,
  oauth: {
    authUrl: `https://${id}.example/auth`,
    tokenUrl: `https://${id}.example/token`,
    scopes: ["openid", "profile"],
    supportScopes: ["offline_access"],
    scopeSeparator: " ",
    furtherConsent: { scopes: "replaces" },
  },
  capabilities: { read: ["profile", "email"], write: [], webhooks: false },
  capabilityScopes: { "read:profile": ["profile"], "read:email": ["email"] },
  origins: { id: `https://${id}.example` },
  actsAs: "person",
  available: true,
});
