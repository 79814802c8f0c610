import { createHash, randomBytes } from "node:crypto";
import { createEmulator, type Emulator } from "emulate";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HubError } from "@/server/errors";
import type { IntegrationSettings } from "../contract";
import { listCapabilities } from "../manifests";
import { createTestContext, createTestTransport, testCall } from "../testing";
import { microsoft365 } from "./index";
import { microsoft365OAuth } from "./oauth";

/**
 * The connector against `emulate`'s Microsoft, somebody else's reading of the same vendor: it has the sign-in and `/me`, and nothing else of
 * Graph. What it lacks or does otherwise is written down here and in docs/tools/microsoft-365.md, so that a new version is noticed.
 */

let emulator: Emulator;
let settings: IntegrationSettings;
const verifier = randomBytes(32).toString("base64url");

beforeAll(async () => {
  emulator = await createEmulator({ service: "microsoft", port: 0 });
  settings = {
    clientId: "example-client-id",
    clientSecret: "example-client-secret",
    origins: { login: emulator.url, graph: emulator.url },
    redirectUri: "http://localhost:3000/api/auth/callback/microsoft-entra-id",
  };
});
afterAll(() => emulator.close());

const send = () => createTestTransport(microsoft365, settings).send(null);

async function codeOf(work: Promise<unknown>): Promise<string> {
  const outcome: unknown = await work.then(
    () => "done",
    (error: unknown) => error,
  );
  return outcome instanceof HubError ? outcome.code : String(outcome);
}

/** Consent and code exchange, at the paths without a tenant that it has. */
async function authorize(): Promise<unknown> {
  const parameters = {
    client_id: settings.clientId,
    redirect_uri: settings.redirectUri,
    response_type: "code",
    scope: "openid offline_access User.Read Mail.Read",
    state: "s",
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256",
  };
  const page = await (await fetch(`${emulator.url}/oauth2/v2.0/authorize?${new URLSearchParams(parameters)}`)).text();
  const field = (name: string) => new RegExp(`name="${name}" value="([^"]*)"`).exec(page)?.[1] ?? "";
  const action = /<form[^>]*action="([^"]+)"/.exec(page)?.[1] ?? "";
  const form = new URLSearchParams({ ...parameters, response_mode: "query" });
  for (const [, name = ""] of page.matchAll(/name="([^"]+)" value="/g)) form.set(name, field(name));
  const consent = await fetch(new URL(action, emulator.url), { method: "POST", redirect: "manual", body: form });
  const code = new URL(consent.headers.get("location") ?? "http://none.invalid").searchParams.get("code") ?? "";
  const answer = await fetch(`${emulator.url}/oauth2/v2.0/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "authorization_code",
      code,
      redirect_uri: settings.redirectUri,
      client_id: settings.clientId,
      client_secret: settings.clientSecret,
      code_verifier: verifier,
    }),
  });
  return await answer.json();
}

describe("the sign-in over emulate", () => {
  it("gives tokens that the connector reads, and the person by /me; the organization it does not know", async () => {
    const tokens = microsoft365OAuth.readTokens(await authorize());
    expect(tokens.refreshToken).not.toBeNull();
    expect(tokens.scopes).toEqual(expect.arrayContaining(["User.Read", "Mail.Read"]));
    const identity = await microsoft365OAuth.identify(tokens.accessToken, settings, send(), testCall);
    expect(identity.accountEmail).toMatch(/@/);
    expect(identity.accountName).not.toBe("");
    // Without an answer of /organization, the domain of the sign-in name stands for it.
    expect(identity.orgName).toBeNull();
  });

  it("is not where Microsoft's is: /common/… does not exist there, so a refresh finds nothing", async () => {
    expect((await fetch(`${emulator.url}/common/oauth2/v2.0/authorize`)).status).toBe(404);
    const tokens = microsoft365OAuth.readTokens(await authorize());
    expect(await codeOf(microsoft365OAuth.refresh(tokens.refreshToken ?? "", settings, send(), testCall))).toBe("EIO");
  });
});

describe("Graph over emulate", () => {
  it("has nothing but the person", async () => {
    const tokens = microsoft365OAuth.readTokens(await authorize());
    const { send: sendFor } = createTestTransport(microsoft365, settings);
    const mount = microsoft365.mount({
      send: sendFor(tokens.accessToken),
      settings,
      capabilities: listCapabilities(microsoft365.manifest),
      identity: { accountId: "a", orgId: "o" },
    });
    for (const name of ["mail", "calendar", "files", "contacts"]) {
      const listing = mount.list([{ type: "fixed", name }], { cursor: null, limit: 10 }, createTestContext());
      expect(await codeOf(listing), name).toBe("ENOENT");
    }
  });
});
