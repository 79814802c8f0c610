import type { Database } from "@/db/client";
import type { WorkspaceScope } from "@/db/scope";
import { HubError } from "@/server/errors";
import { createKeyStore } from "./key-store";
import { type Keyring, newDataKey, openSecret, rewrap, sealSecret, unwrapKeys } from "./keyring";
import type { KeyProvider } from "./keys";
import { createRotationStore, type RotationStore, type SealedRow, type SealedTable, sealedTables } from "./rotation-store";
import { createVault } from "./vault";

/**
 * Rotating the vault beside running processes. In each workspace: its data keys are wrapped with the current master key, a new data key is
 * made, every stored secret is sealed anew under it, and the old data keys are deleted, which the database refuses while a row needs one.
 *
 * Nothing is locked for longer than a batch, and no token's `version` changes: a refresh under way stores its answer as if nothing had been,
 * and a row that it changed is simply looked at again. Every step is a transaction that is safe to repeat, so a rotation that was killed goes
 * on where it was when it is started again, and two at once do the same work and not different things.
 */

export interface RotationOptions {
  readonly db: Database;
  /** The master keys; the rotation ends with everything wrapped by the current one. */
  readonly keys: KeyProvider;
  /** The hub's own scope in a workspace that is known to be there. */
  readonly scopeOf: (workspaceId: string) => WorkspaceScope;
  /** Called when it is known whether this goes on with a rotation that was broken off, and after each workspace. */
  readonly onProgress?: (summary: RotationSummary) => void;
  /** Rows sealed anew in one transaction; they stay locked that long. */
  readonly batchSize?: number;
}

/** What was left as it was, and why. Its old data keys are kept. */
export interface RotationProblem {
  readonly workspaceId: string;
  /** The row that could not be sealed anew; null when the workspace's keys were the problem. */
  readonly row: { readonly table: string; readonly id: string; readonly field: string } | null;
  readonly message: string;
}

export interface RotationSummary {
  /** Whether this goes on with a rotation that was broken off. */
  readonly resumed: boolean;
  readonly workspaces: number;
  /** Data keys wrapped with the current master key. */
  readonly wrapped: number;
  /** Data keys made. */
  readonly made: number;
  /** Rows whose secrets were sealed anew. */
  readonly sealed: number;
  /** Data keys deleted. */
  readonly deleted: number;
  readonly problems: readonly RotationProblem[];
  /** Master keys other than the current one that a data key still needs; known at the end. */
  readonly otherKekIds: readonly string[];
}

/** A workspace is visited again when a process with other keys changed it meanwhile, but not for ever. */
const visitsAtMost = 3;
/** Rows may be sealed under an old key while a sweep runs, by whoever read the keys before; each round there are fewer. */
const roundsAtMost = 20;

/**
 * Rotates the master key and the workspaces' data keys. Rejects with EINVAL, one sentence, when a master key that is needed is not held; with
 * the database's error when it fails, after which the next call goes on. What cannot be opened is in `problems`, and does not stop the rest.
 */
export async function rotateVault(options: RotationOptions): Promise<RotationSummary> {
  const { db, keys, scopeOf, onProgress = () => {} } = options;
  const keyStore = createKeyStore(db);
  await createVault({ keys, store: keyStore }).verify();
  const store = createRotationStore(db);
  const { startedAt, resumed } = await store.begin();
  const counts = { workspaces: 0, wrapped: 0, made: 0, sealed: 0, deleted: 0 };
  const problems = new Map<string, readonly RotationProblem[]>();
  const visits = new Map<string, number>();
  const summary = (otherKekIds: readonly string[] = []): RotationSummary => ({
    resumed,
    ...counts,
    problems: [...problems.values()].flat(),
    otherKekIds,
  });
  const rotation: Rotation = { ...options, store, startedAt, counts };

  onProgress(summary());
  for (let isComplete = false; !isComplete; ) {
    isComplete = true;
    for (let after: string | null = null; ; ) {
      const found: readonly string[] = await store.listWork(startedAt, keys.currentKekId, after);
      for (const workspaceId of found) {
        const visit = (visits.get(workspaceId) ?? 0) + 1;
        visits.set(workspaceId, visit);
        if (visit > visitsAtMost) continue;
        isComplete = false;
        const left = await rotateWorkspace(rotation, scopeOf(workspaceId));
        if (left.length > 0) problems.set(workspaceId, left);
        else problems.delete(workspaceId);
        counts.workspaces += visit === 1 ? 1 : 0;
        onProgress(summary());
      }
      const last = found.at(-1);
      if (last === undefined) break;
      after = last;
    }
  }
  for (const [workspaceId, visit] of visits) {
    if (visit > visitsAtMost && !problems.has(workspaceId)) problems.set(workspaceId, [{ workspaceId, row: null, message: keepsChanging }]);
  }
  const otherKekIds = (await keyStore.listKekIds()).filter((kekId) => kekId !== keys.currentKekId);
  await store.end();
  return summary(otherKekIds);
}

