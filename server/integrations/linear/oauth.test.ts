import { describe, expect, it } from "vitest";
import type { IntegrationSettings } from "../contract";
import { linearManifest } from "./manifest";
import { linearOAuth } from "./oauth";

const settings: IntegrationSettings = {
  clientId: "id",
  clientSecret: "secret",
  origins: linearManifest.origins,
  redirectUri: "https://hub.example/oauth/callback/linear",
};

describe("the granted scopes", () => {
  it.each([
    ["with spaces, as documented", "read write", ["read", "write"]],
    ["with commas, as they are asked for", "read,write,comments:create", ["read", "write", "comments:create"]],
    ["as the array of apps made before 2023-12-01", ["read", "write"], ["read", "write"]],
    ["as an array of one joined text", ["read,write"], ["read", "write"]],
    ["not at all", undefined, null],
    ["empty", "", null],
  ])("are read %s", (_what, scope, expected) => {
    expect(linearOAuth.readTokens({ access_token: "a", expires_in: 86_399, scope }).scopes).toEqual(expected);
  });
});

describe("the provider for the sealed Auth.js instance", () => {
  const provider = linearOAuth.provider(settings, ["read", "write"]);

  it("asks with commas and forces consent, so that another workspace can be picked", () => {
    expect(provider.authorization).toMatchObject({ params: { scope: "read,write", prompt: "consent", actor: "user" } });
    expect(provider.client).toEqual({ token_endpoint_auth_method: "client_secret_post" });
  });

  it("turns an array of scopes into the text that Auth.js expects, and leaves a refusal alone", async () => {
    const { token } = provider;
    if (typeof token !== "object" || !("conform" in token) || typeof token.conform !== "function") throw new Error("no conform");
    const conformed: Response = await token.conform(Response.json({ access_token: "a", token_type: "Bearer", scope: ["read", "write"] }));
    expect(await conformed.json()).toEqual({ access_token: "a", token_type: "Bearer", scope: "read write" });
    const refusal: Response = await token.conform(Response.json({ error: "invalid_grant" }, { status: 400 }));
    expect([refusal.status, await refusal.json()]).toEqual([400, { error: "invalid_grant" }]);
  });
});

describe("a refresh whose answer was lost", () => {
  it("may be repeated with the old token for half an hour", () => {
    expect(linearOAuth.refreshReplay).toEqual({ graceMs: 30 * 60_000 });
  });
});
