import "server-only";
import { z } from "zod";
import { listCalls, maxCallsPage } from "@/server/transport/calls";
import { router } from "../init";
import { workspaceProcedure } from "../procedures";

/** The call log: every attempt of every call to a tool. */
export const callsRouter = router({
  list: workspaceProcedure("calls.read")
    .input(
      z.object({
        connection: z.string().min(1).max(64).optional(),
        cursor: z.string().min(1).max(256).optional(),
        limit: z.number().int().min(1).max(maxCallsPage).default(50),
      }),
    )
    .query(({ ctx, input }) =>
      listCalls(ctx.hub.db, ctx.scope, { connection: input.connection, cursor: input.cursor, limit: input.limit }),
    ),
});
