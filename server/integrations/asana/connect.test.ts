import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestAsana } from "@/sandbox/asana/testing";
import { createSealedAuth } from "@/server/connections/auth";
import { plainReading } from "@/server/transport/transport";
import { createTestTransport, testCall } from "../testing";
import { asana } from "./index";

/** Asana's provider config inside the sealed Auth.js instance, over the real transport, against the strict sandbox. */

let sandbox: Awaited<ReturnType<typeof startTestAsana>>;
beforeAll(async () => {
  sandbox = await startTestAsana();
});
afterAll(() => sandbox.close());

async function connect(person: string, spoil: (answer: URLSearchParams) => void = () => undefined) {
  const settings = sandbox.settingsFor(asana.manifest);
  const issuers = { ownersOf: () => [] };
  const sealed = createSealedAuth({ origin: "http://localhost:3000", authSecret: "a-secret-of-this-test-only-0123456789", issuers });
  const consent = { integration: asana, settings, scopes: ["default"], flowId: "018f0000-0000-7000-8000-000000000001" };
  const begun = await sealed.begin(consent);
  const asked = new URL(begun.url).searchParams;
  const answer = await sandbox.consent(["default"], Object.fromEntries(asked), { person });
  spoil(answer);
  const { send } = createTestTransport(asana, settings);
  const exchange = createTestTransport({ ...asana, reading: plainReading }, settings).send(null);
  const cookies = begun.cookies.map(({ name, value }) => `${name}=${value}`).join("; ");
  return { asked, result: await sealed.finish(consent, answer, cookies, { exchange, call: send(null) }, testCall) };
}

describe("connecting Asana", () => {
  it("asks with PKCE S256 and state, and ends with tokens and Asana's own identity; scopes left out are as asked", async () => {
    const { asked, result } = await connect("ben@acme.example");
    expect(Object.fromEntries(asked)).toMatchObject({
      response_type: "code",
      scope: "default",
      code_challenge_method: "S256",
      redirect_uri: "http://localhost:3000/oauth/callback/asana",
    });
    expect(asked.get("state")).toBeTruthy();
    expect(result).toMatchObject({
      ok: true,
      tokens: { scopes: null, refreshToken: expect.any(String), expiresInSeconds: 3_600 },
      identity: { accountName: "Ben Okafor", accountEmail: "ben@acme.example", orgName: "Acme Parcels", timeZone: null },
    });
  });

  it("names no one workspace for a person of several", async () => {
    expect((await connect("ann@acme.example")).result).toMatchObject({ ok: true, identity: { accountName: "Ann Smith", orgName: null } });
  });

  it("refuses a changed state and a made-up code", async () => {
    for (const name of ["state", "code"]) {
      expect((await connect("ben@acme.example", (answer) => answer.set(name, "made-up"))).result.ok).toBe(false);
    }
  });
});

describe("disconnecting Asana", () => {
  it("without a refresh token has nothing to revoke, and says so", async () => {
    const settings = sandbox.settingsFor(asana.manifest);
    const { send, calls } = createTestTransport(asana, settings);
    const revoked = await asana.oauth.revoke?.({ accessToken: "a", refreshToken: null }, settings, send(null), testCall);
    expect([revoked?.outcome, calls.length]).toEqual(["not_offered", 0]);
  });

  it("takes a refresh token that Asana ever rotates, and keeps the old one until then", () => {
    expect(asana.oauth.readTokens({ access_token: "a", expires_in: 3_600 }).refreshToken).toBeNull();
    expect(asana.oauth.readTokens({ access_token: "a", refresh_token: "new" }).refreshToken).toBe("new");
    expect(asana.oauth.refreshReplay).toBe("always");
  });
});
