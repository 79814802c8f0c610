import "server-only";
import { z } from "zod";
import { keyAccesses } from "@/db/schema/workspaces";
import { decodeId } from "@/server/ids";
import { router } from "../init";
import { workspaceProcedure } from "../procedures";

const name = z
  .string()
  .trim()
  .min(1, { error: "a key needs a name" })
  .max(80, { error: "a name has at most 80 characters" })
  .regex(/^\P{Cc}*$/u, { error: "a name is one line" });

/** The API keys of a workspace. */
export const apiKeysRouter = router({
  /** The key is in this answer and nowhere else. */
  create: workspaceProcedure("keys.manage")
    .input(z.object({ name, access: z.enum(keyAccesses) }))
    .mutation(({ ctx, input }) => ctx.hub.workspaces.apiKeys.create(ctx.scope, { name: input.name, access: input.access })),

  list: workspaceProcedure("keys.manage").query(({ ctx }) => ctx.hub.workspaces.apiKeys.list(ctx.scope)),

  revoke: workspaceProcedure("keys.manage")
    .input(z.object({ key: z.string().max(64) }))
    .mutation(({ ctx, input }) => ctx.hub.workspaces.apiKeys.revoke(ctx.scope, decodeId("key", input.key))),
});
