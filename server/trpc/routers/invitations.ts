import "server-only";
import { z } from "zod";
import { roles } from "@/db/scope";
import { decodeId } from "@/server/ids";
import { router } from "../init";
import { personProcedure, workspaceProcedure } from "../procedures";

const token = z.string().min(1).max(128);

/** Invitations into a workspace, and what whoever holds a link can do with it. */
export const invitationsRouter = router({
  /** The link is in this answer and nowhere else. */
  create: workspaceProcedure("members.manage")
    .input(z.object({ role: z.enum(roles) }))
    .mutation(({ ctx, input }) => ctx.hub.workspaces.invitations.create(ctx.scope, input.role)),

  list: workspaceProcedure("members.manage").query(({ ctx }) => ctx.hub.workspaces.invitations.list(ctx.scope)),

  revoke: workspaceProcedure("members.manage")
    .input(z.object({ invitation: z.string().max(64) }))
    .mutation(({ ctx, input }) => ctx.hub.workspaces.invitations.revoke(ctx.scope, decodeId("invitation", input.invitation))),

  preview: personProcedure.input(z.object({ token })).query(({ ctx, input }) => ctx.hub.workspaces.invitations.preview(input.token)),

  accept: personProcedure
    .input(z.object({ token }))
    .mutation(({ ctx, input }) => ctx.hub.workspaces.invitations.accept(ctx.person.id, input.token)),
});
