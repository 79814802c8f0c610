import { createHash, randomBytes } from "node:crypto";
import {
  type AccessRow,
  type CodeRow,
  type Grant,
  type GrantBook,
  type NewGrant,
  type OAuthClient,
  OAuthRefusal,
  type RefreshRow,
  type TokenPolicy,
  type TokenSet,
} from "./grants";

export interface GrantBookOptions {
  readonly clock: () => number;
  readonly policy: () => TokenPolicy;
  /** A fresh token in the vendor's form. */
  readonly newToken: (kind: "access" | "refresh" | "code", grant: NewGrant) => string;
}

const matches = (grant: Grant, match: Pick<Grant, "clientId" | "userId" | "workspaceId" | "actor">): boolean =>
  grant.clientId === match.clientId &&
  grant.userId === match.userId &&
  grant.workspaceId === match.workspaceId &&
  grant.actor === match.actor;

function checkVerifier(challenge: string | null, verifier: string | null): void {
  if (challenge === null) {
    // RFC 9700 section 2.1.1: a verifier without a challenge is a downgrade.
    if (verifier !== null) throw new OAuthRefusal("unexpected_verifier", "Invalid grant: code verifier is not expected");
    return;
  }
  if (verifier === null) throw new OAuthRefusal("missing_verifier", "Invalid grant: code verifier is invalid");
  const shaped = /^[A-Za-z0-9._~-]{43,128}$/.test(verifier);
  if (!shaped || createHash("sha256").update(verifier).digest("base64url") !== challenge) {
    throw new OAuthRefusal("wrong_verifier", "Invalid grant: code verifier is invalid");
  }
}

