import "server-only";
import { z } from "zod";
import type { WorkspaceScope } from "@/db/scope";
import { HubError } from "@/server/errors";
import type { Permission } from "@/server/workspaces/roles";
import { baseProcedure, type RequestContext } from "./init";

/** Anyone, signed in or not. */
export const publicProcedure = baseProcedure;

const signInFirst = () => new HubError("EAUTH", "Sign in first.", { actionUrl: "/sign-in" });

/** A person who is signed in, in `ctx.person`. EAUTH otherwise. */
export const personProcedure = baseProcedure.use(({ ctx, next }) => {
  const { person } = ctx;
  if (person === null) throw signInFirst();
  return next({ ctx: { ...ctx, person } });
});

/** What stands for the key's own workspace in its calls, so that they go on when the workspace's address changes. No slug looks like it. */
export const ownWorkspace = "~";

/** Somebody, a person or an API key. EAUTH otherwise, whatever the input. */
const knownProcedure = baseProcedure.use(({ ctx, next }) => {
  if (ctx.person === null && (ctx.keyScope ?? null) === null) throw signInFirst();
  return next();
});

/** The scope of whoever asks in a workspace (its slug, or `~` for a key's own). EAUTH for nobody, ENOENT outside their workspaces. */
export async function scopeOfRequest({ hub, person, keyScope }: RequestContext, workspace: string): Promise<WorkspaceScope> {
  if (keyScope !== null && keyScope !== undefined) {
    if (workspace === ownWorkspace || workspace === keyScope.slug) return keyScope;
    throw new HubError("ENOENT", "There is no such workspace, or this API key is not of it.");
  }
  if (person === null) throw signInFirst();
  return hub.workspaces.getScope({ type: "person", userId: person.id }, workspace);
}

/**
 * The one way into a workspace: the input carries `workspace` (its slug, or `~` for a key's own), and `ctx.scope` is the proof of membership
 * that everything below takes. ENOENT for a workspace the caller is not of, as for one that does not exist; EACCES when the role, or the key,
 * lacks the permission.
 */
export const workspaceProcedure = (permission: Permission) =>
  knownProcedure.input(z.object({ workspace: z.string().min(1).max(64) })).use(async ({ ctx, input, next }) => {
    const scope = await scopeOfRequest(ctx, input.workspace);
    ctx.hub.workspaces.requirePermission(scope, permission);
    return next({ ctx: { ...ctx, scope } });
  });
