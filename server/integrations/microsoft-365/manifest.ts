import type { Manifest } from "../contract";

export const microsoft365Manifest: Manifest = {
  id: "microsoft-365",
  name: "Microsoft 365",
  description: "Outlook mail, calendar, files and contacts",
  category: "Productivity",
  icon: "mails",
  gradient: "from-sky-600 to-cyan-400",
  vfsPath: "/context/tools/ms365",
  mountName: "ms365",
  oauth: {
    authUrl: "https://login.microsoftonline.com/common/oauth2/v2.0/authorize",
    tokenUrl: "https://login.microsoftonline.com/common/oauth2/v2.0/token",
    scopes: ["Mail.Read", "Calendars.Read", "Files.Read"],
    // Without `offline_access` there is no refresh token; the others name the person (`tid` and `oid`, `GET /me`). The token answer does
    // not echo `offline_access`, so a support scope that is missing there is not a refusal.
    supportScopes: ["offline_access", "openid", "profile", "User.Read"],
    scopeSeparator: " ",
    // The token covers the scopes of the request (https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow).
    furtherConsent: { scopes: "replaces" },
  },
  capabilities: {
    read: ["mail", "calendar", "files", "contacts"],
    write: ["mail", "calendar"],
    webhooks: true,
  },
  capabilityScopes: {
    "read:mail": ["Mail.Read"],
    "read:calendar": ["Calendars.Read"],
    "read:files": ["Files.Read"],
    "read:contacts": ["Contacts.Read"],
    // Sending is not part of `Mail.ReadWrite` (https://learn.microsoft.com/graph/permissions-reference).
    "write:mail": ["Mail.ReadWrite", "Mail.Send"],
    "write:calendar": ["Calendars.ReadWrite"],
  },
  origins: { login: "https://login.microsoftonline.com", graph: "https://graph.microsoft.com" },
  // Where OneDrive's signed addresses lead: SharePoint for work accounts, OneDrive's own hosts for personal ones.
  contentOrigins: ["https://*.sharepoint.com", "https://*.1drv.com", "https://*.files.1drv.com", "https://*.svc.ms"],
  actsAs: "person",
  available: true,
};
