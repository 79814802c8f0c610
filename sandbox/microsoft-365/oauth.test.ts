import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type EntraTokens, startTestMicrosoft365, type TestMicrosoft365 } from "./testing";

/** Entra's sign-in as the fact sheet (§1) has it. */

let tool: TestMicrosoft365;
beforeAll(async () => {
  tool = await startTestMicrosoft365();
});
afterAll(() => tool.close());
beforeEach(() => tool.control.reset());

const scopes = ["openid", "profile", "offline_access", "User.Read", "Mail.Read"];

async function refusalOf(response: Response): Promise<{ readonly error: string; readonly error_codes: readonly number[] }> {
  const body = (await response.json()) as { readonly error: string; readonly error_codes: readonly number[] };
  expect(body).toMatchObject({
    error_description: expect.stringMatching(/^AADSTS\d+: /),
    timestamp: expect.any(String),
    trace_id: expect.any(String),
    correlation_id: expect.any(String),
  });
  return { error: body.error, error_codes: body.error_codes };
}

const claimsOf = (token: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8"));

describe("tokens", () => {
  it("come with a refresh token for offline_access alone, an id_token for openid, and never name offline_access", async () => {
    const tokens = await tool.connect(scopes);
    expect(tokens).toMatchObject({ token_type: "Bearer", scope: "openid profile User.Read Mail.Read" });
    expect(tokens.expires_in).toBeLessThanOrEqual(3_600);
    expect(claimsOf(tokens.id_token ?? "")).toMatchObject({
      tid: expect.stringMatching(/^[0-9a-f-]{36}$/),
      oid: expect.stringMatching(/^[0-9a-f-]{36}$/),
      preferred_username: "ann@acme.example",
    });
    const plain = await tool.connect(["User.Read"]);
    expect([plain.refresh_token, plain.id_token]).toEqual([undefined, undefined]);
  });

  it("are renewed by a refresh token that stays good: each time another one comes", async () => {
    const first = await tool.connect(scopes);
    const seen = new Set([first.refresh_token]);
    for (let round = 0; round < 3; round += 1) {
      const answer = (await (await tool.refresh(first.refresh_token ?? "")).json()) as EntraTokens;
      expect(seen.has(answer.refresh_token)).toBe(false);
      seen.add(answer.refresh_token);
    }
  });

  it("end: the access token after an hour, the refresh token after 90 days without use", async () => {
    const { access_token, refresh_token = "" } = await tool.connect(scopes);
    const me = () => fetch(`${tool.origin}/v1.0/me`, { headers: { authorization: `Bearer ${access_token}` } });
    expect((await me()).status).toBe(200);
    await tool.control.advanceClock(3_601_000);
    expect((await me()).status).toBe(401);
    await tool.control.advanceClock(90 * 86_400_000);
    expect(await refusalOf(await tool.refresh(refresh_token))).toEqual({ error: "invalid_grant", error_codes: [700082] });
  });

  it("are refused with Entra's numbers", async () => {
    const { refresh_token = "" } = await tool.connect(scopes);
    expect(await refusalOf(await tool.refresh("made-up"))).toEqual({ error: "invalid_grant", error_codes: [9002313] });
    expect(await refusalOf(await tool.refresh(refresh_token, { client_secret: "wrong" }))).toEqual({
      error: "invalid_client",
      error_codes: [7000215],
    });
    expect(await refusalOf(await tool.refresh(refresh_token, { client_id: "nobody" }))).toEqual({
      error: "unauthorized_client",
      error_codes: [700016],
    });
    const code = (await tool.consent(scopes)).get("code") ?? "";
    expect((await tool.exchange(code)).status).toBe(200);
    expect(await refusalOf(await tool.exchange(code))).toEqual({ error: "invalid_grant", error_codes: [54005] });
    const other = (await tool.consent(scopes)).get("code") ?? "";
    expect(await refusalOf(await tool.exchange(other, { code_verifier: "x".repeat(43) }))).toEqual({
      error: "invalid_grant",
      error_codes: [501481],
    });
    await tool.control.revokeGrants();
    expect(await refusalOf(await tool.refresh(refresh_token))).toEqual({ error: "invalid_grant", error_codes: [50173] });
  });

  it("wait for a person, or for the service, when they are told to", async () => {
    const { refresh_token = "" } = await tool.connect(scopes);
    for (const [refuseRefresh, error, number] of [
      ["interaction_required", "interaction_required", 50076],
      ["consent_required", "consent_required", 65001],
      ["temporarily_unavailable", "temporarily_unavailable", 90033],
    ] as const) {
      await tool.control.set({ refuseRefresh });
      expect(await refusalOf(await tool.refresh(refresh_token))).toEqual({ error, error_codes: [number] });
    }
    await tool.control.set({ refuseRefresh: "none" });
    expect((await tool.refresh(refresh_token)).status).toBe(200);
  });
});

describe("the consent", () => {
  it("takes short scopes and Graph's URLs, and refuses others", async () => {
    const back = await tool.consent(["https://graph.microsoft.com/Mail.Read", "User.Read"]);
    const tokens = (await (await tool.exchange(back.get("code") ?? "")).json()) as EntraTokens;
    expect(tokens.scope).toBe("Mail.Read User.Read");
    expect((await tool.consent(["Mail.Everything"])).get("error")).toBe("invalid_scope");
  });

  it("is at every tenant that there is, and the keys verify the id_token", async () => {
    const configuration = (await (await fetch(`${tool.origin}/common/v2.0/.well-known/openid-configuration`)).json()) as Record<
      string,
      string
    >;
    expect(configuration.token_endpoint).toBe(`${tool.origin}/common/oauth2/v2.0/token`);
    expect(await (await fetch(configuration.jwks_uri ?? "")).json()).toMatchObject({ keys: [{ kty: "RSA" }] });
    expect((await fetch(`${tool.origin}/nobodys-tenant/oauth2/v2.0/authorize`)).status).toBe(400);
  });
});

describe("Graph's answer to a token", () => {
  it("is 401 with the same code, whatever is wrong with it, and a challenge where a policy asks for more", async () => {
    const graph = await tool.graph(["User.Read"]);
    expect((await fetch(`${tool.origin}/v1.0/me`)).status).toBe(401);
    const wrong = await fetch(`${tool.origin}/v1.0/me`, { headers: { authorization: "Bearer x" } });
    expect([wrong.status, await wrong.json()]).toMatchObject([
      401,
      { error: { code: "InvalidAuthenticationToken", innerError: { "request-id": expect.any(String) } } },
    ]);
    await tool.control.set({ claimsChallenge: true });
    const challenged = await graph("GET", "/me");
    expect(challenged.status).toBe(401);
    expect(challenged.headers.get("www-authenticate")).toMatch(/error="insufficient_claims", claims="[A-Za-z0-9+/=]+"/);
  });

  it("is 403 without the permission that an endpoint asks for, in the words of its service", async () => {
    const graph = await tool.graph(["User.Read", "Mail.Read", "Calendars.Read", "Files.Read", "Contacts.Read"]);
    const refused = async (method: string, path: string, body?: unknown) => {
      const answer = await graph(method, path, body);
      return [answer.status, answer.body];
    };
    const outlook = [403, { error: { code: "ErrorAccessDenied" } }];
    expect(await refused("POST", "/me/messages", {})).toMatchObject(outlook);
    expect(await refused("POST", "/me/sendMail", { message: {} })).toMatchObject(outlook);
    expect(await refused("POST", "/me/events", {})).toMatchObject(outlook);
    expect(await refused("POST", "/me/contacts", {})).toMatchObject(outlook);
    expect(await refused("DELETE", "/me/drive/items/root")).toMatchObject([403, { error: { code: "accessDenied" } }]);
    const writer = await tool.graph(["Mail.ReadWrite"]);
    const draft = await writer("POST", "/me/messages", { toRecipients: [{ emailAddress: { address: "a@b.example" } }] });
    expect(draft.status).toBe(201);
    // Sending is not part of Mail.ReadWrite.
    expect((await writer("POST", `/me/messages/${String((draft.body as { id: string }).id)}/send`)).status).toBe(403);
    expect((await writer("GET", "/me/events")).status).toBe(403);
  });
});
