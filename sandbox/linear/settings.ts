import { z } from "zod";

/** What a test or a person can set at the simulated Linear while it runs. */
export const linearSettings = z.strictObject({
  codeSeconds: z.number().positive(),
  accessTokenSeconds: z.number().positive(),
  refreshGraceSeconds: z.number().min(0),
  reuseDetection: z.boolean(),
  /** Sends `Cross-Origin-Opener-Policy: same-origin` with the consent page, which cuts a popup from its opener. */
  coopOnConsent: z.boolean(),
  /** Answers every authorization request with `access_denied`. */
  denyConsent: z.boolean(),
  requestsPerHour: z.number().positive(),
  complexityPerHour: z.number().positive(),
  /** Root fields that have a limit of their own beside it. */
  endpointRequestsPerHour: z.record(z.string(), z.number().positive()),
  /** How long the hour of these limits is, so that a day's traffic fits into a minute. */
  limitHourSeconds: z.number().positive(),
  queryComplexity: z.number().positive(),
  /** Whether a comment moves its issue's `updatedAt`: Linear does not say. */
  commentTouchesIssue: z.boolean(),
});

export type LinearSettings = z.output<typeof linearSettings>;

/** As Linear documents itself. */
export const documentedSettings: LinearSettings = {
  codeSeconds: 600,
  accessTokenSeconds: 86_400,
  refreshGraceSeconds: 1_800,
  reuseDetection: false,
  coopOnConsent: false,
  denyConsent: false,
  requestsPerHour: 5_000,
  complexityPerHour: 2_000_000,
  endpointRequestsPerHour: {},
  limitHourSeconds: 3_600,
  queryComplexity: 10_000,
  commentTouchesIssue: false,
};
