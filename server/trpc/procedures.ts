import "server-only";
import { z } from "zod";
import { HubError } from "@/server/errors";
import type { Permission } from "@/server/workspaces/roles";
import { baseProcedure } from "./init";

/** Anyone, signed in or not. */
export const publicProcedure = baseProcedure;

/** A person who is signed in, in `ctx.person`. EAUTH otherwise. */
export const personProcedure = baseProcedure.use(({ ctx, next }) => {
  const { person } = ctx;
  if (person === null) throw new HubError("EAUTH", "Sign in first.", { actionUrl: "/sign-in" });
  return next({ ctx: { ...ctx, person } });
});

/**
 * The one way into a workspace: the input carries `workspace` (its slug), and `ctx.scope` is the proof of membership that everything below
 * takes. ENOENT for a workspace the person is not a member of, as for one that does not exist; EACCES when the role lacks the permission.
 */
export const workspaceProcedure = (permission: Permission) =>
  personProcedure.input(z.object({ workspace: z.string().min(1).max(64) })).use(async ({ ctx, input, next }) => {
    const scope = await ctx.hub.workspaces.getScope({ type: "person", userId: ctx.person.id }, input.workspace);
    ctx.hub.workspaces.requirePermission(scope, permission);
    return next({ ctx: { ...ctx, scope } });
  });
