import type { Manifest } from "../contract";

export const slackManifest: Manifest = {
  id: "slack",
  name: "Slack",
  description: "Channels, threads and people",
  category: "Communication",
  icon: "hash",
  gradient: "from-fuchsia-600 to-amber-400",
  vfsPath: "/context/tools/slack",
  mountName: "slack",
  oauth: {
    authUrl: "https://slack.com/oauth/v2/authorize",
    tokenUrl: "https://slack.com/api/oauth.v2.access",
    scopes: ["channels:read", "chat:write", "users:read"],
    // `auth.test` names the team and the person with any token, and token rotation is a setting of the app.
    supportScopes: [],
    scopeSeparator: ",",
    // "Scopes are additive" (https://docs.slack.dev/authentication/installing-with-oauth); whether the answer repeats the earlier ones is not said.
    furtherConsent: { scopes: "adds", answer: "new" },
    // "pkce_not_allowed" for an app that has not opted in, and opting in cannot be undone (https://docs.slack.dev/authentication/using-pkce).
    pkce: "optional",
  },
  capabilities: {
    read: ["channels", "messages", "users"],
    write: ["messages", "reactions"],
    webhooks: true,
  },
  // Bot scopes: what the app's own token needs (https://docs.slack.dev/reference/scopes).
  capabilityScopes: {
    "read:channels": ["channels:read", "groups:read", "im:read", "mpim:read"],
    // A message is found through its conversation, so reading one asks to see both.
    "read:messages": [
      "channels:history",
      "groups:history",
      "im:history",
      "mpim:history",
      "channels:read",
      "groups:read",
      "im:read",
      "mpim:read",
    ],
    "read:users": ["users:read", "users:read.email"],
    "write:messages": ["chat:write"],
    "write:reactions": ["reactions:write", "reactions:read"],
  },
  origins: { app: "https://slack.com" },
  actsAs: "app",
  available: true,
};