const keepsChanging = "Its data keys keep changing: a process of the hub seems to run with another VAULT_KEY.";

interface Rotation extends RotationOptions {
  readonly store: RotationStore;
  readonly startedAt: string;
  readonly counts: { wrapped: number; made: number; sealed: number; deleted: number };
}

/** Answers what could not be done. */
async function rotateWorkspace(rotation: Rotation, scope: WorkspaceScope): Promise<readonly RotationProblem[]> {
  const { keys, store, startedAt, counts } = rotation;
  const { workspaceId } = scope;
  try {
    const found = await store.listKeys(scope, startedAt);
    for (const key of found) {
      if (key.kekId === keys.currentKekId) continue;
      counts.wrapped += (await store.replaceKey(scope, key, await rewrap(keys, workspaceId, key))) ? 1 : 0;
    }
    const newest = found.at(-1);
    // Deleted meanwhile.
    if (newest === undefined) return [];
    if (newest.isOld) {
      counts.made += (await store.addKey(scope, await newDataKey(keys, workspaceId, newest.version + 1))) ? 1 : 0;
    }
    for (let round = 1; round <= roundsAtMost; round += 1) {
      const current = await store.listKeys(scope, startedAt);
      if (current.length === 0) return [];
      const ring = await unwrapKeys(keys, workspaceId, current);
      const problems: RotationProblem[] = [];
      for (const table of sealedTables) problems.push(...(await sealAnew(rotation, scope, ring, table)));
      if (problems.length > 0) return problems;
      const deleted = await store.deleteKeys(scope, ring.newest);
      if (deleted !== null) {
        counts.deleted += deleted;
        return [];
      }
    }
    return [{ workspaceId, row: null, message: "Its old data keys are still in use; they are kept." }];
  } catch (error) {
    // The vault's own refusal is about this workspace; a failure of the database is about all.
    if (!(error instanceof HubError)) throw error;
    return [{ workspaceId, row: null, message: error.message }];
  }
}

/** Seals the table's rows that name an old data key anew, batch by batch; answers those that do not open. */
async function sealAnew(rotation: Rotation, scope: WorkspaceScope, ring: Keyring, table: SealedTable): Promise<readonly RotationProblem[]> {
  const { store, counts, batchSize = 50 } = rotation;
  const problems: RotationProblem[] = [];
  for (let after: string | null = null; ; ) {
    const rows: readonly SealedRow[] = await store.listRows(scope, table, ring.newest, after, batchSize);
    const changes: { before: SealedRow; after: SealedRow }[] = [];
    for (const before of rows) {
      const sealed = before.sealed.map((bytes, index) => {
        const field = table.columns[index]?.field;
        if (bytes === null || field === undefined) return null;
        const binding = { rowId: before.id, field };
        try {
          return sealSecret(ring, scope.workspaceId, binding, openSecret(ring, scope.workspaceId, binding, bytes));
        } catch (error) {
          if (!(error instanceof HubError)) throw error;
          problems.push({ workspaceId: scope.workspaceId, row: { table: table.table, id: before.id, field }, message: error.message });
          // What does not open stays as it is, beside a field that does.
          return bytes;
        }
      });
      changes.push({ before, after: { id: before.id, sealed } });
    }
    if (changes.length > 0) counts.sealed += await store.replaceRows(scope, table, changes);
    const last = rows.at(-1);
    if (last === undefined || rows.length < batchSize) return problems;
    after = last.id;
  }
}
