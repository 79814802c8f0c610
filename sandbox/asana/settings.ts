import { z } from "zod";

/** What a test or a person can set at the simulated Asana while it runs. */
export const asanaSettings = z.strictObject({
  codeSeconds: z.number().positive(),
  accessTokenSeconds: z.number().positive(),
  /** Sends `Cross-Origin-Opener-Policy: same-origin` with the consent page, which cuts a popup from its opener. */
  coopOnConsent: z.boolean(),
  /** Answers every authorization request with `access_denied`. */
  denyConsent: z.boolean(),
  /** The free plan has a tenth of the requests and no search. */
  plan: z.enum(["free", "paid"]),
  requestsPerMinuteFree: z.number().positive(),
  requestsPerMinutePaid: z.number().positive(),
  searchesPerMinute: z.number().positive(),
  concurrentReads: z.number().positive(),
  concurrentWrites: z.number().positive(),
  /** How long each API request takes, so that requests can be under way at the same time. */
  latencyMs: z.number().min(0),
  /** How long an `offset` can be used. */
  offsetSeconds: z.number().positive(),
  /** How long a sync token of `/events` can be used; Asana says up to 24 hours. */
  syncTokenSeconds: z.number().positive(),
  /** How long a `download_url` works. */
  downloadSeconds: z.number().positive(),
  /** How many records an answer without `limit` may have. */
  unpagedRecords: z.number().positive(),
  /** Whether a second task with the same `external.gid` of one app is refused; Asana does not say. */
  refusesDuplicateExternal: z.boolean(),
  /** How long search does not know a new task; Asana says 10 to 60 seconds. */
  searchLagSeconds: z.number().min(0),
  /** Whether webhooks may go to this computer. Asana answers 403 for localhost; a hub on a desk needs them. */
  localWebhookTargets: z.boolean(),
});

export type AsanaSettings = z.output<typeof asanaSettings>;

/** As Asana documents itself, but for `localWebhookTargets`. */
export const documentedSettings: AsanaSettings = {
  codeSeconds: 600,
  accessTokenSeconds: 3_600,
  coopOnConsent: false,
  denyConsent: false,
  plan: "paid",
  requestsPerMinuteFree: 150,
  requestsPerMinutePaid: 1_500,
  searchesPerMinute: 60,
  concurrentReads: 50,
  concurrentWrites: 15,
  latencyMs: 0,
  offsetSeconds: 3_600,
  syncTokenSeconds: 86_400,
  downloadSeconds: 120,
  unpagedRecords: 1_000,
  refusesDuplicateExternal: false,
  searchLagSeconds: 0,
  localWebhookTargets: true,
};
