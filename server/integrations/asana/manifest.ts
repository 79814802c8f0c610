import type { Manifest } from "../contract";

/**
 * Sections, `/events` and `/batch` have no granular scope, so the app is registered with full permissions, whose one scope is
 * `default`; it covers every capability (https://developers.asana.com/docs/oauth-scopes).
 */
const all = ["default"] as const;

export const asanaManifest: Manifest = {
  id: "asana",
  name: "Asana",
  description: "Tasks, projects and comments",
  category: "Productivity",
  icon: "list-checks",
  gradient: "from-rose-500 to-orange-400",
  vfsPath: "/context/tools/asana",
  mountName: "asana",
  oauth: {
    authUrl: "https://app.asana.com/-/oauth_authorize",
    tokenUrl: "https://app.asana.com/-/oauth_token",
    scopes: ["default"],
    // Refreshing needs no scope, and the token answer itself names the person.
    supportScopes: [],
    scopeSeparator: " ",
    // "Re-authorization is not additive: send the full set" (https://developers.asana.com/docs/oauth-scopes).
    furtherConsent: { scopes: "replaces" },
  },
  capabilities: {
    read: ["workspaces", "projects", "tasks", "users"],
    write: ["tasks", "comments", "attachments"],
    webhooks: true,
  },
  capabilityScopes: {
    "read:workspaces": all,
    "read:projects": all,
    "read:tasks": all,
    "read:users": all,
    "write:tasks": all,
    "write:comments": all,
    "write:attachments": all,
  },
  origins: { app: "https://app.asana.com" },
  // OpenAPI's example of `download_url`, and where its buckets answer by name; another region's is added by ASANA_CONTENT_ORIGINS.
  contentOrigins: ["https://s3.amazonaws.com", "https://*.s3.amazonaws.com"],
  actsAs: "person",
  available: true,
};
