import "server-only";
import { z } from "zod";
import { listCalls } from "@/server/transport/call-reader";
import { router } from "../init";
import { workspaceProcedure } from "../procedures";

/** The log of calls to the tools. */
export const callsRouter = router({
  list: workspaceProcedure("calls.read")
    .input(
      z.object({
        connection: z.string().max(64).optional(),
        cursor: z.string().max(128).optional(),
        limit: z.number().int().min(1).max(200).default(50),
      }),
    )
    .query(({ ctx, input }) => listCalls(ctx.hub.db, ctx.scope, input)),
});
