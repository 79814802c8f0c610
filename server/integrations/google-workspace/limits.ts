import type { LimitReport } from "@/server/transport/send";
import type { RateGroup } from "../contract";

/**
 * Google's limits of one person and project in a minute, for projects made since 1 May 2026. No answer says what is left, so these
 * numbers are all there is (https://developers.google.com/workspace/drive/api/guides/limits, the like pages of Docs, Calendar and Gmail).
 */

/** Drive, in its units. */
export const driveGroup = "default";
export const docsReadGroup = "docs read";
export const docsWriteGroup = "docs write";
export const calendarGroup = "calendar";
/** Gmail, in its units. */
export const gmailGroup = "gmail";

const windowMs = 60_000;

export const googleRateGroups: readonly RateGroup[] = [
  { group: driveGroup, capacity: 325_000, windowMs },
  { group: docsReadGroup, capacity: 300, windowMs },
  { group: docsWriteGroup, capacity: 60, windowMs },
  { group: calendarGroup, capacity: 600, windowMs },
  { group: gmailGroup, capacity: 6_000, windowMs },
];

/** What one call of Drive costs, in units. */
export const driveCosts = { get: 5, list: 100, download: 200, edit: 50 } as const;

/** Google's answers say nothing of what is left. */
export const readLimits = (): readonly LimitReport[] => [];
