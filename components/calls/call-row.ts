/** One attempt of one call to a tool, as the call log shows it. Times are ISO 8601 in UTC. */
export interface CallRow {
  readonly id: string;
  /** The same for all attempts of one call. */
  readonly callId: string;
  readonly attempt: number;
  readonly integration: string;
  readonly operation: string;
  readonly method: string;
  /** Without secrets: query values that are not known to be safe are `…`. */
  readonly url: string;
  /** Null when there was no answer. */
  readonly status: number | null;
  /** A HubError code, or `aborted` when the caller gave up; null when it succeeded. */
  readonly errorCode: string | null;
  readonly durationMs: number;
  /** Waited before this attempt. */
  readonly waitMs: number;
  readonly requestBytes: number;
  readonly responseBytes: number | null;
  readonly vendorRequestId: string | null;
  readonly limits: Readonly<Record<string, string>>;
  /** The path it served, null for work without one (signing in, refreshing). */
  readonly path: string | null;
  /** Who it was for, in words. */
  readonly actor: string;
  readonly at: string;
}

/** How a tool's rows look: its name, icon and gradient, by integration id. */
export type ToolLooks = Readonly<Record<string, { readonly name: string; readonly icon: string; readonly gradient: string }>>;
