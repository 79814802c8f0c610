import type { OAuth2Config } from "@auth/core/providers";
import { HubError } from "@/server/errors";
import type { ToolRequest } from "@/server/transport/send";
import type { Identity, IntegrationOAuth, IntegrationSettings, Revocation, TokenAnswer } from "../contract";
import { placeUrl } from "../origins";
import { googleWorkspaceManifest } from "./manifest";
import { tokenAnswer, type Userinfo, userinfo } from "./schema/oauth";

/** Google's OAuth (https://developers.google.com/identity/protocols/oauth2/web-server). */

const at = (settings: IntegrationSettings, url: string): string => placeUrl(url, googleWorkspaceManifest.origins, settings.origins);

const issuerOf = (origins: Readonly<Record<string, string>>): string => {
  const { origin } = new URL(origins.accounts ?? googleWorkspaceManifest.origins.accounts ?? "");
  return origin;
};

/** The long names under which Google grants the short scopes of OpenID Connect. */
const shortNames: Readonly<Record<string, string>> = {
  "https://www.googleapis.com/auth/userinfo.email": "email",
  "https://www.googleapis.com/auth/userinfo.profile": "profile",
};

function readScopes(scope: string | null | undefined): readonly string[] | null {
  const granted = (scope ?? "").split(/\s+/).filter((name) => name !== "");
  const scopes = [...new Set(granted.map((name) => shortNames[name] ?? name))];
  return scopes.length === 0 ? null : scopes;
}

function readTokens(answer: unknown): TokenAnswer {
  const parsed = tokenAnswer.safeParse(answer);
  if (!parsed.success) {
    throw new HubError("EIO", "Google's token endpoint did not answer with a token.", { details: { outcome: "unknown" }, retryable: true });
  }
  const { data } = parsed;
  return {
    accessToken: data.access_token,
    refreshToken: data.refresh_token ?? null,
    expiresInSeconds: data.expires_in ?? null,
    scopes: readScopes(data.scope),
    ...(typeof data.refresh_token_expires_in === "number" ? { refreshExpiresInSeconds: data.refresh_token_expires_in } : {}),
  };
}

function provider(settings: IntegrationSettings, scopes: readonly string[]): OAuth2Config<Record<string, unknown>> {
  return {
    id: googleWorkspaceManifest.id,
    name: googleWorkspaceManifest.name,
    type: "oauth",
    // The id token of the answer is checked against it: https://developers.google.com/identity/openid-connect/openid-connect#validatinganidtoken
    issuer: issuerOf(settings.origins),
    clientId: settings.clientId,
    clientSecret: settings.clientSecret,
    authorization: {
      url: at(settings, googleWorkspaceManifest.oauth.authUrl),
      params: {
        scope: scopes.join(googleWorkspaceManifest.oauth.scopeSeparator),
        response_type: "code",
        // A refresh token comes with the first consent only, unless consent is asked for again.
        access_type: "offline",
        prompt: "consent",
        include_granted_scopes: "true",
      },
    },
    token: { url: at(settings, googleWorkspaceManifest.oauth.tokenUrl) },
    client: { token_endpoint_auth_method: "client_secret_post" },
    checks: ["pkce", "state"],
  };
}

function formRequest(
  url: string,
  operation: string,
  form: Readonly<Record<string, string>>,
  repeatability: ToolRequest["repeatability"],
): ToolRequest {
  return {
    method: "POST",
    url,
    headers: { "content-type": "application/x-www-form-urlencoded", accept: "application/json" },
    body: new URLSearchParams(form).toString(),
    repeatability,
    operation,
    authorization: "none",
  };
}

/** Accounts are known by `sub`: an e-mail address can be given to somebody else. Without a Workspace domain a person stands alone. */
function toIdentity(person: Userinfo): Identity {
  return {
    accountId: person.sub,
    orgId: person.hd ?? person.sub,
    accountName: person.name ?? person.given_name ?? person.email ?? person.sub,
    accountEmail: person.email ?? null,
    orgName: person.hd ?? null,
    timeZone: null,
  };
}

const identify: IntegrationOAuth["identify"] = async (accessToken, settings, send, context) => {
  const response = await send(
    {
      method: "GET",
      url: at(settings, "https://openidconnect.googleapis.com/v1/userinfo"),
      headers: { authorization: `Bearer ${accessToken}`, accept: "application/json" },
      repeatability: "safe",
      operation: "GET /v1/userinfo",
      authorization: "none",
    },
    context,
  );
  const parsed = userinfo.safeParse(response.json());
  if (!parsed.success) {
    throw new HubError("EIO", "Google's answer to who authorised is not what its documentation says.", { cause: parsed.error });
  }
  return toIdentity(parsed.data);
};

const refresh: IntegrationOAuth["refresh"] = async (refreshToken, settings, send, context) => {
  const form = {
    grant_type: "refresh_token",
    refresh_token: refreshToken,
    client_id: settings.clientId,
    client_secret: settings.clientSecret,
  };
  // Refresh tokens do not rotate, so a repeated refresh gives one more access token and ends nothing.
  const url = at(settings, googleWorkspaceManifest.oauth.tokenUrl);
  const response = await send(formRequest(url, "POST /token refresh", form, "idempotent"), context);
  return readTokens(response.json());
};

/** One call is enough: revoking either token ends the other too. */
const revoke: NonNullable<IntegrationOAuth["revoke"]> = async (tokens, settings, send, context): Promise<Revocation> => {
  const form = { token: tokens.refreshToken ?? tokens.accessToken };
  const url = at(settings, "https://oauth2.googleapis.com/revoke");
  const response = await send(formRequest(url, "POST /revoke", form, "idempotent"), context);
  if (response.status === 200) return { outcome: "revoked", proof: "Google confirmed the revocation (HTTP 200)." };
  return {
    outcome: "already_revoked",
    proof: `Google no longer knows the token (HTTP ${response.status}), so there was nothing left to revoke.`,
  };
};

export const googleOAuth: IntegrationOAuth = {
  provider,
  // `iss` of the discovery document; seen in answers since 2026, promised nowhere.
  issuer: (origins) => ({ identifier: issuerOf(origins), sent: "sometimes" }),
  readTokens,
  identify,
  refresh,
  revoke,
  // "If the token being revoked is part of a combined authorization, all of it is revoked": every grant of this account to the project.
  revocationEnds: "account",
  byHand: {
    steps:
      "Open your Google Account, Security, Your connections to third-party apps and services, choose the hub's app, and delete all connections.",
    url: "https://myaccount.google.com/connections",
  },
  refreshReplay: "always",
};
