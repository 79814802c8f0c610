import { json } from "../http/server";
import type { OAuthDialect } from "../oauth/dialect";
import { randomToken } from "../oauth/grant-book";
import { refusedByStandard, standardRefusal } from "../oauth/token-endpoint";
import { linearLook } from "./look";
import type { LinearSettings } from "./settings";

/** Linear's OAuth (linear.app/developers/oauth-2-0-authentication): scopes are asked for with commas and answered with spaces. */

const scopes: Readonly<Record<string, string>> = {
  read: "See your issues, projects, cycles, comments and people",
  write: "Create and change issues, comments and projects",
  "issues:create": "Create issues",
  "comments:create": "Write comments",
  "timeSchedule:write": "Create and change time schedules",
  admin: "Administer the workspace",
};

export function linearDialect(settings: () => LinearSettings): OAuthDialect {
  return {
    look: linearLook,
    authorize: {
      scopeParameter: "scope",
      scopeSeparator: ",",
      scopes,
      alwaysScopes: ["read"],
      prompts: ["consent"],
      appActor: true,
      needsAdmin: (asked) => asked.includes("admin"),
    },
    token: {
      policy: () => ({
        codeSeconds: settings().codeSeconds,
        accessTokenSeconds: settings().accessTokenSeconds,
        refreshTokenSeconds: null,
        rotation: {
          kind: "grace",
          graceMs: settings().refreshGraceSeconds * 1000,
          reuseEndsGrant: settings().reuseDetection,
        },
      }),
      newToken: (kind) => randomToken({ access: "lin_oauth_", refresh: "lin_refresh_", code: "" }[kind]),
      clientAuth: { basic: true, body: true, pkceReplacesSecret: true },
      answer: (tokens) => ({
        access_token: tokens.accessToken,
        token_type: "Bearer",
        expires_in: tokens.expiresInSeconds,
        scope: tokens.scopes.join(" "),
        refresh_token: tokens.refreshToken,
      }),
      // The documented statuses of /oauth/revoke: 400 for a token that is not live, 401 for a request without one.
      refused: (refusal) =>
        refusal.kind === "missing_token"
          ? json(401, { error: standardRefusal(refusal).error, error_description: refusal.message })
          : refusedByStandard(refusal),
    },
    revocation: { reach: "grant", client: "checked", takes: "any", refusesUnknown: true },
  };
}

/** The answer of `/.well-known/oauth-authorization-server`, as the live one was read on 2026-10-01: no dynamic registration. */
export function metadata(origin: string) {
  return {
    issuer: origin,
    authorization_endpoint: `${origin}/oauth/authorize`,
    token_endpoint: `${origin}/oauth/token`,
    revocation_endpoint: `${origin}/oauth/revoke`,
    response_types_supported: ["code"],
    grant_types_supported: ["authorization_code", "refresh_token"],
    code_challenge_methods_supported: ["S256"],
    token_endpoint_auth_methods_supported: ["client_secret_post", "client_secret_basic", "none"],
    scopes_supported: Object.keys(scopes),
  };
}
