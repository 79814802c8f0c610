import { z } from "zod";

/** What a test or a person can set at the simulated Google while it runs. */
export const googleSettings = z.strictObject({
  codeSeconds: z.number().positive(),
  accessTokenSeconds: z.number().positive(),
  /** Sends `Cross-Origin-Opener-Policy: same-origin` with the consent page, which cuts a popup from its opener. */
  coopOnConsent: z.boolean(),
  /** Answers every authorization request with `access_denied`. */
  denyConsent: z.boolean(),
  /** How long page tokens are good; Google says some hours. */
  pageTokenSeconds: z.number().positive(),
  /** The most bytes that an export gives. */
  exportBytes: z.number().positive(),
  /** How many old files lie in the folder Archive of one drive, from the seed on. */
  archivedFiles: z.int().min(0),
  /** How long Calendar's sync tokens are good; Google says no more than that they expire. */
  syncTokenSeconds: z.number().positive(),
  /** Calendar answers the first page of a list of events empty, with a token for the next: its pages may be short. */
  calendarEmptyPages: z.boolean(),
  /** How long Gmail remembers its history; Google says a week usually, and sometimes hours. */
  historySeconds: z.number().positive(),
});

export type GoogleSettings = z.output<typeof googleSettings>;

/** As Google documents itself. */
export const documentedSettings: GoogleSettings = {
  codeSeconds: 600,
  accessTokenSeconds: 3_600,
  coopOnConsent: false,
  denyConsent: false,
  pageTokenSeconds: 10_800,
  exportBytes: 10 * 1024 * 1024,
  archivedFiles: 0,
  syncTokenSeconds: 7 * 86_400,
  calendarEmptyPages: false,
  historySeconds: 7 * 86_400,
};
