import type { LimitReport, ToolResponse } from "@/server/transport/send";
import type { RateGroup } from "../contract";

/** Linear's limits: leaky buckets of an hour, for each person and app (https://linear.app/developers/rate-limiting). */

export const requestsGroup = "default";
export const complexityGroup = "complexity";
/** Some endpoints have a limit of their own, which only their answers tell. */
const endpointGroup = "endpoint";

const hourSeconds = 3_600;
const requestsPerHour = 5_000;
const pointsPerHour = 2_000_000;

/** As documented for OAuth apps; the numbers have moved repeatedly, so the answers' headers win. */
export const linearRateGroups: readonly RateGroup[] = [
  { group: requestsGroup, capacity: requestsPerHour, refillPerSecond: requestsPerHour / hourSeconds },
  { group: complexityGroup, capacity: pointsPerHour, refillPerSecond: pointsPerHour / hourSeconds },
  { group: endpointGroup, capacity: requestsPerHour, refillPerSecond: requestsPerHour / hourSeconds },
];

function readNumber(headers: Headers, name: string): number | undefined {
  const text = headers.get(name);
  const value = text === null || text === "" ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : undefined;
}

/** What the answer's headers say of each limit; resets are epoch milliseconds. */
export function readLimits({ headers }: ToolResponse): readonly LimitReport[] {
  const endpoint = headers.get("x-ratelimit-endpoint-name");
  const read = (report: LimitReport, prefix: string): LimitReport[] => {
    const limit = readNumber(headers, `${prefix}-limit`);
    const remaining = readNumber(headers, `${prefix}-remaining`);
    const resetAtMs = readNumber(headers, `${prefix}-reset`);
    if ([limit, remaining, resetAtMs, report.cost].every((value) => value === undefined)) return [];
    return [{ ...report, limit, remaining, resetAtMs }];
  };
  const cost = readNumber(headers, "x-complexity");
  return [
    ...read({ group: requestsGroup }, "x-ratelimit-requests"),
    ...read({ group: complexityGroup, ...(cost === undefined ? {} : { cost }) }, "x-ratelimit-complexity"),
    ...(endpoint === null ? [] : read({ group: endpointGroup, key: endpoint }, "x-ratelimit-endpoint-requests")),
  ];
}
