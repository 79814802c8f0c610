import type { Company } from "./company/work";
import type { FaultBox } from "./control/faults";
import type { Journal } from "./control/journal";
import type { Exchange } from "./http/exchange";
import type { OAuthClient } from "./oauth/grants";

/** How much lives in the tools: a small company that a person can read, or enough for load. */
export type SandboxSize = "small" | "large";

/** What every simulated tool is started with. */
export interface ToolOptions {
  /** 0 takes any free one. The tool has one origin, however many hosts the vendor has. */
  readonly port: number;
  /** Epoch milliseconds; runs ahead of the computer's clock after `advance_clock`. */
  readonly clock: () => number;
  /** The apps that are registered with this tool. */
  readonly clients: readonly OAuthClient[];
  readonly faults: FaultBox;
  readonly journal: Journal;
  /** The companies that live in every tool, small or large. */
  readonly companies: readonly Company[];
  readonly size: SandboxSize;
  /** What `save` gave in an earlier run of the same `stateVersion` and size; null starts from the seed. */
  readonly saved: unknown;
  /** Called after every request that may have changed something. */
  readonly onChange: () => void;
  /** Every request that the tool worked on, with its answer; for validators. */
  readonly onExchange?: (exchange: Exchange) => void;
  /** Changes to the documented settings; checked by the tool's schema. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Where web links of records lead; the tool's own pages by default. */
  readonly webOrigin?: string;
}

/** A simulated tool that listens. */
export interface RunningTool {
  /** `http://localhost:<port>` */
  readonly origin: string;
  close(): Promise<void>;
  settings(): Readonly<Record<string, unknown>>;
  /** Changes settings; those not named stay. Checked by the tool's zod schema; throws with words. */
  set(changes: unknown): void;
  /** A grant without the consent page; the token endpoint's answer. Throws when the app or the person is unknown. */
  connect(app: { readonly clientId: string; readonly email: string; readonly scopes: readonly string[] }): unknown;
  /** Spends as much of a limit as another installation would; throws where the tool has none of that name. */
  spend(spent: unknown): void;
  /** Everybody's, or one person's; answers how many. */
  expireAccessTokens(email?: string): number;
  /** Everybody's, or one person's; answers how many. */
  revokeGrants(email?: string): number;
  /** Back to the seed, the first settings, and no grants. */
  reset(): void;
  /** Rows and grants, for `v8.serialize`; settings, limits and faults do not live on. */
  save(): unknown;
  /** What is in it, in numbers: no token, no text. */
  inspect(): Readonly<Record<string, unknown>>;
}

/** What any client of the tool must know of its OAuth; the helper for tests goes this way. */
export interface ToolRoad {
  readonly authorizePath: string;
  readonly tokenPath: string;
  /** The parameter that carries the scopes: `scope`, or Slack's `user_scope`. */
  readonly scopeParameter: string;
  readonly scopeSeparator: "," | " ";
  /** What else a well-formed authorization request says, such as `access_type=offline`. */
  readonly parameters?: Readonly<Record<string, string>>;
}

/** One tool of the sandbox: a folder, and a line in `tools.ts`. */
export interface SandboxTool {
  /** The integration's id, as in the catalogue. */
  readonly id: string;
  readonly name: string;
  readonly road: ToolRoad;
  /** Another number means that what an earlier version saved cannot be read: the tool starts from the seed. 1 by default. */
  readonly stateVersion?: number;
  start(options: ToolOptions): Promise<RunningTool>;
}
