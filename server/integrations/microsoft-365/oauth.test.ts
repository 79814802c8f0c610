import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestMicrosoft365, type TestMicrosoft365 } from "@/sandbox/microsoft-365/testing";
import { answerConsent } from "@/sandbox/testing";
import { createSealedAuth } from "@/server/connections/auth";
import { HubError } from "@/server/errors";
import { plainReading } from "@/server/transport/transport";
import { createTestTransport, testCall } from "../testing";
import { microsoft365 } from "./index";
import { microsoft365OAuth } from "./oauth";

/** Entra's sign-in: the provider inside the sealed Auth.js instance, refreshes, and who somebody is. */

let tool: TestMicrosoft365;
beforeAll(async () => {
  tool = await startTestMicrosoft365();
});
afterAll(() => tool.close());

const settings = () => tool.settingsFor(microsoft365.manifest);
const send = () => createTestTransport(microsoft365, settings()).send(null);
const scopes = ["offline_access", "openid", "profile", "User.Read", "Mail.Read"];

async function failureOf(work: Promise<unknown>): Promise<HubError> {
  const outcome: unknown = await work.then(
    () => null,
    (error: unknown) => error,
  );
  if (outcome instanceof HubError) return outcome;
  throw new Error(outcome === null ? "nothing was refused" : `not a HubError: ${String(outcome)}`);
}

describe("connecting Microsoft 365", () => {
  it("asks with PKCE, state and the choice of an account, and ends with tokens, scopes and the tenant's own ids", async () => {
    const issuers = { ownersOf: () => [] };
    const sealed = createSealedAuth({ origin: "http://localhost:3000", authSecret: "a-secret-of-this-test-only-0123456789", issuers });
    const consent = { integration: microsoft365, settings: settings(), scopes, flowId: "018f0000-0000-7000-8000-000000000001" };
    const begun = await sealed.begin(consent);
    const asked = new URL(begun.url).searchParams;
    expect(Object.fromEntries(asked)).toMatchObject({
      response_type: "code",
      response_mode: "query",
      prompt: "select_account",
      scope: scopes.join(" "),
      code_challenge_method: "S256",
    });
    expect(begun.url).not.toContain(settings().clientSecret);
    const answer = await answerConsent(begun.url, { person: "ben@acme.example" });
    const exchange = createTestTransport({ ...microsoft365, reading: plainReading }, settings()).send(null);
    const cookies = begun.cookies.map(({ name, value }) => `${name}=${value}`).join("; ");
    const result = await sealed.finish(consent, answer, cookies, { exchange, call: send() }, testCall);
    expect(result).toMatchObject({
      ok: true,
      tokens: { scopes: ["openid", "profile", "User.Read", "Mail.Read"], refreshToken: expect.any(String) },
      identity: { accountName: "Ben Okafor", accountEmail: "ben@acme.example", orgName: "Acme Parcels" },
    });
  });

  it("knows one person in two tenants as two", async () => {
    const identify = async (person: string) => {
      const { access_token } = await tool.connect(scopes, person);
      return await microsoft365OAuth.identify(access_token, settings(), send(), testCall);
    };
    const [acme, borealis] = [await identify("ann@acme.example"), await identify("ann.smith@borealis.example")];
    expect([acme.orgName, borealis.orgName]).toEqual(["Acme Parcels", "Borealis Games"]);
    expect(acme.orgId).not.toBe(borealis.orgId);
    expect(acme.accountId).not.toBe(borealis.accountId);
  });
});

describe("a refresh", () => {
  it("may be sent again with the old token, always: each answer is good", async () => {
    expect(microsoft365OAuth.refreshReplay).toBe("always");
    const { refresh_token = "" } = await tool.connect(scopes);
    const [one, two] = [
      await microsoft365OAuth.refresh(refresh_token, settings(), send(), testCall),
      await microsoft365OAuth.refresh(refresh_token, settings(), send(), testCall),
    ];
    expect(one.refreshToken).not.toBe(two.refreshToken);
    for (const { accessToken } of [one, two]) {
      expect((await microsoft365OAuth.identify(accessToken, settings(), send(), testCall)).accountEmail).toBe("ann@acme.example");
    }
  });

  it("ends the connection where only a person can mend it, and not in an outage", async () => {
    const { refresh_token = "" } = await tool.connect(scopes);
    const refused = async (refuseRefresh: string) => {
      await tool.control.set({ refuseRefresh });
      const error = await failureOf(microsoft365OAuth.refresh(refresh_token, settings(), send(), testCall));
      return [error.code, error.retryable];
    };
    expect(await refused("interaction_required")).toEqual(["ENOTCONN", false]);
    expect(await refused("consent_required")).toEqual(["ENOTCONN", false]);
    expect(await refused("temporarily_unavailable")).toEqual(["EIO", true]);
    await tool.control.set({ refuseRefresh: "none" });
    expect((await microsoft365OAuth.refresh(refresh_token, settings(), send(), testCall)).accessToken).not.toBe("");
  });
});

describe("the granted scopes", () => {
  it.each([
    ["short", "Mail.Read User.Read", ["Mail.Read", "User.Read"]],
    ["as Graph's URLs", "https://graph.microsoft.com/Mail.Read openid", ["Mail.Read", "openid"]],
    ["not at all", undefined, null],
    ["empty", "", null],
  ])("are read %s", (_what, scope, expected) => {
    expect(microsoft365OAuth.readTokens({ access_token: "a", expires_in: 3_599, scope }).scopes).toEqual(expected);
  });

  it("come without an id_token to Auth.js, whose issuer is the person's tenant", async () => {
    const { token } = microsoft365OAuth.provider(settings(), scopes);
    if (typeof token !== "object" || !("conform" in token) || typeof token.conform !== "function") throw new Error("no conform");
    const conformed: Response = await token.conform(Response.json({ access_token: "a", id_token: "x.y.z", token_type: "Bearer" }));
    expect(await conformed.json()).toEqual({ access_token: "a", token_type: "Bearer" });
    const refusal: Response = await token.conform(Response.json({ error: "invalid_grant" }, { status: 400 }));
    expect([refusal.status, await refusal.json()]).toEqual([400, { error: "invalid_grant" }]);
  });
});
