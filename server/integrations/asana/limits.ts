import type { Payment } from "@/server/transport/send";
import type { RateGroup } from "../contract";

/**
 * Asana's limits for one token (https://developers.asana.com/docs/rate-limits): 1,500 requests a minute on paid plans and 150 on the free
 * one, at most 50 reads and 15 writes at the same time. No header says what is left. The paid number is declared: on the free plan Asana
 * refuses with `Retry-After`, and the budget waits by that.
 */
export const asanaRateGroups: readonly RateGroup[] = [
  { group: "default", capacity: 1_500, windowMs: 60_000 },
  { group: "reads", concurrency: 50 },
  { group: "writes", concurrency: 15 },
];

/** What a call to the API pays. */
export const paymentsOf = (method: string): readonly Payment[] => [{ group: "default" }, { group: method === "GET" ? "reads" : "writes" }];
