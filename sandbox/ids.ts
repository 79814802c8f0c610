import { createHash } from "node:crypto";

/** Digits of the ids that vendors give. */
export const idAlphabets = {
  decimal: "0123456789",
  hex: "0123456789abcdef",
  upper: "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
  base32hex: "0123456789abcdefghijklmnopqrstuv",
  base64url: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
} as const;

/** The same id for the same words, so that a restart and a test find what they found before. At most 64 digits. */
export function stableId(alphabet: string, length: number, ...words: readonly string[]): string {
  const digest = createHash("sha512").update(words.join("\n")).digest();
  return Array.from(digest.subarray(0, length), (byte) => alphabet.charAt(byte % alphabet.length)).join("");
}
