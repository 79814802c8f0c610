import { html } from "../http/html";
import type { AuthorizeDialect } from "../oauth/authorize-endpoint";
import type { TokenDialect } from "../oauth/token-endpoint";

/** Linear's OAuth (linear.app/developers/oauth-2-0-authentication): scopes are asked for with commas and answered with spaces. */

const linearScopes: Readonly<Record<string, string>> = {
  read: "See your issues, projects, cycles, comments and people",
  write: "Create and change issues, comments and projects",
  "issues:create": "Create issues",
  "comments:create": "Write comments",
  "timeSchedule:write": "Create and change time schedules",
  admin: "Administer the workspace",
};

export const stylesheetPath = "/sandbox.css";

export const linearAuthorize: AuthorizeDialect = {
  toolName: "Linear",
  path: "/oauth/authorize",
  stylesheet: stylesheetPath,
  scopeSeparator: ",",
  scopes: linearScopes,
  alwaysScopes: ["read"],
  mark: html`<svg width="40" height="40" viewBox="0 0 40 40" aria-hidden="true"><circle cx="20" cy="20" r="18" class="mark-disc"/><path d="M8 22 18 32M8 15 25 32M12 9 31 28M19 7 33 21" class="mark-lines"/></svg>`,
};

export const linearToken: TokenDialect = {
  answer: (tokens) => ({
    access_token: tokens.accessToken,
    token_type: "Bearer",
    expires_in: tokens.expiresInSeconds,
    scope: tokens.grant.scopes.join(" "),
    refresh_token: tokens.refreshToken,
  }),
};

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
    scopes_supported: Object.keys(linearScopes),
  };
}
