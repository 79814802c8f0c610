import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestSandbox, testClient } from "@/sandbox/linear/testing";
import { createSealedAuth } from "@/server/connections/auth";
import { plainReading } from "@/server/transport/transport";
import type { IntegrationSettings } from "../contract";
import { createTestTransport, testCall } from "../testing";
import { linear } from "./index";

/** Linear's provider config inside the sealed Auth.js instance, over the real transport, against the strict sandbox. */

let sandbox: Awaited<ReturnType<typeof startTestSandbox>>;
beforeAll(async () => {
  sandbox = await startTestSandbox();
});
afterAll(() => sandbox.close());

async function connect(person: string, spoil: (answer: URLSearchParams) => void = () => undefined) {
  const settings: IntegrationSettings = {
    clientId: testClient.clientId,
    clientSecret: testClient.clientSecret ?? "",
    origins: { app: sandbox.origin, api: sandbox.origin },
    redirectUri: "http://localhost:3000/oauth/callback/linear",
  };
  const issuers = { ownersOf: () => [] };
  const sealed = createSealedAuth({ origin: "http://localhost:3000", authSecret: "a-secret-of-this-test-only-0123456789", issuers });
  const consent = { integration: linear, settings, scopes: ["read", "write"], flowId: "018f0000-0000-7000-8000-000000000001" };
  const begun = await sealed.begin(consent);
  const asked = new URL(begun.url).searchParams;
  const answer = await sandbox.consent(Object.fromEntries(asked), { person });
  spoil(answer);
  const { send, calls } = createTestTransport(linear, settings);
  const exchange = createTestTransport({ ...linear, reading: plainReading }, settings).send(null);
  const cookies = begun.cookies.map(({ name, value }) => `${name}=${value}`).join("; ");
  return { asked, calls, result: await sealed.finish(consent, answer, cookies, { exchange, call: send(null) }, testCall) };
}

describe("connecting Linear", () => {
  it("asks with PKCE S256 and state, and ends with tokens, granted scopes and Linear's own identity", async () => {
    const { asked, result } = await connect("ben@acme.example");
    expect(Object.fromEntries(asked)).toMatchObject({
      response_type: "code",
      scope: "read,write",
      prompt: "consent",
      code_challenge_method: "S256",
      redirect_uri: "http://localhost:3000/oauth/callback/linear",
    });
    expect(asked.get("state")).toBeTruthy();
    expect(asked.get("code_challenge")).toBeTruthy();
    expect(result).toMatchObject({
      ok: true,
      tokens: { scopes: ["read", "write"], refreshToken: expect.any(String) },
      identity: { accountName: "Ben Okafor", accountEmail: "ben@acme.example", orgName: "Acme Parcels", timeZone: "Africa/Lagos" },
    });
    expect(result.ok && (result.tokens.expiresInSeconds ?? 0) > 86_000).toBe(true);
  });

  it("refuses a changed state and a made-up code", async () => {
    expect((await connect("ben@acme.example", (answer) => answer.set("state", "another"))).result).toMatchObject({
      ok: false,
      failure: { kind: "rejected" },
    });
    expect((await connect("ben@acme.example", (answer) => answer.set("code", "made-up"))).result.ok).toBe(false);
  });
});
