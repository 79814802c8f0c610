import type { Manifest } from "../contract";

const scope = (name: string): string => `https://www.googleapis.com/auth/${name}`;

export const googleWorkspaceManifest: Manifest = {
  id: "google-workspace",
  name: "Google Workspace",
  description: "Drive, Docs, Calendar and Gmail",
  category: "Productivity",
  icon: "folder-kanban",
  gradient: "from-blue-500 to-emerald-400",
  vfsPath: "/context/tools/google",
  mountName: "google",
  oauth: {
    authUrl: "https://accounts.google.com/o/oauth2/v2/auth",
    tokenUrl: "https://oauth2.googleapis.com/token",
    scopes: [scope("drive.readonly"), scope("calendar.readonly"), scope("gmail.readonly")],
    // Identity. Refreshing is asked for by the parameter `access_type=offline`, not by a scope
    // (https://developers.google.com/identity/protocols/oauth2/web-server).
    supportScopes: ["openid", "email", "profile"],
    scopeSeparator: " ",
    // With `include_granted_scopes`, the answer's `scope` lists the combined grant
    // (https://developers.google.com/identity/protocols/oauth2/web-server#incrementalAuth).
    furtherConsent: { scopes: "adds", answer: "all" },
  },
  capabilities: {
    read: ["drive", "calendar", "gmail", "docs"],
    write: ["calendar", "docs"],
    webhooks: true,
  },
  capabilityScopes: {
    "read:drive": [scope("drive.readonly")],
    "read:calendar": [scope("calendar.readonly")],
    "read:gmail": [scope("gmail.readonly")],
    // `documents.get` accepts `drive.readonly` too (discovery document of Docs v1), so the base already covers it.
    "read:docs": [scope("drive.readonly")],
    // `calendar.events` does not authorise `calendarList.list`; the base's `calendar.readonly` does.
    "write:calendar": [scope("calendar.readonly"), scope("calendar.events")],
    // A new document is made of Markdown by Drive's import, which carries the marker that makes it safe to repeat; `documents` alone has
    // neither. `drive.file` reaches no file that the hub did not make.
    "write:docs": [scope("documents"), scope("drive.file")],
  },
  origins: {
    accounts: "https://accounts.google.com",
    token: "https://oauth2.googleapis.com",
    identity: "https://openidconnect.googleapis.com",
    api: "https://www.googleapis.com",
    docs: "https://docs.googleapis.com",
    gmail: "https://gmail.googleapis.com",
  },
  actsAs: "person",
  available: true,
};