/** An empty book. */
export function createGrantBook({ clock, policy, newToken }: GrantBookOptions): GrantBook {
  const codes = new Map<string, CodeRow>();
  const access = new Map<string, AccessRow>();
  const refreshes = new Map<string, RefreshRow>();
  const grants = new Map<string, Grant>();

  function open(asked: NewGrant): Grant {
    const grant: Grant = { ...asked, id: randomBytes(8).toString("hex"), revoked: false };
    grants.set(grant.id, grant);
    return grant;
  }

  function issueAccess(grant: Grant, scopes: readonly string[]): Omit<TokenSet, "refreshToken"> {
    const { accessTokenSeconds } = policy();
    const accessToken = newToken("access", grant);
    access.set(accessToken, {
      grant,
      scopes,
      expiresAtMs: accessTokenSeconds === null ? null : clock() + accessTokenSeconds * 1000,
      revoked: false,
    });
    // Vendors name a second less than they give: 86399 for a day, 3599 for an hour.
    return { accessToken, expiresInSeconds: accessTokenSeconds === null ? null : accessTokenSeconds - 1, scopes, grant };
  }

  function issueRefresh(grant: Grant): string | null {
    if (!grant.offline) return null;
    const refreshToken = newToken("refresh", grant);
    refreshes.set(refreshToken, { grant, lastUsedAtMs: clock(), successor: null });
    const { maxRefreshTokens } = policy();
    if (maxRefreshTokens !== undefined) {
      const live = [...refreshes].filter(([, token]) => !token.grant.revoked && matches(token.grant, grant));
      for (const [token] of live.slice(0, Math.max(0, live.length - maxRefreshTokens))) refreshes.delete(token);
    }
    return refreshToken;
  }

  const issue = (grant: Grant): TokenSet => ({ ...issueAccess(grant, grant.scopes), refreshToken: issueRefresh(grant) });

  /** Of a grant's live access tokens only the newest live on. */
  function keepNewest(grant: Grant, count: number): void {
    const live = [...access.values()].filter((token) => token.grant === grant && !token.revoked);
    for (const token of live.slice(0, Math.max(0, live.length - count))) token.revoked = true;
  }

  function clear(): void {
    for (const map of [codes, access, refreshes, grants]) map.clear();
  }

  const isExpired = ({ expiresAtMs }: { readonly expiresAtMs: number | null }) => expiresAtMs !== null && expiresAtMs <= clock();

  return {
    issueCode({ grant, redirectUri, challenge }) {
      const code = newToken("code", grant);
      codes.set(code, { grant, redirectUri, challenge, expiresAtMs: clock() + policy().codeSeconds * 1000, used: null });
      return code;
    },

    issueTokens: (grant) => issue(open(grant)),

    redeemCode({ code, client, redirectUri, verifier }) {
      const found = codes.get(code);
      if (found === undefined || found.grant.clientId !== client.clientId) {
        throw new OAuthRefusal("unknown_code", "Invalid grant: authorization code is invalid");
      }
      if (found.used !== null) {
        found.used.revoked = true;
        throw new OAuthRefusal("used_code", "Invalid grant: authorization code has already been used");
      }
      if (found.expiresAtMs <= clock()) throw new OAuthRefusal("expired_code", "Invalid grant: authorization code has expired");
      if (found.redirectUri !== redirectUri) {
        throw new OAuthRefusal("wrong_redirect_uri", "Invalid grant: redirect_uri does not match");
      }
      checkVerifier(found.challenge, verifier);
      const grant = open(found.grant);
      found.used = grant;
      return issue(grant);
    },

    refresh({ refreshToken, client, scopes }) {
      const found = refreshes.get(refreshToken);
      if (found === undefined || found.grant.clientId !== client.clientId) {
        throw new OAuthRefusal("unknown_refresh_token", "Invalid grant: refresh token is invalid");
      }
      const { grant, successor } = found;
      if (grant.revoked) throw new OAuthRefusal("revoked_refresh_token", "Invalid grant: refresh token is invalid");
      const { rotation, refreshTokenSeconds } = policy();
      if (refreshTokenSeconds !== null && found.lastUsedAtMs + refreshTokenSeconds * 1000 <= clock()) {
        throw new OAuthRefusal("expired_refresh_token", "Invalid grant: refresh token has expired");
      }
      const asked = scopes ?? grant.scopes;
      if (!asked.every((scope) => grant.scopes.includes(scope))) {
        throw new OAuthRefusal("invalid_scope", "A scope was asked for that was not granted.");
      }
      found.lastUsedAtMs = clock();
      if (rotation.kind === "none") return { ...issueAccess(grant, asked), refreshToken: null };
      if (rotation.kind === "keeps_old") return { ...issueAccess(grant, asked), refreshToken: issueRefresh(grant) };
      if (successor !== null) {
        const isInGrace = clock() - successor.rotatedAtMs < rotation.graceMs;
        if (!isInGrace) {
          if (rotation.kind === "grace" && rotation.reuseEndsGrant === true) grant.revoked = true;
          throw new OAuthRefusal("used_refresh_token", "Invalid grant: refresh token has already been used");
        }
        if (rotation.kind === "grace") {
          const { tokens, accessExpiresAtMs } = successor;
          const leftSeconds = accessExpiresAtMs === null ? null : Math.max(0, Math.floor((accessExpiresAtMs - clock()) / 1000));
          return { ...tokens, expiresInSeconds: leftSeconds };
        }
      }
      const tokens: TokenSet = { ...issueAccess(grant, asked), refreshToken: issueRefresh(grant) };
      found.successor ??= {
        tokens,
        rotatedAtMs: clock(),
        accessExpiresAtMs: tokens.expiresInSeconds === null ? null : clock() + tokens.expiresInSeconds * 1000,
      };
      if (rotation.kind === "single_use") keepNewest(grant, rotation.maxActiveAccess);
      return tokens;
    },

    usedPkce: (credential) => codes.get(credential)?.grant.usedPkce ?? refreshes.get(credential)?.grant.usedPkce ?? null,

    findGrant(accessToken) {
      const found = access.get(accessToken);
      if (found === undefined || found.revoked || found.grant.revoked || isExpired(found)) return null;
      return found.grant;
    },

    look(accessToken) {
      const found = access.get(accessToken);
      if (found === undefined) return null;
      const { grant, scopes } = found;
      return { grant, scopes, state: found.revoked || grant.revoked ? "revoked" : isExpired(found) ? "expired" : "live" };
    },

    listLive: (match) => [...grants.values()].filter((grant) => !grant.revoked && matches(grant, match)),

    revoke(token, client, reach) {
      const found = access.get(token);
      const grant = found?.grant ?? refreshes.get(token)?.grant;
      const isOver = grant === undefined || grant.revoked || found?.revoked === true;
      if (isOver || (client !== null && grant.clientId !== client.clientId)) return false;
      if (reach === "token") {
        if (found === undefined) refreshes.delete(token);
        else found.revoked = true;
        return true;
      }
      grant.revoked = true;
      if (reach === "account") for (const other of grants.values()) if (matches(other, grant)) other.revoked = true;
      return true;
    },

    kindOf: (token) => (access.has(token) ? "access" : refreshes.has(token) ? "refresh" : null),

    expireAccessTokens(of) {
      const picked = [...access.values()].filter(({ grant }) => of(grant));
      for (const token of picked) token.expiresAtMs = clock();
      return picked.length;
    },

    revokeAll(of) {
      const live = [...grants.values()].filter((grant) => !grant.revoked && of(grant));
      for (const grant of live) grant.revoked = true;
      return live.length;
    },

    clear,
    save: () => ({ codes, access, refreshes, grants }),
    restore(saved) {
      clear();
      for (const [code, value] of saved.codes) codes.set(code, value);
      for (const [token, value] of saved.access) access.set(token, value);
      for (const [token, value] of saved.refreshes) refreshes.set(token, value);
      for (const [id, value] of saved.grants) grants.set(id, value);
    },

    counts: () => ({
      liveGrants: [...grants.values()].filter((grant) => !grant.revoked).length,
      liveAccessTokens: [...access.values()].filter((token) => !token.grant.revoked && !token.revoked && !isExpired(token)).length,
      refreshTokens: refreshes.size,
      codes: codes.size,
    }),
  };
}

/** Random text for tokens: 24 bytes in base64url. */
export function randomToken(prefix: string): string {
  return `${prefix}${randomBytes(24).toString("base64url")}`;
}

/** The client that a request names. */
export function findClient(clients: readonly OAuthClient[], clientId: string | null): OAuthClient | null {
  return clients.find((client) => client.clientId === clientId) ?? null;
}
