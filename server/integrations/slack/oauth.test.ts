import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { answerConsent } from "@/sandbox/testing";
import { createSealedAuth } from "@/server/connections/auth";
import { HubError } from "@/server/errors";
import { plainReading } from "@/server/transport/transport";
import type { IntegrationSettings } from "../contract";
import { createTestTransport, testCall } from "../testing";
import { slack } from "./index";
import { slackManifest } from "./manifest";
import { slackOAuth } from "./oauth";
import { startSlackSandbox } from "./testing";

/** Slack's OAuth inside the sealed Auth.js instance and by itself, over the real transport, against the strict sandbox. */

const hubOrigin = "http://localhost:3000";
const scopes = ["channels:read", "chat:write", "users:read"];

let withPkce: Awaited<ReturnType<typeof startSlackSandbox>>;
let without: Awaited<ReturnType<typeof startSlackSandbox>>;
beforeAll(async () => {
  [withPkce, without] = await Promise.all([
    startSlackSandbox({ client: { pkce: "required" } }),
    startSlackSandbox({ client: { pkce: "off" } }),
  ]);
});
afterAll(() => Promise.all([withPkce.close(), without.close()]));

type Sandbox = typeof withPkce;

const settingsOf = (sandbox: Sandbox, pkce: boolean): IntegrationSettings => ({
  ...sandbox.settingsFor(slackManifest),
  ...(pkce ? { pkce: true } : {}),
});

async function connect(sandbox: Sandbox, pkce: boolean, spoil: (answer: URLSearchParams) => void = () => undefined) {
  const settings = settingsOf(sandbox, pkce);
  const sealed = createSealedAuth({
    origin: hubOrigin,
    authSecret: "a-secret-of-this-test-only-0123456789",
    issuers: { ownersOf: () => [] },
  });
  const consent = { integration: slack, settings, scopes, flowId: "018f0000-0000-7000-8000-000000000001" };
  const begun = await sealed.begin(consent);
  const answer = await answerConsent(begun.url);
  spoil(answer);
  const { send, calls } = createTestTransport(slack, settings);
  const exchange = createTestTransport({ ...slack, reading: plainReading }, settings).send(null);
  const cookies = begun.cookies.map(({ name, value }) => `${name}=${value}`).join("; ");
  const result = await sealed.finish(consent, answer, cookies, { exchange, call: send(null) }, testCall);
  return { asked: new URL(begun.url).searchParams, answer, result, calls };
}

describe("connecting Slack", () => {
  it("asks with PKCE where the app has it, and ends with the bot's tokens and Slack's own identity", async () => {
    const { asked, result } = await connect(withPkce, true);
    expect(Object.fromEntries(asked)).toMatchObject({ scope: scopes.join(","), code_challenge_method: "S256" });
    expect(asked.has("user_scope")).toBe(false);
    expect(result).toMatchObject({
      ok: true,
      tokens: {
        scopes,
        refreshToken: expect.stringMatching(/^xoxe-1-/),
        accessToken: expect.stringMatching(/^xoxe\.xoxb-1-/),
        expiresInSeconds: 43_200,
      },
      identity: {
        accountId: expect.stringMatching(/^U/),
        orgId: expect.stringMatching(/^T/),
        accountName: "test_app",
        orgName: "Acme Parcels",
        accountEmail: null,
      },
    });
  });

  it("asks without PKCE where the app has not opted in, bound by the sealed state alone", async () => {
    const { asked, result } = await connect(without, false);
    expect(asked.has("code_challenge")).toBe(false);
    expect(asked.get("state")).toBeTruthy();
    expect(result.ok).toBe(true);
    expect((await connect(without, false, (answer) => answer.set("state", "another"))).result).toMatchObject({
      failure: { kind: "rejected" },
    });
  });

  it("is refused by Slack when the hub believes otherwise of the app", async () => {
    expect((await connect(without, true)).answer.get("error")).toBe("pkce_not_allowed");
    expect((await connect(without, true)).result).toMatchObject({ ok: false, failure: { kind: "refused", error: "pkce_not_allowed" } });
    expect((await connect(withPkce, false)).answer.get("error")).toBe("pkce_required");
  });

  it("takes a refusal that comes with HTTP 200 for one", async () => {
    expect((await connect(withPkce, true, (answer) => answer.set("code", "made-up"))).result).toMatchObject({
      ok: false,
      failure: { kind: "failed" },
    });
  });
});

