import { createSecretKey, type KeyObject, randomBytes } from "node:crypto";
import type { WorkspaceScope } from "@/db/scope";
import { HubError } from "@/server/errors";
import { type KeyProvider, keyMismatch, openBytes, sealBytes } from "./keys";

/** What a ciphertext is bound to beside its workspace and key version: moved to another row or field it does not open. */
export interface SecretBinding {
  readonly connectionId: string;
  readonly field: string;
}

export interface Sealed {
  /** `iv12|tag16|ct`. */
  readonly ciphertext: Uint8Array;
  /** The version of the workspace's data key; stored beside the ciphertext. */
  readonly keyVersion: number;
}

/**
 * Envelope encryption: each workspace has a data key (AES-256-GCM), wrapped by the master key. The first use of a workspace reads its key
 * in a transaction of its own, so call these **before** opening one, never inside `withScope`.
 */
export interface Vault {
  /** Seals a secret under the workspace's newest data key, making the first one when there is none. */
  seal(scope: WorkspaceScope, binding: SecretBinding, plaintext: string): Promise<Sealed>;
  /** The secret; EIO when it was changed or moved to another row, field or workspace. */
  open(scope: WorkspaceScope, binding: SecretBinding, sealed: Sealed): Promise<string>;
  /** Throws EINVAL, one sentence, when stored data keys were wrapped by a master key that is not held. For start-up. */
  verify(): Promise<void>;
  /** Forgets the data keys held in memory: after a rotation, and when a workspace is deleted. */
  forget(workspaceId: string): void;
}

/** A row of `workspace_key`. */
export interface WrappedKey {
  readonly version: number;
  readonly kekId: string;
  readonly wrapped: Uint8Array;
}

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

interface Keyring {
  readonly keys: ReadonlyMap<number, KeyObject>;
  readonly newest: number;
  readonly loadedAtMs: number;
}

const dataKeyBytes = 32;

/** Seals and opens with a data key a workspace, which the master key wraps; opened keys are kept in memory for a few minutes. */
export function createVault(options: VaultOptions): Vault {
  const { keys, store, now = Date.now, cacheTtlMs = 300_000, cacheSize = 1000 } = options;
  const cache = new Map<string, Promise<Keyring>>();

  async function load(scope: WorkspaceScope): Promise<Keyring> {
    let rows = await store.list(scope);
    if (rows.length === 0) {
      const dataKey = randomBytes(dataKeyBytes);
      await store.add(scope, { version: 1, ...(await keys.wrap(dataKey, keyBinding(scope.workspaceId, 1))) });
      // Read back: when two processes make the first key at once, the stored one is the one that both use.
      rows = await store.list(scope);
    }
    const ring = new Map<number, KeyObject>();
    for (const row of rows) {
      ring.set(row.version, createSecretKey(await keys.unwrap(row.kekId, row.wrapped, keyBinding(scope.workspaceId, row.version))));
    }
    if (ring.size === 0) throw new HubError("EIO", "The workspace's data key could not be stored.", { retryable: true });
    return { keys: ring, newest: Math.max(...ring.keys()), loadedAtMs: now() };
  }

  async function keyringOf(scope: WorkspaceScope): Promise<Keyring> {
    const id = scope.workspaceId;
    const held = cache.get(id);
    if (held !== undefined) {
      const ring = await held;
      if (now() - ring.loadedAtMs < cacheTtlMs) {
        // Least recently used leaves first: a Map keeps insertion order.
        if (cache.get(id) === held) {
          cache.delete(id);
          cache.set(id, held);
        }
        return ring;
      }
      if (cache.get(id) === held) cache.delete(id);
    }
    const concurrent = cache.get(id);
    if (concurrent !== undefined) return concurrent;
    const loading = load(scope);
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

  return {
    async seal(scope, binding, plaintext) {
      const ring = await keyringOf(scope);
      const key = keyOf(ring, ring.newest);
      const ciphertext = sealBytes(key, Buffer.from(plaintext, "utf8"), additionalData(scope.workspaceId, binding, ring.newest));
      return { ciphertext, keyVersion: ring.newest };
    },
    async open(scope, binding, sealed) {
      let ring = await keyringOf(scope);
      if (!ring.keys.has(sealed.keyVersion)) {
        // Another process rotated the data key since this ring was read.
        cache.delete(scope.workspaceId);
        ring = await keyringOf(scope);
      }
      const key = keyOf(ring, sealed.keyVersion);
      return openBytes(key, sealed.ciphertext, additionalData(scope.workspaceId, binding, sealed.keyVersion)).toString("utf8");
    },
    async verify() {
      const unknown = (await store.listKekIds()).filter((kekId) => !keys.holds(kekId));
      if (unknown.length > 0) throw keyMismatch(unknown, keys.currentKekId);
    },
    forget(workspaceId) {
      cache.delete(workspaceId);
    },
  };
}

function keyOf(ring: Keyring, version: number): KeyObject {
  const key = ring.keys.get(version);
  if (key === undefined) throw new HubError("EIO", `A stored secret names version ${version} of the workspace's data key, which is gone.`);
  return key;
}

/** Ids are uuids and fields are words of ours, so the separator cannot occur inside a part. */
function additionalData(workspaceId: string, binding: SecretBinding, keyVersion: number): string {
  return `secret|${workspaceId}|${binding.connectionId}|${binding.field}|${keyVersion}`;
}

function keyBinding(workspaceId: string, version: number): string {
  return `data key|${workspaceId}|${version}`;
}
