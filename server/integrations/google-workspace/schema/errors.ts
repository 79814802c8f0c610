import { z } from "zod";

/** OAuth errors are flat (RFC 6749 §5.2). */
export const oauthFailure = z.object({
  error: z.string(),
  error_description: z.string().nullish(),
  error_subtype: z.string().nullish(),
});

/**
 * Errors of the APIs: Drive and Calendar name a reason for each of `errors` and often no `status`; Docs and Gmail have a `status` and may
 * name the reason in `details` (https://developers.google.com/workspace/drive/api/guides/handle-errors).
 */
export const apiFailure = z.object({
  error: z.object({
    code: z.number().nullish(),
    message: z.string().nullish(),
    status: z.string().nullish(),
    errors: z.array(z.object({ domain: z.string().nullish(), reason: z.string().nullish(), message: z.string().nullish() })).nullish(),
    details: z.array(z.looseObject({ reason: z.string().nullish() })).nullish(),
  }),
});
