import { describe, expect, it } from "vitest";
import type { Manifest } from "@/server/integrations/contract";
import { findManifest } from "@/server/integrations/manifests";
import { grantedScopes, missingConsents, scopesOfConsent, usableCapabilities } from "./capabilities";

function manifestOf(id: string): Manifest {
  const manifest = findManifest(id);
  if (manifest === null) throw new Error(`There is no manifest ${id}.`);
  return manifest;
}
const google = (name: string) => `https://www.googleapis.com/auth/${name}`;
const alive = { isAlive: true };

describe("what a connection may be used for", () => {
  const linear = manifestOf("linear");

  it("is what is switched on and covered; what is switched on and not covered is missing, and nothing else is", () => {
    const use = { capabilities: ["read:issues", "write:comments"], scopes: ["read"] };
    expect(usableCapabilities(linear, use)).toEqual(["read:issues"]);
    expect(missingConsents(linear, use)).toEqual([{ capability: "write:comments", scopes: ["write"] }]);
    expect(missingConsents(linear, { capabilities: ["read:issues"], scopes: ["read"] })).toEqual([]);
  });
});

describe("switching a capability on", () => {
  it("asks for exactly what is missing, and what identity needs, where a consent adds to the earlier ones", () => {
    const slack = { capabilities: ["read:users"], scopes: ["users:read", "users:read.email", "reactions:read"], ...alive };
    expect(scopesOfConsent(manifestOf("slack"), slack, ["write:reactions"])).toEqual(["reactions:write"]);
    const use = { capabilities: ["read:calendar"], scopes: ["openid", "email", "profile", google("calendar.readonly")], ...alive };
    expect(scopesOfConsent(manifestOf("google-workspace"), use, ["write:calendar"])).toEqual([
      "openid",
      "email",
      "profile",
      google("calendar.events"),
    ]);
  });

  it("asks for what is granted and still switched on as well, where a consent replaces the earlier ones", () => {
    const microsoft = manifestOf("microsoft-365");
    // `read:files` was granted and switched off, `read:contacts` is switched on and was not granted.
    const use = { capabilities: ["read:mail", "read:contacts"], scopes: ["Mail.Read", "Files.Read"], ...alive };
    const asked = ["Mail.Read", "Calendars.Read", "offline_access", "openid", "profile", "User.Read"];
    expect(scopesOfConsent(microsoft, use, ["read:calendar"])).toEqual(asked);
  });

  it("asks for everything that is switched on when the grant is dead, because nothing is left to add to", () => {
    const use = { capabilities: ["read:users"], scopes: ["users:read", "users:read.email"], isAlive: false };
    expect(scopesOfConsent(manifestOf("slack"), use, ["write:messages"])).toEqual(["chat:write", "users:read", "users:read.email"].sort());
  });

  it("asks for everything that is switched on when nothing is switched on anew: the connection is mended", () => {
    const use = { capabilities: ["read:issues", "write:comments"], scopes: ["read"], ...alive };
    expect(scopesOfConsent(manifestOf("linear"), use, [])).toEqual(["read", "write"]);
  });
});

describe("what a token covers", () => {
  const [linear, slack, workspace] = ["linear", "slack", "google-workspace"].map(manifestOf) as [Manifest, Manifest, Manifest];

  it.each([
    ["replaced: the answer is all", linear, ["read"], ["read", "write"], ["read"]],
    ["replaced, unnamed: what was asked for (RFC 6749 §5.1)", linear, null, ["write"], ["asked"]],
    ["added, the answer lists all: the answer", workspace, ["a"], ["a", "b"], ["a"]],
    ["added, unnamed: what was asked for, and the earlier ones", workspace, null, ["a"], ["a", "asked"]],
    ["added, the answer names the new ones: both", slack, ["b"], ["a"], ["a", "b"]],
    ["added to a dead grant: the answer", slack, ["b"], null, ["b"]],
  ] as const)("%s", (_what, manifest, answered, before, covered) => {
    expect(grantedScopes(manifest, answered, ["asked"], before)).toEqual(covered);
  });
});
