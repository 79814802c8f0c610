import type { WorkspaceScope } from "@/db/scope";
import type { ErrorBody, HubError } from "@/server/errors";
import type { MountPlan } from "./mount";
import type { Receipt } from "./node";

/** What the operations remember between calls; `storage/` keeps it in the database. */

export const planLifetimeMs = 15 * 60 * 1000;
/** The plans that a person may have waiting in a workspace; the oldest leave first. */
export const plansAtMost = 200;
export const keyLifetimeMs = 24 * 60 * 60 * 1000;
/** A call that has not finished after this long never will: its process is gone and its outcome unknown. */
export const keyAbandonedMs = 5 * 60 * 1000;

export interface PlanStore {
  /**
   * Keeps a plan for its maker, for 15 minutes, and of their plans the newest 200; answers its uuid. `connection` (`con_…`) is the one it changes something through, which
   * takes it along when it ends; null for files of our own. EACCES for a job, which has nobody to show it to.
   */
  save(
    scope: WorkspaceScope,
    plan: MountPlan,
    connection: string | null,
    now: Date,
  ): Promise<{ readonly id: string; readonly expiresAt: Date }>;
  /** Takes a plan for execution, once and only by its maker; null when there is none, it was taken, or it is too old. */
  claim(scope: WorkspaceScope, id: string, now: Date): Promise<MountPlan | null>;
  finish(scope: WorkspaceScope, id: string): Promise<void>;
}

export type KeyState =
  | { readonly type: "new" }
  | { readonly type: "running"; readonly since: Date }
  | { readonly type: "receipt"; readonly receipt: Receipt }
  | { readonly type: "failure"; readonly failure: ErrorBody }
  | { readonly type: "other_content" };

/** The first answer of each idempotency key, kept 24 h, bound to the actor. */
export interface KeyStore {
  /** Begins the key, or says what became of it. Atomic: of two callers one gets `new`. */
  begin(scope: WorkspaceScope, key: string, contentHash: string, now: Date): Promise<KeyState>;
  /**
   * Keeps the receipt. `connection` (`con_…`) is the one that the change went through, which takes the receipt along when it ends; when it is
   * ending already, nothing is kept, and the key counts as one whose outcome is unknown.
   */
  succeed(scope: WorkspaceScope, key: string, receipt: Receipt, connection: string | null): Promise<void>;
  /** Keeps a failure as the key's answer, as `succeed` keeps a receipt: nothing is sent again. */
  fail(scope: WorkspaceScope, key: string, failure: ErrorBody, connection: string | null): Promise<void>;
  /** Forgets the key: the call failed and nothing was done. */
  release(scope: WorkspaceScope, key: string): Promise<void>;
}

export interface AuditRecord {
  readonly action: string;
  /** The path that changed; for a private mount, the mount's. */
  readonly subject: string;
  readonly detail: Readonly<Record<string, string | number | boolean | null>>;
}

export type AuditSink = (scope: WorkspaceScope, record: AuditRecord) => Promise<void>;

/** Whether a failed change may have changed something: a step of it was done, or nobody knows. */
export function mayHaveChanged(error: HubError): boolean {
  const { outcome, receipt } = error.details;
  return outcome === "unknown" || (receipt?.steps.some((step) => step.outcome === "done") ?? false);
}
