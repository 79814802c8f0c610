import "server-only";
import { z } from "zod";
import { router } from "../init";
import { workspaceProcedure } from "../procedures";

const id = z.string().min(1).max(64);

/** The connections that the person sees: the workspace's, and their own private ones. */
export const connectionsRouter = router({
  list: workspaceProcedure("connections.read").query(({ ctx }) => ctx.hub.connections.list(ctx.scope)),

  get: workspaceProcedure("connections.read")
    .input(z.object({ connection: id }))
    .query(({ ctx, input }) => ctx.hub.connections.get(ctx.scope, input.connection)),

  /** How far a consent is that this person started. */
  flow: workspaceProcedure("connections.read")
    .input(z.object({ flow: id }))
    .query(({ ctx, input }) => ctx.hub.connections.flows.view(ctx.scope, input.flow)),

  /** Gives a waiting consent up; an answer that arrives all the same is refused. */
  cancelFlow: workspaceProcedure("connections.manage")
    .input(z.object({ flow: id }))
    .mutation(({ ctx, input }) => ctx.hub.connections.flows.cancel(ctx.scope, input.flow)),

  /** Revokes at the tool, deletes what the connection brought, and says what was done. */
  disconnect: workspaceProcedure("connections.manage")
    .input(z.object({ connection: id }))
    .mutation(({ ctx, input }) => ctx.hub.connections.disconnect(ctx.scope, input.connection)),
});
