import { z } from "zod";

/** What a test or a person can set at the simulated Microsoft 365 while it runs. */
export const settingsSchema = z.strictObject({
  codeSeconds: z.number().positive(),
  /** Entra gives a random life of 60 to 90 minutes; here it is one number. */
  accessTokenSeconds: z.number().positive(),
  /** Sends `Cross-Origin-Opener-Policy: same-origin` with the consent page, which cuts a popup from its opener. */
  coopOnConsent: z.boolean(),
  /** Answers every authorization request with `access_denied`. */
  denyConsent: z.boolean(),
  /** What the token endpoint refuses refreshes with, in place of answering: a second factor, a missing consent, an outage. */
  refuseRefresh: z.enum(["none", "interaction_required", "consent_required", "temporarily_unavailable"]),
  /** Answers Graph calls with a claims challenge, as a policy does that asks for more. */
  claimsChallenge: z.boolean(),
  requestsPer10Minutes: z.number().positive(),
  driveRequestsPer5Minutes: z.number().positive(),
  concurrentRequests: z.int().positive(),
  /** How long a call is under way, so that calls can overlap. */
  answerDelayMs: z.number().min(0),
  /** How long a signed address of a file's content lives. */
  downloadSeconds: z.number().positive(),
  /** Raised, it makes every delta and page link of before outdated. */
  syncEpoch: z.int().min(0),
  /** Answers a repeated `transactionId` with 409 in place of the event that is there: Microsoft does not document which. */
  transactionConflict: z.boolean(),
  /** How long a message that is sent stays in the outbox before it shows in Sent Items. */
  sendDelayMs: z.number().min(0),
});
export type Settings = z.output<typeof settingsSchema>;

/** As Microsoft documents itself. */
export const documentedSettings: Settings = {
  codeSeconds: 600,
  accessTokenSeconds: 3_600,
  coopOnConsent: false,
  denyConsent: false,
  refuseRefresh: "none",
  claimsChallenge: false,
  requestsPer10Minutes: 10_000,
  driveRequestsPer5Minutes: 3_000,
  concurrentRequests: 4,
  answerDelayMs: 1,
  downloadSeconds: 300,
  syncEpoch: 0,
  transactionConflict: false,
  sendDelayMs: 0,
};
