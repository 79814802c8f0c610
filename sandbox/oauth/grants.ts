import { createHash, timingSafeEqual } from "node:crypto";

/** An app that is registered with the sandbox. */
export interface OAuthClient {
  readonly clientId: string;
  /** Null for a public client, which must use PKCE. */
  readonly clientSecret: string | null;
  /** Shown on the consent page. */
  readonly name: string;
  readonly redirectUris: readonly string[];
  /** `required`: an authorization request without an S256 challenge is refused. `off`: one with a challenge is. */
  readonly pkce: "required" | "optional" | "off";
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
  readonly usedPkce: boolean;
  /** Whether it comes with refresh tokens. */
  readonly offline: boolean;
  /** Of OpenID Connect, to be said again in the id_token; null without one. */
  readonly nonce: string | null;
  revoked: boolean;
}

export type NewGrant = Omit<Grant, "id" | "revoked">;

export interface TokenSet {
  readonly accessToken: string;
  /** Null where none is given: without offline access, and in a refresh that does not rotate. */
  readonly refreshToken: string | null;
  /** Null for a token that does not end. */
  readonly expiresInSeconds: number | null;
  /** Of this access token: the grant's, or fewer when a refresh asked for fewer. */
  readonly scopes: readonly string[];
  readonly grant: Grant;
}

/**
 * What a refresh does to refresh tokens. `grace`: a successor comes; for `graceMs` the old one is answered with the same successor, for an
 * answer that was lost. `single_use`: a successor comes each time, and the old one ends `graceMs` after its first use; of the access tokens
 * only the newest `maxActiveAccess` live on. `keeps_old`: a successor comes, and the old one lives on. `none`: the same one stays.
 */
export type RotationRule =
  | {
      readonly kind: "grace";
      readonly graceMs: number /** RFC 9700 section 4.14.2: reuse after the grace ends the grant. */;
      readonly reuseEndsGrant?: boolean;
    }
  | { readonly kind: "single_use"; readonly graceMs: number; readonly maxActiveAccess: number }
  | { readonly kind: "keeps_old" }
  | { readonly kind: "none" };

export interface TokenPolicy {
  readonly codeSeconds: number;
  /** Null: access tokens do not end. */
  readonly accessTokenSeconds: number | null;
  /** How long a refresh token lives without being used; null: it does not end. */
  readonly refreshTokenSeconds: number | null;
  readonly rotation: RotationRule;
  /** Of one person and app: the oldest beyond it end unsaid. */
  readonly maxRefreshTokens?: number;
}

/** Why the token or revocation endpoint refuses; each vendor has words of its own for them. */
export type RefusalKind =
  | "invalid_request"
  | "unsupported_grant_type"
  | "unknown_client"
  | "wrong_secret"
  | "missing_secret"
  | "unexpected_secret"
  | "unknown_code"
  | "used_code"
  | "expired_code"
  | "wrong_redirect_uri"
  | "missing_verifier"
  | "wrong_verifier"
  | "unexpected_verifier"
  | "unknown_refresh_token"
  | "revoked_refresh_token"
  | "expired_refresh_token"
  | "used_refresh_token"
  | "invalid_scope"
  | "missing_token"
  | "unknown_token";

/** A refusal of the token or revocation endpoint. */
export class OAuthRefusal extends Error {
  override readonly name = "OAuthRefusal";
  readonly kind: RefusalKind;

  constructor(kind: RefusalKind, message: string) {
    super(message);
    this.kind = kind;
  }
}

export interface CodeRow {
  readonly grant: NewGrant;
  /** Null when the request named none. */
  readonly redirectUri: string | null;
  readonly challenge: string | null;
  readonly expiresAtMs: number;
  /** The grant that it was turned into. */
  used: Grant | null;
}

export interface RefreshRow {
  readonly grant: Grant;
  lastUsedAtMs: number;
  successor: { readonly tokens: TokenSet; readonly rotatedAtMs: number; readonly accessExpiresAtMs: number | null } | null;
}

export interface AccessRow {
  readonly grant: Grant;
  readonly scopes: readonly string[];
  /** Null: never. */
  expiresAtMs: number | null;
  revoked: boolean;
}

/** Equal, in a time that does not tell where they differ. */
export function sameSecret(left: string, right: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(left), digest(right));
}

/** The book's tables, which share their grants. */
export interface SavedGrants {
  readonly codes: ReadonlyMap<string, CodeRow>;
  readonly access: ReadonlyMap<string, AccessRow>;
  readonly refreshes: ReadonlyMap<string, RefreshRow>;
  readonly grants: ReadonlyMap<string, Grant>;
}

/** What an access token is worth now. */
export interface KnownAccess {
  readonly grant: Grant;
  /** Of the token: the grant's, or fewer. */
  readonly scopes: readonly string[];
  readonly state: "live" | "expired" | "revoked";
}

/** How far a revocation reaches: the token alone, its grant, or every grant of the person to the app. */
export type RevocationReach = "token" | "grant" | "account";

/** Codes, tokens and grants of one simulated tool. */
export interface GrantBook {
  issueCode(options: { grant: NewGrant; redirectUri: string | null; challenge: string | null }): string;
  /** A new grant and its first tokens, without a code. */
  issueTokens(grant: NewGrant): TokenSet;
  /** Throws OAuthRefusal. A code that comes twice also ends the grant it gave (RFC 6749 section 4.1.2). */
  redeemCode(options: { code: string; client: OAuthClient; redirectUri: string | null; verifier: string | null }): TokenSet;
  /** As the rotation rule says. `scopes` are to be among the grant's; null asks for all. Throws OAuthRefusal. */
  refresh(options: { refreshToken: string; client: OAuthClient; scopes: readonly string[] | null }): TokenSet;
  /** Whether the grant of a code or refresh token was asked for with PKCE; null for one that is not known. */
  usedPkce(credential: string): boolean | null;
  /** The grant of a live access token; null when it is unknown, expired or revoked. */
  findGrant(accessToken: string): Grant | null;
  /** An access token that was ever given, in whatever state; null for one that was not. */
  look(accessToken: string): KnownAccess | null;
  /** Every live grant of this person to this app. */
  listLive(match: Pick<Grant, "clientId" | "userId" | "workspaceId" | "actor">): readonly Grant[];
  /** Ends an access or refresh token and what the reach says; false when there is nothing left to end. */
  revoke(token: string, client: OAuthClient | null, reach: RevocationReach): boolean;
  /** What kind of token it is, live or not; null for one that was never given. */
  kindOf(token: string): "access" | "refresh" | null;
  /** Of the grants that `of` picks; answers how many. */
  expireAccessTokens(of: (grant: Grant) => boolean): number;
  revokeAll(of: (grant: Grant) => boolean): number;
  clear(): void;
  /** Everything, to be kept over a restart; holds live secrets. */
  save(): SavedGrants;
  restore(saved: SavedGrants): void;
  counts(): { readonly liveGrants: number; readonly liveAccessTokens: number; readonly refreshTokens: number; readonly codes: number };
}
