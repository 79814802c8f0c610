import { describe, expect, it } from "vitest";
import { startTestTool } from "@/sandbox/testing";
import type { IntegrationSettings } from "../contract";
import { createTestTransport, testCall } from "../testing";
import { googleWorkspaceManifest } from "./manifest";
import { googleOAuth } from "./oauth";
import { recorded } from "./testing";

const settings: IntegrationSettings = {
  clientId: "id",
  clientSecret: "secret",
  origins: googleWorkspaceManifest.origins,
  redirectUri: "https://hub.example/oauth/callback/google-workspace",
};
const scope = (name: string) => `https://www.googleapis.com/auth/${name}`;

describe("asking for consent", () => {
  it("asks for a refresh token every time, and for what was granted before", () => {
    const provider = googleOAuth.provider(settings, ["openid", scope("drive.readonly")]);
    expect(provider.authorization).toMatchObject({
      params: { scope: `openid ${scope("drive.readonly")}`, access_type: "offline", prompt: "consent", include_granted_scopes: "true" },
    });
    expect(provider.issuer).toBe("https://accounts.google.com");
    expect(provider.client).toEqual({ token_endpoint_auth_method: "client_secret_post" });
  });
});

describe("the token answer", () => {
  it.each([
    [
      "with the short names of OpenID Connect",
      `openid ${scope("userinfo.email")} ${scope("drive.readonly")}`,
      ["openid", "email", scope("drive.readonly")],
    ],
    ["without them", scope("drive.readonly"), [scope("drive.readonly")]],
    ["not at all", undefined, null],
  ])("names the granted scopes %s", (_what, granted, expected) => {
    expect(googleOAuth.readTokens({ access_token: "a", expires_in: 3599, scope: granted }).scopes).toEqual(expected);
  });

  it("says when an access that the person limited ends", () => {
    expect(googleOAuth.readTokens({ access_token: "a", refresh_token: "r", refresh_token_expires_in: 604_799 })).toMatchObject({
      refreshToken: "r",
      refreshExpiresInSeconds: 604_799,
    });
  });
});

describe("at the sandbox", () => {
  const base = ["openid", "email", "profile", scope("drive.readonly")];

  it("knows a person by sub and a Workspace by its domain, and a consumer account stands alone", async () => {
    const tool = await startTestTool<{ access_token: string }>("google-workspace");
    const placed = tool.settingsFor(googleWorkspaceManifest);
    const send = createTestTransport(recorded, placed).send(null);
    const identify = async (person: string) =>
      await googleOAuth.identify((await tool.connect(base, person)).access_token, placed, send, testCall);
    const ann = await identify("ann@acme.example");
    expect(ann).toMatchObject({ orgId: "acme.example", accountName: "Ann Smith", accountEmail: "ann@acme.example", timeZone: null });
    expect(ann.accountId).toMatch(/^\d{21}$/);
    const other = await identify("ann.smith@borealis.example");
    expect(other.accountId).not.toBe(ann.accountId);
    const hugo = await identify("hugo@freelance.example");
    expect([hugo.orgId, hugo.orgName]).toEqual([hugo.accountId, null]);
    await tool.close();
  });

  it("refreshes without rotating, revokes everything of the account, and gets the scopes of earlier consents too", async () => {
    const tool = await startTestTool<{ access_token: string; refresh_token: string; scope: string }>("google-workspace");
    const placed = tool.settingsFor(googleWorkspaceManifest);
    const send = createTestTransport(recorded, placed).send(null);
    const first = await tool.connect(base);
    const second = await tool.connect([...base, scope("documents")]);
    const third = await tool.connect(base);
    expect(third.scope.split(" ")).toContain(scope("documents"));
    const refreshed = await googleOAuth.refresh(first.refresh_token, placed, send, testCall);
    expect(refreshed.refreshToken).toBeNull();
    expect((await googleOAuth.refresh(first.refresh_token, placed, send, testCall)).accessToken).not.toBe(refreshed.accessToken);
    await googleOAuth.revoke?.({ accessToken: first.access_token, refreshToken: first.refresh_token }, placed, send, testCall);
    await expect(googleOAuth.refresh(second.refresh_token, placed, send, testCall)).rejects.toMatchObject({ code: "ENOTCONN" });
    await tool.close();
  });
});
