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
      readonly state: "connecting" | "syncing" | "limited" | "missing_scope" | "reauth_required" | "failed" | "disconnecting";
      readonly since: string;
      readonly reason: string;
      readonly actionUrl: string | null;
    };

export type CapabilityState = "granted" | "missing_scope" | "not_connected" | "not_available_yet";

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
  readonly accountName: string;
  readonly accountEmail: string | null;
  readonly orgName: string | null;
  readonly scopes: readonly string[];
  readonly capabilities: readonly string[];
  readonly capabilityStates: Readonly<Record<string, CapabilityState>>;
  readonly timeZone: string;
  readonly connectedAt: string;
  readonly connectedBy: string;
  readonly lastSync: string | null;
  readonly tokenExpiresAt: string | null;
  readonly tokenRefreshedAt: string | null;
  readonly renews: boolean;
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
  readonly actsAs: "person" | "app";
  readonly connections: readonly ConnectionView[];
}
