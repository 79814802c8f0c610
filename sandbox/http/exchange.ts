/** One request and its answer, as they went over the wire; for validators that compare them with a vendor's description. */
export interface Exchange {
  /** The integration's id. */
  readonly tool: string;
  readonly request: {
    readonly method: string;
    /** Path and query. */
    readonly target: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: Uint8Array;
  };
  readonly response: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string | readonly string[]>>;
    readonly body: Uint8Array;
  };
  /** The scripted fault that struck, if one did: `status`, `rate_limited` and `nonsense` answers are not the tool's own. */
  readonly fault: string | null;
}
