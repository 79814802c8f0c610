import { randomBytes } from "node:crypto";
import { json, type SandboxRequest, type SandboxResponse } from "../http/server";
import type { OAuthDialect } from "../oauth/dialect";
import type { OAuthClient, OAuthRefusal } from "../oauth/grants";
import { OAuthRefusal as Refusal } from "../oauth/grants";
import type { OAuth } from "../oauth/oauth";
import { authenticate, readForm, standardRefusal } from "../oauth/token-endpoint";
import { asanaLook } from "./look";
import type { AsanaSettings } from "./settings";

/** Asana's OAuth (https://developers.asana.com/docs/oauth): an hour, a refresh token that stays, and the person in the token answer. */

const scopes: Readonly<Record<string, string>> = {
  default: "Do everything that you can do in Asana",
  "workspaces:read": "See your workspaces",
  "workspaces.typeahead:read": "Look names up in your workspaces",
  "users:read": "See people's names and addresses",
  "teams:read": "See teams",
  "projects:read": "See projects",
  "tasks:read": "See tasks and subtasks",
  "tasks:write": "Create and change tasks",
  "tasks:delete": "Delete tasks",
  "stories:read": "See comments",
  "stories:write": "Comment",
  "stories:delete": "Delete your comments",
  "attachments:read": "See attachments",
  "attachments:write": "Attach files",
  "attachments:delete": "Delete attachments",
  "tags:read": "See tags",
  "webhooks:read": "See webhooks",
  "webhooks:write": "Create and change webhooks",
  "webhooks:delete": "Delete webhooks",
  openid: "Know who you are",
  email: "Know your e-mail address",
  profile: "Know your name and photo",
};

/** The words of Asana's token endpoint, as people have seen them. */
const sentences: Partial<Record<OAuthRefusal["kind"], string>> = {
  unknown_refresh_token: "The `refresh_token` provided was invalid.",
  revoked_refresh_token: "The `refresh_token` provided was invalid.",
  expired_refresh_token: "The `refresh_token` provided was invalid.",
  unknown_code: "The `code` provided was invalid.",
  used_code: "The `code` provided was invalid.",
  expired_code: "The `code` provided has expired.",
};

const errorUri = "https://asana.com/developers/documentation/getting-started/authentication";

function refused(refusal: OAuthRefusal): SandboxResponse {
  const { error, status } = standardRefusal(refusal);
  const body = { error, error_description: sentences[refusal.kind] ?? refusal.message, error_uri: errorUri };
  return json(status, body, { pragma: "no-cache" });
}

const clientAuth = { basic: false, body: true, pkceReplacesSecret: false } as const;

/** `issuer` is where the sandbox is. */
export function asanaDialect(settings: () => AsanaSettings, issuer: () => string): OAuthDialect {
  return {
    look: asanaLook,
    authorize: {
      scopeParameter: "scope",
      scopeSeparator: " ",
      scopes,
      alwaysScopes: [],
      scopeRequired: true,
      stateRequired: true,
      refused: (refusal) => ({
        error:
          refusal.kind === "invalid_scope" || refusal.kind === "missing_scope"
            ? "forbidden_scopes"
            : refusal.kind === "denied" || refusal.kind === "cancelled"
              ? "access_denied"
              : refusal.kind === "unsupported_response_type"
                ? "unsupported_response_type"
                : "invalid_request",
        error_description: refusal.message,
      }),
      // "A wrong client_id or redirect_uri gives a plain-text page."
      refusedHere: (message, status) => ({ status, headers: { "content-type": "text/plain; charset=utf-8" }, body: message }),
    },
    token: {
      policy: () => ({
        codeSeconds: settings().codeSeconds,
        accessTokenSeconds: settings().accessTokenSeconds,
        refreshTokenSeconds: null,
        rotation: { kind: "none" },
      }),
      // "Tokens are opaque and contain special characters."
      newToken: (kind, grant) =>
        `${{ access: "2", refresh: "1", code: "0" }[kind]}/${grant.userId}/${randomBytes(6).toString("hex")}:${randomBytes(16).toString("hex")}`,
      clientAuth,
      answer: (tokens, { subject, grantType }) => ({
        access_token: tokens.accessToken,
        expires_in: settings().accessTokenSeconds,
        token_type: "bearer",
        ...(subject === null
          ? {}
          : { data: { id: Number(subject.userId), gid: subject.userId, name: subject.name, email: subject.email } }),
        ...(grantType === "authorization_code" ? { refresh_token: tokens.refreshToken } : {}),
        ...(tokens.idToken === null ? {} : { id_token: tokens.idToken }),
      }),
      refused,
    },
    revocation: { reach: "grant", client: "required", takes: "refresh", refusesUnknown: false },
    idToken: { issuer, claims: (subject) => ({ sub: subject.userId, email: subject.email, name: subject.name }) },
  };
}

/** `POST /-/token_info`: whether a token is in use (RFC 7662). */
export function answerTokenInfo(request: SandboxRequest, oauth: OAuth, clients: readonly OAuthClient[], nowMs: number): SandboxResponse {
  try {
    const form = readForm(request);
    authenticate(request, form, clients, clientAuth);
    const token = form.get("token");
    if (token === undefined || token === "") throw new Refusal("missing_token", "The `token` parameter was missing.");
    const { access, refreshes } = oauth.save();
    const refresh = refreshes.get(token);
    if (refresh !== undefined) {
      const { grant } = refresh;
      return json(
        200,
        grant.revoked
          ? { active: false }
          : { active: true, token_type: "refresh", client_id: grant.clientId, scope: grant.scopes.join(" ") },
      );
    }
    const known = oauth.book.look(token);
    if (known?.state !== "live") return json(200, { active: false });
    const endsAtMs = access.get(token)?.expiresAtMs ?? nowMs;
    return json(200, {
      active: true,
      token_type: "bearer",
      client_id: known.grant.clientId,
      scope: known.scopes.join(" "),
      exp: Math.floor(endsAtMs / 1000),
      expires_in: Math.max(0, Math.floor((endsAtMs - nowMs) / 1000)),
    });
  } catch (error) {
    if (error instanceof Refusal) return refused(error);
    throw error;
  }
}

/** The answer of `/api/1.0/openid_connect/userinfo`. */
export const userinfo = (
  subject: { readonly userId: string; readonly name: string; readonly email: string },
  granted: readonly string[],
) => ({
  sub: subject.userId,
  ...(granted.includes("email") ? { email: subject.email, email_verified: true } : {}),
  ...(granted.includes("profile") ? { name: subject.name } : {}),
});
