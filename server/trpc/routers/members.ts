import "server-only";
import { z } from "zod";
import { roles, scopeUserId } from "@/db/scope";
import { HubError } from "@/server/errors";
import { decodeId } from "@/server/ids";
import { router } from "../init";
import { workspaceProcedure } from "../procedures";

const member = z.string().max(64);

/** The members of a workspace. */
export const membersRouter = router({
  list: workspaceProcedure("members.read").query(({ ctx }) => ctx.hub.workspaces.members.list(ctx.scope)),

  setRole: workspaceProcedure("members.manage")
    .input(z.object({ member, role: z.enum(roles) }))
    .mutation(({ ctx, input }) => ctx.hub.workspaces.members.setRole(ctx.scope, decodeId("user", input.member), input.role)),

  remove: workspaceProcedure("members.manage")
    .input(z.object({ member }))
    .mutation(({ ctx, input }) => ctx.hub.workspaces.members.remove(ctx.scope, decodeId("user", input.member))),

  /** Removes oneself: anyone may, but the last owner. */
  leave: workspaceProcedure("workspace.read").mutation(({ ctx }) => {
    const userId = scopeUserId(ctx.scope);
    if (userId === null) throw new HubError("EACCES", "Only a person can leave a workspace.");
    return ctx.hub.workspaces.members.remove(ctx.scope, userId);
  }),
});
