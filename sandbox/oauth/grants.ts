import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

/** An app that is registered with the sandbox. */
export interface OAuthClient {
  readonly clientId: string;
  /** Null for a public client, which must use PKCE. */
  readonly clientSecret: string | null;
  /** Shown on the consent page. */
  readonly name: string;
  /** Compared as strings, whole (RFC 9700 section 2.1). */
  readonly redirectUris: readonly string[];
  /** `required`: an authorization request without an S256 challenge is refused. */
  readonly pkce: "required" | "optional";
  /** The ids of the tools that know the app; all of the sandbox's by default. */
  readonly tools?: readonly string[];
}

/** What one person allowed one app, in one workspace. */
export interface Grant {
  readonly id: string;
  readonly clientId: string;
  readonly userId: string;
  readonly workspaceId: string;
  readonly actor: "user" | "app";
  readonly scopes: readonly string[];
  /** With PKCE the secret is optional at exchange and refresh (linear.app/developers/oauth-2-0-authentication). */
  readonly usedPkce: boolean;
  revoked: boolean;
}

export interface TokenSet {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly expiresInSeconds: number;
  readonly grant: Grant;
}

export interface TokenPolicy {
  readonly codeSeconds: number;
  readonly accessTokenSeconds: number;
  /** How long a rotated refresh token may be sent again, for a refresh whose answer was lost. */
  readonly refreshGraceSeconds: number;
  /** Whether a rotated token that comes back after its grace ends the whole grant (RFC 9700 section 4.14.2). */
  readonly reuseDetection: boolean;
}

/** A refusal of the token or revocation endpoint, in the words of RFC 6749 section 5.2. */
export class OAuthRefusal extends Error {
  override readonly name = "OAuthRefusal";
  readonly error: string;
  readonly status: number;

  constructor(error: string, description: string, status = 400) {
    super(description);
    this.error = error;
    this.status = status;
  }
}

interface Code {
  readonly grant: Omit<Grant, "id" | "revoked">;
  readonly redirectUri: string;
  readonly challenge: string | null;
  readonly expiresAtMs: number;
  /** The grant that it was turned into. */
  used: Grant | null;
}

interface RefreshToken {
  readonly grant: Grant;
  successor: { readonly tokens: TokenSet; readonly rotatedAtMs: number; readonly accessExpiresAtMs: number } | null;
}

interface AccessToken {
  readonly grant: Grant;
  expiresAtMs: number;
}

/** Equal, in a time that does not tell where they differ. */
export function sameSecret(left: string, right: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(left), digest(right));
}

/** The book's tables, which share their grants. */
export interface SavedGrants {
  readonly codes: ReadonlyMap<string, Code>;
  readonly access: ReadonlyMap<string, AccessToken>;
  readonly refreshes: ReadonlyMap<string, RefreshToken>;
  readonly grants: ReadonlyMap<string, Grant>;
}

const secret = (prefix: string) => `${prefix}_${randomBytes(24).toString("base64url")}`;

/** Codes, tokens and grants of one simulated tool. */
export interface GrantBook {
  issueCode(options: { grant: Omit<Grant, "id" | "revoked">; redirectUri: string; challenge: string | null }): string;
  /** A new grant and its first tokens, without a code. */
  issueTokens(grant: Omit<Grant, "id" | "revoked">): TokenSet;
  /** Throws OAuthRefusal. A code that comes twice also ends the grant it gave (RFC 6749 section 4.1.2). */
  redeemCode(options: { code: string; client: OAuthClient; redirectUri: string; verifier: string | null; secretGiven: boolean }): TokenSet;
  /** Rotates. Within the grace the old token is answered with the same successor. Throws OAuthRefusal. */
  refresh(options: { refreshToken: string; client: OAuthClient; secretGiven: boolean }): TokenSet;
  /** The grant of a live access token; null when it is unknown, expired or revoked. */
  findGrant(accessToken: string): Grant | null;
  /** A live grant of this app by this person, if there is one that covers the scopes. */
  findLiveGrant(match: Pick<Grant, "clientId" | "userId" | "workspaceId" | "actor" | "scopes">): Grant | null;
  /** Ends the grant of an access or refresh token; false when there is nothing left to end. */
  revoke(token: string, client: OAuthClient | null): boolean;
  /** Of the grants that `of` picks; answers how many. */
  expireAccessTokens(of: (grant: Grant) => boolean): number;
  revokeAll(of: (grant: Grant) => boolean): number;
  clear(): void;
  /** Everything, to be kept over a restart; holds live secrets. */
  save(): SavedGrants;
  restore(saved: SavedGrants): void;
  counts(): { readonly liveGrants: number; readonly liveAccessTokens: number; readonly refreshTokens: number; readonly codes: number };
}

