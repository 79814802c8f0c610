import type { WorkspaceScope } from "@/db/scope";
import { HubError } from "@/server/errors";
import {
  type Keyring,
  newDataKey,
  openSecret,
  readKeyVersion,
  type SecretBinding,
  sealSecret,
  unwrapKeys,
  type WrappedKey,
} from "./keyring";
import type { KeyProvider } from "./keys";

/**
 * Envelope encryption: each workspace has a data key (AES-256-GCM), wrapped by the master key. Keys are read in a transaction of their own,
 * so call these **before** opening one, never inside `withScope`. A ciphertext names its data key; the database keeps each key for as long as
 * a row needs it, by foreign key.
 */
export interface Vault {
  /**
   * Seals a secret under the workspace's newest data key, making the first one when there is none. The key is looked up each time: a write
   * under a version that a rotation has deleted since is refused by the database (`isDataKeyGone`); seal again then.
   */
  seal(scope: WorkspaceScope, binding: SecretBinding, plaintext: string): Promise<Uint8Array>;
  /**
   * The secret; EIO when it was changed or moved to another row, field or workspace. When its data key is gone (`isSealedAnew`), a
   * rotation sealed the row anew since it was read: read the row again.
   */
  open(scope: WorkspaceScope, binding: SecretBinding, sealed: Uint8Array): Promise<string>;
  /** Throws EINVAL, one sentence, when stored data keys were wrapped by a master key that is not held. For start-up. */
  verify(): Promise<void>;
  /** Forgets the data keys held in memory: when a workspace is deleted. */
  forget(workspaceId: string): void;
}

/** Whether what was to be opened was sealed anew, under another data key, since its row was read. */
export const isSealedAnew = (error: unknown): boolean => error instanceof HubError && error.code === "EIO" && error.retryable;

/** Where the wrapped data keys are kept; `key-store.ts` keeps them in the database. */
export interface KeyStore {
  list(scope: WorkspaceScope): Promise<readonly WrappedKey[]>;
  /** Stores a key unless that version is there already; committed when it resolves. */
  add(scope: WorkspaceScope, key: WrappedKey): Promise<void>;
  /** The ids of all master keys that stored data keys were wrapped with, over all workspaces. */
  listKekIds(): Promise<readonly string[]>;
}

export interface VaultOptions {
  readonly keys: KeyProvider;
  readonly store: KeyStore;
  /** Epoch milliseconds. */
  readonly now?: () => number;
  /** How long an unwrapped data key stays in memory, in milliseconds. */
  readonly cacheTtlMs?: number;
  readonly cacheSize?: number;
}

interface HeldKeyring extends Keyring {
  readonly loadedAtMs: number;
}

/** Seals and opens with a data key a workspace, which the master key wraps; opened keys are kept in memory for a few minutes. */
export function createVault(options: VaultOptions): Vault {
  const { keys, store, now = Date.now, cacheTtlMs = 300_000, cacheSize = 1000 } = options;
  const cache = new Map<string, Promise<HeldKeyring>>();

  async function load(scope: WorkspaceScope, held: Promise<HeldKeyring> | undefined): Promise<HeldKeyring> {
    let rows = await store.list(scope);
    if (rows.length === 0) {
      await store.add(scope, await newDataKey(keys, scope.workspaceId, 1));
      // Read back: when two processes make the first key at once, the stored one is the one that both use.
      rows = await store.list(scope);
    }
    const before = (await held?.catch(() => null)) ?? null;
    // What was unwrapped within its time is not asked of the provider again.
    const known = before !== null && now() - before.loadedAtMs < cacheTtlMs ? before : null;
    const ring = await unwrapKeys(keys, scope.workspaceId, rows, known?.keys);
    return { ...ring, loadedAtMs: known?.loadedAtMs ?? now() };
  }

  function reload(scope: WorkspaceScope): Promise<HeldKeyring> {
    const id = scope.workspaceId;
    const loading = load(scope, cache.get(id));
    cache.delete(id);
    cache.set(id, loading);
    loading.catch(() => {
      if (cache.get(id) === loading) cache.delete(id);
    });
    for (const oldest of cache.keys()) {
      if (cache.size <= cacheSize) break;
      cache.delete(oldest);
    }
    return loading;
  }

  async function keyringOf(scope: WorkspaceScope): Promise<HeldKeyring> {
    const id = scope.workspaceId;
    const held = cache.get(id);
    if (held === undefined) return reload(scope);
    const ring = await held;
    if (now() - ring.loadedAtMs >= cacheTtlMs) {
      const current = cache.get(id);
      return current === undefined || current === held ? reload(scope) : current;
    }
    // Least recently used leaves first: a Map keeps insertion order.
    if (cache.get(id) === held) {
      cache.delete(id);
      cache.set(id, held);
    }
    return ring;
  }

  return {
    async seal(scope, binding, plaintext) {
      return sealSecret(await reload(scope), scope.workspaceId, binding, plaintext);
    },
    async open(scope, binding, sealed) {
      const version = readKeyVersion(sealed);
      const held = await keyringOf(scope);
      // Another process made a new data key since this ring was read.
      const ring = held.keys.has(version) ? held : await reload(scope);
      return openSecret(ring, scope.workspaceId, binding, sealed);
    },
    async verify() {
      const unknown = (await store.listKekIds()).filter((kekId) => !keys.holds(kekId));
      if (unknown.length > 0) throw keys.mismatch(unknown);
    },
    forget(workspaceId) {
      cache.delete(workspaceId);
    },
  };
}
