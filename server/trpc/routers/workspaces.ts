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

  /** Whether access to tools is stopped, since when and by whom: null when it is not. */
  access: workspaceProcedure("workspace.read").query(({ ctx }) => ctx.hub.workspaces.access.find(ctx.scope)),

  /** Stops all access to tools. Answers once nothing leaves any more; calls that end an access still do. */
  stopAccess: workspaceProcedure("workspace.stop").mutation(({ ctx }) => ctx.hub.workspaces.access.stop(ctx.scope)),

  /** Lifts the stop. */
  resumeAccess: workspaceProcedure("workspace.stop").mutation(({ ctx }) => ctx.hub.workspaces.access.resume(ctx.scope)),

  create: personProcedure
    .input(z.object({ name, slug }))
    .mutation(({ ctx, input }) => ctx.hub.workspaces.create(ctx.person.id, { name: input.name, slug: input.slug })),

  /** Disconnects everything, other people's private connections too; goes on by itself. Answers how many are to be ended. */
  disconnectEverything: workspaceProcedure("workspace.stop").mutation(({ ctx }) => ctx.hub.endings.disconnectEverything(ctx.scope)),

  /** How many connections are still being disconnected. */
  endingProgress: workspaceProcedure("workspace.stop").query(({ ctx }) => ctx.hub.endings.progress(ctx.scope)),

  /** Deletes the workspace, once its name was typed: it is found by nobody from here on. Answers where to see how far it is. */
  delete: workspaceProcedure("workspace.delete")
    .input(z.object({ name: z.string().max(200) }))
    .mutation(({ ctx, input }) => ctx.hub.endings.deleteWorkspace(ctx.scope, input.name)),

  /** How far a deletion is that this person asked for, and what became of the connections; kept for 30 days. */
  deletion: personProcedure
    .input(z.object({ deletion: z.string().min(1).max(64) }))
    .query(({ ctx, input }) => ctx.hub.endings.getDeletion(ctx.person.id, input.deletion)),

  rename: workspaceProcedure("workspace.rename")
    .input(z.object({ name, slug }))
    .mutation(({ ctx, input }) => ctx.hub.workspaces.rename(ctx.scope, { name: input.name, slug: input.slug })),
});