describe("the token answer", () => {
  it("is a bearer's for Auth.js, and a refusal is 400", async () => {
    const { token } = slackOAuth.provider(settingsOf(without, false), scopes);
    if (typeof token !== "object" || !("conform" in token) || typeof token.conform !== "function") throw new Error("no conform");
    const conform = async (body: unknown, status = 200): Promise<Response> => token.conform(Response.json(body, { status }));
    expect(await (await conform({ ok: true, access_token: "a", token_type: "bot" })).json()).toMatchObject({ token_type: "bearer" });
    const refused = await conform({ ok: false, error: "invalid_code" });
    expect([refused.status, await refused.json()]).toEqual([400, { error: "invalid_code" }]);
    expect((await conform({}, 502)).status).toBe(502);
  });

  it("is read with commas, without rotation, and not without a bot's token", () => {
    expect(slackOAuth.readTokens({ ok: true, access_token: "xoxb-1", scope: "chat:write,users:read" })).toEqual({
      accessToken: "xoxb-1",
      refreshToken: null,
      expiresInSeconds: null,
      scopes: ["chat:write", "users:read"],
    });
    const userOnly = { ok: true, authed_user: { id: "U1", access_token: "xoxp-1" } };
    expect(() => slackOAuth.readTokens(userOnly)).toThrow(HubError);
  });
});

describe("identity", () => {
  const identify = (auth: Record<string, unknown>) => {
    const answer = { ok: true, url: "https://acme.slack.com/", user: "hub", user_id: "U1", ...auth };
    const send = async () => ({
      status: 200,
      headers: new Headers(),
      body: new Uint8Array(),
      stream: null,
      text: () => "",
      json: () => answer,
    });
    return slackOAuth.identify("x", settingsOf(without, false), send, testCall);
  };

  it("is the bot in its workspace, or in its organisation where the app is installed there", async () => {
    expect(await identify({ team_id: "T1", enterprise_id: "E1" })).toMatchObject({ accountId: "U1", orgId: "T1" });
    expect(await identify({ team_id: null, enterprise_id: "E1", is_enterprise_install: true })).toMatchObject({ orgId: "E1" });
    await expect(identify({ team_id: null })).rejects.toMatchObject({ code: "EIO" });
  });
});

describe("a renewal", () => {
  it("may be repeated for half a minute, within Slack's undocumented grace", () => {
    expect(slackOAuth.refreshReplay).toEqual({ graceMs: 30_000 });
  });

  it("whose answer was lost is repeated with the same token, and both new ones are of the same bot", async () => {
    const settings = settingsOf(withPkce, true);
    const transport = createTestTransport(slack, settings).send(null);
    const { refresh_token } = await withPkce.connect(scopes);
    await withPkce.control.addFault({ match: { operation: "refresh_token" }, effect: { kind: "lost_answer" } });
    await expect(slackOAuth.refresh(refresh_token, settings, transport, testCall)).rejects.toMatchObject({
      details: { outcome: "unknown" },
    });
    const again = await slackOAuth.refresh(refresh_token, settings, transport, testCall);
    expect((await slackOAuth.identify(again.accessToken, settings, transport, testCall)).accountName).toBe("test_app");
    await withPkce.control.advanceClock(61_000);
    await expect(slackOAuth.refresh(refresh_token, settings, transport, testCall)).rejects.toMatchObject({ code: "ENOTCONN" });
  });
});

describe("disconnecting", () => {
  it("uninstalls the app, with a fresh token where the old one has expired, and says when there is nothing left", async () => {
    const settings = settingsOf(withPkce, true);
    const transport = createTestTransport(slack, settings).send(null);
    const tokens = slackOAuth.readTokens(await withPkce.connect(scopes));
    const other = slackOAuth.readTokens(await withPkce.connect(scopes, "ben@acme.example"));
    await withPkce.control.expireAccessTokens();
    const revoke = slackOAuth.revoke ?? (() => Promise.reject(new Error("no revoke")));
    expect(await revoke(tokens, settings, transport, testCall)).toMatchObject({
      outcome: "revoked",
      proof: expect.stringContaining("uninstalled"),
    });
    // `account`: everybody's grants to the app in this workspace ended with it.
    expect(slackOAuth.revocationEnds).toBe("account");
    await expect(slackOAuth.refresh(other.refreshToken ?? "", settings, transport, testCall)).rejects.toMatchObject({ code: "ENOTCONN" });
    expect(await revoke(other, settings, transport, testCall)).toMatchObject({ outcome: "already_revoked" });
  });

  it("is not said to be done when Slack refuses the app's secret", async () => {
    const settings = { ...settingsOf(withPkce, true), clientSecret: "wrong" };
    const tokens = slackOAuth.readTokens(await withPkce.connect(scopes));
    const transport = createTestTransport(slack, settings).send(null);
    await expect(slackOAuth.revoke?.(tokens, settings, transport, testCall)).rejects.toMatchObject({ code: "EIO" });
  });
});
