import { z } from "zod";

const perMinute = z.strictObject({
  tier1: z.number().positive(),
  tier2: z.number().positive(),
  tier3: z.number().positive(),
  tier4: z.number().positive(),
});

/** What a test or a person can set at the simulated Slack while it runs. */
export const slackSettings = z.strictObject({
  codeSeconds: z.number().positive(),
  /** Whether apps have token rotation switched on; without it tokens do not end and none is for refreshing. */
  tokenRotation: z.boolean(),
  /** Slack gives 43,200 and lets nobody change it. */
  accessTokenSeconds: z.number().positive(),
  /** How long a used refresh token is taken again: "a short grace period", whose length Slack does not say. */
  refreshGraceSeconds: z.number().min(0),
  coopOnConsent: z.boolean(),
  denyConsent: z.boolean(),
  /** Calls of one method a minute, by the method's tier, for one app in one workspace. */
  tiers: perMinute,
  /** How long the minute of these limits is, so that an hour's traffic fits into a second. */
  minuteSeconds: z.number().positive(),
  /** Messages of an app in one conversation: so many a second, after a burst of so many. */
  postsPerSecond: z.number().positive(),
  postBurst: z.number().positive(),
  /** Apps that are sold outside of Slack's marketplace: history and replies once a minute, 15 messages at most, whatever is asked. */
  marketplaceCap: z.boolean(),
  /** Answers fewer than asked for while more remain, as Slack may. */
  shortPages: z.boolean(),
  /** How long a cursor is taken. */
  cursorSeconds: z.number().positive(),
  /** More people than this, and `users.list` wants a limit. */
  usersWithoutLimit: z.number().positive(),
  /** How many of those who reacted a message names; `reactions.get` with `full` names all. */
  reactionUsersShown: z.number().positive(),
  /** Where the app is invited when somebody installs it: into that person's channels, or nowhere. */
  invites: z.enum(["installer", "nowhere"]),
  /** Where events go; null for nowhere. It must answer the handshake first. */
  eventsUrl: z.url().nullable(),
  signingSecret: z.string().min(8),
  /** When a delivery that failed is tried again, after the first try. */
  eventRetrySeconds: z.array(z.number().min(0)).max(3),
});

export type SlackSettings = z.output<typeof slackSettings>;

/** As Slack documents itself. */
export const documentedSettings: SlackSettings = {
  codeSeconds: 600,
  tokenRotation: true,
  accessTokenSeconds: 43_200,
  refreshGraceSeconds: 60,
  coopOnConsent: false,
  denyConsent: false,
  tiers: { tier1: 1, tier2: 20, tier3: 50, tier4: 100 },
  minuteSeconds: 60,
  postsPerSecond: 1,
  postBurst: 4,
  marketplaceCap: false,
  shortPages: false,
  cursorSeconds: 3_600,
  usersWithoutLimit: 1_000,
  reactionUsersShown: 50,
  invites: "installer",
  eventsUrl: null,
  signingSecret: "sandbox-signing-secret",
  eventRetrySeconds: [0, 60, 300],
};
