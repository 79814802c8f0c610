import { quoted } from "./http";

/**
 * What the hub makes carries its seed in a named property of the hub's own, by which it is found again. Outlook has no idempotency key for
 * messages, and does not document what becomes of an event's `transactionId` that comes twice
 * (https://learn.microsoft.com/graph/api/singlevaluelegacyextendedproperty-get, "GET using $filter").
 */
const markerId = "String {6d0f9a3c-5b0e-4c1f-9d1a-3b8a6f2e7c45} Name hub-seed";

export const withMarker = (seed: string) => ({ singleValueExtendedProperties: [{ id: markerId, value: seed }] });

/** The filter that finds what was made with this seed. */
export const markedWith = (seed: string): string =>
  `singleValueExtendedProperties/any(ep: ep/id eq ${quoted(markerId)} and ep/value eq ${quoted(seed)})`;
