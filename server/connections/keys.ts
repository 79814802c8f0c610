import { createCipheriv, createDecipheriv, createHash, createSecretKey, type KeyObject, randomBytes } from "node:crypto";
import { HubError } from "@/server/errors";

/**
 * Who holds the master key. The vault asks it to wrap and unwrap the workspaces' data keys and never sees the master key itself, so a
 * key management service fits behind the same two calls.
 */
export interface KeyProvider {
  /** The id of the key that new data keys are wrapped with. */
  readonly currentKekId: string;
  /** Whether data keys wrapped with this key can be unwrapped. */
  holds(kekId: string): boolean;
  /** Wraps a data key with the current key; `binding` must be given again to unwrap it. */
  wrap(dataKey: Uint8Array, binding: string): Promise<{ readonly kekId: string; readonly wrapped: Uint8Array }>;
  /** The data key. EINVAL when the key of that id is not held, EIO when the bytes or the binding do not fit. */
  unwrap(kekId: string, wrapped: Uint8Array, binding: string): Promise<Uint8Array>;
}

const ivBytes = 12;
const tagBytes = 16;
const keyBytes = 32;

/** AES-256-GCM as `iv12|tag16|ct`. A fresh random IV each time (NIST SP 800-38D §8.2.2). */
export function sealBytes(key: KeyObject, plaintext: Uint8Array, additionalData: string): Uint8Array {
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv("aes-256-gcm", key, iv, { authTagLength: tagBytes });
  cipher.setAAD(Buffer.from(additionalData, "utf8"));
  const ct = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), ct]);
}

/** The plaintext of `sealBytes`; EIO when key, bytes or additional data do not fit. The error tells nothing of what is inside. */
export function openBytes(key: KeyObject, sealed: Uint8Array, additionalData: string): Buffer {
  if (sealed.byteLength < ivBytes + tagBytes) throw new HubError("EIO", "A stored secret is too short to be one of the vault's.");
  try {
    const decipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(0, ivBytes), { authTagLength: tagBytes });
    decipher.setAAD(Buffer.from(additionalData, "utf8"));
    decipher.setAuthTag(sealed.subarray(ivBytes, ivBytes + tagBytes));
    return Buffer.concat([decipher.update(sealed.subarray(ivBytes + tagBytes)), decipher.final()]);
  } catch (cause) {
    throw new HubError("EIO", "A stored secret did not pass its authentication: it was changed, moved or sealed with another key.", {
      cause,
    });
  }
}

/**
 * Master keys given as base64 of 32 bytes. `current` wraps; `previous` still unwrap, so that a rotation needs no standstill. A key's id
 * is the start of its SHA-256, which tells keys apart and gives none away. Throws EINVAL on a value that is not a key.
 */
export function createStaticKeys(values: { readonly current: string; readonly previous?: readonly string[] }): KeyProvider {
  const current = readKey(values.current);
  const keys = new Map([current, ...(values.previous ?? []).map(readKey)].map((entry) => [entry.id, entry.key]));
  return {
    currentKekId: current.id,
    holds: (kekId) => keys.has(kekId),
    async wrap(dataKey, binding) {
      return { kekId: current.id, wrapped: sealBytes(current.key, dataKey, binding) };
    },
    async unwrap(kekId, wrapped, binding) {
      const key = keys.get(kekId);
      if (key === undefined) throw keyMismatch([kekId], current.id);
      return openBytes(key, wrapped, binding);
    },
  };
}

/** The one sentence for a master key that does not fit what is stored. */
export function keyMismatch(stored: readonly string[], held: string): HubError {
  return new HubError(
    "EINVAL",
    `VAULT_KEY does not fit this database: its secrets were sealed with the key ${stored.join(", ")}, and the key given is ${held}. ` +
      "Start with the VAULT_KEY that the database was made with; without it every tool has to be connected again.",
  );
}

function readKey(value: string): { id: string; key: KeyObject } {
  const raw = Buffer.from(value, "base64");
  if (raw.byteLength !== keyBytes || raw.toString("base64").replace(/=+$/, "") !== value.trim().replace(/=+$/, "")) {
    throw new HubError("EINVAL", "VAULT_KEY must be 32 bytes in base64; make one with: openssl rand -base64 32");
  }
  return { id: createHash("sha256").update("vault key id|").update(raw).digest("hex").slice(0, 16), key: createSecretKey(raw) };
}
