import type { OAuth2Config } from "@auth/core/providers";
import { HubError } from "@/server/errors";
import type { Identity, IntegrationOAuth, IntegrationSettings, TokenAnswer } from "../contract";
import { placeUrl } from "../origins";
import { graphRequest, readAnswer } from "./api/http";
import { microsoft365Manifest } from "./manifest";
import { organizations, profile, tokenAnswer } from "./schema/identity";

/** Entra's OAuth (https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow). */

const at = (settings: IntegrationSettings, url: string): string => placeUrl(url, microsoft365Manifest.origins, settings.origins);

/** The root of Graph v1.0 under the configured origin. */
export const graphUrl = (settings: IntegrationSettings): string => at(settings, "https://graph.microsoft.com/v1.0");

/** The tenant that all personal accounts are in (v2-oauth2-auth-code-flow, "tenant"). */
const consumerTenant = "9188040d-6c67-4c5b-b112-36a304b66dad";
const guid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Scopes come short or as Graph's URLs. */
function readScopes(scope: string | null | undefined): readonly string[] | null {
  const scopes = (scope ?? "").split(/\s+/).filter((one) => one !== "");
  if (scopes.length === 0) return null;
  return [...new Set(scopes.map((one) => one.replace(/^https:\/\/graph\.microsoft\.com\//, "")))];
}

function readTokens(answer: unknown): TokenAnswer {
  const parsed = tokenAnswer.safeParse(answer);
  if (!parsed.success) {
    throw new HubError("EIO", "Microsoft's token endpoint did not answer with a token.", {
      details: { outcome: "unknown" },
      retryable: true,
    });
  }
  return {
    accessToken: parsed.data.access_token,
    refreshToken: parsed.data.refresh_token ?? null,
    expiresInSeconds: parsed.data.expires_in ?? null,
    scopes: readScopes(parsed.data.scope),
  };
}

/**
 * `conform` runs on the raw token answer before Auth.js checks it; it is missing from Auth.js's public types. The `id_token` is taken out:
 * its issuer names the person's tenant, which `common` does not know beforehand, and who it is Graph says.
 */
async function conformTokenAnswer(response: Response): Promise<Response> {
  if (!response.ok) return response;
  const body: unknown = await response.json();
  if (typeof body !== "object" || body === null || !("id_token" in body)) return Response.json(body);
  return Response.json(Object.fromEntries(Object.entries(body).filter(([name]) => name !== "id_token")));
}

function provider(settings: IntegrationSettings, scopes: readonly string[]): OAuth2Config<Record<string, unknown>> {
  const token = { url: at(settings, microsoft365Manifest.oauth.tokenUrl), conform: conformTokenAnswer };
  return {
    id: microsoft365Manifest.id,
    name: microsoft365Manifest.name,
    type: "oauth",
    clientId: settings.clientId,
    clientSecret: settings.clientSecret,
    authorization: {
      url: at(settings, microsoft365Manifest.oauth.authUrl),
      params: {
        scope: scopes.join(microsoft365Manifest.oauth.scopeSeparator),
        response_type: "code",
        response_mode: "query",
        // Who is signed in to Microsoft in this browser need not be the account to connect.
        prompt: "select_account",
      },
    },
    token,
    client: { token_endpoint_auth_method: "client_secret_post" },
    checks: ["pkce", "state"],
  };
}

/**
 * The person by Graph's id (the `oid` of a work account) and the organization by its tenant id. A personal account has no organization that
 * Graph could name (https://learn.microsoft.com/graph/api/organization-get: "not supported"); `User.Read` reads id and name of the others.
 */
const identify: IntegrationOAuth["identify"] = async (accessToken, settings, send, context): Promise<Identity> => {
  const base = graphUrl(settings);
  const ask = async (path: string, operation: string) =>
    (await send(graphRequest(base, { method: "GET", path, operation, repeatability: "safe", token: accessToken }), context)).json();
  const me = readAnswer(profile, await ask("/me?$select=id,displayName,mail,userPrincipalName", "GET /me"), "GET /me");
  const organization = guid.test(me.id) ? await findOrganization() : { id: consumerTenant, displayName: null };
  const address = me.mail ?? me.userPrincipalName ?? null;
  return {
    accountId: me.id,
    orgId: organization.id,
    accountName: me.displayName ?? address ?? me.id,
    accountEmail: address,
    orgName: organization.displayName ?? null,
    // The mailbox's time zone needs a scope of its own (MailboxSettings.Read), which nothing else does.
    timeZone: null,
  };

  async function findOrganization(): Promise<{ id: string; displayName?: string | null | undefined }> {
    const domain = { id: (me.userPrincipalName ?? me.id).split("@").at(-1)?.toLowerCase() ?? me.id, displayName: null };
    try {
      const answer = readAnswer(organizations, await ask("/organization?$select=id,displayName", "GET /organization"), "GET /organization");
      return answer.value[0] ?? domain;
    } catch (error) {
      // Tenants can forbid their guests to look at the directory; the domain of the sign-in name stands for it then.
      if (error instanceof HubError && (error.code === "EACCES" || error.code === "ESCOPE" || error.code === "ENOENT")) return domain;
      throw error;
    }
  }
};

const refresh: IntegrationOAuth["refresh"] = async (refreshToken, settings, send, context) => {
  const form = {
    grant_type: "refresh_token",
    refresh_token: refreshToken,
    client_id: settings.clientId,
    client_secret: settings.clientSecret,
  };
  const response = await send(
    {
      method: "POST",
      url: at(settings, microsoft365Manifest.oauth.tokenUrl),
      headers: { "content-type": "application/x-www-form-urlencoded", accept: "application/json" },
      body: new URLSearchParams(form).toString(),
      // Whether the old token is sent again is decided by who holds the refresh lock, not by transport.
      repeatability: "unsafe",
      operation: "POST /oauth2/v2.0/token refresh",
      authorization: "none",
    },
    context,
  );
  return readTokens(response.json());
};

export const microsoft365OAuth: IntegrationOAuth = {
  provider,
  // `common` has no issuer of its own: `https://login.microsoftonline.com/{tenantid}/v2.0` is each tenant's.
  issuer: null,
  readTokens,
  identify,
  refresh,
  // There is no revocation endpoint; `POST /me/revokeSignInSessions` would end all of the person's sessions in every app.
  revoke: null,
  revocationEnds: null,
  byHand: {
    steps: "Open My Apps (a work account) or Privacy, App access (a personal account) in your Microsoft account, and remove the hub's app.",
    url: "https://learn.microsoft.com/entra/identity/enterprise-apps/manage-application-permissions",
  },
  // "Refresh tokens aren't revoked when used to acquire new access tokens" (v2-oauth2-auth-code-flow): the old one may always be sent again.
  refreshReplay: "always",
};
