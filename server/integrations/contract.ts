import type { OAuth2Config } from "@auth/core/providers";
import type { Send, ToolResponse, VendorReading } from "@/server/transport/send";
import type { ToolMount } from "@/server/vfs/tool-mount";

/** What each folder of `server/integrations` gives: a manifest (pure data), its OAuth, how its answers are read, and its mount. */

const categories = ["Productivity", "Communication", "Development", "Analytics"] as const;
export type Category = (typeof categories)[number];

/**
 * What another consent of the same account does to the scopes that it granted before. `replaces`: the new token covers what was asked for
 * and no more, so everything that is still wanted is asked for again. `adds`: it covers the earlier ones too, so only what is missing is
 * asked for; the token answer then names every scope that the token covers (`all`), or possibly those of this consent alone (`new`).
 */
export type FurtherConsent = { readonly scopes: "replaces" } | { readonly scopes: "adds"; readonly answer: "all" | "new" };

/** The catalogue entry: pure data, safe in the browser. Ids, names, paths, URLs, base scopes and capabilities are the catalogue's. */
export interface Manifest {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly category: Category;
  /** A lucide icon's name; `components/tool-icon.tsx` maps it. */
  readonly icon: string;
  /** Tailwind gradient classes. */
  readonly gradient: string;
  readonly vfsPath: string;
  /** The default mount name: the last segment of `vfsPath`. */
  readonly mountName: string;
  readonly oauth: {
    readonly authUrl: string;
    readonly tokenUrl: string;
    /** The base scopes. */
    readonly scopes: readonly string[];
    /** What refreshing and identity need beside the base (`offline_access`, `openid`). */
    readonly supportScopes: readonly string[];
    readonly scopeSeparator: "," | " ";
    readonly furtherConsent: FurtherConsent;
    /**
     * `optional`: the vendor refuses PKCE (RFC 7636) of an app that has not opted in, so it is used where `<ID>_PKCE=1` says that this one
     * has. Left out: always used.
     */
    readonly pkce?: "optional";
  };
  readonly capabilities: { readonly read: readonly string[]; readonly write: readonly string[]; readonly webhooks: boolean };
  /** The scopes each capability needs, keyed `read:issues`, `write:comments`. Every capability has an entry. */
  readonly capabilityScopes: Readonly<Record<string, readonly string[]>>;
  /** Vendor origins by role; each can be replaced by `<ID>_<ROLE>_ORIGIN` in the environment. */
  readonly origins: Readonly<Record<string, string>>;
  /**
   * Where a file's bytes may be fetched from and sent to, beside the origins, and only without the connection's token: addresses that the
   * tool's answers name (`https://*.sharepoint.com`; `*` is one label or more). `<ID>_CONTENT_ORIGINS` replaces them, comma-separated.
   */
  readonly contentOrigins?: readonly string[];
  readonly actsAs: "person" | "app";
  /** False until the connector is there: the catalogue then says `not_available_yet`. */
  readonly available: boolean;
}

/** The registered app and where the vendor is, from the environment. */
export interface IntegrationSettings {
  readonly clientId: string;
  readonly clientSecret: string;
  /** Origins by role, environment applied. */
  readonly origins: Readonly<Record<string, string>>;
  /** `Manifest.contentOrigins`, environment applied; left out where there are none. */
  readonly contentOrigins?: readonly string[];
  /** `<origin>/oauth/callback/<id>`. */
  readonly redirectUri: string;
  /** The app has opted in to PKCE (`<ID>_PKCE=1`); read where the manifest's `oauth.pkce` is `optional`. */
  readonly pkce?: true;
}

/** Who authorised: by the vendor's stable ids. */
export interface Identity {
  readonly accountId: string;
  readonly orgId: string;
  readonly accountName: string;
  readonly accountEmail: string | null;
  readonly orgName: string | null;
  /** IANA time zone where the tool knows it; UTC otherwise. */
  readonly timeZone: string | null;
}

export interface TokenAnswer {
  readonly accessToken: string;
  /** Null when the answer has none: the old one stays. */
  readonly refreshToken: string | null;
  /** Seconds; null when the vendor does not say. */
  readonly expiresInSeconds: number | null;
  /** Null when the answer does not name them. */
  readonly scopes: readonly string[] | null;
  /** Seconds until the refresh token ends unless it is used before; left out where the vendor does not say. */
  readonly refreshExpiresInSeconds?: number;
}

export interface Revocation {
  readonly outcome: "revoked" | "already_revoked" | "not_offered";
  /** What was proven, in words. */
  readonly proof: string;
}

