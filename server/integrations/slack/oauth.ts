import type { OAuth2Config } from "@auth/core/providers";
import { HubError } from "@/server/errors";
import type { ToolRequest } from "@/server/transport/send";
import type { Identity, IntegrationOAuth, IntegrationSettings, Revocation, TokenAnswer } from "../contract";
import { placeUrl } from "../origins";
import { methodRequest, readAnswer } from "./api";
import { slackManifest } from "./manifest";
import { envelope, tokenAnswer } from "./schema";

/**
 * Slack's OAuth (https://docs.slack.dev/authentication/installing-with-oauth): installing gives the app a bot token in one workspace. Every
 * answer is HTTP 200, and tokens rotate where the app has that switched on (https://docs.slack.dev/authentication/using-token-rotation).
 */

const at = (settings: IntegrationSettings, url: string): string => placeUrl(url, slackManifest.origins, settings.origins);

/** Where `slack.com` is, by the settings. */
export const slackOrigin = (settings: IntegrationSettings): string => at(settings, "https://slack.com/").replace(/\/$/, "");

function readTokens(answer: unknown): TokenAnswer {
  const parsed = tokenAnswer.safeParse(answer);
  if (!parsed.success) {
    throw new HubError("EIO", "Slack's token endpoint did not answer with a bot token.", {
      details: { outcome: "unknown" },
      retryable: true,
    });
  }
  const { access_token, refresh_token, expires_in, scope } = parsed.data;
  const scopes = [...new Set((scope ?? "").split(/[\s,]+/).filter((one) => one !== ""))];
  return {
    accessToken: access_token,
    // Without rotation there is none, and the token does not expire.
    refreshToken: refresh_token ?? null,
    expiresInSeconds: expires_in ?? null,
    scopes: scopes.length === 0 ? null : scopes,
  };
}

/**
 * `conform` runs on the raw token answer before Auth.js checks it; it is missing from Auth.js's public types. A refusal is HTTP 200 with
 * `ok: false`, which RFC 6749 §5.2 wants as 400, and the token's type is `bot`, which is used as a bearer's all the same.
 */
async function conformTokenAnswer(response: Response): Promise<Response> {
  if (!response.ok) return response;
  const body: unknown = await response.json();
  const read = envelope.safeParse(body);
  if (!read.success || typeof body !== "object") return Response.json(body);
  if (!read.data.ok) return Response.json({ error: read.data.error ?? "invalid_request" }, { status: 400 });
  return Response.json({ ...body, token_type: "bearer" });
}

function provider(settings: IntegrationSettings, scopes: readonly string[]): OAuth2Config<Record<string, unknown>> {
  const token = { url: at(settings, slackManifest.oauth.tokenUrl), conform: conformTokenAnswer };
  return {
    id: slackManifest.id,
    name: slackManifest.name,
    type: "oauth",
    clientId: settings.clientId,
    clientSecret: settings.clientSecret,
    authorization: {
      url: at(settings, slackManifest.oauth.authUrl),
      // `scope` are the bot's; `user_scope` stays out, since no capability needs a person's own token.
      params: { scope: scopes.join(slackManifest.oauth.scopeSeparator) },
    },
    token,
    // "We strongly recommend using HTTP Basic" (https://docs.slack.dev/reference/methods/oauth.v2.access).
    client: { token_endpoint_auth_method: "client_secret_basic" },
    checks: settings.pkce === true ? ["pkce", "state"] : ["state"],
  };
}

/** RFC 6749 §2.3.1: both halves are form-encoded before they are joined. */
function basicOf({ clientId, clientSecret }: IntegrationSettings): string {
  const encode = (text: string) => new URLSearchParams({ v: text }).toString().slice(2);
  return `Basic ${Buffer.from(`${encode(clientId)}:${encode(clientSecret)}`).toString("base64")}`;
}

