import { json } from "../../http/server";
import type { OAuthDialect } from "../../oauth/dialect";
import { randomToken } from "../../oauth/grant-book";
import type { OAuthRefusal, RefusalKind } from "../../oauth/grants";
import { seedGuid } from "../ids";
import { microsoftLook } from "../look";
import type { Settings } from "../settings";

/** Entra's OAuth (https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow). */

export const graphScopes: Readonly<Record<string, string>> = {
  openid: "Sign you in",
  profile: "See your basic profile",
  email: "See your email address",
  offline_access: "Keep access to what you allow, also while you are away",
  "User.Read": "Sign you in and read your profile",
  "Mail.Read": "Read your mail",
  "Mail.ReadWrite": "Read, change and delete your mail, and write drafts",
  "Mail.Send": "Send mail as you",
  "Calendars.Read": "Read your calendars",
  "Calendars.ReadWrite": "Read, change and delete events in your calendars",
  "Files.Read": "Read your files",
  "Files.ReadWrite": "Read, change and delete your files",
  "Contacts.Read": "Read your contacts",
  "Contacts.ReadWrite": "Read, change and delete your contacts",
};

/** What the token answer and the access token never name: they are the sign-in's, not Graph's. `openid` and `profile` it does name. */
const unsaid = new Set(["offline_access"]);

/** A refusal in Entra's words: the RFC's `error`, and a number (https://learn.microsoft.com/entra/identity-platform/reference-error-codes). */
const refusals: Readonly<Partial<Record<RefusalKind, readonly [error: string, number: number, status: number]>>> = {
  invalid_request: ["invalid_request", 900144, 400],
  unsupported_grant_type: ["unsupported_grant_type", 70003, 400],
  unknown_client: ["unauthorized_client", 700016, 400],
  wrong_secret: ["invalid_client", 7000215, 401],
  missing_secret: ["invalid_client", 7000218, 401],
  unexpected_secret: ["invalid_client", 700025, 401],
  unknown_code: ["invalid_grant", 9002313, 400],
  used_code: ["invalid_grant", 54005, 400],
  expired_code: ["invalid_grant", 70008, 400],
  wrong_redirect_uri: ["invalid_grant", 500112, 400],
  missing_verifier: ["invalid_grant", 501481, 400],
  wrong_verifier: ["invalid_grant", 501481, 400],
  unexpected_verifier: ["invalid_grant", 501481, 400],
  unknown_refresh_token: ["invalid_grant", 9002313, 400],
  revoked_refresh_token: ["invalid_grant", 50173, 400],
  expired_refresh_token: ["invalid_grant", 700082, 400],
  used_refresh_token: ["invalid_grant", 70000, 400],
  invalid_scope: ["invalid_scope", 70011, 400],
};

export interface EntraRefusal {
  readonly error: string;
  readonly number: number;
  readonly status: number;
  readonly description: string;
  readonly suberror?: string;
}

/** The body of a refusal of the token endpoint. */
export function entraRefusal(refusal: EntraRefusal, nowMs: number) {
  const trace = seedGuid("trace", String(nowMs));
  return json(refusal.status, {
    error: refusal.error,
    error_description: `AADSTS${refusal.number}: ${refusal.description} Trace ID: ${trace} Correlation ID: ${trace} Timestamp: ${new Date(nowMs).toISOString().slice(0, 19).replace("T", " ")}Z`,
    error_codes: [refusal.number],
    timestamp: `${new Date(nowMs).toISOString().slice(0, 19).replace("T", " ")}Z`,
    trace_id: trace,
    correlation_id: trace,
    ...(refusal.suberror === undefined ? {} : { suberror: refusal.suberror }),
  });
}

export function entraDialect(settings: () => Settings, clock: () => number, origin: () => string): OAuthDialect {
  return {
    look: microsoftLook,
    authorize: {
      scopeParameter: "scope",
      scopeSeparator: " ",
      scopes: graphScopes,
      alwaysScopes: [],
      scopeName: (asked) => asked.replace(/^https:\/\/graph\.microsoft\.com\//, ""),
      scopeRequired: true,
      prompts: ["login", "none", "consent", "select_account"],
      formPost: true,
      isOffline: ({ scopes }) => scopes.includes("offline_access"),
    },
    token: {
      policy: () => ({
        codeSeconds: settings().codeSeconds,
        accessTokenSeconds: settings().accessTokenSeconds,
        // 90 days without use (https://learn.microsoft.com/entra/identity-platform/refresh-tokens).
        refreshTokenSeconds: 90 * 86_400,
        rotation: { kind: "keeps_old" },
      }),
      newToken: (kind) => randomToken({ access: "EwB4A8l6", refresh: "0.AXEA", code: "0.AcUA" }[kind]),
      clientAuth: { basic: true, body: true, pkceReplacesSecret: false },
      refreshNarrows: true,
      answer: (tokens) => ({
        token_type: "Bearer",
        scope: tokens.scopes.filter((scope) => !unsaid.has(scope)).join(" "),
        expires_in: tokens.expiresInSeconds,
        ext_expires_in: tokens.expiresInSeconds,
        access_token: tokens.accessToken,
        ...(tokens.refreshToken === null ? {} : { refresh_token: tokens.refreshToken }),
        ...(tokens.idToken === null ? {} : { id_token: tokens.idToken }),
      }),
      refused(refusal: OAuthRefusal) {
        const [error, number, status] = refusals[refusal.kind] ?? ["invalid_request", 900144, 400];
        return entraRefusal({ error, number, status, description: refusal.message }, clock());
      },
    },
    idToken: {
      issuer: ({ workspaceId }) => `${origin()}/${workspaceId}/v2.0`,
      claims: (subject) => ({
        tid: subject.workspaceId,
        oid: subject.userId,
        sub: seedGuid("sub", subject.userId),
        name: subject.name,
        preferred_username: subject.email,
        email: subject.email,
        ver: "2.0",
      }),
    },
  };
}

/** `/{tenant}/v2.0/.well-known/openid-configuration`. */
export const openIdConfiguration = (origin: string, tenant: string) => ({
  issuer: `${origin}/${tenant === "common" ? "{tenantid}" : tenant}/v2.0`,
  authorization_endpoint: `${origin}/${tenant}/oauth2/v2.0/authorize`,
  token_endpoint: `${origin}/${tenant}/oauth2/v2.0/token`,
  jwks_uri: `${origin}/${tenant}/discovery/v2.0/keys`,
  response_types_supported: ["code"],
  response_modes_supported: ["query", "form_post"],
  grant_types_supported: ["authorization_code", "refresh_token"],
  subject_types_supported: ["pairwise"],
  id_token_signing_alg_values_supported: ["RS256"],
  token_endpoint_auth_methods_supported: ["client_secret_post", "client_secret_basic"],
  code_challenge_methods_supported: ["S256"],
  scopes_supported: ["openid", "profile", "email", "offline_access"],
});
