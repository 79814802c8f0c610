import type { WorkspaceScope } from "@/db/scope";
import type { Operation } from "../node";

/** The mounts that live in our own database: a row of policy each. */

const hourMs = 60 * 60 * 1000;
const dayMs = 24 * hourMs;

/** How long files stay. Soft expiry moves with use, hard expiry never does. */
export interface Retention {
  readonly afterUseMs: number;
  readonly afterCreationMs: number;
}

export interface StoragePolicy {
  /** Display path of the mount. */
  readonly path: string;
  /** Null: permanent. */
  readonly retention: Retention | null;
  /** Whether every person has an own one. */
  readonly personal: boolean;
  /** `daily`: append-only, a file a day, named `<yyyy-mm-dd>.md`. */
  readonly shape: "tree" | "daily";
}

export const storagePolicies: readonly StoragePolicy[] = [
  {
    path: "/context/memory/scratchpad",
    retention: { afterUseMs: 24 * hourMs, afterCreationMs: 72 * hourMs },
    personal: false,
    shape: "tree",
  },
  { path: "/context/memory/episodic", retention: { afterUseMs: 30 * dayMs, afterCreationMs: 90 * dayMs }, personal: false, shape: "tree" },
  { path: "/context/memory/facts", retention: null, personal: false, shape: "tree" },
  { path: "/context/memory/experiential", retention: null, personal: false, shape: "tree" },
  { path: "/context/user/preferences", retention: null, personal: true, shape: "tree" },
  { path: "/context/user/history", retention: null, personal: true, shape: "daily" },
];

const treeOperations: ReadonlySet<Operation> = new Set([
  "stat",
  "list",
  "read",
  "write",
  "append",
  "edit",
  "mkdir",
  "move",
  "remove",
  "execute",
]);
const dailyOperations: ReadonlySet<Operation> = new Set(["stat", "list", "read", "append", "execute"]);

/** What can be done on a mount of that shape. */
export const operationsOf = (policy: StoragePolicy): ReadonlySet<Operation> => (policy.shape === "tree" ? treeOperations : dailyOperations);

/** Use is recorded at most this often. */
export const useIntervalMs = hourMs;

/** Bytes of all files of a workspace's memory, and of one person's own files. */
export const quotaBytes = 256 * 1024 * 1024;

/** Where the rows of a mount stand: memory under its own path, a person's files under the person. */
export function storedRoot(policy: StoragePolicy, scope: WorkspaceScope): string {
  if (!policy.personal || scope.actor.type !== "person") return policy.path;
  return policy.path.replace("/context/user/", `/context/user/${scope.actor.userId}/`);
}

/** The subtree that one quota covers. */
export function quotaRoot(policy: StoragePolicy, scope: WorkspaceScope): string {
  return policy.personal && scope.actor.type === "person" ? `/context/user/${scope.actor.userId}` : "/context/memory";
}

/** Soft and hard expiry of a file used now and created then; null for permanent tiers. */
export function expiryOf(retention: Retention | null, createdAt: Date, usedAt: Date): { readonly soft: Date; readonly hard: Date } | null {
  if (retention === null) return null;
  const hard = createdAt.getTime() + retention.afterCreationMs;
  return { soft: new Date(Math.min(usedAt.getTime() + retention.afterUseMs, hard)), hard: new Date(hard) };
}
