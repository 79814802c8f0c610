import { randomBytes, randomUUID } from "node:crypto";
import { HubError } from "./errors";

/**
 * Ids are uuids in the database and prefixed at the API (`con_…`), by this one codec: the prefix, `_`, and the uuid's 32 hexadecimal
 * digits. A wrong prefix or shape is EINVAL, so an id of one kind is never taken for another's.
 */
const idPrefixes = {
  workspace: "wsp",
  user: "usr",
  invitation: "inv",
  connection: "con",
  flow: "flw",
  node: "nod",
  plan: "pln",
  call: "cal",
  attempt: "att",
  key: "key",
} as const;
export type IdKind = keyof typeof idPrefixes;

const shape = /^([a-z]{3})_([0-9a-f]{32})$/;

/** `con_…` of a uuid. */
export function encodeId(kind: IdKind, uuid: string): string {
  return `${idPrefixes[kind]}_${uuid.replaceAll("-", "").toLowerCase()}`;
}

/** The uuid of `con_…`; EINVAL when it is not an id of that kind. */
export function decodeId(kind: IdKind, id: string): string {
  const match = shape.exec(id);
  const hex = match?.[2];
  if (hex === undefined || match?.[1] !== idPrefixes[kind]) {
    throw new HubError(
      "EINVAL",
      `"${id.slice(0, 64)}" is not the id of a ${kind}; those look like ${idPrefixes[kind]}_ and 32 hexadecimal digits.`,
    );
  }
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** A new row's id: uuid version 7, so that rows made later sort later (RFC 9562 §5.7). */
export function newId(): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(Date.now(), 0, 6);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** A random uuid (version 4), for what must not tell its time. */
export const randomId = (): string => randomUUID();
