import { createHash } from "node:crypto";
import { maxHumanBytes, maxSegmentBytes, safeTitle } from "./path";

/**
 * Names of a tool's objects. The printed segment is `<human name>~<handle>.<ext>`; the handle alone identifies, the human part may be
 * anything. The mount's id table (`vfs_handle`) remembers which object a handle is, and lengthens a handle that another object has.
 */

const alphabet = "abcdefghijklmnopqrstuvwxyz234567";
export const handleLength = 8;
const longestHandle = 51;

export interface ObjectIdentity {
  readonly kind: string;
  readonly externalId: string;
}

/** Lowercase base32 (RFC 4648 §6 alphabet, no padding) of the hash of (connection, kind, external id), `length` characters of it. */
export function handleOf(connectionId: string, object: ObjectIdentity, length = handleLength): string {
  const digest = createHash("sha256").update(`${connectionId}\0${object.kind}\0${object.externalId}`).digest();
  let handle = "";
  for (let index = 0; index < Math.min(length, longestHandle); index += 1) {
    const bit = index * 5;
    const pair = ((digest[bit >> 3] ?? 0) << 8) | (digest[(bit >> 3) + 1] ?? 0);
    handle += alphabet[(pair >> (11 - (bit & 7))) & 31];
  }
  return handle;
}

/** `<human>~<handle><extension>`, the human part made safe and short enough for one segment and for the item's `.d` companion. */
export function printSegment(title: string, handle: string, extension: string): string {
  const rest = 1 + handle.length + Math.max(Buffer.byteLength(extension), companionExtension.length);
  return `${safeTitle(title, Math.min(maxHumanBytes, maxSegmentBytes - rest))}~${handle}${extension}`;
}

const companionExtension = ".d";

export interface ParsedSegment {
  readonly human: string;
  /** Looks like a handle; whether it is one, the id table knows. */
  readonly handle: string;
  readonly extension: string;
  /** `<item>.d`: the item's companion directory. */
  readonly companion: boolean;
}

const shape = /^(.*)~([a-z2-7]{8,51})(\.[^~]*)?$/su;

/** Takes `<human>~<handle>.<ext>` apart; null when nothing in it looks like a handle. */
export function parseSegment(segment: string): ParsedSegment | null {
  const match = shape.exec(segment);
  const handle = match?.[2];
  if (match === null || handle === undefined) return null;
  const extension = match[3] ?? "";
  return { human: match[1] ?? "", handle, extension, companion: extension === companionExtension };
}

/** Splits a name without a handle into its stem and extension (with the dot); a leading dot is part of the stem. */
export function splitName(name: string): { readonly stem: string; readonly extension: string } {
  const dot = name.lastIndexOf(".");
  return dot <= 0 ? { stem: name, extension: "" } : { stem: name.slice(0, dot), extension: name.slice(dot) };
}

/** The companion directory's segment of a printed item: its extension replaced by `.d`. */
export function companionName(itemName: string): string {
  const parsed = parseSegment(itemName);
  if (parsed !== null) return `${parsed.human}~${parsed.handle}${companionExtension}`;
  return `${splitName(itemName).stem}${companionExtension}`;
}
