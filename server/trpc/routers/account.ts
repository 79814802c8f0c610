import "server-only";
import { encodeId } from "@/server/ids";
import { router } from "../init";
import { personProcedure } from "../procedures";

/** The person who is signed in. */
export const accountRouter = router({
  me: personProcedure.query(({ ctx }) => ({
    id: encodeId("user", ctx.person.id),
    email: ctx.person.email,
    name: ctx.person.name,
    image: ctx.person.image,
    demo: ctx.hub.env.mode === "demo",
  })),

  /** Ends every session, this one included: the next call of any device answers EAUTH. */
  signOutEverywhere: personProcedure.mutation(async ({ ctx }) => {
    await ctx.hub.auth.endAllSessions(ctx.person.id);
  }),
});
