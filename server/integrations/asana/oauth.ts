import type { OAuth2Config } from "@auth/core/providers";
import { HubError } from "@/server/errors";
import type { CallContext, Send, ToolRequest } from "@/server/transport/send";
import type { IntegrationOAuth, IntegrationSettings, Revocation, TokenAnswer } from "../contract";
import { placeUrl } from "../origins";
import { fieldsOf } from "./api/fields";
import { apiRequest, readRecord } from "./api/request";
import { asanaManifest } from "./manifest";
import { tokenAnswer, tokenInfo, viewer } from "./schema";

/** Asana's OAuth (https://developers.asana.com/docs/oauth). */

const at = (settings: IntegrationSettings, url: string): string => placeUrl(url, asanaManifest.origins, settings.origins);

/** The base of the REST API under the configured origin, without a slash at its end. */
export const apiBase = (settings: IntegrationSettings): string => at(settings, "https://app.asana.com/api/1.0");

function readTokens(answer: unknown): TokenAnswer {
  const parsed = tokenAnswer.safeParse(answer);
  if (!parsed.success) {
    throw new HubError("EIO", "Asana's token endpoint did not answer with a token.", { details: { outcome: "unknown" }, retryable: true });
  }
  const scopes = (parsed.data.scope ?? "").split(/\s+/).filter((scope) => scope !== "");
  return {
    accessToken: parsed.data.access_token,
    // A refresh answers without one, and the first stays; should Asana ever rotate, the new one is taken.
    refreshToken: parsed.data.refresh_token ?? null,
    expiresInSeconds: parsed.data.expires_in ?? null,
    // Left out means as asked (RFC 6749 §5.1).
    scopes: scopes.length === 0 ? null : scopes,
  };
}

function provider(settings: IntegrationSettings, scopes: readonly string[]): OAuth2Config<Record<string, unknown>> {
  return {
    id: asanaManifest.id,
    name: asanaManifest.name,
    type: "oauth",
    clientId: settings.clientId,
    clientSecret: settings.clientSecret,
    authorization: {
      url: at(settings, asanaManifest.oauth.authUrl),
      params: { scope: scopes.join(asanaManifest.oauth.scopeSeparator), response_type: "code" },
    },
    token: { url: at(settings, asanaManifest.oauth.tokenUrl) },
    // The documents list both in the body, and Basic nowhere.
    client: { token_endpoint_auth_method: "client_secret_post" },
    // PKCE does not replace the secret at Asana; it is sent beside it.
    checks: ["pkce", "state"],
  };
}

function formRequest(settings: IntegrationSettings, path: string, form: Readonly<Record<string, string>>): ToolRequest {
  return {
    method: "POST",
    url: at(settings, `https://app.asana.com${path}`),
    headers: { "content-type": "application/x-www-form-urlencoded", accept: "application/json" },
    body: new URLSearchParams({ ...form, client_id: settings.clientId, client_secret: settings.clientSecret }).toString(),
    // Nothing rotates: a refresh may be repeated, and so may a revocation.
    repeatability: "idempotent",
    operation: `POST ${path}`,
    authorization: "none",
  };
}

const identify: IntegrationOAuth["identify"] = async (accessToken, settings, send, context) => {
  const request = apiRequest(apiBase(settings), {
    method: "GET",
    path: "/users/me",
    operation: "GET /users/me",
    query: { opt_fields: fieldsOf.viewer },
    repeatability: "safe",
    token: accessToken,
  });
  const person = readRecord(viewer, "GET /users/me", await send(request, context), false);
  const [only, another] = person.workspaces ?? [];
  return {
    accountId: person.gid,
    // An account spans workspaces, which come and go, so none of them can stand for it.
    orgId: person.gid,
    accountName: person.name === "" ? (person.email ?? "Somebody at Asana") : person.name,
    accountEmail: person.email ?? null,
    orgName: only !== undefined && another === undefined ? only.name : null,
    timeZone: null,
  };
};

const refresh: IntegrationOAuth["refresh"] = async (refreshToken, settings, send, context) => {
  const form = { grant_type: "refresh_token", refresh_token: refreshToken };
  return readTokens((await send(formRequest(settings, "/-/oauth_token", form), context)).json());
};

async function isActive(token: string, settings: IntegrationSettings, send: Send, context: CallContext): Promise<boolean> {
  const answer = tokenInfo.safeParse((await send(formRequest(settings, "/-/token_info", { token }), context)).json());
  if (answer.success) return answer.data.active;
  throw new HubError("EIO", "Asana did not say whether the token is still in use.", { retryable: true, cause: answer.error });
}

/** Asana revokes by the refresh token alone and answers 200 for an unknown one too, so it is asked before. */
const revoke: NonNullable<IntegrationOAuth["revoke"]> = async (tokens, settings, send, context): Promise<Revocation> => {
  const { refreshToken } = tokens;
  if (refreshToken === null) {
    return {
      outcome: "not_offered",
      proof: "Asana revokes a refresh token only, and the hub holds none; the access token ends within an hour.",
    };
  }
  if (!(await isActive(refreshToken, settings, send, context))) {
    return {
      outcome: "already_revoked",
      proof: "Asana said that the refresh token is not active any more, so there was nothing left to revoke.",
    };
  }
  await send(formRequest(settings, "/-/oauth_revoke", { token: refreshToken }), context);
  return { outcome: "revoked", proof: "Asana confirmed the revocation (HTTP 200)." };
};

export const asanaOAuth: IntegrationOAuth = {
  provider,
  // Asana's answers to an authorization request carry no `iss`.
  issuer: null,
  readTokens,
  identify,
  refresh,
  revoke,
  // "Revokes the refresh token and all access tokens made from it."
  revocationEnds: "grant",
  byHand: {
    steps: "Open your profile settings in Asana, Apps, and deauthorize the hub's app.",
    url: "https://help.asana.com/s/article/managing-authorized-apps",
  },
  refreshReplay: "always",
};