export function createGrantBook(options: { clock: () => number; policy: () => TokenPolicy; tokenPrefix: string }): GrantBook {
  const { clock, policy, tokenPrefix } = options;
  const codes = new Map<string, Code>();
  const access = new Map<string, AccessToken>();
  const refreshes = new Map<string, RefreshToken>();
  const grants = new Map<string, Grant>();

  function open(asked: Omit<Grant, "id" | "revoked">): Grant {
    const grant: Grant = { ...asked, id: randomBytes(8).toString("hex"), revoked: false };
    grants.set(grant.id, grant);
    return grant;
  }

  function issue(grant: Grant): TokenSet {
    const tokens: TokenSet = {
      accessToken: secret(`${tokenPrefix}_oauth`),
      refreshToken: secret(`${tokenPrefix}_refresh`),
      // The documented answer says 86399 for a day.
      expiresInSeconds: policy().accessTokenSeconds - 1,
      grant,
    };
    access.set(tokens.accessToken, { grant, expiresAtMs: clock() + policy().accessTokenSeconds * 1000 });
    refreshes.set(tokens.refreshToken, { grant, successor: null });
    return tokens;
  }

  function clear(): void {
    for (const map of [codes, access, refreshes, grants]) map.clear();
  }

  function requireSecret(client: OAuthClient, secretGiven: boolean, usedPkce: boolean): void {
    if (client.clientSecret !== null && !secretGiven && !usedPkce) {
      throw new OAuthRefusal("invalid_client", "Client authentication failed: client_secret is missing.", 401);
    }
  }

  function checkVerifier(challenge: string | null, verifier: string | null): void {
    if (challenge === null) {
      // RFC 9700 section 2.1.1: a verifier without a challenge is a downgrade.
      if (verifier !== null) throw new OAuthRefusal("invalid_grant", "Invalid grant: code verifier is not expected");
      return;
    }
    const shaped = verifier !== null && /^[A-Za-z0-9._~-]{43,128}$/.test(verifier);
    if (!shaped || createHash("sha256").update(verifier).digest("base64url") !== challenge) {
      throw new OAuthRefusal("invalid_grant", "Invalid grant: code verifier is invalid");
    }
  }

  return {
    issueCode({ grant, redirectUri, challenge }) {
      const code = randomBytes(20).toString("hex");
      codes.set(code, { grant, redirectUri, challenge, expiresAtMs: clock() + policy().codeSeconds * 1000, used: null });
      return code;
    },

    issueTokens: (grant) => issue(open(grant)),

    redeemCode({ code, client, redirectUri, verifier, secretGiven }) {
      const found = codes.get(code);
      if (found === undefined || found.grant.clientId !== client.clientId) {
        throw new OAuthRefusal("invalid_grant", "Invalid grant: authorization code is invalid");
      }
      if (found.used !== null) {
        found.used.revoked = true;
        throw new OAuthRefusal("invalid_grant", "Invalid grant: authorization code has already been used");
      }
      if (found.expiresAtMs <= clock()) throw new OAuthRefusal("invalid_grant", "Invalid grant: authorization code has expired");
      if (found.redirectUri !== redirectUri) throw new OAuthRefusal("invalid_grant", "Invalid grant: redirect_uri does not match");
      requireSecret(client, secretGiven, found.challenge !== null);
      checkVerifier(found.challenge, verifier);
      const grant = open(found.grant);
      found.used = grant;
      return issue(grant);
    },

    refresh({ refreshToken, client, secretGiven }) {
      const found = refreshes.get(refreshToken);
      if (found === undefined || found.grant.revoked || found.grant.clientId !== client.clientId) {
        throw new OAuthRefusal("invalid_grant", "Invalid grant: refresh token is invalid");
      }
      requireSecret(client, secretGiven, found.grant.usedPkce);
      const { successor } = found;
      if (successor !== null) {
        if (clock() - successor.rotatedAtMs < policy().refreshGraceSeconds * 1000) {
          const leftSeconds = Math.max(0, Math.floor((successor.accessExpiresAtMs - clock()) / 1000));
          return { ...successor.tokens, expiresInSeconds: leftSeconds };
        }
        if (policy().reuseDetection) found.grant.revoked = true;
        throw new OAuthRefusal("invalid_grant", "Invalid grant: refresh token has already been used");
      }
      const tokens = issue(found.grant);
      found.successor = { tokens, rotatedAtMs: clock(), accessExpiresAtMs: clock() + tokens.expiresInSeconds * 1000 };
      return tokens;
    },

    findGrant(accessToken) {
      const found = access.get(accessToken);
      if (found === undefined || found.grant.revoked || found.expiresAtMs <= clock()) return null;
      return found.grant;
    },

    findLiveGrant(match) {
      for (const grant of grants.values()) {
        const same =
          grant.clientId === match.clientId &&
          grant.userId === match.userId &&
          grant.workspaceId === match.workspaceId &&
          grant.actor === match.actor;
        if (same && !grant.revoked && match.scopes.every((scope) => grant.scopes.includes(scope))) return grant;
      }
      return null;
    },

    revoke(token, client) {
      const grant = access.get(token)?.grant ?? refreshes.get(token)?.grant;
      if (grant === undefined || grant.revoked || (client !== null && grant.clientId !== client.clientId)) return false;
      grant.revoked = true;
      return true;
    },

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
      liveAccessTokens: [...access.values()].filter(({ grant, expiresAtMs }) => !grant.revoked && expiresAtMs > clock()).length,
      refreshTokens: refreshes.size,
      codes: codes.size,
    }),
  };
}
