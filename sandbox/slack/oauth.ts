import { json } from "../http/server";
import type { OAuthDialect, Subject } from "../oauth/dialect";
import { randomToken } from "../oauth/grant-book";
import type { Grant, RefusalKind } from "../oauth/grants";
import { slackLook } from "./look";
import type { SlackSettings } from "./settings";

/**
 * Slack's OAuth (docs.slack.dev/authentication): HTTP 200 for every answer, bot tokens, rotation that an app has or has not, and no
 * client without its secret.
 */

/** Bot scopes, and what the consent page says of each. */
export const slackScopes: Readonly<Record<string, string>> = {
  "channels:read": "See public channels and who is in them",
  "groups:read": "See private channels that the app is in",
  "im:read": "See direct messages with the app",
  "mpim:read": "See group messages with the app",
  "channels:history": "Read messages of public channels that the app is in",
  "groups:history": "Read messages of private channels that the app is in",
  "im:history": "Read direct messages with the app",
  "mpim:history": "Read group messages with the app",
  "channels:join": "Join public channels",
  "channels:manage": "Create and change public channels",
  "groups:write": "Create and change private channels that the app is in",
  "im:write": "Begin direct messages",
  "mpim:write": "Begin group messages",
  "chat:write": "Send messages as the app",
  "chat:write.public": "Send messages in public channels that the app is not in",
  "chat:write.customize": "Send messages under another name and picture",
  "reactions:read": "See reactions",
  "reactions:write": "React as the app",
  "users:read": "See people of the workspace",
  "users:read.email": "See their e-mail addresses",
  "files:read": "See files shared where the app is",
  "team:read": "See the workspace's name and address",
};

/** The words of oauth.v2.access for each refusal. */
const refusals: Readonly<Record<RefusalKind, string>> = {
  invalid_request: "invalid_arguments",
  unsupported_grant_type: "invalid_grant_type",
  unknown_client: "invalid_client_id",
  wrong_secret: "bad_client_secret",
  missing_secret: "bad_client_secret",
  unexpected_secret: "bad_client_secret",
  unknown_code: "invalid_code",
  used_code: "invalid_code",
  expired_code: "invalid_code",
  wrong_redirect_uri: "bad_redirect_uri",
  missing_verifier: "invalid_code_verifier",
  wrong_verifier: "invalid_code_verifier",
  unexpected_verifier: "pkce_not_allowed",
  unknown_refresh_token: "invalid_refresh_token",
  revoked_refresh_token: "invalid_refresh_token",
  expired_refresh_token: "invalid_refresh_token",
  used_refresh_token: "invalid_refresh_token",
  invalid_scope: "invalid_scope",
  missing_token: "not_authed",
  unknown_token: "invalid_auth",
};

export interface InstalledApp {
  readonly appId: string;
  readonly botUserId: string;
  readonly team: { readonly id: string; readonly name: string };
}

export function slackDialect(options: {
  readonly settings: () => SlackSettings;
  /** Makes the bot of a grant where it is not there yet. */
  readonly install: (grant: Grant) => InstalledApp;
}): OAuthDialect {
  const { settings } = options;
  return {
    look: slackLook,
    authorize: {
      scopeParameter: "scope",
      scopeSeparator: ",",
      actsAs: "app",
      responseTypeOptional: true,
      scopes: slackScopes,
      alwaysScopes: [],
      scopeRequired: true,
      // "Scopes are additive": an app that is installed again keeps those it had.
      keepsEarlierScopes: () => true,
      isOffline: () => settings().tokenRotation,
      // "Equal to, or below, a registered URL" (docs.slack.dev/authentication/installing-with-oauth).
      matchesRedirect: (registered, given) => given === registered || given.startsWith(`${registered.replace(/\/$/, "")}/`),
      redirectOptional: true,
      refused: ({ kind }) => ({
        error:
          kind === "cancelled" || kind === "denied" || kind === "admin_required"
            ? "access_denied"
            : kind === "missing_scope"
              ? "no_scopes"
              : kind,
      }),
    },
    token: {
      policy: () => ({
        codeSeconds: settings().codeSeconds,
        accessTokenSeconds: settings().tokenRotation ? settings().accessTokenSeconds : null,
        refreshTokenSeconds: null,
        rotation: { kind: "single_use", graceMs: settings().refreshGraceSeconds * 1000, maxActiveAccess: 2 },
      }),
      newToken: (kind) => randomToken({ access: settings().tokenRotation ? "xoxe.xoxb-1-" : "xoxb-", refresh: "xoxe-1-", code: "" }[kind]),
      clientAuth: { basic: true, body: true, pkceReplacesSecret: false },
      grantTypeOptional: true,
      answer: (tokens, { subject, grantType }) => ({
        ok: true,
        ...answerOf(options.install(tokens.grant), subject, grantType),
        access_token: tokens.accessToken,
        token_type: "bot",
        scope: tokens.scopes.join(","),
        // The whole twelve hours, always.
        ...(tokens.expiresInSeconds === null ? {} : { expires_in: settings().accessTokenSeconds, refresh_token: tokens.refreshToken }),
      }),
      refused: ({ kind }) => json(200, { ok: false, error: refusals[kind] }),
    },
  };
}

function answerOf(app: InstalledApp, subject: Subject | null, grantType: "authorization_code" | "refresh_token") {
  return {
    app_id: app.appId,
    bot_user_id: app.botUserId,
    team: app.team,
    enterprise: null,
    is_enterprise_install: false,
    ...(grantType === "authorization_code" && subject !== null ? { authed_user: { id: subject.userId } } : {}),
  };
}