const identify: IntegrationOAuth["identify"] = async (accessToken, settings, send, context) => {
  const response = await send(methodRequest(slackOrigin(settings), "auth.test", {}, "safe", accessToken), context);
  const auth = readAnswer("auth.test", response.json(), false);
  // An installation in a whole organisation has no workspace of its own.
  const orgId = auth.is_enterprise_install === true ? auth.enterprise_id : auth.team_id;
  if (orgId === null || orgId === undefined) throw new HubError("EIO", "Slack did not say which workspace this is.");
  const identity: Identity = {
    // The bot's user: one for each app and workspace, whoever installed it.
    accountId: auth.user_id,
    orgId,
    accountName: auth.user ?? auth.user_id,
    accountEmail: null,
    orgName: auth.team ?? null,
    timeZone: null,
  };
  return identity;
};

const refresh: IntegrationOAuth["refresh"] = async (refreshToken, settings, send, context) => {
  const request: ToolRequest = {
    method: "POST",
    url: at(settings, slackManifest.oauth.tokenUrl),
    headers: { "content-type": "application/x-www-form-urlencoded", authorization: basicOf(settings) },
    body: new URLSearchParams({ grant_type: "refresh_token", refresh_token: refreshToken }).toString(),
    // The token is single-use: whether it is sent again is decided by who holds the refresh lock, not by transport.
    repeatability: "unsafe",
    operation: "oauth.v2.access refresh",
    authorization: "none",
  };
  return readTokens((await send(request, context)).json());
};

/**
 * Uninstalls the app. `auth.revoke` would end one access token only where tokens rotate ("your app stays installed"), and leave the refresh
 * token alive; `apps.uninstall` ends them all, and the events too.
 */
const revoke: NonNullable<IntegrationOAuth["revoke"]> = async (tokens, settings, send, context): Promise<Revocation> => {
  const gone = (why: string): Revocation => ({ outcome: "already_revoked", proof: `${why}, so there was nothing left to end.` });
  const uninstall = async (accessToken: string): Promise<string | null> => {
    const response = await send(
      {
        method: "POST",
        url: `${slackOrigin(settings)}/api/apps.uninstall`,
        headers: { "content-type": "application/x-www-form-urlencoded", authorization: `Bearer ${accessToken}` },
        body: new URLSearchParams({ client_id: settings.clientId, client_secret: settings.clientSecret }).toString(),
        repeatability: "idempotent",
        operation: "apps.uninstall",
        authorization: "none",
      },
      context,
    );
    const answer = envelope.parse(response.json());
    return answer.ok ? null : (answer.error ?? "an unnamed error");
  };
  let refusal = await uninstall(tokens.accessToken);
  if (refusal === "token_expired" && tokens.refreshToken !== null) {
    try {
      refusal = await uninstall((await refresh(tokens.refreshToken, settings, send, context)).accessToken);
    } catch (error) {
      if (error instanceof HubError && error.code === "ENOTCONN") return gone("Slack no longer accepts the refresh token");
      throw error;
    }
  }
  if (refusal === null) return { outcome: "revoked", proof: "Slack confirmed that the app is uninstalled from the workspace." };
  return gone(`Slack no longer accepts the token (${refusal})`);
};

export const slackOAuth: IntegrationOAuth = {
  provider,
  // Slack's pages name no issuer and no `iss` in the answer.
  issuer: null,
  readTokens,
  identify,
  refresh,
  revoke,
  // The bot is one for everybody who connects this workspace, and uninstalling ends it for all of them.
  revocationEnds: "account",
  byHand: {
    steps: "In Slack, open Tools & settings, Manage apps, choose the hub's app and remove it.",
    url: "https://slack.com/help/articles/360003125231-Remove-apps-and-custom-integrations-from-your-workspace",
  },
  /**
   * A used refresh token is "revoked after a short grace period", whose length is not said. Half a minute is what a lost answer takes to be
   * noticed; a token that is refused by then is no worse off, since Slack ends nothing else for it, and the old access token lives on.
   */
  refreshReplay: { graceMs: 30_000 },
};
