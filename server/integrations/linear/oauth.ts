import type { OAuth2Config } from "@auth/core/providers";
import { HubError } from "@/server/errors";
import type { ToolRequest } from "@/server/transport/send";
import type { Identity, IntegrationOAuth, IntegrationSettings, Revocation, TokenAnswer } from "../contract";
import { placeUrl } from "../origins";
import { graphqlRequest, readAnswer } from "./api";
import { linearManifest } from "./manifest";
import { type Organization, tokenAnswer, type Viewer } from "./schema";

/** Linear's OAuth (https://linear.app/developers/oauth-2-0-authentication). */

const at = (settings: IntegrationSettings, url: string): string => placeUrl(url, linearManifest.origins, settings.origins);
const apiUrl = (settings: IntegrationSettings, path: string): string => at(settings, `https://api.linear.app${path}`);

/** Linear's GraphQL endpoint under the configured origin. */
export const graphqlUrl = (settings: IntegrationSettings): string => apiUrl(settings, "/graphql");

function toIdentity(answer: { viewer: Viewer; organization: Organization }): Identity {
  const { viewer, organization } = answer;
  return {
    accountId: viewer.id,
    orgId: organization.id,
    accountName: viewer.name,
    accountEmail: viewer.email ?? null,
    orgName: organization.name,
    timeZone: viewer.timezone ?? null,
  };
}

/** The scopes of an answer: space-separated, comma-separated, or an array (apps made before 2023-12-01). */
function readScopes(scope: string | readonly string[] | null | undefined): readonly string[] | null {
  if (scope === null || scope === undefined) return null;
  const parts = typeof scope === "string" ? scope.split(/[\s,]+/) : scope.flatMap((part) => part.split(/[\s,]+/));
  const scopes = [...new Set(parts.filter((part) => part !== ""))];
  return scopes.length === 0 ? null : scopes;
}

function readTokens(answer: unknown): TokenAnswer {
  const parsed = tokenAnswer.safeParse(answer);
  if (!parsed.success) {
    throw new HubError("EIO", "Linear's token endpoint did not answer with a token.", { details: { outcome: "unknown" }, retryable: true });
  }
  return {
    accessToken: parsed.data.access_token,
    refreshToken: parsed.data.refresh_token ?? null,
    expiresInSeconds: parsed.data.expires_in ?? null,
    scopes: readScopes(parsed.data.scope),
  };
}

/**
 * `conform` runs on the raw token answer before Auth.js checks it; it is missing from Auth.js's public types. Auth.js refuses a `scope`
 * that is an array, which Linear gives to apps made before 2023-12-01.
 */
async function conformTokenAnswer(response: Response): Promise<Response> {
  if (!response.ok) return response;
  const body: unknown = await response.json();
  if (typeof body !== "object" || body === null || !("scope" in body) || !Array.isArray(body.scope)) return Response.json(body);
  return Response.json({ ...body, scope: body.scope.join(" ") });
}

function provider(settings: IntegrationSettings, scopes: readonly string[]): OAuth2Config<Record<string, unknown>> {
  const token = { url: at(settings, linearManifest.oauth.tokenUrl), conform: conformTokenAnswer };
  return {
    id: linearManifest.id,
    name: linearManifest.name,
    type: "oauth",
    clientId: settings.clientId,
    clientSecret: settings.clientSecret,
    authorization: {
      url: at(settings, linearManifest.oauth.authUrl),
      // `consent` lets the person pick another Linear workspace than the one authorised last.
      params: { scope: scopes.join(linearManifest.oauth.scopeSeparator), response_type: "code", prompt: "consent", actor: "user" },
    },
    token,
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

const identify: IntegrationOAuth["identify"] = async (accessToken, settings, send, context) => {
  const response = await send(graphqlRequest(graphqlUrl(settings), "identity", {}, "safe", accessToken), context);
  return toIdentity(readAnswer("identity", response.json()));
};

const refresh: IntegrationOAuth["refresh"] = async (refreshToken, settings, send, context) => {
  const form = {
    grant_type: "refresh_token",
    refresh_token: refreshToken,
    client_id: settings.clientId,
    client_secret: settings.clientSecret,
  };
  // `unsafe`: the token rotates, and replaying the old one within its grace is decided by who holds the refresh lock, not by transport.
  const response = await send(formRequest(apiUrl(settings, "/oauth/token"), "POST /oauth/token refresh", form, "unsafe"), context);
  return readTokens(response.json());
};

/** Revokes what outlives the access token; the access token alone where there is no refresh token. */
const revoke: NonNullable<IntegrationOAuth["revoke"]> = async (tokens, settings, send, context): Promise<Revocation> => {
  const outcomes: number[] = [];
  const values = [
    { token: tokens.refreshToken, token_type_hint: "refresh_token" },
    { token: tokens.accessToken, token_type_hint: "access_token" },
  ];
  for (const { token, token_type_hint } of values) {
    if (token === null) continue;
    const form = { token, token_type_hint };
    const response = await send(formRequest(apiUrl(settings, "/oauth/revoke"), "POST /oauth/revoke", form, "idempotent"), context);
    outcomes.push(response.status);
  }
  if (outcomes.includes(200)) return { outcome: "revoked", proof: "Linear confirmed the revocation (HTTP 200)." };
  const status = outcomes.at(-1) ?? 0;
  return {
    outcome: "already_revoked",
    proof:
      status === 401
        ? "Linear no longer accepts the token (HTTP 401), so there was nothing left to revoke."
        : `Linear said the token was revoked before (HTTP ${status}).`,
  };
};

export const linearOAuth: IntegrationOAuth = {
  provider,
  // Linear's pages name no issuer and no `iss` in the answer.
  issuer: null,
  readTokens,
  identify,
  refresh,
  revoke,
  // Linear documents no reach; a refresh token that rotates stands for the whole consent (RFC 7009 §2.1 lets a server end the grant with it).
  revocationEnds: "grant",
  byHand: {
    steps: "Open Settings, Account, Security & Access in Linear, and revoke the hub's app under Authorized applications.",
    url: "https://linear.app/docs/security-and-access",
  },
  // "If the answer to a refresh was lost, the old token may be sent again for 30 minutes."
  refreshReplay: { graceMs: 1_800_000 },
};