/** How a vendor names itself in the answer to an authorization request (RFC 9207). */
export interface AnswerIssuer {
  /** Its issuer identifier; `iss` is compared with it letter for letter. */
  readonly identifier: string;
  /** `always`: its metadata promises `iss` (`authorization_response_iss_parameter_supported`), so an answer without it is refused. */
  readonly sent: "always" | "sometimes";
}

/** OAuth of one tool: the Auth.js provider config, extended by what Auth.js does not do. All HTTP goes through the given `Send`. */
export interface IntegrationOAuth {
  /** The provider config for the sealed Auth.js instance; `scopes` are those to ask for. */
  provider(settings: IntegrationSettings, scopes: readonly string[]): OAuth2Config<Record<string, unknown>>;
  /** The vendor's issuer for these origins (by role, environment applied); null where it documents none, or one for each tenant. */
  readonly issuer: ((origins: Readonly<Record<string, string>>) => AnswerIssuer) | null;
  /** Reads the token endpoint's answer, code exchange and refresh alike. Throws HubError EIO on nonsense. */
  readTokens(answer: unknown): TokenAnswer;
  /** Who the token belongs to. */
  identify(accessToken: string, settings: IntegrationSettings, send: Send, context: Parameters<Send>[1]): Promise<Identity>;
  /**
   * One refresh call; no retry of its own. Throws HubError: ENOTCONN for the vendor's terminal answers and for nothing else (not for
   * `invalid_client`, which is the hub's configuration, whatever its status), all else EIO or EAGAIN, and the grant lives on.
   */
  refresh(refreshToken: string, settings: IntegrationSettings, send: Send, context: Parameters<Send>[1]): Promise<TokenAnswer>;
  /** Ends the access at the vendor, as far as `revocationEnds` says; null where the vendor has no way. */
  readonly revoke:
    | ((
        tokens: { accessToken: string; refreshToken: string | null },
        settings: IntegrationSettings,
        send: Send,
        context: Parameters<Send>[1],
      ) => Promise<Revocation>)
    | null;
  /**
   * How far `revoke` reaches. `token`: the given tokens alone, others of the same consent live on. `grant`: everything that this consent gave,
   * so a token that came out of a lost race must not be given back while the connection lives. `account`: every grant of this account
   * to the app, other connections' too. Null exactly where `revoke` is.
   */
  readonly revocationEnds: "token" | "grant" | "account" | null;
  /** How a person ends the access at the vendor by hand: a sentence that says where, and a page of the vendor's that shows or explains it. */
  readonly byHand: { readonly steps: string; readonly url: string };
  /**
   * Whether a refresh token may be sent again when nobody knows what came of the last time: never, until `graceMs` after it, or always.
   * After an answer that proves that nothing was done (4xx, 503) it may be in any case.
   */
  readonly refreshReplay: "never" | "always" | { readonly graceMs: number };
}

interface NamedGroup {
  /** The vendor's name of what is limited, or ours; without `|`. */
  readonly group: string;
  /** How many calls may be under way at the same time, beside what they may spend. */
  readonly concurrency?: number;
}

/** Drains evenly: up to `capacity` at once, and what was spent comes back at `refillPerSecond`. */
interface LeakyGroup extends NamedGroup {
  readonly capacity: number;
  readonly refillPerSecond: number;
}

/** So much in any stretch of `windowMs`; holds for windows that begin by the vendor's clock and for sliding ones alike. */
interface WindowGroup extends NamedGroup {
  readonly capacity: number;
  readonly windowMs: number;
}

/** Only the number of calls at the same time is limited. */
interface ConcurrencyGroup extends NamedGroup {
  readonly concurrency: number;
}

/**
 * A limit of the vendor for one connection, as its documents state it; headers correct it at run time. A call names the groups it pays
 * (`ToolRequest.pays`), each with its cost and, where the limit is a channel's or a mailbox's, the key: every key has a bucket of its own.
 */
export type RateGroup = LeakyGroup | WindowGroup | ConcurrencyGroup;

export interface Integration {
  readonly manifest: Manifest;
  readonly oauth: IntegrationOAuth;
  readonly reading: VendorReading;
  readonly rateGroups: readonly RateGroup[];
  /** The mount over an authorised `Send`. */
  mount(options: {
    readonly send: Send;
    readonly settings: IntegrationSettings;
    readonly capabilities: readonly string[];
    readonly identity: { accountId: string; orgId: string };
  }): ToolMount;
}

export type { ToolResponse };
