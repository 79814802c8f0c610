import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { findManifest, listCapabilities, manifests, missingScopes, scopesToAsk } from "./manifests";
import { placeUrl } from "./origins";

const google = (name: string) => `https://www.googleapis.com/auth/${name}`;

/** The catalogue's facts, written out: the product's owner fixed them, so a change here is a change of the product. */
const facts = [
  {
    id: "asana",
    name: "Asana",
    category: "Productivity",
    vfsPath: "/context/tools/asana",
    authUrl: "https://app.asana.com/-/oauth_authorize",
    tokenUrl: "https://app.asana.com/-/oauth_token",
    scopes: ["default"],
    capabilities: { read: ["workspaces", "projects", "tasks", "users"], write: ["tasks", "comments", "attachments"], webhooks: true },
    look: ["list-checks", "from-rose-500 to-orange-400"],
    available: true,
  },
  {
    id: "google-workspace",
    name: "Google Workspace",
    category: "Productivity",
    vfsPath: "/context/tools/google",
    authUrl: "https://accounts.google.com/o/oauth2/v2/auth",
    tokenUrl: "https://oauth2.googleapis.com/token",
    scopes: [google("drive.readonly"), google("calendar.readonly"), google("gmail.readonly")],
    capabilities: { read: ["drive", "calendar", "gmail", "docs"], write: ["calendar", "docs"], webhooks: true },
    look: ["folder-kanban", "from-blue-500 to-emerald-400"],
    available: true,
  },
  {
    id: "slack",
    name: "Slack",
    category: "Communication",
    vfsPath: "/context/tools/slack",
    authUrl: "https://slack.com/oauth/v2/authorize",
    tokenUrl: "https://slack.com/api/oauth.v2.access",
    scopes: ["channels:read", "chat:write", "users:read"],
    capabilities: { read: ["channels", "messages", "users"], write: ["messages", "reactions"], webhooks: true },
    look: ["hash", "from-fuchsia-600 to-amber-400"],
    available: true,
  },
  {
    id: "linear",
    name: "Linear",
    category: "Development",
    vfsPath: "/context/tools/linear",
    authUrl: "https://linear.app/oauth/authorize",
    tokenUrl: "https://api.linear.app/oauth/token",
    scopes: ["read", "write"],
    capabilities: { read: ["issues", "projects", "teams", "cycles"], write: ["issues", "comments"], webhooks: true },
    look: ["circle-dot", "from-indigo-500 to-violet-400"],
    available: true,
  },
  {
    id: "microsoft-365",
    name: "Microsoft 365",
    category: "Productivity",
    vfsPath: "/context/tools/ms365",
    authUrl: "https://login.microsoftonline.com/common/oauth2/v2.0/authorize",
    tokenUrl: "https://login.microsoftonline.com/common/oauth2/v2.0/token",
    scopes: ["Mail.Read", "Calendars.Read", "Files.Read"],
    capabilities: { read: ["mail", "calendar", "files", "contacts"], write: ["mail", "calendar"], webhooks: true },
    look: ["mails", "from-sky-600 to-cyan-400"],
    available: true,
  },
];

describe("the catalogue's manifests", () => {
  it("are exactly the five of the catalogue, in its order", () => {
    expect(
      manifests.map((manifest) => ({
        id: manifest.id,
        name: manifest.name,
        category: manifest.category,
        vfsPath: manifest.vfsPath,
        authUrl: manifest.oauth.authUrl,
        tokenUrl: manifest.oauth.tokenUrl,
        scopes: manifest.oauth.scopes,
        capabilities: manifest.capabilities,
        look: [manifest.icon, manifest.gradient],
        available: manifest.available,
      })),
    ).toEqual(facts);
  });

  it("have ids and mounts of their own", () => {
    expect(new Set(manifests.map((manifest) => manifest.id)).size).toBe(manifests.length);
    expect(new Set(manifests.map((manifest) => manifest.vfsPath)).size).toBe(manifests.length);
    for (const manifest of manifests) expect(manifest.vfsPath).toBe(`/context/tools/${manifest.mountName}`);
  });

  it("declare the scopes of every capability, and of nothing else", () => {
    for (const manifest of manifests) {
      expect(Object.keys(manifest.capabilityScopes).sort()).toEqual([...listCapabilities(manifest)].sort());
      for (const scopes of Object.values(manifest.capabilityScopes)) expect(scopes.length).toBeGreaterThan(0);
    }
  });

  it("keep their OAuth pages on origins that can be replaced", () => {
    for (const manifest of manifests) {
      const local = Object.fromEntries(Object.keys(manifest.origins).map((role) => [role, `http://localhost:4200/${role}`]));
      for (const url of [manifest.oauth.authUrl, manifest.oauth.tokenUrl]) {
        expect(placeUrl(url, manifest.origins, manifest.origins)).toBe(url);
        expect(placeUrl(url, manifest.origins, local)).toMatch(/^http:\/\/localhost:4200\//);
      }
      expect(() => placeUrl("https://elsewhere.test/x", manifest.origins, local)).toThrow(TypeError);
    }
  });

  it("cover every folder of an integration", () => {
    const folders = readdirSync(import.meta.dirname, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
    expect(folders.sort()).toEqual(manifests.map((manifest) => manifest.id).sort());
  });

  it("are pure data: a manifest imports nothing but types", () => {
    for (const manifest of manifests) {
      const source = readFileSync(`${import.meta.dirname}/${manifest.id}/manifest.ts`, "utf8");
      for (const line of source.split("\n").filter((text) => text.startsWith("import"))) expect(line).toMatch(/^import type /);
    }
  });
});

describe("scopes by capability", () => {
  it("asks for the base, the support scopes and what the ticked capabilities need, each once", () => {
    const microsoft = findManifest("microsoft-365");
    expect(microsoft && scopesToAsk(microsoft, [])).toEqual([
      ...(microsoft?.oauth.scopes ?? []),
      ...(microsoft?.oauth.supportScopes ?? []),
    ]);
    expect(microsoft && scopesToAsk(microsoft, ["read:mail", "read:files", "read:contacts", "write:mail"])).toEqual([
      "Mail.Read",
      "Files.Read",
      "offline_access",
      "openid",
      "profile",
      "User.Read",
      "Contacts.Read",
      "Mail.ReadWrite",
      "Mail.Send",
    ]);
  });

  it("leaves out what of the base only capabilities need that are not ticked", () => {
    const linear = findManifest("linear");
    expect(linear && scopesToAsk(linear, ["read:issues"])).toEqual(["read"]);
    expect(linear && scopesToAsk(linear, ["read:issues", "write:comments"])).toEqual(["read", "write"]);
  });

  it("names exactly the scopes that a capability still lacks", () => {
    const slack = findManifest("slack");
    expect(slack && missingScopes(slack, "write:reactions", ["reactions:read", "chat:write"])).toEqual(["reactions:write"]);
    expect(slack && missingScopes(slack, "write:messages", ["chat:write"])).toEqual([]);
    expect(findManifest("jira")).toBeNull();
  });
});
