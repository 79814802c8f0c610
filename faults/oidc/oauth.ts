import { z } from "zod";
import { HubError } from "@/server/errors";
import type { IntegrationOAuth, IntegrationSettings, Manifest } from "@/server/integrations/contract";
import type { ToolRequest, ToolResponse } from "@/server/transport/send";

/** OAuth as the standards have it, without a vendor's quirk: RFC 6749, 7009, 7636, 9207 and OpenID Connect Core. */

const tokenAnswer = z.object({
  access_token: z.string().min(1),
  refresh_token: z.string().min(1).optional(),
  expires_in: z.number().positive().optional(),
  scope: z.string().optional(),
});
const introspection = z.object({ active: z.boolean() });
const userinfo = z.object({ sub: z.string().min(1), name: z.string().optional(), email: z.string().optional() });

function parseAs<T>(shape: z.ZodType<T>, answer: ToolResponse): T {
  const read = shape.safeParse(answer.json());
  if (!read.success) throw new HubError("EIO", "The OpenID Provider's answer could not be used.");
  return read.data;
}

/** Who the token belongs to, as far as its scopes show. Throws HubError EIO on nonsense. */
export const readUserinfo = (answer: ToolResponse): z.output<typeof userinfo> => parseAs(userinfo, answer);

/** An endpoint of the provider, where the environment says that it is. */
export const endpoint = (settings: IntegrationSettings, path: string): string => `${settings.origins.id}${path}`;

/** One half of Basic credentials: form-encoded (RFC 6749 §2.3.1). */
const formEncoded = (text: string): string => new URLSearchParams({ "": text }).toString().slice(1);

/** A call of the client itself: Basic credentials and a form. */
function clientCall(
  settings: IntegrationSettings,
  path: string,
  form: Readonly<Record<string, string>>,
  repeatability: ToolRequest["repeatability"],
): ToolRequest {
  const credentials = `${formEncoded(settings.clientId)}:${formEncoded(settings.clientSecret)}`;
  return {
    method: "POST",
    url: endpoint(settings, path),
    headers: {
      "content-type": "application/x-www-form-urlencoded",
      authorization: `Basic ${Buffer.from(credentials).toString("base64")}`,
    },
    body: new URLSearchParams(form).toString(),
    repeatability,
    operation: `POST ${path}`,
    authorization: "none",
  };
}

const readTokens: IntegrationOAuth["readTokens"] = (answer) => {
  const read = tokenAnswer.safeParse(answer);
  if (!read.success) throw new HubError("EIO", "The OpenID Provider gave no token.", { retryable: true, details: { outcome: "unknown" } });
  const { access_token, refresh_token, expires_in, scope } = read.data;
  return {
    accessToken: access_token,
    refreshToken: refresh_token ?? null,
    expiresInSeconds: expires_in ?? null,
    scopes: scope === undefined ? null : scope.split(" "),
  };
};

/** The OAuth of the tool with that manifest. */
export const oidcOAuth = (manifest: Manifest): IntegrationOAuth => ({
  provider: (settings, scopes) => ({
    id: manifest.id,
    name: manifest.name,
    type: "oauth",
    clientId: settings.clientId,
    clientSecret: settings.clientSecret,
    checks: ["pkce", "state"],
    client: { token_endpoint_auth_method: "client_secret_basic" },
    // `offline_access` is heard only beside `prompt=consent` (OpenID Connect Core §11).
    authorization: { url: endpoint(settings, "/auth"), params: { scope: scopes.join(" "), prompt: "consent" } },
    token: { url: endpoint(settings, "/token") },
  }),
  issuer: (origins) => ({ identifier: origins.id ?? "", sent: "always" }),
  readTokens,
  async identify(accessToken, settings, send, context) {
    const response = await send(
      {
        method: "GET",
        url: endpoint(settings, "/me"),
        headers: { authorization: `Bearer ${accessToken}` },
        repeatability: "safe",
        operation: "GET /me",
        authorization: "none",
      },
      context,
    );
    const { sub, name, email } = readUserinfo(response);
    // `sub` is unique within its issuer (OpenID Connect Core §2), so the issuer stands for the organisation.
    const orgId = settings.origins.id ?? "";
    return { accountId: sub, orgId, accountName: name ?? sub, accountEmail: email ?? null, orgName: null, timeZone: null };
  },
  async refresh(refreshToken, settings, send, context) {
    const form = { grant_type: "refresh_token", refresh_token: refreshToken };
    return readTokens((await send(clientCall(settings, "/token", form, "unsafe"), context)).json());
  },
  async revoke({ accessToken, refreshToken }, settings, send, context) {
    const form = { token: refreshToken ?? accessToken, token_type_hint: refreshToken === null ? "access_token" : "refresh_token" };
    const isActive = async () =>
      parseAs(introspection, await send(clientCall(settings, "/token/introspection", form, "safe"), context)).active;
    if (!(await isActive())) return { outcome: "already_revoked", proof: "The OpenID Provider held the token for inactive." };
    // RFC 7009 §2.2: 200 whatever the token was, so the answer after it is the proof.
    await send(clientCall(settings, "/token/revocation", form, "idempotent"), context);
    if (await isActive()) throw new HubError("EIO", "The OpenID Provider still holds the token for active.");
    return { outcome: "revoked", proof: "The OpenID Provider holds the token for inactive now." };
  },
  revocationEnds: "grant",
  byHand: { steps: "Open your profile at the OpenID Provider and remove the app.", url: "https://provider.example/profile" },
  // Sent a second time, a rotated refresh token ends the whole grant (RFC 9700 §4.14.2).
  refreshReplay: "never",
});
