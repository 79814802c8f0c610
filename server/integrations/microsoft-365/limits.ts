import type { LimitReport } from "@/server/transport/send";
import type { RateGroup } from "../contract";

/**
 * Microsoft's limits for one app and one mailbox or drive (https://learn.microsoft.com/graph/throttling-limits). Answers carry no counters:
 * a spent limit is 429 with `Retry-After`, which transport reads.
 */

/** Mail, calendar and contacts: one mailbox takes four calls at a time, whoever makes them. */
export const mailboxGroup = "default";
/** OneDrive, which is SharePoint and counts by itself. */
export const driveGroup = "drive";

export const microsoft365RateGroups: readonly RateGroup[] = [
  { group: mailboxGroup, capacity: 10_000, windowMs: 600_000, concurrency: 4 },
  { group: driveGroup, capacity: 3_000, windowMs: 300_000 },
];

/** Graph tells nothing of what is left. */
export const readLimits = (): readonly LimitReport[] => [];
