import type { Manifest } from "../contract";

export const linearManifest: Manifest = {
  id: "linear",
  name: "Linear",
  description: "Issues, projects and cycles",
  category: "Development",
  icon: "circle-dot",
  gradient: "from-indigo-500 to-violet-400",
  vfsPath: "/context/tools/linear",
  mountName: "linear",
  oauth: {
    authUrl: "https://linear.app/oauth/authorize",
    tokenUrl: "https://api.linear.app/oauth/token",
    scopes: ["read", "write"],
    // Every app has refresh tokens, and `viewer` needs no more than `read`.
    supportScopes: [],
    // Comma in the request; the answer has spaces (https://linear.app/developers/oauth-2-0-authentication).
    scopeSeparator: ",",
    // Each token carries the scopes of its own authorization; nothing documents that they add up.
    furtherConsent: { scopes: "replaces" },
  },
  capabilities: {
    read: ["issues", "projects", "teams", "cycles"],
    write: ["issues", "comments"],
    webhooks: true,
  },
  // `issues:create` and `comments:create` are narrower than what editing needs, and the base has `write`, which covers them.
  capabilityScopes: {
    "read:issues": ["read"],
    "read:projects": ["read"],
    "read:teams": ["read"],
    "read:cycles": ["read"],
    "write:issues": ["write"],
    "write:comments": ["write"],
  },
  origins: { app: "https://linear.app", api: "https://api.linear.app" },
  actsAs: "person",
  available: true,
};
