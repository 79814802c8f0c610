import { z } from "zod";

/** What a test or a person can set at the simulated Linear while it runs, with the vendor's documented values as defaults. */
export const linearSettings = z.strictObject({
  codeSeconds: z.number().positive().default(600),
  accessTokenSeconds: z.number().positive().default(86_400),
  refreshGraceSeconds: z.number().min(0).default(1_800),
  reuseDetection: z.boolean().default(false),
  /** Sends `Cross-Origin-Opener-Policy: same-origin` with the consent page, which cuts a popup from its opener. */
  coopOnConsent: z.boolean().default(false),
  /** Answers every authorization request with `access_denied`. */
  denyConsent: z.boolean().default(false),
  requestsPerHour: z.number().positive().default(5_000),
  complexityPerHour: z.number().positive().default(2_000_000),
  queryComplexity: z.number().positive().default(10_000),
  commentTouchesIssue: z.boolean().default(false),
});

export type LinearSettings = z.output<typeof linearSettings>;
