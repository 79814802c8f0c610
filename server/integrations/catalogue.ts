import type { Category } from "./contract";

/** The catalogue as pages, API and partner apps read it: browser-safe types only. Dates are ISO 8601. */

export const connectionStates = [
  "not_configured",
  "disconnected",
  "connecting",
  "connected",
  "syncing",
  "limited",
  "missing_scope",
  "reauth_required",
  "failed",
  "disconnecting",
  "stopped",
] as const;
export type ConnectionState = (typeof connectionStates)[number];

/** One status for card, `stat` and API: what, since when, why in words, and where to mend it. */
export type ConnectionStatus =
  | {
      readonly state: "not_configured";
      readonly since: null;
      readonly reason: string;
      readonly actionUrl: string | null;
      readonly missingVariables: readonly string[];
    }
  | { readonly state: "disconnected"; readonly since: null; readonly reason: string; readonly actionUrl: string | null }
  | { readonly state: "connected"; readonly since: string; readonly reason: string; readonly actionUrl: null }
  | {
      readonly state: "connecting" | "syncing" | "limited" | "missing_scope" | "reauth_required" | "failed" | "disconnecting" | "stopped";
      readonly since: string;
      readonly reason: string;
      readonly actionUrl: string | null;
    };

export type CapabilityState = "granted" | "missing_scope" | "not_connected" | "not_available_yet";

/** One capability of a connection. Scopes are the vendor's words. */
export interface CapabilitySwitch {
  readonly on: boolean;
  /** The scopes that it needs and that were not granted. */
  readonly missing: readonly string[];
  /** What the tool's consent page is asked for to switch it on; empty: it can be switched on without a consent. */
  readonly asks: readonly string[];
}

export interface ConnectionView {
  readonly id: string;
  readonly integration: string;
  readonly mountName: string;
  /** `/context/tools/linear`, or `/context/user/tools/linear` for a private one. */
  readonly path: string;
  readonly visibility: "private" | "workspace";
  /** Whether the person who asks connected it. */
  readonly mine: boolean;
  readonly status: ConnectionStatus;
  /** Whether calls still go through: also while it has to be connected again, until its access ends. */
  readonly usable: boolean;
  readonly accountName: string;
  readonly accountEmail: string | null;
  readonly orgName: string | null;
  readonly scopes: readonly string[];
  /** What it can be used for: switched on, and covered by the grant. */
  readonly capabilities: readonly string[];
  readonly capabilityStates: Readonly<Record<string, CapabilityState>>;
  /** Keyed `read:issues`, `write:comments`. */
  readonly switches: Readonly<Record<string, CapabilitySwitch>>;
  /** What signing in again to mend it asks the tool for. */
  readonly signInAsks: readonly string[];
  readonly timeZone: string;
  readonly connectedAt: string;
  readonly connectedBy: string;
  readonly lastSync: string | null;
  readonly tokenExpiresAt: string | null;
  readonly tokenRefreshedAt: string | null;
  readonly renews: boolean;
  /** How its access lasts, in one sentence; null where the status says it. */
  readonly tokenWords: string | null;
}

/** How a connection does, in words and as data. Nothing in it is a secret. */
export interface ConnectionHealth {
  readonly status: ConnectionStatus;
  /** The words for a person, what presses most first; each is a sentence. */
  readonly sentences: readonly string[];
  /** Null when there is no token. */
  readonly token: {
    /** Null when the vendor does not say. */
    readonly expiresAt: string | null;
    readonly renews: boolean;
    /** Null before the first renewal. */
    readonly renewedAt: string | null;
    /** When the hub renews it for those who call then; null when it cannot, or when only the tool's refusal tells. */
    readonly renewsAt: string | null;
    /** Renewals that failed since the last one that did not. */
    readonly failedRenewals: number;
    /** When the authorization ends unless it is used before, where the vendor says so; the hub uses it in time. */
    readonly lapsesAt: string | null;
  } | null;
  readonly scopes: {
    readonly granted: readonly string[];
    /** What is switched on and was not granted. */
    readonly missing: readonly { readonly scope: string; readonly capabilities: readonly string[] }[];
  };
  readonly budgets: readonly ConnectionBudget[];
  /** The newest call that failed and is still in the log; null too for who may not see calls. */
  readonly lastFailure: ConnectionFailure | null;
}

/** What the vendor's limit leaves, as far as the hub knows. */
export interface ConnectionBudget {
  /** The vendor's method group; `default` is that of calls in general. */
  readonly group: string;
  readonly left: number;
  readonly capacity: number;
  /** How long the limit takes to be full again, in seconds. */
  readonly windowSeconds: number;
  /** Until when the vendor lets nothing through; null when it does. */
  readonly blockedUntil: string | null;
}

export interface ConnectionFailure {
  /** `cal_…` */
  readonly call: string;
  readonly at: string;
  readonly operation: string;
  /** A HubError code. */
  readonly code: string;
  /** The vendor's HTTP status; null when there was no answer. */
  readonly status: number | null;
  readonly vendorRequestId: string | null;
  /** The path it served; null for work without one. */
  readonly path: string | null;
  /** What happened, in words. */
  readonly what: string;
  /** What to do; null where there is nothing to do. */
  readonly advice: string | null;
  /** Whether calls have succeeded since. */
  readonly isOver: boolean;
}

export interface CatalogueEntry {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly category: Category;
  readonly icon: string;
  readonly gradient: string;
  readonly connected: boolean;
  readonly connectionDate: string | null;
  readonly lastSync: string | null;
  readonly status: ConnectionStatus;
  readonly available: boolean;
  readonly oauth: {
    readonly authUrl: string;
    readonly tokenUrl: string;
    readonly clientId: string | null;
    readonly scopes: readonly string[];
    readonly redirectUri: string;
  };
  readonly vfsPath: string;
  readonly capabilities: { readonly read: readonly string[]; readonly write: readonly string[]; readonly webhooks: boolean };
  /** Keyed `read:issues`, `write:comments`, `webhooks`. */
  readonly capabilityStates: Readonly<Record<string, CapabilityState>>;
  /** What connecting for a capability alone asks the tool for; for several, all of theirs. */
  readonly capabilityAsks: Readonly<Record<string, readonly string[]>>;
  readonly actsAs: "person" | "app";
  readonly connections: readonly ConnectionView[];
}
