import type { LimitReport, Payment } from "@/server/transport/send";
import type { RateGroup } from "../contract";
import type { Method } from "./schema";

/**
 * Slack's limits (https://docs.slack.dev/apis/web-api/rate-limits): so many calls of a method a minute, by the method's tier, for each app in each
 * workspace; and about one message a second in a channel. Slack says what is left of them only when nothing is: 429 with `Retry-After`.
 */

const minuteMs = 60_000;
const tiers = { tier2: 20, tier3: 50, tier4: 100 } as const;
type Tier = keyof typeof tiers;

/** Special limits ("hundreds per minute") are taken for tier 4's. */
const tierOf: Readonly<Record<Method, Tier>> = {
  "auth.test": "tier4",
  "conversations.list": "tier2",
  "conversations.info": "tier3",
  "conversations.members": "tier4",
  "conversations.history": "tier3",
  "conversations.replies": "tier3",
  "users.list": "tier2",
  "users.info": "tier4",
  "reactions.get": "tier3",
  "reactions.add": "tier3",
  "reactions.remove": "tier2",
  "chat.postMessage": "tier4",
  "chat.update": "tier3",
  "chat.delete": "tier3",
};

const postsGroup = "posts";

export const slackRateGroups: readonly RateGroup[] = [
  { group: "default", capacity: tiers.tier2, windowMs: minuteMs },
  ...Object.entries(tiers).map(([group, capacity]) => ({ group, capacity, windowMs: minuteMs })),
  { group: postsGroup, capacity: 1, windowMs: 1_000 },
];

/** What a call counts against: its method's bucket, and for a new message the channel's. */
export function paymentsOf(method: Method, channel: string | undefined): readonly Payment[] {
  const ofMethod = { group: tierOf[method], key: method };
  return method === "chat.postMessage" && channel !== undefined ? [ofMethod, { group: postsGroup, key: channel }] : [ofMethod];
}

/** Slack has no headers that say what is left. */
export const readLimits = (): readonly LimitReport[] => [];
