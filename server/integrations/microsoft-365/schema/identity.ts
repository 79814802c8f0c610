import { z } from "zod";

/** Who connected: what the hub reads of `/me`, `/organization` and the token endpoint. */

export const profile = z.object({
  id: z.string().min(1),
  displayName: z.string().nullish(),
  mail: z.string().nullish(),
  userPrincipalName: z.string().nullish(),
});
export type Profile = z.infer<typeof profile>;

export const organizations = z.object({ value: z.array(z.object({ id: z.string().min(1), displayName: z.string().nullish() })) });

/** RFC 6749 §5.1; `offline_access` is never among the scopes of the answer. */
export const tokenAnswer = z.object({
  access_token: z.string().min(1),
  token_type: z.string().optional(),
  expires_in: z.coerce.number().nonnegative().nullish(),
  refresh_token: z.string().min(1).nullish(),
  scope: z.string().nullish(),
});
