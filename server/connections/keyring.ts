import { createSecretKey, type KeyObject, randomBytes } from "node:crypto";
import { HubError } from "@/server/errors";
import { type KeyProvider, openBytes, readKeyName, sealBytes } from "./keys";

/** A workspace's data keys, unwrapped, and what is sealed with them. */

/** What a ciphertext is bound to beside its workspace and key version: moved to another row or field it does not open. */
export interface SecretBinding {
  /** The uuid of the row that holds it: of the connection, of the flow. */
  readonly rowId: string;
  /** A word of ours for the column. */
  readonly field: string;
}

/** A row of `workspace_key`. */
export interface WrappedKey {
  readonly version: number;
  readonly kekId: string;
  readonly wrapped: Uint8Array;
}

/** The newest version seals, all open. */
export interface Keyring {
  readonly keys: ReadonlyMap<number, KeyObject>;
  readonly newest: number;
}

const dataKeyBytes = 32;
const versionBytes = 4;

/** A new data key of that version, wrapped. */
export async function newDataKey(keys: KeyProvider, workspaceId: string, version: number): Promise<WrappedKey> {
  return { version, ...(await keys.wrap(randomBytes(dataKeyBytes), keyBinding(workspaceId, version))) };
}

/** The same data key, wrapped with the provider's current key. Throws as `KeyProvider.unwrap` does. */
export async function rewrap(keys: KeyProvider, workspaceId: string, { version, kekId, wrapped }: WrappedKey): Promise<WrappedKey> {
  const binding = keyBinding(workspaceId, version);
  return { version, ...(await keys.wrap(await keys.unwrap(kekId, wrapped, binding), binding)) };
}

/** Unwraps the rows, but for versions that `held` has: a version's key never changes. Throws as `KeyProvider.unwrap` does. */
export async function unwrapKeys(
  keys: KeyProvider,
  workspaceId: string,
  rows: readonly WrappedKey[],
  held: ReadonlyMap<number, KeyObject> = new Map(),
): Promise<Keyring> {
  const ring = new Map<number, KeyObject>();
  for (const { version, kekId, wrapped } of rows) {
    ring.set(version, held.get(version) ?? createSecretKey(await keys.unwrap(kekId, wrapped, keyBinding(workspaceId, version))));
  }
  if (ring.size === 0) throw new HubError("EIO", "The workspace's data key could not be stored.", { retryable: true });
  return { keys: ring, newest: Math.max(...ring.keys()) };
}

/** `1|version, 4 bytes, big-endian|iv12|tag16|ct` under the ring's newest key; the database reads the version from there (migration 0010). */
export function sealSecret(ring: Keyring, workspaceId: string, binding: SecretBinding, plaintext: string): Uint8Array {
  const name = Buffer.alloc(versionBytes);
  name.writeUInt32BE(ring.newest);
  return sealBytes(keyOf(ring, ring.newest), name, Buffer.from(plaintext, "utf8"), additionalData(workspaceId, binding));
}

/** The version of the data key that a ciphertext names; EIO when it is none of the vault's. */
export function readKeyVersion(sealed: Uint8Array): number {
  return readKeyName(sealed, versionBytes).readUInt32BE();
}

/** The secret. EIO when it was changed or moved; EIO and retryable when the ring lacks the key that it names. */
export function openSecret(ring: Keyring, workspaceId: string, binding: SecretBinding, sealed: Uint8Array): string {
  return openBytes(keyOf(ring, readKeyVersion(sealed)), versionBytes, sealed, additionalData(workspaceId, binding)).toString("utf8");
}

function keyOf(ring: Keyring, version: number): KeyObject {
  const key = ring.keys.get(version);
  if (key === undefined) {
    throw new HubError("EIO", `A stored secret names version ${version} of the workspace's data key, which is gone.`, { retryable: true });
  }
  return key;
}

/** Ids are uuids and fields are words of ours, so the separator cannot occur inside a part. */
function additionalData(workspaceId: string, { rowId, field }: SecretBinding): string {
  return `secret|${workspaceId}|${rowId}|${field}`;
}

function keyBinding(workspaceId: string, version: number): string {
  return `data key|${workspaceId}|${version}`;
}
