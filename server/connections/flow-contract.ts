import type { Database } from "@/db/client";
import type { WorkspaceScope } from "@/db/scope";
import type { IntegrationEnv } from "@/server/env";
import type { ConnectionView } from "@/server/integrations/catalogue";
import type { Integration, IntegrationSettings, Manifest } from "@/server/integrations/contract";
import type { Log } from "@/server/log";
import type { Permission } from "@/server/workspaces/roles";
import type { FlowCookie, OAuthSends, SealedAuth } from "./auth";
import type { StrayProblem } from "./flow-words";
import type { Tokens } from "./token-contract";
import type { Vault } from "./vault";

/** What starting, taking and answering a consent promise. */

/** Membership, as `server/workspaces` checks it. */
export interface ScopeMaker {
  getScope(actor: { readonly type: "person"; readonly userId: string }, slug: string): Promise<WorkspaceScope>;
  findJobScope(workspaceId: string, job: string): Promise<WorkspaceScope | null>;
  requirePermission(scope: WorkspaceScope, permission: Permission): void;
}

export interface FlowsOptions {
  readonly db: Database;
  readonly auth: SealedAuth;
  readonly tokens: Tokens;
  readonly vault: Vault;
  readonly workspaces: ScopeMaker;
  /** The built integration of that id, or null. */
  readonly findIntegration: (id: string) => Integration | null;
  readonly settingsOf: (manifest: Manifest) => IntegrationEnv;
  readonly sendsFor: (integration: Integration, settings: IntegrationSettings) => OAuthSends;
  readonly now: () => Date;
  readonly log: Log;
}

export interface StartInput {
  readonly integration: string;
  /** What the consent is for: a new connection seen by `visibility`, or the connection `con_…`, which keeps its own. */
  readonly target: { readonly connection: string } | { readonly visibility: "private" | "workspace" };
  /** New: what to use it for, none for all that is granted. For a connection: what to switch on beside what is on already. */
  readonly capabilities: readonly string[];
  /** Where a flow without a popup ends; anything but a path of the hub itself becomes the integration's page. */
  readonly returnPath: string | null;
  readonly popup: boolean;
}

export interface StartedFlow {
  /** The tool's consent page. */
  readonly url: string;
  /** `flw_…` */
  readonly flow: string;
  readonly cookies: readonly FlowCookie[];
}

export interface CallbackInput {
  /** The integration whose callback path was asked for. */
  readonly integration: string;
  readonly answer: URLSearchParams;
  readonly cookieHeader: string | null;
  /** The uuid of the person who is signed in, or null. */
  readonly userId: string | null;
}

/** Where the browser goes after a callback. */
export type CallbackOutcome =
  | { readonly kind: "flow"; readonly flow: string; readonly workspace: string; readonly cookies: readonly FlowCookie[] }
  | { readonly kind: "stray"; readonly problem: StrayProblem; readonly cookies: readonly FlowCookie[] };

export type FlowStatus = "pending" | "exchanging" | "asking" | "connected" | "denied" | "failed" | "expired";

/** What a flow asks when another account came back than the one that its connection is of. */
export interface FlowQuestion {
  /** `con_…` of the connection that the consent was meant for; null when it was disconnected meanwhile. */
  readonly connection: string | null;
  /** The page that offers the same consent again; null with `connection`. */
  readonly retryUrl: string | null;
  /** ISO 8601: an answer is taken until then; after it what was granted is given back. */
  readonly until: string;
}

export interface FlowView {
  /** `flw_…` */
  readonly id: string;
  readonly integration: string;
  readonly name: string;
  readonly status: FlowStatus;
  /** What went wrong, or what is asked, in words; null while there is nothing to say. */
  readonly title: string | null;
  readonly reason: string | null;
  readonly next: string | null;
  readonly popup: boolean;
  readonly returnPath: string;
  readonly connection: ConnectionView | null;
  /** While `asking`. */
  readonly question: FlowQuestion | null;
}

/** `add`: store it as a connection of its own. `give_back`: end it at the tool and forget it. */
export const flowAnswers = ["add", "give_back"] as const;
export type FlowAnswer = (typeof flowAnswers)[number];

export interface Flows {
  /**
   * Starts a consent. The scope's permission was checked by the caller. ENOENT, ENOTSUP, ENOTCONN (not configured), EINVAL; EAGAIN while
   * the connection that it is for is being disconnected.
   */
  start(scope: WorkspaceScope, input: StartInput): Promise<StartedFlow>;
  /** Takes a tool's answer. Never throws for what the browser or the tool sent; the outcome says where to send the browser. */
  callback(input: CallbackInput): Promise<CallbackOutcome>;
  /** A flow of the person who asks. ENOENT for anyone else's. */
  view(scope: WorkspaceScope, flow: string): Promise<FlowView>;
  /** The person's flows that ask them something, newest first. */
  listQuestions(scope: WorkspaceScope): Promise<readonly FlowView[]>;
  /** Answers what an `asking` flow of the person asks, once. ESTALE when it was answered already, or too late. */
  answer(scope: WorkspaceScope, flow: string, answer: FlowAnswer): Promise<FlowView>;
  /** Gives a waiting flow up: its answer will not be accepted. One that asks is answered with `give_back`. */
  cancel(scope: WorkspaceScope, flow: string): Promise<FlowView>;
  /**
   * Ends at the tool, and deletes, what flows of the workspace hold: of one person, when they leave; of all, before the workspace is
   * deleted; `expiredOnly`, for the job. A job's scope. Answers how many there were; none of them can be answered any more.
   */
  giveBackHeld(scope: WorkspaceScope, which?: { readonly userId?: string; readonly expiredOnly?: boolean }): Promise<number>;
}
