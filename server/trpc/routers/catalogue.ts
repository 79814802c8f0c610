import "server-only";
import { z } from "zod";
import { router } from "../init";
import { workspaceProcedure } from "../procedures";

/** The integrations that a workspace can connect, each with how it stands for the person who asks. */
export const catalogueRouter = router({
  list: workspaceProcedure("connections.read").query(({ ctx }) => ctx.hub.connections.listCatalogue(ctx.scope)),

  get: workspaceProcedure("connections.read")
    .input(z.object({ integration: z.string().min(1).max(64) }))
    .query(({ ctx, input }) => ctx.hub.connections.getCatalogueEntry(ctx.scope, input.integration)),
});
