import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startTestAsana } from "./testing";

let sandbox: Awaited<ReturnType<typeof startTestAsana>>;
beforeAll(async () => {
  sandbox = await startTestAsana();
});
afterAll(() => sandbox.close());
beforeEach(() => sandbox.control.reset());

const bodyOf = async (response: Response) => (await response.json()) as Readonly<Record<string, unknown>>;
const app = () => ({ client_id: sandbox.client.clientId, client_secret: sandbox.client.clientSecret });

describe("consent", () => {
  it("gives a code for a well-formed request, and tells the app of a refusal in Asana's words", async () => {
    expect((await sandbox.consent(["default"])).get("code")).toBeTruthy();
    expect((await sandbox.consent(["default"], {}, { decision: "cancel" })).get("error")).toBe("access_denied");
    expect((await sandbox.consent(["tasks:everything"])).get("error")).toBe("forbidden_scopes");
    expect((await sandbox.consent(["default"], { scope: null })).get("error")).toBe("forbidden_scopes");
    expect((await sandbox.consent(["default"], { code_challenge: null, code_challenge_method: null })).get("error")).toBe(
      "invalid_request",
    );
  });

  it("sends nobody to an address that is not the app's: plain text says why", async () => {
    const wrong: readonly Readonly<Record<string, string>>[] = [{ client_id: "unknown" }, { redirect_uri: "https://evil.example/" }];
    for (const changes of wrong) {
      const shown = await fetch(sandbox.authorizeUrl(["default"], changes), { redirect: "manual" });
      expect([shown.status, shown.headers.get("content-type")]).toEqual([400, expect.stringContaining("text/plain")]);
    }
  });
});

describe("tokens", () => {
  it("name the person, and live an hour; a refresh gives a new one and keeps the refresh token", async () => {
    const tokens = await sandbox.connect(["default"], "ben@acme.example");
    expect(tokens).toMatchObject({ token_type: "bearer", expires_in: 3_600, data: { name: "Ben Okafor", email: "ben@acme.example" } });
    expect(tokens).not.toHaveProperty("scope");
    await sandbox.control.advanceClock(3_600_000);
    const expired = await sandbox.api(tokens.access_token, "GET", "/users/me");
    expect([expired.status, expired.body.errors?.[0]?.message]).toEqual([401, expect.stringContaining("The bearer token has expired.")]);
    for (const _ of [1, 2]) {
      const renewed = await bodyOf(await sandbox.refresh(tokens.refresh_token));
      expect(renewed).not.toHaveProperty("refresh_token");
      expect((await sandbox.api(String(renewed.access_token), "GET", "/users/me")).status).toBe(200);
    }
  });

  it("need the secret in the body: PKCE does not stand in for it, and Basic is not taken", async () => {
    const code = (await sandbox.consent(["default"])).get("code") ?? "";
    expect((await sandbox.exchange(code, { client_secret: "wrong" })).status).toBe(401);
    const basic = { authorization: `Basic ${Buffer.from(`${app().client_id}:${app().client_secret}`).toString("base64")}` };
    const form = { grant_type: "authorization_code", code, redirect_uri: sandbox.client.redirectUris[0] ?? "" };
    expect((await sandbox.form("/-/oauth_token", form, basic)).status).toBe(401);
    expect((await sandbox.exchange(code, { code_verifier: "x".repeat(43) })).status).toBe(400);
  });

  it("end with their refresh token: only that is revoked, an unknown one is 200 too", async () => {
    const tokens = await sandbox.connect(["default"]);
    const info = async (token: string) => await bodyOf(await sandbox.form("/-/token_info", { token, ...app() }));
    expect(await info(tokens.access_token)).toMatchObject({ active: true, token_type: "bearer", scope: "default" });
    expect(await info(tokens.refresh_token)).toMatchObject({ active: true, token_type: "refresh" });
    expect((await sandbox.form("/-/oauth_revoke", { token: tokens.access_token, ...app() })).status).toBe(400);
    expect((await sandbox.form("/-/oauth_revoke", { token: tokens.refresh_token })).status).toBe(401);
    expect((await sandbox.form("/-/oauth_revoke", { token: tokens.refresh_token, ...app() })).status).toBe(200);
    expect((await sandbox.form("/-/oauth_revoke", { token: "never given", ...app() })).status).toBe(200);
    expect(await info(tokens.refresh_token)).toEqual({ active: false });
    expect((await sandbox.api(tokens.access_token, "GET", "/users/me")).status).toBe(401);
    expect(await bodyOf(await sandbox.refresh(tokens.refresh_token))).toEqual({
      error: "invalid_grant",
      error_description: "The `refresh_token` provided was invalid.",
      error_uri: "https://asana.com/developers/documentation/getting-started/authentication",
    });
  });
});
