import { z } from "zod";

/** What the hub reads of Google's OAuth and identity answers; unknown fields are dropped. */

/** https://developers.google.com/identity/protocols/oauth2/web-server#exchange-authorization-code */
export const tokenAnswer = z.object({
  access_token: z.string().min(1),
  refresh_token: z.string().min(1).nullish(),
  expires_in: z.number().positive().nullish(),
  /** Only where the person limited the access in time. */
  refresh_token_expires_in: z.number().positive().nullish(),
  scope: z.string().nullish(),
});

/** https://openidconnect.googleapis.com/v1/userinfo; `hd` is the Workspace domain, missing for consumer accounts. */
export const userinfo = z.object({
  sub: z.string().min(1),
  email: z.string().nullish(),
  name: z.string().nullish(),
  given_name: z.string().nullish(),
  hd: z.string().nullish(),
});
export type Userinfo = z.infer<typeof userinfo>;
