import type { TokenTiming } from "@/server/connections/token-contract";
import type { IntegrationOAuth, RateGroup } from "@/server/integrations/contract";

/** What the suite and its hub processes say to each other, as JSON over Node's channel between parent and child. */

/** Linear's real connector under an id of its own, against one sandbox; with the words of another vendor where a case needs them. */
export interface ToolOptions {
  readonly id: string;
  /** The sandbox's. */
  readonly origin: string;
  /** In place of Linear's grace of 30 minutes. */
  readonly refreshReplay?: IntegrationOAuth["refreshReplay"];
  /** In place of the 30 s that one call of the token endpoint may take. */
  readonly refreshTimeoutMs?: number;
  /** In place of groups so large that no case meets them by accident. */
  readonly rateGroups?: readonly RateGroup[];
}

export interface HubOptions {
  readonly databaseUrl: string;
  readonly tools: readonly ToolOptions[];
  /** Where the log goes, line by line, so that it outlives a kill. */
  readonly logFile: string;
  /** Environment variables over the suite's own. */
  readonly variables?: Readonly<Record<string, string>>;
  readonly tokenTiming?: Partial<TokenTiming>;
}

/** A connection that was made for a case, in a workspace and of a person of its own. */
export interface MadeConnection {
  readonly tool: string;
  readonly workspaceId: string;
  readonly slug: string;
  readonly userId: string;
  readonly connectionId: string;
}

/** What became of calls; failures are counted by `CODE: message`. */
export interface Tally {
  readonly calls: number;
  readonly succeeded: number;
  readonly failures: Readonly<Record<string, number>>;
  readonly slowestMs: number;
}

/** A connection as its rows say. */
export interface ConnectionState {
  readonly version: number;
  readonly intentPending: boolean;
  readonly leased: boolean;
  readonly failures: number;
  readonly terminalError: string | null;
  readonly status: string;
  readonly statusReason: string | null;
}

/**
 * Where a refresh is stopped: before its intent is journalled; before its request leaves; when its answer has arrived and nothing is stored;
 * when the new token is committed and nobody has it yet. (The request that reached the vendor and has no answer yet is the sandbox's fault
 * `withheld`.)
 */
export type RefreshStep = "intent" | "request" | "answer" | "commit";

/** What a hub process does when it is asked, by name: input and answer. */
export interface HubCommands {
  /** Stores the tokens as a consent does, in a new workspace of a new person. */
  connect: {
    input: { tool: string; tokens: { access_token: string; refresh_token: string; expires_in: number; scope: string } };
    answer: MadeConnection;
  };
  /** So many calls at once, each through the connection's authorised `Send`. */
  calls: { input: { made: MadeConnection; count: number; maxWaitMs?: number }; answer: Tally };
  /** Calls at an even rate until `stopLoad`, whatever becomes of the earlier ones. */
  startLoad: { input: { made: MadeConnection; perSecond: number }; answer: { load: number } };
  /** Awaits the calls under way. */
  stopLoad: { input: { load: number }; answer: Tally };
  look: { input: { made: MadeConnection }; answer: ConnectionState };
  /** Stops the connection's next refresh at the step, and tells by a `held` event. */
  hold: { input: { made: MadeConnection; step: RefreshStep }; answer: null };
  release: { input: { made: MadeConnection }; answer: null };
  /** Calls the export `run` of a module of this folder inside the process: `run(world, input)`. */
  run: { input: { module: string; input: unknown }; answer: unknown };
  /** Ends in order, as a hub that is asked to stop. */
  stop: { input: null; answer: null };
}
export type CommandName = keyof HubCommands;

export type ToHub =
  | { readonly type: "start"; readonly options: HubOptions }
  | { readonly type: "command"; readonly id: number; readonly name: CommandName; readonly input: unknown };
export type FromHub =
  | { readonly type: "ready" }
  | { readonly type: "answer"; readonly id: number; readonly answer: unknown }
  | { readonly type: "error"; readonly id: number; readonly message: string }
  | { readonly type: "held"; readonly connectionId: string };
