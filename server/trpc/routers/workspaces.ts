import "server-only";
import { z } from "zod";
import { permissionsOf } from "@/server/workspaces/roles";
import { router } from "../init";
import { personProcedure, workspaceProcedure } from "../procedures";

const name = z
  .string()
  .trim()
  .min(1, { error: "a workspace needs a name" })
  .max(80, { error: "a name has at most 80 characters" })
  .regex(/^\P{Cc}*$/u, { error: "a name is one line" });
const slug = z.string().max(64).optional();

/** The workspaces of the person who asks. */
export const workspacesRouter = router({
  list: personProcedure.query(({ ctx }) => ctx.hub.workspaces.list(ctx.person.id)),

  /** One workspace, with everything that the person's role may do there. */
  get: workspaceProcedure("workspace.read").query(async ({ ctx }) => ({
    ...(await ctx.hub.workspaces.get(ctx.scope)),
    permissions: permissionsOf(ctx.scope.role),
  })),

  create: personProcedure
    .input(z.object({ name, slug }))
    .mutation(({ ctx, input }) => ctx.hub.workspaces.create(ctx.person.id, { name: input.name, slug: input.slug })),

  rename: workspaceProcedure("workspace.rename")
    .input(z.object({ name, slug }))
    .mutation(({ ctx, input }) => ctx.hub.workspaces.rename(ctx.scope, { name: input.name, slug: input.slug })),
});
