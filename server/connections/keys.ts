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
  /** EINVAL, one sentence, for stored data keys whose master keys are not held. */
  mismatch(stored: readonly string[]): HubError;
  /** Wraps a data key with the current key; `binding` must be given again to unwrap it. */
  wrap(dataKey: Uint8Array, binding: string): Promise<{ readonly kekId: string; readonly wrapped: Uint8Array }>;
  /** The data key. EINVAL when the key of that id is not held, EIO when the bytes or the binding do not fit. */
  unwrap(kekId: string, wrapped: Uint8Array, binding: string): Promise<Uint8Array>;
}

const formatByte = 1;
const ivBytes = 12;
const tagBytes = 16;
const keyBytes = 32;
const kekIdBytes = 8;

/**
 * AES-256-GCM as `1|key name|iv12|tag16|ct`. The first byte is the format, the name says which key opens it, and both are authenticated with
 * the additional data, so a ciphertext cannot be passed off as one of another key. A fresh random IV each time (NIST SP 800-38D §8.2.2).
 */
export function sealBytes(key: KeyObject, keyName: Uint8Array, plaintext: Uint8Array, additionalData: string): Uint8Array {
  const header = Buffer.from([formatByte, ...keyName]);
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv("aes-256-gcm", key, iv, { authTagLength: tagBytes });
  cipher.setAAD(Buffer.concat([header, Buffer.from(additionalData, "utf8")]));
  const ct = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return Buffer.concat([header, iv, cipher.getAuthTag(), ct]);
}

/** The key name in what `sealBytes` made; EIO when it is not of that form. It proves nothing until the bytes are opened with that key. */
export function readKeyName(sealed: Uint8Array, nameBytes: number): Buffer {
  if (sealed.byteLength < 1 + nameBytes + ivBytes + tagBytes)
    throw new HubError("EIO", "A stored secret is too short to be one of the vault's.");
  if (sealed[0] !== formatByte) throw new HubError("EIO", "A stored secret is not in the vault's format.");
  return Buffer.from(sealed.subarray(1, 1 + nameBytes));
}

/** The plaintext of `sealBytes`; EIO when key, bytes or additional data do not fit. The error tells nothing of what is inside. */
export function openBytes(key: KeyObject, nameBytes: number, sealed: Uint8Array, additionalData: string): Buffer {
  readKeyName(sealed, nameBytes);
  const header = sealed.subarray(0, 1 + nameBytes);
  const body = sealed.subarray(1 + nameBytes);
  try {
    const decipher = createDecipheriv("aes-256-gcm", key, body.subarray(0, ivBytes), { authTagLength: tagBytes });
    decipher.setAAD(Buffer.concat([header, Buffer.from(additionalData, "utf8")]));
    decipher.setAuthTag(body.subarray(ivBytes, ivBytes + tagBytes));
    return Buffer.concat([decipher.update(body.subarray(ivBytes + tagBytes)), decipher.final()]);
  } catch (cause) {
    throw new HubError("EIO", "A stored secret did not pass its authentication: it was changed, moved or sealed with another key.", {
      cause,
    });
  }
}

/** The variables that a master key is given by; the first wraps, all unwrap. */
export const masterKeyVariables = ["VAULT_KEY", "VAULT_KEY_NEXT", "VAULT_KEY_PREVIOUS"] as const;

/** Master keys as base64 of 32 bytes, by their variables. */
export interface MasterKeys {
  readonly VAULT_KEY: string;
  /** The key that will be VAULT_KEY next: a process that has it opens what another one already wraps with it. */
  readonly VAULT_KEY_NEXT?: string | undefined;
  /** The key that was VAULT_KEY before, until a rotation has rewrapped everything. */
  readonly VAULT_KEY_PREVIOUS?: string | undefined;
}

/**
 * The environment's master keys. A key's id is the start of its SHA-256, which tells keys apart and gives none away. Throws EINVAL, naming
 * the variable, on a value that is not a key and on two variables that hold the same one.
 */
export function createStaticKeys(values: MasterKeys): KeyProvider {
  const current = readKey("VAULT_KEY", values.VAULT_KEY);
  const named = new Map([[current.id, "VAULT_KEY"]]);
  const keys = new Map([[current.id, current.key]]);
  for (const variable of masterKeyVariables) {
    const value = values[variable];
    if (variable === "VAULT_KEY" || value === undefined) continue;
    const { id, key } = readKey(variable, value);
    const same = named.get(id);
    if (same !== undefined) {
      throw new HubError("EINVAL", `${variable} is the same key as ${same}: give another key, or leave ${variable} out.`);
    }
    named.set(id, variable);
    keys.set(id, key);
  }
  const held = [...named].map(([id, variable]) => `${id} (${variable})`).join(", ");
  return {
    currentKekId: current.id,
    holds: (kekId) => keys.has(kekId),
    mismatch: (stored) => keyMismatch(stored, held),
    async wrap(dataKey, binding) {
      return { kekId: current.id, wrapped: sealBytes(current.key, Buffer.from(current.id, "hex"), dataKey, binding) };
    },
    async unwrap(kekId, wrapped, binding) {
      // The column says what the bytes say, or one of the two was changed.
      if (readKeyName(wrapped, kekIdBytes).toString("hex") !== kekId) {
        throw new HubError("EIO", "A stored data key names another master key than its row.");
      }
      const key = keys.get(kekId);
      if (key === undefined) throw keyMismatch([kekId], held);
      return openBytes(key, kekIdBytes, wrapped, binding);
    },
  };
}

/** The one sentence for master keys that do not fit what is stored. */
function keyMismatch(stored: readonly string[], held: string): HubError {
  return new HubError(
    "EINVAL",
    `VAULT_KEY does not fit this database: some of its secrets need the master key ${stored.join(", ")}, and the keys given are ${held}. ` +
      "Start with the VAULT_KEY that the database was made with, or give that key as VAULT_KEY_PREVIOUS until the vault is rotated; without it the tools have to be connected again.",
  );
}

function readKey(variable: string, value: string): { id: string; key: KeyObject } {
  const raw = Buffer.from(value, "base64");
  if (raw.byteLength !== keyBytes || raw.toString("base64").replace(/=+$/, "") !== value.trim().replace(/=+$/, "")) {
    throw new HubError("EINVAL", `${variable} must be 32 bytes in base64; make one with: openssl rand -base64 32`);
  }
  const id = createHash("sha256")
    .update("vault key id|")
    .update(raw)
    .digest("hex")
    .slice(0, kekIdBytes * 2);
  return { id, key: createSecretKey(raw) };
}
