import { json } from "../http/server";
import type { OAuthDialect } from "../oauth/dialect";
import { randomToken } from "../oauth/grant-book";
import { standardRefusal } from "../oauth/token-endpoint";
import type { Accounts } from "./area";
import { googleLook } from "./look";
import type { GoogleSettings } from "./settings";

/** Google's OAuth (https://developers.google.com/identity/protocols/oauth2/web-server). */

const prefix = "https://www.googleapis.com/auth/";

/** OpenID Connect's short scopes are granted under long names. */
const longNames: Readonly<Record<string, string>> = {
  email: `${prefix}userinfo.email`,
  profile: `${prefix}userinfo.profile`,
};

const scopes: Readonly<Record<string, string>> = {
  openid: "Associate you with your personal info on Google",
  [`${prefix}userinfo.email`]: "See your primary Google Account email address",
  [`${prefix}userinfo.profile`]: "See your personal info, including any personal info you've made publicly available",
  [`${prefix}drive`]: "See, edit, create and delete all of your Google Drive files",
  [`${prefix}drive.readonly`]: "See and download all your Google Drive files",
  [`${prefix}drive.metadata.readonly`]: "See information about your Google Drive files",
  [`${prefix}drive.file`]: "See, edit, create and delete only the specific Google Drive files you use with this app",
  [`${prefix}documents`]: "See, edit, create and delete all your Google Docs documents",
  [`${prefix}documents.readonly`]: "See all your Google Docs documents",
  [`${prefix}calendar`]: "See, edit, share and permanently delete all the calendars you can access using Google Calendar",
  [`${prefix}calendar.readonly`]: "See and download any calendar you can access using Google Calendar",
  [`${prefix}calendar.events`]: "View and edit events on all your calendars",
  [`${prefix}calendar.events.readonly`]: "View events on all your calendars",
  [`${prefix}calendar.calendarlist.readonly`]: "See the list of Google calendars you're subscribed to",
  "https://mail.google.com/": "Read, compose, send and permanently delete all your email from Gmail",
  [`${prefix}gmail.readonly`]: "View your email messages and settings",
  [`${prefix}gmail.metadata`]: "View your email message metadata such as labels and headers, but not the email body",
  [`${prefix}gmail.modify`]: "Read, compose and send emails from your Gmail account",
};

/** Words of Google's refusals of the token endpoint. */
const invalidGrant: Readonly<Record<string, string>> = {
  unknown_code: "Malformed auth code.",
  used_code: "Bad Request",
  expired_code: "Bad Request",
  missing_verifier: "Missing code verifier.",
  wrong_verifier: "Invalid code verifier.",
  unexpected_verifier: "code_verifier or verifier is not needed.",
  unknown_refresh_token: "Bad Request",
  revoked_refresh_token: "Token has been expired or revoked.",
  expired_refresh_token: "Token has been expired or revoked.",
};

export function googleDialect(options: {
  readonly settings: () => GoogleSettings;
  readonly accounts: Accounts;
  readonly origin: () => string;
}): OAuthDialect {
  const { settings, accounts } = options;
  return {
    look: googleLook,
    authorize: {
      scopeParameter: "scope",
      scopeSeparator: " ",
      scopes,
      alwaysScopes: [],
      scopeName: (asked) => longNames[asked] ?? asked,
      scopeRequired: true,
      prompts: ["none", "consent", "select_account"],
      granular: true,
      keepsEarlierScopes: (query) => query.get("include_granted_scopes") === "true",
      // A refresh token comes with the first consent only, unless the person is asked again.
      isOffline: ({ query }, before) =>
        query.get("access_type") === "offline" &&
        (query.get("prompt")?.includes("consent") === true || before.every(({ offline }) => !offline)),
      alsoAnswers: (_asked, granted) => ({ scope: granted.join(" "), iss: options.origin() }),
    },
    token: {
      policy: () => ({
        codeSeconds: settings().codeSeconds,
        accessTokenSeconds: settings().accessTokenSeconds,
        // "The refresh token has not been used for six months."
        refreshTokenSeconds: 180 * 86_400,
        rotation: { kind: "none" },
        maxRefreshTokens: 100,
      }),
      newToken: (kind) => randomToken({ access: "ya29.a0", refresh: "1//0", code: "4/0A" }[kind]),
      clientAuth: { basic: true, body: true, pkceReplacesSecret: false },
      answer: (tokens) => ({
        access_token: tokens.accessToken,
        expires_in: tokens.expiresInSeconds,
        scope: tokens.scopes.join(" "),
        token_type: "Bearer",
        ...(tokens.refreshToken === null ? {} : { refresh_token: tokens.refreshToken }),
        ...(tokens.idToken === null ? {} : { id_token: tokens.idToken }),
      }),
      refused: (refusal) => {
        if (refusal.kind === "unknown_token" || refusal.kind === "missing_token") {
          return json(400, { error: "invalid_token", error_description: "Token expired or revoked" });
        }
        if (refusal.kind === "wrong_redirect_uri") return json(400, { error: "redirect_uri_mismatch", error_description: "Bad Request" });
        const { error, status } = standardRefusal(refusal);
        const words = invalidGrant[refusal.kind] ?? (error === "invalid_client" ? "Unauthorized" : refusal.message);
        return json(status, { error, error_description: words });
      },
    },
    // Everything that the account gave to the project ends with one token of it.
    revocation: { reach: "account", client: "ignored", takes: "any", refusesUnknown: true },
    idToken: {
      issuer: () => options.origin(),
      claims: (subject, grant) => {
        const account = accounts.find(subject.userId);
        const knows = (name: string) => grant.scopes.includes(`${prefix}${name}`);
        return {
          azp: grant.clientId,
          sub: subject.userId,
          ...(account?.domain ? { hd: account.domain } : {}),
          ...(knows("userinfo.email") ? { email: subject.email, email_verified: true } : {}),
          ...(knows("userinfo.profile") ? { name: subject.name } : {}),
        };
      },
    },
  };
}

/** `/.well-known/openid-configuration`. */
export function openidConfiguration(origin: string) {
  return {
    issuer: origin,
    authorization_endpoint: `${origin}/o/oauth2/v2/auth`,
    token_endpoint: `${origin}/token`,
    userinfo_endpoint: `${origin}/v1/userinfo`,
    revocation_endpoint: `${origin}/revoke`,
    jwks_uri: `${origin}/oauth2/v3/certs`,
    response_types_supported: ["code"],
    response_modes_supported: ["query"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: ["RS256"],
    scopes_supported: ["openid", "email", "profile"],
    token_endpoint_auth_methods_supported: ["client_secret_post", "client_secret_basic"],
    code_challenge_methods_supported: ["S256"],
    grant_types_supported: ["authorization_code", "refresh_token"],
  };
}
