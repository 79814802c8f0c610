import type { OAuth2Config } from "@auth/core/providers";
import type { Send, ToolResponse, VendorReading } from "@/server/transport/send";
import type { ToolMount } from "@/server/vfs/tool-mount";

/** What each folder of `server/integrations` gives: a manifest (pure data), its OAuth, how its answers are read, and its mount. */

const categories = ["Productivity", "Communication", "Development", "Analytics"] as const;
export type Category = (typeof categories)[number];

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
  };
  readonly capabilities: { readonly read: readonly string[]; readonly write: readonly string[]; readonly webhooks: boolean };
  /** The scopes each capability needs, keyed `read:issues`, `write:comments`. Every capability has an entry. */
  readonly capabilityScopes: Readonly<Record<string, readonly string[]>>;
  /** Vendor origins by role; each can be replaced by `<ID>_<ROLE>_ORIGIN` in the environment. */
  readonly origins: Readonly<Record<string, string>>;
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
  /** `<origin>/oauth/callback/<id>`. */
  readonly redirectUri: string;
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
}

export interface Revocation {
  readonly outcome: "revoked" | "already_revoked" | "not_offered";
  /** What was proven, in words. */
  readonly proof: string;
}

/** OAuth of one tool: the Auth.js provider config, extended by what Auth.js does not do. All HTTP goes through the given `Send`. */
export interface IntegrationOAuth {
  /** The provider config for the sealed Auth.js instance; `scopes` are those to ask for. */
  provider(settings: IntegrationSettings, scopes: readonly string[]): OAuth2Config<Record<string, unknown>>;
  /** Reads the token endpoint's answer, code exchange and refresh alike. Throws HubError EIO on nonsense. */
  readTokens(answer: unknown): TokenAnswer;
  /** Who the token belongs to. */
  identify(accessToken: string, settings: IntegrationSettings, send: Send, context: Parameters<Send>[1]): Promise<Identity>;
  /** One refresh call; no retry of its own. Throws HubError; a terminal refusal is `ENOTCONN`, all else EIO or EAGAIN, and the grant lives on. */
  refresh(refreshToken: string, settings: IntegrationSettings, send: Send, context: Parameters<Send>[1]): Promise<TokenAnswer>;
  /** Ends the grant at the vendor; null where the vendor has no way. */
  readonly revoke:
    | ((
        tokens: { accessToken: string; refreshToken: string | null },
        settings: IntegrationSettings,
        send: Send,
        context: Parameters<Send>[1],
      ) => Promise<Revocation>)
    | null;
  /** Whether a refresh token may be sent again after a lost answer: never, within a grace, or always. */
  readonly refreshReplay: "never" | "always" | { readonly graceMs: number };
}

/** A rate group of the vendor, as its documents state it; headers correct it at run time. */
export interface RateGroup {
  readonly group: string;
  readonly capacity: number;
  readonly refillPerSecond: number;
}

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
